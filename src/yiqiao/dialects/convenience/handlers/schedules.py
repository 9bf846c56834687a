"""Schedules, their time slots, sessions called off, units for referrals (3.1.3.4, 3.1.3.5, 3.1.3.16, 3.1.3.17)."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.handlers.catalogue import one_of, paging
from yiqiao.dialects.convenience.wording import SEX_LIMIT, slot_reg_id
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.schedules import (
    DaySchedules,
    DoctorSchedules,
    ScheduleInfo,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    StopInfo,
)
from yiqiao.ports.hospital.values import UNLIMITED, Pool, Session
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

ANY_SESSION = -1
LONGEST_NUMBERS: Final = 32
_WEEKDAYS = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


@handlers.handles("GetRegInfo")
async def get_reg_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """排班信息查询接口"""
    first_day, last_day = _days(request, "START_DATE", "END_DATE")
    hospital_id, pool = request.text("HOSPITAL_ID"), _pool(request)
    question = ScheduleQuestion(pool, one_of(request, "DEPT_ID"), one_of(request, "DOCTOR_ID"), first_day, last_day)
    page = await hospitals.of(hospital_id).catalogue.schedules(question, paging(request))
    role = str(int(pool))
    return Act(
        NOTHING,
        lambda _: {
            "HOSPITAL_ID": hospital_id,
            "COUNT": page.total,
            "REG_DOCTOR_LIST": [_doctor(row, role) for row in page.rows],
        },
    )


@handlers.handles("GetTimeRegInfo")
async def get_time_reg_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """排班分时查询接口"""
    pool, session = _pool(request), request.number("TIME_FLAG")
    question = SlotQuestion(
        pool=pool,
        dept_id=one_of(request, "DEPT_ID"),
        doctor_id=one_of(request, "DOCTOR_ID"),
        day=request.text("REG_DATE"),
        session=None if session == ANY_SESSION else Session(session),
        schedule_id=request.maybe("REG_ID"),
    )
    slots = await hospitals.of(request.text("HOSPITAL_ID")).catalogue.time_slots(question)
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_slot(slot, str(int(pool))) for slot in slots]})


@handlers.handles("GetStopInfo")
async def get_stop_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """停诊通知查询接口"""
    catalogue = hospitals.of(request.text("HOSPITAL_ID")).catalogue
    page = await catalogue.stops(_span(request), paging(request))
    return Act(NOTHING, lambda _: {"COUNT": page.total, "STOP_INFO": [_stop(row) for row in page.rows]})


@handlers.handles("ReferralInfo")
async def referral_info(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """转诊数量查询接口"""
    counts = await hospitals.of(request.text("HOSPITAL_ID")).catalogue.unit_counts(_span(request))
    return Act(
        NOTHING,
        lambda _: {
            "TOTAL": counts.total,
            "OVER_COUNT": counts.free,
            "REFERRAL_TOTAL": counts.referral_total,
            "REFERRAL_OVER_COUNT": counts.referral_free,
        },
    )


def _pool(request: Request) -> Pool:
    """Whose units; where a profile does not have the role, it is the shared ones."""
    return Pool(int(request.maybe("REG_ROLE") or Pool.SHARED))


def _span(request: Request) -> Span:
    days = _days(request, "BEGIN_DATE", "END_DATE")
    return Span(one_of(request, "DEPT_ID"), one_of(request, "DOCTOR_ID"), *days)


def _days(request: Request, first: str, last: str) -> tuple[str, str]:
    """The days asked about. Raises Invalid where they end before they begin."""
    days = request.text(first), request.text(last)
    if days[1] < days[0]:
        raise Invalid((Fault(last, "format", f"不能早于 {first}，请对调或修改"),))
    return days


def _doctor(doctor: DoctorSchedules, role: str) -> Values:
    return {
        "DOCTOR_ID": doctor.doctor_id,
        "NAME": doctor.name,
        "JOB_TITLE": doctor.job_title,
        "REG_LIST": [_day(day, role) for day in doctor.days],
    }


def _day(day: DaySchedules, role: str) -> Values:
    return {
        "REG_DATE": day.day,
        "REG_WEEKDAY": _WEEKDAYS[date.fromisoformat(day.day).weekday()],
        "REG_TIME_LIST": [_schedule(schedule, role) for schedule in day.schedules],
    }


def _schedule(schedule: ScheduleInfo, role: str) -> Values:
    fees = schedule.fees
    return {
        "REG_ID": schedule.schedule_id,
        "REG_ROLE": role,
        "TIME_FLAG": int(schedule.session),
        "REG_STATUS": int(schedule.attendance),
        "TOTAL": _units(schedule.units.total),
        "OVER_COUNT": _units(schedule.units.free),
        "REG_LEVEL": schedule.level,
        "REG_FEE": fees.total,
        "REG_FEE_HIS": fees.registration,
        "TREAT_FEE": fees.treatment,
        "SERVICE_FEE": fees.service,
        "OTHER_FEE": fees.other,
        "SEX_LIMIT": SEX_LIMIT.get(schedule.sex) if schedule.sex else None,
        "AGE_LIMIT_MAX": schedule.age_max,
        "AGE_LIMIT_MIN": schedule.age_min,
        "GET_DOCTOR_ADDRESS": schedule.visit_address,
        "GET_REG_ADDRESS": schedule.number_address,
        "GET_REG_TIME": schedule.number_time,
        "CLINIC_NO": _numbers(schedule.numbers),
        "ISTIME": int(schedule.slotted),
    }


def _slot(slot: SlotInfo, role: str) -> Values:
    """Where a profile has no TIME_ID, each slot has a REG_ID of its own: the schedule's, a bar, the slot's."""
    return {
        "REG_ID": slot_reg_id(slot.schedule_id, slot.time_id),
        "TIME_FLAG": int(slot.session),
        "REG_ROLE": role,
        "BEGIN_TIME": slot.begins,
        "END_TIME": slot.ends,
        "TOTAL": _units(slot.units.total),
        "OVER_COUNT": _units(slot.units.free),
        "TIME_ID": slot.time_id,
        "CLINIC_NO": _numbers(slot.numbers),
    }


def _stop(stop: StopInfo) -> Values:
    return {
        "STOP_FLAG": 2 if stop.in_any_department else 1,
        "REG_ID": stop.schedule_id,
        "DEPT_ID": stop.dept_id,
        "DOCTOR_ID": stop.doctor_id,
        "DOCTOR_NAME": stop.doctor_name,
        "REG_DATE": stop.day,
        "TIME_FLAG": int(stop.session),
        "STOP_REASON": stop.reason,
    }


def _units(number: int | None) -> int:
    return UNLIMITED if number is None else number


def _numbers(numbers: Iterable[int]) -> str | None:
    """As many of them as the field takes, the smallest first."""
    told = ""
    for number in numbers:
        longer = f"{told},{number}" if told else str(number)
        if len(longer) > LONGEST_NUMBERS:
            break
        told = longer
    return told or None
