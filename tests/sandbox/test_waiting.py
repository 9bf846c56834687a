"""The queues of the sandbox's hospitals move: numbers are taken, called, and done with."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, beijing, parse_compact
from yiqiao.hospital.house import House
from yiqiao.hospital.queue.service import LocalQueue
from yiqiao.jobs import Again, Job, ends, queue
from yiqiao.ports.hospital.queue import Waiting
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.sandbox import hospitals, waiting
from yiqiao.sandbox.history.day import file_newcomers, file_today
from yiqiao.sandbox.residents import residents
from yiqiao.sandbox.staff import PLANS
from yiqiao.storage import Database

PLAN = PLANS[0]
OPENING = parse_compact("20261118080000")
LEASE_MS = 60_000


async def furnished(database: Database, now_ms: int = OPENING) -> House:
    clock = FixedClock(now_ms)
    await database.write(hospitals.furnishing(KEYRING, clock))
    return House(database, KEYRING, clock)


async def turn(house: House) -> Again:
    """The job's next turn."""
    assert isinstance(house.clock, FixedClock)
    now = house.clock.now_ms()
    jobs = await house.database.write(lambda c: queue.claim(c, "a", now, 2, [waiting.QUEUE], LEASE_MS))
    job = next(one for one in jobs if one.key == PLAN.hospital_id)
    outcome = await waiting.queueing(house)(job)
    assert isinstance(outcome, Again)
    await house.database.write(lambda c: ends.end(c, now, ends.again(job, outcome.run_at, None, outcome.writes)))
    house.clock.advance((outcome.run_at - now) / 1000)
    return outcome


async def test_numbers_are_taken_and_called_one_after_the_other(database: Database) -> None:
    house = await furnished(database)
    line = LocalQueue(house, PLAN.hospital_id)
    await turn(house)
    first = await line.calling(None)
    assert len(first) == waiting.DOORS
    assert {(one.number, one.last_number) for one in first} == {(1, waiting.FIRST)}
    for _ in range(10):
        await turn(house)
    later = await line.calling(None)
    assert all(one.number == 11 for one in later)
    assert min(one.last_number for one in later) > 11

    places: list[Waiting] = []
    for one in residents()[: waiting.DOORS * waiting.REGULARS]:
        try:
            places += await line.waiting(one.patient_id)
        except NoSuchRecord:
            continue
    assert len({one.patient_id for one in places}) == len(places) > waiting.DOORS
    assert {one.ahead for one in places} >= {0, 1}
    done = text("SELECT COUNT(*) FROM queue_entry WHERE state = 'done'")
    assert await database.read(lambda c: c.execute(done).scalar_one()) == waiting.DOORS * 10


async def test_who_has_an_order_for_today_is_seen_first(database: Database) -> None:
    house = await furnished(database)
    day = beijing(OPENING).date()
    await database.write(lambda c: file_newcomers(c, KEYRING, PLAN, day - timedelta(days=1)))
    await database.write(lambda c: file_today(c, KEYRING, PLAN, day))
    for _ in range(3):
        await turn(house)
    states = text("SELECT state, COUNT(*) FROM registration_order GROUP BY state ORDER BY state")
    found = dict(map(tuple, await database.read(lambda c: c.execute(states).all())))
    assert found["visited"] >= waiting.DOORS
    seen = text(
        "SELECT COUNT(*) FROM registration_order o JOIN queue_entry e ON e.hospital_id = o.hospital_id"
        " AND e.doctor_id = o.doctor_id AND e.patient_id = o.patient_id AND e.state = 'done'"
        " WHERE o.state = 'visited' AND o.visit_doctor_id = o.doctor_id"
    )
    assert await database.read(lambda c: c.execute(seen).scalar_one()) == found["visited"]


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("20261118060000", "20261118080000"),
        ("20261118113000", "20261118133000"),
        ("20261118170000", "20261119080000"),
    ],
)
async def test_between_sessions_nobody_is_called(now: str, opening: str) -> None:
    assert waiting.session_at(parse_compact(now)) is None
    assert waiting.next_opening(parse_compact(now)) == parse_compact(opening)


async def test_lines_are_kept_for_a_day_more(database: Database) -> None:
    house = await furnished(database)
    assert isinstance(house.clock, FixedClock)
    for _ in range(3):
        await turn(house)
        house.clock.ms += 86_400_000
    days = text("SELECT DISTINCT day FROM queue_entry ORDER BY day")
    assert await database.read(lambda c: list(c.execute(days).scalars())) == ["2026-11-19", "2026-11-20"]


async def test_a_clock_that_was_ahead_holds_nothing_up(database: Database) -> None:
    house = await furnished(database, OPENING + 7 * 86_400_000)
    await turn(house)
    assert await _due(database, OPENING) == []
    await database.write(lambda c: hospitals.resume(c, OPENING))
    assert {job.kind for job in await _due(database, OPENING)} == {waiting.QUEUE, "sandbox.history"}


async def _due(database: Database, now_ms: int) -> list[Job]:
    kinds = [waiting.QUEUE, "sandbox.history"]
    return await database.write(lambda c: queue.claim(c, "a", now_ms, 9, kinds, LEASE_MS))
