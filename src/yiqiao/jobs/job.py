"""A piece of due work, and how its handler may end.

A job runs at least once: a process may die after its work and before its end is written. So a handler does what it
does under an idempotency key, and what it writes to our own database it hands to `Done` or `Again`, which commits it
together with the job's end, once.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from yiqiao.errors import DomainError

Writes = Callable[[Connection], object]


@dataclass(frozen=True)
class Together:
    """`Writes` of which many can be made in one go: `lane` gets the commands of all jobs that end in a transaction, and
    answers for each, in order, None or what refuses it.
    """

    lane: Callable[[Connection, Sequence[Any]], Sequence[DomainError | None]]
    command: object

    def __call__(self, connection: Connection) -> None:
        """Make it alone. Raises what refuses it."""
        (refusal,) = self.lane(connection, [self.command])
        if refusal is not None:
            raise refusal


class JobState(StrEnum):
    """Where a job stands. `failed` waits for a person."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """A job as its handler sees it. `lease` names this very claim: whoever ends the job must still hold it."""

    kind: str
    key: str
    data: Mapping[str, object] = field(repr=False)
    run_at: int
    attempts: int  # this one counted
    lease: str
    lease_until: int
    last_error: str | None = None


@dataclass(frozen=True)
class Done:
    """The work is done; `writes` commits together with that."""

    writes: Writes | None = None


@dataclass(frozen=True)
class Again:
    """This step went well and there is more to do at `run_at` (epoch ms), with new data where given."""

    run_at: int
    data: Mapping[str, object] | None = None
    writes: Writes | None = None


@dataclass(frozen=True)
class Failed:
    """Trying again would not help: a person has to look. `reason` is shown to them, without personal data."""

    reason: str
    writes: Writes | None = None


Outcome = Done | Again | Failed
Handler = Callable[[Job], Awaitable[Outcome]]


class LeaseLost(DomainError):
    """Somebody else runs the job by now; nothing of this run may be written."""

    def __init__(self, job: Job) -> None:
        super().__init__(f"任务 {job.kind} 已由其他进程接管，本次结果作废")
