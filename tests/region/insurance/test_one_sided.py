"""A settlement that stands on one side only is flagged within five minutes, with what mends it."""

from dataclasses import replace
from itertools import product

import pytest

from tests.region.insurance.world import AWAY, RESIDENT, Region
from tests.sandbox.settlement.desk import INSTITUTION, line, visitor
from yiqiao.clock import beijing
from yiqiao.jobs import Again, Job
from yiqiao.region.insurance import check
from yiqiao.region.insurance.check import BEFORE_THE_CENTRE, CHECK_JOB, DailyReconciliation, Sides, kinds_of
from yiqiao.region.insurance.findings import KINDS, Kind
from yiqiao.region.insurance.states import FINAL, STATES, Act, State
from yiqiao.sandbox.mischief import Fate
from yiqiao.storage import insurance
from yiqiao.storage.insurance import SettlementRow


@pytest.fixture
async def done(region: Region) -> SettlementRow:
    """A settlement that is done."""
    region.owe(50_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    assert row.state == State.DONE
    return row


async def test_where_all_agree_nothing_is_found(region: Region, done: SettlementRow) -> None:
    assert await region.found() == {}
    await region.take_back(done)
    await region.settle(600)
    assert await region.found() == {}


async def test_settled_at_the_centre_and_not_told_to_the_his(region: Region) -> None:
    region.owe(50_000)
    region.ward = lambda name: AWAY if name == "confirm_charge" else None
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(180)
    assert await region.found() == {}, "it may still be on its way"
    await region.settle(120)
    assert await region.found() == {Kind.UNCONFIRMED: Act.RETRY}
    region.ward = lambda _: None
    await region.settlements.act(row.number, Act.RETRY, "周正")
    await region.settle()
    assert (await region.row(row.number)).state == State.DONE
    assert await region.found() == {}
    await region.must_hold(over=True)


async def test_a_settlement_that_the_his_cannot_be_told_of_is_taken_back_by_a_person(region: Region) -> None:
    region.owe(50_000)
    region.ward = lambda name: AWAY if name == "confirm_charge" else None
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(300)
    await region.settlements.act(row.number, Act.REVERSE, "周正")
    await region.settle(600)
    assert (await region.row(row.number)).state == State.FAILED
    assert await region.found() == {}
    await region.must_hold(over=True)


async def test_money_was_taken_and_nothing_is_settled(region: Region) -> None:
    region.owe(50_000)
    region.office = lambda name: AWAY if name == "settle" else None
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(300)
    assert await region.found() == {Kind.UNPAID_FOR: Act.RETRY}
    await region.settlements.act(row.number, Act.REVERSE, "周正")
    await region.settle(600)
    assert (await region.row(row.number)).state == State.FAILED
    assert region.tills["WECHAT"].kept == 0
    assert await region.found() == {}
    await region.must_hold(over=True)


async def test_the_centre_has_taken_it_back_on_its_own(region: Region, done: SettlementRow) -> None:
    await region.centre.take_back(done.settlement_id)
    assert await region.found() == {Kind.REVERSED_THERE: Act.REVERSE}
    await region.settlements.act(done.number, Act.REVERSE, "周正")
    await region.settle(600)
    assert (await region.row(done.number)).state == State.CANCELLED
    assert await region.found() == {}
    await region.must_hold(over=True)


async def test_the_statement_points_at_what_nobody_has_looked_at_for_long(region: Region, done: SettlementRow) -> None:
    await region.settle(7_200)
    await region.centre.take_back(done.settlement_id)
    found = await region.check.look(region.clock.now_ms() - 60_000)
    assert [one.kind for one in found] == [Kind.REVERSED_THERE]


async def test_the_his_has_lost_it(region: Region, done: SettlementRow) -> None:
    del region.his.acts[done.number]
    region.his.settled.clear()
    assert await region.found() == {Kind.MISSING_AT_HIS: Act.CONFIRM}
    await region.settlements.act(done.number, Act.CONFIRM, "周正")
    await region.settle()
    assert await region.found() == {}


async def test_however_many_have_changed_all_are_looked_into(
    region: Region, done: SettlementRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "MOST", 1)
    region.owe(5_000)
    await region.through(region.wish(insured=False))
    region.his.acts.clear()
    region.his.settled.clear()
    found = await region.check.look(region.clock.now_ms() - 86_400_000)
    assert [one.kind for one in found] == [Kind.MISSING_AT_HIS] * 2


async def test_the_centre_has_what_nobody_here_knows(region: Region, done: SettlementRow) -> None:
    who = visitor(RESIDENT)
    visit_id = await region.centre.register("N1", who, "内科", "陶文静", 1)
    await region.centre.upload("N2", who, visit_id, [line(700)])
    expected = await region.centre.presettle("N3", who, visit_id, use_account=True)
    await region.centre.settle("N4", who, visit_id, use_account=True, expected=expected)
    assert await region.found() == {}
    await region.settle(300)
    assert await region.found() == {Kind.UNKNOWN_HERE: ""}
    found = await region.database.read(insurance.findings)
    assert (found[0].number, found[0].amount) == ("", 700)


async def test_the_statement_says_another_amount(region: Region, done: SettlementRow) -> None:
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    assert await region.found() == {Kind.AMOUNT: ""}
    assert await region.found() == {}, "it says the same again"


async def test_what_a_statement_said_stands_until_that_day_is_compared_again(
    region: Region, done: SettlementRow
) -> None:
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    assert await region.found() == {Kind.AMOUNT: ""}
    day = _day(region)
    await region.settle(86_400)
    assert await region.found() == {Kind.AMOUNT: ""}, "another day's statement says nothing of it"
    await region.check.reconcile(INSTITUTION, (done.merchant_id,), day)
    assert await region.found() == {}


async def test_what_the_statement_of_yesterday_says_is_not_wiped_by_the_next_look(
    region: Region, done: SettlementRow
) -> None:
    day = _day(region)
    await region.settle(86_400)
    assert await region.found() == {}
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    await region.check.reconcile(INSTITUTION, (done.merchant_id,), day)
    assert await region.found() == {Kind.AMOUNT: ""}
    await region.check.reconcile(INSTITUTION, (done.merchant_id,), day)
    assert await region.found() == {}


async def test_two_merchants_of_an_institution_have_one_statement(region: Region, done: SettlementRow) -> None:
    """A merchant that comes first by its name, and collected for the same institution before."""
    first = done._replace(merchant_id="A", number="2611280000000001", token="t", settlement_id="", state=State.FAILED)
    await region.database.write(lambda c: insurance.add(c, first, ()))
    await region.settle(300)
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    found = await region.check.look(region.clock.now_ms() - 60_000)
    assert [(one.kind, one.merchant_id) for one in found] == [(Kind.AMOUNT, done.merchant_id)]


async def test_what_differs_is_not_counted_among_what_is_the_same(region: Region, done: SettlementRow) -> None:
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    report = await region.check.reconcile(INSTITUTION, (done.merchant_id,), _day(region))
    assert (report.matched, [one.kind for one in report.findings]) == (0, [Kind.AMOUNT])

    other = done._replace(number="2611280000000001", token="t", settlement_id="9")  # of which the centre does not know
    await region.database.write(lambda c: insurance.add(c, other, ()))
    report = await region.check.reconcile(INSTITUTION, (done.merchant_id,), _day(region))
    assert (report.matched, {one.number for one in report.findings}) == (1, {other.number})


async def test_what_is_found_again_has_been_since_the_first_time(region: Region, done: SettlementRow) -> None:
    await region.centre.take_back(done.settlement_id)
    await region.found()
    first = (await region.database.read(insurance.findings))[0]
    await region.settle(120)
    await region.found()
    again = (await region.database.read(insurance.findings))[0]
    assert again.since == first.since
    assert again.seen_at > first.seen_at


async def test_who_does_not_answer_is_not_held_against_it(region: Region, done: SettlementRow) -> None:
    region.office = lambda _: AWAY
    region.ward = lambda _: AWAY
    assert await region.found() == {}


async def test_what_was_found_stays_while_nobody_answers(region: Region, done: SettlementRow) -> None:
    region.orders_at_centre.order("statement", Fate.DIFFERENT)
    del region.his.acts[done.number]
    region.his.settled.clear()
    both = {Kind.AMOUNT: "", Kind.MISSING_AT_HIS: Act.CONFIRM}
    assert await region.found() == both
    region.office = lambda _: AWAY
    region.ward = lambda _: AWAY
    assert await region.found() == both
    region.office = lambda _: None
    assert await region.found() == {Kind.MISSING_AT_HIS: Act.CONFIRM}, "the centre has answered"


async def test_a_day_is_compared_with_the_statement(region: Region, done: SettlementRow) -> None:
    report = await region.check.reconcile(INSTITUTION, (done.merchant_id,), _day(region))
    assert (report.matched, report.findings, report.away) == (1, (), False)
    await region.centre.take_back(done.settlement_id)
    report = await region.check.reconcile(INSTITUTION, (done.merchant_id,), _day(region))
    assert (report.matched, [one.kind for one in report.findings]) == (0, [Kind.REVERSED_THERE])
    region.office = lambda _: AWAY
    assert (await region.check.reconcile(INSTITUTION, (done.merchant_id,), _day(region))).away


async def test_the_job_looks_again_in_a_minute(region: Region, done: SettlementRow) -> None:
    await region.centre.take_back(done.settlement_id)
    job = Job(CHECK_JOB, "all", {}, 0, 1, "lease", 0)
    outcome = await region.check(job)
    assert isinstance(outcome, Again)
    assert outcome.run_at == region.clock.now_ms() + 60_000
    assert len(await region.database.read(insurance.findings)) == 1
    handler = DailyReconciliation(region.check)
    await handler(replace(job, data={"day": _day(region, 1)}))
    region.office = lambda _: AWAY
    with pytest.raises(Exception, match="对账单"):
        await handler(replace(job, data={"day": _day(region, 1)}))


async def test_what_stands_on_one_side_is_always_found_and_has_a_button(region: Region, done: SettlementRow) -> None:
    """Whatever the sides say: they agree with the end that the state is, or something is found."""
    for state, insured in product(set(State) - BEFORE_THE_CENTRE, (True, False)):
        row = done._replace(state=state, insured=int(insured))
        for centre, his, kept in product((True, False), (True, False), (0, 100)):
            at_centre = insured and centre
            found = kinds_of(row, Sides(centre if insured else None, False, his, kept))
            if state == State.DONE:
                assert bool(found) == (not his or (insured and not centre)), (state, found)
            elif state in FINAL:
                assert bool(found) == (at_centre or his), (state, found)
            else:
                assert bool(found) == bool(at_centre or his or kept), (state, found)
            for kind in found:
                remedy = KINDS[kind].remedy(state)
                assert not remedy or Act(remedy) in STATES[state].acts
                assert remedy or state in FINAL, f"{kind} in {state} has no button"


def _day(region: Region, later: int = 0) -> str:
    return f"{beijing(region.clock.now_ms() + later * 86_400_000):%Y-%m-%d}"
