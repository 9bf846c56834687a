"""The sandbox's switches at hand: every message asks whether something is to go wrong with it.

They are kept in the database, so that all processes of a hub obey the same ones. What is changed through this process
is seen by it at once, what is changed by another one in less than a second.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy import Connection

from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.sandbox.clock import REAL, Dial, SandboxClock
from yiqiao.sandbox.faults import Faults, parse
from yiqiao.storage import Database
from yiqiao.storage import sandbox as store
from yiqiao.storage.database import Work
from yiqiao.storage.sandbox import ANY, HEADER, SWITCH, FaultRow, StateRow

T = TypeVar("T")
REFRESH_S = 0.3
FORGET_MS = 3_600_000
"""A header's count is kept so long from its first message on."""

log = structlog.get_logger("yiqiao.sandbox")


@dataclass(frozen=True)
class Switch:
    """Faults that are on for a partner, or for everybody.

    Where they are limited, they were held against `seen` messages and happened to `hit` of them.
    """

    dialect: str
    app_id: str
    faults: Faults
    set_at: int
    seen: int = 0
    hit: int = 0

    @property
    def everybody(self) -> bool:
        """Whether it is on for all partners of all dialects."""
        return self.app_id == ANY

    def over(self, now_ms: int) -> bool:
        """Whether its limits are used up. `now_ms` is the machine's time."""
        late = self.faults.for_ and now_ms >= self.set_at + self.faults.for_ * 1000
        return bool(late or (self.faults.times and self.hit >= self.faults.times))


class Controls:
    """The switches and the dial in memory, kept in step with the database while it is open."""

    def __init__(self, database: Database, clock: SandboxClock, *, refresh_s: float = REFRESH_S) -> None:
        self.clock = clock
        self._database = database
        self._renewed: Callable[[], Awaitable[None]] | None = None
        self._refresh_s = refresh_s
        self._state = StateRow(version=-1)
        self._switches: Mapping[tuple[str, str], FaultRow] = {}
        self._looking = asyncio.Lock()
        self._watch: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """This database is a sandbox's now: load how it stands, and watch for changes."""
        await self._database.write(lambda connection: store.set_open(connection, True))
        await self.refresh()
        self._watch = asyncio.create_task(self._watching(), name="sandbox controls")

    async def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
            self._watch = None

    async def change(self, work: Work[T]) -> T:
        """Run a change (of functions of `storage.sandbox`) in a transaction of its own, and see it at once."""
        result = await self._database.write(work)
        await self.refresh()
        return result

    async def refresh(self) -> None:
        """Look whether anything was changed, and load it. Raises StorageUnreachable, StorageFailed."""
        async with self._looking:
            found = await self._database.read(self._load)
            if found is None:
                return
            before = self._state
            self._state, rows = found
            self._switches = {(row.dialect, row.app_id): row for row in rows}
            self.clock.dial = Dial(self._state.clock_offset_ms, self._state.clock_frozen_at)
        if self._renewed is not None and before.version >= 0 and before.generation != self._state.generation:
            await self._renewed()

    def when_renewed(self, renewed: Callable[[], Awaitable[None]]) -> None:
        """Have this called whenever the data was replaced as a whole, by whichever process."""
        self._renewed = renewed

    @property
    def idle(self) -> bool:
        """Whether no switch is on."""
        return not self._switches

    @property
    def usual(self) -> bool:
        """Whether no switch is on and the clock shows the machine's time."""
        return not self._switches and self.clock.dial == REAL

    async def switches(self) -> tuple[Switch, ...]:
        """What is switched on, everybody's first, with its counts as they are now."""
        rows = await self._database.read(store.switches)
        return tuple(Switch(r.dialect, r.app_id, parse(r.rule), r.set_at, r.seen, r.hit) for r in rows)

    async def switch_on(self, dialect: str, app_id: str, faults: Faults) -> None:
        """Switch faults on for a partner (or ANY, ANY), in place of those that were on for it."""
        await self.change(lambda connection: store.switch_on(connection, self._row(dialect, app_id, SWITCH, faults)))

    async def switch_off(self, dialect: str, app_id: str) -> bool:
        """Switch off what is on for a partner (or ANY, ANY); answers whether anything was."""
        return await self.change(lambda connection: store.switch_off(connection, dialect, app_id))

    async def switch_all_off(self) -> None:
        """Switch off everything, and forget what was counted."""
        await self.change(store.switch_all_off)

    async def set_dial(self, dial: Dial) -> None:
        """Set the clock, for all processes."""
        await self.change(lambda connection: store.set_clock(connection, dial.offset_ms, dial.frozen_at))

    async def striking(self, dialect: str, app_id: str, asked: Faults | None) -> Faults | None:
        """What goes wrong with this message: what it asks for itself, else its partner's switch, else everybody's.

        None where nothing does. Raises StorageUnreachable, StorageFailed where it has to be counted and cannot be.
        """
        if asked is not None:
            row = self._row(dialect, app_id, HEADER, asked)
        else:
            found = self._switches.get((dialect, app_id)) or self._switches.get((ANY, ANY))
            if found is None:
                return None
            row, asked = found, parse(found.rule)
        if asked.calm:
            return None
        return asked if not asked.limited or await self._counted(row, asked) else None

    async def _counted(self, row: FaultRow, faults: Faults) -> bool:
        now = self.clock.wall.now_ms()

        def work(connection: Connection) -> bool:
            met = store.meet(connection, row, now - FORGET_MS)
            if met is None or Switch(met.dialect, met.app_id, faults, met.set_at, met.seen, met.hit).over(now):
                return False
            if not _falls(faults.share, met.seed, met.seen):
                return False
            store.strike(connection, met)
            return True

        return await self._database.write(work)

    def _row(self, dialect: str, app_id: str, origin: str, faults: Faults) -> FaultRow:
        seed = secrets.randbits(31) if faults.seed is None else faults.seed
        return FaultRow(dialect, app_id, origin, faults.text(), seed, self.clock.wall.now_ms())

    def _load(self, connection: Connection) -> tuple[StateRow, tuple[FaultRow, ...]] | None:
        # The state is read first: what is changed while we read shows as a version that moved, at the next look.
        state = store.state(connection)
        return None if state.version == self._state.version else (state, store.switches(connection))

    async def _watching(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            try:
                await self.refresh()
            except DomainError as failure:
                log.warning("sandbox controls not refreshed", reason=failure.name)
            except Exception:
                log.exception("sandbox controls not refreshed")


def _falls(share: float, seed: int, throw: int) -> bool:
    """Whether the n-th throw of this seed falls into the share; always the same for the same seed and n."""
    return int.from_bytes(sm3(f"{seed}/{throw}".encode())[:7], "big") < share * (1 << 56)
