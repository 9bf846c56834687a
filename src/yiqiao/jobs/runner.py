"""Runs due jobs in this process; as many processes may run one as there are.

While handlers work their leases are renewed together; a lease that was lost all the same cancels its handler, since the
job runs elsewhere by then. Stopping waits a while for what has begun and gives back the rest.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

import structlog
from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.errors import DomainError
from yiqiao.jobs import ends, queue
from yiqiao.jobs.backoff import DEFAULT, Backoffs
from yiqiao.jobs.daily import Daily, enqueue_days
from yiqiao.jobs.ends import End
from yiqiao.jobs.job import Again, Done, Failed, Handler, Job, LeaseLost, Outcome
from yiqiao.storage import Database, Lane, Write, Writer

log = structlog.get_logger("yiqiao.jobs")


@dataclass(frozen=True)
class Pace:
    """How a runner works: seconds, and jobs at once."""

    at_once: int = 16
    lease_s: float = 60
    renew_s: float = 15
    poll_s: float = 1
    grace_s: float = 20


class _NoLedger:
    """Ends of jobs are no exchanges: nothing is written beside them."""

    def append(self, connection: Connection, entries: Sequence[None]) -> None:
        """Nothing to write."""

    def settle(self, committed: bool) -> None:
        """Nothing to learn."""


@dataclass(eq=False)
class Runner:
    """One process's hands for due work."""

    database: Database
    clock: Clock
    handlers: Mapping[str, Handler]
    backoffs: Backoffs = field(default_factory=dict)
    daily: Sequence[Daily] = ()
    pace: Pace = Pace()
    owner: str = field(default_factory=lambda: f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}")

    def __post_init__(self) -> None:
        self._wake = asyncio.Event()
        self._stopping = False
        self._running: dict[asyncio.Task[None], Job] = {}
        self._planned: date | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._writer: Writer[None] = Writer(self.database, _NoLedger())
        self._ending: Lane[None] = Lane("jobs.end", self._end_all)

    @property
    def running(self) -> tuple[Job, ...]:
        """The jobs in hand now."""
        return tuple(self._running.values())

    def start(self) -> None:
        """Begin to work."""
        self._loops = [
            asyncio.create_task(self._every(self._turn, self.pace.poll_s, self._wake), name="jobs"),
            asyncio.create_task(self._every(self._renew, self.pace.renew_s, asyncio.Event()), name="job leases"),
        ]

    def wake(self) -> None:
        """Look for work now: something was just put in."""
        self._wake.set()

    async def stop(self) -> None:
        """Claim nothing more, wait for what has begun (`grace_s`), give back the rest."""
        if not self._loops:
            return
        self._stopping = True
        self.wake()
        turning, *renewing = self._loops
        await asyncio.wait({turning})
        if self._running:
            await asyncio.wait(set(self._running), timeout=self.pace.grace_s)
        left = dict(self._running)
        for task in (*left, *renewing):
            task.cancel()
        await asyncio.gather(*left, *renewing, return_exceptions=True)
        await asyncio.gather(*(self._end_quietly(ends.given_back(job)) for job in left.values()))
        await self._writer.drain()

    async def _every(self, step: Callable[[], Awaitable[None]], pause_s: float, wake: asyncio.Event) -> None:
        while not self._stopping:
            wake.clear()
            try:
                await step()
            except DomainError as failure:
                log.warning("jobs wait for the database", reason=failure.name)
            except Exception:
                log.exception("a turn of the jobs failed")
            if not self._stopping:
                with suppress(TimeoutError):
                    await asyncio.wait_for(wake.wait(), pause_s)

    async def _turn(self) -> None:
        """Claim as many jobs as there are free hands. The end of a job wakes us, so full hands need no waiting."""
        await self._plan_today()
        free = self.pace.at_once - len(self._running)
        now, lease_ms = self.clock.now_ms(), round(self.pace.lease_s * 1000)
        for job in await self.database.write(
            lambda connection: queue.claim(connection, self.owner, now, free, self.handlers.keys(), lease_ms)
        ):
            task = asyncio.create_task(self._run(job), name=f"job {job.kind}")
            self._running[task] = job
            task.add_done_callback(self._ended)

    async def _plan_today(self) -> None:
        now = self.clock.now_ms()
        today = beijing(now).date()
        if self.daily and today != self._planned:
            await self.database.write(lambda connection: enqueue_days(connection, now, self.daily))
            self._planned = today

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.wake()

    async def _run(self, job: Job) -> None:
        try:
            outcome = await self._outcome(job)
            await self._end(_as_end(job, outcome))
        except LeaseLost:
            log.warning("job was taken over, this run is void", kind=job.kind, attempts=job.attempts)
        except Exception as error:
            await self._end_quietly(self._after(job, error))
        else:
            if isinstance(outcome, Failed):
                log.error("job needs a hand", kind=job.kind, attempts=job.attempts)

    async def _outcome(self, job: Job) -> Outcome:
        backoff = self.backoffs.get(job.kind, DEFAULT)
        if job.attempts > backoff.attempts:  # only where attempts ended without a word: their processes died
            return Failed(f"执行中断 {job.attempts - 1} 次，已停止自动重试")
        return await self.handlers[job.kind](job)

    def _after(self, job: Job, error: Exception) -> End:
        """What follows an attempt that failed."""
        backoff = self.backoffs.get(job.kind, DEFAULT)
        final = backoff.exhausted(job.attempts)
        if isinstance(error, DomainError):
            told = f"{error.name}: {error.message}"
            log.warning("job failed", kind=job.kind, attempts=job.attempts, final=final, reason=error.name)
        else:
            told = type(error).__name__  # its text is nobody's word that it holds no personal data
            log.error("job failed", kind=job.kind, attempts=job.attempts, final=final, exc_info=error)
        if final:
            return ends.failed(job, told)
        return ends.retry(job, backoff.next_at(self.clock.now_ms(), job.attempts), told)

    async def _renew(self) -> None:
        hands = dict(self._running)
        if not hands:
            return
        now, lease_ms = self.clock.now_ms(), round(self.pace.lease_s * 1000)
        held = await self.database.write(lambda connection: queue.renew(connection, now, hands.values(), lease_ms))
        for task, job in hands.items():
            if (job.kind, job.key) not in held:
                task.cancel()  # of no effect on one that has ended meanwhile

    async def _end(self, end: End) -> None:
        """Write an end, in one transaction with others that wait. Raises LeaseLost, what its writes raise, Busy."""
        refusal: DomainError | None = await self._writer.perform(Write(self._ending, end), lambda told: (told, None))
        if refusal is not None:
            raise refusal

    def _end_all(self, connection: Connection, waiting: Sequence[End]) -> Sequence[DomainError | None]:
        return ends.end_many(connection, self.clock.now_ms(), waiting)

    async def _end_quietly(self, end: End) -> None:
        """Write an end that nobody waits for; where it cannot be written, the lease runs out by itself."""
        try:
            await self._end(end)
        except LeaseLost:
            log.info("job had ended or was taken over", kind=end.job.kind)
        except DomainError as failure:
            log.warning("end of job not written, its lease will run out", kind=end.job.kind, reason=failure.name)


def _as_end(job: Job, outcome: Outcome) -> End:
    match outcome:
        case Done(writes):
            return ends.done(job, writes)
        case Again(run_at, data, writes):
            return ends.again(job, run_at, data, writes)
        case Failed(reason, writes):
            return ends.failed(job, reason, writes)
