"""Booking, the second half: on which day, and at what time."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.ports.hospital.catalogue import HospitalInfo
from yiqiao.ports.hospital.refusals import UnknownTimeSlot
from yiqiao.ports.hospital.schedules import DaySchedules, ScheduleInfo, SlotInfo
from yiqiao.web.choices import PATH, Counter, Standing, choice_of
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens
from yiqiao.web.render import page

AT_FIRST = 8
"""Days that are shown at once; the others are folded."""


@dataclass(frozen=True)
class SessionLine:
    """A session or time slot: its units (None: without limit), and its address where it can be chosen. Times are HH:MM,
    empty for a session in one piece; `fee` is 分.
    """

    session: int
    standing: Standing
    left: int | None
    fee: int
    begins: str = ""
    ends: str = ""
    place: str = ""
    address: str = ""


@dataclass(frozen=True)
class DayLine:
    """A day with its sessions; `address` is empty where nothing of it can be chosen."""

    day: str
    today: bool
    sessions: tuple[SessionLine, ...]
    address: str = ""


@dataclass(frozen=True)
class DaysPage:
    """The days of a doctor."""

    chosen: tuple[str, ...]
    days: tuple[DayLine, ...]
    later: tuple[DayLine, ...]
    back: str


@dataclass(frozen=True)
class TimesPage:
    """The sessions and time slots of a day."""

    chosen: tuple[str, ...]
    day: str
    times: tuple[SessionLine, ...]
    back: str


async def days(request: Request, _: CitizenSession) -> Response:
    """On which day."""
    choice = choice_of(request)
    counter = Counter(request, choice)
    info, department = await counter.hospital(), await counter.department()
    doctor = await counter.doctor(info)
    lines = [_day(counter, info, one) for one in doctor.schedules.days]
    shown = [line for line in lines if any(one.standing is not Standing.OVER for one in line.sessions)]
    chosen = tuple(filter(None, (info.name, department.name, doctor.name)))
    view = DaysPage(chosen, tuple(shown[:AT_FIRST]), tuple(shown[AT_FIRST:]), choice.at("doctor", doctor=""))
    return page(request, "book_days.html", view)


async def times(request: Request, _: CitizenSession) -> Response:
    """At what time."""
    choice = choice_of(request)
    counter = Counter(request, choice)
    info, department = await counter.hospital(), await counter.department()
    doctor = await counter.doctor(info, choice.day)
    lines: list[SessionLine] = []
    for one in doctor.schedules.days:
        for schedule in one.schedules:
            lines += await _times(counter, info, one.day, schedule)
    chosen = tuple(filter(None, (info.name, department.name, doctor.name)))
    view = TimesPage(chosen, choice.day, tuple(lines), choice.at("day", day="", schedule="", slot=""))
    return page(request, "book_times.html", view)


def _day(counter: Counter, info: HospitalInfo, one: DaySchedules) -> DayLine:
    sessions = tuple(_session(counter, info, one.day, schedule) for schedule in one.schedules)
    free = [schedule for schedule, line in zip(one.schedules, sessions, strict=True) if line.address]
    address = counter.choice.at("time", day=one.day) if free else ""
    if len(one.schedules) == len(free) == 1 and not free[0].slotted:
        address = sessions[0].address
    return DayLine(one.day, one.day == counter.today.isoformat(), sessions, address)


async def _times(counter: Counter, info: HospitalInfo, day: str, schedule: ScheduleInfo) -> list[SessionLine]:
    if not schedule.slotted:
        return [_session(counter, info, day, schedule)]
    try:
        slots = await counter.slots(schedule, day)
    except UnknownTimeSlot:
        return []
    return [_session(counter, info, day, schedule, slot) for slot in slots]


def _session(
    counter: Counter, info: HospitalInfo, day: str, schedule: ScheduleInfo, slot: SlotInfo | None = None
) -> SessionLine:
    standing = counter.standing(info, day, schedule, slot)
    more = {"day": day, "schedule": schedule.schedule_id, "slot": slot.time_id if slot else ""}
    return SessionLine(
        session=int(schedule.session),
        standing=standing,
        left=(slot or schedule).units.free,
        fee=schedule.fees.total,
        begins=slot.begins if slot else "",
        ends=slot.ends if slot else "",
        place=schedule.visit_address or "",
        address=counter.choice.at("patient", **more) if standing is Standing.OPEN else "",
    )


def _to_doctors(request: Request) -> str:
    return choice_of(request).at("doctor", doctor="", day="", schedule="", slot="")


routes = [
    Route(f"{PATH}/day", for_citizens(days, other=_to_doctors)),
    Route(f"{PATH}/time", for_citizens(times, other=lambda r: choice_of(r).at("day", day="", schedule="", slot=""))),
]
