"""What a hospital elsewhere shows is what its own tables say, as far as the standard carries it."""

from collections.abc import AsyncIterator, Awaitable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Stranger, connected
from tests.support.hospital import HOSPITAL, JPEG, schedule_id
from tests.support.hub import Hub
from yiqiao.clock import SystemClock, beijing
from yiqiao.dialects.convenience.remote import RemoteHospital, calls
from yiqiao.errors import DomainError
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.service import Stops
from yiqiao.ports.hospital import HospitalSystem
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
    system: HospitalSystem = there
    assert await system.now_ms() == hub.clock.now_ms()
    silent = Stranger()
    silent.says("NetTest", SYSDATE="好")
    assert abs(await silent.hospital.now_ms() - SystemClock().now_ms()) < 60_000


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
