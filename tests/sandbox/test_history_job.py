"""The job that files the year: the same rows however often it was killed, and nobody waits for it."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from tests.support.hub import open_hub
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.sealing import open_record
from yiqiao.jobs import Again, Done, Job, LeaseLost, ends, queue
from yiqiao.sandbox import hospitals
from yiqiao.sandbox.history import job as history
from yiqiao.sandbox.staff import PLANS
from yiqiao.storage import Database, copies
from yiqiao.storage.clinical import RecordRow
from yiqiao.storage.tables import metadata

NOW_MS = 1_795_000_000_000
PLAN = PLANS[1]
LEASE_S = 60
STEPS = 5
"""The residents and today, and four days."""

Rows = dict[str, list[tuple[object, ...]]]


class Killed(Exception):
    """The process died here."""


async def furnished(database: Database) -> FixedClock:
    clock = FixedClock(NOW_MS)
    await database.write(hospitals.furnishing(KEYRING, clock))
    clock.advance(10)
    return clock


async def claimed(database: Database, clock: FixedClock) -> Job:
    kinds = [history.HISTORY]
    jobs = await database.write(lambda c: queue.claim(c, "a", clock.now_ms(), 2, kinds, LEASE_S * 1000))
    return next(one for one in jobs if one.key == PLAN.hospital_id)


async def step(database: Database, clock: FixedClock, *, dies: bool = False) -> None:
    """Claim and run the next step; `dies`: after its work, before that is counted."""
    job = await claimed(database, clock)
    outcome = await history.filing(database, KEYRING, clock, pause_s=0)(job)
    clock.advance(LEASE_S + 1)
    assert isinstance(outcome, Again)
    if not dies:
        await database.write(lambda c: ends.end(c, clock.now_ms(), ends.again(job, outcome.run_at, outcome.data)))


def content(connection: Connection) -> Rows:
    """All rows but those of jobs; what is sealed, opened where it is a report or prescription."""
    found: Rows = {}
    for table in metadata.sorted_tables:
        if table.name not in copies.KEPT and table.name != "job":
            columns = [column for column in table.columns if column.name not in ("key_id", "sealed")]
            rows = [tuple(row) for row in connection.execute(select(*columns))]
            found[table.name] = sorted(rows, key=repr)
    sealed = connection.execute(select(metadata.tables["clinical_record"]))
    found["opened"] = sorted([(repr(open_record(KEYRING, RecordRow._make(row))),) for row in sealed])
    return found


async def test_killed_and_resumed_it_files_the_same_as_in_one_go(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = await furnished(database)
    for _ in range(STEPS):
        await step(database, clock)
    in_one_go = await database.read(content)
    assert len(in_one_go["registration_order"]) > STEPS * 20

    await database.write(copies.empty)
    clock = await furnished(database)
    for turn in range(STEPS):
        if turn == 2:
            with monkeypatch.context() as patched:
                patched.setattr("yiqiao.sandbox.history.day.file_stay", _dying)
                patched.setattr("yiqiao.sandbox.history.day.file_records", _dying)
                with pytest.raises(Killed):
                    await step(database, clock)
            clock.advance(LEASE_S + 1)
        await step(database, clock, dies=True)
        await step(database, clock)
    assert await database.read(content) == in_one_go


def _dying(*_: object) -> None:
    raise Killed


async def test_how_far_it_has_come_stands_in_its_row_and_it_ends_after_a_year(database: Database) -> None:
    clock = await furnished(database)
    assert await database.read(history.progress) == {plan.hospital_id: 0 for plan in PLANS}
    for _ in range(3):
        await step(database, clock)
    assert (await database.read(history.progress))[PLAN.hospital_id] == 2
    job = await claimed(database, clock)
    last = Job(job.kind, job.key, {**job.data, "filed": history.DAYS}, job.run_at, 1, job.lease, job.lease_until)
    assert await history.filing(database, KEYRING, clock, pause_s=0)(last) == Done()
    await database.write(lambda c: ends.end(c, clock.now_ms(), ends.done(last)))
    assert (await database.read(history.progress))[PLAN.hospital_id] == history.DAYS


async def test_a_year_that_is_filed_is_not_filed_again_once_its_job_is_forgotten(database: Database) -> None:
    clock = await furnished(database)
    await database.write(lambda c: c.execute(text("DELETE FROM job")))
    clock.advance(40 * 86_400)
    await database.write(hospitals.furnishing(KEYRING, clock))
    assert await database.read(history.progress) == {}


async def test_a_step_whose_data_was_replaced_meanwhile_files_nothing(database: Database) -> None:
    clock = await furnished(database)
    job = await claimed(database, clock)
    await database.write(copies.empty)
    await database.write(hospitals.furnishing(KEYRING, clock))
    with pytest.raises(LeaseLost):
        await history.filing(database, KEYRING, clock, pause_s=0)(job)
    orders = text("SELECT COUNT(*) FROM registration_order")
    assert await database.read(lambda c: c.execute(orders).scalar_one()) == 0


async def test_the_hub_is_there_before_it_begins_and_answers_while_it_works(tmp_path: Path) -> None:
    async with open_hub(tmp_path, sandbox_hospitals=True) as hub:
        database = hub.runtime.database
        assert set((await database.read(history.progress)).values()) == {0}
        hub.clock.advance(history.DELAY_MS / 1000)
        hub.runtime.jobs.wake()
        async with hub.convenience() as caller:
            for _ in range(200):
                await caller.call("NetTest", {"HOSPITAL_ID": PLAN.hospital_id, "IP": "192.0.2.1"})
                if all((await database.read(history.progress)).values()):
                    break
                await asyncio.sleep(0.05)
        assert all((await database.read(history.progress)).values())


async def test_a_reset_begins_the_year_anew(tmp_path: Path) -> None:
    async with open_hub(tmp_path, sandbox_hospitals=True) as hub:
        assert hub.runtime.playground is not None
        rows = await hub.runtime.playground.reset()
        assert rows["registration_order"] == 0
        assert set((await hub.runtime.database.read(history.progress)).values()) == {0}
