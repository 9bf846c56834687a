"""A hospital's schedules and units, as it tells them (3.1.3.4, 3.1.3.5, 3.1.3.16, 3.1.3.17)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.dialects.convenience.remote.calls import Calls
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.wording import ALL, NORMAL, SEX_LIMIT, slot_of_reg_id
from yiqiao.ports.hospital.refusals import (
    NoSuchRecord,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import (
    Attendance,
    DaySchedules,
    DoctorSchedules,
    Fees,
    ScheduleInfo,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    StopInfo,
    UnitCounts,
    Units,
)
from yiqiao.ports.hospital.values import UNLIMITED, Page, Paging, Session, Sex

Values = Mapping[str, object]
SESSIONS: Mapping[str, Session] = {str(int(session)): session for session in Session}
ATTENDANCES: Mapping[str, Attendance] = {str(int(one)): one for one in Attendance}
LIMITED_TO: Mapping[str, Sex] = {code: sex for sex, code in SEX_LIMIT.items()}
ANY_SESSION = -1
NO_SCHEDULES = "所问的日期没有排班，请换日期或医生再查"
IN_ANY_DEPARTMENT = "2"
_NUMBERS = re.compile(r"[0-9]{1,9}", re.ASCII)


@dataclass(frozen=True)
class RemoteSchedules:
    """The part of a `Catalogue` that is about schedules."""

    calls: Calls

    async def schedules(self, question: ScheduleQuestion, paging: Paging | None) -> Page[DoctorSchedules]:
        """Schedules by doctor and day; pages count doctors."""
        asked = {
            "REG_ROLE": self.calls.role("GetRegInfo", question.pool),
            "DEPT_ID": question.dept_id or ALL,
            "DOCTOR_ID": question.doctor_id or ALL,
            "START_DATE": question.first_day,
            "END_DATE": question.last_day,
        }
        try:
            page = await self.calls.pages("GetRegInfo", asked, paging, _doctors)
        except NoSuchRecord:
            if paging is not None and paging.page > 1:
                raise
            raise UnknownSchedule(NO_SCHEDULES) from None
        if not page.total:
            raise UnknownSchedule(NO_SCHEDULES)
        return page

    async def time_slots(self, question: SlotQuestion) -> tuple[SlotInfo, ...]:
        """The time slots of a day. Their schedule is the one that was asked for, where the profile does not tell it."""
        asked = {
            "REG_ROLE": self.calls.role("GetTimeRegInfo", question.pool),
            "DEPT_ID": question.dept_id or ALL,
            "DOCTOR_ID": question.doctor_id or ALL,
            "REG_DATE": question.day,
            "TIME_FLAG": question.session or ANY_SESSION,
            "REG_ID": question.schedule_id,
        }

        def read(told: Told) -> tuple[SlotInfo, ...]:
            return tuple(_slot(row, question.schedule_id or "") for row in told.rows("TIME_REG_LIST"))

        try:
            slots = await self.calls.ask("GetTimeRegInfo", asked, read)
        except NoSuchRecord:
            slots = ()
        if not slots:
            raise UnknownTimeSlot
        return slots

    async def stops(self, span: Span, paging: Paging | None) -> Page[StopInfo]:
        """Sessions that are called off."""

        def read(told: Told) -> tuple[StopInfo, ...]:
            return tuple(_stop(row) for row in told.rows("STOP_INFO"))

        page = await self.calls.pages("GetStopInfo", _span(span), paging, read)
        if not page.total:
            raise NoSuchRecord
        return page

    async def unit_counts(self, span: Span) -> UnitCounts:
        """How many units can be had."""

        def read(told: Told) -> UnitCounts:
            names = ("TOTAL", "OVER_COUNT", "REFERRAL_TOTAL", "REFERRAL_OVER_COUNT")
            return UnitCounts(*(told.count(name) for name in names))

        try:
            return await self.calls.ask("ReferralInfo", _span(span), read)
        except NoSuchRecord:
            if span.doctor_id is not None:
                raise UnknownDoctor from None
            raise UnknownDepartment from None


def fees_told(told: Told) -> Fees:
    """What a registration costs, 分. The sum is what is to be paid, so the parts are made to come to it: what a profile
    or a hospital does not tell apart is the registration's, and what is left over is some other fee.
    """
    registration, treatment, service, other = (
        told.count(name) for name in ("REG_FEE_HIS", "TREAT_FEE", "SERVICE_FEE", "OTHER_FEE")
    )
    fees = Fees(registration, treatment, service, other)
    total = told.number("REG_FEE")
    rest = 0 if total is None else total - fees.total
    if rest < 0:
        return Fees(fees.total + rest, 0, 0, 0)
    if told.number("REG_FEE_HIS") is None:
        return fees._replace(registration=rest)
    return fees._replace(other=other + rest)


def _doctors(told: Told) -> tuple[DoctorSchedules, ...]:
    return tuple(
        DoctorSchedules(
            doctor_id=row.text("DOCTOR_ID"),
            name=row.maybe("NAME"),
            job_title=row.maybe("JOB_TITLE"),
            days=tuple(
                DaySchedules(day.day("REG_DATE"), tuple(_schedule(one) for one in day.rows("REG_TIME_LIST")))
                for day in row.rows("REG_LIST")
            ),
        )
        for row in told.rows("REG_DOCTOR_LIST")
    )


def _schedule(told: Told) -> ScheduleInfo:
    return ScheduleInfo(
        schedule_id=told.text("REG_ID"),
        session=told.code("TIME_FLAG", SESSIONS, Session.WHOLE_DAY),
        attendance=told.code("REG_STATUS", ATTENDANCES, Attendance.NOT_YET),
        units=_units(told),
        level=told.number("REG_LEVEL") or NORMAL,
        fees=fees_told(told),
        sex=LIMITED_TO.get(told.text("SEX_LIMIT")),
        age_min=told.number("AGE_LIMIT_MIN"),
        age_max=told.number("AGE_LIMIT_MAX"),
        visit_address=told.maybe("GET_DOCTOR_ADDRESS"),
        number_address=told.maybe("GET_REG_ADDRESS"),
        number_time=told.maybe("GET_REG_TIME"),
        numbers=_numbers(told),
        slotted=told.yes("ISTIME"),
    )


def _slot(told: Told, schedule_id: str) -> SlotInfo:
    time_id, reg_id = told.text("TIME_ID"), told.text("REG_ID")
    if reg_id and not time_id:
        of, time_id = slot_of_reg_id(reg_id)
        schedule_id = schedule_id or of
    return SlotInfo(
        schedule_id=schedule_id,
        session=told.code("TIME_FLAG", SESSIONS, Session.WHOLE_DAY),
        begins=told.clock("BEGIN_TIME") or "",
        ends=told.clock("END_TIME") or "",
        units=_units(told),
        time_id=time_id,
        numbers=_numbers(told),
    )


def _units(told: Told) -> Units:
    """Units without a limit are told as 99 of 99; 99 of which fewer are free are really 99."""
    free = told.count("OVER_COUNT")
    total = told.number("TOTAL")
    if free == UNLIMITED and total in (None, UNLIMITED):
        return Units(None, None)
    return Units(free if total is None else total, free)


def _numbers(told: Told) -> tuple[int, ...]:
    return tuple(int(number) for number in _NUMBERS.findall(told.text("CLINIC_NO")))


def _stop(told: Told) -> StopInfo:
    return StopInfo(
        schedule_id=told.text("REG_ID"),
        dept_id=told.text("DEPT_ID"),
        doctor_id=told.text("DOCTOR_ID"),
        doctor_name=told.text("DOCTOR_NAME"),
        day=told.day("REG_DATE"),
        session=told.code("TIME_FLAG", SESSIONS, Session.WHOLE_DAY),
        in_any_department=told.text("STOP_FLAG") == IN_ANY_DEPARTMENT,
        reason=told.maybe("STOP_REASON"),
    )


def _span(span: Span) -> Values:
    return {
        "DEPT_ID": span.dept_id or ALL,
        "DOCTOR_ID": span.doctor_id or ALL,
        "BEGIN_DATE": span.first_day,
        "END_DATE": span.last_day,
    }
