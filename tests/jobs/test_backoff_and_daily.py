"""When a job comes back after a failure, and work that is due once a day."""

from datetime import date, time

from hypothesis import given
from hypothesis import strategies as st

from yiqiao.clock import FixedClock, parse_compact
from yiqiao.jobs import Backoff, Daily
from yiqiao.jobs.daily import enqueue_day, enqueue_days
from yiqiao.jobs.listing import list_jobs
from yiqiao.storage import Database

ASKING = Backoff(waits_s=(300, 3600, 86_400), attempts=5, jitter=0)


def test_waits_follow_the_table_and_the_last_one_repeats() -> None:
    assert [ASKING.next_at(0, attempts) // 1000 for attempts in (1, 2, 3, 4)] == [300, 3600, 86_400, 86_400]


def test_the_last_attempt_calls_a_person() -> None:
    assert [ASKING.exhausted(attempts) for attempts in (4, 5, 6)] == [False, True, True]


@given(st.integers(min_value=0, max_value=1000), st.floats(min_value=0, max_value=1))
def test_chance_stays_within_its_share(attempts: int, jitter: float) -> None:
    wait = Backoff(waits_s=(100,), jitter=jitter).next_at(0, attempts)
    assert 100_000 * (1 - jitter) - 1 <= wait <= 100_000 * (1 + jitter) + 1


def test_jobs_that_failed_together_do_not_come_back_together() -> None:
    assert len({Backoff().next_at(0, 5) for _ in range(50)}) > 10


async def test_a_day_has_one_job_whoever_puts_it_in_first(database: Database, clock: FixedClock) -> None:
    day = date(2026, 11, 20)
    made = [
        await database.write(lambda c: enqueue_day(c, clock.now_ms(), "settle", day, time(2, 30))) for _ in range(3)
    ]
    assert made == [True, False, False]
    (line,) = await database.read(list_jobs)
    assert (line.key, line.run_at) == ("20261120", parse_compact("20261120023000"))


async def test_missed_days_are_made_good_as_far_as_the_plan_says(database: Database, clock: FixedClock) -> None:
    plan = [Daily("settle", time(2, 30), catch_up=2), Daily("sweep", time(4, 0))]
    assert await database.write(lambda c: enqueue_days(c, clock.now_ms(), plan)) == 4
    clock.advance(86_400)
    assert await database.write(lambda c: enqueue_days(c, clock.now_ms(), plan)) == 2
    keys = [(line.kind, line.key) for line in await database.read(list_jobs)]
    assert keys == [
        ("settle", "20261118"),
        ("settle", "20261119"),
        ("settle", "20261120"),
        ("sweep", "20261120"),
        ("settle", "20261121"),
        ("sweep", "20261121"),
    ]


async def test_the_day_is_beijings(database: Database) -> None:
    shortly_after_midnight = parse_compact("20261121000100")
    await database.write(lambda c: enqueue_days(c, shortly_after_midnight, [Daily("settle", time(2, 30))]))
    (line,) = await database.read(list_jobs)
    assert line.key == "20261121"
