"""What goes on at a region's desks on a bad day: bills are sent and sent again, paid, given up and taken back, people
press buttons, while centre, HIS, channels and our own process fail by chance at any step.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from tests.region.appointments.world import AWAY, LOST
from tests.region.insurance.world import CARD, EMPLOYEE, RESIDENT, SERVANT, Region
from tests.region.payments.trouble import all_kinds_of_trouble
from tests.region.payments.world import MERCHANT, Fate
from tests.sandbox.settlement.desk import visitor
from yiqiao.errors import DomainError
from yiqiao.ports.insurance_settlement import CentreRefused
from yiqiao.region.insurance.states import FINAL, STATES, Act, State
from yiqiao.region.payments import states as money
from yiqiao.sandbox.mischief import Fate as Mishap
from yiqiao.storage import insurance, payments
from yiqiao.storage.insurance import SettlementRow

PEOPLE = (RESIDENT, EMPLOYEE, SERVANT)
CARDS = tuple(f"{CARD}{n}" for n in range(6))
PRESSED = (Act.RETRY, Act.RETRY, Act.CONFIRM, Act.REVERSE)
"""Acts of people; what they mend outside the hub cannot be played."""
DAY_MS = 86_400_000


def trouble_at_the_centre(seed: int, share: float) -> Fate:
    """What becomes of calls of the centre, the same for the same seed; a question may be refused too."""
    chance = random.Random(seed)
    choices = (AWAY, AWAY, LOST, LOST, CentreRefused("系统维护，暂不受理"))
    return lambda _: chance.choice(choices) if chance.random() < share else None


def begin(region: Region, seed: int, share: float) -> None:
    """From now on everything fails by chance."""
    region.money, region.ward = all_kinds_of_trouble(seed, share)
    region.office = trouble_at_the_centre(seed + 2, share)


async def something_happens(region: Region, chance: random.Random) -> None:
    """One of the things that people and machines do."""
    (act,) = chance.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
    with suppress(DomainError):  # where it has no place just now, who asks sees why
        await act(region, chance)


async def _any(region: Region, chance: random.Random, *states: str) -> SettlementRow | None:
    rows = await region.database.read(lambda c: insurance.newest(c, 30, states=states))
    return chance.choice(rows) if rows else None


async def _a_bill(region: Region, chance: random.Random) -> None:
    """Somebody owes, and the bill is sent; often more than once."""
    place = chance.randrange(len(CARDS))
    card, who = CARDS[place], visitor(PEOPLE[place % len(PEOPLE)])
    if chance.random() < 0.7:
        region.owe(chance.randrange(1, 90_000), card=card, level=chance.choice(("01", "01", "02", "03")))
    insured = chance.random() < 0.75
    wish = region.wish(who, insured=insured, card=card, cashier=chance.random() < 0.95)
    for _ in range(chance.choice((1, 1, 2))):
        await region.ask(wish)


async def _a_way_is_chosen(region: Region, chance: random.Random) -> None:
    row = await _any(region, chance, State.PAYING)
    if row is not None:
        await region.orders.choose(MERCHANT, row.trace_no, chance.choice(("WECHAT", "ALIPAY", "CASH")), at_desk=True)


async def _somebody_pays(region: Region, chance: random.Random) -> None:
    row = await _any(region, chance, State.PAYING)
    if row is None:
        return
    for attempt in (await region.orders.course(MERCHANT, row.trace_no)).standing.attempts:
        till = region.tills[attempt.channel]
        if attempt.order_no in till.orders and till.orders[attempt.order_no].state == "open":
            till.pay(attempt.order_no)


async def _somebody_gives_up(region: Region, chance: random.Random) -> None:
    row = await _any(region, chance, State.PAYING)
    if row is not None:
        await region.orders.act(MERCHANT, row.trace_no, money.Act.CANCEL, "desk")


async def _it_is_taken_back(region: Region, chance: random.Random) -> None:
    row = await _any(region, chance, State.DONE)
    if row is not None:
        await region.take_back(row)


async def _a_button_is_pressed(region: Region, chance: random.Random) -> None:
    going = sorted(set(STATES) - FINAL) if chance.random() < 0.8 else [State.DONE, State.FAILED]
    row = await _any(region, chance, *going)
    if row is not None:
        await region.settlements.act(row.number, chance.choice(PRESSED), "周正")


async def _it_is_looked_into(region: Region, chance: random.Random) -> None:
    await region.check.look(region.clock.now_ms() - 600_000)


async def _refunds_go_wrong(region: Region, chance: random.Random) -> None:
    till = region.tills[chance.choice(list(region.tills))]
    till.refunds = [chance.choice(("failed", "failed", "pending")) for _ in range(chance.randrange(4))]


async def _the_his_will_not(region: Region, chance: random.Random) -> None:
    region.his.refuses = {chance.choice(("confirm_charge", "cancel_charge"))}


async def _the_his_will_again(region: Region, chance: random.Random) -> None:
    region.his.refuses = set()


async def _the_centre_is_odd(region: Region, chance: random.Random) -> None:
    """It settles something else than it has reckoned, or takes back on its own what it has settled."""
    act, fate = chance.choice((("settle", Mishap.DIFFERENT), ("settle", Mishap.TAKEN_BACK), ("cancel", Mishap.REFUSED)))
    region.orders_at_centre.order(act, fate)


async def _a_clerk_takes_it_back(region: Region, chance: random.Random) -> None:
    row = await _any(region, chance, State.DONE, State.CONFIRMING)
    if row is not None and row.insured:
        await region.centre.take_back(row.settlement_id)


HAPPENINGS: Mapping[Callable[[Region, random.Random], Awaitable[None]], int] = {
    _a_bill: 30,
    _a_way_is_chosen: 25,
    _somebody_pays: 25,
    _somebody_gives_up: 3,
    _it_is_taken_back: 6,
    _a_button_is_pressed: 6,
    _it_is_looked_into: 3,
    _refunds_go_wrong: 2,
    _the_his_will_not: 2,
    _the_his_will_again: 4,
    _the_centre_is_odd: 3,
    _a_clerk_takes_it_back: 1,
}


async def all_goes_well_again(region: Region) -> None:
    """Nobody fails any more, and people press the buttons that findings have: then centre, hub and HIS agree."""
    region.money = region.ward = region.office = lambda _: None
    region.deaths = lambda: None
    region.orders_at_centre.forget()
    region.his.refuses = set()
    for till in region.tills.values():
        till.refunds = []
    await region.settle(2 * 3600)
    for _ in range(40):
        await region.check.look(0)
        found = await region.database.read(insurance.findings)
        hands = await region.database.read(
            lambda c: insurance.newest(c, 10_000, states=(State.UNCONFIRMED, State.UNRETURNED))
        )
        pressed = {one.number: Act(one.remedy) for one in found if one.remedy}
        pressed |= {row.number: Act.RETRY if row.state == State.UNRETURNED else Act.CONFIRM for row in hands}
        if not pressed:
            break
        for number, act in pressed.items():
            try:
                await region.settlements.act(number, act, "周正")
            except DomainError:  # other amounts than were paid for: the later ones are in its way
                await _cleared(region, number)
            await region.settle(1800)
    for one in await region.database.read(lambda c: payments.in_states(c, [money.Attempt.STUCK], 10_000)):
        await region.orders.act_on_attempt(MERCHANT, one.order_no, money.Act.GIVE_BACK, "周正")
    await region.settle(3600)
    left = await region.database.read(insurance.findings)
    assert not left, left
    trades = await region.database.read(lambda c: payments.newest_trades(c, 100_000))
    assert {row.state for row in trades} <= money.FINAL_TRADES
    await region.must_hold(over=True)


async def _cleared(region: Region, number: str) -> None:
    """Take back a settlement that may not stand, after all later ones of the same person."""
    known = await region.settlements.find(number)
    done = await region.database.read(lambda c: insurance.newest(c, 10_000, states=[State.DONE]))
    for row in done:
        later = row.insured and (row.settled_at or 0) >= (known.row.settled_at or 0)
        if later and (await region.settlements.find(row.number)).facts.who.psn_no == known.facts.who.psn_no:
            await region.settlements.act(row.number, Act.REVERSE, "周正")
            await region.settle(600)
    with suppress(DomainError):
        await region.settlements.act(number, Act.REVERSE, "周正")


async def a_day_of_trouble(region: Region, seed: int, happenings: int = 60) -> None:
    """A bad day, and a good end."""
    chance = random.Random(seed)
    begin(region, seed, 0.2)
    region.deaths = lambda: chance.choice((None,) * 6 + ("before", "after", "overtaken"))
    for _ in range(happenings):
        await something_happens(region, chance)
        await region.settle(chance.choice((0, 0, 1, 3, 30, 120)))
        await region.must_hold()
    await all_goes_well_again(region)
