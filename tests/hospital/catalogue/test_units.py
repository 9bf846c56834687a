"""What readings of schedules say of units that are held, on each engine."""

from datetime import date

import pytest
from sqlalchemy import text

from tests.support.hospital import HOSPITAL, REFERRAL, SHARED, fill, schedule_id, time_id
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.hospital.catalogue.service import LocalCatalogue
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.schedules import (
    ScheduleInfo,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    Units,
)
from yiqiao.ports.hospital.values import Pool, Session
from yiqiao.storage import Database
from yiqiao.storage.booking import HELD, ORDERED, RELEASED, LockRow, add_locks

TODAY = date(2026, 11, 20)
DAY = TODAY.isoformat()
NOW = parse_compact("20261120080000")
MORNING = schedule_id("YS8101", "D0101", TODAY, Session.MORNING)
AFTERNOON = schedule_id("YS8101", "D0101", TODAY, Session.AFTERNOON)
FIRST_SLOT = time_id(AFTERNOON, "1")


@pytest.fixture
async def catalogue(database: Database) -> LocalCatalogue:
    """What the hospital shows."""
    await database.write(lambda connection: fill(connection, TODAY, 1))
    return LocalCatalogue(House(database, KEYRING, FixedClock(NOW)), HOSPITAL)


async def _hold(
    catalogue: LocalCatalogue, numbers: list[int], state: str = HELD, expires_at: int = NOW + 1, slot: str = ""
) -> None:
    """Somebody holds these numbers; the pool counts them as taken, and gives the next number after the last of them."""
    schedule = AFTERNOON if slot else MORNING
    locks = [
        LockRow(HOSPITAL, f"{slot}{n}", schedule, slot, 1, n, "", state, expires_at, "", b"", NOW) for n in numbers
    ]
    taken = text(
        "UPDATE slot_pool SET taken = :taken, next_number = :next_number"
        " WHERE schedule_id = :schedule_id AND time_id = :time_id AND pool = 1"
    )
    values = {"taken": len(numbers), "next_number": max(numbers) + 1, "schedule_id": schedule, "time_id": slot}
    await catalogue.house.database.write(lambda c: (add_locks(c, locks), c.execute(taken, values)))


async def _morning(catalogue: LocalCatalogue, pool: Pool = Pool.SHARED) -> ScheduleInfo:
    page = await catalogue.schedules(ScheduleQuestion(pool, "D0101", "YS8101", DAY, DAY), None)
    return page.rows[0].days[0].schedules[0]


async def _slots(catalogue: LocalCatalogue) -> tuple[SlotInfo, ...]:
    return await catalogue.time_slots(SlotQuestion(Pool.SHARED, "D0101", "YS8101", DAY, None, None))


async def _counts(catalogue: LocalCatalogue) -> tuple[int, int, int, int]:
    return await catalogue.unit_counts(Span("D0101", "YS8101", DAY, DAY))


async def test_a_unit_that_is_held_is_not_free(catalogue: LocalCatalogue) -> None:
    before = await _counts(catalogue)
    await _hold(catalogue, [1, 2])
    morning = await _morning(catalogue)
    assert (morning.units, morning.numbers) == (Units(SHARED, SHARED - 2), (3,))
    assert (await _morning(catalogue, Pool.REFERRAL)).units == Units(REFERRAL, REFERRAL)
    assert (await _counts(catalogue))[1] == before[1] - 2


async def test_a_lock_is_free_the_moment_it_expires(catalogue: LocalCatalogue) -> None:
    before = await _counts(catalogue)
    await _hold(catalogue, [1, 2], expires_at=NOW)
    assert (await _morning(catalogue)).units == Units(SHARED, SHARED)
    assert await _counts(catalogue) == before


async def test_an_ordered_unit_stays_taken_whenever_its_lock_would_have_expired(catalogue: LocalCatalogue) -> None:
    await _hold(catalogue, [1], ORDERED, expires_at=NOW - 1)
    assert (await _morning(catalogue)).units == Units(SHARED, SHARED - 1)


async def test_the_slots_of_a_schedule_are_counted_each_for_itself_and_together(catalogue: LocalCatalogue) -> None:
    await _hold(catalogue, [1], slot=FIRST_SLOT)
    first, second = await _slots(catalogue)
    assert (first.units, first.numbers) == (Units(SHARED, SHARED - 1), (2, 3))
    assert (second.units, second.numbers) == (Units(SHARED, SHARED), (6, 7, 8))
    page = await catalogue.schedules(ScheduleQuestion(Pool.SHARED, "D0101", "YS8101", DAY, DAY), None)
    assert page.rows[0].days[0].schedules[1].units == Units(2 * SHARED, 2 * SHARED - 1)


async def test_a_lapsed_lock_of_a_slot_is_free_in_its_slot_alone(catalogue: LocalCatalogue) -> None:
    await _hold(catalogue, [1, 2, 3], expires_at=NOW, slot=FIRST_SLOT)
    first, second = await _slots(catalogue)
    assert (first.units, second.units) == (Units(SHARED, SHARED), Units(SHARED, SHARED))
    assert first.numbers == (1, 2, 3), "every number was given once; what lapsed can be chosen again"


async def test_a_number_that_was_chosen_ahead_is_not_shown(catalogue: LocalCatalogue) -> None:
    await _hold(catalogue, [2])
    await catalogue.house.database.write(lambda c: c.execute(text("UPDATE slot_pool SET next_number = first_number")))
    assert (await _morning(catalogue)).numbers == (1, 3)


async def test_numbers_given_back_are_shown_when_all_were_given_once(catalogue: LocalCatalogue) -> None:
    await _hold(catalogue, [1, 3], ORDERED)
    await _hold_released(catalogue, 2)
    assert (await _morning(catalogue)).numbers == (2,)


async def _hold_released(catalogue: LocalCatalogue, number: int) -> None:
    row = LockRow(HOSPITAL, "gone", MORNING, "", 1, number, "", RELEASED, NOW, "", b"", NOW)
    await catalogue.house.database.write(lambda c: add_locks(c, [row]))


async def test_a_schedule_without_units_of_the_role_is_none_of_its(catalogue: LocalCatalogue) -> None:
    gone = text("DELETE FROM slot_pool WHERE pool = 2 AND schedule_id = :schedule_id")
    await catalogue.house.database.write(lambda c: c.execute(gone, {"schedule_id": MORNING}))
    page = await catalogue.schedules(ScheduleQuestion(Pool.REFERRAL, "D0101", "YS8101", DAY, DAY), None)
    assert [one.schedule_id for one in page.rows[0].days[0].schedules] == [AFTERNOON]


async def test_departments_doctors_prices_and_visits_are_read_on_each_engine(catalogue: LocalCatalogue) -> None:
    assert (await catalogue.hospital()).name == "云桥县人民医院"
    assert (await catalogue.departments("D01", None)).total == 3
    assert (await catalogue.doctors("D0101", None, None)).total == 2
    assert (await catalogue.doctors(None, "YS8102", None)).total == 2
    assert (await catalogue.photo("YS8101")).jpeg
    assert len(await catalogue.prices()) == 2
    assert len((await catalogue.load()).departments) == 5
