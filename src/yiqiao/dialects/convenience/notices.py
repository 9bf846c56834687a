"""What a hospital tells its platform (2035 平台排班信息变更): into the standard's words, and out of them."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from yiqiao.dialects.convenience.wording import fen
from yiqiao.exchange.dialect import Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital.notices import Attends, NotAcknowledged, ScheduleChange
from yiqiao.ports.hospital.values import Session
from yiqiao.spec import Fault, Invalid

Call = Callable[[str, Values], Awaitable[Values]]
"""How the platform is called: the operation's name and its values → the values of the answer."""
ACCEPTED = "0"
_SESSION: Mapping[Session, str] = {
    Session.MORNING: "上午",
    Session.AFTERNOON: "下午",
    Session.EVENING: "夜门诊",
    Session.WHOLE_DAY: "全天",
}
_STATUS: Mapping[Attends, str] = {
    Attends.NORMAL: "正常",
    Attends.STOPPED: "停诊",
    Attends.KEPT: "停诊但保留预约",
}
_SESSION_OF: Mapping[str, Session] = {word: session for session, word in _SESSION.items()}
_ATTENDS_OF: Mapping[str, Attends] = {word: attends for attends, word in _STATUS.items()}
_STOPS: Mapping[str, Attends] = {"1": Attends.STOPPED, "2": Attends.KEPT, "3": Attends.NORMAL}
"""STOP_FLAG."""
_SEVEREST = (Attends.STOPPED, Attends.KEPT, Attends.NORMAL)


@dataclass(frozen=True)
class ConvenienceNotices:
    """`PlatformNotices` for a platform that speaks this standard."""

    call: Call

    async def schedule_changed(self, change: ScheduleChange) -> None:
        """Tell it, and have it acknowledged. Raises NotAcknowledged, and what the call raises."""
        answer = await self.call("NotifyHospInfo", notice(change))
        if str(answer.get("RESULTCODE")) != ACCEPTED:
            raise NotAcknowledged(f"平台未接受停诊通知（结果码 {str(answer.get('RESULTCODE'))[:32]!r}），稍后重新通知")


def notice(change: ScheduleChange) -> Values:
    """The notice as it goes out: the department's line and the doctor's say the same."""
    common = {
        "WORKDATE": change.day,
        "WORKSTATUS": _STATUS[change.attends],
        "EXPERTFEE": f"{Decimal(change.fee).scaleb(-2):.2f}",
        "REMARK": change.reason,
    }
    session = _SESSION[change.session]
    return {
        "HOSPNAME": change.hospital_name,
        "HOSPITAL_ID": change.hospital_id,
        "DEPART": {
            "DEPARTNAME": change.dept_name,
            "DEPART_ID": change.dept_id,
            "WORK_TYPE": "急诊" if change.emergency else session,
            **common,
        },
        "DOCTOR": {
            "DOCTORNAME": change.doctor_name,
            "DOCTOR_ID": change.doctor_id,
            "WORK_TYPE": session,
            **common,
        },
    }


def change_of(request: Request) -> ScheduleChange:
    """What a notice says. Department and doctor say the same; where they do not, the doctor's session is meant, and of
    two statuses the worse one. Raises Invalid for a day or a fee that cannot be.
    """
    dept, doctor = request.part("DEPART") or request, request.part("DOCTOR") or request
    stated = {_ATTENDS_OF.get(one.text("WORKSTATUS"), Attends.NORMAL) for one in (dept, doctor)}
    return ScheduleChange(
        hospital_id=request.text("HOSPITAL_ID"),
        hospital_name=request.text("HOSPNAME"),
        dept_id=dept.text("DEPART_ID"),
        dept_name=dept.text("DEPARTNAME"),
        doctor_id=doctor.text("DOCTOR_ID"),
        doctor_name=doctor.text("DOCTORNAME"),
        day=_day("DOCTOR.WORKDATE", doctor.text("WORKDATE")),
        session=_SESSION_OF.get(doctor.text("WORK_TYPE"), Session.WHOLE_DAY),
        attends=next(one for one in _SEVEREST if one in stated),
        fee=fen("EXPERTFEE", doctor.maybe("EXPERTFEE")) or 0,
        emergency=dept.text("WORK_TYPE") == "急诊",
        reason=doctor.maybe("REMARK") or dept.maybe("REMARK"),
    )


def stop_of(request: Request) -> ScheduleChange:
    """What a member of the family says of a session, by the numbers alone; without STOP_FLAG it is called off. Raises
    Invalid for a day that cannot be.
    """
    return ScheduleChange(
        hospital_id=request.text("HOSPITAL_ID"),
        hospital_name="",
        dept_id=request.text("DEPT_ID"),
        dept_name="",
        doctor_id=request.maybe("DOCTOR_ID") or "",
        doctor_name="",
        day=_day("REG_DATE", request.text("REG_DATE")),
        session=Session(request.number("TIME_FLAG")),
        attends=_STOPS[request.maybe("STOP_FLAG") or "1"],
        fee=0,
        emergency=False,
        reason=request.maybe("REASON"),
    )


def _day(field: str, text: str) -> str:
    """The standard gives no format: 2026-11-21, 2026/11/21 and 20261121 are taken."""
    digits = re.sub(r"\D", "", text)[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).isoformat()
    except ValueError:
        raise Invalid((Fault(field, "format", "应为 YYYY-MM-DD 的日期"),)) from None
