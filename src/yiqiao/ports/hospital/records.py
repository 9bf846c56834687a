"""What became of bookings, for those who ask later: by order, patient, day."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple, Protocol

from yiqiao.ports.hospital.booking import Document, OrderState, Paid, Visitor
from yiqiao.ports.hospital.values import Page, Paging, Pool, Session


class OrderNumbers(NamedTuple):
    """An order by both sides' numbers; one that is not known may be left out."""

    order_id: str | None
    order_no: str | None


class Choice(IntEnum):
    """Which orders are asked for."""

    ALL = 0
    FAILED = 1  # cancelled: an order that did not come about leaves nothing else
    UNPAID = 2
    PAID = 3
    STOPPED = 4


@dataclass(frozen=True)
class PatientWish:
    """Whose orders are asked for: by the hospital's number, else by certificate."""

    patient_id: str | None
    certificate: Document | None


@dataclass(frozen=True)
class Record:
    """An order as it stands: unit, patient, money (分) and moments (epoch ms)."""

    order_no: str
    order_id: str | None
    """The platform's number; None where the hospital's own window or device made the order."""
    serial: str
    """What an appointment platform knows it by: its own number of it, else the hospital's."""
    from_number: bool
    """Made through an appointment platform (12320)."""
    patient_id: str
    channel: int
    via: str
    vendor: str
    operator: str
    schedule_id: str
    pool: Pool
    level: int
    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str
    day: str
    session: Session
    begins: str | None
    ends: str | None
    number: str
    place: str | None
    state: OrderState
    paid: Paid
    booked: bool
    extra: bool
    registration_fee: int
    treatment_fee: int
    other_fee: int
    discount: int
    insured_part: int
    pay_channel: int | None
    pay_side: int | None
    refund_side: int | None
    insurance: int | None
    visitor: Visitor = field(repr=False)
    check_no: str = field(repr=False)
    ordered_at: int
    registered_at: int | None
    fetched_at: int | None
    visited_at: int | None
    visit_doctor_id: str | None
    visit_doctor_name: str | None
    cancelled_at: int | None
    stopped_at: int | None
    paid_at: int | None
    refunded_at: int | None

    @property
    def total(self) -> int:
        """What the schedule asks for."""
        return self.registration_fee + self.treatment_fee + self.other_fee

    @property
    def payable(self) -> int:
        """What is to be paid after what the hospital takes off."""
        return self.total - self.discount


class Records(Protocol):
    """What became of bookings, for those who ask later: by order, patient, day."""

    async def by_numbers(self, wanted: Sequence[OrderNumbers]) -> tuple[Record, ...]:
        """These orders, as far as there are such; a number that is left out matches any."""
        ...

    async def by_day(
        self, first: str, last: str, choice: Choice, patient: PatientWish | None, paging: Paging
    ) -> Page[Record]:
        """Orders of all channels for visits on these days; of one patient where one is named."""
        ...

    async def booked_for(self, day: str) -> tuple[Record, ...]:
        """All that was booked (not registered at once) for visits on a day, whichever way."""
        ...

    async def registered_between(
        self, first_ms: int, last_ms: int, id_number: str | None, patient_id: str | None
    ) -> tuple[Record, ...]:
        """All registrations (挂号) of a time, booked before or not."""
        ...
