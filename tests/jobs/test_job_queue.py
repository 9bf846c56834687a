"""The table of due work, on both engines: keys that count once, leases that hold, ends that only the holder writes."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.jobs import Job, JobState, LeaseLost, ends, enqueue, queue
from yiqiao.jobs.listing import JobLine, counts, list_jobs, oldest_due
from yiqiao.storage import Database

LEASE_MS = 60_000


async def put(database: Database, clock: FixedClock, key: str, run_at: int | None = None, kind: str = "notice") -> bool:
    return await database.write(lambda c: enqueue(c, clock.now_ms(), kind, key, {"order": key}, run_at))


async def claim(database: Database, clock: FixedClock, owner: str = "a", limit: int = 10) -> list[Job]:
    return await database.write(lambda c: queue.claim(c, owner, clock.now_ms(), limit, ["notice"], LEASE_MS))


async def line(database: Database, key: str) -> JobLine:
    return next(one for one in await database.read(list_jobs) if one.key == key)


async def test_a_second_job_under_the_same_key_does_nothing(database: Database, clock: FixedClock) -> None:
    assert await put(database, clock, "K1")
    assert not await put(database, clock, "K1")
    assert await put(database, clock, "K1", kind="saga")
    assert len(await database.read(list_jobs)) == 2


async def test_a_key_counts_once_even_when_its_job_is_done(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (job,) = await claim(database, clock)
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.done(job)))
    assert not await put(database, clock, "K1")
    assert await claim(database, clock) == []


async def test_a_job_goes_back_with_its_transaction(database: Database, clock: FixedClock) -> None:
    class Regret(DomainError):
        pass

    def work(connection: Connection) -> None:
        assert enqueue(connection, clock.now_ms(), "notice", "K1", {})
        raise Regret("反悔")

    with pytest.raises(Regret):
        await database.write(work)
    assert await database.read(list_jobs) == ()
    assert await put(database, clock, "K1")


async def test_many_jobs_are_put_in_at_once_and_those_known_left_out(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K3")
    jobs = [(f"K{n}", {"n": n}) for n in (5, 3, 1, 5)]
    assert await database.write(lambda c: queue.enqueue_many(c, clock.now_ms(), "notice", jobs)) == 2


async def test_jobs_come_when_they_are_due_the_longest_due_first(database: Database, clock: FixedClock) -> None:
    now = clock.now_ms()
    for key, wait_ms in (("late", 60_000), ("second", -1000), ("first", -2000), ("third", 0)):
        await put(database, clock, key, now + wait_ms)
    assert [job.key for job in await claim(database, clock, limit=2)] == ["first", "second"]
    assert [job.key for job in await claim(database, clock)] == ["third"]
    clock.advance(60)
    assert "late" in [job.key for job in await claim(database, clock)]


async def test_a_claim_brings_the_data_and_counts_the_attempt(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (job,) = await claim(database, clock)
    assert (job.kind, job.key, dict(job.data), job.attempts) == ("notice", "K1", {"order": "K1"}, 1)
    assert job.lease_until == clock.now_ms() + LEASE_MS


async def test_only_kinds_that_are_asked_for_are_claimed(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1", kind="saga")
    assert await claim(database, clock) == []
    assert await database.write(lambda c: queue.claim(c, "a", clock.now_ms(), 10, [], LEASE_MS)) == []
    assert await database.write(lambda c: queue.claim(c, "a", clock.now_ms(), 0, ["saga"], LEASE_MS)) == []


async def test_a_claimed_job_is_not_claimed_again_while_its_lease_holds(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    await claim(database, clock)
    clock.advance(LEASE_MS / 1000 - 0.001)
    assert await claim(database, clock, "b") == []


async def test_an_expired_lease_is_taken_over(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    await claim(database, clock)  # and its process dies
    clock.advance(LEASE_MS / 1000)
    (job,) = await claim(database, clock, "b")
    assert (job.key, job.attempts) == ("K1", 2)


async def test_a_renewed_lease_is_not_taken_over(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    await put(database, clock, "K2")
    jobs = await claim(database, clock, limit=1) + await claim(database, clock, limit=1)
    clock.advance(50)
    held = await database.write(lambda c: queue.renew(c, clock.now_ms(), jobs, LEASE_MS))
    assert held == {("notice", "K1"), ("notice", "K2")}
    clock.advance(59)
    assert await claim(database, clock, "b") == []


async def test_a_lost_lease_is_not_renewed(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (slow,) = await claim(database, clock)
    clock.advance(LEASE_MS / 1000)
    await claim(database, clock, "b")
    assert await database.write(lambda c: queue.renew(c, clock.now_ms(), [slow], LEASE_MS)) == set()


async def test_who_lost_the_lease_cannot_end_the_job_nor_write_with_it(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (slow,) = await claim(database, clock)
    clock.advance(LEASE_MS / 1000)
    (taken,) = await claim(database, clock)  # by the same owner, even: the lease is the claim's, not the owner's
    now = clock.now_ms()

    def with_business(connection: Connection) -> None:
        enqueue(connection, now, "notice", "made by the slow one", {})
        ends.end(connection, now, ends.done(slow))

    with pytest.raises(LeaseLost):
        await database.write(with_business)
    for end in (
        lambda c: ends.end(c, now, ends.again(slow, now)),
        lambda c: ends.end(c, now, ends.retry(slow, now, "x")),
        lambda c: ends.end(c, now, ends.failed(slow, "x")),
        lambda c: ends.end(c, now, ends.given_back(slow)),
    ):
        with pytest.raises(LeaseLost):
            await database.write(end)
    assert (await line(database, "K1")).state is JobState.RUNNING
    await database.write(lambda c: ends.end(c, now, ends.done(taken)))
    assert [(one.key, one.state) for one in await database.read(list_jobs)] == [("K1", JobState.DONE)]


async def test_a_claim_stands_until_another_has_the_job(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (mine,) = await claim(database, clock)
    assert await database.write(lambda c: queue.holds(c, mine))
    clock.advance(LEASE_MS / 1000)
    assert await database.write(lambda c: queue.holds(c, mine))  # nobody else has taken it
    (other,) = await claim(database, clock, "b")
    assert not await database.write(lambda c: queue.holds(c, mine))
    assert await database.write(lambda c: queue.holds(c, other))
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.done(other)))
    assert not await database.write(lambda c: queue.holds(c, other))


async def test_ends_written_together_fail_alone(database: Database, clock: FixedClock) -> None:
    class Regret(DomainError):
        pass

    for key in ("good", "lost", "regrets", "also good"):
        await put(database, clock, key)
    jobs = {job.key: job for job in await claim(database, clock)}
    jobs["lost"] = replace(jobs["lost"], lease="somebody else's")

    def receipt(job: Job) -> Callable[[Connection], None]:
        def writes(connection: Connection) -> None:
            enqueue(connection, clock.now_ms(), "receipt", job.key, {})
            if job.key == "regrets":
                raise Regret("反悔")

        return writes

    waiting = [ends.done(job, receipt(job)) for job in jobs.values()]
    outcomes = await database.write(lambda c: ends.end_many(c, clock.now_ms(), waiting))
    told = {key: type(outcome).__name__ for key, outcome in zip(jobs, outcomes, strict=True)}
    assert told == {"good": "NoneType", "lost": "LeaseLost", "regrets": "Regret", "also good": "NoneType"}
    receipts = await database.read(lambda c: list_jobs(c, kind="receipt"))
    assert {one.key for one in receipts} == {"good", "also good"}
    states = {one.key: one.state for one in await database.read(lambda c: list_jobs(c, kind="notice"))}
    assert {key for key, state in states.items() if state is JobState.RUNNING} == {"lost", "regrets"}


async def test_who_is_late_but_not_replaced_may_still_end_the_job(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (job,) = await claim(database, clock)
    clock.advance(LEASE_MS)
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.done(job)))
    assert (await line(database, "K1")).state is JobState.DONE


async def test_the_next_step_of_a_job_starts_with_fresh_attempts_and_data(
    database: Database, clock: FixedClock
) -> None:
    await put(database, clock, "K1")
    (job,) = await claim(database, clock)
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.retry(job, clock.now_ms(), "Timeout")))
    (job,) = await claim(database, clock)
    assert job.attempts == 2
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.again(job, clock.now_ms() + 5000, {"step": 2})))
    assert (await line(database, "K1")).last_error is None
    assert await claim(database, clock) == []
    clock.advance(5)
    (job,) = await claim(database, clock)
    assert (job.attempts, dict(job.data)) == (1, {"step": 2})


async def test_a_failed_job_waits_for_a_hand(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    (job,) = await claim(database, clock)
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.failed(job, "对方拒绝" * 1000 + "\0")))
    clock.advance(86_400 * 365)
    assert await claim(database, clock) == []
    told = (await line(database, "K1")).last_error
    assert told is not None
    assert len(told) == ends.ERROR_LENGTH
    assert await database.write(lambda c: queue.revive(c, clock.now_ms(), "notice", "K1"))
    (job,) = await claim(database, clock)
    assert job.attempts == 2, "that it was tried before stays known"
    assert not await database.write(lambda c: queue.revive(c, clock.now_ms(), "notice", "K1")), "it is running"


async def test_a_job_given_back_is_due_as_before_but_for_its_having_been_begun(
    database: Database, clock: FixedClock
) -> None:
    await put(database, clock, "K1")
    before = await line(database, "K1")
    (job,) = await claim(database, clock)
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.given_back(job)))
    assert await line(database, "K1") == replace(before, attempts=1)


async def test_claims_made_side_by_side_never_take_the_same_job(database: Database, clock: FixedClock) -> None:
    jobs: list[tuple[str, dict[str, object]]] = [(f"K{n:03}", {}) for n in range(100)]
    await database.write(lambda c: queue.enqueue_many(c, clock.now_ms(), "notice", jobs))
    rounds = await asyncio.gather(*(claim(database, clock, f"owner {n}", 7) for n in range(20)))
    taken = Counter(job.key for jobs in rounds for job in jobs)
    assert set(taken.values()) == {1}
    assert all(len(jobs) <= 7 for jobs in rounds)
    while more := await claim(database, clock, limit=50):
        taken.update(job.key for job in more)
    assert taken == Counter(key for key, _ in jobs)


async def test_people_see_what_waits_and_for_how_long(database: Database, clock: FixedClock) -> None:
    assert await database.read(lambda c: oldest_due(c, clock.now_ms())) is None
    await put(database, clock, "K1")
    await put(database, clock, "K2")
    await put(database, clock, "S1", clock.now_ms() + 9000, kind="saga")
    await claim(database, clock, limit=1)
    clock.advance(4)
    assert await database.read(lambda c: oldest_due(c, clock.now_ms())) == 4000
    assert await database.read(counts) == {
        ("notice", JobState.DUE): 1,
        ("notice", JobState.RUNNING): 1,
        ("saga", JobState.DUE): 1,
    }
    assert [one.key for one in await database.read(lambda c: list_jobs(c, kind="saga"))] == ["S1"]
    assert len(await database.read(lambda c: list_jobs(c, state=JobState.DUE))) == 2


@pytest.mark.parametrize("wake", [queue.reopen, queue.revive])
async def test_a_job_that_is_woken_after_a_try_is_known_to_have_been_tried(
    database: Database, clock: FixedClock, wake: Callable[[Connection, int, str, str], bool]
) -> None:
    """What the try asked of others may have come through: who goes on asks before repeating it."""
    await put(database, clock, "K1")
    for _ in range(3):
        (job,) = await claim(database, clock)
        await database.write(lambda c, job=job: ends.end(c, clock.now_ms(), ends.retry(job, clock.now_ms(), "")))  # type: ignore[misc]
    assert await database.write(lambda c: wake(c, clock.now_ms(), "notice", "K1"))
    (job,) = await claim(database, clock)
    assert job.attempts == 2
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.done(job)))
    assert await database.write(lambda c: queue.reopen(c, clock.now_ms(), "notice", "K1"))
    (job,) = await claim(database, clock)
    assert job.attempts == 1, "one that was done begins anew"


async def test_a_job_is_under_way_while_its_lease_runs(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")

    async def under_way() -> bool:
        return await database.read(lambda c: queue.under_way(c, clock.now_ms(), "notice", "K1"))

    assert not await under_way()
    await claim(database, clock)
    assert await under_way()
    clock.advance(LEASE_MS / 1000)
    assert not await under_way()
