"""A trade from its order to the HIS's word: each step, and each way in which it can go wrong (3.1.3.3)."""

import asyncio
from functools import partial

import pytest

from tests.region.payments.world import AWAY, LISTED, LOST, MERCHANT, SECRET, World, scripted
from yiqiao.ports.his_billing import HisSilent
from yiqiao.ports.payment_channel import NoticeKind
from yiqiao.region.payments.merchants import MerchantSecretWrong, UnknownMerchant
from yiqiao.region.payments.states import Act, Attempt, Trade
from yiqiao.region.payments.trade import NotifyUrlNotListed, NotNow, SerialReused
from yiqiao.region.payments.ways import ChannelNotOffered


async def test_a_trade_is_paid_booked_told_to_the_his_and_noticed(world: World) -> None:
    """recharge.subject"""
    row = await world.paid(notify_url=LISTED)
    assert (row.callsn, row.balance, row.channel) == (f"H{row.trace_no}", 10_000, "WECHAT")
    assert await world.balances() == {"channel/WECHAT": 10_000, "deposit": -10_000}
    (sent,) = world.notices.sent
    assert sent[0] == LISTED
    assert sent[1] == SECRET
    assert (sent[2]["traceNo"], sent[2]["amount"], sent[2]["result"]) == (row.trace_no, "100.00", "succ")
    await world.must_be_true(over=True)


async def test_the_same_order_again_is_the_same_trade_and_another_under_its_number_is_refused(world: World) -> None:
    first = await world.order()
    assert (await world.order()).trade.trace_no == first.trade.trace_no
    with pytest.raises(SerialReused):
        await world.order(amount=20_000)


async def test_who_asks_must_know_the_merchants_secret(world: World) -> None:
    with pytest.raises(MerchantSecretWrong):
        await world.orders.find(MERCHANT, "wrong", out_charge_no="C1")
    with pytest.raises(UnknownMerchant):
        await world.orders.find("YQMZ9999", SECRET, out_charge_no="C1")


async def test_an_address_that_is_not_listed_is_refused(world: World) -> None:
    for url in ("https://elsewhere.example/notify", f"{LISTED}er"):
        with pytest.raises(NotifyUrlNotListed):
            await world.order(notify_url=url)
    await world.order(notify_url=f"{LISTED}?desk=3")


async def test_a_way_that_is_not_offered_is_refused(world: World) -> None:
    for channel in ("POS", "NONSENSE"):
        with pytest.raises(ChannelNotOffered):
            await world.order(channel=channel)


async def test_nobody_pays_in_time_and_the_trade_is_closed(world: World) -> None:
    await world.order()
    await world.settle(15 * 60 + 60)
    assert (await world.trade()).state == Trade.CLOSED
    assert await world.balances() == {}
    await world.must_be_true(over=True)


async def test_a_cashier_offers_the_ways_and_the_payer_may_change_their_mind(world: World) -> None:
    opened = (await world.order(channel="")).trade
    assert opened.state == Trade.OPENED
    await world.orders.choose(MERCHANT, opened.trace_no, "WECHAT")
    await world.settle()
    await world.orders.choose(MERCHANT, opened.trace_no, "ALIPAY")
    await world.settle()
    first, second = (await world.orders.course(MERCHANT, opened.trace_no)).standing.attempts
    assert (first.state, second.state) == (Attempt.CLOSED, Attempt.OPEN)
    world.tills["ALIPAY"].pay(second.order_no)
    await world.settle(5)
    assert (await world.trade()).channel == "ALIPAY"
    await world.must_be_true(over=True)


async def test_a_way_that_is_chosen_twice_for_the_same_attempt_is_chosen_once(world: World) -> None:
    opened = (await world.order(channel="")).trade
    choose = partial(world.orders.choose, MERCHANT, opened.trace_no, "CASH", at_desk=True, turn=1)
    await asyncio.gather(*(choose() for _ in range(4)))
    await world.settle(5)
    await choose()  # also long after it was paid
    assert len((await world.orders.course(MERCHANT, opened.trace_no)).standing.attempts) == 1
    assert world.tills["CASH"].kept == 10_000
    await world.must_be_true(over=True)


async def test_without_its_turn_cash_that_is_taken_once_is_written_down_twice(world: World) -> None:
    """The negative control."""
    opened = (await world.order(channel="")).trade
    for _ in range(2):
        await world.orders.choose(MERCHANT, opened.trace_no, "CASH", at_desk=True)
    assert len((await world.orders.course(MERCHANT, opened.trace_no)).standing.attempts) == 2


async def test_only_a_desk_takes_cash(world: World) -> None:
    opened = (await world.order(channel="")).trade
    with pytest.raises(ChannelNotOffered):
        await world.orders.choose(MERCHANT, opened.trace_no, "CASH")
    await world.orders.choose(MERCHANT, opened.trace_no, "CASH", at_desk=True, actor="W1")
    await world.settle()
    assert (await world.trade()).state == Trade.SUCCEEDED


async def test_a_refusal_at_the_cashier_lets_another_way_be_chosen(world: World) -> None:
    opened = (await world.order(channel="")).trade
    world.tills["WECHAT"].refuses = "余额不足"
    await world.orders.choose(MERCHANT, opened.trace_no, "WECHAT")
    await world.settle()
    row = await world.trade()
    assert (row.state, row.reason, row.order_no) == (Trade.OPENED, "余额不足", None)
    assert [one.state for one in (await world.orders.by_token(row.token)).attempts] == [Attempt.FAILED]
    await world.orders.choose(MERCHANT, opened.trace_no, "ALIPAY")
    await world.settle()
    assert (await world.trade()).state == Trade.PAYING


async def test_a_refusal_of_the_one_way_that_was_asked_for_ends_the_trade(world: World) -> None:
    world.tills["WECHAT"].refuses = "商户未开通"
    await world.order()
    await world.settle()
    assert ((await world.trade()).state, (await world.trade()).reason) == (Trade.FAILED, "商户未开通")


async def test_money_by_two_channels_pays_once_and_the_other_goes_back(world: World) -> None:
    opened = (await world.order(channel="")).trade
    await world.orders.choose(MERCHANT, opened.trace_no, "WECHAT")
    await world.settle()
    world.money = scripted(("close", AWAY))
    await world.orders.choose(MERCHANT, opened.trace_no, "ALIPAY")
    world.tills["WECHAT"].pay(f"{opened.trace_no}01")
    await world.settle(1)
    world.tills["ALIPAY"].pay(f"{opened.trace_no}02")
    await world.settle(30)
    states = {
        one.channel: one.state for one in (await world.orders.course(MERCHANT, opened.trace_no)).standing.attempts
    }
    assert sorted(states.values()) == [Attempt.PAID, Attempt.RETURNED]
    assert sum(till.kept for till in world.tills.values()) == 10_000
    await world.must_be_true(over=True)


async def test_money_that_comes_by_the_way_left_behind_pays_a_trade_that_waits(world: World) -> None:
    opened = (await world.order(channel="")).trade
    await world.orders.choose(MERCHANT, opened.trace_no, "WECHAT")
    await world.settle()
    world.tills["WECHAT"].pay(f"{opened.trace_no}01")
    await world.orders.choose(MERCHANT, opened.trace_no, "ALIPAY")
    await world.settle(30)
    row = await world.trade()
    assert (row.state, row.channel) == (Trade.SUCCEEDED, "WECHAT")
    await world.must_be_true(over=True)


async def test_money_that_comes_after_closing_goes_back(world: World) -> None:
    await world.order()
    await world.settle(20 * 60)
    row = await world.trade()
    assert row.state == Trade.CLOSED
    world.tills["WECHAT"].pay(f"{row.trace_no}01")
    assert await world.orders.noticed(NoticeKind.ORDER, f"{row.trace_no}01")
    await world.settle(10)
    assert world.tills["WECHAT"].kept == 0
    await world.must_be_true(over=True)


async def test_a_wrong_amount_is_never_booked_as_the_order_and_goes_back_whole(world: World) -> None:
    world.tills["WECHAT"].takes = -1
    await world.order()
    await world.settle()
    row = await world.trade()
    world.tills["WECHAT"].pay(row.order_no or "")
    await world.settle(30)
    assert (await world.trade()).state == Trade.FAILED
    assert world.tills["WECHAT"].kept == 0
    assert world.his.acts == {}
    await world.must_be_true(over=True)


async def test_a_notice_is_reason_to_ask_and_nothing_more(world: World) -> None:
    await world.order()
    await world.settle()
    row = await world.trade()
    assert await world.orders.noticed(NoticeKind.ORDER, row.order_no or "")
    await world.settle()
    assert (await world.trade()).state == Trade.PAYING  # it said so, the channel does not
    world.tills["WECHAT"].pay(row.order_no or "")
    for _ in range(3):  # the same notice again and again
        await world.orders.noticed(NoticeKind.ORDER, row.order_no or "")
        await world.settle()
    assert (await world.trade()).state == Trade.SUCCEEDED
    assert not await world.orders.noticed(NoticeKind.ORDER, "nobody's")
    await world.must_be_true(over=True)


async def test_an_answer_lost_after_the_his_has_booked_is_asked_for(world: World) -> None:
    world.ward = scripted(("notify_recharge", LOST))
    await world.order(channel="CASH")
    await world.settle()
    assert (await world.trade()).uncertain == 1
    await world.settle(10)
    assert (await world.trade()).state == Trade.SUCCEEDED
    assert world.his.balances == {"P000231": 10_000}
    await world.must_be_true(over=True)


async def test_what_the_his_will_not_have_goes_back_to_its_source(world: World) -> None:
    world.his.refuses = {"notify_recharge"}
    await world.order(channel="CASH")
    await world.settle(5)
    row = await world.trade()
    assert (row.state, row.reason, row.refunded) == (Trade.RETURNED, "账户已冻结", 10_000)
    assert await world.balances() == {}
    await world.must_be_true(over=True)


async def test_a_return_that_the_channel_refuses_waits_for_a_person_who_may_tell_the_his_again(world: World) -> None:
    world.his.refuses = {"notify_recharge"}
    world.tills["CASH"].refunds = ["failed"]
    await world.order(channel="CASH")
    await world.settle(5)
    row = await world.trade()
    assert row.state == Trade.STUCK
    await world.must_be_true()
    world.his.refuses = set()
    await world.orders.act(MERCHANT, row.trace_no, Act.TELL, "王敏")
    await world.settle()
    assert (await world.trade()).state == Trade.SUCCEEDED
    assert await world.balances() == {"channel/CASH": 10_000, "deposit": -10_000}
    await world.must_be_true(over=True)


async def test_a_person_may_settle_by_hand_what_the_channel_refuses(world: World) -> None:
    world.his.refuses = {"notify_recharge"}
    world.tills["CASH"].refunds = ["failed"]
    await world.order(channel="CASH")
    await world.settle(5)
    await world.orders.act(MERCHANT, (await world.trade()).trace_no, Act.SETTLE, "王敏")
    assert (await world.trade()).state == Trade.RETURNED
    assert await world.balances() == {"channel/CASH": 10_000, "channel/HAND": -10_000}


async def test_an_operator_who_sends_money_back_while_the_his_is_silent_cannot_take_what_it_has_booked(
    world: World,
) -> None:
    said = iter([LOST])
    world.ward = lambda name: next(said, None) if name == "notify_recharge" else AWAY
    await world.order(channel="CASH")
    await world.settle()
    row = await world.trade()
    assert (row.state, row.uncertain) == (Trade.TELLING, 1)
    await world.orders.act(MERCHANT, row.trace_no, Act.GIVE_BACK, "王敏")
    await world.settle(30)
    assert (await world.trade()).state == Trade.RETURNING
    assert world.tills["CASH"].kept == 10_000
    world.ward = lambda _: None
    await world.settle(3600)
    assert (await world.trade()).state == Trade.SUCCEEDED
    await world.must_be_true(over=True)


async def test_acts_have_their_place(world: World) -> None:
    row = await world.paid()
    for act in Act:
        with pytest.raises(NotNow):
            await world.orders.act(MERCHANT, row.trace_no, act, "王敏")
    with pytest.raises(NotNow):
        await world.orders.choose(MERCHANT, row.trace_no, "ALIPAY")


async def test_silence_is_never_taken_for_a_refusal(world: World) -> None:
    left = iter([HisSilent()] * 5)
    world.ward = lambda _: next(left, None)
    await world.order(channel="CASH")
    await world.settle(3600)
    assert (await world.trade()).state == Trade.SUCCEEDED
    await world.must_be_true(over=True)


async def test_money_that_is_none_is_asked_for_again(world: World) -> None:
    await world.order()
    await world.settle()
    row = await world.trade()
    world.tills["WECHAT"].takes = -row.amount
    world.tills["WECHAT"].pay(row.order_no or "")
    await world.settle(60)
    assert (await world.trade()).state == Trade.PAYING
    assert await world.balances() == {}
    await world.must_be_true()
