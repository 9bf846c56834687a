"""Channels, HIS and our own process fail by chance at any step: every trade and refund ends well all the same."""

import pytest

from tests.region.payments.trouble import a_day_of_trouble
from tests.region.payments.world import LOST, World, scripted
from yiqiao.region.payments import trade_saga


@pytest.mark.parametrize("seed", range(10))
async def test_whatever_fails_every_trade_and_refund_ends_well(world: World, seed: int) -> None:
    await a_day_of_trouble(world, seed)


async def test_the_check_can_fail(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a saga that takes silence of the HIS for a refusal gives back what was booked there."""
    monkeypatch.setattr(trade_saga, "HisRefused", Exception)
    monkeypatch.setattr(trade_saga, "HisSilent", type("Never", (Exception,), {}))
    monkeypatch.setattr(trade_saga, "HisUnreachable", type("Never", (Exception,), {}))
    world.ward = scripted(("notify_recharge", LOST))
    await world.order(channel="CASH")
    await world.settle(60)
    with pytest.raises(AssertionError):
        await world.must_be_true(over=True)
