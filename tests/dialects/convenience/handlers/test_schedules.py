"""3.1.3.4, 3.1.3.5, 3.1.3.16, 3.1.3.17: schedules, time slots, sessions called off, units for referrals."""

from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.dialects.convenience.handlers.desk import Desk, Refused
from tests.support.hospital import HOSPITAL, REFERRAL, SHARED, fill, schedule_id, time_id
from yiqiao.dialects.convenience.handlers.schedules import _numbers
from yiqiao.hospital.stops.service import Stops
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import open_database
from yiqiao.storage.stops import Scope
from yiqiao.storage.tables import metadata

TODAY = date(2026, 11, 20)
TOMORROW = TODAY + timedelta(days=1)
LAST = TODAY + timedelta(days=9)
MORNING = schedule_id("YS8101", "D0101", TODAY, Session.MORNING)
AFTERNOON = schedule_id("YS8101", "D0101", TODAY, Session.AFTERNOON)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk of a hospital on SQLite, with schedules of ten days, seven of which can be booked."""
    database = await open_database(f"sqlite:///{tmp_path / 'yiqiao.db'}")
    await database.write(_furnish)
    yield Desk(database)
    await database.close()


def _furnish(connection: Connection) -> None:
    metadata.create_all(connection)
    fill(connection, TODAY, 10)


async def _change(desk: Desk, statement: str) -> None:
    await desk.database.write(lambda connection: connection.execute(text(statement)))


async def _schedules(desk: Desk, **asked: str) -> dict[str, Any]:
    question = {"REG_ROLE": "1", "DEPT_ID": "D0101", "DOCTOR_ID": "-1", "PAGE_CURRENT": "1", "PAGE_SIZE": "20"}
    days = {"START_DATE": TODAY.isoformat(), "END_DATE": TODAY.isoformat()}
    return await desk.ask("GetRegInfo", **{**question, **days, **asked})


async def _morning(desk: Desk, **asked: str) -> dict[str, Any]:
    answer = await _schedules(desk, DOCTOR_ID="YS8101", **asked)
    schedule: dict[str, Any] = answer["REG_DOCTOR_LIST"][0]["REG_LIST"][0]["REG_TIME_LIST"][0]
    return schedule


async def _slots(desk: Desk, **asked: str) -> list[dict[str, Any]]:
    question = {"REG_ROLE": "1", "DEPT_ID": "D0101", "DOCTOR_ID": "YS8101", "REG_DATE": TODAY.isoformat()}
    answer = await desk.ask("GetTimeRegInfo", **{**question, "TIME_FLAG": "-1", **asked})
    slots: list[dict[str, Any]] = answer["TIME_REG_LIST"]
    return slots


async def _stops(desk: Desk, **asked: str) -> list[dict[str, Any]]:
    question = {"DEPT_ID": "-1", "DOCTOR_ID": "-1", "PAGE_CURRENT": "1", "PAGE_SIZE": "20"}
    days = {"BEGIN_DATE": TODAY.isoformat(), "END_DATE": LAST.isoformat()}
    answer = await desk.ask("GetStopInfo", **{**question, **days, **asked})
    found: list[dict[str, Any]] = answer["STOP_INFO"]
    return found


async def _counts(desk: Desk, **asked: str) -> tuple[int, int, int, int]:
    days = {"BEGIN_DATE": TODAY.isoformat(), "END_DATE": TODAY.isoformat()}
    answer = await desk.ask("ReferralInfo", HOS_FOREIGN_ID="any", **{**days, **asked})
    return answer["TOTAL"], answer["OVER_COUNT"], answer["REFERRAL_TOTAL"], answer["REFERRAL_OVER_COUNT"]


async def _call_off(desk: Desk, keep: bool = False, **scope: Any) -> None:
    days = {"first_day": TODAY.isoformat(), "last_day": TODAY.isoformat()}
    wanted = Scope(HOSPITAL, **{**days, **scope})
    await Stops(desk.house, HOSPITAL).stop(wanted, keep=keep, reason="外出学习", operator="test")


async def test_rule_schedule_nesting_doctor_then_day_then_session(desk: Desk) -> None:
    answer = await _schedules(desk, END_DATE=TOMORROW.isoformat())
    first = answer["REG_DOCTOR_LIST"][0]
    assert (first["DOCTOR_ID"], first["NAME"]) == ("YS8101", "陶文静")
    assert [(day["REG_DATE"], day["REG_WEEKDAY"]) for day in first["REG_LIST"]] == [
        ("2026-11-20", "星期五"),
        ("2026-11-21", "星期六"),
    ]
    assert [one["TIME_FLAG"] for one in first["REG_LIST"][0]["REG_TIME_LIST"]] == [1, 2]


async def test_rule_schedule_all_minus_one_asks_for_every_doctor(desk: Desk) -> None:
    everybody = await _schedules(desk)
    one = await _schedules(desk, DOCTOR_ID="YS8102")
    anywhere = await _schedules(desk, DEPT_ID="-1")
    assert [row["DOCTOR_ID"] for row in everybody["REG_DOCTOR_LIST"]] == ["YS8101", "YS8102"]
    assert [row["DOCTOR_ID"] for row in one["REG_DOCTOR_LIST"]] == ["YS8102"]
    assert (everybody["COUNT"], one["COUNT"], anywhere["COUNT"]) == (2, 1, 5)


async def test_a_doctor_of_two_departments_is_listed_once_with_the_schedules_of_both(desk: Desk) -> None:
    answer = await _schedules(desk, DEPT_ID="-1", DOCTOR_ID="YS8102")
    (doctor,) = answer["REG_DOCTOR_LIST"]
    assert len(doctor["REG_LIST"][0]["REG_TIME_LIST"]) == 4


async def test_pages_count_doctors(desk: Desk) -> None:
    answer = await _schedules(desk, DEPT_ID="-1", PAGE_CURRENT="3", PAGE_SIZE="2")
    assert (answer["COUNT"], [row["DOCTOR_ID"] for row in answer["REG_DOCTOR_LIST"]]) == (5, ["YS8105"])
    with pytest.raises(Refused) as refused:
        await _schedules(desk, PAGE_CURRENT="2")
    assert refused.value.code == "200303"


async def test_rule_schedule_pool_only_the_units_of_the_role_count(desk: Desk) -> None:
    shared, referral = await _morning(desk), await _morning(desk, REG_ROLE="2")
    assert (shared["REG_ROLE"], shared["TOTAL"], shared["OVER_COUNT"]) == ("1", SHARED, SHARED)
    assert (referral["REG_ROLE"], referral["TOTAL"], referral["OVER_COUNT"]) == ("2", REFERRAL, REFERRAL)


async def test_units_without_a_limit_are_99(desk: Desk) -> None:
    """unlimited"""
    await _change(desk, f"UPDATE slot_pool SET total = NULL, taken = 7 WHERE schedule_id = '{MORNING}'")
    schedule = await _morning(desk)
    assert (schedule["TOTAL"], schedule["OVER_COUNT"], schedule.get("CLINIC_NO")) == (99, 99, None)


async def test_rule_schedule_slots_a_schedule_says_whether_it_has_time_slots(desk: Desk) -> None:
    answer = await _schedules(desk, DOCTOR_ID="YS8101")
    morning, afternoon = answer["REG_DOCTOR_LIST"][0]["REG_LIST"][0]["REG_TIME_LIST"]
    assert (morning["ISTIME"], afternoon["ISTIME"]) == (0, 1)
    assert (afternoon["TOTAL"], afternoon.get("CLINIC_NO")) == (2 * SHARED, None)


async def test_rule_schedule_fees_the_sum_and_its_parts_in_fen(desk: Desk) -> None:
    """fen"""
    schedule = await _morning(desk)
    parts = [schedule[name] for name in ("REG_FEE_HIS", "TREAT_FEE", "SERVICE_FEE", "OTHER_FEE")]
    assert (schedule["REG_FEE"], parts) == (2700, [1000, 1500, 200, 0])


async def test_rule_schedule_age_and_sex_for_whom_a_session_is(desk: Desk) -> None:
    await _change(desk, f"UPDATE schedule SET age_min = 0, age_max = 150 WHERE schedule_id = '{MORNING}'")
    schedule = await _morning(desk)
    assert (schedule["AGE_LIMIT_MIN"], schedule["AGE_LIMIT_MAX"], schedule.get("SEX_LIMIT")) == (0, 150, None)
    women = await _schedules(desk, DEPT_ID="D04")
    assert women["REG_DOCTOR_LIST"][0]["REG_LIST"][0]["REG_TIME_LIST"][0]["SEX_LIMIT"] == "0"


async def test_rule_schedule_numbers_those_that_can_be_chosen_with_commas(desk: Desk) -> None:
    assert (await _morning(desk))["CLINIC_NO"] == "1,2,3"
    await _change(desk, f"UPDATE slot_pool SET taken = 1, next_number = 2 WHERE schedule_id = '{MORNING}' AND pool = 1")
    assert (await _morning(desk))["CLINIC_NO"] == "2,3"


def test_as_many_numbers_as_the_field_takes() -> None:
    told = _numbers(range(1, 40))
    assert told == "1,2,3,4,5,6,7,8,9,10,11,12,13,14"
    assert _numbers(()) is None


async def test_the_days_that_can_be_booked_begin_with_today_the_rest_is_not_open_yet(desk: Desk) -> None:
    answer = await _schedules(desk, DOCTOR_ID="YS8101", END_DATE=LAST.isoformat())
    days = answer["REG_DOCTOR_LIST"][0]["REG_LIST"]
    assert [day["REG_TIME_LIST"][0]["REG_STATUS"] for day in days] == [1] * 7 + [2] * 3


@pytest.mark.parametrize("keep", [False, True])
async def test_a_session_that_was_called_off_has_nothing_left(desk: Desk, keep: bool) -> None:
    await _call_off(desk, keep, schedule_id=MORNING)
    schedule = await _morning(desk)
    assert (schedule["REG_STATUS"], schedule["TOTAL"], schedule["OVER_COUNT"]) == (0, SHARED, 0)
    assert schedule.get("CLINIC_NO") is None


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DEPT_ID": "D99"}, "200301"),
        ({"DOCTOR_ID": "YS9999"}, "200302"),
        ({"START_DATE": "2027-01-01", "END_DATE": "2027-01-31"}, "200303"),
        ({"DEPT_ID": "D09"}, "200303"),
        ({"START_DATE": "2026-11-21", "END_DATE": "2026-11-20"}, "1"),
    ],
)
async def test_200301_to_200303_what_is_not_there(desk: Desk, asked: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await _schedules(desk, **asked)
    assert refused.value.code == code


async def test_rule_slots_when_only_schedules_with_time_slots_have_them(desk: Desk) -> None:
    """slots, slots.when"""
    slots = await _slots(desk)
    assert [(one["BEGIN_TIME"], one["END_TIME"]) for one in slots] == [("13:30", "14:30"), ("14:30", "15:30")]
    assert [one["TIME_ID"] for one in slots] == [time_id(AFTERNOON, "1"), time_id(AFTERNOON, "2")]
    with pytest.raises(Refused) as refused:
        await _slots(desk, TIME_FLAG="1")
    assert refused.value.code == "200404"


async def test_rule_slots_flag_one_session_or_the_whole_day(desk: Desk) -> None:
    whole, afternoon = await _slots(desk, TIME_FLAG="-1"), await _slots(desk, TIME_FLAG="2")
    assert whole == afternoon
    with pytest.raises(Refused) as refused:
        await _slots(desk, TIME_FLAG="4")
    assert refused.value.code == "200403", "4 is a schedule of the whole day, not a question for all"


async def test_rule_slots_pool_only_the_units_of_the_role_count(desk: Desk) -> None:
    shared, referral = await _slots(desk), await _slots(desk, REG_ROLE="2")
    assert [(one["TOTAL"], one["OVER_COUNT"]) for one in shared] == [(SHARED, SHARED)] * 2
    assert [(one["TOTAL"], one["OVER_COUNT"]) for one in referral] == [(REFERRAL, REFERRAL)] * 2
    assert [one["CLINIC_NO"] for one in shared + referral] == ["1,2,3", "6,7,8", "4,5", "9,10"]


async def test_slots_of_all_doctors_of_a_department_or_of_one_schedule(desk: Desk) -> None:
    assert len(await _slots(desk, DOCTOR_ID="-1")) == 4
    assert len(await _slots(desk, DEPT_ID="-1", DOCTOR_ID="-1")) == 12
    assert len(await _slots(desk, DOCTOR_ID="-1", REG_ID=AFTERNOON)) == 2


async def test_slots_of_a_session_that_was_called_off_have_nothing_left(desk: Desk) -> None:
    await _call_off(desk, schedule_id=AFTERNOON)
    assert [(one["TOTAL"], one["OVER_COUNT"]) for one in await _slots(desk)] == [(SHARED, 0)] * 2


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DEPT_ID": "D99"}, "200401"),
        ({"DOCTOR_ID": "YS9999"}, "200402"),
        ({"REG_ID": "PB0"}, "200403"),
        ({"REG_ID": AFTERNOON, "REG_DATE": TOMORROW.isoformat()}, "200403"),
        ({"REG_DATE": "2027-01-01"}, "200403"),
        ({"REG_ID": MORNING}, "200404"),
    ],
)
async def test_200401_to_200404_what_is_not_there(desk: Desk, asked: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await _slots(desk, **asked)
    assert refused.value.code == code


async def test_a_second_region_orders_a_slot_by_a_number_of_its_own(desk: Desk) -> None:
    asked = {"DEPT_ID": "D0101", "DOCTOR_ID": "YS8101", "REG_DATE": TODAY.isoformat(), "TIME_FLAG": "2"}
    answer = await desk.ask("GetTimeRegInfo", profile="jkt", **asked)
    first = time_id(AFTERNOON, "1")
    assert answer["TIME_REG_LIST"][0]["REG_ID"] == f"{AFTERNOON}|{first}"
    assert "TIME_ID" not in answer["TIME_REG_LIST"][0]


async def test_rule_stops_scope_all_departments_all_doctors_or_one(desk: Desk) -> None:
    await _call_off(desk, doctor_id="YS8101", dept_id="D0101")
    await _call_off(desk, schedule_id=schedule_id("YS8103", "D0201", TODAY, Session.MORNING))
    assert len(await _stops(desk)) == 3
    assert [one["TIME_FLAG"] for one in await _stops(desk, DEPT_ID="D0101")] == [1, 2]
    assert [one["DOCTOR_NAME"] for one in await _stops(desk, DOCTOR_ID="YS8103")] == ["金秋月"]
    assert (await _stops(desk, DOCTOR_ID="YS8103"))[0]["STOP_REASON"] == "外出学习"


async def test_rule_stops_flag_in_the_department_or_the_doctor_wherever(desk: Desk) -> None:
    await _call_off(desk, schedule_id=MORNING)
    await _call_off(desk, doctor_id="YS8102")
    assert [one["STOP_FLAG"] for one in await _stops(desk, DOCTOR_ID="YS8101")] == [1]
    wherever = await _stops(desk, DOCTOR_ID="YS8102")
    assert [one["STOP_FLAG"] for one in wherever] == [2] * 4
    assert {one["DEPT_ID"] for one in wherever} == {"D0101", "D0102"}


async def test_201401_no_session_was_called_off_and_none_that_was_resumed(desk: Desk) -> None:
    with pytest.raises(Refused) as refused:
        await _stops(desk)
    assert refused.value.code == "201401"
    await _call_off(desk, schedule_id=MORNING)
    days = TODAY.isoformat(), TODAY.isoformat()
    await Stops(desk.house, HOSPITAL).resume(Scope(HOSPITAL, *days))
    with pytest.raises(Refused) as again:
        await _stops(desk)
    assert again.value.code == "201401"


async def test_rule_referral_scope_the_hospital_a_department_a_doctor(desk: Desk) -> None:
    units, referral = 3 * (SHARED + REFERRAL), 3 * REFERRAL  # a morning, and two slots of an afternoon
    assert await _counts(desk) == (6 * units, 6 * units, 6 * referral, 6 * referral)
    assert await _counts(desk, DEPT_ID="-1", DOCTOR_ID="-1") == await _counts(desk)
    assert await _counts(desk, DEPT_ID="D0101") == (2 * units, 2 * units, 2 * referral, 2 * referral)
    assert await _counts(desk, DEPT_ID="D0101", DOCTOR_ID="YS8101") == (units, units, referral, referral)
    with pytest.raises(Refused) as refused:
        await _counts(desk, DEPT_ID="D99")
    assert refused.value.code == "12"


async def test_units_taken_and_sessions_called_off_are_not_to_be_had(desk: Desk) -> None:
    before = await _counts(desk, DOCTOR_ID="YS8101")
    await _change(desk, f"UPDATE slot_pool SET taken = 1 WHERE schedule_id = '{MORNING}' AND pool = 2")
    total, free, referral, referral_free = await _counts(desk, DOCTOR_ID="YS8101")
    assert (total, free, referral, referral_free) == (before[0], before[1] - 1, before[2], before[3] - 1)
    await _call_off(desk, schedule_id=AFTERNOON)
    assert (await _counts(desk, DOCTOR_ID="YS8101"))[0] == SHARED + REFERRAL
