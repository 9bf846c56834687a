"""How a step's change is handed to the job that took it: both commit together, or neither."""

from collections.abc import Collection
from dataclasses import replace

from yiqiao.jobs import Again, Done, Outcome
from yiqiao.jobs.job import Together
from yiqiao.region.payments.course import Change, awaited, job_of, write_many
from yiqiao.storage.payments import Row


def finished(change: Change, row: Row, final: Collection[str], now: int) -> Outcome:
    """How the job of `row` ends with this change: done where nothing follows, due again otherwise."""
    following = next(step.row for step in change.steps if step.before is row)
    own = job_of(row, now)
    others = tuple(job for job in change.jobs if (job.kind, job.key) != own[:2])
    ended = following.state in final
    rest = replace(change, jobs=others + (awaited(following, now) if ended else ()))
    writes = Together(write_many, (rest, now))
    return Done(writes) if ended else Again(following.next_at, writes=writes)


def unchanged(row: Row, now: int) -> Together:
    """Nothing to do, provided that the row is still as it was read; it is held until that is written. Otherwise the job
    would end, or sleep on, over what has been put before it meanwhile: who moves a row does not wake a job that runs.
    """
    return Together(write_many, (Change(same=(row,)), now))
