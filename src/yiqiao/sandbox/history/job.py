"""The job that files the year behind a sandbox's hospital: one job a hospital, a day a step, the newest day first.

How far it has come stands in its row. A step that was filed and not counted, since the process died in between, finds
its day on file.
"""

import asyncio
from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job, JobState, LeaseLost, Outcome, enqueue, listing
from yiqiao.jobs.job import Handler
from yiqiao.jobs.queue import holds
from yiqiao.sandbox.history.day import file_day, file_newcomers, file_today, known_to, prepared
from yiqiao.sandbox.staff import PLANS, Plan
from yiqiao.storage import Database
from yiqiao.storage.database import Work

HISTORY = "sandbox.history"
DAYS = 365
DELAY_MS = 5000
"""The hub serves before anything of it begins."""
PAUSE_S = 0.4
"""Between two steps, so that other writers get their turn."""
UNTIL, FILED = "until", "filed"


def begin(connection: Connection, plan: Plan, now_ms: int) -> None:
    """Put in the job for a hospital that was filed just now."""
    data = {UNTIL: beijing(now_ms).date().isoformat(), FILED: None}
    enqueue(connection, now_ms, HISTORY, plan.hospital_id, data, now_ms + DELAY_MS)


def filing(database: Database, keyring: Keyring, clock: Clock, pause_s: float = PAUSE_S) -> Handler:
    """The job's handler: a step a run."""

    async def file_next(job: Job) -> Outcome:
        filed = filed_of(job.data)
        if filed == DAYS:
            return Done()
        await asyncio.sleep(pause_s)
        await _step(database, keyring, job, filed)
        return Again(clock.now_ms(), {**job.data, FILED: 0 if filed is None else filed + 1})

    return file_next


def progress(connection: Connection) -> Mapping[str, int]:
    """How many days are filed, by hospital; nothing of hospitals whose job is forgotten."""
    return {
        hospital_id: DAYS if one.state is JobState.DONE else filed_of(one.data) or 0
        for hospital_id, one in sorted(listing.found(connection, HISTORY).items())
    }


def filed_of(data: Mapping[str, object]) -> int | None:
    """How many days are filed; None before the first step, which files the residents and who comes today."""
    filed = data[FILED]
    return filed if isinstance(filed, int) else None


async def _step(database: Database, keyring: Keyring, job: Job, filed: int | None) -> None:
    plan = next(one for one in PLANS if one.hospital_id == job.key)
    until = date.fromisoformat(str(job.data[UNTIL]))
    if filed is None:
        await database.write(_held(job, lambda connection: _first(connection, keyring, plan, until)))
        return
    who = await database.read(lambda connection: known_to(connection, plan))
    day = await asyncio.to_thread(prepared, keyring, plan, until - timedelta(days=filed + 1), who)
    await database.write(_held(job, lambda connection: file_day(connection, keyring, day)))


def _first(connection: Connection, keyring: Keyring, plan: Plan, until: date) -> None:
    file_newcomers(connection, keyring, plan, until - timedelta(days=DAYS))
    file_today(connection, keyring, plan, until)


def _held(job: Job, work: Work[None]) -> Work[None]:
    """The same work, for as long as the job is ours: else the data may be another by now. Raises LeaseLost."""

    def checked(connection: Connection) -> None:
        if not holds(connection, job):
            raise LeaseLost(job)
        work(connection)

    return checked
