"""What goes wrong with the insurance centre on command, and what is on file afterwards."""

from collections.abc import Awaitable, Callable

import pytest

from tests.sandbox.settlement.desk import DAY, INSTITUTION, Desk, line, somebody, visitor
from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import CentreRefused, CentreSilent
from yiqiao.sandbox.insurance_centre import SandboxCentre, change_account
from yiqiao.sandbox.mischief import Fate, OnOrder
from yiqiao.sandbox.settlement.centre import ACTS, INSURANCE, SandboxSettlement
from yiqiao.storage.shelves import Store

EMPLOYEE = somebody(kind="310", person_kind="11", civil_servant=False)
RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")
WHO = visitor(RESIDENT)
FAILURES: dict[Fate, type[Exception]] = {
    Fate.REFUSED: CentreRefused,
    Fate.UNREACHABLE: CentreUnreachable,
    Fate.SILENT_BEFORE: CentreSilent,
    Fate.SILENT_AFTER: CentreSilent,
}


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


async def every_act(desk: Desk) -> dict[str, Callable[[], Awaitable[object]]]:
    """An example of each, all of which would go well, under the act's name as its number."""
    settled, open_visit, empty = await desk.settle(WHO, line(30_000)), await desk.visit(WHO, line(500)), ""
    empty = await desk.centre.register("R", WHO, "内科", "陶文静", 1)
    expected = await desk.presettle(WHO, open_visit)
    centre = desk.centre
    return {
        "register": lambda: centre.register("register", WHO, "内科", "陶文静", 1),
        "withdraw": lambda: centre.withdraw("withdraw", WHO, empty),
        "upload": lambda: centre.upload("upload", WHO, open_visit, [line(500)]),
        "presettle": lambda: centre.presettle("presettle", WHO, open_visit, use_account=True),
        "settle": lambda: centre.settle("settle", WHO, open_visit, use_account=True, expected=expected),
        "cancel": lambda: centre.cancel("cancel", WHO, settled.visit_id, settled.settlement_id),
        "find": lambda: centre.find("R", INSTITUTION),
        "statement": lambda: centre.statement(INSTITUTION, DAY),
    }


@pytest.mark.parametrize("fate", FAILURES)
@pytest.mark.parametrize("act", ACTS)
async def test_each_act_fails_in_each_way_and_is_on_file_only_if_it_was_done(desk: Desk, act: str, fate: Fate) -> None:
    acts = await every_act(desk)
    desk.orders.order(act, fate)
    with pytest.raises(FAILURES[fate]):
        await acts[act]()
    done = await desk.centre.find(act, INSTITUTION)
    changes = act not in ("presettle", "find", "statement")
    assert (done is not None) == (changes and fate is Fate.SILENT_AFTER)
    first = await acts[act]()
    assert first == await acts[act]() or not changes
    assert (await desk.centre.find(act, INSTITUTION) is not None) == changes


async def test_every_act_can_be_slow(desk: Desk) -> None:
    acts = await every_act(desk)
    for act in acts:
        if act != "cancel":  # another settlement is in place by then
            desk.orders.order(act, Fate.SLOW)
            await acts[act]()
    assert desk.slept == [2.0] * (len(ACTS) - 1)


async def test_the_centre_as_a_whole_may_be_away_or_slow(desk: Desk, store: Store) -> None:
    acts = await every_act(desk)
    centre = SandboxCentre(store, desk.clock)
    await centre.behave(reachable=False)
    for act in acts.values():
        with pytest.raises(CentreUnreachable):
            await act()
    await centre.behave(delay_ms=30)
    await acts["presettle"]()
    assert desk.slept == [0.03]


@pytest.mark.parametrize("amount", [30_000, 50, 100_000])
async def test_an_answer_may_come_to_something_else(desk: Desk, amount: int) -> None:
    visit_id = await desk.visit(WHO, line(amount))
    right = await desk.presettle(WHO, visit_id)
    desk.orders.order("presettle", Fate.DIFFERENT)
    wrong = await desk.presettle(WHO, visit_id)
    assert wrong.total == right.total == wrong.funds + wrong.account + wrong.cash
    assert wrong.cash == right.cash - min(100, right.cash)
    with pytest.raises(CentreRefused, match="与预结算不一致"):
        await desk.centre.settle("S1", WHO, visit_id, use_account=True, expected=wrong)
    desk.orders.order("settle", Fate.DIFFERENT)
    done = await desk.centre.settle("S2", WHO, visit_id, use_account=True, expected=right)
    assert (done.funds, done.cash) == (wrong.funds, wrong.cash)
    (stated,) = await desk.centre.statement(INSTITUTION, DAY)
    assert (stated.funds, stated.cash) == (done.funds, done.cash)
    assert (await desk.cancel(WHO, done)).funds == -done.funds


async def test_a_bill_that_the_account_pays_may_come_to_something_else(desk: Desk, store: Store) -> None:
    await store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=90_000))
    who = visitor(EMPLOYEE)
    desk.orders.order("settle", Fate.DIFFERENT)
    done = await desk.settle(who, line(30_000))
    assert (done.account, done.cash, done.balance) == (29_900, 100, 60_100)
    assert (await desk.cancel(who, done)).balance == 90_000


async def test_a_statement_may_be_wrong_in_a_line(desk: Desk) -> None:
    await desk.settle(WHO, line(30_000))
    (right,) = await desk.centre.statement(INSTITUTION, DAY)
    desk.orders.order("statement", Fate.DIFFERENT, 2)
    (wrong,) = await desk.centre.statement(INSTITUTION, DAY)
    assert (wrong.funds, wrong.cash) == (right.funds + 100, right.cash - 100)
    assert await desk.centre.statement(INSTITUTION, "2026-01-01") == []
    assert (await desk.centre.statement(INSTITUTION, DAY)) == [right]


async def test_the_centre_may_take_a_settlement_back_by_itself(desk: Desk, store: Store) -> None:
    await store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=90_000))
    who = visitor(EMPLOYEE)
    desk.orders.order("settle", Fate.TAKEN_BACK)
    done = await desk.settle(who, line(30_000), number="S1")
    assert (done.account, done.balance) == (30_000, 60_000), "nobody is told"
    found = await desk.centre.find("S1", INSTITUTION)
    assert found is not None
    assert (found.settlement, found.reversed) == (done, True)
    settled, back = await desk.centre.statement(INSTITUTION, DAY)
    assert (back.number, back.settles, back.account) == ("", settled.settlement_id, -30_000)
    with pytest.raises(CentreRefused, match="已经撤销"):
        await desk.cancel(who, done)
    assert (await desk.settle(who, line(30_000))).balance == 60_000


async def test_a_clerk_of_the_centre_may_take_a_settlement_back(desk: Desk) -> None:
    first, second = await desk.settle(WHO, line(30_000), number="S1"), await desk.settle(WHO, line(500))
    back = await desk.centre.take_back(first.settlement_id)
    assert (back.total, back.psn_no) == (-30_000, RESIDENT.psn_no)
    found = await desk.centre.find("S1", INSTITUTION)
    assert found is not None
    assert found.reversed
    for gone in (first.settlement_id, back.settlement_id, "98"):
        with pytest.raises(CentreRefused):
            await desk.centre.take_back(gone)
    on_file = await desk.centre.settlements("psn_no", RESIDENT.psn_no)
    assert [row.settlement_id for row in on_file] == [first.settlement_id, second.settlement_id, back.settlement_id]


async def test_what_is_ordered_in_rows_happens_in_every_process(store: Store, desk: Desk) -> None:
    here, there = (SandboxSettlement(store, desk.clock, OnOrder(store, INSURANCE)) for _ in range(2))
    await OnOrder(store, INSURANCE).order("find", Fate.REFUSED, reason="系统升级，暂停办理")
    with pytest.raises(CentreRefused, match="系统升级"):
        await there.find("S1", INSTITUTION)
    assert await here.find("S1", INSTITUTION) is None
