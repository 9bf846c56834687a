"""What an appointment is, in the region's words, and how it is kept: its row, and what is personal of it, sealed."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.region.appointments.states import State
from yiqiao.storage.appointments import AppointmentRow

UNPAID, PAID, REFUNDED = "unpaid", "paid", "refunded"


class UnknownAppointment(DomainError):
    """There is no such appointment of this person."""

    def __init__(self) -> None:
        super().__init__("没有这个预约，请从“我的预约”中选择")


class NotNow(DomainError):
    """The act has no place in the state that the appointment is in; the message says which that is."""


@dataclass(frozen=True)
class Place:
    """What is booked: a unit of a schedule, with the names that go with it. `fee` is 分, in all."""

    hospital_id: str
    schedule_id: str
    time_id: str | None
    pool: int
    dept_id: str
    doctor_id: str
    day: str
    session: int
    begins: str | None
    ends: str | None
    hospital_name: str
    dept_name: str
    doctor_name: str
    fee: int


@dataclass(frozen=True)
class Slip:
    """What the hospital told with the order: when and where to come, what to bring. Empty where it did not."""

    patient_id: str | None = None
    hospital_lock_id: str | None = None
    medical_no: str | None = None
    check_no: str | None = field(default=None, repr=False)
    fetch_time: str | None = None
    address: str | None = None
    remark: str | None = None
    trade_address: str | None = None
    """Where the open trade is paid."""


class Kept(NamedTuple):
    """The sealed part of an appointment."""

    visitor: Visitor
    slip: Slip

    def __repr__(self) -> str:
        return "Kept()"


@dataclass(frozen=True)
class Appointment:
    """An appointment as it stands; its repr shows nothing personal."""

    row: AppointmentRow
    kept: Kept = field(repr=False)

    @property
    def state(self) -> State:
        """Where it stands."""
        return State(self.row.state)

    def slipped(self, **told: object) -> Kept:
        """The sealed part with something more that the hospital told; what it left empty stays as it was.

        The cashier's address alone can be taken back: that of a trade that has failed leads nowhere.
        """
        known = {name: value for name, value in told.items() if value or name == "trade_address"}
        slip = replace(self.kept.slip, **known)  # type: ignore[arg-type]
        return self.kept._replace(slip=slip)


def seal(keyring: Keyring, person_id: str, order_id: str, kept: Kept) -> tuple[str, bytes]:
    """(key id, sealed)."""
    return keyring.seal(orjson.dumps(kept, default=_plain), _context(person_id, order_id))


def opened(keyring: Keyring, row: AppointmentRow) -> Appointment:
    """The appointment of a row. Raises SealingUnavailable."""
    visitor, slip = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context(row.person_id, row.order_id)))
    for name in ("certificate", "guardian", "card"):
        visitor[name] = Document(*visitor[name]) if visitor[name] else None
    visitor["sex"] = Sex(visitor["sex"])
    return Appointment(row, Kept(Visitor(**visitor), Slip(**slip)))


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    raise TypeError(type(value).__name__)


def _context(person_id: str, order_id: str) -> bytes:
    return f"appointment|{person_id}|{order_id}".encode()
