"""Calling and waiting (3.1.6)."""

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.wording import ORDINARY, stated_moment, to_the_minute
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.queue import Calling, Line, Waiting
from yiqiao.storage import NOTHING


@handlers.handles("queryCurrenNumber")
async def query_current_number(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """当前叫号查询"""
    until = stated_moment(request.text("CURRENT_CALL_TIME"))
    lines = await hospitals.of(request.text("HOSPITAL_ID")).queue.calling(until)
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_current(line) for line in lines]})


@handlers.handles("queryPatsQueue")
async def query_patients_queue(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询挂号用户正在排队的信息"""
    places = await hospitals.of(request.text("HOSPITAL_ID")).queue.waiting(request.text("PATIENT_ID"))
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_place(place) for place in places]})


@handlers.handles("queryAllNumber")
async def query_all_numbers(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """医生候诊信息"""
    hospital_id = request.text("HOSPITAL_ID")
    lines = await hospitals.of(hospital_id).queue.calling(None)
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_newest(hospital_id, line) for line in lines]})


def _current(calling: Calling) -> Values:
    return {
        **_line(calling.line),
        "MARK_DESC": _mark(calling.line),
        "CURRENT_CALL_NUMBER": _number(calling.number),
        "CURRENT_CALL_TIME": to_the_minute(calling.called_at),
        "CLINIC_TYPE": calling.line.clinic_type,
        "QUEUE_LAST_NUMBER": str(calling.last_number),
    }


def _place(place: Waiting) -> Values:
    return {
        **_line(place.line),
        "PATIENT_ID": place.patient_id,
        "PATIENT_NUMBER": str(place.number),
        "PATIENT_NAME": place.patient_name,
        "MARK_DESC": _mark(place.line),
        "REGISTER_TIME": to_the_minute(place.registered_at),
    }


def _newest(hospital_id: str, calling: Calling) -> Values:
    return {
        **_line(calling.line),
        "HOSPITAL_ID": hospital_id,
        "MARK_TYPE": _mark(calling.line),
        "CALL_NUMBER": _number(calling.number),
        "CALL_TIME": to_the_minute(calling.called_at),
    }


def _line(line: Line) -> Values:
    return {
        "DEPT_CODE": line.dept_id,
        "DEPT_NAME": line.dept_name,
        "DOCTOR_CODE": line.doctor_id,
        "DOCTOR_NAME": _doctor(line),
    }


def _doctor(line: Line) -> str:
    return line.doctor_name if line.doctor_id else ORDINARY


def _mark(line: Line) -> str:
    """号别名称: of department and doctor where it has no name."""
    return line.mark or f"{line.dept_name or line.dept_id}{_doctor(line)}"


def _number(number: int | None) -> str:
    return "" if number is None else str(number)
