"""An inpatient's deposit, charges and daily list."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import Write


@dataclass(frozen=True)
class Stay:
    """A stay in hospital; amounts in 分. `deposit` was put down, `charged` has arisen; `balance` is what is left."""

    inpatient_no: str
    patient_id: str
    admitted_at: int
    times: int
    fee_class: int
    ward: str | None
    bed: str | None
    deposit: int
    charged: int
    sex: Sex
    age: int
    name: str = field(repr=False)
    certificate_no: str = field(repr=False)
    mobile: str = field(repr=False)

    @property
    def balance(self) -> int:
        """What is left of the deposit."""
        return self.deposit - self.charged


@dataclass(frozen=True)
class DepositWish:
    """Money put down on the platform. `amount` in 分."""

    serial: Serial
    inpatient_no: str
    amount: int
    pay_mode: int
    operator: str
    certificate_no: str = field(repr=False)
    name: str = field(repr=False)


@dataclass(frozen=True)
class Deposit:
    """Money put down, with whose it is and the stay's sums after it."""

    trade_no: str
    receipt_no: str
    inpatient_no: str
    patient_id: str
    amount: int
    at: int
    total: int
    balance: int
    name: str = field(repr=False)
    certificate_no: str = field(repr=False)


@dataclass(frozen=True)
class DepositQuestion:
    """Which deposits: what is None does not matter. Days are YYYY-MM-DD, both included."""

    receipt_no: str | None = None
    trade_no: str | None = None
    inpatient_no: str | None = None
    certificate_no: str | None = field(default=None, repr=False)
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True)
class ChargeItem:
    """A charge on a day: price in 元 with four decimals, amount in 分."""

    item_class: str
    name: str
    spec: str | None
    unit: str | None
    price: Decimal
    quantity: Decimal
    amount: int


@dataclass(frozen=True)
class ChargeDay:
    """A day's charges."""

    day: str
    items: tuple[ChargeItem, ...]

    @property
    def amount(self) -> int:
        """What the day comes to, 分."""
        return sum(item.amount for item in self.items)


@dataclass(frozen=True)
class DailyList:
    """The daily lists of a stay."""

    inpatient_no: str
    days: tuple[ChargeDay, ...]
    name: str = field(repr=False)


class Inpatient(Protocol):
    """An inpatient's deposit, charges and daily list. People are named by certificate number, name, or both."""

    async def stay(self, certificate_no: str | None, name: str | None) -> Stay:
        """The present stay of somebody. Raises UnknownPatient, NoSuchRecord."""
        ...

    async def put_down(self, wish: DepositWish) -> Write[Deposit]:
        """Take note of money put down. Refused with DuplicateSerial, NoSuchRecord, IdentityMismatch."""
        ...

    async def deposits(self, asked: DepositQuestion) -> tuple[Deposit, ...]:
        """Money put down, the newest first. Raises NoSuchRecord, TooManyRecords."""
        ...

    async def daily(self, certificate_no: str | None, name: str | None) -> DailyList:
        """What arose day by day in the present stay. Raises UnknownPatient, NoSuchRecord."""
        ...
