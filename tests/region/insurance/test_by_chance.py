"""Centre, HIS, channels and our own process fail by chance at any step: every settlement ends well all the same."""

import pytest

from tests.region.insurance.trouble import a_day_of_trouble
from tests.region.insurance.world import LOST, RESIDENT, Region, scripted
from tests.sandbox.settlement.desk import visitor
from yiqiao.region.insurance import saga
from yiqiao.storage import insurance


@pytest.mark.parametrize("seed", range(6))
async def test_whatever_fails_every_settlement_ends_well(region: Region, seed: int) -> None:
    await a_day_of_trouble(region, seed)
    assert len(await region.database.read(lambda c: insurance.newest(c, 1000))) >= 5


async def test_the_check_can_fail(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a saga that takes the centre's silence for a refusal gives back what was settled there."""
    monkeypatch.setattr(saga, "NO", (Exception,))
    monkeypatch.setattr(saga, "AWAY", (type("Never", (Exception,), {}),))
    region.owe(5_000)
    region.office = scripted(("settle", LOST))
    await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    with pytest.raises(AssertionError):
        await region.must_hold(over=True)
