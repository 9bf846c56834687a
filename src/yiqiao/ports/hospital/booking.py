"""Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from yiqiao.ports.hospital.values import Pool, Session, Sex
from yiqiao.storage import Write

LOCK_S = 900
"""How long a lock lives by the hospital's own rule: a safety net; the platform unlocks after 10 minutes."""


class Serial(NamedTuple):
    """The caller's serial of an act, with a fingerprint of what was asked for under it, and when."""

    app_id: str
    number: str
    fingerprint: bytes
    at: int


class Unit(NamedTuple):
    """Which unit of which schedule is asked for. What is stated beside the schedule has to go with it.

    `number` is a visit number (就诊序号) that was chosen from those shown; without it the hospital gives one.
    """

    schedule_id: str
    pool: Pool
    time_id: str | None = None
    number: str | None = None
    dept_id: str | None = None
    doctor_id: str | None = None
    day: str | None = None
    session: Session | None = None


class LockWish(NamedTuple):
    """A unit to be kept for a while, under the caller's LOCK_ID."""

    serial: Serial
    unit: Unit
    lasts_s: int = LOCK_S


class Lock(NamedTuple):
    """A unit that is kept."""

    hospital_lock_id: str
    number: str


class OrderState(StrEnum):
    """What has become of an order."""

    BOOKED = "booked"
    REGISTERED = "registered"
    FETCHED = "fetched"  # the number was taken (取号)
    VISITED = "visited"
    CANCELLED = "cancelled"
    STOPPED = "stopped"  # 停诊


class Paid(StrEnum):
    """Whether an order was paid."""

    UNPAID = "unpaid"
    PAID = "paid"
    REFUNDED = "refunded"


class Side(IntEnum):
    """On which side money went."""

    PLATFORM = 1
    HOSPITAL = 2


class Timing(IntEnum):
    """For when, and in which form, somebody orders."""

    BOOKED_TODAY = 1
    AT_ONCE = 2  # 直接挂号
    BOOKED_AHEAD = 3
    FROM_BOOKING = 4  # 预约转挂号

    @property
    def registers(self) -> bool:
        """Whether it is a registration (挂号), not only a booking (预约)."""
        return self in (Timing.AT_ONCE, Timing.FROM_BOOKING)


class Document(NamedTuple):
    """A certificate or a card: of which type (ID_TYPE, CARD_TYPE), and its number. Its repr shows no number."""

    kind: int
    number: str

    def __repr__(self) -> str:
        return f"Document({self.kind})"


@dataclass(frozen=True)
class Visitor:
    """For whom an order is, as the caller states it. `birthday` is YYYY-MM-DD.

    A child without a certificate of its own comes with the guardian's.
    """

    name: str = field(repr=False)
    sex: Sex
    birthday: str = field(repr=False)
    mobile: str = field(repr=False)
    certificate: Document | None = None
    guardian: Document | None = None
    guardian_name: str | None = field(default=None, repr=False)
    card: Document | None = None
    card_password: str | None = field(default=None, repr=False)
    address: str | None = field(default=None, repr=False)
    disease: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Origin:
    """Which way an order came: CHANNEL_ID, and for whom asks in words (REGVIA) also vendor and operator."""

    channel: int
    via: str = ""
    vendor: str = ""
    operator: str = ""


@dataclass(frozen=True)
class OrderWish:
    """An order to be made, under the caller's ORDER_ID; of the unit locked under it, where one was."""

    serial: Serial
    unit: Unit
    timing: Timing
    visitor: Visitor
    origin: Origin
    fee: int | None  # 分, what the caller has shown as the sum; None where they do not say
    paid: bool = False
    pay_channel: int | None = None  # PAY_CHANNEL
    from_account: bool = False
    """The hospital shall take the fee from the patient's account with it (HOSP_IS_PAY)."""
    patient_id: str | None = None
    hospital_lock_id: str | None = None
    insurance: int | None = None  # INSURE_TYPE
    insurance_code: str | None = field(default=None, repr=False)  # DAE147
    details: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Texts that go with the order and nothing hangs on: referral, items of an examination."""


@dataclass(frozen=True)
class Concession:
    """What the hospital takes off (院内优惠), 分."""

    title: str
    off: int
    registration: int
    treatment: int
    total: int


@dataclass(frozen=True)
class Ordered:
    """An order that was made."""

    order_no: str
    order_id: str
    patient_id: str
    number: str
    check_no: str = field(repr=False)
    medical_no: str
    fetch_time: str | None
    address: str | None
    remark: str | None
    card: Document | None
    concession: Concession | None


@dataclass(frozen=True)
class Existing:
    """The patient has such a number already: the serial under which it was given."""

    serial: str


@dataclass(frozen=True)
class NumberWish:
    """A number asked for by an appointment platform (12320), which knows no schedules: by whom, which day and session.

    `serial.number` is the platform's own serial, or "".
    """

    serial: Serial
    dept_id: str
    doctor_id: str
    day: str
    session: Session
    begins: str | None  # HH:MM
    referral: bool
    visitor: Visitor
    origin: Origin
    fee: int | None
    paid: bool
    pay_channel: int | None
    insurance: int | None
    details: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class NewVisitor:
    """What of an order's patient is to be put in the place of what is on file."""

    name: str = field(repr=False)
    sex: Sex
    mobile: str = field(repr=False)
    id_number: str = field(repr=False)
    insurance: int
    paid: bool
    pay_channel: int | None = None


class Payment(NamedTuple):
    """Money that has come for an order, on the platform's side: 分, and PAY_CHANNEL."""

    amount: int
    channel: int | None
    at: int


class Slip(NamedTuple):
    """What is told of an order that something was done to."""

    order_no: str
    number: str
    patient_id: str


class Booking(Protocol):
    """Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit. Raises DuplicateSerial, SoldOut, SlotTaken, ScheduleStopped, UnknownSchedule,
        UnknownTimeSlot, UnknownDepartment, UnknownDoctor.
        """
        ...

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of the unit that is kept under LOCK_ID `serial.number`. Raises UnknownLock."""
        ...

    async def order(self, wish: OrderWish) -> Write[Ordered]:
        """Make an order. Raises what `lock` raises, RuleViolated, DepartmentRuleViolated, PatientNotCreated,
        SeveralArchives, UnknownPatient, IdentityMismatch, CardMismatch.
        """
        ...

    async def transfer(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Turn a booking into a registration (预约转挂号), paid with `payment`. Raises UnknownOrder, OrderClosed,
        RuleViolated, DuplicateSerial.
        """
        ...

    async def cancel(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Cancel an unpaid order; again, it succeeds again. Raises UnknownOrder, OrderPaid, OrderClosed,
        OrderRefunded.
        """
        ...

    async def update(self, serial: Serial, new: NewVisitor) -> Write[Slip]:
        """Change what is on file of an order's patient; `serial.number` is either side's number of the order.

        Raises UnknownOrder, OrderClosed.
        """
        ...

    async def number(self, wish: NumberWish) -> Write[Ordered | Existing]:
        """Give a number to a patient of an appointment platform. Raises what `order` raises."""
        ...

    async def pay(self, serial: Serial, order_no: str, payment: Payment) -> Write[Slip]:
        """Note that the platform has the money. Raises UnknownOrder, OrderClosed, RuleViolated, DuplicateSerial."""
        ...

    async def refund(self, serial: Serial, order_no: str, amount: int) -> Write[Slip]:
        """Note that the platform gives the money back, and end the order. Raises UnknownOrder, OrderClosed,
        DuplicateSerial, RuleViolated.
        """
        ...

    async def fetch(self, serial: Serial, order_no: str | None) -> Write[Slip]:
        """Take the number (取号); again, it is told again. Raises UnknownOrder, OrderClosed."""
        ...

    async def give_back(self, serial: Serial) -> Write[Slip]:
        """Take a number back; `serial.number` is either side's number of the order. Raises UnknownOrder, OrderPaid,
        OrderClosed, OrderRefunded, DuplicateSerial where it was taken back before.
        """
        ...
