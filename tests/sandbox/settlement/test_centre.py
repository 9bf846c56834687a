"""The sandbox's insurance centre settles: each message once under its number, in the right order, and back again."""

import dataclasses
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest

from tests.sandbox.settlement.desk import DAY, INSTITUTION, Desk, line, somebody, visitor
from yiqiao.ports.insurance_centre import CentreUnreachable
from yiqiao.ports.insurance_settlement import CentreRefused, FeeLine, Visitor
from yiqiao.ports.insured import NotInsured
from yiqiao.sandbox.insurance import covers
from yiqiao.sandbox.insurance_centre import SandboxCentre, change_account
from yiqiao.sandbox.settlement.years import used
from yiqiao.storage.shelves import Store

EMPLOYEE = somebody(kind="310", person_kind="11", civil_servant=False)
RESIDENT = somebody(lambda one: not one.identities, kind="390", person_kind="50")


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


async def balance(store: Store, balance: int | None = None) -> int:
    """What is on the employee's account, after setting it."""
    if balance is not None:
        await store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=balance))
    told = await SandboxCentre(store, Desk(store).clock).by_certificate("01", EMPLOYEE.who.id_no)
    return int(told.insurances[0].balance * 100)


async def test_a_bill_is_registered_reckoned_and_settled(desk: Desk, store: Store) -> None:
    who = visitor(EMPLOYEE)
    await balance(store, 5_000)
    visit_id = await desk.visit(who, line(100_000))
    asked = await desk.presettle(who, visit_id)
    assert (asked.settlement_id, asked.total, asked.deductible) == ("", 100_000, 80_000)
    assert (asked.funds, asked.account, asked.cash, asked.balance) == (14_000, 5_000, 81_000, 0)
    assert await balance(store) == 5_000
    done = await desk.centre.settle("N1", who, visit_id, use_account=True, expected=asked)
    assert (done.funds, done.account, done.cash, done.balance) == (14_000, 5_000, 81_000, 0)
    assert (done.visit_id, done.psn_no, done.ratio) == (visit_id, EMPLOYEE.psn_no, Decimal("0.1400"))
    assert (done.office, done.insured_area) == ("359800", EMPLOYEE.present.area)
    assert (done.voucher_no, done.relation_id) == (EMPLOYEE.who.id_no, f"{EMPLOYEE.psn_no}310")
    assert await balance(store) == 0


async def test_both_ways_of_asking_see_one_account(desk: Desk, store: Store) -> None:
    await balance(store, 90_000)
    done = await desk.settle(visitor(EMPLOYEE), line(30_000))
    assert (done.account, done.balance) == (30_000, 60_000)
    assert await balance(store) == 60_000
    assert (await desk.settle(visitor(EMPLOYEE), line(1_000), use_account=False)).cash == 1_000
    assert await balance(store) == 60_000


async def test_a_resident_has_no_account(desk: Desk) -> None:
    done = await desk.settle(visitor(RESIDENT), line(30_000))
    assert (done.account, done.balance, done.funds, done.cash) == (0, 0, 5_000, 25_000)


async def test_a_year_adds_up_and_is_given_back(desk: Desk, store: Store) -> None:
    who = visitor(RESIDENT)
    first = await desk.settle(who, line(30_000))
    second = await desk.settle(who, line(30_000))
    assert (first.deductible, second.deductible, second.funds) == (20_000, 0, 15_000)
    await desk.cancel(who, second)
    await desk.cancel(who, first)
    year = await store.read(lambda book: used(book, RESIDENT.psn_no, "390", DAY[:4]))
    assert set(year.values()) == {0}
    assert (await desk.settle(who, line(30_000))).deductible == 20_000


async def test_a_new_year_begins_with_nothing_used(desk: Desk) -> None:
    who = visitor(RESIDENT)
    await desk.settle(who, line(30_000))
    desk.clock.advance(60 * 86_400)
    assert (await desk.settle(who, line(30_000))).deductible == 20_000


async def test_a_reversal_states_the_amounts_negative_and_puts_the_account_back(desk: Desk, store: Store) -> None:
    await balance(store, 5_000)
    done = await desk.settle(visitor(EMPLOYEE), line(100_000))
    back = await desk.cancel(visitor(EMPLOYEE), done)
    assert (back.total, back.funds, back.account, back.cash) == (-100_000, -14_000, -5_000, -81_000)
    assert (back.in_scope, back.deductible, back.balance) == (-100_000, -80_000, 5_000)
    assert [share.paid for share in back.shares] == [-14_000]
    assert back.settlement_id != done.settlement_id
    assert await balance(store) == 5_000


async def test_the_same_number_gets_the_first_answer(desk: Desk, store: Store) -> None:
    await balance(store, 5_000)
    who = visitor(EMPLOYEE)
    visit_id = await desk.centre.register("R1", who, "内科", "陶文静", 1)
    assert await desk.centre.register("R1", who, "内科", "陶文静", 2) == visit_id
    for price in (Decimal("1000"), Decimal("1000.00")):
        bill = [FeeLine("1", "MZ1", "X1", "治疗费", "01", price, Decimal(1), 100_000)]
        await desk.centre.upload("U1", who, visit_id, bill)
    asked = await desk.presettle(who, visit_id)
    done = await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked)
    assert await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked) == done
    back = await desk.cancel(who, done, "C1")
    assert await desk.cancel(who, done, "C1") == back
    assert await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked) == done
    assert await balance(store) == 5_000


async def test_a_number_is_of_one_content(desk: Desk) -> None:
    who = visitor(EMPLOYEE)
    visit_id = await desk.centre.register("A", who, "内科", "陶文静", 1)
    refused: list[Callable[[], Awaitable[object]]] = [
        lambda: desk.centre.register("A", who, "外科", "陶文静", 1),
        lambda: desk.centre.register("A", visitor(RESIDENT), "内科", "陶文静", 1),
        lambda: desk.centre.upload("A", who, visit_id, [line(100)]),
        lambda: desk.centre.withdraw("A", who, visit_id),
    ]
    for act in refused:
        with pytest.raises(CentreRefused, match="编号已用于"):
            await act()
    for number in ("", "1" * 31):
        with pytest.raises(CentreRefused, match="30 个字符"):
            await desk.centre.register(number, who, "内科", "陶文静", 1)


async def test_what_became_of_a_message_is_found_by_its_number(desk: Desk) -> None:
    who = visitor(RESIDENT)
    assert await desk.centre.find("R1", INSTITUTION) is None
    visit_id = await desk.centre.register("R1", who, "内科", "陶文静", 1)
    await desk.centre.upload("U1", who, visit_id, [line(30_000)])
    asked = await desk.presettle(who, visit_id)
    done = await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked)
    settled = await desk.centre.find("S1", INSTITUTION)
    assert settled is not None
    assert (settled.what, settled.visit_id, settled.settlement, settled.reversed) == ("settle", visit_id, done, False)
    back = await desk.cancel(who, done, "C1")
    settled, cancelled = [await desk.centre.find(number, INSTITUTION) for number in ("S1", "C1")]
    assert settled is not None
    assert cancelled is not None
    assert (settled.settlement, settled.reversed) == (done, True)
    assert (cancelled.what, cancelled.settlement, cancelled.reversed) == ("cancel", back, False)
    await desk.centre.withdraw("W1", who, visit_id)
    found = [await desk.centre.find(number, INSTITUTION) for number in ("R1", "U1", "W1")]
    assert [(one.what, one.visit_id, one.settlement) for one in found if one] == [
        ("register", visit_id, None),
        ("upload", visit_id, None),
        ("withdraw", visit_id, None),
    ]
    assert await desk.centre.find("S1", "H98510002001") is None


async def test_a_day_is_stated_line_by_line(desk: Desk) -> None:
    who = visitor(RESIDENT)
    done = await desk.settle(who, line(30_000), number="S1")
    desk.clock.advance(60)
    back = await desk.cancel(who, done, "C1")
    settled, cancelled = await desk.centre.statement(INSTITUTION, DAY)
    assert (settled.what, settled.number, settled.settlement_id) == ("settle", "S1", done.settlement_id)
    assert (settled.total, settled.funds, settled.account, settled.cash) == (30_000, 5_000, 0, 25_000)
    assert (cancelled.what, cancelled.number, cancelled.settlement_id) == ("cancel", "C1", back.settlement_id)
    assert (cancelled.total, cancelled.cash, cancelled.settles) == (-30_000, -25_000, done.settlement_id)
    assert (cancelled.at - settled.at, cancelled.psn_no) == (60_000, RESIDENT.psn_no)
    assert await desk.centre.statement(INSTITUTION, "2026-11-19") == []
    assert await desk.centre.statement("H98510002001", DAY) == []


async def test_a_visit_is_settled_once(desk: Desk) -> None:
    who = visitor(RESIDENT)
    visit_id = await desk.visit(who, line(30_000))
    asked = await desk.presettle(who, visit_id)
    done = await desk.centre.settle("S1", who, visit_id, use_account=True, expected=asked)
    for act in (
        lambda: desk.centre.settle("S2", who, visit_id, use_account=True, expected=asked),
        lambda: desk.centre.withdraw("W1", who, visit_id),
        lambda: desk.centre.upload("U2", who, visit_id, [line(1)]),
        lambda: desk.presettle(who, visit_id),
    ):
        with pytest.raises(CentreRefused, match="已结算"):
            await act()
    await desk.cancel(who, done)
    again = await desk.centre.settle(
        "S3", who, visit_id, use_account=True, expected=await desk.presettle(who, visit_id)
    )
    assert again.cash == done.cash


async def test_a_settlement_is_taken_back_once(desk: Desk) -> None:
    done = await desk.settle(visitor(RESIDENT), line(30_000))
    back = await desk.cancel(visitor(RESIDENT), done)
    with pytest.raises(CentreRefused, match="已经撤销"):
        await desk.cancel(visitor(RESIDENT), done)
    for settled in (back, dataclasses.replace(done, settlement_id="98")):
        with pytest.raises(CentreRefused, match="没有这笔结算"):
            await desk.cancel(visitor(RESIDENT), settled)
    with pytest.raises(CentreRefused, match="没有这笔结算"):
        await desk.cancel(visitor(EMPLOYEE), done)
    with pytest.raises(CentreRefused, match="就诊编号不一致"):
        await desk.cancel(visitor(RESIDENT), dataclasses.replace(done, visit_id="98"))


async def test_the_newest_of_a_year_is_taken_back_first(desk: Desk, store: Store) -> None:
    who = visitor(RESIDENT)
    first, second = await desk.settle(who, line(30_000)), await desk.settle(who, line(30_000))
    with pytest.raises(CentreRefused, match="先撤销之后的结算"):
        await desk.cancel(who, first)
    desk.clock.advance(60 * 86_400)
    await desk.settle(who, line(30_000))
    await desk.cancel(who, second)
    assert (await desk.cancel(who, first)).total == -30_000
    lenient = dataclasses.replace(desk.centre, table=dataclasses.replace(desk.centre.table, newest_first=False))
    third, _ = await desk.settle(who, line(30_000)), await desk.settle(who, line(30_000))
    assert (await lenient.cancel("L1", who, third.visit_id, third.settlement_id)).total == -30_000


async def test_what_changed_since_it_was_reckoned_is_not_settled(desk: Desk, store: Store) -> None:
    await balance(store, 5_000)
    who = visitor(EMPLOYEE)
    first, second = await desk.visit(who, line(10_000)), await desk.visit(who, line(10_000))
    asked = [await desk.presettle(who, visit_id) for visit_id in (first, second)]
    await desk.centre.settle("S1", who, first, use_account=True, expected=asked[0])
    with pytest.raises(CentreRefused, match="与预结算不一致"):
        await desk.centre.settle("S2", who, second, use_account=True, expected=asked[1])
    assert await desk.centre.find("S2", INSTITUTION) is None
    assert await balance(store) == 0
    again = await desk.presettle(who, second)
    assert (await desk.centre.settle("S2", who, second, use_account=True, expected=again)).cash == 10_000


async def test_a_bill_comes_in_the_place_of_the_one_before(desk: Desk) -> None:
    who = visitor(RESIDENT)
    visit_id = await desk.visit(who, line(30_000), line(500, number="2"))
    await desk.centre.upload(desk.number(), who, visit_id, [line(40_000)])
    assert (await desk.presettle(who, visit_id)).total == 40_000


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "为空"),
        ([line(1), line(2)], "重复"),
        ([line(1, "04")], "目录等级"),
        ([line(0)], "不符"),
        ([line(100)._replace(amount=101)], "不符"),
        ([line(100)._replace(price=Decimal("0.99999"), amount=100)], "四位小数"),
    ],
)
async def test_a_bill_that_does_not_add_up_is_refused(desk: Desk, lines: list[FeeLine], said: str) -> None:
    who = visitor(RESIDENT)
    visit_id = await desk.visit(who, line(30_000))
    with pytest.raises(CentreRefused, match=said):
        await desk.centre.upload(desk.number(), who, visit_id, lines)
    assert (await desk.presettle(who, visit_id)).total == 30_000


async def test_a_visit_without_a_bill_comes_to_nothing_that_could_be_settled(desk: Desk) -> None:
    who = visitor(RESIDENT)
    visit_id = await desk.centre.register("R1", who, "内科", "陶文静", 1)
    with pytest.raises(CentreRefused, match="没有上传"):
        await desk.presettle(who, visit_id)
    await desk.centre.withdraw("W1", who, visit_id)
    with pytest.raises(CentreRefused, match="已撤销"):
        await desk.centre.withdraw("W2", who, visit_id)
    with pytest.raises(CentreRefused, match="没有这次就诊"):
        await desk.presettle(visitor(EMPLOYEE), visit_id)


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"institution": "H99999999999"}, "不是定点"),
        ({"psn_no": "1"}, "没有该人员"),
        ({"certificate_no": "110101199001010000"}, "证件不一致"),
        ({"certificate_type": "99"}, "证件不一致"),
        ({"name": "别人"}, "姓名"),
        ({"kind": "310"}, "险种"),
        ({"insured_area": "110100"}, "参保地"),
    ],
)
async def test_what_contradicts_the_register_is_refused(desk: Desk, stated: dict[str, str], said: str) -> None:
    who: Visitor = dataclasses.replace(visitor(RESIDENT), **stated)
    with pytest.raises(CentreRefused, match=said):
        await desk.centre.register("R1", who, "内科", "陶文静", 1)


async def test_an_institution_without_a_contract_is_told_nothing(desk: Desk) -> None:
    for ask in (desk.centre.find("S1", "H1"), desk.centre.statement("H1", DAY)):
        with pytest.raises(CentreRefused, match="不是定点"):
            await ask


async def test_whose_insurance_is_paused_is_not_paid_for_and_may_take_back(desk: Desk, store: Store) -> None:
    who = visitor(EMPLOYEE)
    done = await desk.settle(who, line(100_000))
    open_visit = await desk.visit(who, line(100))
    asked = await desk.presettle(who, open_visit)
    await store.write(lambda book: change_account(book, EMPLOYEE, 1, status="2"))
    for act in (
        lambda: desk.centre.register("R9", who, "内科", "陶文静", 1),
        lambda: desk.presettle(who, open_visit),
        lambda: desk.centre.settle("S9", who, open_visit, use_account=True, expected=asked),
    ):
        with pytest.raises(NotInsured):
            await act()
    assert (await desk.cancel(who, done)).total == -100_000
    await desk.centre.withdraw("W9", who, open_visit)


async def test_for_whom_the_table_has_nothing_is_not_registered(desk: Desk) -> None:
    bare = dataclasses.replace(desk.centre, table=dataclasses.replace(desk.centre.table, schemes=()))
    with pytest.raises(CentreRefused, match="没有门诊待遇"):
        await bare.register("R1", visitor(RESIDENT), "内科", "陶文静", 1)
    assert await desk.centre.find("R1", INSTITUTION) is None


async def test_about_some_nobody_answers(desk: Desk) -> None:
    silent = next(one for one in covers().values() if one.silent)
    with pytest.raises(CentreUnreachable):
        await desk.centre.register("R1", visitor(silent), "内科", "陶文静", 1)
