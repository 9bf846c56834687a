"""A payment hub on bad days, a million operations of them: `./dev soak --run payments`.

The sagas are the real ones over a real database; channels and HIS remember what they did, and fail by dice: nobody is
reached, an answer is lost after the act, any question or act is refused, a refund stays pending, a wrong amount, money
after closing, money by two channels, notices too early, too late and twice; the process dies before or after any step,
or is overtaken by another. Meanwhile people approve and reject, try again, give back and settle by hand, a
reconciliation asks once more, the clock is set back a little, and days are closed. An operation is an act of somebody,
or one run of a saga's step. After each of them the books add up to nothing and no refund is above what was paid; every
day ends with all trades and refunds at their end, and the books, the channels and the HIS telling the same.

A day is made of its seed alone: the same seed makes the same day, event by event, and a fault names the seed to repeat.
"""

import asyncio
import random
import sqlite3
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, event

from tests.region.payments.trouble import all_goes_well_again, all_kinds_of_trouble, something_happens, time_goes_by
from tests.region.payments.world import MERCHANT, World
from tests.support.databases import swept
from yiqiao.crypto import sm3
from yiqiao.storage import payment_books, payments
from yiqiao.storage.database import Kind, Work
from yiqiao.storage.sqlite import sqlite_engine, translating
from yiqiao.storage.tables import metadata

OPERATIONS = 1_000_000
A_DAY = 600
"""Operations of one day, about."""
FAILS = 0.2

T = TypeVar("T")


class InlineDatabase:
    """`Database` on one SQLite file and one thread: a simulation waits for nobody, and nothing but its seed decides."""

    kind: Kind = "sqlite"
    writes_at_once = 1

    def __init__(self, path: Path) -> None:
        self._engine = sqlite_engine(str(path), read_only=False)
        event.listen(self._engine, "connect", _power_is_never_cut)
        self._connection = self._engine.connect()

    async def read(self, work: Work[T]) -> T:
        """Run `work`."""
        return await self.write(work)

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction."""
        with translating(), self._connection.begin():
            return work(self._connection)

    write_briefly = write

    def aside(self, work: Callable[[], T]) -> T:
        """Run `work`."""
        return work()

    async def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._engine.dispose()


def _power_is_never_cut(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


@dataclass(frozen=True)
class Day:
    """What a day came to: how much happened, and the digest of all events in order."""

    operations: int
    trades: int
    refunds: int
    digest: str


async def a_day(database: InlineDatabase, seed: int, operations: int = A_DAY) -> Day:
    """One day. Raises AssertionError where anything is not as it must be."""
    await database.write(swept)
    world, chance = World(database), random.Random(seed)
    world.orders = replace(world.orders, chance=chance)
    await world.open(approval_above=30_000)
    done = 0

    async def must_hold() -> None:
        nonlocal done
        done += 1
        balances = await database.read(lambda c: payment_books.balances(c, MERCHANT))
        assert sum(balances.values()) == 0, f"seed {seed}: the books do not add up"

    world.driver.after_each = must_hold
    world.money, world.ward = all_kinds_of_trouble(seed, FAILS)
    world.deaths = lambda: chance.choice((None,) * 10 + ("before", "before", "after", "after", "overtaken"))
    numbers: list[str] = []
    while done < operations:
        if not numbers or chance.random() < 0.2:
            numbers.append(f"C{len(numbers)}")
            amount, channel = chance.randrange(1, 50_000), chance.choice(("", "WECHAT", "WECHAT", "CASH"))
            own_part = chance.choice((None, None, amount // 2))
            await world.order(numbers[-1], amount, channel, own_part=own_part)
        else:
            await something_happens(world, chance, numbers[-40:])
        await must_hold()
        await world.settle(chance.choice((0, 0, 1, 3, 30)))
        if chance.random() < 0.005:
            await time_goes_by(world, chance)
        if chance.random() < 0.02:
            await world.must_be_true()
    await all_goes_well_again(world)
    return await database.read(lambda c: _told(c, done))


def _told(connection: Connection, done: int) -> Day:
    trades = payments.newest_trades(connection, 1_000_000)
    told = [
        repr(tuple(one))
        for row in sorted(trades, key=lambda one: one.trace_no)
        for one in payments.course(connection, MERCHANT, row.trace_no)
    ]
    refunds = payments.newest_refunds(connection, 1_000_000)
    return Day(done, len(trades), len(refunds), sm3("\n".join(told).encode()).hex())


async def _days(seed: int, operations: int) -> list[str]:
    faults: list[str] = []
    done = days = trades = refunds = 0
    with tempfile.TemporaryDirectory() as folder:
        database = InlineDatabase(Path(folder) / "simulation.db")
        await database.write(metadata.create_all)
        while done < operations:
            today = seed + 1000 * days
            try:
                day = await a_day(database, today)
                if days % 50 == 0 and (await a_day(database, today)).digest != day.digest:
                    faults.append(f"payments: the day of seed {today} is not the same when it is run again")
            except AssertionError as wrong:
                faults.append(f"payments: seed {today}: {wrong}")
                done += A_DAY
            else:
                done, trades, refunds = done + day.operations, trades + day.trades, refunds + day.refunds
            days += 1
        await database.close()
    print(f"payments: {done} operations on {days} days, {trades} trades, {refunds} refunds, {len(faults)} faults")
    return faults


def run(engine: str, fraction: float, seed: int) -> list[str]:
    """A part of the million operations; answers what went wrong. On SQLite alone: there a seed decides everything."""
    if engine != "sqlite":
        return []
    return asyncio.run(_days(seed, max(A_DAY, round(OPERATIONS * fraction))))
