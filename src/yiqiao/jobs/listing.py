"""The jobs as people see them: what waits, what runs, what needs a hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, func, select

from yiqiao.jobs.job import JobState
from yiqiao.storage.tables.jobs import job


@dataclass(frozen=True)
class JobLine:
    """A job's row without its data; times epoch ms."""

    kind: str
    key: str
    state: JobState
    run_at: int
    lease_until: int | None
    attempts: int
    last_error: str | None
    created_at: int
    changed_at: int


class Found(NamedTuple):
    """Where a job stands, and its data."""

    state: JobState
    data: Mapping[str, object]


def list_jobs(
    connection: Connection, *, state: JobState | None = None, kind: str | None = None, limit: int = 100
) -> tuple[JobLine, ...]:
    """Jobs by the time they are due, the earliest first."""
    query = select(job).order_by(job.c.run_at).limit(limit)
    if state is not None:
        query = query.where(job.c.state == state.value)
    if kind is not None:
        query = query.where(job.c.kind == kind)
    return tuple(
        JobLine(
            kind=row.kind,
            key=row.unique_key,
            state=JobState(row.state),
            run_at=row.run_at,
            lease_until=row.lease_until,
            attempts=row.attempts,
            last_error=row.last_error,
            created_at=row.created_at,
            changed_at=row.changed_at,
        )
        for row in connection.execute(query)
    )


def found(connection: Connection, kind: str) -> dict[str, Found]:
    """The jobs of a kind, by key."""
    query = select(job.c.unique_key, job.c.state, job.c.data).where(job.c.kind == kind)
    return {row[0]: Found(JobState(row[1]), orjson.loads(row[2])) for row in connection.execute(query)}


def counts(connection: Connection) -> dict[tuple[str, JobState], int]:
    """How many jobs there are by kind and state."""
    query = select(job.c.kind, job.c.state, func.count()).group_by(job.c.kind, job.c.state)
    return {(row[0], JobState(row[1])): row[2] for row in connection.execute(query)}


def oldest_due(connection: Connection, now_ms: int) -> int | None:
    """How long (ms) the longest waiting job has been due; None where none is."""
    due = connection.scalar(select(func.min(job.c.run_at)).where(job.c.state == JobState.DUE.value))
    return None if due is None or due > now_ms else now_ms - due
