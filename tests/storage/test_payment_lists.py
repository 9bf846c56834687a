"""Lists of trades and refunds, on both engines: by state, merchant, day and any number, a page after the other."""

import pytest

from tests.region.payments.world import MERCHANT, NOW, World
from yiqiao.storage import Database, payment_lists
from yiqiao.storage.payment_lists import Wanted, Where

ALL = Wanted((), ())


@pytest.fixture
async def world(database: Database) -> World:
    """A trade that was paid and partly given back, and two that wait, a minute apart."""
    world = World(database)
    await world.open()
    await world.paid("C1")
    await world.give_back("F1", "C1", 4000)
    await world.settle(60)
    await world.order("C2")
    world.clock.advance(60)
    await world.order("C3", channel="")
    return world


async def numbers(world: World, wanted: Wanted = ALL, limit: int = 9, after: Where | None = None) -> list[str]:
    rows = await world.database.read(lambda c: payment_lists.trades(c, wanted, limit, after))
    return [row.out_charge_no for row in rows]


async def test_the_newest_stand_first_and_pages_follow_each_other(world: World) -> None:
    assert await numbers(world) == ["C3", "C2", "C1"]
    first = await world.database.read(lambda c: payment_lists.trades(c, ALL, 1))
    place = Where(first[0].created_at, first[0].trace_no)
    assert await numbers(world, after=place) == ["C2", "C1"]


async def test_trades_are_found_by_all_that_is_known_of_them(world: World) -> None:
    paid = await world.trade("C1")
    assert await numbers(world, Wanted(["succeeded"], ())) == ["C1"]
    assert await numbers(world, Wanted((), ["YQMZ9999"])) == []
    for number in ("C1", paid.trace_no, paid.order_no or ""):
        assert await numbers(world, Wanted((), [MERCHANT], number=number)) == ["C1"]
    assert await numbers(world, Wanted((), (), begins=paid.created_at + 1)) == ["C3", "C2"]
    assert await numbers(world, Wanted((), (), begins=NOW, ends=paid.created_at + 1)) == ["C1"]


async def test_refunds_are_found_by_their_numbers_and_their_trades(world: World) -> None:
    row = await world.refund("F1")
    for number in ("F1", row.refund_no, row.trace_no, ""):
        wanted = Wanted((), (), number=number)
        found = await world.database.read(lambda c, one=wanted: payment_lists.refunds(c, one, 9))  # type: ignore[misc]
        assert [one.out_refund_no for one in found] == ["F1"]
    place = Where(row.created_at, row.refund_no)
    assert await world.database.read(lambda c: payment_lists.refunds(c, ALL, 9, place)) == []


async def test_a_backlog_is_counted_by_state(world: World) -> None:
    rows = await world.database.read(lambda c: payment_lists.backlog(c, "trade", ["placing", "opened", "stuck"]))
    assert {(row.state, row.number, row.retrying) for row in rows} == {("placing", 1, 0), ("opened", 1, 0)}
    assert await world.database.read(lambda c: payment_lists.backlog(c, "refund", ["stuck"])) == []
