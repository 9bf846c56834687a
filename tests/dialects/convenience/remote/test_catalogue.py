"""What a hospital elsewhere shows is what its own tables say, as far as the standard carries it."""

from collections.abc import AsyncIterator, Awaitable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Stranger, connected
from tests.support.hospital import HOSPITAL, JPEG, schedule_id
from tests.support.hub import Hub
from yiqiao.clock import beijing
from yiqiao.dialects.convenience.remote import RemoteHospital, calls
from yiqiao.errors import DomainError
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.service import Stops
from yiqiao.ports.hospital.booking import LockWish, Serial, Unit
from yiqiao.ports.hospital.catalogue import Catalogue, DoctorPhoto, Level
from yiqiao.ports.hospital.refusals import (
    NoSuchRecord,
    NotOffered,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import (
    DoctorSchedules,
    Fees,
    ScheduleQuestion,
    SlotQuestion,
    Span,
    UnitCounts,
    Units,
)
from yiqiao.ports.hospital.values import Page, Paging, Pool, Session
from yiqiao.storage.stops import Scope


@pytest.fixture
async def there(hub: Hub) -> AsyncIterator[RemoteHospital]:
    async with connected(hub, "standard") as hospital:
        yield hospital


@pytest.fixture
async def plain(hub: Hub) -> AsyncIterator[RemoteHospital]:
    """The same in a profile without pages, and with fewer fields."""
    async with connected(hub, "jkt") as hospital:
        yield hospital


@pytest.fixture
def here(hub: Hub) -> Catalogue:
    return hub.runtime.hospitals.of(HOSPITAL).catalogue


def today(hub: Hub) -> date:
    return beijing(hub.clock.now_ms()).date()


def days(hub: Hub, first: int = 0, last: int = 0) -> tuple[str, str]:
    start = today(hub)
    return f"{start + timedelta(first)}", f"{start + timedelta(last)}"


async def test_the_hospital_itself(there: RemoteHospital, plain: RemoteHospital, here: Catalogue) -> None:
    assert await there.catalogue.hospital() == await here.hospital()


async def test_the_clock_of_the_hospital(there: RemoteHospital, hub: Hub) -> None:
    assert await there.now_ms() == hub.clock.now_ms()


async def said(asked: Awaitable[Any]) -> Any:
    """An answer, or the name and the words of a refusal."""
    try:
        return await asked
    except DomainError as refusal:
        return refusal.name, refusal.message


async def test_departments(there: RemoteHospital, here: Catalogue) -> None:
    for scope in (Level.ALL, Level.FIRST, "D01", "D0201"):
        for paging in (None, Paging(1, 3), Paging(2, 3), Paging(9, 3)):
            told = await said(there.catalogue.departments(scope, paging))
            assert told == await said(here.departments(scope, paging))


async def test_doctors(there: RemoteHospital, here: Catalogue) -> None:
    for dept_id, doctor_id in ((None, None), ("D0101", None), (None, "YS8102"), ("D0201", "YS8102")):
        for paging in (None, Paging(1, 2), Paging(2, 2)):
            told = await said(there.catalogue.doctors(dept_id, doctor_id, paging))
            assert told == await said(here.doctors(dept_id, doctor_id, paging))


async def test_photos(there: RemoteHospital, here: Catalogue) -> None:
    assert await there.catalogue.photo("YS8101") == DoctorPhoto("YS8101", "陶文静", JPEG)
    assert await there.catalogue.photo("YS8102") == await here.photo("YS8102")
    with pytest.raises(UnknownDoctor):
        await there.catalogue.photo("YS9")


async def test_prices_and_how_busy_it_is(there: RemoteHospital, here: Catalogue) -> None:
    assert await there.catalogue.prices() == await here.prices()
    assert await there.catalogue.load() == await here.load()


async def test_schedules(there: RemoteHospital, here: Catalogue, hub: Hub) -> None:
    for pool in Pool:
        for dept_id, doctor_id in ((None, None), ("D0101", None), ("D04", "YS8105")):
            question = ScheduleQuestion(pool, dept_id, doctor_id, *days(hub, 0, 3))
            for paging in (None, Paging(1, 2), Paging(2, 2)):
                told = await said(there.catalogue.schedules(question, paging))
                assert told == await said(here.schedules(question, paging))


async def test_time_slots(there: RemoteHospital, here: Catalogue, hub: Hub) -> None:
    schedule = schedule_id("YS8101", "D0101", today(hub), Session.AFTERNOON)
    for pool in Pool:
        question = SlotQuestion(pool, "D0101", "YS8101", days(hub)[0], None, schedule)
        assert await there.catalogue.time_slots(question) == await here.time_slots(question)
        unasked = question._replace(schedule_id=None, session=Session.AFTERNOON)
        told = await there.catalogue.time_slots(unasked)  # then the standard does not say of which schedule
        assert told == tuple(slot._replace(schedule_id="") for slot in await here.time_slots(unasked))


async def test_sessions_that_are_called_off(there: RemoteHospital, here: Catalogue, hub: Hub) -> None:
    span = Span(None, None, *days(hub, 0, 3))
    with pytest.raises(NoSuchRecord):
        await there.catalogue.stops(span, None)
    stops = Stops(House(hub.runtime.database, hub.runtime.keyring, hub.clock), HOSPITAL)
    for doctor_id, dept_id in (("YS8101", "D0101"), ("YS8102", None)):
        scope = Scope(HOSPITAL, *days(hub, 1, 1), dept_id=dept_id, doctor_id=doctor_id)
        await stops.stop(scope, keep=False, reason="外出学习", operator="test")
    for paging in (None, Paging(1, 1), Paging(2, 1)):
        assert await there.catalogue.stops(span, paging) == await here.stops(span, paging)
    question = ScheduleQuestion(Pool.SHARED, None, None, *days(hub, 1, 1))
    assert await there.catalogue.schedules(question, None) == await here.schedules(question, None)


async def test_how_many_units_there_are(there: RemoteHospital, here: Catalogue, hub: Hub) -> None:
    for dept_id, doctor_id in ((None, None), ("D0101", None), ("D0101", "YS8102")):
        span = Span(dept_id, doctor_id, *days(hub, 0, 3))
        assert await there.catalogue.unit_counts(span) == await here.unit_counts(span)


async def test_what_there_is_not_is_said_to_be_so(there: RemoteHospital, hub: Hub) -> None:
    catalogue, (first, last) = there.catalogue, days(hub)
    with pytest.raises(UnknownDepartment):
        await catalogue.departments("D99", None)
    with pytest.raises(UnknownDepartment):
        await catalogue.doctors("D99", None, None)
    with pytest.raises(UnknownDoctor):
        await catalogue.doctors(None, "YS99", None)
    with pytest.raises(UnknownSchedule, match="没有排班"):
        await catalogue.schedules(ScheduleQuestion(Pool.SHARED, None, None, "2020-01-01", "2020-01-01"), None)
    morning = schedule_id("YS8101", "D0101", today(hub), Session.MORNING)
    with pytest.raises(UnknownTimeSlot):
        await catalogue.time_slots(SlotQuestion(Pool.SHARED, "D0101", "YS8101", first, None, morning))
    with pytest.raises(UnknownDepartment):
        await catalogue.unit_counts(Span("D99", None, first, last))
    with pytest.raises(UnknownDoctor):
        await catalogue.unit_counts(Span("D0101", "YS99", first, last))


async def test_a_profile_without_pages_answers_all_at_once(plain: RemoteHospital, here: Catalogue) -> None:
    catalogue = plain.catalogue
    for paging in (None, Paging(1, 3), Paging(2, 3)):
        assert await catalogue.departments(Level.ALL, paging) == await here.departments(Level.ALL, paging)
        assert await catalogue.doctors(None, None, paging) == await here.doctors(None, None, paging)


def less(page: Page[DoctorSchedules]) -> Page[DoctorSchedules]:
    """Schedules as a profile tells them that knows neither parts of a fee beside the treatment nor numbers."""
    return Page(
        page.total,
        tuple(
            doctor._replace(
                days=tuple(
                    day._replace(
                        schedules=tuple(
                            one._replace(numbers=(), fees=Fees(one.fees.total - 1500, 1500, 0, 0))
                            for one in day.schedules
                        )
                    )
                    for day in doctor.days
                )
            )
            for doctor in page.rows
        ),
    )


async def test_a_profile_with_fewer_fields_tells_less(plain: RemoteHospital, here: Catalogue, hub: Hub) -> None:
    question = ScheduleQuestion(Pool.SHARED, "D0101", None, *days(hub, 0, 1))
    assert await plain.catalogue.schedules(question, Paging(1, 1)) == less(await here.schedules(question, Paging(1, 1)))
    schedule = schedule_id("YS8101", "D0101", today(hub), Session.AFTERNOON)
    for asked in (schedule, None):
        slots = SlotQuestion(Pool.SHARED, "D0101", "YS8101", days(hub)[0], Session.AFTERNOON, asked)
        expected = tuple(slot._replace(numbers=()) for slot in await here.time_slots(slots))
        assert await plain.catalogue.time_slots(slots) == expected


async def test_a_profile_without_a_function_does_not_offer_it(plain: RemoteHospital, hub: Hub) -> None:
    span = Span(None, None, *days(hub))
    for asked, what in (
        (plain.catalogue.photo("YS8101"), "获取医生照片"),
        (plain.catalogue.prices(), "查取价格公示信息"),
        (plain.catalogue.load(), "查取当前门诊就诊人次信息"),
        (plain.catalogue.stops(span, None), "停诊通知查询"),
        (plain.catalogue.unit_counts(span), "转诊数量查询"),
    ):
        with pytest.raises(NotOffered, match=f"医院接口不支持{what}，请到医院窗口办理"):
            await asked


async def test_all_pages_are_fetched(there: RemoteHospital, here: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "LARGEST_PAGE", 2)
    assert await there.catalogue.departments(Level.ALL, None) == await here.departments(Level.ALL, None)


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
