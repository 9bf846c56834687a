"""The sandbox's channel and HIS beside the books: their statements and entries agree after any trouble, and
a line that is misstated is found.
"""

import pytest

from tests.region.payments.test_statements import TODAY
from tests.region.payments.test_with_stand_ins import DAYS_S, Hub, hub, trouble
from tests.region.payments.world import MERCHANT
from tests.support.keys import KEYRING
from yiqiao.ports.payment_channel import StatementKind
from yiqiao.region.payments.findings import Kind
from yiqiao.region.payments.reconciliation import Reconciliation, Report
from yiqiao.region.payments.states import RefundType, Trade
from yiqiao.sandbox.channels import outcomes

__all__ = ["hub"]


async def report_of(hub: Hub, *, apply: bool = False) -> Report:
    """What a comparison of the day finds."""
    world = hub.world
    channels = world.orders.channels
    reconciliation = Reconciliation(world.database, KEYRING, world.clock, channels, hub.his)
    return await reconciliation.run(MERCHANT, TODAY, "W1", apply=apply)


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_fails_all_sides_are_the_same_in_the_end(hub: Hub, seed: int) -> None:
    await trouble(hub, seed)
    report = await report_of(hub)
    assert report.findings == ()
    assert report.away == ()
    assert sum(report.counts.values()) > 0


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("digits", ["00", *outcomes.all_orders()])
async def test_whatever_an_amount_forces_all_sides_are_the_same(hub: Hub, digits: str) -> None:
    await hub.paid_or_over(10_000 + int(digits))
    assert (await report_of(hub)).findings == ()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("refund_type", list(RefundType))
async def test_each_kind_of_refund_is_the_same_on_all_sides(hub: Hub, refund_type: RefundType) -> None:
    assert await hub.paid_or_over(10_000) is Trade.SUCCEEDED
    await hub.world.give_back(amount=2_500, refund_type=refund_type)
    await hub.world.settle(DAYS_S)
    report = await report_of(hub)
    assert (report.findings, dict(report.counts)) == ((), {Kind.MATCHED: 2})


@pytest.mark.parametrize(("amount", "kind"), [(0, Kind.MISSING_AT_CHANNEL), (9_999, Kind.AMOUNT), (None, Kind.MATCHED)])
async def test_a_line_that_is_misstated_is_found(hub: Hub, amount: int | None, kind: Kind) -> None:
    assert await hub.paid_or_over(10_000) is Trade.SUCCEEDED
    number = (await hub.world.trade()).order_no or ""
    await hub.channel.misstate(TODAY, StatementKind.PAYMENT, number, amount)
    assert dict((await report_of(hub)).counts) == {kind: 1}


async def test_a_line_of_which_nobody_knows_is_found(hub: Hub) -> None:
    await hub.channel.misstate(TODAY, StatementKind.PAYMENT, "2611010000000000099901", 500)
    (finding,) = (await report_of(hub)).findings
    assert (finding.kind, finding.amount_there) == (Kind.MISSING_HERE, 500)
