"""Sending the outbox: in the calling order, in batches, several at a time, until all has arrived or there is no use.

The operations are sent one after the other, for a row refers to rows of those before. Within an operation batches go
side by side; of one record never two versions at a time. Whatever breaks, the rows are in the outbox: what the platform
has taken already it does not take twice.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from yiqiao.errors import DomainError
from yiqiao.hospital.supervision.outbox import Outbox, Row, open_rows
from yiqiao.ports.supervision import Fate, NotTaken, SupervisionPlatform, Taken, Then
from yiqiao.storage.uploads import DONE, REFUSED, Outcome

WAITS_S = (1, 2, 5, 15, 30, 60)
"""How long to wait after the first, second … failure in a row; the last one repeats."""
LONGEST_TOLD = 500


class Stopped(DomainError):
    """Sending has no use as things are: the message says what to change. Nothing of the outbox is lost.

    `reached`: the platform answered, and does not let us in; else it does not answer.
    """

    def __init__(self, message: str, *, reached: bool) -> None:
        super().__init__(message)
        self.reached = reached


@dataclass(frozen=True)
class Pace:
    """How batches are cut and sent. `patience`: failures of one batch until one gives up; 0 never does."""

    rows: int = 100
    size: int = 29_000_000
    concurrency: int = 4
    patience: int = 8
    waits_s: Sequence[float] = WAITS_S


@dataclass
class Sender:
    """Sends one hospital's outbox. `advanced` learns how many rows have come to an end."""

    outbox: Outbox
    platform: SupervisionPlatform
    order: Sequence[str]
    pace: Pace = field(default_factory=Pace)
    advanced: Callable[[int], None] = lambda _: None

    async def run(self) -> None:
        """Send until nothing is left to be sent. Raises Stopped."""
        await self.outbox.release()  # of a sender that was killed
        try:
            while service := await self._next():
                await self._send_all(service)
        finally:
            await asyncio.shield(self.outbox.release())

    async def _next(self) -> str | None:
        """The first operation in the calling order of which there is something to send."""
        left = open_rows(await self.outbox.tallies())
        ranked = [service for service in self.order if service in left]
        return next(iter([*ranked, *sorted(left.keys() - set(ranked))]), None)

    async def _send_all(self, service: str) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.pace.concurrency):
                    group.create_task(self._work(service))
        except BaseExceptionGroup as several:
            raise _first(several) from None

    async def _work(self, service: str) -> None:
        while rows := await self.outbox.claim(service, self.pace.rows, self.pace.size):
            await self._deliver(service, rows)

    async def _deliver(self, service: str, rows: Sequence[Row]) -> None:
        """Send a batch until it is settled: whole, in halves, or row by row where one of them is wrong."""
        failures = 0  # of this batch: those that go side by side fail together, and would count an outage several times
        while True:
            try:
                taken = await self.platform.upload(service, [row.text for row in rows])
            except NotTaken as failure:
                if failure.then is Then.STOP:
                    told = f"{failure.message}；未发送的记录保留在本机，改正后再次运行即可"
                    raise Stopped(told, reached=True) from failure
                if failure.then is Then.SMALLER:
                    await self._smaller(service, rows, failure)
                    return
                failures += 1
                await self._wait(failures, failure)
                continue
            await self._settle(rows, taken)
            return

    async def _smaller(self, service: str, rows: Sequence[Row], failure: NotTaken) -> None:
        if len(rows) == 1:
            await self._settle(rows, Taken([Fate.REFUSED], {0: failure.message}))
            return
        half = len(rows) // 2
        await self._deliver(service, rows[:half])
        await self._deliver(service, rows[half:])

    async def _wait(self, failures: int, failure: NotTaken) -> None:
        if self.pace.patience and failures >= self.pace.patience:
            told = f"连续 {failures} 次没有成功：{failure.message}；未发送的记录保留在本机，稍后再次运行即可"
            raise Stopped(told, reached=False)
        wait = self.pace.waits_s[min(failures, len(self.pace.waits_s)) - 1]
        await asyncio.sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311  spreads senders, guards nothing

    async def _settle(self, rows: Sequence[Row], taken: Taken) -> None:
        outcomes = [
            Outcome(row.number, REFUSED if fate is Fate.REFUSED else DONE, fate.value, _cut(taken.told.get(place)))
            for place, (row, fate) in enumerate(zip(rows, taken.fates, strict=True))
        ]
        await self.outbox.settle(outcomes)
        self.advanced(len(rows))


def _cut(told: str | None) -> str | None:
    return told[:LONGEST_TOLD] if told else None


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
