"""What a hospital tells its region's platform of its own accord."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import Write


class Attends(StrEnum):
    """What has become of a session."""

    NORMAL = "normal"
    STOPPED = "stopped"
    KEPT = "kept"
    """Called off, but what is booked stays booked (停诊但保留预约)."""


class ScheduleChange(NamedTuple):
    """A session that was called off, or takes place again."""

    hospital_id: str
    hospital_name: str
    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str
    day: str
    session: Session
    attends: Attends
    fee: int
    """What a registration costs, 分."""
    emergency: bool
    reason: str | None


class NotAcknowledged(DomainError):
    """The platform has answered, but does not accept the notice."""


class PlatformNotices(Protocol):
    """The way to the platform of a hospital. Telling the same again must do no harm."""

    async def schedule_changed(self, change: ScheduleChange) -> None:
        """Tell it, and have it acknowledged. Raises DomainErrors where that fails."""
        ...


class OrderNumbers(NamedTuple):
    """Which order a hospital means: the platform's number, its own, or both. One of them there is."""

    hospital_id: str
    order_id: str | None
    order_no: str | None


class Happened(StrEnum):
    """What a hospital says to have done to an order, or to a payment, of the platform's."""

    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    PRINTED = "printed"
    PAID = "paid"


class Known(NamedTuple):
    """An order as the platform has it: its own number, and how it stands, in words."""

    order_id: str
    standing: str


class Refunding(StrEnum):
    """How it stands with giving money back."""

    NOT = "not"
    UNDER_WAY = "under_way"
    DONE = "done"
    BY_HAND = "by_hand"
    """Somebody has to look."""


class Refund(NamedTuple):
    """The refund of an order; amount (分), number and time (epoch ms) are None where there is none."""

    order_id: str
    order_no: str | None
    state: Refunding
    amount: int | None
    refund_no: str | None
    at: int | None


class Pushed(NamedTuple):
    """What a hospital wants the patient of an order to be told; `serial` is the hospital's own."""

    order: OrderNumbers
    serial: str
    text: str

    def __repr__(self) -> str:
        return f"Pushed({self.serial})"


class NewsDesk(Protocol):
    """The platform's desk at which notices on schedules arrive. The same notice again must do no harm."""

    def schedule_changed(self, change: ScheduleChange) -> Write[int]:
        """Take it in; answers how many appointments it concerns."""
        ...


class OrderDesk(Protocol):
    """The desk for what has happened to single orders. All of it raises UnknownOrder for one that is not theirs."""

    def order_changed(self, order: OrderNumbers, happened: Happened, reason: str | None) -> Write[Known]:
        """An order is not any more what it was: the hospital is asked what it is now."""
        ...

    async def refund(self, order: OrderNumbers) -> Refund:
        """How the refund of an order stands."""
        ...

    def push(self, pushed: Pushed) -> Write[Known]:
        """Tell the patient, once. Raises DuplicateSerial for another text under the same serial, NotOffered."""
        ...


class ChargeDesk(Protocol):
    """The desk for payments beside orders. All of it raises UnknownOrder for one that is not theirs."""

    def charge_refunded(self, order: OrderNumbers, reason: str | None) -> Write[Known]:
        """A payment was given back: the hospital is asked whether it was."""
        ...

    async def refund(self, order: OrderNumbers) -> Refund:
        """How the refund of a payment stands."""
        ...


@dataclass(frozen=True)
class Desks:
    """All desks of the platform."""

    schedules: NewsDesk
    orders: OrderDesk
    charges: ChargeDesk
