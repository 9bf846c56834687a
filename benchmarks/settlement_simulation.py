"""Settlements with the insurance centre on bad days, twenty thousand of them: `./dev soak --run settlements`.

The sagas are the real ones over a real database; centre, HIS and channels remember what they did, and fail by dice:
nobody is reached, an answer is lost after the act, any question or act is refused, the centre settles another amount or
takes back on its own, refunds fail; the process dies before or after any step, or is overtaken by another. Insured and
self-paid bills are sent and sent again, paid, given up, taken back; people press buttons. After each run of a step the
books add up to nothing; every day ends with all settlements at their end, and the books, the centre, the HIS and the
channels telling the same.

A day is made of its seed alone: the same seed makes the same day, event by event, and a fault names the seed to repeat.
"""

import asyncio
import random
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from benchmarks.payment_simulation import InlineDatabase
from tests.region.insurance.trouble import all_goes_well_again, begin, something_happens
from tests.region.insurance.world import Region
from tests.region.payments.world import MERCHANT
from tests.support.databases import swept
from yiqiao.crypto import sm3
from yiqiao.region.insurance.states import State
from yiqiao.storage import insurance, payment_books
from yiqiao.storage.tables import metadata

SETTLEMENTS = 20_000
A_DAY = 50
"""Settlements of one day, about."""
FAILS = 0.15


@dataclass(frozen=True)
class Day:
    """What a day came to: how many were settled, taken back, or came to nothing, and the digest of all events."""

    done: int
    cancelled: int
    failed: int
    digest: str

    @property
    def settlements(self) -> int:
        """All of them."""
        return self.done + self.cancelled + self.failed


async def a_day(database: InlineDatabase, seed: int, settlements: int = A_DAY) -> Day:
    """One day. Raises AssertionError where anything is not as it must be."""
    await database.write(swept)
    region, chance = Region(database), random.Random(seed)
    region.orders = replace(region.orders, chance=chance)
    region.settlements = replace(region.settlements, chance=chance)
    await region.open()

    async def adds_up() -> None:
        balances = await database.read(lambda c: payment_books.balances(c, MERCHANT))
        assert sum(balances.values()) == 0, f"seed {seed}: the books do not add up"

    region.driver.after_each = adds_up
    begin(region, seed, FAILS)
    region.deaths = lambda: chance.choice((None,) * 10 + ("before", "before", "after", "after", "overtaken"))
    happened = 0
    while len(await database.read(lambda c: insurance.newest(c, settlements))) < settlements:
        await something_happens(region, chance)
        await region.settle(chance.choice((0, 0, 1, 3, 30)))
        happened += 1
        assert happened < 100 * settlements, f"seed {seed}: bills are settled no more"
        if chance.random() < 0.02:
            await region.must_hold()
    await all_goes_well_again(region)
    return await database.read(_told)


def _told(connection: Connection) -> Day:
    rows = insurance.newest(connection, 1_000_000)
    told = [
        repr(tuple(one))
        for row in sorted(rows, key=lambda one: one.number)
        for one in insurance.course(connection, row.merchant_id, row.number)
    ]
    count = {state: sum(1 for row in rows if row.state == state) for state in State}
    digest = sm3("\n".join(told).encode()).hex()
    return Day(count[State.DONE], count[State.CANCELLED], count[State.FAILED], digest)


async def _days(seed: int, settlements: int) -> list[str]:
    faults: list[str] = []
    made = days = done = cancelled = 0
    with tempfile.TemporaryDirectory() as folder:
        database = InlineDatabase(Path(folder) / "simulation.db")
        await database.write(metadata.create_all)
        while made < settlements:
            today = seed + 1000 * days
            try:
                day = await a_day(database, today)
                if days % 50 == 0 and (await a_day(database, today)).digest != day.digest:
                    faults.append(f"settlements: the day of seed {today} is not the same when it is run again")
            except AssertionError as wrong:
                faults.append(f"settlements: seed {today}: {wrong}")
                made += A_DAY
            else:
                made, done, cancelled = made + day.settlements, done + day.done, cancelled + day.cancelled
            days += 1
        await database.close()
    print(f"settlements: {made} on {days} days, {done} settled, {cancelled} taken back, {len(faults)} faults")
    return faults


def run(engine: str, fraction: float, seed: int) -> list[str]:
    """A part of the twenty thousand; answers what went wrong. On SQLite alone: there a seed decides everything."""
    if engine != "sqlite":
        return []
    return asyncio.run(_days(seed, max(A_DAY, round(SETTLEMENTS * fraction))))
