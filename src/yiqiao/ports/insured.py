"""Medical insurance as a hospital asks it: who somebody is to it, and what it would pay of a bill.

Filled by a simulator in a sandbox, and by the insurance centre where there is one.
"""

from dataclasses import dataclass, field
from typing import Protocol

from yiqiao.errors import DomainError


class NotInsured(DomainError):
    """The insurer does not know this person, or does not pay at present; the message says which."""


class InsurerUnreachable(DomainError):
    """The insurer does not answer; nothing was settled."""

    def __init__(self) -> None:
        super().__init__("医保中心暂时没有应答，请稍后再试，或按自费办理")


@dataclass(frozen=True)
class Insured:
    """Whom to ask for: the certificate (ID_TYPE and number) and the name."""

    certificate_type: int
    certificate_no: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class InsuredIdentity:
    """Who somebody is to the insurer. Codes come with their words; `code_due`: an order or payment must bring the code
    that the insurer has sent to the person.
    """

    settlement_no: str
    insurance_no: str = field(repr=False)
    code_due: bool
    fee_nature: tuple[str, str]
    visit_kind: tuple[str, str]
    visit_reason: tuple[str, str]
    nature: tuple[str, str]
    kind: tuple[str, str]
    relief: tuple[str, str] | None = None


@dataclass(frozen=True)
class Presettlement:
    """What would be paid by whom, 分."""

    total: int
    insured_part: int
    code_due: bool

    @property
    def own_part(self) -> int:
        """What is left to the patient."""
        return self.total - self.insured_part


class Insurer(Protocol):
    """The insurer."""

    async def identify(self, who: Insured) -> InsuredIdentity:
        """Raises NotInsured, InsurerUnreachable."""
        ...

    async def presettle(self, who: Insured, total: int) -> Presettlement:
        """What it would pay of `total` (分). Raises NotInsured, InsurerUnreachable."""
        ...


class NoInsurer:
    """A hub without one: everybody pays for themselves."""

    async def identify(self, who: Insured) -> InsuredIdentity:
        raise NotInsured("本院未接入医保，请按自费办理")

    async def presettle(self, who: Insured, total: int) -> Presettlement:
        return Presettlement(total, 0, code_due=False)
