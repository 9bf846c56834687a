"""What a payment hub does every day by itself: once, and again where a statement cannot be had yet."""

import pytest

from tests.region.payments.conftest import world  # noqa: F401 - a fixture
from tests.region.payments.sides import MERCHANT, Sides
from tests.region.payments.world import World
from yiqiao.app.payment_days import CLOSE, TRIES, StatementsAway, handlers
from yiqiao.jobs import Done, Job
from yiqiao.region.payments.closing import BY_ITSELF, Closing

DAY, NEXT = "2026-11-01", "2026-11-02"


def job(attempts: int = 1) -> Job:
    """The job of the day after."""
    return Job("pay.reconcile", "20261102", {"day": NEXT}, 0, attempts, "lease", 0)


async def test_the_day_before_is_closed_and_compared_once(world: World) -> None:  # noqa: F811
    await world.paid("C1")
    sides = await Sides.of(world)
    reconciliation = sides.reconciliation()
    world.clock.advance(86_400)
    work = handlers(Closing(world.database, world.clock), reconciliation)
    for _ in range(2):
        assert isinstance(await work[CLOSE.kind](job()), Done)
        assert isinstance(await work["pay.reconcile"](job()), Done)
    assert [one.day for one in await Closing(world.database, world.clock).closings(MERCHANT)] == [DAY]
    (report,) = await reconciliation.kept()
    assert (report.day, report.operator, report.applied, dict(report.counts)) == (DAY, BY_ITSELF, False, {"matched": 1})


async def test_a_statement_that_cannot_be_had_is_asked_for_again_and_in_the_end_left_out(
    world: World,  # noqa: F811
) -> None:
    await world.paid("C1")
    sides = await Sides.of(world)
    sides.channels["WECHAT"].away = True
    reconciliation = sides.reconciliation()
    work = handlers(Closing(world.database, world.clock), reconciliation)["pay.reconcile"]
    with pytest.raises(StatementsAway, match="微信支付"):
        await work(job())
    assert await reconciliation.kept() == []
    assert isinstance(await work(job(TRIES)), Done)
    (report,) = await reconciliation.kept()
    assert report.away == ("WECHAT",)
