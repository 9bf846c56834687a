"""Hospital, cashier and our own process fail by chance at any step: every appointment ends well all the same."""

import random
from dataclasses import replace

import pytest

from tests.hospital.booking.clinic import VISITOR
from tests.region.appointments.world import PERSON, World, dice
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Document
from yiqiao.region.appointments.states import FINAL
from yiqiao.storage import appointments as stored


async def a_day_of_trouble(world: World, seed: int) -> None:
    """Some citizens come and go while everything fails one time in four."""
    chance = random.Random(seed)
    world.fate, world.money = dice(seed, 0.25), dice(seed + 1, 0.25)
    world.deaths = lambda: chance.choice((None, None, None, "before", "after"))
    orders = []
    for n in range(6):
        visitor = replace(VISITOR, name=f"患者{n}", certificate=Document(1, f"35985119850312{n:04}"))
        orders.append(await world.begin(visitor=visitor, pays_here=chance.random() < 0.8))
        await world.settle(chance.choice((0, 5, 60)))
        for act in ("confirm", "pay", "till", "give_up"):
            if act == "give_up" and chance.random() < 0.6:
                continue
            order_id = chance.choice(orders)
            try:
                if act == "till":
                    await world.till.pay((await world.row(order_id)).trade_no or "")
                else:
                    await getattr(world.appointments, act)(PERSON, order_id)
            except DomainError:
                pass  # it has no place just now: a citizen would see why
            await world.settle(chance.choice((0, 2, 30)))
            await world.must_be_true()
    world.fate = world.money = lambda _: None
    world.deaths = lambda: None
    await world.settle(2 * 3600)
    await world.must_be_true(over=True)
    rows = await world.database.read(lambda c: stored.newest(c, 100))
    assert len(rows) == len(orders)
    assert {row.state for row in rows} <= {*FINAL, "registered", "booked"}, rows
    standing = [row for row in rows if row.state in ("registered", "booked")]
    assert await world.clinic.taken("PB1") == len(standing) <= 3


@pytest.mark.parametrize("seed", range(8))
async def test_whatever_fails_every_appointment_ends_well(world: World, seed: int) -> None:
    await a_day_of_trouble(world, seed)


async def test_the_check_can_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a saga that repeats without asking, and forgets what it was paid, is found out."""
    order_id = await world.begin()
    await world.settle()
    await world.appointments.confirm(PERSON, order_id)
    await world.settle()
    await world.appointments.pay(PERSON, order_id)
    await world.settle()
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(5)
    await world.database.write(lambda c: c.exec_driver_sql("UPDATE appointment SET state = 'cancelled'"))
    with pytest.raises(AssertionError, match="keeps money"):
        await world.must_be_true()
