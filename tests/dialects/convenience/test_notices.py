"""3.1.3.14 平台排班信息变更 (2035): what the hospital tells its platform."""

from collections.abc import Mapping

import pytest

from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.notices import ConvenienceNotices, notice
from yiqiao.ports.hospital.notices import Attends, NotAcknowledged, ScheduleChange
from yiqiao.ports.hospital.values import Session

SPEC = spec_of("standard").operations["NotifyHospInfo"]
CHANGE = ScheduleChange(
    hospital_id="9851001",
    hospital_name="云桥县人民医院",
    dept_id="D0101",
    dept_name="心血管内科",
    doctor_id="YS8101",
    doctor_name="陶文静",
    day="2026-11-20",
    session=Session.MORNING,
    attends=Attends.STOPPED,
    fee=2700,
    emergency=False,
    reason="外出学习",
)


class Platform:
    """A platform that answers with a result code, and keeps what it was asked."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.asked: list[tuple[str, Mapping[str, object]]] = []

    async def call(self, operation: str, values: Mapping[str, object]) -> Mapping[str, object]:
        """Answer a call."""
        self.asked.append((operation, values))
        return {"RESULTCODE": self.code, "RESULTMSG": ""}


@pytest.mark.parametrize("attends", Attends)
@pytest.mark.parametrize("session", Session)
@pytest.mark.parametrize("emergency", [False, True])
def test_every_change_fits_the_standards_table(attends: Attends, session: Session, emergency: bool) -> None:
    change = CHANGE._replace(attends=attends, session=session, emergency=emergency)
    SPEC.validate(SPEC.asks.shape(notice(change)))


async def test_rule_notice_push_the_platform_is_called_with_department_and_doctor() -> None:
    platform = Platform("0")
    await ConvenienceNotices(platform.call).schedule_changed(CHANGE)
    ((operation, values),) = platform.asked
    assert operation == "NotifyHospInfo"
    common = {"WORKDATE": "2026-11-20", "WORKSTATUS": "停诊", "EXPERTFEE": "27.00", "REMARK": "外出学习"}
    assert values["DEPART"] == {"DEPARTNAME": "心血管内科", "DEPART_ID": "D0101", "WORK_TYPE": "上午", **common}
    assert values["DOCTOR"] == {"DOCTORNAME": "陶文静", "DOCTOR_ID": "YS8101", "WORK_TYPE": "上午", **common}


def test_rule_notice_not_orders_the_notice_says_nothing_of_patients() -> None:
    told = SPEC.asks.shape(notice(CHANGE))
    assert set(told) == {"HOSPNAME", "HOSPITAL_ID", "DEPART", "DOCTOR"}
    assert "ORDER" not in str(told)


async def test_a_notice_that_is_not_acknowledged_is_to_be_told_again() -> None:
    with pytest.raises(NotAcknowledged):
        await ConvenienceNotices(Platform("1").call).schedule_changed(CHANGE)
