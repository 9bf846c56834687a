"""The day in figures: calls, refusals and times of each operation since midnight, Beijing time.

A day can be millions of exchanges, so a process counts them at most every so many seconds, however many look.
"""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from yiqiao.clock import Clock, beijing
from yiqiao.journal.reader import Reader, Tally
from yiqiao.spec import load
from yiqiao.web.exchanges import title_of

FRESH_MS = 15_000


@dataclass(frozen=True)
class OperationToday:
    """One operation's day; `refused` counts every outcome but success, 95 of 100 were done within `p95_ms`."""

    dialect: str
    operation: str
    title: str
    calls: int
    refused: int
    refused_percent: float
    p95_ms: float

    @classmethod
    def of(cls, tally: Tally) -> "OperationToday":
        """An operation's tally, told in the words of its standard."""
        spec = load(tally.dialect)
        refused = tally.calls - tally.outcomes.get(spec.success.code, 0)
        return cls(
            dialect=tally.dialect,
            operation=tally.operation,
            title=title_of(spec, tally.operation),
            calls=tally.calls,
            refused=refused,
            refused_percent=round(100 * refused / tally.calls, 1),
            p95_ms=round(tally.p95_us / 1000, 1),
        )


@dataclass(frozen=True)
class Today:
    """All operations that were called; `until` epoch ms is when they were counted."""

    until: int
    operations: tuple[OperationToday, ...] = ()


class Figures:
    """The day's figures, counted when they are asked for and no longer fresh."""

    def __init__(self, journal: Reader, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock
        self._counting = asyncio.Lock()
        self._last = Today(0)

    async def today(self) -> Today:
        """The figures, at most FRESH_MS old. Raises StorageUnreachable, StorageFailed."""
        async with self._counting:
            now = self._clock.now_ms()
            if not 0 <= now - self._last.until < FRESH_MS:
                tallies = await self._journal.tally(midnight(now), now + 1)
                told = sorted(map(OperationToday.of, tallies), key=lambda one: (one.dialect, -one.calls))
                self._last = Today(now, tuple(told))
            return self._last


def midnight(now_ms: int) -> int:
    """When the day began, Beijing time; epoch ms."""
    now = beijing(now_ms)
    passed = timedelta(hours=now.hour, minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
    return now_ms - passed // timedelta(milliseconds=1)
