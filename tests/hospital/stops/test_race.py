"""An order that is being made while its session is called off: the stop waits for it, and closes it.

PostgreSQL only: SQLite has one writer at a time.
"""

import asyncio

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.util import await_only

from tests.hospital.stops.patients import MORNING, NOW, THE_MORNING, TODAY, order, unit
from tests.support.hospital import HOSPITAL, fill
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.service import Stops
from yiqiao.storage import Database
from yiqiao.storage.booking import PoolKey, add_locks, lock_pools
from yiqiao.storage.orders import add_orders

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
POOL = PoolKey(HOSPITAL, MORNING, "", 1)
A_WHILE_S = 0.3


async def _collide(database: Database, *, alone: bool) -> tuple[bool, str, int]:
    """Call a session off while an order of it is written; `alone`: whoever orders is alone with the units, as they are.

    Answers whether the stop had to wait, what became of the order, and how many units are taken.
    """
    stops = Stops(House(database, KEYRING, FixedClock(NOW)), HOSPITAL)
    seen, go = asyncio.Event(), asyncio.Event()

    def make_order(connection: Connection) -> None:
        if alone:
            lock_pools(connection, [POOL])
        state = connection.execute(text(f"SELECT state FROM schedule WHERE schedule_id = '{MORNING}'")).scalar_one()
        assert state == "open"
        seen.set()
        await_only(go.wait())
        made = order(1, "booked")
        add_orders(connection, [made])
        add_locks(connection, [unit(made)])
        connection.execute(text(f"UPDATE slot_pool SET taken = 1 WHERE schedule_id = '{MORNING}' AND pool = 1"))

    ordering = asyncio.create_task(database.write(make_order))
    await seen.wait()
    stopping = asyncio.create_task(stops.stop(THE_MORNING, keep=False, reason=None, operator="test"))
    done, _ = await asyncio.wait({stopping}, timeout=A_WHILE_S)
    go.set()
    await asyncio.gather(ordering, stopping)

    def left(connection: Connection) -> tuple[str, int]:
        state = connection.execute(text("SELECT state FROM registration_order")).scalar_one()
        taken = text(f"SELECT taken FROM slot_pool WHERE schedule_id = '{MORNING}' AND pool = 1")
        return str(state), int(connection.execute(taken).scalar_one())

    return not done, *await database.read(left)


async def test_an_order_that_is_being_made_is_closed_by_the_stop(database: Database) -> None:
    await database.write(lambda connection: fill(connection, TODAY, 1))
    assert await _collide(database, alone=True) == (True, "stopped", 0)


async def test_control_without_being_alone_the_order_would_stand_on_a_session_that_does_not_take_place(
    database: Database,
) -> None:
    await database.write(lambda connection: fill(connection, TODAY, 1))
    assert await _collide(database, alone=False) == (False, "booked", 1)
