"""What goes on at a payment hub on a bad day: patients pay, change their minds and get money back, while channels, HIS
and our own process fail by chance at any step.
"""

import random

from tests.region.payments.world import MERCHANT, World, dice
from yiqiao.errors import DomainError
from yiqiao.ports.payment_channel import NoticeKind
from yiqiao.region.payments.states import FINAL_REFUNDS, FINAL_TRADES, Act, RefundType
from yiqiao.storage import payments


async def a_day_of_trouble(world: World, seed: int) -> None:
    """Patients pay, change their minds, and get money back, while everything fails one time in four."""
    chance = random.Random(seed)
    world.money, world.ward = dice(seed, 0.25), dice(seed + 1, 0.25)
    world.deaths = lambda: chance.choice((None, None, None, "before", "after"))
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
            await world.orders.act(MERCHANT, row.trace_no, Act.GIVE_BACK, "王敏")
    for back in await world.database.read(lambda c: payments.newest_refunds(c, 100_000)):
        if back.state == "stuck":
            await world.refunds.act(MERCHANT, back.out_refund_no, Act.RETRY, "王敏")
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
    number = chance.choice(numbers)
    row = await world.trade(number)
    try:
        match chance.choices(range(9), (2, 5, 5, 5, 1, 1, 3, 2, 1))[0]:
            case 0 if row.state == "opened" or row.state == "paying":
                await world.orders.choose(MERCHANT, row.trace_no, chance.choice(("WECHAT", "ALIPAY")))
            case 1 | 2:
                for attempt in (await world.orders.course(MERCHANT, row.trace_no)).standing.attempts:
                    till = world.tills[attempt.channel]
                    if attempt.order_no in till.orders and till.orders[attempt.order_no].state == "open":
                        till.pay(attempt.order_no)
                        if chance.random() < 0.5:
                            await world.orders.noticed(NoticeKind.ORDER, attempt.order_no)
            case (
                7
            ):  # a payer whose phone was slow: the order was closed meanwhile, the bank took the money all the same
                for attempt in (await world.orders.course(MERCHANT, row.trace_no)).standing.attempts:
                    order = world.tills[attempt.channel].orders.get(attempt.order_no)
                    if attempt.state == "closed" and order is not None and order.state == "closed" and order.amount:
                        world.tills[attempt.channel].pay(attempt.order_no)
                        await world.orders.noticed(NoticeKind.ORDER, attempt.order_no)
            case 8:  # a channel that takes something else than it was asked for
                world.tills[chance.choice(("WECHAT", "ALIPAY"))].takes = chance.choice((0, 0, 0, 1, -1))
            case 3:
                for _ in range(8):  # mostly of a trade that has succeeded
                    if row.state == "succeeded":
                        break
                    number = chance.choice(numbers)
                    row = await world.trade(number)
                amount = chance.randrange(1, row.amount + 1)
                flow = chance.choice(list(RefundType))
                mode = chance.choice(("1", "1", "1", "0"))
                await world.give_back(f"F{chance.randrange(400)}", number, amount, flow, mode)
            case 4:
                world.tills[chance.choice(list(world.tills))].refunds = ["failed"] * chance.randrange(5)
            case 5:
                world.his.refuses = {chance.choice(("notify_recharge", "refund", "cancel_refund"))}
            case 6:
                world.his.refuses = set()
                await world.orders.act(MERCHANT, row.trace_no, chance.choice((Act.CANCEL, Act.RETRY)), "payer")
    except DomainError:
        pass  # it has no place just now: who asks would see why
