"""What a hospital tells its platform (2035 平台排班信息变更), in the standard's words."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from yiqiao.exchange.dialect import Values
from yiqiao.ports.hospital.notices import Attends, NotAcknowledged, ScheduleChange
from yiqiao.ports.hospital.values import Session

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
