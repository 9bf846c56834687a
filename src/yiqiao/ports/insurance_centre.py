"""The medical insurance centre as a region asks it: who somebody is to it, by certificate, card or voucher."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError


class CentreUnreachable(DomainError):
    """The insurance centre does not answer."""

    def __init__(self) -> None:
        super().__init__("医保中心暂时没有应答，请稍后重试")


class UnknownInsured(DomainError):
    """The centre has nobody under this certificate or card."""

    def __init__(self) -> None:
        super().__init__("医保中心没有该人员的信息，请核对证件号码，或按自费办理")


class VoucherInvalid(DomainError):
    """A voucher code that is not (or no longer) valid."""

    def __init__(self, message: str = "医保电子凭证二维码无效或已过期，请患者刷新后重新出示") -> None:
        super().__init__(message)


class Insurance(NamedTuple):
    """One insurance of a person. Codes of the tables insutype, psn_type, psn_insu_stas; dates yyyy-MM-dd; `area` is a
    code of six digits; `balance` is the personal account in 元, two decimals.
    """

    balance: Decimal
    kind: str
    person_kind: str
    status: str
    area: str
    civil_servant: bool
    since: str | None = None
    paused: str | None = None
    employer: str = ""


class Identity(NamedTuple):
    """A special standing (table psn_idet_type; `level` of disa_lv). Times yyyy-MM-dd HH:mm:ss."""

    kind: str
    since: str
    level: str | None = None
    until: str | None = None
    memo: str = ""


@dataclass(frozen=True)
class InsuredPerson:
    """Somebody as the centre knows them; `insurances` the current one first. `ec_token` comes with a voucher."""

    psn_no: str
    certificate_type: str  # table psn_cert_type
    certificate_no: str = field(repr=False)
    name: str = field(repr=False)
    sex: str = field(repr=False)  # table gend
    nation: str | None = field(repr=False)
    birthday: str | None = field(repr=False)  # yyyy-MM-dd
    insurances: tuple[Insurance, ...] = field(default=(), repr=False)
    identities: tuple[Identity, ...] = field(default=(), repr=False)
    ec_token: str = field(default="", repr=False)


class InsuranceCentre(Protocol):
    """Every question may raise CentreUnreachable and UnknownInsured. `since` (yyyy-MM-dd): with the insurances that
    ended after that day.
    """

    async def by_certificate(self, certificate_type: str, number: str, since: str | None = None) -> InsuredPerson:
        """By identity document; the type is of the table psn_cert_type."""
        ...

    async def by_card(self, card_no: str, card_code: str, since: str | None = None) -> InsuredPerson:
        """By social-security card: its number and its identification code."""
        ...

    async def by_voucher(self, code: str, business_type: str, since: str | None = None) -> InsuredPerson:
        """By the code of an insurance voucher, for a use of the table business_type. Raises VoucherInvalid."""
        ...


class NoCentre:
    """A hub without one: everybody pays for themselves, and nobody can say whose a voucher is."""

    async def by_certificate(self, certificate_type: str, number: str, since: str | None = None) -> InsuredPerson:
        raise UnknownInsured

    async def by_card(self, card_no: str, card_code: str, since: str | None = None) -> InsuredPerson:
        raise UnknownInsured

    async def by_voucher(self, code: str, business_type: str, since: str | None = None) -> InsuredPerson:
        raise VoucherInvalid("平台未接入医保中心，不能识别医保电子凭证，请改用其他证件")
