"""How a run of a job ends, and writing such ends down: many in one transaction, each with its own business rows.

An end counts only under the claim's own lease. The rows are locked first, so that nobody takes a job over while its
business rows are being written; who has lost the lease by then is refused before writing anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from sqlalchemy import Connection, text

from yiqiao.errors import DomainError
from yiqiao.jobs.job import Job, JobState, LeaseLost, Together, Writes

ERROR_LENGTH = 500

_LOCK = "SELECT job.kind, job.unique_key FROM job JOIN {ends} ON {same} {lock}"
_END = """
UPDATE job SET state = ended.state, run_at = ended.run_at, attempts = ended.attempts, data = ended.data,
    last_error = ended.last_error, lease_owner = NULL, lease_until = NULL, changed_at = :now
FROM {ends} WHERE {same}
"""
_SAME = (
    "job.kind = ended.kind AND job.unique_key = ended.key AND job.lease_owner = ended.lease AND job.state = 'running'"
)
_MEMBERS: Mapping[str, str] = {
    "kind": "text",
    "key": "text",
    "lease": "text",
    "state": "text",
    "run_at": "bigint",
    "attempts": "integer",
    "data": "text",
    "last_error": "text",
}
_FORMS: Mapping[str, Mapping[str, str]] = {
    "postgresql": {
        "ends": "jsonb_to_recordset(CAST(CAST(:ends AS text) AS jsonb)) AS ended("
        + ", ".join(f"{name} {kind}" for name, kind in _MEMBERS.items())
        + ")",
        "lock": "FOR UPDATE OF job",
    },
    "sqlite": {
        "ends": "(SELECT "
        + ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in _MEMBERS)
        + " FROM json_each(:ends)) AS ended",
        "lock": "",  # one writer at a time: locked already
    },
}


@dataclass(frozen=True)
class End:
    """What becomes of a job after a run, and the business rows that are written together with that."""

    job: Job
    state: JobState
    run_at: int
    attempts: int
    data: Mapping[str, object]
    last_error: str | None
    writes: Writes | None = None


def done(job: Job, writes: Writes | None = None) -> End:
    """The work is done."""
    return End(job, JobState.DONE, job.run_at, job.attempts, job.data, None, writes)


def again(job: Job, run_at: int, data: Mapping[str, object] | None = None, writes: Writes | None = None) -> End:
    """A step went well and the next is due at `run_at`; attempts count anew."""
    return End(job, JobState.DUE, run_at, 0, job.data if data is None else data, None, writes)


def retry(job: Job, run_at: int, error: str) -> End:
    """An attempt failed and the next is due at `run_at`."""
    return End(job, JobState.DUE, run_at, job.attempts, job.data, _short(error))


def failed(job: Job, error: str, writes: Writes | None = None) -> End:
    """It needs a hand: nothing happens to the job until somebody revives it."""
    return End(job, JobState.FAILED, job.run_at, job.attempts, job.data, _short(error), writes)


def given_back(job: Job) -> End:
    """The process stops in the middle of it: the job is due as before. That it was begun stays known: what it asked of
    others may have come through.
    """
    return End(job, JobState.DUE, job.run_at, job.attempts, job.data, job.last_error)


def end(connection: Connection, now_ms: int, ended: End) -> None:
    """End one job's run, in the caller's transaction. Raises LeaseLost, and what its writes raise."""
    (refusal,) = end_many(connection, now_ms, [ended])
    if refusal is not None:
        raise refusal


def end_many(connection: Connection, now_ms: int, ends: Sequence[End]) -> list[DomainError | None]:
    """Write down ends; answers for each, in order, None or its refusal: LeaseLost, or what its writes refused with."""
    form = {**_FORMS[connection.dialect.name], "same": _SAME}
    held = {(row.kind, row.unique_key) for row in connection.execute(text(_LOCK.format(**form)), {"ends": _rows(ends)})}
    outcomes: list[DomainError | None] = [
        None if (one.job.kind, one.job.key) in held else LeaseLost(one.job) for one in ends
    ]
    mine = [place for place, refusal in enumerate(outcomes) if refusal is None]
    lanes: dict[object, list[int]] = {}
    for place in mine:
        writes = ends[place].writes
        if isinstance(writes, Together):
            lanes.setdefault(writes.lane, []).append(place)
        else:
            outcomes[place] = _written(connection, ends[place])
    for places in lanes.values():
        gathered = [one for one in (ends[place].writes for place in places) if isinstance(one, Together)]
        told = gathered[0].lane(connection, [one.command for one in gathered])
        for place, refusal in zip(places, told, strict=True):
            outcomes[place] = refusal
    kept = [one for one, refusal in zip(ends, outcomes, strict=True) if refusal is None]
    if kept:
        connection.execute(text(_END.format(**form)), {"ends": _rows(kept), "now": now_ms})
    return outcomes


def _written(connection: Connection, one: End) -> DomainError | None:
    if one.writes is None:
        return None
    try:
        with connection.begin_nested():
            one.writes(connection)
    except DomainError as refusal:
        return refusal
    return None


def _rows(ends: Sequence[End]) -> str:
    return orjson.dumps(
        [
            {
                "kind": one.job.kind,
                "key": one.job.key,
                "lease": one.job.lease,
                "state": one.state,
                "run_at": one.run_at,
                "attempts": one.attempts,
                "data": orjson.dumps(dict(one.data)).decode(),
                "last_error": one.last_error,
            }
            for one in ends
        ]
    ).decode()


def _short(error: str) -> str:
    return error.replace("\0", "")[:ERROR_LENGTH]
