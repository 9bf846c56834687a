"""Runs jobs in a test's own time, as fast as there is something to do; a run can die before its end is written."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Done, Failed, Job, LeaseLost, ends, queue
from yiqiao.jobs.job import Handler
from yiqiao.storage import Database
from yiqiao.storage.tables.jobs import job as job_table


@dataclass
class Driver:
    """`deaths` says of each run whether its process dies `before` its step, or `after` it, or is so slow that it is
    `overtaken`: another has taken the job over and ended it when it comes back.
    """

    database: Database
    clock: FixedClock
    handlers: Callable[[], Mapping[str, Handler]]
    deaths: Callable[[], str | None] = lambda: None
    after_each: Callable[[], Awaitable[None]] | None = None
    """Looks at what there is after each run."""

    async def settle(self, seconds: float = 0) -> None:
        """Do all that is due, then let the time pass and do what becomes due in it."""
        until = self.clock.now_ms() + round(seconds * 1000)
        for _ in range(20_000):
            if await self._turn():
                continue
            due = await self.database.read(self._next_due)
            if due is None or due > until:
                self.clock.ms = max(self.clock.ms, until)
                return
            self.clock.ms = max(self.clock.ms, due)
        raise AssertionError("the jobs never come to rest")

    async def _turn(self) -> bool:
        now, kinds = self.clock.now_ms(), self.handlers().keys()
        jobs = await self.database.write(lambda c: queue.claim(c, "test", now, 16, kinds))
        for one in jobs:
            await self._run(one)
            if self.after_each is not None:
                await self.after_each()
        return bool(jobs)

    async def _run(self, job: Job) -> None:
        death = self.deaths()
        if death == "before":
            await self._lease_runs_out(job)
            return
        try:
            outcome = await self.handlers()[job.kind](job)
            if death == "after":
                await self._lease_runs_out(job)
                return
            if death == "overtaken":
                await self._lease_runs_out(job)
                await self._turn()
            match outcome:
                case Done(writes):
                    end = ends.done(job, writes)
                case Again(run_at, data, writes):
                    end = ends.again(job, run_at, data, writes)
                case Failed(reason, writes):
                    end = ends.failed(job, reason, writes)
            await self._end(end)
        except LeaseLost:
            return
        except DomainError as error:
            await self._end(ends.retry(job, self.clock.now_ms() + 200, error.message))

    async def _end(self, end: ends.End) -> None:
        now = self.clock.now_ms()
        await self.database.write(lambda c: ends.end(c, now, end))

    async def _lease_runs_out(self, job: Job) -> None:
        """What is left by a process that died: a lease that nobody renews. Its time passes at once."""
        lost = job_table.update().where(job_table.c.kind == job.kind, job_table.c.unique_key == job.key)
        await self.database.write(lambda c: c.execute(lost.values(lease_until=self.clock.now_ms())))

    def _next_due(self, connection: Connection) -> int | None:
        table = job_table.c
        due = case((table.state == "running", table.lease_until), else_=table.run_at)
        open_ = table.kind.in_(list(self.handlers())), table.state.in_(("due", "running"))
        found = connection.execute(select(func.min(due)).where(*open_)).scalar()
        return None if found is None else int(found)


def goes_on(connection: Connection, kind: str, key: str) -> bool:
    """Whether something has a next action."""
    query = select(job_table.c.state).where(job_table.c.kind == kind, job_table.c.unique_key == key)
    return connection.execute(query).scalar() in ("due", "running")
