"""What an outpatient owes, pays and gets back."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.insured import Presettlement
from yiqiao.storage import Write


@dataclass(frozen=True)
class BillLine:
    """A line of a bill: the price in 元 with four decimals, the amount in 分, rounded half up once."""

    item_no: str
    name: str
    item_class: str
    spec: str | None
    unit: str | None
    price: Decimal
    quantity: Decimal
    amount: int
    performed_by: str | None


@dataclass(frozen=True)
class Bill:
    """What is owed for one prescription, 分."""

    presc_no: str
    patient_id: str
    serial_no: str
    visit_no: str
    visit_day: str
    amount: int
    window_only: bool
    ordered_by: str | None
    ordered_at: int | None
    lines: tuple[BillLine, ...]


class PaymentState(StrEnum):
    """What has become of a payment."""

    PAID = "paid"
    REFUNDED = "refunded"


@dataclass(frozen=True)
class PaymentWish:
    """A payment that the platform has taken. `total` is what the bills come to, `amount` what the patient has paid of
    it (the insurer pays the rest), 分. Some callers name only the bills: then `patient_id` is None.
    """

    serial: Serial
    patient_id: str | None
    serial_no: str
    presc_nos: tuple[str, ...]
    pay_mode: str
    amount: int
    total: int
    insured: bool
    code: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Payment:
    """A payment that the hospital knows of. `amount` is what the patient paid, 分."""

    trade_no: str
    receipt_no: str
    patient_id: str
    patient_name: str = field(repr=False)
    serial_no: str
    presc_nos: tuple[str, ...]
    windows: tuple[str, ...]
    amount: int
    state: PaymentState
    paid_at: int


@dataclass(frozen=True)
class PaymentQuestion:
    """Which payments: what is None does not matter. Days are YYYY-MM-DD, both included."""

    receipt_no: str | None = None
    trade_no: str | None = None
    presc_no: str | None = None
    card_no: str | None = field(default=None, repr=False)
    first_day: str | None = None
    last_day: str | None = None


@dataclass(frozen=True)
class RefundWish:
    """A payment to be given back, as a whole. What is stated beside the order must go with it."""

    serial: Serial
    patient_id: str | None = None
    presc_nos: tuple[str, ...] = ()
    serial_no: str | None = None
    receipt_no: str | None = None


class Outpatient(Protocol):
    """What an outpatient owes, pays and gets back."""

    async def due(self, patient_id: str) -> tuple[Bill, ...]:
        """What a patient has still to pay. Raises UnknownPatient, NoSuchRecord."""
        ...

    async def presettle(self, patient_id: str) -> Presettlement:
        """What the insurer would pay of all of it. Raises UnknownPatient, NoSuchRecord, and what the insurer raises."""
        ...

    async def pay(self, wish: PaymentWish) -> Write[Payment]:
        """Take note of a payment: to the 分, each bill once.

        Refused with DuplicateSerial, UnknownPatient, UnknownBill, BillSettled, AmountMismatch, CodeMissing, NotInsured,
        InsurerUnreachable.
        """
        ...

    async def payments(self, asked: PaymentQuestion) -> tuple[Payment, ...]:
        """Payments, the newest first. Raises NoSuchRecord, TooManyRecords."""
        ...

    async def refund(self, wish: RefundWish) -> Write[Payment]:
        """Give a payment back; once more it answers the same. Refused with NoSuchRecord, RefundMismatch."""
        ...
