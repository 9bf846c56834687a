"""What goes wrong with calls to a stand-in: on command, or by chance that a seed repeats."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol, TypeVar

from yiqiao.errors import DomainError
from yiqiao.storage.sandbox_payments import MISCHIEF, MischiefRow
from yiqiao.storage.shelves import Book, Store

T = TypeVar("T")
ANY = "*"
SLOW_MS = 2000
ALWAYS = 2**31 - 1
"""So many times: until told otherwise."""


class Fate(StrEnum):
    """What can happen to a call."""

    REFUSED = "refused"  # for good, with words
    UNREACHABLE = "unreachable"  # nothing was done
    SILENT_BEFORE = "silent_before"  # no answer, and nothing was done
    SILENT_AFTER = "silent_after"  # it was done, and the answer was lost
    SLOW = "slow"  # it is done, and takes its time
    DIFFERENT = "different"  # it is done, but not for the amount that it should come to
    TAKEN_BACK = "taken_back"  # it is done and answered, and taken back behind the caller's back


EVERYWHERE = (Fate.REFUSED, Fate.UNREACHABLE, Fate.SILENT_BEFORE, Fate.SILENT_AFTER, Fate.SLOW)
"""What any stand-in knows; the others are for those that say so."""


class Mishap(NamedTuple):
    """What happens to one call: SLOW takes `delay_ms`, REFUSED says `reason` (empty: the stand-in's own words)."""

    fate: Fate
    delay_ms: int = SLOW_MS
    reason: str = ""


class Failures(NamedTuple):
    """How the port of a stand-in names what happens; a refusal is given its reason."""

    refused: Callable[[str], DomainError]
    unreachable: Callable[[], DomainError]
    silent: Callable[[], DomainError]


class Mischief(Protocol):
    """Who decides."""

    async def fate(self, act: str) -> Mishap | None:
        """What happens to this call of an act; None: all goes well."""
        ...


class NoMischief:
    """All goes well."""

    async def fate(self, act: str) -> Mishap | None:
        return None


class OnCommand:
    """What was ordered happens, act by act and call by call, and nothing else."""

    def __init__(self) -> None:
        self._ordered: dict[str, deque[Mishap | None]] = {}

    def order(self, act: str, fate: Fate, times: int = 1, *, after: int = 0) -> None:
        """Let this happen to the next calls of an act (`*`: any), `after` so many that go well."""
        self._ordered.setdefault(act, deque()).extend([None] * after + [Mishap(fate)] * times)

    async def fate(self, act: str) -> Mishap | None:
        for name in (act, ANY):
            if waiting := self._ordered.get(name):
                return waiting.popleft()
        return None


@dataclass(frozen=True)
class OnOrder:
    """What was ordered for a stand-in of a running sandbox, whichever of its processes is called."""

    store: Store
    target: str

    async def order(self, act: str, fate: Fate, times: int = 1, *, delay_ms: int = SLOW_MS, reason: str = "") -> None:
        """Let this happen to the next calls of an act (`*`: any), in the place of what was ordered for it before."""

        def work(book: Book) -> None:
            row = MischiefRow(self.target, act, fate, times, delay_ms, reason)
            if book.add(MISCHIEF, row) != row:
                book.put(MISCHIEF, row)

        await self.store.write(work)

    async def well(self, act: str = ANY) -> None:
        """Nothing of what was ordered for an act (`*`: for all of them) happens any more."""
        for row in await self.ordered():
            if act in (row.act, ANY):
                await self.order(row.act, Fate.SLOW, 0)

    async def ordered(self) -> list[MischiefRow]:
        """What is still to happen."""
        rows = await self.store.read(lambda book: book.where(MISCHIEF, "target", self.target))
        return [row for row in rows if row.times]

    async def fate(self, act: str) -> Mishap | None:
        if not await self.ordered():  # looked at before every call, and nearly always empty
            return None

        def work(book: Book) -> Mishap | None:
            for name in (act, ANY):
                row = book.get(MISCHIEF, self.target, name)
                if row is not None and row.times:
                    if row.times != ALWAYS:
                        book.put(MISCHIEF, row._replace(times=row.times - 1))
                    return Mishap(Fate(row.fate), row.delay_ms, row.reason)
            return None

        return await self.store.write(work)


class ByChance:
    """Each call has a share of each fate; the same seed and calls give the same fates."""

    def __init__(self, seed: int, shares: Mapping[Fate, float], *, spared: frozenset[str] = frozenset()) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - a simulation is to be repeatable
        self._shares, self._spared = dict(shares), spared

    async def fate(self, act: str) -> Mishap | None:
        if act in self._spared:
            return None
        drawn = self._chance.random()
        for fate, share in self._shares.items():
            if drawn < share:
                return Mishap(fate)
            drawn -= share
        return None


async def befallen(
    mischief: Mischief,
    act: str,
    work: Callable[[], Awaitable[T]],
    failures: Failures,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Do `work`, unless what happens to this act prevents it. Raises the failures."""
    return await suffering(await mischief.fate(act), work, failures, pause)


async def suffering(
    mishap: Mishap | None,
    work: Callable[[], Awaitable[T]],
    failures: Failures,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> T:
    """Do `work`, unless this prevents it. DIFFERENT and TAKEN_BACK are the work's own affair. Raises the failures."""
    fate = mishap.fate if mishap else None
    if mishap is not None and fate is Fate.REFUSED:
        raise failures.refused(mishap.reason)
    if fate is Fate.UNREACHABLE:
        raise failures.unreachable()
    if fate is Fate.SILENT_BEFORE:
        raise failures.silent()
    if mishap is not None and fate is Fate.SLOW:
        await pause(mishap.delay_ms / 1000)
    done = await work()
    if fate is Fate.SILENT_AFTER:
        raise failures.silent()
    return done
