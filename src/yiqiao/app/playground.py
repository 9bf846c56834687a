"""What a sandbox can be told as a whole: start anew, be copied and put back, show another time, let things go wrong.

A reset or restore is one transaction. Messages in flight are answered before it or after it, never in between: what
they write waits for its end. It touches data alone: partners, keys, operators and the journal stay (`storage.copies`).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from yiqiao.app.services import cards_of
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.clock import Clock, beijing
from yiqiao.errors import DomainError
from yiqiao.partners.audit import NOBODY, audit
from yiqiao.region.cards.service import Cards
from yiqiao.sandbox import demo, hospitals, internet_hospital
from yiqiao.sandbox.clock import REAL, Dial, SandboxClock, turned
from yiqiao.sandbox.controls import Controls, Switch
from yiqiao.sandbox.faults import Faults
from yiqiao.storage import Database, copies, payment_closing
from yiqiao.storage import sandbox as switches
from yiqiao.storage.copies import Copies, Snapshot, copies_of
from yiqiao.storage.sandbox import ANY

SNAPSHOTS = "snapshots"


class NoPlayground(DomainError):
    """The hub is no sandbox, or not on loopback: nothing of it may be played with."""

    def __init__(self) -> None:
        super().__init__("该平台不是沙箱（或未以沙箱方式在本机启动过），不能重置、恢复或拨动时钟")


class PartnerNotFiled(DomainError):
    """Nobody of this name is filed in this dialect."""

    def __init__(self, dialect: str, app_id: str) -> None:
        super().__init__(f"没有登记应用 {dialect}/{app_id}")


@dataclass(frozen=True)
class Playground:
    """An open sandbox, seen by who may change it. `who` is the operator to be named in the audit."""

    store: Store
    clock: SandboxClock
    controls: Controls
    cards: Cards
    copies: Copies

    @classmethod
    def of(cls, store: Store, controls: Controls, cards: Cards) -> "Playground":
        """That of an open store."""
        kept = copies_of(store.database, store.settings.database, store.settings.folder / SNAPSHOTS)
        return cls(store, controls.clock, controls, cards, kept)

    @property
    def database(self) -> Database:
        """The sandbox's database."""
        return self.store.database

    @property
    def wall(self) -> Clock:
        """The machine's clock."""
        return self.clock.wall

    @property
    def usual(self) -> bool:
        """Whether nothing is switched on and the clock shows the real time."""
        return self.controls.usual

    async def reset(self, who: str = NOBODY) -> dict[str, int]:
        """Back to what a fresh sandbox holds: data anew, faults off, the real time. Answers rows by table.

        Raises Busy, StorageUnreachable, StorageFailed; nothing was changed then.
        """
        fresh = await demo.furnishing(self._cards_at_real_time(), self.wall)
        filed = hospitals.furnishing(self.store.keyring, self.wall) if self.store.settings.sandbox_hospitals else None

        opened = internet_hospital.opening(self.wall)

        def work(connection: Connection) -> dict[str, int]:
            copies.hold(connection)
            copies.empty(connection)
            fresh(connection)
            opened(connection)
            if filed is not None:
                filed(connection)
            switches.switch_all_off(connection)
            switches.set_clock(connection, REAL.offset_ms, REAL.frozen_at)
            self._replaced(connection, who, "sandbox.reset", "")
            return copies.rows(connection)

        return await self.controls.change(work)

    async def snapshot(self, name: str, who: str = NOBODY) -> Snapshot:
        """Copy the data as it is. Raises SnapshotUnfit."""
        taken = await self.copies.take(name, self.wall.now_ms())
        await self.database.write(lambda connection: self._audit(connection, who, "sandbox.snapshot", name))
        return taken

    async def restore(self, name: str, who: str = NOBODY) -> dict[str, int]:
        """Put a copy in the data's place; faults and time stay as they are set. Answers rows by table.

        Raises UnknownSnapshot, SnapshotOutdated, Busy, StorageUnreachable, StorageFailed; nothing was changed then.
        """
        await self.copies.put_back(name, lambda connection: self._replaced(connection, who, "sandbox.restore", name))
        await self.controls.refresh()
        return await self.database.read(copies.rows)

    async def drop(self, name: str, who: str = NOBODY) -> None:
        """Delete a copy. Raises UnknownSnapshot."""
        await self.copies.drop(name)
        await self.database.write(lambda connection: self._audit(connection, who, "sandbox.drop_snapshot", name))

    async def turn(self, text: str, who: str = NOBODY) -> Dial:
        """Set the clock, in words (see `sandbox.clock.turned`). Raises TimeUnreadable."""
        dial = turned(self.clock.dial, text, self.wall.now_ms())

        def work(connection: Connection) -> None:
            now_ms = dial.now_ms(self.wall.now_ms())
            switches.set_clock(connection, dial.offset_ms, dial.frozen_at)
            if self.store.settings.sandbox_hospitals:
                hospitals.resume(connection, now_ms)
            payment_closing.reopen(connection, f"{beijing(now_ms):%Y-%m-%d}")
            self._audit(connection, who, "sandbox.time", text)

        await self.controls.change(work)
        return dial

    async def switches(self) -> tuple[Switch, ...]:
        """What is switched on."""
        return await self.controls.switches()

    async def switch_on(self, dialect: str, app_id: str, faults: Faults, who: str = NOBODY) -> None:
        """Switch faults on for a partner, or for everybody (ANY, ANY). Raises PartnerNotFiled."""
        everybody = (dialect, app_id) == (ANY, ANY)
        if not everybody and self.store.directory.find(dialect, app_id) is None:
            raise PartnerNotFiled(dialect, app_id)
        await self.controls.switch_on(dialect, app_id, faults)
        target = "*" if everybody else f"{dialect}/{app_id}"
        detail = {"faults": faults.text()}
        await self.database.write(lambda c: audit(c, self.wall.now_ms(), who, "sandbox.fault_on", target, detail))

    async def switch_off(self, dialect: str, app_id: str, who: str = NOBODY) -> bool:
        """Switch off what is on for a partner, or for everybody; answers whether anything was."""
        was = await self.controls.switch_off(dialect, app_id)
        await self.database.write(lambda c: self._audit(c, who, "sandbox.fault_off", f"{dialect}/{app_id}"))
        return was

    async def switch_all_off(self, who: str = NOBODY) -> None:
        """Switch off everything."""
        await self.controls.switch_all_off()
        await self.database.write(lambda connection: self._audit(connection, who, "sandbox.fault_off", "all"))

    def _cards_at_real_time(self) -> Cards:
        """The services by the machine's clock, at which a fresh sandbox begins."""
        return cards_of(self.store, self.wall)

    def _replaced(self, connection: Connection, who: str, act: str, target: str) -> None:
        switches.count_generation(connection)
        self._audit(connection, who, act, target)

    def _audit(self, connection: Connection, who: str, act: str, target: str) -> None:
        audit(connection, self.wall.now_ms(), who, act, target)


@asynccontextmanager
async def open_playground(settings: Settings) -> AsyncIterator[Playground]:
    """A sandbox that need not run: other processes notice within a second. Raises NoPlayground, NotReadyToServe."""
    async with open_store(replace(settings, sandbox=True)) as store:
        state = await store.database.read(switches.state)
        if not state.open:
            raise NoPlayground
        clock = SandboxClock(store.wall)
        controls = Controls(store.database, clock)
        await controls.refresh()
        yield Playground.of(store, controls, cards_of(store))
