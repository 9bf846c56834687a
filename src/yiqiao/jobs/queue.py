"""The table of due work: putting jobs in and claiming them. All functions run in the caller's transaction.

A claim is a lease for a time: a process that dies simply does not renew it, and any other takes the job over when the
lease has run out. An end is written only under the claim's own lease, so a process that was only slow, and has lost its
job to another, cannot end it a second time. Clocks of machines that share a database must agree within a fraction of a
lease.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, case, select, text, update

from yiqiao.jobs.job import Job, JobState
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.jobs import job

LEASE_MS = 60_000
_NEW = ("kind", "unique_key", "state", "data", "run_at", "attempts", "created_at", "changed_at")

CLAIM = """
WITH picked AS {materialized} (
    SELECT kind AS picked_kind, unique_key AS picked_key FROM job
    WHERE state IN ('due', 'running') AND run_at <= :now AND (state = 'due' OR lease_until <= :now) AND kind IN :kinds
    ORDER BY run_at LIMIT :most {skip}
)
UPDATE job SET state = 'running', lease_owner = :lease, lease_until = :until, attempts = attempts + 1, changed_at = :now
FROM picked WHERE kind = picked_kind AND unique_key = picked_key
RETURNING kind, unique_key, data, run_at, attempts, last_error
"""
_KNOWN = "SELECT 1 FROM job WHERE kind = :kind AND unique_key = :key"
_BEGUN = case((job.c.state == JobState.DONE.value, 0), (job.c.attempts > 1, 1), else_=job.c.attempts)
"""Attempts of a job that is woken: it has all its tries again, but one that ended without a word stays known."""
_FORMS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {"materialized": "MATERIALIZED", "skip": "FOR UPDATE SKIP LOCKED"},
    "sqlite": {"materialized": "", "skip": ""},  # one writer at a time: nothing to skip
}


def enqueue(
    connection: Connection, now_ms: int, kind: str, key: str, data: Mapping[str, object], run_at: int | None = None
) -> bool:
    """Put a job in, due at `run_at` (epoch ms; now). A second one under the same key, finished or not, does nothing.

    Answers whether it was put in. `data` is kept as plain JSON: keys of rows, never personal data.
    """
    return enqueue_many(connection, now_ms, kind, [(key, data)], run_at) == 1


def enqueue_many(
    connection: Connection,
    now_ms: int,
    kind: str,
    jobs: Sequence[tuple[str, Mapping[str, object]]],
    run_at: int | None = None,
) -> int:
    """Put in many jobs (key, data) of a kind in one statement; answers how many were new."""
    due = now_ms if run_at is None else run_at
    rows = [(kind, key, JobState.DUE.value, _json(data), due, 0, now_ms, now_ms) for key, data in sorted_by_key(jobs)]
    return len(insert_many(connection, job, _NEW, rows, skip_conflicts=True, returning=("unique_key",)))


class Due(NamedTuple):
    """A job that is to be done at `run_at` (epoch ms)."""

    kind: str
    key: str
    data: Mapping[str, object]
    run_at: int


def put(connection: Connection, now_ms: int, jobs: Sequence[Due]) -> None:
    """Have these jobs done at their times: new ones are put in, those that are known are woken (see `reopen`)."""
    if not jobs:
        return
    wanted = {(one.kind, one.key): one for one in sorted(jobs, key=lambda one: (one.kind, one.key))}
    rows = [
        (one.kind, one.key, JobState.DUE.value, _json(one.data), one.run_at, 0, now_ms, now_ms)
        for one in wanted.values()
    ]
    new = insert_many(connection, job, _NEW, rows, skip_conflicts=True, returning=("kind", "unique_key"))
    for known in wanted.keys() - {(row.kind, row.unique_key) for row in new}:
        reopen(connection, wanted[known].run_at, *known)


def claim(
    connection: Connection,
    owner: str,
    now_ms: int,
    limit: int,
    kinds: Collection[str],
    lease_ms: int = LEASE_MS,
) -> list[Job]:
    """Take up to `limit` jobs that are due, or whose lease has run out, for `lease_ms`; the longest due first."""
    if not kinds or limit < 1:
        return []
    lease = f"{owner}/{secrets.token_hex(4)}"
    until = now_ms + lease_ms
    statement = text(CLAIM.format(**_FORMS[connection.dialect.name])).bindparams(bindparam("kinds", expanding=True))
    found = connection.execute(
        statement, {"now": now_ms, "until": until, "lease": lease, "most": limit, "kinds": sorted(kinds)}
    )
    jobs = [
        Job(
            kind=row.kind,
            key=row.unique_key,
            data=orjson.loads(row.data),
            run_at=row.run_at,
            attempts=row.attempts,
            last_error=row.last_error,
            lease=lease,
            lease_until=until,
        )
        for row in found
    ]
    return sorted(jobs, key=lambda one: one.run_at)


def renew(connection: Connection, now_ms: int, jobs: Collection[Job], lease_ms: int = LEASE_MS) -> set[tuple[str, str]]:
    """Hold the leases of running jobs for `lease_ms` from now; answers the (kind, key) of those still held."""
    held: set[tuple[str, str]] = set()
    for lease in {one.lease for one in jobs}:
        mine = [one.key for one in jobs if one.lease == lease]
        found = connection.execute(
            update(job)
            .where(job.c.lease_owner == lease, job.c.state == JobState.RUNNING.value, job.c.unique_key.in_(mine))
            .values(lease_until=now_ms + lease_ms)
            .returning(job.c.kind, job.c.unique_key)
        )
        held.update((row.kind, row.unique_key) for row in found)
    return held & {(one.kind, one.key) for one in jobs}


def holds(connection: Connection, claimed: Job) -> bool:
    """Whether a claim stands; if so, until the transaction ends. For work that commits before the job's end does."""
    found = select(job.c.kind).where(
        job.c.kind == claimed.kind,
        job.c.unique_key == claimed.key,
        job.c.lease_owner == claimed.lease,
        job.c.state == JobState.RUNNING.value,
    )
    return connection.execute(found.with_for_update()).first() is not None


def under_way(connection: Connection, now_ms: int, kind: str, key: str) -> bool:
    """Whether somebody runs a job at this moment."""
    found = select(job.c.kind).where(
        job.c.kind == kind,
        job.c.unique_key == key,
        job.c.state == JobState.RUNNING.value,
        job.c.lease_until > now_ms,
    )
    return connection.execute(found).first() is not None


def revive(connection: Connection, now_ms: int, kind: str, key: str) -> bool:
    """A person's button: run a failed or waiting job now. Answers whether there was one."""
    found = connection.execute(
        update(job)
        .where(
            job.c.kind == kind, job.c.unique_key == key, job.c.state.in_((JobState.DUE.value, JobState.FAILED.value))
        )
        .values(state=JobState.DUE.value, run_at=now_ms, attempts=_BEGUN, changed_at=now_ms)
    )
    return found.rowcount == 1


def reopen(connection: Connection, now_ms: int, kind: str, key: str) -> bool:
    """There is more to do for a job that was done, or that waits; answers whether it is still known.

    One that runs at this moment stays as it is: its end is what its handler says, with what it finds by then.
    """
    found = connection.execute(
        update(job)
        .where(job.c.kind == kind, job.c.unique_key == key)
        .where(job.c.state != JobState.RUNNING.value)
        .values(state=JobState.DUE.value, run_at=now_ms, attempts=_BEGUN, changed_at=now_ms)
    )
    if found.rowcount == 1:
        return True
    running = connection.execute(text(_KNOWN), {"kind": kind, "key": key}).first()
    return running is not None


def sorted_by_key(jobs: Sequence[tuple[str, Mapping[str, object]]]) -> list[tuple[str, Mapping[str, object]]]:
    """In the order of their keys: transactions that put in the same jobs then wait for each other, not in a ring."""
    return sorted(jobs, key=lambda one: one[0])


def _json(data: Mapping[str, object]) -> str:
    return orjson.dumps(dict(data)).decode()
