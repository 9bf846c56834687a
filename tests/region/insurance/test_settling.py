"""A bill is registered, uploaded, reckoned, paid, settled and told to the HIS (3.1.3.6)."""

from dataclasses import replace

import pytest

from tests.region.insurance.world import (
    AWAY,
    CARD,
    EMPLOYEE,
    LOST,
    NOBODY,
    RESIDENT,
    STOPPED,
    Region,
    scripted,
)
from tests.region.payments.world import SECRET
from tests.sandbox.settlement.desk import INSTITUTION, visitor
from yiqiao.ports.his_billing import HisState, HisUnreachable
from yiqiao.ports.insurance_settlement import CentreRefused
from yiqiao.region.insurance.settlement import (
    AnotherUnderWay,
    LinesMissing,
    NothingDue,
    PaymentNotArranged,
    UnknownSettlement,
    WrongMerchant,
)
from yiqiao.region.insurance.states import Act, State
from yiqiao.region.payments.merchants import MerchantSecretWrong
from yiqiao.region.payments.trade import NotNow
from yiqiao.sandbox.insurance_centre import change_account
from yiqiao.sandbox.mischief import Fate
from yiqiao.storage.sandbox_settlement import MESSAGES, SETTLEMENTS
from yiqiao.storage.shelves import Book


async def test_an_insured_bill_goes_all_the_way(region: Region) -> None:
    region.owe(100_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    assert row.state == State.DONE
    assert (row.total, row.funds, row.account, row.cash) == (100_000, 40_000, 0, 60_000)
    assert row.visit_id
    assert row.settlement_id
    notice = region.his.notices[-1]
    assert (notice.number, notice.charge_nos, notice.extra) == (row.number, ("MZ1",), {"eventNo": "D1"})
    assert (notice.settlement_id, notice.visit_id, notice.trace_no) == (row.settlement_id, row.visit_id, row.trace_no)
    assert (notice.total, notice.funds, notice.cash, notice.channel) == (100_000, 40_000, 60_000, "WECHAT")
    told = [one.after for one in (await region.settlements.course(row.number)).events]
    assert told == [
        "registering", "uploading", "reckoning", "ordering", "paying", "settling", "confirming", "done"
    ]  # fmt: skip
    balances = await region.balances()
    assert balances == {"channel/WECHAT": 60_000, "fund/390100": 40_000, "charge": -100_000}
    await region.must_hold(over=True)


async def test_what_is_self_paid_asks_no_centre(region: Region) -> None:
    region.office = lambda name: pytest.fail(f"the centre was asked: {name}")
    region.owe(1_200, 800)
    row = await region.through(region.wish(insured=False))
    assert (row.state, row.total, row.cash, row.settlement_id) == (State.DONE, 2_000, 2_000, "")
    assert region.his.notices[-1].charge_nos == ("MZ1", "MZ2")
    assert await region.balances() == {"channel/WECHAT": 2_000, "charge": -2_000}


async def test_where_something_is_to_be_paid_and_nobody_collects_all_is_withdrawn(region: Region) -> None:
    region.owe(100_000)
    await region.through(region.wish(visitor(RESIDENT)))  # the deductible of the year is paid
    region.owe(300)
    number = (await region.ask(region.wish(visitor(RESIDENT), cashier=False))).row.number
    await region.settle()
    row = await region.row(number)
    assert (row.state, row.reason) == (
        State.FAILED,
        "个人需支付 1.50 元，而请求没有传 payAppId 与 payAppSecret，不能收款",
    )
    assert region.his.acts.get(number) is None
    await region.must_hold(over=True)


async def test_where_nothing_is_left_to_pay_no_cashier_opens(region: Region) -> None:
    region.owe(30_000)
    await region.store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=100_000))
    number = (await region.ask(region.wish(cashier=False))).row.number
    await region.settle()
    row = await region.row(number)
    assert (row.state, row.account, row.cash, row.trace_no) == (State.DONE, 30_000, 0, "")
    assert await region.balances() == {"fund/ACCOUNT": 30_000, "charge": -30_000}
    await region.must_hold(over=True)


async def test_a_visit_that_was_registered_before_is_not_registered_again(region: Region) -> None:
    region.owe(5_000)
    who = visitor(RESIDENT)
    visit_id = await region.centre.register("N1", who, "内科", "陶文静", 1)
    row = await region.through(region.wish(who, visit_id=visit_id))
    assert (row.state, row.visit_id, row.registered) == (State.DONE, visit_id, 0)


async def test_whose_number_is_not_stated_is_asked_for(region: Region) -> None:
    region.owe(5_000)
    who = replace(visitor(RESIDENT), psn_no="")
    row = await region.through(region.wish(who))
    assert row.state == State.DONE
    assert (await region.settlements.find(row.number)).facts.who.psn_no == RESIDENT.psn_no


async def test_a_bill_that_is_sent_again_is_settled_once(region: Region) -> None:
    region.owe(5_000)
    wish = region.wish(visitor(RESIDENT))
    first = (await region.ask(wish)).row
    assert (await region.ask(wish)).row.number == first.number
    await region.settle()
    await region.pay(first.number)
    answers = [(await region.ask(wish)).row for _ in range(3)]
    assert {(one.number, one.state) for one in answers} == {(first.number, State.DONE)}
    with pytest.raises(UnknownSettlement):
        await region.ask(replace(wish, number="26112800000000"))
    assert (await region.ask(replace(wish, number=first.number))).row.state == State.DONE
    await region.must_hold(over=True)


async def test_two_bills_of_somebody_are_two_settlements(region: Region) -> None:
    region.owe(5_000)
    wish = region.wish(visitor(RESIDENT))
    first = await region.through(wish)
    assert (await region.ask(wish)).row.number == first.number  # nothing else is owed
    region.owe(700)
    second = await region.through(wish)
    assert second.number != first.number
    assert second.total == 700
    await region.must_hold(over=True)


async def test_while_one_is_under_way_it_is_not_begun_in_another_way(region: Region) -> None:
    region.owe(5_000)
    who = visitor(RESIDENT)
    await region.ask(region.wish(who))
    with pytest.raises(AnotherUnderWay):
        await region.ask(region.wish(who, insured=False))
    other = replace(NOBODY, certificate_no="359801199001010035")
    with pytest.raises(AnotherUnderWay):  # another person's certificate with the same card: the same charges
        await region.ask(region.wish(other, insured=False))


async def test_a_settlement_that_failed_is_told_once_and_then_begun_anew(region: Region) -> None:
    region.owe(5_000)
    wish = region.wish(visitor(STOPPED))
    first = (await region.ask(wish)).row
    await region.settle()
    told = (await region.ask(wish)).row
    assert (told.number, told.state) == (first.number, State.FAILED)
    assert "参保状态异常" in told.reason
    assert (await region.ask(wish)).row.number != first.number


async def test_nobody_owes_nothing(region: Region) -> None:
    with pytest.raises(NothingDue):
        await region.ask(region.wish())


async def test_a_bill_without_lines_cannot_be_insured(region: Region) -> None:
    region.owe(500)
    region.his.owed[CARD] = [one._replace(lines=()) for one in region.his.owed[CARD]]
    with pytest.raises(LinesMissing):
        await region.ask(region.wish())
    assert (await region.through(region.wish(insured=False))).state == State.DONE


async def test_who_collects_is_named_by_its_secret_and_for_its_own_institution(region: Region) -> None:
    region.owe(500)
    wish = region.wish()
    with pytest.raises(MerchantSecretWrong):
        await region.ask(replace(wish, merchant_secret=f"{SECRET}x"))
    elsewhere = replace(wish.facts, who=replace(wish.facts.who, institution="H98510002001"))
    with pytest.raises(WrongMerchant):
        await region.ask(replace(wish, facts=elsewhere))
    with pytest.raises(WrongMerchant):
        await region.ask(replace(wish, facts=elsewhere, merchant_id="", merchant_secret=""))
    with pytest.raises(PaymentNotArranged):
        await region.ask(region.wish(insured=False, cashier=False))


async def test_a_his_that_is_away_begins_nothing(region: Region) -> None:
    region.ward = scripted(("pending_charges", AWAY))
    with pytest.raises(HisUnreachable):
        await region.ask(region.wish())


@pytest.mark.parametrize("act", ["register", "upload", "presettle", "settle"])
@pytest.mark.parametrize("fate", [AWAY, LOST])
async def test_an_answer_of_the_centre_that_is_missing_costs_nothing(region: Region, act: str, fate: str) -> None:
    region.office = scripted((act, fate), (act, fate), ("find", AWAY))
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    assert (await region.row(row.number)).state in (State.DONE, State.PAYING)
    if (await region.row(row.number)).state == State.PAYING:
        await region.pay(row.number)
    await region.settle(600)
    assert (await region.row(row.number)).state == State.DONE
    await region.must_hold(over=True)


@pytest.mark.parametrize("act", ["register", "upload", "presettle"])
async def test_what_the_centre_refuses_before_the_money_is_withdrawn(region: Region, act: str) -> None:
    region.orders_at_centre.order(act, Fate.REFUSED)
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    assert row.state == State.FAILED
    assert row.reason
    await region.must_hold(over=True)


async def test_what_the_centre_refuses_to_settle_gives_the_money_back(region: Region) -> None:
    region.orders_at_centre.order("settle", Fate.REFUSED)
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    row = await region.row(row.number)
    assert row.state == State.FAILED
    assert await region.balances() == {}
    assert region.tills["WECHAT"].kept == 0
    await region.must_hold(over=True)


async def test_a_settlement_that_comes_to_something_else_is_taken_back(region: Region) -> None:
    region.orders_at_centre.order("settle", Fate.DIFFERENT)
    region.owe(50_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    row = await region.row(row.number)
    assert row.state == State.FAILED, row
    assert "与预结算不符" in row.reason
    assert region.tills["WECHAT"].kept == 0
    await region.must_hold(over=True)


async def test_nobody_pays_and_everything_is_withdrawn(region: Region) -> None:
    region.owe(5_000)
    number = (await region.ask(region.wish(visitor(RESIDENT)))).row.number
    await region.settle(3_600)
    row = await region.row(number)
    assert (row.state, row.reason) == (State.FAILED, "未在时限内支付")
    assert await region.centre.find(f"{row.institution}{number}W", row.institution) is not None
    await region.must_hold(over=True)


async def test_a_his_that_will_not_have_it_has_everything_taken_back(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    row = await region.row(row.number)
    assert (row.state, row.reason) == (State.FAILED, "医院未确认：账户已冻结")
    assert region.tills["WECHAT"].kept == 0
    await region.must_hold(over=True)


async def test_what_has_failed_may_be_taken_back_again_and_its_shares_go_back_once(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.owe(100_000)  # 400 元 by the fund
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    first = (await region.settlements.find(row.number)).facts.reversal
    assert first is not None
    assert first.funds == -40_000
    for _ in range(2):
        await region.settlements.act(row.number, Act.REVERSE, "周正")
        await region.settle(600)
        standing = await region.settlements.find(row.number)
        assert (standing.row.state, standing.facts.reversal) == (State.FAILED, first)
        assert await region.balances() == {}
        await region.must_hold(over=True)


async def test_what_came_to_nothing_is_not_confirmed_even_where_the_centre_still_has_it(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.owe(50_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    assert (await region.row(row.number)).state == State.FAILED

    def settled_again(book: Book) -> None:
        for one in book.where(SETTLEMENTS, "institution", INSTITUTION):
            book.put(SETTLEMENTS, one._replace(reversed_by=""))
        for message in book.where(MESSAGES, "institution", INSTITUTION):
            if message.what == "cancel":
                book.put(MESSAGES, message._replace(what="void", settlement_id=""))

    await region.store.write(settled_again)
    region.office = lambda name: CentreRefused("已清算") if name == "cancel" else None
    await region.settlements.act(row.number, Act.REVERSE, "周正")
    await region.settle(60)
    assert (await region.row(row.number)).state == State.UNCONFIRMED
    region.his.refuses = set()
    for act in (Act.CONFIRM, Act.BY_HAND):
        with pytest.raises(NotNow, match="已作废"):
            await region.settlements.act(row.number, act, "周正")
    assert await region.balances() == {}


async def test_a_his_that_has_it_and_was_not_heard_keeps_it(region: Region) -> None:
    region.ward = scripted(("confirm_charge", LOST), ("query", AWAY))
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(600)
    assert (await region.row(row.number)).state == State.DONE
    assert region.his.acts[row.number][0] is HisState.DONE


async def test_where_centre_and_his_will_neither_a_person_decides(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.orders_at_centre.order("cancel", Fate.REFUSED, 1)
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    row = await region.row(row.number)
    assert row.state == State.UNCONFIRMED
    region.his.refuses = set()
    await region.settlements.act(row.number, Act.CONFIRM, "周正")
    await region.settle()
    assert (await region.row(row.number)).state == State.DONE
    await region.must_hold(over=True)


async def test_what_was_settled_otherwise_than_paid_for_may_not_stand(region: Region) -> None:
    region.orders_at_centre.order("settle", Fate.DIFFERENT)
    region.orders_at_centre.order("cancel", Fate.REFUSED)
    region.owe(50_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    assert (await region.row(row.number)).state == State.UNCONFIRMED
    for act in (Act.CONFIRM, Act.BY_HAND):
        with pytest.raises(NotNow):
            await region.settlements.act(row.number, act, "周正")
    await region.settlements.act(row.number, Act.REVERSE, "周正")
    await region.settle(600)
    assert (await region.row(row.number)).state == State.FAILED
    await region.must_hold(over=True)


async def test_left_alone_it_is_taken_back_the_next_day(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.orders_at_centre.order("cancel", Fate.REFUSED, 1)
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(86_400 + 600)
    assert (await region.row(row.number)).state == State.FAILED
    await region.must_hold(over=True)


async def test_money_that_does_not_go_back_waits_for_a_person(region: Region) -> None:
    region.his.refuses = {"confirm_charge"}
    region.tills["WECHAT"].refunds = ["failed"] * 5
    region.owe(5_000)
    row = await region.through(region.wish(visitor(RESIDENT)))
    await region.settle(3_600)
    row = await region.row(row.number)
    assert row.state == State.UNRETURNED, row
    await region.settlements.act(row.number, Act.BY_HAND, "周正")
    row = await region.row(row.number)
    assert row.state == State.FAILED
    assert (await region.balances()).get("charge", 0) == 0
    await region.must_be_true()


async def test_a_centre_out_of_reach_is_given_up_before_the_money(region: Region) -> None:
    region.office = lambda _: AWAY
    region.owe(5_000)
    number = (await region.ask(region.wish(visitor(RESIDENT)))).row.number
    await region.settle(3_600)
    assert (await region.row(number)).state == State.FAILED
