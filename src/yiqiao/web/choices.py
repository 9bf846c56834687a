"""What a citizen has chosen so far on the way to an appointment: ids in the page's address, looked up again each time.

Nothing in an address is believed: names, prices and units are asked of the hospital at every step.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.ports.hospital import HospitalSystem
from yiqiao.ports.hospital.catalogue import DepartmentInfo, DoctorInfo, HospitalInfo
from yiqiao.ports.hospital.refusals import UnknownDepartment, UnknownDoctor, UnknownSchedule, UnknownTimeSlot
from yiqiao.ports.hospital.schedules import (
    Attendance,
    DoctorSchedules,
    ScheduleInfo,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Units,
)
from yiqiao.ports.hospital.values import Pool, Session

PATH = "/citizen/book"
FURTHEST_DAYS = 30
"""Days ahead that are looked through; hospitals that can be booked for longer are rare, and patients who do, too."""


class Standing(StrEnum):
    """Whether something can be chosen, and if not, why."""

    OPEN = "open"
    FULL = "full"
    STOPPED = "stopped"
    NOT_YET = "not_yet"
    OVER = "over"


@dataclass(frozen=True)
class Choice:
    """The ids of what was chosen; empty where nothing is yet. `who`: a member of the family, or me."""

    hospital: str = ""
    department: str = ""
    doctor: str = ""
    day: str = ""
    schedule: str = ""
    slot: str = ""

    def at(self, step: str, **more: str) -> str:
        """The address of a step, with something more chosen."""
        chosen = {name: value for name, value in asdict(replace(self, **more)).items() if value}
        return f"{PATH}/{step}?{urlencode(chosen)}"


def choice_of(request: Request) -> Choice:
    """What the page's address says."""
    return Choice(**{name: request.query_params.get(name, "")[:64] for name in Choice.__dataclass_fields__})


class Doctor(NamedTuple):
    """A doctor with schedules in a department; without `info` where the schedules are a department's own."""

    doctor_id: str
    name: str
    job_title: str
    info: DoctorInfo | None
    schedules: DoctorSchedules


class Chosen(NamedTuple):
    """A session, and its time slot where it has some, as the hospital tells it now."""

    day: str
    schedule: ScheduleInfo
    slot: SlotInfo | None


class Counter:
    """Asks the hospital that was chosen."""

    def __init__(self, request: Request, choice: Choice) -> None:
        runtime = runtime_of(request)
        now = beijing(runtime.clock.now_ms())
        self.choice = choice
        self.today, self._time = now.date(), now.strftime("%H:%M")
        self.system: HospitalSystem = runtime.bookable.of(choice.hospital)

    async def hospital(self) -> HospitalInfo:
        """The hospital itself."""
        return await self.system.catalogue.hospital()

    async def department(self) -> DepartmentInfo:
        """The department that was chosen. Raises UnknownDepartment."""
        found = await self.system.catalogue.departments(self.choice.department or "-", None)
        one = next((row for row in found.rows if row.dept_id == self.choice.department), None)
        if one is None:
            raise UnknownDepartment
        return one

    async def doctors(self, info: HospitalInfo) -> list[Doctor]:
        """Who can be booked in the department, with their schedules."""
        dept_id = self.choice.department
        try:
            known = await self.system.catalogue.doctors(dept_id, None, None)
            with_data = {row.doctor_id: row for row in known.rows}
            schedules = await self._schedules(info, None)
        except (UnknownDoctor, UnknownSchedule):
            return []
        return [_doctor(one, with_data.get(one.doctor_id)) for one in schedules]

    async def doctor(self, info: HospitalInfo, day: str = "") -> Doctor:
        """The doctor who was chosen, with the schedules of a day or of all days. Raises UnknownDoctor,
        UnknownSchedule.
        """
        found = await self._schedules(info, self.choice.doctor or "-", day)
        one = next((row for row in found if row.doctor_id == self.choice.doctor), None)
        if one is None:
            raise UnknownDoctor
        return _doctor(one, None)

    async def slots(self, schedule: ScheduleInfo, day: str) -> Sequence[SlotInfo]:
        """The time slots of a session."""
        choice = self.choice
        question = SlotQuestion(
            Pool.SHARED, choice.department, choice.doctor, day, schedule.session, schedule.schedule_id
        )
        return await self.system.catalogue.time_slots(question)

    async def chosen(self, info: HospitalInfo, doctor: Doctor) -> Chosen:
        """The session and time slot that were chosen. Raises UnknownSchedule, UnknownTimeSlot."""
        choice = self.choice
        found = [
            (one.day, schedule)
            for one in doctor.schedules.days
            for schedule in one.schedules
            if schedule.schedule_id == choice.schedule and one.day == choice.day
        ]
        if not found:
            raise UnknownSchedule
        day, schedule = found[0]
        if not schedule.slotted:
            return Chosen(day, schedule, None)
        slot = next((one for one in await self.slots(schedule, day) if one.time_id == choice.slot), None)
        if slot is None:
            raise UnknownTimeSlot
        return Chosen(day, schedule, slot)

    def standing(self, info: HospitalInfo, day: str, schedule: ScheduleInfo, slot: SlotInfo | None = None) -> Standing:
        """Whether a session, or a time slot of it, can be booked now."""
        if schedule.attendance is Attendance.STOPPED:
            return Standing.STOPPED
        if self._over(info, day, schedule, slot):
            return Standing.OVER
        if schedule.attendance is Attendance.NOT_YET:
            return Standing.NOT_YET
        units = slot.units if slot else schedule.units
        return Standing.FULL if units.free is not None and units.free <= 0 else Standing.OPEN

    def _over(self, info: HospitalInfo, day: str, schedule: ScheduleInfo, slot: SlotInfo | None) -> bool:
        today = self.today.isoformat()
        if day != today:
            return day < today
        stops = {Session.MORNING: info.stop_book_time_am, Session.AFTERNOON: info.stop_book_time_pm}
        stop = stops.get(schedule.session)
        return bool((stop and self._time >= stop) or (slot and slot.ends and self._time >= slot.ends))

    async def _schedules(self, info: HospitalInfo, doctor_id: str | None, day: str = "") -> Sequence[DoctorSchedules]:
        last = self.today + timedelta(days=max(1, min(info.max_reg_days, FURTHEST_DAYS)) - 1)
        days = (_day(day), _day(day)) if day else (self.today.isoformat(), last.isoformat())
        question = ScheduleQuestion(Pool.SHARED, self.choice.department, doctor_id, *days)
        return (await self.system.catalogue.schedules(question, None)).rows


def left(units: Sequence[Units]) -> int | None:
    """How many units are left in all; None where there is no limit."""
    free = [one.free for one in units]
    return None if None in free else sum(one for one in free if one is not None)


def _doctor(schedules: DoctorSchedules, info: DoctorInfo | None) -> Doctor:
    name = schedules.name or (info.name if info else "")
    title = schedules.job_title or (info.job_title if info else None)
    return Doctor(schedules.doctor_id, name, title or "", info, schedules)


def _day(text: str) -> str:
    """Raises UnknownSchedule for what is no day."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UnknownSchedule from None
