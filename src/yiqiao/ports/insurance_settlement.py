"""Outpatient settlement with the medical insurance centre: registered, billed, reckoned, settled, and taken back.

Every message that changes something has a number of ours (`number`: msgid, institution + time + serial, at most 30
characters) and takes effect once under it; the same number again gets the first answer. Whoever gets no answer asks
`find` by that number before anything is repeated. Amounts are 分, prices Decimal 元 with up to four decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError


class CentreSilent(DomainError):
    """The centre was asked and did not answer: whether it acted is unknown, ask by the number."""

    def __init__(self, message: str = "医保中心没有应答，结果待核对") -> None:
        super().__init__(message)


class CentreRefused(DomainError):
    """The centre will not do it, for good; the message says why."""


@dataclass(frozen=True)
class Visitor:
    """Whom a settlement is for, and where: areas are codes of six digits, `kind` of the table insutype."""

    psn_no: str
    certificate_type: str
    certificate_no: str = field(repr=False)
    name: str = field(repr=False)
    kind: str
    insured_area: str
    visit_area: str
    institution: str  # fixmedins_code
    institution_name: str


class FeeLine(NamedTuple):
    """One line of a bill. `level` of the national list: 01 甲, 02 乙, 03 丙 (paid by the patient alone)."""

    line_no: str  # feedetl_sn
    charge_no: str  # the HIS's order that it belongs to
    code: str
    name: str
    level: str
    price: Decimal
    quantity: Decimal
    amount: int


class FundShare(NamedTuple):
    """What one fund pays of a settlement: `kind` and its title of the table fund_pay_type; 分."""

    kind: str
    title: str
    in_scope: int
    limit: int
    paid: int
    course: str = ""  # setl_proc_info: how it was reckoned, in words


@dataclass(frozen=True)
class Settlement:
    """A bill as the centre reckoned it, 分; the names of the national standard stand beside each amount.

    total = funds + account + cash, and funds is the sum of `shares`. A reversal states the amounts of the settlement
    that it takes back, negative. `settled_at` epoch ms; `ratio` the pool's share of what is in scope, four decimals.
    """

    visit_id: str  # mdtrt_id
    settlement_id: str  # setl_id; empty in a pre-settlement
    psn_no: str
    settled_at: int
    total: int  # medfee_sumamt
    own_pay: int  # fulamt_ownpay_amt
    over_limit: int  # overlmt_selfpay
    pre_pay: int  # preselfpay_amt
    in_scope: int  # inscp_scp_amt
    deductible: int  # act_pay_dedc
    deductible_standard: int  # crt_dedc
    ratio: Decimal  # pool_prop_selfpay
    shares: tuple[FundShare, ...]
    account: int  # acct_pay
    cash: int  # psn_cash_pay
    family_account: int = 0  # acct_mulaid_pay
    hospital_part: int = 0  # hosp_part_amt
    balance: int = 0  # balc, the personal account afterwards
    kind: str = "2"  # setl_type
    office: str = ""  # clr_optins
    insured_area: str = ""  # insu_admdvs
    voucher_no: str = field(default="", repr=False)  # mdtrt_cert_no
    relation_id: str = ""  # psn_insu_rlts_id

    @property
    def funds(self) -> int:
        """fund_pay_sumamt."""
        return sum(one.paid for one in self.shares)


class CentreFound(NamedTuple):
    """What became of a message: `what` is register, withdraw, upload, settle or cancel; None of these: never heard of.

    `visit_id` after register, `settlement` after settle and cancel; `reversed` when a settlement was taken back since.
    """

    what: str
    visit_id: str = ""
    settlement: Settlement | None = None
    reversed: bool = False


class CentreEntry(NamedTuple):
    """A line of the centre's own statement of a day; `what` settle or cancel, amounts signed, `at` epoch ms."""

    what: str
    number: str
    settlement_id: str
    visit_id: str
    psn_no: str
    total: int
    funds: int
    account: int
    cash: int
    at: int
    settles: str = ""  # of a cancel: the settlement that it takes back


class InsuranceSettlement(Protocol):
    """Every question may raise CentreUnreachable (nothing was done), CentreSilent, CentreRefused.

    `register`, `presettle` and `settle` raise NotInsured where the person's status forbids it; taking back is always
    allowed.
    """

    async def register(self, number: str, who: Visitor, department: str, doctor: str, at: int) -> str:
        """医保挂号 (2201): the visit's number, mdtrt_id."""
        ...

    async def withdraw(self, number: str, who: Visitor, visit_id: str) -> None:
        """Take a registration back (2202), with the fees that were uploaded and not settled."""
        ...

    async def upload(self, number: str, who: Visitor, visit_id: str, lines: Sequence[FeeLine]) -> None:
        """The bill's lines (2204), in the place of those of this visit that were uploaded before and not settled."""
        ...

    async def presettle(self, number: str, who: Visitor, visit_id: str, *, use_account: bool) -> Settlement:
        """What it would come to (2206); changes nothing."""
        ...

    async def settle(
        self, number: str, who: Visitor, visit_id: str, *, use_account: bool, expected: Settlement
    ) -> Settlement:
        """Settle (2207). Raises CentreRefused when it comes to something else than `expected`."""
        ...

    async def cancel(self, number: str, who: Visitor, visit_id: str, settlement_id: str) -> Settlement:
        """Take a settlement back (2208), whole; a second time under another number is refused."""
        ...

    async def find(self, number: str, institution: str) -> CentreFound | None:
        """What became of a message of ours."""
        ...

    async def statement(self, institution: str, day: str) -> Sequence[CentreEntry]:
        """What was settled and taken back on a day (yyyy-MM-dd, Beijing)."""
        ...


class NoSettlement:
    """A hub without a centre: everybody pays for themselves."""

    async def register(self, number: str, who: Visitor, department: str, doctor: str, at: int) -> str:
        raise _none()

    async def withdraw(self, number: str, who: Visitor, visit_id: str) -> None:
        raise _none()

    async def upload(self, number: str, who: Visitor, visit_id: str, lines: Sequence[FeeLine]) -> None:
        raise _none()

    async def presettle(self, number: str, who: Visitor, visit_id: str, *, use_account: bool) -> Settlement:
        raise _none()

    async def settle(
        self, number: str, who: Visitor, visit_id: str, *, use_account: bool, expected: Settlement
    ) -> Settlement:
        raise _none()

    async def cancel(self, number: str, who: Visitor, visit_id: str, settlement_id: str) -> Settlement:
        raise _none()

    async def find(self, number: str, institution: str) -> CentreFound | None:
        raise _none()

    async def statement(self, institution: str, day: str) -> Sequence[CentreEntry]:
        raise _none()


def _none() -> CentreRefused:
    return CentreRefused("平台未接入医保中心，请按自费办理")


FUNDS: Mapping[str, str] = {
    "310100": "职工基本医疗保险统筹基金",
    "390100": "城乡居民基本医疗保险统筹基金",
    "320100": "公务员医疗补助资金",
    "330100": "职工大额医疗费用补助资金",
    "390200": "城乡居民大病保险资金",
    "370100": "企业补充医疗保险基金",
    "610100": "医疗救助基金",
    "340100": "伤残人员医疗保障基金",
    "999900": "其他支出",
}
"""Funds by their number in fund_pay_type."""
