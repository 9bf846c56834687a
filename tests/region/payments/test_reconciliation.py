"""A day on three sides: what is the same is counted, what is not is named, and applying does what a saga may do."""

import random
from collections.abc import Callable

import pytest

from tests.region.payments.sides import MERCHANT, NOW, Sides
from tests.region.payments.test_statements import TODAY, eventful
from tests.region.payments.trouble import a_day_of_trouble
from tests.region.payments.world import World
from tests.support.keys import KEYRING
from yiqiao.clock import beijing
from yiqiao.ports.his_billing import HisEntry
from yiqiao.ports.payment_channel import StatementKind, StatementLine
from yiqiao.region.payments import merchants
from yiqiao.region.payments.findings import HIS, TITLES, Apply, Kind, in_words
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.reconciliation import Report
from yiqiao.storage import payments

HOUR, MINUTE = 3_600_000, 60_000


async def report_of(sides: Sides, *, apply: bool = False) -> Report:
    """What a comparison of the day finds."""
    return await sides.reconciliation().run(MERCHANT, TODAY, "W1", apply=apply)


async def test_what_is_the_same_on_all_sides_is_counted_and_not_told(world: World) -> None:
    await eventful(world)
    report = await report_of(await Sides.of(world))
    assert report.findings == ()
    assert report.counts == {
        Kind.MATCHED: 3,
        Kind.REVERSED: 4,
    }  # C1, F1, C3; C2 and what was paid twice, there and back
    assert report.whole
    assert not report.away


def _amount(sides: Sides, number: str) -> None:
    says = sides.channels["WECHAT"].lines
    says[number] = says[number]._replace(amount=says[number].amount - 1)


def _later(sides: Sides, number: str, by: int) -> None:
    says = sides.channels["WECHAT"].lines
    says[number] = says[number]._replace(at=says[number].at + by)


def _stranger(sides: Sides, _: str) -> None:
    line = StatementLine(StatementKind.PAYMENT, "26110100000000000099", "26110100000000000099", 5, NOW)
    sides.channels["WECHAT"].besides.append(line)


SPOILT: dict[str, tuple[Callable[[Sides, str], object], str, Kind, Apply]] = {
    "a channel leaves one out": (
        lambda sides, number: sides.channels["WECHAT"].lines.pop(number),
        "WECHAT",
        Kind.MISSING_AT_CHANNEL,
        Apply.NOTHING,
    ),
    "a channel has another amount": (_amount, "WECHAT", Kind.AMOUNT, Apply.NOTHING),
    "a channel has it twice": (
        lambda sides, number: sides.channels["WECHAT"].besides.append(sides.channels["WECHAT"].lines[number]),
        "WECHAT",
        Kind.TWICE,
        Apply.NOTHING,
    ),
    "a channel has it on another day": (
        lambda sides, number: _later(sides, number, 20 * HOUR),
        "WECHAT",
        Kind.DAY,
        Apply.NOTHING,
    ),
    "a channel has what nobody knows": (_stranger, "WECHAT", Kind.MISSING_HERE, Apply.NOTHING),
    "the HIS leaves one out": (
        lambda sides, number: sides.his.lines.pop(number[:19]),
        HIS,
        Kind.MISSING_AT_HIS,
        Apply.TELL,
    ),
    "the HIS has what nobody knows": (
        lambda sides, _: sides.his.besides.append(HisEntry("recharge", "9", 5, NOW)),
        HIS,
        Kind.MISSING_HERE,
        Apply.NOTHING,
    ),
    "the HIS has another amount": (
        lambda sides, number: sides.his.lines.update({number[:19]: HisEntry("recharge", number[:19], 1, NOW)}),
        HIS,
        Kind.AMOUNT,
        Apply.NOTHING,
    ),
    "the HIS has it twice": (
        lambda sides, number: sides.his.besides.append(sides.his.lines[number[:19]]),
        HIS,
        Kind.TWICE,
        Apply.NOTHING,
    ),
}


@pytest.mark.parametrize("how", SPOILT)
async def test_what_differs_is_named_with_its_remedy(world: World, how: str) -> None:
    spoil, side, kind, apply = SPOILT[how]
    await world.paid("C1")
    await world.paid("C2", 700, "ALIPAY")
    sides = await Sides.of(world)
    spoil(sides, (await world.trade("C1")).order_no or "")
    report = await report_of(sides)
    (finding,) = report.findings
    assert (finding.side, finding.kind, finding.apply) == (side, kind, apply)
    assert bool(finding.remedy) == (kind is not Kind.DAY)
    assert TITLES[kind] in next(iter(in_words(report.findings)))
    assert report.counts[kind] == 1


@pytest.mark.parametrize(("minutes", "kind"), [(9, Kind.MATCHED), (11, Kind.DAY)])
async def test_a_movement_just_over_midnight_is_the_same(world: World, minutes: int, kind: Kind) -> None:
    midnight = NOW - (NOW + 8 * HOUR) % (24 * HOUR) + 24 * HOUR
    world.clock.advance((midnight - NOW) / 1000 - 60)
    await world.order(channel="CASH")
    await world.settle()  # a minute before midnight
    number = (await world.trade()).order_no or ""
    sides = await Sides.of(world)
    at, says = midnight + (minutes - 1) * MINUTE, sides.channels["CASH"].lines
    says[number] = says[number]._replace(at=at)
    sides.his.lines[number[:19]] = sides.his.lines[number[:19]]._replace(at=at)
    report = await report_of(sides)
    assert set(report.counts) == {kind}
    assert {one.number for one in report.findings} == (set() if kind is Kind.MATCHED else {number, number[:19]})


async def test_the_other_day_says_so_too(world: World) -> None:
    """A line of the day that the books have just before: the same within minutes, named where it is further away."""
    await world.paid("C1")
    sides = await Sides.of(world)
    number = (await world.trade()).order_no or ""
    _later(sides, number, 24 * HOUR)
    tomorrow = await sides.reconciliation().run(MERCHANT, "2026-11-02", "W1")
    (finding,) = tomorrow.findings
    assert (finding.kind, finding.number) == (Kind.DAY, number)


async def test_lines_of_other_merchants_are_theirs(world: World) -> None:
    await world.paid("C1")
    sides = await Sides.of(world)
    number = (await world.trade()).order_no or ""
    other = "YQZY0002"

    def add(connection: object) -> None:
        merchants.add(
            connection,  # type: ignore[arg-type]
            KEYRING,
            NOW,
            merchant_id=other,
            name="云桥县人民医院（住院）",
            hospital_id="1001",
            account_type="02",
            settings=MerchantSettings(("WECHAT",)),
        )

    await world.database.write(add)
    report = await sides.reconciliation().run(other, TODAY, "W1")
    assert [one.side for one in report.findings] == [HIS]  # the same stand-in answers for every merchant
    assert number not in {one.number for one in report.findings}


async def test_the_his_has_booked_what_went_back(world: World) -> None:
    world.his.refuses.add("notify_recharge")
    await world.order("C2", 300, "CASH")
    await world.settle(5)
    row = await world.trade("C2")
    sides = await Sides.of(world)
    sides.his.lines[row.trace_no] = HisEntry("recharge", row.trace_no, 300, NOW)
    (finding,) = (await report_of(sides)).findings
    assert (finding.kind, finding.side, finding.apply) == (Kind.STATE, HIS, Apply.NOTHING)


async def test_a_trade_of_which_money_went_back_is_not_told_to_the_his_again(world: World) -> None:
    await world.paid("C1")
    await world.give_back("F1", "C1", 2_500)
    await world.settle(5)
    sides = await Sides.of(world)
    del sides.his.lines[(await world.trade()).trace_no]
    (finding,) = (await report_of(sides)).findings
    assert (finding.kind, finding.apply) == (Kind.MISSING_AT_HIS, Apply.NOTHING)


async def test_a_side_that_is_away_is_said_and_nothing_is_missed_for_it(world: World) -> None:
    await world.paid("C1")
    await world.paid("C2", 700, "ALIPAY")
    sides = await Sides.of(world)
    sides.channels["WECHAT"].away = True
    report = await report_of(sides)
    assert report.away == ("WECHAT",)
    assert report.findings == ()
    assert report.counts == {Kind.MATCHED: 1, Kind.UNASKED: 1}
    sides.his.away = True
    assert (await report_of(sides)).counts == {Kind.UNASKED: 2}


async def test_money_of_an_order_that_was_closed_is_found_by_applying_and_goes_back(world: World) -> None:
    await world.order()
    await world.settle(3600)
    row = await world.trade()
    assert row.state == "closed"
    number = f"{row.trace_no}01"
    world.tills["WECHAT"].pay(number)  # and no notice comes
    sides = await Sides.of(world)
    (finding,) = (await report_of(sides)).findings
    assert (finding.kind, finding.apply, finding.number) == (Kind.STATE, Apply.ASK_ORDER, number)
    await world.settle(60)
    assert world.tills["WECHAT"].kept == 10_000  # looking changes nothing
    report = await report_of(sides, apply=True)
    assert (report.applied, report.asked) == (True, 1)
    await world.settle(60)
    assert world.tills["WECHAT"].kept == 0
    await world.must_be_true(over=True)
    assert (await report_of(await Sides.of(world))).findings == ()


async def test_what_the_his_has_lost_is_told_again_once(world: World) -> None:
    await world.paid("C1", 10_000, "ALIPAY")
    row = await world.trade()
    del world.his.acts[row.trace_no]
    world.his.balances.clear()
    assert (await report_of(await Sides.of(world), apply=True)).asked == 1
    await world.settle(60)
    assert (await world.trade()).state == "succeeded"
    assert list(world.his.balances.values()) == [10_000]
    await world.must_be_true(over=True)


async def test_what_the_his_has_after_all_is_not_booked_twice(world: World) -> None:
    """Its list left it out, and its account did not: asked first, it says so."""
    await world.paid("C1", 10_000, "ALIPAY")
    sides = await Sides.of(world)
    sides.his.lines.clear()
    assert (await report_of(sides, apply=True)).asked == 1
    await world.settle(60)
    assert list(world.his.balances.values()) == [10_000]


async def test_a_refund_under_way_is_asked_for_again(world: World) -> None:
    await world.paid("C1", 10_000, "ALIPAY")
    world.tills["ALIPAY"].refunds = ["pending"] * 3
    await world.give_back("F1", "C1", 2_500)
    await world.settle()
    sides = await Sides.of(world)
    number = (await world.refund()).refund_no
    order_no = (await world.trade()).order_no or ""
    sides.channels["ALIPAY"].besides.append(StatementLine(StatementKind.REFUND, number, order_no, 2_500, NOW))
    report = await report_of(sides, apply=True)
    assert {(one.kind, one.side, one.apply) for one in report.findings} == {
        (Kind.STATE, "ALIPAY", Apply.ASK_REFUND),
        (Kind.IN_FLIGHT, HIS, Apply.ASK_REFUND),
    }
    events = await world.database.read(lambda c: payments.course(c, MERCHANT, number[:19]))
    assert any(one.actor == "reconciliation W1" for one in events)


async def test_reports_are_kept_and_found_again(world: World) -> None:
    await world.paid("C1")
    sides = await Sides.of(world)
    sides.his.lines.clear()
    reconciliation = sides.reconciliation()
    first = await reconciliation.run(MERCHANT, TODAY, "W1")
    second = await reconciliation.run(MERCHANT, TODAY, "W2", apply=True)  # at the same moment
    assert await reconciliation.kept() == [second, first]
    assert await reconciliation.find(MERCHANT, TODAY, first.at) == first
    assert await reconciliation.find(MERCHANT, TODAY, 1) is None
    assert await reconciliation.kept(merchant_id="NOBODY") == []


async def test_property_what_was_spoilt_is_found_and_nothing_else(world: World) -> None:
    for n in range(12):
        await world.paid(f"C{n}", 1_000 + n, "CASH")
    for seed in range(20):
        dice = random.Random(seed)
        sides = await Sides.of(world)
        says, spoilt = sides.channels["CASH"], set()
        for number in dice.sample(sorted(says.lines), dice.randrange(6)):
            spoilt.add(number)
            what = dice.randrange(3)
            if what == 0:
                del says.lines[number]
            elif what == 1:
                says.lines[number] = says.lines[number]._replace(amount=7)
            else:
                says.besides.append(says.lines[number])
        for number in dice.sample(sorted(sides.his.lines), dice.randrange(6)):
            spoilt.add(number)
            del sides.his.lines[number]
        report = await report_of(sides)
        assert {one.number for one in report.findings} == spoilt, seed


@pytest.mark.parametrize("seed", [3, 11])
async def test_property_after_a_day_of_trouble_all_sides_are_the_same(world: World, seed: int) -> None:
    await a_day_of_trouble(world, seed)
    assert f"{beijing(world.clock.now_ms()):%Y-%m-%d}" == TODAY
    report = await report_of(await Sides.of(world))
    assert report.findings == ()
    assert sum(report.counts.values()) > 3
