"""Who came to which doctor on a day of the past, and what became of it."""

from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum
from typing import NamedTuple, TypeVar

from yiqiao.ports.hospital.values import Session
from yiqiao.sandbox.history.inpatients import in_hospital
from yiqiao.sandbox.residents import Resident, may_be_seen
from yiqiao.sandbox.sessions import on_duty, schedule, time_slots
from yiqiao.sandbox.staff import SEED, Doctor, Plan, doctors_by_department
from yiqiao.sandbox.treatment import MINUTE_MS, moment
from yiqiao.spec.dice import Dice
from yiqiao.storage.hospital import ScheduleRow

T = TypeVar("T")
WEEKDAY, WEEKEND, MORE = 24, 20, 12
"""At least how many come on a day, and up to how many more."""
SAME_DAY_PERCENT = 35
LONGEST_AHEAD = 14
STOPS_EVERY = 4
"""On one day of so many a session is called off."""
_BEGINS = {Session.MORNING: "08:00", Session.AFTERNOON: "13:30"}
_FILED_AHEAD = timedelta(days=30)


class Fate(Enum):
    """What becomes of an order, as far as the patient decides it."""

    SEEN = "seen"
    ABSENT = "absent"  # paid, and not come
    FORGOTTEN = "forgotten"  # never paid, and not come
    CANCELLED = "cancelled"
    REFUNDED = "refunded"


_FATES = ((Fate.SEEN, 72), (Fate.ABSENT, 8), (Fate.FORGOTTEN, 4), (Fate.CANCELLED, 7), (Fate.REFUNDED, 9))
"""Of a hundred orders that were made before their day; those of the day itself all end with a visit."""


class Appointment(NamedTuple):
    """Somebody's order. `ahead` is how many days before it was made; `begins` when its time slot begins."""

    number: str
    resident: Resident
    doctor: Doctor
    session: ScheduleRow
    time_id: str
    begins: int
    ahead: int
    ordered_at: int
    seen_at: int
    fate: Fate

    @property
    def place(self) -> int:
        """Which of the day's it is."""
        return int(self.number[-2:])

    @property
    def fee(self) -> int:
        """What the number costs, 分."""
        row = self.session
        return row.fee_registration + row.fee_treatment + row.fee_service + row.fee_other

    @property
    def pays(self) -> bool:
        """Whether it was paid."""
        return self.fate not in (Fate.CANCELLED, Fate.FORGOTTEN)


class Day(NamedTuple):
    """A day of a hospital: its appointments, and which session was called off the evening before."""

    appointments: tuple[Appointment, ...]
    stopped: str | None


def day_of(plan: Plan, day: date, who: Sequence[Resident]) -> Day:
    """A day of the past, among these residents."""
    dice = Dice(f"{SEED}/{plan.hospital_id}/{day}")
    away = in_hospital(day)
    turn = (day.toordinal() + int(plan.mark)) % 2  # so that nobody is at both hospitals on a day
    free = [one for one in who if one.number % 2 == turn and one.age(day) >= 0 and one.number not in away]
    most = min(len(free), (WEEKEND if day.weekday() >= 5 else WEEKDAY) + dice(MORE))
    made = [_appointment(dice, plan, day, free.pop(dice(len(free))), place) for place in range(1, most + 1)]
    if not made or dice(STOPS_EVERY):
        return Day(tuple(made), None)
    stopped = made[0].session.schedule_id
    return Day(tuple([booked_before(one) if one.session.schedule_id == stopped else one for one in made]), stopped)


def booked_before(one: Appointment) -> Appointment:
    """The same, ordered the day before where it was on the day itself."""
    if one.ahead:
        return one
    day = date.fromisoformat(one.session.day)
    minute = (one.seen_at - one.begins) // MINUTE_MS
    return one._replace(ahead=1, ordered_at=_ordered_at(day, 1, minute, Session(one.session.session)))


def _appointment(dice: Dice, plan: Plan, day: date, one: Resident, place: int) -> Appointment:
    department = _of(dice, [name for name in doctors_by_department(plan) if may_be_seen(one, name, day)])
    doctor, session = _of(dice, on_duty(plan, department, day))
    row = schedule(plan, doctor, day, session, moment(day - _FILED_AHEAD, "00:01"))
    slots = list(time_slots(row))
    slot = _of(dice, slots) if slots else None
    begins = moment(day, slot.begins if slot else _BEGINS[session])
    same_day = dice(100) < SAME_DAY_PERCENT
    ahead = 0 if same_day else 1 + dice(LONGEST_AHEAD)
    ordered_at = _ordered_at(day, ahead, dice(600), session)
    fate = _of(dice, [fate for fate, share in _FATES for _ in range(share)])
    return Appointment(
        number=f"{plan.mark}{day:%y%m%d}{place:02}",
        resident=one,
        doctor=doctor,
        session=row,
        time_id=slot.time_id if slot else "",
        begins=begins,
        ahead=ahead,
        ordered_at=ordered_at,
        seen_at=begins + dice(80) * MINUTE_MS,
        fate=Fate.SEEN if same_day else fate,
    )


def _ordered_at(day: date, ahead: int, minute: int, session: Session) -> int:
    if ahead:
        return moment(day - timedelta(days=ahead), "08:00") + minute * MINUTE_MS
    return moment(day, "07:00" if session is Session.MORNING else "11:40") + minute % 30 * MINUTE_MS


def _of(dice: Dice, options: Sequence[T]) -> T:
    return options[dice(len(options))]
