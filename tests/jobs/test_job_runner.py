"""Runners: at least once, never two at a time, taken over after a death, and a graceful end."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import time

import pytest
from sqlalchemy import Connection

from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.jobs import (
    Again,
    Backoff,
    Daily,
    Done,
    Failed,
    Job,
    JobState,
    LeaseLost,
    Outcome,
    Pace,
    Runner,
    ends,
    enqueue,
    queue,
)
from yiqiao.jobs.listing import JobLine, list_jobs
from yiqiao.storage import Database, StorageUnreachable

QUICK = Pace(at_once=4, lease_s=60, renew_s=0.02, poll_s=0.02, grace_s=5)
AT_ONCE = {"notice": Backoff(waits_s=(0,), attempts=3, jitter=0)}


async def put(database: Database, clock: FixedClock, *keys: str) -> None:
    jobs: list[tuple[str, dict[str, object]]] = [(key, {}) for key in keys]
    await database.write(lambda c: queue.enqueue_many(c, clock.now_ms(), "notice", jobs))


async def lines(database: Database) -> dict[str, JobLine]:
    return {line.key: line for line in await database.read(list_jobs)}


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(3000):
        if await condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come to that")


async def until_state(database: Database, state: JobState, number: int = 1) -> None:
    async def reached() -> bool:
        return [line.state for line in (await lines(database)).values()].count(state) == number

    await until(reached)


class Watched:
    """A handler that takes its time, and sees whether any job runs twice at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.runs: Counter[str] = Counter()
        self.doubled: set[str] = set()
        self._seconds = seconds
        self._inside: Counter[str] = Counter()

    async def __call__(self, job: Job) -> Outcome:
        self.runs[job.key] += 1
        self._inside[job.key] += 1
        if self._inside[job.key] > 1:
            self.doubled.add(job.key)
        await asyncio.sleep(self._seconds)
        self._inside[job.key] -= 1
        return Done()


async def side_by_side(database: Database, clock: FixedClock, handler: Watched, seconds: float) -> None:
    runners = [Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK) for _ in range(2)]
    for runner in runners:
        runner.start()
    await asyncio.sleep(seconds)
    for runner in runners:
        await runner.stop()


async def test_two_runners_never_run_one_job_at_once(database: Database, clock: FixedClock) -> None:
    await put(database, clock, *(f"K{n}" for n in range(12)))
    handler = Watched(0.05)
    await side_by_side(database, clock, handler, 0.6)
    assert handler.doubled == set()
    assert set(handler.runs.values()) == {1}


async def test_without_the_lease_they_would(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = queue.CLAIM.replace("AND (state = 'due' OR lease_until <= :now)", "")
    assert unguarded != queue.CLAIM
    monkeypatch.setattr(queue, "CLAIM", unguarded)
    await put(database, clock, *(f"K{n}" for n in range(12)))
    handler = Watched(0.05)
    await side_by_side(database, clock, handler, 0.6)
    assert handler.doubled


async def test_a_job_whose_process_died_is_run_by_another(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    began = asyncio.Event()

    async def dies(_job: Job) -> Outcome:
        began.set()
        await asyncio.sleep(3600)
        return Done()

    dead = Runner(database, clock, {"notice": dies}, pace=Pace(renew_s=3600, poll_s=0.02))
    dead.start()
    await asyncio.wait_for(began.wait(), 10)
    for task in asyncio.all_tasks() - {asyncio.current_task()}:  # as if killed: nothing of it runs on, nothing is said
        if task.get_name().startswith("job"):
            task.cancel()
    handler = Watched()
    living = Runner(database, clock, {"notice": handler}, pace=QUICK)
    living.start()
    await asyncio.sleep(0.1)
    assert not handler.runs, "the lease of the dead still holds"
    clock.advance(60)
    await until_state(database, JobState.DONE)
    await living.stop()
    assert handler.runs == {"K1": 1}


async def test_long_work_keeps_its_lease(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    finish = asyncio.Event()

    async def long(_job: Job) -> Outcome:
        await finish.wait()
        return Done()

    handler = Watched()
    first = Runner(database, clock, {"notice": long}, pace=QUICK)
    first.start()
    await until_state(database, JobState.RUNNING)
    second = Runner(database, clock, {"notice": handler}, pace=QUICK)
    second.start()
    for _ in range(3):
        clock.advance(50)
        now = clock.now_ms()

        async def renewed(now: int = now) -> bool:
            return (await lines(database))["K1"].lease_until == now + 60_000

        await until(renewed)
    finish.set()
    await until_state(database, JobState.DONE)
    await first.stop()
    await second.stop()
    assert not handler.runs


async def test_a_run_that_lost_its_lease_is_cancelled_and_writes_nothing(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    cancelled = asyncio.Event()

    async def slow(_job: Job) -> Outcome:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Done()

    runner = Runner(database, clock, {"notice": slow}, pace=Pace(renew_s=0.2, poll_s=3600))
    runner.start()
    await until_state(database, JobState.RUNNING)
    later = clock.now_ms() + 60_000
    (taken,) = await database.write(lambda c: queue.claim(c, "another", later, 1, ["notice"]))
    await asyncio.wait_for(cancelled.wait(), 10)
    await database.write(lambda c: ends.end(c, later, ends.done(taken)))
    await runner.stop()
    assert (await lines(database))["K1"].state is JobState.DONE


async def test_business_rows_and_the_end_of_the_job_commit_together(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    attempts = 0

    async def handler(job: Job) -> Outcome:
        def writes(connection: Connection) -> None:
            nonlocal attempts
            attempts += 1
            enqueue(connection, clock.now_ms(), "receipt", f"{job.key} {attempts}", {})
            if attempts == 1:
                raise StorageUnreachable

        return Done(writes)

    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.DONE)
    await runner.stop()
    assert {(line.kind, key) for key, line in (await lines(database)).items()} == {
        ("notice", "K1"),
        ("receipt", "K1 2"),
    }


async def test_nothing_of_a_lost_run_is_written(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    begun: list[str] = []

    async def handler(job: Job) -> Outcome:
        later = clock.now_ms() + 60_000
        await database.write(lambda c: queue.claim(c, "another", later, 1, ["notice"]))
        return Done(lambda _: begun.append(job.key))

    runner = Runner(database, clock, {"notice": handler}, pace=Pace(renew_s=3600, poll_s=0.02))
    runner.start()
    await until_state(database, JobState.RUNNING)
    await asyncio.sleep(0.1)
    await runner.stop()
    assert begun == []
    assert (await lines(database))["K1"].state is JobState.RUNNING


async def test_a_saga_goes_step_by_step(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    seen: list[object] = []

    async def handler(job: Job) -> Outcome:
        step = job.data.get("step", 1)
        seen.append(step)
        return Again(clock.now_ms(), {"step": step + 1}) if isinstance(step, int) and step < 4 else Done()

    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.DONE)
    await runner.stop()
    assert seen == [1, 2, 3, 4]


class Refused(DomainError):
    """The other side said no."""


async def test_a_failure_is_tried_again_and_at_last_needs_a_hand(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    attempts: list[int] = []

    async def handler(job: Job) -> Outcome:
        attempts.append(job.attempts)
        raise Refused("对方拒绝受理")

    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.FAILED)
    await runner.stop()
    assert attempts == [1, 2, 3]
    assert (await lines(database))["K1"].last_error == "Refused: 对方拒绝受理"


async def test_an_unforeseen_error_is_kept_by_its_kind_alone(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")

    async def handler(_job: Job) -> Outcome:
        raise KeyError("张三 的证件号")

    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.FAILED)
    await runner.stop()
    assert (await lines(database))["K1"].last_error == "KeyError"


async def test_a_job_that_kills_its_processes_is_not_run_for_ever(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")
    for _ in range(3):
        await database.write(lambda c: queue.claim(c, "dies", clock.now_ms(), 1, ["notice"]))
        clock.advance(60)
    handler = Watched()
    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.FAILED)
    await runner.stop()
    assert not handler.runs


async def test_a_handler_may_call_for_a_person_itself(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")

    async def handler(_job: Job) -> Outcome:
        return Failed("金额不符，请人工核对")

    runner = Runner(database, clock, {"notice": handler}, AT_ONCE, pace=QUICK)
    runner.start()
    await until_state(database, JobState.FAILED)
    await runner.stop()
    assert (await lines(database))["K1"].last_error == "金额不符，请人工核对"


async def test_stopping_waits_for_what_has_begun_and_begins_nothing_more(database: Database, clock: FixedClock) -> None:
    await put(database, clock, *(f"K{n}" for n in range(9)))
    handler = Watched(0.2)
    runner = Runner(database, clock, {"notice": handler}, pace=QUICK)
    runner.start()
    await until_state(database, JobState.RUNNING, 4)
    await runner.stop()
    states = Counter(line.state for line in (await lines(database)).values())
    assert states == {JobState.DONE: 4, JobState.DUE: 5}
    assert runner.running == ()


async def test_what_does_not_end_in_time_is_given_back(database: Database, clock: FixedClock) -> None:
    await put(database, clock, "K1")

    async def endless(_job: Job) -> Outcome:
        await asyncio.sleep(3600)
        return Done()

    runner = Runner(database, clock, {"notice": endless}, pace=Pace(poll_s=0.02, grace_s=0.05))
    runner.start()
    await until_state(database, JobState.RUNNING)
    await runner.stop()
    line = (await lines(database))["K1"]
    assert (line.state, line.attempts, line.lease_until) == (JobState.DUE, 1, None)


async def test_a_wake_up_call_spares_the_wait_for_the_next_look(database: Database, clock: FixedClock) -> None:
    handler = Watched()
    runner = Runner(database, clock, {"notice": handler}, pace=Pace(poll_s=3600))
    runner.start()
    await asyncio.sleep(0.1)
    await put(database, clock, "K1")
    runner.wake()
    await until_state(database, JobState.DONE)
    await runner.stop()


@pytest.mark.usefixtures("owing")
async def test_daily_work_is_put_in_by_the_runner_as_the_day_turns(database: Database, clock: FixedClock) -> None:
    handler = Watched()
    runner = Runner(database, clock, {"settle": handler}, daily=[Daily("settle", time(2, 30))], pace=QUICK)
    runner.start()
    await until_state(database, JobState.DONE, 1)
    clock.advance(86_400)
    await until_state(database, JobState.DONE, 2)
    await runner.stop()
    assert handler.runs == {"20261120": 1, "20261121": 1}


async def test_a_database_that_was_away_is_asked_again(
    database: Database, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await put(database, clock, "K1")
    asked = asyncio.Event()

    async def away(_work: object) -> object:
        asked.set()
        raise StorageUnreachable

    handler = Watched()
    runner = Runner(database, clock, {"notice": handler}, pace=QUICK)
    with monkeypatch.context() as patch:
        patch.setattr(database, "write", away)
        runner.start()
        await asyncio.wait_for(asked.wait(), 10)
    await until_state(database, JobState.DONE)
    await runner.stop()


async def test_a_runner_that_never_started_stops_at_once(database: Database, clock: FixedClock) -> None:
    await Runner(database, clock, {}).stop()


def test_a_lost_lease_is_told_without_the_jobs_key_or_data() -> None:
    job = Job("notice", "secret-key", {"order": "X"}, 0, 1, "a/1", 0)
    assert "secret-key" not in LeaseLost(job).message
    assert "order" not in repr(job)
