"""Channels and a HIS that contradict themselves, and steps that meet halfway: nobody's money is lost or given twice."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.region.payments.peers import Till
from tests.region.payments.world import AWAY, LISTED, LOST, MERCHANT, World, scripted
from tests.support.keys import KEYRING
from yiqiao.jobs import Job, ends, queue
from yiqiao.jobs.job import Again, Done, Handler
from yiqiao.ports.his_billing import HisFound, HisReceipt, HisRefused, HisState, RechargeNotice
from yiqiao.ports.payment_channel import ChannelRefused, Order, OrderState, OrderWish
from yiqiao.ports.payment_notices import NoticeNotSent
from yiqiao.region.payments import asking, merchants
from yiqiao.region.payments.course import ATTEMPT_JOB, NOTICE_JOB, REFUND_JOB, TRADE_JOB, Moved
from yiqiao.region.payments.states import Act, Attempt, Refund, RefundType, Trade
from yiqiao.storage import payments
from yiqiao.storage.payments import AttemptRow

FLOW_NAMES = [str(one) for one in RefundType]
NO = ChannelRefused("系统繁忙，未受理")


async def attempts(world: World, number: str = "C1") -> list[AttemptRow]:
    """The attempts to pay a trade."""
    row = await world.trade(number)
    return await world.database.read(lambda c: payments.attempts(c, MERCHANT, row.trace_no))


# what a channel says of an order


async def test_a_channel_that_has_not_closed_yet_is_asked_until_it_has(world: World) -> None:
    """A payer who is typing the password: the order is still open, and may yet be paid."""
    till = world.tills["WECHAT"]
    close, busy = till.close, [True, True]

    async def later(order_no: str) -> Order:
        return till.orders[order_no] if busy and busy.pop() else await close(order_no)

    till.close = later  # type: ignore[method-assign]
    row = (await world.order()).trade
    await world.settle(2)
    await world.orders.act(MERCHANT, row.trace_no, Act.CANCEL, "payer")
    await world.settle(1)
    assert (await world.trade()).state == Trade.CLOSING
    till.pay(row.order_no or "")
    await world.settle(60)
    assert (await world.trade()).state == Trade.SUCCEEDED
    await world.must_be_true(over=True)


@pytest.mark.parametrize("paid", [True, False])
@pytest.mark.parametrize("channel", ["WECHAT", ""])
async def test_an_order_that_a_channel_has_and_will_not_tell_of_is_closed(
    world: World, channel: str, *, paid: bool
) -> None:
    row = (await world.order(channel=channel)).trade
    if not channel:
        await world.orders.choose(MERCHANT, row.trace_no, "WECHAT")
    await world.settle(2)
    order_no = (await world.trade()).order_no or ""
    if paid:
        world.tills["WECHAT"].pay(order_no)
    world.money = scripted(("find", NO))
    await world.settle(3600)
    assert world.tills["WECHAT"].orders[order_no].state is (OrderState.PAID if paid else OrderState.CLOSED)
    (attempt,) = await attempts(world)
    if channel:  # the trade has failed: what was paid goes back
        assert attempt.state == (Attempt.RETURNED if paid else Attempt.CLOSED)
        assert world.tills["WECHAT"].kept == 0
    else:  # it could still be paid, and was
        assert (await world.trade()).state == (Trade.SUCCEEDED if paid else Trade.CLOSED)
    await world.must_be_true(over=True)


async def test_an_order_that_was_placed_unheard_and_then_refused_is_closed(world: World) -> None:
    world.money = scripted(("place", LOST), ("place", NO))
    row = (await world.order()).trade
    await world.settle(60)
    assert (await world.trade()).state == Trade.FAILED
    assert world.tills["WECHAT"].orders[row.order_no or ""].state is OrderState.CLOSED
    await world.must_be_true(over=True)


async def test_an_order_that_a_channel_forgot_is_placed_and_waited_for_again(world: World) -> None:
    row = (await world.order()).trade
    await world.settle(2)
    forgotten = world.tills["WECHAT"].orders.pop(row.order_no or "")
    await world.settle(10)
    assert (await world.trade()).state == Trade.PAYING
    assert world.tills["WECHAT"].orders[row.order_no or ""] == forgotten


@dataclass
class Forgetful(Till):
    """A channel that keeps nothing of an order which it was told to close before it got it, and is slow to take one."""

    arrived: asyncio.Event | None = None
    may_go_on: asyncio.Event | None = None

    async def close(self, order_no: str) -> Order:
        if order_no not in self.orders:
            return Order(order_no, OrderState.CLOSED, 0)
        return await super().close(order_no)

    async def place(self, wish: OrderWish) -> Order:
        if self.arrived is not None and self.may_go_on is not None:
            self.arrived.set()
            await self.may_go_on.wait()
        return await super().place(wish)


async def cash_in_place_of_a_code_on_its_way(world: World) -> None:
    """A payer's code is on its way to the channel, when the desk takes cash instead; then the channel takes it too."""
    slow = Forgetful("WECHAT", at_once=True, arrived=asyncio.Event(), may_go_on=asyncio.Event())
    assert slow.arrived is not None
    assert slow.may_go_on is not None
    till = world.tills["WECHAT"]
    till.place, till.close = slow.place, slow.close  # type: ignore[method-assign]
    slow.orders, slow.back = till.orders, till.back
    row = (await world.order(channel="")).trade
    await world.orders.choose(MERCHANT, row.trace_no, "WECHAT")
    (job,) = await claimed(world, TRADE_JOB)
    under_way = asyncio.create_task(finish(world, job))
    await slow.arrived.wait()
    await world.orders.choose(MERCHANT, row.trace_no, "CASH", at_desk=True)
    for stray in await claimed(world, ATTEMPT_JOB):
        await finish(world, stray)
    slow.may_go_on.set()
    with pytest.raises(Moved):
        await under_way
    await world.database.write(lambda c: ends.end(c, world.clock.now_ms(), ends.retry(job, 0, "")))
    await world.settle(60)


async def test_a_code_that_was_on_its_way_while_the_desk_took_cash_is_not_lost(world: World) -> None:
    await cash_in_place_of_a_code_on_its_way(world)
    first, second = await attempts(world)
    assert (first.state, second.state) == (Attempt.RETURNED, Attempt.PAID)
    await world.must_be_true(over=True)


async def test_without_waiting_for_what_is_on_its_way_it_would_be(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(queue, "under_way", lambda *_: False)
    await cash_in_place_of_a_code_on_its_way(world)
    first, _ = await attempts(world)
    assert first.state == Attempt.CLOSED
    with pytest.raises(AssertionError):
        await world.must_be_true(over=True)


# what a channel says of a refund


@pytest.mark.parametrize("flow", FLOW_NAMES)
async def test_a_refund_that_came_through_unheard_is_no_failure_when_the_next_call_is_refused(
    world: World, flow: str
) -> None:
    await world.paid()
    world.money = scripted(("refund", LOST), *[("refund", NO)] * 5)
    await world.give_back(refund_type=flow)
    await world.settle(60)
    assert (await world.refund()).state == Refund.SUCCEEDED
    assert world.tills["WECHAT"].kept == 0
    await world.must_be_true(over=True)


async def test_who_refuses_the_question_too_has_not_said_that_nothing_came_through(world: World) -> None:
    await world.paid()
    world.money = scripted(("refund", LOST), ("refund", NO), ("find_refund", NO))
    await world.give_back(refund_type="hisDecide")
    await world.settle(60)
    assert (await world.refund()).state == Refund.SUCCEEDED
    await world.must_be_true(over=True)


async def test_the_same_holds_for_what_the_his_would_not_have(world: World) -> None:
    world.his.refuses = {"notify_recharge"}
    row = (await world.order()).trade
    await world.settle(2)
    world.tills["WECHAT"].pay(row.order_no or "")
    world.money = scripted(("refund", LOST), ("refund", NO))
    await world.settle(60)
    assert (await world.trade()).state == Trade.RETURNED
    await world.must_be_true(over=True)


async def test_the_same_holds_for_what_was_paid_besides(world: World) -> None:
    world.tills["WECHAT"].takes = 1
    row = (await world.order()).trade
    await world.settle(2)
    world.tills["WECHAT"].pay(row.order_no or "")
    world.money = scripted(("refund", LOST), ("refund", NO))
    await world.settle(60)
    assert [one.state for one in await attempts(world)] == [Attempt.RETURNED]
    await world.must_be_true(over=True)


# what a HIS says


async def test_a_his_that_will_not_say_whether_it_has_a_recharge_has_not_said_no(world: World) -> None:
    world.ward = scripted(("notify_recharge", LOST), *[("query", HisRefused("接口未开通"))] * 3)
    await world.order(channel="CASH")
    await world.settle(600)
    assert (await world.trade()).state == Trade.SUCCEEDED
    await world.must_be_true(over=True)


async def test_a_his_that_refuses_what_it_has_already_is_asked_before_money_goes_back(world: World) -> None:
    """It books late: asked at once it does not have it, told again it has."""
    told: list[RechargeNotice] = []
    notify = world.his.notify_recharge

    async def once(notice: RechargeNotice) -> HisReceipt:
        told.append(notice)
        if len(told) > 1:
            raise HisRefused("流水号重复")
        return await notify(notice)

    query, late = world.his.query, [HisFound(HisState.NONE)]

    async def lagging(merchant_id: str, number: str) -> HisFound:
        return late.pop() if late else await query(merchant_id, number)

    world.his.notify_recharge, world.his.query = once, lagging  # type: ignore[method-assign]
    world.ward = scripted(("notify_recharge", LOST))
    await world.order(channel="CASH")
    await world.settle(60)
    assert (await world.trade()).state == Trade.SUCCEEDED
    assert world.tills["CASH"].kept == 10_000
    await world.must_be_true(over=True)


async def test_where_the_his_never_says_a_person_decides(world: World) -> None:
    world.ward = lambda name: HisRefused("接口未开通") if name == "query" else AWAY
    row = (await world.order(channel="CASH")).trade
    await world.settle(60)
    await world.orders.act(MERCHANT, row.trace_no, Act.GIVE_BACK, "王敏")
    await world.settle(3 * 86_400)
    stuck = await world.trade()
    assert (stuck.state, stuck.uncertain, stuck.refunding) == (Trade.STUCK, 1, 10_000)
    assert world.tills["CASH"].kept == 10_000
    await world.must_be_true()
    await world.orders.act(MERCHANT, row.trace_no, Act.GIVE_BACK, "王敏")
    await world.settle(60)
    assert (await world.trade()).state == Trade.RETURNED
    world.ward = lambda _: None
    await world.must_be_true(over=True)


@pytest.mark.parametrize(("flow", "act"), [("direct", "refund"), ("prepareAndConfirm", "prepare_refund")])
async def test_a_his_that_will_not_say_whether_it_took_a_refund_off_has_not_refused_it(
    world: World, flow: str, act: str
) -> None:
    await world.paid()
    world.ward = scripted((act, LOST), ("query", HisRefused("接口未开通")))
    await world.give_back(refund_type=flow)
    await world.settle(60)
    assert (await world.refund()).state == Refund.SUCCEEDED
    await world.must_be_true(over=True)


async def test_what_the_his_has_agreed_to_is_undone_even_if_it_says_it_never_heard_of_it(world: World) -> None:
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed"] * 3
    world.ward = scripted(("cancel_refund", AWAY))
    query, said = world.his.query, [HisFound(HisState.NONE)]

    async def mistaken(merchant_id: str, number: str) -> HisFound:
        return said.pop() if said else await query(merchant_id, number)

    world.his.query = mistaken  # type: ignore[method-assign]
    await world.give_back()
    await world.settle(60)
    assert (await world.refund()).state == Refund.FAILED
    assert world.his.balances == {"P000231": 10_000}
    await world.must_be_true(over=True)


# what is told, and under which numbers


async def test_nobody_is_told_of_a_success_that_is_none_any_more(world: World) -> None:
    class Deaf:
        heard: list[Mapping[str, object]] = []  # noqa: RUF012
        deaf = True

        async def send(self, url: str, secret: str, notice: Mapping[str, object]) -> None:
            if self.deaf:
                raise NoticeNotSent("对方返回 HTTP 500，稍后重发")
            self.heard.append(notice)

    partner = Deaf()
    world.notices.send = partner.send  # type: ignore[method-assign]
    row = await world.order(channel="CASH", notify_url=LISTED)
    for _ in range(3):  # the trade's own steps; the notice is tried again and again
        for job in await claimed(world, TRADE_JOB):
            await finish(world, job)
    trace_no, now = row.trade.trace_no, world.clock.now_ms()
    assert (await world.trade()).state == Trade.SUCCEEDED
    world.his.acts.clear()
    world.his.balances.clear()
    world.his.refuses = {"notify_recharge"}
    assert await world.database.write(
        lambda c: asking.trade(c, MERCHANT, trace_no, now, told="对账", actor="reconciliation 王敏")
    )
    partner.deaf = False
    for job in await claimed(world, NOTICE_JOB):
        await finish(world, job)
    await world.settle(3600)
    assert (await world.trade()).state == Trade.RETURNED
    assert partner.heard == []
    await world.must_be_true(over=True)


async def test_a_refund_may_have_the_number_of_a_trade(world: World) -> None:
    """The HIS's numbers are its own: whatever they are, the books keep its refunds and our trades apart."""
    await world.paid("C1")
    other = (await world.order("C2", channel="")).trade
    for _ in range(6):
        world.tills["WECHAT"].refunds = ["failed"]
        await world.give_back(other.trace_no, "C1", refund_type="hisDecide")
        await world.settle(1)
    assert (await world.refund(other.trace_no)).round == 6
    world.his.refuses = {"notify_recharge"}
    await world.orders.choose(MERCHANT, other.trace_no, "CASH", at_desk=True)
    await world.settle(60)
    assert (await world.trade("C2")).state == Trade.RETURNED
    await world.must_be_true(over=True)


@pytest.mark.parametrize(
    ("url", "may"),
    [
        (LISTED, True),
        (f"{LISTED}/his/1", True),
        (f"{LISTED}?of=1", True),
        (f"{LISTED}/a..b/.c", True),
        (f"{LISTED}s", False),
        (f"{LISTED}@elsewhere.example/", False),
        (f"{LISTED}/../admin", False),
        (f"{LISTED}/..", False),
        (f"{LISTED}/%2e%2E/admin", False),
        (f"{LISTED}/a/.%2e/../admin", False),
        (f"{LISTED}/..%2fadmin", False),
        (f"{LISTED}/\\..\\admin", False),
        (f"{LISTED}/\nHost: elsewhere.example", False),
        ("https://his.example@elsewhere.example/notify", False),
        ("https://his.example.elsewhere.example/notify", False),
        ("http://his.example/notify", False),
    ],
)
async def test_only_what_is_listed_is_told_however_its_address_is_written(world: World, url: str, *, may: bool) -> None:
    merchant = await world.database.read(lambda c: merchants.find(c, KEYRING, MERCHANT))
    assert merchant.may_notify(url) is may


# jobs that end over what was put before them


async def ended_over_a_resubmission(world: World, *, guarded: bool) -> None:
    """A refund that has failed is submitted again in the very moment in which its job finds that it has."""
    await world.paid()
    world.tills["WECHAT"].refunds = ["failed"]
    await world.give_back(refund_type="hisDecide")
    await world.settle(5)
    await world.database.write(lambda c: queue.reopen(c, world.clock.now_ms(), REFUND_JOB, f"{MERCHANT}|F1"))
    (job,) = await claimed(world, REFUND_JOB)
    done = await handler(world, job)(job)
    assert isinstance(done, Done)
    assert done.writes is not None
    await world.give_back(refund_type="hisDecide")
    end = ends.done(job, done.writes if guarded else None)
    now = world.clock.now_ms()
    if guarded:
        with pytest.raises(Moved):
            await world.database.write(lambda c: ends.end(c, now, end))
        end = ends.retry(job, now, "")
    await world.database.write(lambda c: ends.end(c, now, end))
    await world.settle(60)


async def test_a_job_does_not_end_over_what_was_put_before_it(world: World) -> None:
    await ended_over_a_resubmission(world, guarded=True)
    assert (await world.refund()).state == Refund.SUCCEEDED
    await world.must_be_true(over=True)


async def test_without_its_guard_it_would(world: World) -> None:
    """The negative control."""
    await ended_over_a_resubmission(world, guarded=False)
    with pytest.raises(AssertionError, match="no next action"):
        await world.must_be_true()


def handler(world: World, job: Job) -> Handler:
    """Who runs a job."""
    return world.driver.handlers()[job.kind]


async def claimed(world: World, kind: str) -> list[Job]:
    """The jobs of a kind that are due, taken."""
    now = world.clock.now_ms()
    return await world.database.write(lambda c: queue.claim(c, "another", now, 16, [kind]))


async def finish(world: World, job: Job) -> None:
    """Run a job to its end."""
    try:
        outcome = await handler(world, job)(job)
    except NoticeNotSent:
        outcome = Again(world.clock.now_ms() + 1000)
    end = (
        ends.again(job, outcome.run_at, outcome.data, outcome.writes)
        if isinstance(outcome, Again)
        else ends.done(job, outcome.writes)
    )
    await world.database.write(lambda c: ends.end(c, world.clock.now_ms(), end))
