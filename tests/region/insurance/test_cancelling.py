"""A settlement is taken back: the HIS agrees first, then the centre, and the money goes last (3.1.3.7)."""

from dataclasses import replace

import pytest

from tests.region.insurance.world import AWAY, LOST, RESIDENT, Region, scripted
from tests.sandbox.settlement.desk import visitor
from yiqiao.ports.his_billing import HisState
from yiqiao.ports.insurance_settlement import NoSettlement
from yiqiao.region.insurance.settlement import NotCancellable, UnknownSettlement
from yiqiao.region.insurance.states import STATES, Act, State
from yiqiao.region.payments.course import SETTLEMENT_JOB
from yiqiao.region.payments.states import Refund
from yiqiao.region.payments.trade import NotNow, NotRefundable
from yiqiao.sandbox.mischief import Fate
from yiqiao.storage.insurance import SettlementRow


@pytest.fixture
async def done(region: Region) -> SettlementRow:
    """A settlement that is done: 400 元 of 1000 by the fund."""
    region.owe(100_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    assert row.state == State.DONE
    return row


async def test_everything_goes_back_where_it_came_from(region: Region, done: SettlementRow) -> None:
    standing = await region.take_back(done)
    assert standing.row.state == State.UNTELLING
    await region.settle(60)
    standing = await region.take_back(done)
    assert standing.row.state == State.CANCELLED
    reversal = standing.facts.reversal
    assert reversal is not None
    assert (reversal.total, reversal.funds, reversal.cash) == (-100_000, -40_000, -60_000)
    assert standing.facts.cancel_id == "H2"
    assert standing.refund is not None
    assert standing.refund.state == Refund.SUCCEEDED
    assert await region.balances() == {}
    assert region.his.acts[done.number][0] is HisState.CANCELLED
    told = [one.after for one in (await region.settlements.course(done.number)).events]
    assert list(dict.fromkeys(told))[-4:] == ["untelling", "revoking", "refunding", "cancelled"]
    await region.must_hold(over=True)


async def test_what_was_taken_back_can_be_settled_again(region: Region, done: SettlementRow) -> None:
    await region.take_back(done)
    await region.settle(60)
    again = await region.through(region.wish(visitor(RESIDENT)))
    assert (again.state, again.total) == (State.DONE, 100_000)
    assert again.number != done.number
    await region.must_hold(over=True)


async def test_what_was_self_paid_goes_back_without_the_centre(region: Region) -> None:
    region.owe(900)
    row = await region.through(region.wish(insured=False))
    region.office = lambda name: pytest.fail(f"the centre was asked: {name}")
    await region.take_back(row)
    await region.settle(60)
    assert (await region.row(row.number)).state == State.CANCELLED
    assert await region.balances() == {}


async def test_only_who_knows_all_three_numbers_takes_it_back(region: Region, done: SettlementRow) -> None:
    for wrong in ({"settlement_id": "9"}, {"visit_id": "9"}, {"psn_no": "9"}, {"institution": "H98510002001"}):
        with pytest.raises(UnknownSettlement):
            await region.take_back(done, **wrong)
    assert (await region.row(done.number)).state == State.DONE


async def test_what_is_under_way_is_not_taken_back(region: Region) -> None:
    region.owe(900)
    row = (await region.ask(region.wish(insured=False))).row
    with pytest.raises(NotCancellable):
        await region.take_back(row)


async def test_a_his_that_does_not_agree_keeps_it_and_is_told_once(region: Region, done: SettlementRow) -> None:
    region.his.refuses = {"cancel_charge"}
    await region.take_back(done)
    await region.settle(60)
    told = (await region.take_back(done)).row
    assert (told.state, told.reason) == (State.DONE, "医院不同意撤销：账户已冻结")
    await region.must_hold(over=True)
    region.his.refuses = set()
    await region.take_back(done)
    await region.settle(60)
    assert (await region.row(done.number)).state == State.CANCELLED


async def test_a_centre_that_does_not_agree_leaves_all_as_it_was(region: Region, done: SettlementRow) -> None:
    region.orders_at_centre.order("cancel", Fate.REFUSED)
    await region.take_back(done)
    await region.settle(60)
    told = (await region.take_back(done)).row
    assert told.state == State.DONE
    assert told.reason.startswith("医保中心不同意撤销")
    assert region.his.acts[done.number][0] is HisState.DONE
    await region.must_hold(over=True)


async def test_a_later_settlement_has_to_be_taken_back_first(region: Region, done: SettlementRow) -> None:
    region.owe(10_000)
    later = await region.through(region.wish(visitor(RESIDENT)))
    await region.take_back(done)
    await region.settle(60)
    assert (await region.row(done.number)).state == State.DONE
    await region.take_back(later)
    await region.settle(60)
    await region.take_back(done)  # hears of the refusal
    await region.take_back(done)
    await region.settle(60)
    assert (await region.row(done.number)).state == State.CANCELLED
    await region.must_hold(over=True)


async def test_what_the_centre_took_back_on_its_own_is_taken_back_here_too(region: Region, done: SettlementRow) -> None:
    await region.centre.take_back(done.settlement_id)
    await region.settlements.act(done.number, Act.REVERSE, "周正")
    await region.settle(60)
    standing = await region.settlements.find(done.number)
    assert standing.row.state == State.CANCELLED
    assert standing.facts.reversal is not None
    assert standing.facts.reversal.total == -100_000
    await region.must_hold(over=True)


@pytest.mark.parametrize("act", ["cancel", "find"])
@pytest.mark.parametrize("fate", [AWAY, LOST])
async def test_an_answer_of_the_centre_that_is_missing_costs_nothing(
    region: Region, done: SettlementRow, act: str, fate: str
) -> None:
    region.office = scripted((act, fate), ("find", AWAY))
    await region.take_back(done)
    await region.settle(600)
    assert (await region.row(done.number)).state == State.CANCELLED
    await region.must_hold(over=True)


@pytest.mark.parametrize("fate", [AWAY, LOST])
async def test_an_answer_of_the_his_that_is_missing_costs_nothing(
    region: Region, done: SettlementRow, fate: str
) -> None:
    region.ward = scripted(("cancel_charge", fate), ("cancel_charge", fate))
    await region.take_back(done)
    await region.settle(600)
    assert (await region.row(done.number)).state == State.CANCELLED
    await region.must_hold(over=True)


async def test_the_personal_part_goes_back_by_taking_back_alone(region: Region, done: SettlementRow) -> None:
    with pytest.raises(NotRefundable):
        await region.give_back("F1", f"JS{done.number}", 60_000)


async def test_people_do_only_what_the_state_allows(region: Region, done: SettlementRow) -> None:
    for act in set(Act) - STATES[State.DONE].acts.keys():
        with pytest.raises(NotNow):
            await region.settlements.act(done.number, act, "周正")
    with pytest.raises(UnknownSettlement):
        await region.settlements.act("9", Act.RETRY, "周正")


async def test_told_again_the_his_that_lost_it_has_it(region: Region, done: SettlementRow) -> None:
    del region.his.acts[done.number]
    region.his.settled.clear()
    await region.settlements.act(done.number, Act.CONFIRM, "周正")
    await region.settle()
    assert (await region.row(done.number)).state == State.DONE
    assert region.his.acts[done.number][0] is HisState.DONE


async def test_a_self_paid_one_goes_back_without_a_centre(region: Region) -> None:
    region.handlers[SETTLEMENT_JOB] = replace(region.saga, centre=NoSettlement())
    region.owe(5_000)
    row = await region.through(region.wish(insured=False))
    assert row.state == State.DONE
    del region.his.acts[row.number]
    region.his.settled.clear()
    region.his.refuses = {"confirm_charge"}
    await region.settlements.act(row.number, Act.CONFIRM, "周正")
    await region.settle()
    assert (await region.row(row.number)).state == State.UNCONFIRMED
    await region.settlements.act(row.number, Act.REVERSE, "周正")
    await region.settle(600)
    assert (await region.row(row.number)).state == State.FAILED
    assert region.tills["WECHAT"].kept == 0
    await region.must_hold(over=True)
