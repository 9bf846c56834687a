"""The electronic health card platform as another part of a region uses it: this hub's own, or one elsewhere.

Who asks has credentials of that platform (an application, its secret, a terminal); a wrong one is refused there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from yiqiao.errors import DomainError


class CardPlatformUnreachable(DomainError):
    """The card platform does not answer."""

    def __init__(self) -> None:
        super().__init__("电子健康卡平台暂时没有应答，请稍后重试")


class CardRefused(DomainError):
    """The card platform refused; `code` is its return code, the message says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class DuplicateSerial(CardRefused):
    """The platform has seen the caller's number before; nothing was done again."""


@dataclass(frozen=True)
class CardCaller:
    """As whom the platform is asked."""

    app_id: str
    secret: str = field(repr=False)
    term_id: str


@dataclass(frozen=True)
class CardHolder:
    """A card's holder. `values` are the rest of what the platform tells, by the standard's names (mobile_phone,
    birthday, address, card_type, card_no ...); an absent one is not in it.
    """

    mindex_id: str
    ehealth_card_id: str
    id_type: str
    id_no: str = field(repr=False)
    user_name: str = field(repr=False)
    user_sex: str = field(default="", repr=False)
    values: Mapping[str, str] = field(default_factory=dict, repr=False)


class Consent(StrEnum):
    """How a request for consent stands (auth_status)."""

    ASKED = "ing"
    GIVEN = "succ"
    FAILED = "fail"
    DECLINED = "cancel"


@dataclass(frozen=True)
class CodeUse:
    """A code that was presented, for a stage of care (treatment_code), at a time (yyyyMMddHHmmss), by whom."""

    code: str = field(repr=False)
    serial: str
    at: str
    treatment_code: str
    operator_id: str
    operator_name: str
    ip_addr: str = ""
    office_code: str = ""


@dataclass(frozen=True)
class ConsentWish:
    """Consent to be asked for under the caller's own number."""

    number: str
    at: str
    treatment_code: str
    operator_id: str
    operator_name: str
    office_code: str = ""


class CardPlatform(Protocol):
    """Every act may raise CardPlatformUnreachable and CardRefused."""

    async def verify(self, caller: CardCaller, use: CodeUse) -> CardHolder:
        """Whose code it is; a dynamic code works once."""
        ...

    async def ask_consent(self, caller: CardCaller, wish: ConsentWish) -> str:
        """The text of the QR code that the citizen scans to consent."""
        ...

    async def consent(self, caller: CardCaller, number: str) -> tuple[Consent, CardHolder | None]:
        """How a request stands; with its holder once they have consented."""
        ...
