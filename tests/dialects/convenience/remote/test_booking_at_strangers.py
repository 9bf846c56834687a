"""Acts at hospitals of somebody else's make: what they are told, and what of their answers is read."""

from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger, result
from tests.dialects.convenience.remote.test_booking import MORNING, wish
from tests.hospital.booking.clinic import TOMORROW
from yiqiao.ports.hospital.booking import (
    Concession,
    Document,
    LockWish,
    Serial,
    Timing,
    Unit,
)
from yiqiao.ports.hospital.refusals import (
    HospitalUnreachable,
    NotOffered,
)
from yiqiao.ports.hospital.schedules import ScheduleQuestion, SlotQuestion
from yiqiao.ports.hospital.values import Pool
from yiqiao.spec import Invalid


async def test_a_lock_says_what_the_schedule_costs(stranger: Stranger) -> None:
    schedule = {"REG_ID": "PB1", "TIME_FLAG": "1", "REG_FEE": "2500", "REG_FEE_HIS": "1000", "TREAT_FEE": "1500"}
    day = {"REG_DATE": TOMORROW, "REG_TIME_LIST": [schedule]}
    stranger.says("GetRegInfo", COUNT="1", REG_DOCTOR_LIST=[{"DOCTOR_ID": "YS1", "REG_LIST": [day]}])
    stranger.says("LockReg", HOSP_LOCK_ID="8")
    at = stranger.hospital
    lock = result(await at.booking.lock(LockWish(Serial("", "SH1", b"", 0), MORNING._replace(number="3"))))
    assert lock == ("8", "3")
    asked = dict(stranger.asked)["LockReg"]
    assert {name: asked[name] for name in ("REG_FEE", "REG_FEE_HIS", "TREAT_FEE", "CLINIC_NO")} == {
        "REG_FEE": "2500",
        "REG_FEE_HIS": "1000",
        "TREAT_FEE": "1500",
        "CLINIC_NO": "3",
    }


async def test_a_lock_says_nothing_of_a_price_that_is_not_shown(stranger: Stranger) -> None:
    stranger.says("LockReg", HOSP_LOCK_ID="8")
    booking = stranger.hospital.booking
    for code in ("200303", "5"):
        stranger.says("GetRegInfo", code)
        await booking.lock(LockWish(Serial("", "SH1", b"", 0), MORNING))
        assert (stranger.asked[-1][1]["REG_FEE"], stranger.asked[-1][1]["TREAT_FEE"]) == ("0", "0")
    stranger.says("GetRegInfo", "99")
    with pytest.raises(HospitalUnreachable):
        await booking.lock(LockWish(Serial("", "SH1", b"", 0), MORNING))


async def test_units_that_nobody_says_enough_of_are_not_asked_for(stranger: Stranger) -> None:
    with pytest.raises(Invalid, match="REG_DATE"):
        await stranger.hospital.booking.lock(LockWish(Serial("", "SH1", b"", 0), Unit("PB1", Pool.SHARED)))
    assert not stranger.asked


async def test_a_concession_is_read(stranger: Stranger, clinic: Elsewhere) -> None:
    reduced = {"CONCESSIONS_FEE": "500", "REAL_REG_FEE": "500", "REAL_TREAT_FEE": "1500", "REAL_TOTAL_FEE": "2000"}
    content: dict[str, Any] = {
        "HOSP_ORDER_ID": "YD1",
        "HOSP_CARD_NO": "ZL1",
        "HOSP_CARD_TYPE": "医院卡",
        "CONCESSIONS": reduced,
    }
    stranger.says("OrderReg", IS_CONCESSIONS="1", **content)
    made = result(await stranger.hospital.booking.order(wish(clinic, "DD1")))
    assert made.concession == Concession("", 500, 500, 1500, 2000)
    assert made.card == Document(99, "ZL1")
    stranger.says("OrderReg", IS_CONCESSIONS="0", **content)
    assert result(await stranger.hospital.booking.order(wish(clinic, "DD1"))).concession is None


@pytest.mark.parametrize("either", ["jkt"], indirect=True)
async def test_a_booking_after_a_lock_is_told_from_one_without(either: Elsewhere) -> None:
    jkt = Stranger("jkt")
    jkt.says("GetRegInfo", "13")
    jkt.says("LockReg")
    jkt.says("OrderReg", HOSP_ORDER_ID="YD1")
    booking = jkt.hospital.booking
    lock = result(await booking.lock(LockWish(either.serial("SH1"), MORNING)))
    for lock_id, code in ((lock.hospital_lock_id, "3"), (None, "2")):
        await booking.order(wish(either, "SH1", hospital_lock_id=lock_id))
        assert jkt.asked[-1][1]["IS_REG"] == code
    with pytest.raises(NotOffered, match="所选的方式"):
        await booking.order(wish(either, "SH1", timing=Timing.AT_ONCE))


async def test_a_unit_that_a_profile_cannot_name_is_not_taken_for_another() -> None:
    jkt = Stranger("jkt")
    booking, catalogue = jkt.hospital.booking, jkt.hospital.catalogue
    serial = Serial("", "SH1", b"", 0)
    for unit, told in ((MORNING._replace(pool=Pool.REFERRAL), "转诊号源"), (MORNING._replace(number="3"), "就诊序号")):
        with pytest.raises(NotOffered, match=told):
            await booking.lock(LockWish(serial, unit))
    with pytest.raises(NotOffered, match="转诊号源"):
        await catalogue.schedules(ScheduleQuestion(Pool.REFERRAL, None, None, TOMORROW, TOMORROW), None)
    with pytest.raises(NotOffered, match="转诊号源"):
        await catalogue.time_slots(SlotQuestion(Pool.REFERRAL, None, None, TOMORROW, None, None))
    assert not jkt.asked
