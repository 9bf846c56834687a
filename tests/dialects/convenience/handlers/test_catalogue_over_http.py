"""What a hospital shows, asked for over HTTP: through the envelope, and in both ways of sending."""

from datetime import date, timedelta

import pytest

from tests.support.hospital import HOSPITAL
from tests.support.hub import Hub
from yiqiao.clock import beijing
from yiqiao.dialects.convenience.client import Refused, Style
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.service import Stops
from yiqiao.storage.stops import Scope

PAGE = {"PAGE_CURRENT": 1, "PAGE_SIZE": 20}


def _today(hub: Hub) -> date:
    return beijing(hub.clock.now_ms()).date()


@pytest.mark.parametrize("style", ["soap", "plain"])
async def test_everything_that_is_shown_comes_over_the_wire(hub: Hub, style: Style) -> None:
    today, of = _today(hub).isoformat(), {"HOSPITAL_ID": HOSPITAL}
    of_the_doctor = {**of, "DEPT_ID": "D0101", "DOCTOR_ID": "YS8101"}
    async with hub.convenience(style=style) as platform:
        info = await platform.call("GetHosInfo", of)
        departments = await platform.call("GetDeptInfo", {**of, "DEPT_ID": "-1", **PAGE})
        doctors = await platform.call("GetDoctorInfo", {**of, "DEPT_ID": "D0101", "DOCTOR_ID": "-1"})
        photo = await platform.call("GetDoctorPhoto", {**of, "DOCTOR_ID": "YS8101"})
        prices = await platform.call("queryPriceBoardInfo", of)
        visits = await platform.call("queryRegistrationState", {"HOSPITAL_ID": "-1"})
        days = {"START_DATE": today, "END_DATE": today}
        schedules = await platform.call("GetRegInfo", {**of_the_doctor, "REG_ROLE": "1", **days, **PAGE})
        when = {"REG_DATE": today, "TIME_FLAG": -1}
        slots = await platform.call("GetTimeRegInfo", {**of_the_doctor, "REG_ROLE": "1", **when})
        span = {"BEGIN_DATE": today, "END_DATE": today}
        counts = await platform.call("ReferralInfo", {**of, "HOS_FOREIGN_ID": "any", **span})
        await Stops(House(hub.runtime.database, hub.runtime.keyring, hub.clock), HOSPITAL).stop(
            Scope(HOSPITAL, today, today, dept_id="D0101"), keep=False, reason="外出\n学习", operator="test"
        )
        stops = await platform.call("GetStopInfo", {**of, "DEPT_ID": "-1", "DOCTOR_ID": "-1", **span, **PAGE})
    assert info["NAME"] == "云桥县人民医院"
    assert (departments["COUNT"], doctors["COUNT"], stops["COUNT"]) == ("7", "2", "4")
    assert str(photo["DOCTORPHOTO"]).startswith("data:image/jpg;base64,")
    assert [len(_list(prices, "TIME_REG_LIST")), len(_list(visits, "TIME_REG_LIST"))] == [2, 5]
    assert len(_list(schedules, "REG_DOCTOR_LIST")) == 1
    assert len(_list(slots, "TIME_REG_LIST")) == 2
    assert counts["TOTAL"] == "90"
    assert _list(stops, "STOP_INFO")[0]["STOP_REASON"] == "外出\n学习"


def _list(answer: dict[str, object], name: str) -> list[dict[str, object]]:
    rows = answer[name]
    assert isinstance(rows, list)
    return rows


async def test_a_refusal_comes_with_the_functions_own_code_and_its_reason(hub: Hub) -> None:
    next_year = (_today(hub) + timedelta(days=400)).isoformat()
    asked = {"HOSPITAL_ID": HOSPITAL, "REG_ROLE": "1", "DEPT_ID": "-1", "DOCTOR_ID": "-1", **PAGE}
    async with hub.convenience() as platform:
        with pytest.raises(Refused) as refused:
            await platform.call("GetRegInfo", {**asked, "START_DATE": next_year, "END_DATE": next_year})
    assert (refused.value.code, refused.value.told) == (
        "200303",
        "所问的日期没有排班，请换日期或医生再查",
    )
