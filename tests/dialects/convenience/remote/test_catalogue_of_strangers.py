"""What hospitals of somebody else's make show is read whatever they write."""

from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Stranger
from tests.support.hospital import HOSPITAL
from yiqiao.dialects.convenience.remote import calls
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import LockWish, Serial, Unit
from yiqiao.ports.hospital.catalogue import Level
from yiqiao.ports.hospital.refusals import (
    NoSuchRecord,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import (
    ScheduleQuestion,
    SlotQuestion,
    Span,
    UnitCounts,
    Units,
)
from yiqiao.ports.hospital.values import Pool, Session


@pytest.mark.parametrize("count", ["", "0", "3", "99"])
async def test_a_hospital_that_does_not_heed_pages_is_not_asked_for_ever(
    stranger: Stranger, monkeypatch: pytest.MonkeyPatch, count: str
) -> None:
    monkeypatch.setattr(calls, "LARGEST_PAGE", 2)
    row = {"DEPT_ID": "D1", "DEPT_NAME": "内科", "PARENT_ID": "-1"}
    stranger.says("GetDeptInfo", COUNT=count, DEPT_LIST=[row, {**row, "DEPT_ID": "D2"}, {**row, "DEPT_ID": "D3"}])
    page = await stranger.hospital.catalogue.departments(Level.ALL, None)
    assert (page.total, [one.dept_id for one in page.rows]) == (3, ["D1", "D2", "D3"])
    assert len(stranger.asked) <= 2


STRANGE: dict[str, Any] = {
    "REG_ID": "X9",
    "TIME_FLAG": "7",
    "REG_STATUS": "9",
    "TOTAL": "99",
    "OVER_COUNT": "99",
    "REG_FEE": "2500.0",
    "TREAT_FEE": "",
    "CLINIC_NO": "3, 5，7号",
    "SEX_LIMIT": "女",
    "ISTIME": "1",
}


async def test_schedules_are_read_whatever_a_hospital_writes(stranger: Stranger) -> None:
    day = {"REG_DATE": "20261121", "REG_TIME_LIST": STRANGE}
    stranger.says("GetRegInfo", REG_DOCTOR_LIST={"DOCTOR_ID": "", "REG_LIST": day})
    asked = ScheduleQuestion(Pool.SHARED, None, None, "2026-11-21", "2026-11-21")
    page = await stranger.hospital.catalogue.schedules(asked, None)
    assert (page.total, page.rows[0].days[0].day) == (1, "2026-11-21")
    one = page.rows[0].days[0].schedules[0]
    assert (one.session, one.units, one.fees.total, one.numbers) == (Session.WHOLE_DAY, (None, None), 2500, (3, 5, 7))
    assert (one.sex, one.slotted, one.level) == (None, True, 1)


@pytest.mark.parametrize(
    ("total", "over", "units"),
    [
        ("99", "50", Units(99, 50)),
        ("120", "99", Units(120, 99)),
        ("", "5", Units(5, 5)),
        ("8", "", Units(8, 0)),
        ("", "99", Units(None, None)),
    ],
)
async def test_only_99_of_99_are_without_a_limit(stranger: Stranger, total: str, over: str, units: Units) -> None:
    stranger.says("GetTimeRegInfo", TIME_REG_LIST={"TIME_ID": "F1", "TOTAL": total, "OVER_COUNT": over})
    asked = SlotQuestion(Pool.SHARED, None, None, "2026-11-21", None, "X9")
    (slot,) = await stranger.hospital.catalogue.time_slots(asked)
    assert (slot.units, slot.schedule_id, slot.time_id) == (units, "X9", "F1")


async def test_a_slot_of_a_form_of_its_own_keeps_its_number() -> None:
    jkt = Stranger("jkt")
    jkt.says("GetTimeRegInfo", TIME_REG_LIST=[{"REG_ID": "77001", "BEGIN_TIME": "8:00", "END_TIME": "0900"}])
    asked = SlotQuestion(Pool.SHARED, "D1", "YS1", "2026-11-21", None, "77")
    (slot,) = await jkt.hospital.catalogue.time_slots(asked)
    assert (slot.schedule_id, slot.begins, slot.ends) == ("77", "08:00", "09:00")
    jkt.says("LockReg")
    jkt.says("GetRegInfo", "13", "没有排班")
    unit = Unit("77", Pool.SHARED, slot.time_id, None, "D1", "YS1", "2026-11-21", Session.MORNING)
    await jkt.hospital.booking.lock(LockWish(Serial("", "SH1", b"", 0), unit))
    assert jkt.asked[-1][1]["REG_ID"] == "77001"


async def test_empty_answers_are_as_good_as_none(stranger: Stranger) -> None:
    catalogue = stranger.hospital.catalogue
    names = ("GetDeptInfo", "GetDoctorInfo", "GetRegInfo", "GetTimeRegInfo", "GetStopInfo", "queryPriceBoardInfo")
    for code in ("0", "12"):
        for name in names:
            stranger.says(name, code, COUNT="0")
        question = ScheduleQuestion(Pool.SHARED, None, None, "2026-11-21", "2026-11-21")
        slots = SlotQuestion(Pool.SHARED, None, None, "2026-11-21", None, None)
        span = Span(None, None, "2026-11-21", "2026-11-21")
        expected: list[tuple[Any, type[DomainError]]] = [
            (catalogue.departments(Level.ALL, None), NoSuchRecord),
            (catalogue.schedules(question, None), UnknownSchedule),
            (catalogue.time_slots(slots), UnknownTimeSlot),
            (catalogue.stops(span, None), NoSuchRecord),
        ]
        for asked, refusal in expected:
            with pytest.raises(refusal):
                await asked
        assert await catalogue.prices() == ()


async def test_a_bare_hospital_has_sensible_rules(stranger: Stranger) -> None:
    stranger.says("GetHosInfo", NAME="云桥县中医院", MAX_REG_DAYS="", START_REG_TIME="7:30", LEVEL="三甲")
    told = await stranger.hospital.catalogue.hospital()
    assert (told.hospital_id, told.name, told.max_reg_days, told.start_reg_time, told.about.level) == (
        HOSPITAL,
        "云桥县中医院",
        7,
        "07:30",
        0,
    )
    stranger.says("ReferralInfo", TOTAL="5")
    assert await stranger.hospital.catalogue.unit_counts(Span(None, None, "2026-11-21", "2026-11-21")) == UnitCounts(
        5, 0, 0, 0
    )
