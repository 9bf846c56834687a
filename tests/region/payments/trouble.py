"""What goes on at a payment hub on a bad day: patients pay, change their minds and get money back, people sign, settle
and try again, while channels, HIS and our own process fail by chance at any step.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tests.region.payments.world import AWAY, LOST, MERCHANT, Fate, World
from yiqiao.errors import DomainError
from yiqiao.ports.his_billing import HisRefused, HisState
from yiqiao.ports.payment_channel import ChannelRefused, NoticeKind
from yiqiao.region.payments import asking
from yiqiao.region.payments.closing import Closing
from yiqiao.region.payments.states import ATTEMPTS, FINAL_REFUNDS, FINAL_TRADES, REFUNDS, TRADES, Act, RefundType
from yiqiao.storage import payments
from yiqiao.storage.payments import RefundRow, TradeRow

MODES = ("1", "1", "1", "1", "0", "2", "3", "7")
"""By which a refund goes back: mostly as it came, or by what others than its channel pay out."""
WAYS = ("WECHAT", "WECHAT", "ALIPAY", "ALIPAY", "CASH")
APPROVER = "周主任"


def all_kinds_of_trouble(seed: int, share: float) -> tuple[Fate, Fate]:
    """What becomes of calls of the channels and of the HIS, the same for the same seed: nobody is reached, the answer
    is lost, or it is refused, which may be any call, a question too.
    """

    def dice(seed: int, refusal: Exception) -> Fate:
        chance = random.Random(seed)
        choices = (AWAY, AWAY, LOST, LOST, refusal)
        return lambda _: chance.choice(choices) if chance.random() < share else None

    return dice(seed, ChannelRefused("系统繁忙，未受理")), dice(seed + 1, HisRefused("系统繁忙，未受理"))


async def a_day_of_trouble(world: World, seed: int) -> None:
    """Patients pay, change their minds, and get money back, while everything fails one time in four."""
    chance = random.Random(seed)
    world.money, world.ward = all_kinds_of_trouble(seed, 0.25)
    world.deaths = lambda: chance.choice((None, None, None, None, "before", "after", "overtaken"))
    numbers = []
    for n in range(8):
        number = f"C{n}"
        await world.order(number, chance.randrange(1, 50_000), chance.choice(("", "WECHAT", "CASH")))
        numbers.append(number)
        for _ in range(4):
            await world.settle(chance.choice((0, 1, 30)))
            await something_happens(world, chance, numbers)
            await world.must_be_true()
    await all_goes_well_again(world)
    trades = await world.database.read(lambda c: payments.newest_trades(c, 100_000))
    assert len(trades) == 8


async def time_goes_by(world: World, chance: random.Random) -> None:
    """Half a day passes, and days that are over are closed; or somebody sets the clock right."""
    if chance.random() < 0.5:
        world.clock.ms -= chance.randrange(30_000)
        return
    await world.settle(12 * 3600)
    await Closing(world.database, world.clock).close_due()


async def all_goes_well_again(world: World) -> None:
    """Nobody fails any more, and people do what is left to them: then everything has an end, and all sides agree."""
    world.money = world.ward = lambda _: None
    world.deaths = lambda: None
    for till in world.tills.values():
        till.refunds = []
    world.his.refuses = set()
    await world.settle(2 * 3600)
    for row in await world.database.read(lambda c: payments.newest_trades(c, 100_000)):
        if row.state == "stuck":
            has = row.trace_no in world.his.acts
            await world.orders.act(MERCHANT, row.trace_no, Act.TELL if has else Act.GIVE_BACK, "王敏")
    for back in await world.database.read(lambda c: payments.newest_refunds(c, 100_000)):
        if back.state in ("stuck", "approving"):
            act = Act.RETRY if back.state == "stuck" else Act.APPROVE
            await world.refunds.act(MERCHANT, back.out_refund_no, act, APPROVER)
    for one in await world.database.read(lambda c: payments.in_states(c, ["stuck"], 100_000)):
        await world.orders.act_on_attempt(MERCHANT, one.order_no, Act.GIVE_BACK, "王敏")
    await world.settle(3600)
    trades = await world.database.read(lambda c: payments.newest_trades(c, 100_000))
    assert {row.state for row in trades} <= FINAL_TRADES
    refunds = await world.database.read(lambda c: payments.newest_refunds(c, 100_000))
    assert {row.state for row in refunds} <= FINAL_REFUNDS
    await world.must_be_true(over=True)


async def something_happens(world: World, chance: random.Random, numbers: list[str]) -> None:
    """One of the things that people and machines do."""
    row = await world.trade(chance.choice(numbers))
    (act,) = chance.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
    with suppress(DomainError):  # where it has no place just now, who asks sees why
        await act(world, chance, row)


async def _another_way(world: World, chance: random.Random, row: TradeRow) -> None:
    if row.state in ("opened", "placing", "paying"):
        await world.orders.choose(MERCHANT, row.trace_no, chance.choice(WAYS), at_desk=True)


async def _somebody_pays(world: World, chance: random.Random, row: TradeRow) -> None:
    for attempt in (await world.orders.course(MERCHANT, row.trace_no)).standing.attempts:
        till = world.tills[attempt.channel]
        if attempt.order_no in till.orders and till.orders[attempt.order_no].state == "open":
            till.pay(attempt.order_no)
            for _ in range(chance.randrange(3)):
                await world.orders.noticed(NoticeKind.ORDER, attempt.order_no)


async def _a_slow_phone(world: World, chance: random.Random, row: TradeRow) -> None:
    """The order was closed meanwhile, and the bank took the money all the same."""
    for attempt in (await world.orders.course(MERCHANT, row.trace_no)).standing.attempts:
        order = world.tills[attempt.channel].orders.get(attempt.order_no)
        if attempt.state == "closed" and order is not None and order.state == "closed" and order.amount:
            world.tills[attempt.channel].pay(attempt.order_no)
            await world.orders.noticed(NoticeKind.ORDER, attempt.order_no)


async def _another_amount(world: World, chance: random.Random, row: TradeRow) -> None:
    """A channel takes something else than it was asked for."""
    world.tills[chance.choice(("WECHAT", "ALIPAY"))].takes = chance.choice((0, 0, 0, 1, -1))


async def _a_refund_is_asked_for(world: World, chance: random.Random, row: TradeRow) -> None:
    """Mostly of a trade that has succeeded, and now and then under a number that was used before."""
    there = await world.database.read(lambda c: payments.newest_trades(c, 20, states=("succeeded",)))
    of = chance.choice([row, *there])
    flow, mode = chance.choice(list(RefundType)), chance.choice(MODES)
    amount = chance.randrange(1, of.amount + 1)
    await world.give_back(f"F{chance.randrange(400)}", of.out_charge_no, amount, flow, mode)


async def _refunds_go_wrong(world: World, chance: random.Random, row: TradeRow) -> None:
    till = world.tills[chance.choice(list(world.tills))]
    till.refunds = [chance.choice(("failed", "failed", "pending")) for _ in range(chance.randrange(5))]


async def _the_his_will_not(world: World, chance: random.Random, row: TradeRow) -> None:
    acts = "notify_recharge", "refund", "prepare_refund", "confirm_refund", "cancel_refund"
    world.his.refuses = {chance.choice(acts)}


async def _the_his_will_again(world: World, chance: random.Random, row: TradeRow) -> None:
    world.his.refuses = set()


async def _a_notice_comes(world: World, chance: random.Random, row: TradeRow) -> None:
    """Before anything has happened, or long after, or once more."""
    standing = (await world.orders.course(MERCHANT, row.trace_no)).standing
    for attempt in standing.attempts:
        await world.orders.noticed(NoticeKind.ORDER, attempt.order_no)
    for back in standing.refunds:
        await world.orders.noticed(NoticeKind.REFUND, back.refund_no)


async def _a_reconciliation_asks(world: World, chance: random.Random, row: TradeRow) -> None:
    told: Mapping[str, str] = {"told": "对账：重新核对", "actor": "reconciliation 王敏"}
    now = world.clock.now_ms()
    await world.database.write(lambda c: asking.trade(c, MERCHANT, row.trace_no, now, **told))
    if row.order_no is not None:
        number = row.order_no
        await world.database.write(lambda c: asking.order(c, number, now, **told))


async def _somebody_acts(world: World, chance: random.Random, row: TradeRow) -> None:
    """A payer, or an operator, who looks at what there is, and at the HIS, before anything is settled."""
    acts = list(TRADES[row.state].acts)
    if row.state == "stuck":
        acts = [Act.TELL] if row.trace_no in world.his.acts else acts
    if acts:
        await world.orders.act(MERCHANT, row.trace_no, chance.choice(acts), "王敏")
    standing = (await world.orders.course(MERCHANT, row.trace_no)).standing
    for attempt in standing.attempts:
        if ATTEMPTS[attempt.state].acts:
            await world.orders.act_on_attempt(
                MERCHANT, attempt.order_no, chance.choice(list(ATTEMPTS[attempt.state].acts)), "王敏"
            )
    for back in standing.refunds:
        if REFUNDS[back.state].acts:
            act = chance.choice(list(REFUNDS[back.state].acts))
            await world.refunds.act(MERCHANT, back.out_refund_no, act, APPROVER)
            if act is Act.SETTLE:
                _done_by_hand(world, back)


def _done_by_hand(world: World, back: RefundRow) -> None:
    """What an operator has seen to at the HIS when they say that it is settled."""
    state, amount, receipt = world.his.acts[back.out_refund_no]
    if back.refunded_at is not None:
        world.his.acts[back.out_refund_no] = (HisState.DONE, amount, receipt)
    elif state is not HisState.CANCELLED:
        world.his.acts[back.out_refund_no] = (HisState.CANCELLED, amount, receipt)
        (patient,) = world.his.balances
        world.his.balances[patient] += amount


Happening = Callable[[World, random.Random, TradeRow], Awaitable[None]]
HAPPENINGS: Mapping[Happening, int] = {
    _another_way: 3,
    _somebody_pays: 10,
    _a_slow_phone: 2,
    _another_amount: 1,
    _a_refund_is_asked_for: 7,
    _refunds_go_wrong: 1,
    _the_his_will_not: 1,
    _the_his_will_again: 2,
    _a_notice_comes: 1,
    _a_reconciliation_asks: 1,
    _somebody_acts: 3,
}
"""What happens, and how often beside the others."""
