"""Refunds along their three flows, and what follows where a step will not do (3.1.3.5)."""

import asyncio

import pytest

from tests.region.payments.world import LOST, MERCHANT, Refund, World, scripted
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import HisState
from yiqiao.region.payments.refunds import OwnRefund
from yiqiao.region.payments.states import FINAL_REFUNDS, FLOWS, Act, RefundType
from yiqiao.region.payments.trade import AmountTooLarge, NameMismatch, NotRefundable, SerialReused, UnknownTrade

FLOW_NAMES = list(RefundType)


@pytest.mark.parametrize("flow", FLOW_NAMES)
async def test_each_flow_gives_the_money_back_once(world: World, flow: str) -> None:
    """refund.direct, refund.his_decide, refund.prepare"""
    await world.paid()
    await world.give_back(refund_type=flow)
    await world.settle(5)
    row, trade = await world.refund(), await world.trade()
    assert (row.state, trade.refunded, trade.refunding) == (Refund.SUCCEEDED, 10_000, 0)
    assert world.tills["WECHAT"].kept == 0
    assert await world.balances() == {}
    told = HisState.NONE if flow == "hisDecide" else HisState.DONE
    assert (await world.his.query(MERCHANT, "F1")).state is told


@pytest.mark.parametrize("flow", FLOW_NAMES)
async def test_the_same_refund_number_again_never_pays_twice(world: World, flow: str) -> None:
    await world.paid()
    for _ in range(3):
        await world.give_back(refund_type=flow, amount=4000)
        await world.settle(5)
    assert world.tills["WECHAT"].kept == 6000
    assert (await world.give_back(refund_type=flow, amount=4000)).refund.state == Refund.SUCCEEDED
    with pytest.raises(SerialReused):
        await world.give_back(refund_type=flow, amount=5000)


async def test_partial_refunds_go_up_to_what_is_left_and_no_further(world: World) -> None:
    await world.paid()
    await world.give_back("F1", amount=4000)
    await world.give_back("F2", amount=5000)
    with pytest.raises(AmountTooLarge, match=r"还可退 10\.00 元"):
        await world.give_back("F3", amount=1001)
    await world.give_back("F4", amount=1000)
    await world.settle(5)
    trade = await world.trade()
    assert (trade.refunded, trade.refunding, trade.refunds) == (10_000, 0, 3)
    await world.must_be_true()


async def test_refunds_that_are_asked_for_at_once_share_what_is_left(world: World) -> None:
    await world.paid()
    asked = await asyncio.gather(*(world.give_back(f"F{n}", amount=3000) for n in range(8)), return_exceptions=True)
    assert sum(not isinstance(one, BaseException) for one in asked) == 3
    assert all(isinstance(one, AmountTooLarge | DomainError) for one in asked if isinstance(one, BaseException))
    await world.settle(30)
    assert (await world.trade()).refunded == 9000
    await world.must_be_true()


async def test_without_the_hold_the_same_rush_would_give_back_too_much(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a trade that does not set aside what is on its way lets all of them through."""
    from yiqiao.region.payments import refunds

    monkeypatch.setattr(
        refunds, "held_back", lambda trade, amount, n, now: refunds._changed(trade, {"refunds": n}, now)
    )
    await world.paid()
    asked = [await world.give_back(f"F{n}", amount=3000) for n in range(5)]
    assert sum(one.refund.amount for one in asked) > 10_000


async def test_only_a_trade_that_succeeded_is_given_back(world: World) -> None:
    await world.order()
    with pytest.raises(NotRefundable):
        await world.give_back()
    with pytest.raises(UnknownTrade):
        await world.give_back(of="C9")


async def test_a_refund_is_for_who_has_paid(world: World) -> None:
    await world.paid()
    with pytest.raises(NameMismatch):
        await world.give_back(name="另一人")


@pytest.mark.parametrize("flow", ["direct", "prepareAndConfirm"])
async def test_what_the_his_will_not_give_back_stays_with_the_patient(world: World, flow: str) -> None:
    """refund.direct, refund.prepare"""
    await world.paid()
    world.his.refuses = {"refund", "prepare_refund"}
    await world.give_back(refund_type=flow)
    await world.settle(5)
    row = await world.refund()
    assert (row.state, row.reason) == (Refund.FAILED, "账户已冻结")
    assert (await world.trade()).left == 10_000
    await world.must_be_true(over=True)


@pytest.mark.parametrize("flow", ["direct", "prepareAndConfirm"])
async def test_what_the_channel_will_not_give_back_is_undone_at_the_his(world: World, flow: str) -> None:
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed"] * 3
    await world.give_back(refund_type=flow)
    await world.settle(60)
    assert (await world.refund()).state == Refund.FAILED
    assert (await world.his.query(MERCHANT, "F1")).state is HisState.CANCELLED
    assert world.his.balances == {"P000231": 10_000}
    await world.must_be_true(over=True)


async def test_a_channel_that_comes_round_needs_no_undoing(world: World) -> None:
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed", "pending", "pending"]
    await world.give_back()
    await world.settle(60)
    assert (await world.refund()).state == Refund.SUCCEEDED
    await world.must_be_true(over=True)


@pytest.mark.parametrize("flow", FLOW_NAMES)
async def test_a_failed_refund_is_submitted_again_under_its_number(world: World, flow: str) -> None:
    """refund.same"""
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed"] * 3
    await world.give_back(refund_type=flow)
    await world.settle(60)
    assert (await world.refund()).state == Refund.FAILED
    await world.must_be_true(over=True)
    world.tills["WECHAT"].refunds = []
    await world.give_back(refund_type=flow)
    await world.settle(60)
    row = await world.refund()
    assert (row.state, row.round) == (Refund.SUCCEEDED, 2)
    assert world.tills["WECHAT"].kept == 0
    await world.must_be_true(over=True)


async def test_a_reversal_that_the_his_refuses_waits_for_a_person(world: World) -> None:
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed"] * 3
    world.his.refuses = {"cancel_refund"}
    await world.give_back()
    await world.settle(60)
    assert (await world.refund()).state == Refund.STUCK
    await world.must_be_true()
    world.his.refuses = set()
    await world.refunds.act(MERCHANT, "F1", Act.RETRY, "王敏")
    await world.settle()
    assert (await world.refund()).state == Refund.FAILED
    await world.must_be_true(over=True)


async def test_a_confirmation_that_the_his_refuses_waits_for_a_person_and_the_money_stays_given(world: World) -> None:
    await world.paid()
    world.his.refuses = {"confirm_refund"}
    await world.give_back(refund_type="prepareAndConfirm")
    await world.settle(60)
    assert (await world.refund()).state == Refund.STUCK
    assert (await world.trade()).refunded == 10_000
    await world.refunds.act(MERCHANT, "F1", Act.SETTLE, "王敏")
    assert (await world.refund()).state == Refund.SUCCEEDED
    assert world.tills["WECHAT"].kept == 0


@pytest.mark.parametrize("flow", FLOW_NAMES)
@pytest.mark.parametrize("act", ["refund", "prepare_refund", "confirm_refund", "cancel_refund"])
async def test_an_answer_that_is_lost_at_any_step_is_asked_for(world: World, flow: str, act: str) -> None:
    await world.paid()
    if act == "cancel_refund":
        world.tills["WECHAT"].refunds = ["failed"] * 3
    world.ward = scripted((act, LOST))
    world.money = scripted(("refund", LOST))
    await world.give_back(refund_type=flow)
    await world.settle(600)
    assert (await world.refund()).state in FINAL_REFUNDS
    await world.must_be_true()
    at_his = 10_000 - (await world.trade()).refunded
    assert world.his.balances == {"P000231": at_his if flow != "hisDecide" else 10_000}


async def test_above_the_limit_a_second_person_signs(world: World) -> None:
    from tests.support.keys import KEYRING
    from yiqiao.region.payments import merchants

    await world.database.write(lambda c: merchants.change(c, KEYRING, 0, MERCHANT, settings={"approval_above": 5000}))
    await world.paid()
    assert (await world.give_back("F1", amount=5000)).refund.state == FLOWS["direct"].first
    assert (await world.give_back("F2", amount=4000)).refund.state == FLOWS["direct"].first
    await world.settle(10)
    await world.paid("C2")
    assert (await world.give_back("F3", of="C2", amount=5001)).refund.state == Refund.APPROVING
    await world.settle(60)
    assert (await world.trade("C2")).refunding == 5001
    with pytest.raises(OwnRefund):
        await world.refunds.act(MERCHANT, "F3", Act.APPROVE, "W1")
    await world.refunds.act(MERCHANT, "F3", Act.APPROVE, "周主任")
    await world.settle(10)
    row = await world.refund("F3")
    assert (row.state, row.approved_by) == (Refund.SUCCEEDED, "周主任")


async def test_a_refund_nobody_signs_is_rejected_and_its_money_is_the_patients_again(world: World) -> None:
    from tests.support.keys import KEYRING
    from yiqiao.region.payments import merchants

    await world.database.write(lambda c: merchants.change(c, KEYRING, 0, MERCHANT, settings={"approval_above": 1}))
    await world.paid()
    await world.give_back()
    await world.settle(86_400 + 5)
    assert (await world.refund()).state == Refund.REJECTED
    assert (await world.trade()).left == 10_000
    await world.must_be_true(over=True)


async def test_cash_may_go_back_for_what_came_by_phone(world: World) -> None:
    await world.paid()
    await world.give_back(mode="0")
    await world.settle(5)
    assert (await world.refund()).channel == "CASH"
    assert await world.balances() == {"channel/WECHAT": 10_000, "channel/CASH": -10_000}


async def test_of_an_insured_payment_the_self_paid_part_goes_back_by_its_own_mode(world: World) -> None:
    await world.paid(own_part=3000)
    with pytest.raises(AmountTooLarge, match="自费部分"):
        await world.give_back(mode="3", amount=3001)
    await world.give_back(mode="3", amount=3000)
    await world.settle(5)
    assert (await world.refund()).state == Refund.SUCCEEDED
    await world.paid("C2")
    with pytest.raises(NotRefundable, match="不是医保支付"):
        await world.give_back("F2", of="C2", mode="3", amount=1)
