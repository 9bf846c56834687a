"""Filing the journal's business keys behind the writers' backs, so that no message waits for it.

Each process files the keys of the chains it writes, every other second, and takes their marks when it ends. What
processes left behind that did not end in order is filed by the next one that starts, or at night; any may, as many at
once as like.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import structlog

from yiqiao.errors import DomainError
from yiqiao.journal.recorder import Recorder
from yiqiao.storage import Database, journal_keys

PAUSE_S = 2.0
"""Entries wait so long to be filed. A portion changes most pages of its part however many it files, so few long ones
cost a message less than many short ones: half a second took a tenth more of a message's processor time."""
BREATH_S = 0.02
"""Between two portions, so that other writers get their turn."""
PORTION = 2500

log = structlog.get_logger("yiqiao.journal")


class Follower:
    """Files the keys of a process's chains. Nothing is lost where it fails: searches look behind the marks."""

    def __init__(self, database: Database, recorders: Sequence[Recorder], *, pause_s: float = PAUSE_S) -> None:
        self._database = database
        self._filed = dict.fromkeys(recorders, 0)
        self._pause_s = pause_s
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def behind(self) -> int:
        """How many entries of this process wait to be filed."""
        return sum(max(0, recorder.written - filed) for recorder, filed in self._filed.items())

    def start(self) -> None:
        """Begin, with what others left behind."""
        self._task = asyncio.create_task(self._run(), name="journal keys")

    async def stop(self) -> None:
        """File the rest, once nobody writes any more, and take the chains' marks."""
        self._stopping.set()
        if self._task is not None:
            await self._task
        try:
            await self._follow()
            for recorder in self._filed:
                if recorder.written and not recorder.unsure:
                    await self._database.write(partial(journal_keys.close, chain=recorder.chain))
        except DomainError as failure:
            log.warning("the journal's last keys are left to the next process", reason=failure.name)

    async def _run(self) -> None:
        step = self._catch_up
        while not self._stopping.is_set():
            try:
                await step()
                step = self._follow
            except DomainError as failure:
                log.warning("the journal's keys wait for the database", reason=failure.name)
            except Exception:
                log.exception("filing the journal's keys failed")
            await self._paused(self._pause_s)

    async def _catch_up(self) -> None:
        await catch_up(self._database, self._stopping.is_set)

    async def _follow(self) -> None:
        """File what was written before now. What is written meanwhile waits its turn: under load there is always some,
        and a portion of a few entries costs nearly as much as a full one.
        """
        for recorder in self._filed:
            written = recorder.written
            while self._filed[recorder] < written:
                reached = await file_portion(self._database, recorder.chain)
                # Nothing left of what was written before now: filed already, by one who caught up, or pruned.
                self._filed[recorder] = written if reached is None else reached
                await self._paused(BREATH_S)

    async def _paused(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


async def catch_up(database: Database, stopping: Callable[[], bool] = lambda: False) -> int:
    """File what is not filed of any chain; answers of how many chains. Raises StorageUnreachable, StorageFailed."""
    chains = await database.read(journal_keys.chains_behind)
    for chain in chains:
        more = True
        while more and not stopping():
            more = await file_portion(database, chain) is not None
            await asyncio.sleep(BREATH_S)
    return len(chains)


async def file_portion(database: Database, chain: str, portion: int = PORTION) -> int | None:
    """File the keys of a chain's next entries; answers how far that is, None where nothing was left."""
    return await database.write(lambda c: journal_keys.file_portion(c, chain, portion))
