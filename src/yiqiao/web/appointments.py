"""What of an appointment its owner is shown, in whichever state it is: the facts, the fee, what can be done."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.region.appointments.appointment import PAID, REFUNDED, Appointment
from yiqiao.region.appointments.states import CITIZENS, FINAL, STATES, Ending, State
from yiqiao.spec.masking import mask
from yiqiao.storage.appointments import AppointmentRow

APPOINTMENTS = "/citizen/appointments"
_CLOCK_TIMES = re.compile(r"\b(\d\d)(\d\d)-(\d\d)(\d\d)\b", re.ASCII)
"""How hospitals write when numbers are given out: 0730-1130."""
TONES: Mapping[State, str] = {
    State.LOCKED: "warn",
    State.ORDERED: "warn",
    State.BOOKED: "good",
    State.REGISTERED: "good",
    State.VISITED: "good",
    State.STUCK: "bad",
    State.REFUSED: "bad",
    State.STOPPED: "bad",
}
COMING = frozenset({State.BOOKED, State.REGISTERED})
"""The patient is expected: what to bring is told."""
OVER = frozenset({State.REFUSED, State.RELEASED, State.CANCELLED, State.REFUNDED, State.STOPPED})
"""It came to nothing, and something else may be chosen."""


@dataclass(frozen=True)
class Told:
    """What an appointment is. `patient` is masked; `paid` says where the money is. Times are HH:MM or empty."""

    order_id: str
    state: State
    tone: str
    hospital: str
    department: str
    doctor: str
    day: str
    session: int
    begins: str
    ends: str
    patient: str
    fee: int
    pays_here: bool
    paid: str
    reason: str
    address: str


@dataclass(frozen=True)
class Slip:
    """With what the patient comes, as far as the hospital has told it."""

    number: str
    check_no: str = field(repr=False)
    address: str
    fetch_time: str
    remark: str
    order_no: str


def told(one: Appointment) -> Told:
    """What of an appointment its owner is shown."""
    row = one.row
    tone = TONES.get(one.state, "" if one.state in FINAL else "accent")
    return Told(
        order_id=row.order_id,
        state=one.state,
        tone=tone,
        hospital=row.hospital_name,
        department=row.dept_name,
        doctor=row.doctor_name,
        day=row.day,
        session=row.session,
        begins=row.begins,
        ends=row.ends,
        patient=mask(one.kept.visitor.name, "name"),
        fee=row.fee,
        pays_here=bool(row.pays_here),
        paid=row.paid,
        reason=row.reason if row.ending != Ending.CITIZEN else "",
        address=f"{APPOINTMENTS}/{row.order_id}",
    )


def acts_of(row: AppointmentRow, state: State) -> tuple[str, ...]:
    """What the citizen may do now."""
    if state is State.REGISTERED and row.paid != PAID:
        return ()  # the money is the hospital's to give back
    return tuple(str(act) for act in STATES[state].acts if act in CITIZENS)


def mark_of(row: AppointmentRow) -> str:
    """Another one for everything that is shown otherwise; not for each time that something is tried again."""
    shown = (row.state, row.paid, row.reason, row.deadline, row.day, row.session, row.doctor_name, row.number)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def paying_of(row: AppointmentRow, state: State) -> str:
    """How the fee stands; empty where that is being decided."""
    if row.paid in (PAID, REFUNDED):
        return row.paid
    if state in OVER:
        return "not"
    if state is State.REGISTERED:
        return "window"
    if state is State.BOOKED and row.fee:
        return "there"
    return "here" if state is State.ORDERED else ""


def money_of(row: AppointmentRow, state: State) -> str:
    """What becomes of money that was paid, where that is in question."""
    if state is State.STUCK and row.paid == PAID:
        return "stuck"
    if row.paid == REFUNDED or (row.paid == PAID and (state is State.REFUNDING or state in OVER)):
        return row.paid
    return ""


def slip_of(one: Appointment) -> Slip:
    """With what the patient comes."""
    row, slip = one.row, one.kept.slip
    return Slip(
        number=row.number or "",
        check_no=slip.check_no or "",
        address=slip.address or "",
        fetch_time=_CLOCK_TIMES.sub(r"\1:\2–\3:\4", slip.fetch_time or ""),
        remark=slip.remark or "",
        order_no=row.order_no or "",
    )
