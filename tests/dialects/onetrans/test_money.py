"""Recharge, query and refund over HTTP, from the HIS's desk to the channel and the HIS's books (3.1.3.3 to 3.1.3.5)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import urlparse

import pytest

from tests.dialects.onetrans.desk import Desk
from yiqiao.adapters.channels.credit import CreditChannel
from yiqiao.clock import compact
from yiqiao.dialects.onetrans.envelope import Answer
from yiqiao.dialects.onetrans.money import fen
from yiqiao.journal.reader import Reader, Search
from yiqiao.money import yuan
from yiqiao.ports.his_billing import HisReceipt, RechargeNotice
from yiqiao.ports.payment_channel import Entry, Order, OrderWish
from yiqiao.region.payments import merchants
from yiqiao.region.payments.cashier import desk_mark
from yiqiao.region.payments.states import Act
from yiqiao.storage import payment_books, payments

GOOD = "000000"
RECHARGE, QUERY, REFUND = "hop.trade.recharge", "hop.trade.query", "hop.trade.refund"


@dataclass
class Till:
    """A HIS at its desk, with a merchant of the sandbox and one patient."""

    desk: Desk
    card: dict[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hub = self.desk.hub
        merchant = self.hub.runtime.merchants_demo[0]
        self.merchant_id = merchant.merchant_id
        self.card = {
            "payAppId": merchant.merchant_id,
            "payAppSecret": merchant.secret,
            "termNo": "SF01",
            "cardType": "03",
            "cardNo": "M20117733",
            "accountType": "01",
        }

    def ordered(self, number: str = "CZ1", amount: str = "120.00", **more: object) -> dict[str, object]:
        """Business parameters of a recharge; None leaves one out."""
        who = {"hisCustId": "HZ70031", "userName": "贺知秋"}
        return {k: v for k, v in {**self.card, **who, "amount": amount, "outChargeNo": number, **more}.items() if v}

    async def recharge(self, number: str = "CZ1", amount: str = "120.00", **more: object) -> Answer:
        """Ask for a recharge."""
        return await self.desk.ask(RECHARGE, self.ordered(number, amount, **more))

    async def query(self, number: str = "CZ1", kind: str = RECHARGE, **more: object) -> dict[str, object]:
        """Ask how a trade or refund stands."""
        asked = {**self.card, "tradeType": kind, "outTradeNo": number, **more}
        answer = await self.desk.ask(QUERY, {name: value for name, value in asked.items() if value})
        assert answer.code == GOOD, answer
        return dict(answer.values or {})

    async def refund(
        self, number: str = "TK1", of: str = "CZ1", amount: str = "120.00", flow: str = "direct", **more: object
    ) -> Answer:
        """Ask for a refund."""
        who = {"hisCustId": "HZ70031", "userName": "贺知秋", "withdrawMode": "1", "refundType": flow}
        asked = {**self.card, **who, "amount": amount, "outChargeNo": of, "outRefundNo": number, **more}
        return await self.desk.ask(REFUND, {name: value for name, value in asked.items() if value})

    async def pays(self, number: str = "CZ1", channel: str = "SANDBOX") -> None:
        """Somebody chooses a way at the cashier."""
        trade = await self.trade(number)
        entry, shown = (Entry.SCANNED, {"auth_code": "SANDBOX01"}) if channel == "SANDBOX" else (None, {})
        await self.hub.runtime.orders.choose(
            self.merchant_id, trade.trace_no, channel, entry=entry, data=shown, at_desk=True
        )

    async def trade(self, number: str = "CZ1") -> payments.TradeRow:
        """The trade of that number."""
        found = await self.hub.runtime.database.read(lambda c: payments.trade_by_charge_no(c, self.merchant_id, number))
        assert found is not None
        return found

    async def paid(self, number: str = "CZ1", amount: str = "120.00") -> dict[str, object]:
        """A recharge that has succeeded."""
        await self.recharge(number, amount)
        await self.pays(number)
        await self.until(partial(self.stands, number, "succ"))
        return dict((await self.recharge(number, amount)).values or {})

    async def paid_with(
        self,
        channel: str = "CASH",
        data: Mapping[str, object] | None = None,
        number: str = "CZ1",
        extra: Mapping[str, object] | None = None,
    ) -> dict[str, object]:
        """A recharge that has succeeded by a way that a desk takes, `data` being what it tells of it."""
        await self.recharge(number, extra=extra)
        trace_no = (await self.trade(number)).trace_no
        await self.hub.runtime.orders.choose(self.merchant_id, trace_no, channel, data=data, at_desk=True)
        await self.until(partial(self.stands, number, "succ"))
        return dict((await self.recharge(number, extra=extra)).values or {})

    async def stands(self, number: str, result: str, kind: str = RECHARGE) -> bool:
        """Whether the query tells this result."""
        return (await self.query(number, kind))["result"] == result

    async def until(self, holds: Callable[[], Awaitable[bool]]) -> None:
        """Let the hub work, its clock going on, until something holds."""
        for _ in range(300):
            if await holds():
                return
            self.hub.clock.advance(1)
            self.hub.runtime.jobs.wake()
            await asyncio.sleep(0.005)
        raise AssertionError("it never came about")

    async def settings(self, **changed: object) -> None:
        """Change the merchant."""
        known = self.hub.runtime
        await known.database.write(lambda c: merchants.change(c, known.keyring, 0, self.merchant_id, settings=changed))


@pytest.fixture
def till(desk: Desk) -> Till:
    return Till(desk)


async def test_a_recharge_waits_for_the_cashier_and_tells_the_end_when_it_is_asked_again(till: Till) -> None:
    """recharge.cashier, recharge.again"""
    first = await till.recharge(origBalance="35.50")
    assert first.code == "700100"
    told = dict(first.values or {})
    extra = dict(told["extra"])  # type: ignore[call-overload]
    trade = await till.trade()
    assert (told["traceNo"], told["chargeNo"]) == (trade.trace_no, trade.trace_no)
    assert urlparse(str(extra["qrcodeUrl"])).path == f"/cashier/{trade.token}"
    assert "desk=" in str(extra["cashierUrl"])
    assert trade.trace_no not in str(extra["cashierUrl"])
    again = await till.recharge(origBalance="35.50")
    assert dict(again.values or {})["traceNo"] == trade.trace_no

    await till.pays()
    await till.until(partial(till.stands, "CZ1", "succ"))
    done = await till.recharge(origBalance="35.50")
    assert done.code == GOOD
    told = dict(done.values or {})
    assert told["callsn"]
    assert told["balance"] == "120.00"
    assert told["traceTime"] == compact((await till.trade()).paid_at or 0)
    assert dict(told["extra"])["paytype"] == "SANDBOX"  # type: ignore[call-overload]
    assert "cashierUrl" not in dict(told["extra"])  # type: ignore[call-overload]


async def test_rule_serial_the_same_number_for_something_else_is_refused(till: Till) -> None:
    await till.recharge()
    assert (await till.recharge(amount="121.00")).code == "700104"
    assert (await till.recharge(userName="沈予安")).code == "700104"
    assert (await till.recharge(notes="窗口 3")).code == "700100"


async def test_who_asks_must_know_the_payment_secret(till: Till) -> None:
    assert (await till.recharge(payAppSecret="guessed")).code == "700111"
    assert (await till.recharge(payAppId="NOBODY01")).code == "700110"
    known = till.hub.runtime
    await known.database.write(lambda c: merchants.change(c, known.keyring, 0, till.merchant_id, enabled=False))
    assert (await till.recharge()).code == "700112"


async def test_an_amount_is_yuan_with_two_decimals_at_most_and_above_nothing(till: Till) -> None:
    for wrong in ("0", "0.00", "1.005", "1e3", "-5", "１２", "1,000"):
        assert (await till.recharge(amount=wrong)).code == "610007", wrong
    assert (await till.recharge("CZ2", "0.5")).code == "700100"
    assert (await till.trade("CZ2")).amount == 50


async def test_a_trade_nobody_pays_is_closed_and_says_so(till: Till) -> None:
    await till.recharge()
    till.hub.clock.advance(16 * 60)
    await till.until(partial(till.stands, "CZ1", "closed"))
    assert (await till.recharge()).code == "700102"


async def test_a_trade_the_bank_refuses_may_be_paid_in_another_way(till: Till) -> None:
    await till.recharge(amount="10.02")
    await till.pays()
    await till.until(partial(till.stands, "CZ1", "init"))
    answer = await till.recharge(amount="10.02")
    assert answer.code == "700100"
    await till.pays(channel="CASH")
    await till.until(partial(till.stands, "CZ1", "succ"))
    assert (await till.query())["channel"] == "CASH"


async def test_extra_is_kept_as_it_came_and_the_subject_goes_to_the_bill(till: Till) -> None:
    """recharge.subject"""
    extra = {"subject": "门诊充值（内科）", "bedNo": "1203", "spbill_create_ip": "192.0.2.31"}
    await till.recharge(extra=extra)
    trade = await till.trade()
    kept = till.hub.runtime.orders.particulars(trade)
    assert (trade.subject, kept.extra, kept.payer_ip) == ("门诊充值（内科）", extra, "192.0.2.31")
    assert kept.operator == "陶文静"


async def test_what_the_table_of_extra_does_not_name_goes_to_the_his(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """recharge.through"""
    heard: list[RechargeNotice] = []
    his = till.hub.runtime.his_billing
    notify = his.notify_recharge

    async def notified(notice: RechargeNotice) -> HisReceipt:
        heard.append(notice)
        return await notify(notice)

    monkeypatch.setattr(type(his), "notify_recharge", lambda _, notice: notified(notice))
    extra = {"bedNo": "1203", "ward": {"floor": 3, "name": "内科"}}
    await till.paid_with(extra=extra)
    assert [(one.out_charge_no, one.extra) for one in heard] == [("CZ1", extra)]


async def test_the_balance_before_is_kept_for_the_page_where_it_was_told(till: Till) -> None:
    """recharge.balance"""
    for number, told, shown in (("CZ1", "35.50", 3550), ("CZ2", "", None)):
        await till.recharge(number, origBalance=told)
        assert till.hub.runtime.orders.particulars(await till.trade(number)).shown_balance == shown


async def test_what_a_pos_tells_of_the_card_is_answered(till: Till) -> None:
    """recharge.pos"""
    slip = {
        "BankCardNo": "621700******7890",
        "posIssuingBank": "云桥银行",
        "BankCardType": "借记卡",
        "posConsultNo": "000123456789",
        "posVoucherNo": "004512",
    }
    told = dict((await till.paid_with("POS", slip)).get("extra") or {})  # type: ignore[call-overload]
    assert {name: told.get(name) for name in slip} == slip
    other = dict((await till.paid_with("CASH", number="CZ2")).get("extra") or {})  # type: ignore[call-overload]
    assert not slip.keys() & other.keys()


async def test_an_address_for_notices_must_be_listed(till: Till) -> None:
    """recharge.subject"""
    assert (await till.recharge(extra={"notifyUrl": "http://198.51.100.7/n"})).code == "700108"
    assert (await till.recharge(extra={"notifyUrl": "http://127.0.0.1:8700/paid"})).code == "700100"


SETTLED = {"bizTraceNo": "JS2026001", "ecCode": "2" * 28, "feeSumamt": "100.00", "fundPay": "60.00"}


async def test_an_insured_payment_by_one_code_is_taken_at_once_and_its_own_part_goes_back(till: Till) -> None:
    """recharge.cashier"""
    content = json.dumps({**SETTLED, "psnAcctPay": "10.00", "ownPayAmt": "30.00"})
    extra = {"ecToken": "TOKEN0098", "medicalContent": content}
    await till.recharge(amount="100.00", depositType="CHS_ONE_BAR", extra=extra)
    await till.until(partial(till.stands, "CZ1", "succ"))
    assert (await till.refund(amount="30.01", withdrawMode="3")).code == "700202"
    assert (await till.refund(amount="30.00", withdrawMode="3")).code == GOOD
    await till.until(partial(till.stands, "TK1", "succ", REFUND))


async def test_the_parts_of_an_insured_payment_must_add_up(till: Till) -> None:
    """recharge.medical"""
    content = {**SETTLED, "psnAcctPay": "10.00", "ownPayAmt": "29.99"}
    extra = {"ecToken": "TOKEN0098", "medicalContent": content}
    answer = await till.recharge(amount="100.00", depositType="CHS_ONE_BAR", extra=extra)
    assert answer.code == "700107"
    assert "99.99" in answer.err_msg
    content["ownPayAmt"] = "30.00"
    assert (await till.recharge(amount="99.00", depositType="CHS_ONE_BAR", extra=extra)).code == "700107"
    missing = {"ecToken": "TOKEN0098"}
    assert (await till.recharge(amount="99.00", depositType="CHS_ONE_BAR", extra=missing)).code == "610007"


async def test_the_parts_of_a_credit_visit_must_add_up(till: Till) -> None:
    pay = {"totalPayAmt": "80.00", "insuPayAmt": "50.00", "yjjPayAmt": "20.00", "otherPayAmt": "9.99"}
    extra = {
        "empiUserId": "E98001",
        "payType": "1",
        "agreementNo": "XY9801",
        "businessInfo": {"sceneType": "01", "sourceType": "02"},
        "payInfo": pay,
    }
    assert (await till.recharge(amount="80.00", extra=extra)).code == "700107"
    pay["otherPayAmt"] = "10.00"
    extra["payInfo"] = {**pay, "feeItemList": [{"itemFee": "79.00"}]}
    assert (await till.recharge(amount="80.00", extra=extra)).code == "700107"
    assert (await till.recharge(amount="80.00", extra={**extra, "agreementNo": ""})).code == "610007"
    assert (await till.recharge(amount="80.00", extra={**extra, "payType": "2"})).code == "610007"


async def test_a_credit_visit_is_charged_to_its_agreement_at_once(till: Till) -> None:
    extra = {
        "empiUserId": "E98001",
        "payType": "1",
        "agreementNo": "XYDEMO0001",
        "frozenType": "1",
        "businessInfo": {"sceneType": "01", "sourceType": "02"},
        "payInfo": {"totalPayAmt": "80.00", "insuPayAmt": "50.00", "yjjPayAmt": "20.00", "otherPayAmt": "10.00"},
    }
    await till.recharge(amount="80.00", extra=extra)
    await till.until(partial(till.stands, "CZ1", "succ"))
    assert (await till.query())["channel"] == "CREDIT"
    assert (await till.refund(amount="80.00")).code == GOOD
    await till.until(partial(till.stands, "TK1", "succ", REFUND))
    await till.recharge("CZ2", "80.00", extra={**extra, "agreementNo": "XY0000"})
    await till.until(partial(till.stands, "CZ2", "fail"))
    assert (await till.recharge("CZ2", "80.00", extra={**extra, "agreementNo": "XY0000"})).code == "700101"


async def test_the_mode_of_credit_goes_to_the_centre_as_the_his_has_it(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """recharge.credit.mode"""
    heard: list[object] = []
    place = CreditChannel.place

    async def placed(channel: CreditChannel, wish: OrderWish) -> Order:
        heard.append(wish.extra.get("creditPayType"))
        return await place(channel, wish)

    monkeypatch.setattr(CreditChannel, "place", placed)
    extra: dict[str, object] = {
        "empiUserId": "E98001",
        "payType": "1",
        "agreementNo": "XYDEMO0001",
        "businessInfo": {"sceneType": "01", "sourceType": "02"},
        "payInfo": {"totalPayAmt": "80.00", "insuPayAmt": "60.00", "yjjPayAmt": "20.00"},
    }
    await till.recharge(amount="80.00", extra={**extra, "creditPayType": "SF"})
    await till.until(partial(till.stands, "CZ1", "succ"))
    assert heard == ["SF"]
    assert (await till.recharge("CZ2", "80.00", extra={**extra, "creditPayType": "XX"})).code == "610007"


async def test_a_merchant_collects_for_its_own_kind_of_account(till: Till) -> None:
    """recharge.merchant"""
    assert (await till.recharge(accountType="02")).code == "700106"


async def test_print_mode_answers_with_the_code_to_print_and_the_query_tells_the_rest(till: Till) -> None:
    """recharge.print"""
    await till.settings(print_mode=True)
    answer = await till.recharge()
    assert answer.code == GOOD
    assert "/cashier/" in str(dict(answer.values or {})["qrcode"])
    assert (await till.query())["result"] == "init"
    await till.pays()
    await till.until(partial(till.stands, "CZ1", "succ"))
    assert "qrcode" not in dict((await till.recharge()).values or {})


async def test_a_query_prefers_the_trace_number_and_needs_one_of_the_two(till: Till) -> None:
    """query.number"""
    first = await till.paid("CZ1")
    await till.recharge("CZ2")
    told = await till.query("CZ2", traceNo=str(first["traceNo"]))
    assert (told["result"], told["origTraceNo"]) == ("succ", first["traceNo"])
    neither = {**till.card, "tradeType": RECHARGE}
    assert (await till.desk.ask(QUERY, neither)).code == "610007"


async def test_by_the_his_s_number_a_query_tells_the_trace_number(till: Till) -> None:
    """query.merchant_number, query.trace"""
    traces = {number: (await till.recharge(number)).values for number in ("CZ1", "CZ2")}
    for number, answered in traces.items():
        told = await till.query(number)
        assert answered is not None
        assert told["traceNo"] == told["origTraceNo"] == answered["traceNo"]


async def test_a_number_that_nobody_knows_is_told_as_not_found(till: Till) -> None:
    """query.kind"""
    for kind in (RECHARGE, REFUND):
        assert (await till.query("NEVER", kind))["result"] == "notfound"
    await till.paid()
    assert (await till.query("CZ1", REFUND))["result"] == "notfound"


async def test_a_query_tells_the_balance_where_it_is_wanted(till: Till) -> None:
    """query.balance"""
    await till.paid()
    assert "balance" not in dict((await till.query())["extra"])  # type: ignore[call-overload]
    told = await till.query(isBalance="1", idNo="329801199103021234")
    assert dict(told["extra"])["balance"] == "120.00"  # type: ignore[call-overload]


@pytest.mark.parametrize("flow", ["direct", "hisDecide", "prepareAndConfirm"])
async def test_each_refund_flow_over_the_wire(till: Till, flow: str) -> None:
    """query.refunds, refund.direct, refund.his_decide, refund.prepare, refund.echo"""
    paid = await till.paid()
    answer = await till.refund(amount="50.00", flow=flow)
    assert answer.code == GOOD
    told = dict(answer.values or {})
    assert (told["outRefundNo"], told["result"], told["origTraceNo"]) == ("TK1", "ing", paid["traceNo"])
    assert (told["refundingAmt"], told["refundCount"]) == ("50.00", "0"), "what is under way has not been given back"
    await till.until(partial(till.stands, "TK1", "succ", REFUND))
    again = dict((await till.refund(amount="50.00", flow=flow)).values or {})
    assert (again["result"], again["refundedAmt"], again["refundingAmt"]) == ("succ", "50.00", "0.00")
    assert again["refundCount"] == "1"
    of_trade = await till.query("CZ1", REFUND, isRefund="1")
    assert (of_trade["result"], of_trade["refundedAmt"], of_trade["refundCount"]) == ("succ", "50.00", "1")
    assert (await till.refund("TK2", amount="70.01", flow=flow)).code == "700202"
    known = till.hub.runtime
    books = await known.database.read(lambda c: payment_books.balances(c, till.merchant_id))
    assert books["channel/SANDBOX"] == 7000
    assert sum(books.values()) == 0


async def test_a_refund_is_of_the_trade_that_either_number_names(till: Till) -> None:
    """refund.number, refund.origin"""
    traces = {number: str((await till.paid(number))["traceNo"]) for number in ("CZ1", "CZ2")}
    asked: tuple[tuple[str, str, str], ...] = (("CZ1", "", "CZ1"), ("", "CZ1", "CZ1"), ("CZ2", "CZ1", "CZ1"))
    for place, (ours, theirs, meant) in enumerate(asked):
        answer = await till.refund(f"TK{place}", of=ours, amount="10.00", traceNo=traces.get(theirs))
        assert answer.code == GOOD, answer
        assert dict(answer.values or {})["origTraceNo"] == traces[meant]
    assert (await till.refund("TK9", of="", amount="10.00")).code == "610007"


async def test_only_a_pos_has_a_kind_of_channel(till: Till) -> None:
    """refund.pos"""
    await till.paid_with("POS", {"BankCardNo": "621700******7890", "posVoucherNo": "004512"})
    for wrong in ("01", "2"):
        assert (await till.refund(amount="10.00", channelType=wrong)).code == "610007"
    assert (await till.refund(amount="10.00", channelType="02")).code == GOOD
    await till.until(partial(till.stands, "TK1", "succ", REFUND))


async def test_a_refund_is_refused_for_what_it_is(till: Till) -> None:
    await till.recharge()
    assert (await till.refund()).code == "700201"
    assert (await till.refund(of="CZ9")).code == "700105"
    await till.paid("CZ3")
    assert (await till.refund(of="CZ3", userName="沈予安")).code == "700109"
    assert (await till.refund(of="CZ3", amount="1.5")).code == "610007"
    assert (await till.refund(of="CZ3", withdrawMode="6")).code == "610007"
    assert (await till.refund(of="CZ3", amount="0.00")).code == "610007"
    assert (await till.refund(of="CZ3", amount="20.00")).code == GOOD
    assert (await till.refund(of="CZ3", amount="21.00")).code == "700104"


async def test_a_refund_above_the_limit_waits_for_a_signature(till: Till) -> None:
    """ours.pending"""
    await till.settings(approval_above=10_000)
    await till.paid()
    answer = await till.refund()
    assert answer.code == "700200"
    assert dict(answer.values or {})["result"] == "init"
    await till.hub.runtime.refunds.act(till.merchant_id, "TK1", Act.APPROVE, "approver")
    await till.until(partial(till.stands, "TK1", "succ", REFUND))
    assert (await till.refund()).code == GOOD


async def test_a_msgid_is_good_for_one_message(till: Till) -> None:
    """ours.msgid"""
    till.desk.serial = 40
    first = await till.recharge("CZ1")
    till.desk.serial = 40
    assert (await till.recharge("CZ1")).values == first.values
    till.desk.serial = 40
    assert (await till.recharge("CZ2")).code == "600012"
    rows = await till.hub.runtime.database.read(lambda c: payments.newest_trades(c, 10))
    assert [row.out_charge_no for row in rows] == ["CZ1"]


async def test_secrets_of_the_merchant_are_not_journalled(till: Till) -> None:
    await till.recharge()
    known = till.hub.runtime
    reader = Reader(known.database, known.keyring)
    (line,) = (await reader.search(Search("onetrans"), limit=5)).lines
    entry = await reader.show(line.chain, line.seq)
    assert str(till.card["payAppSecret"]) not in repr(entry.view)


@pytest.mark.parametrize(("text", "amount"), [("0.5", 50), ("12", 1200), ("12.05", 1205), ("-3.1", -310)])
def test_rule_money_yuan_on_the_wire_is_fen_inside(text: str, amount: int) -> None:
    assert fen(text) == amount
    assert fen(yuan(amount)) == amount


async def test_a_desks_address_has_a_mark_that_the_hub_alone_makes_and_a_payers_has_none(till: Till) -> None:
    extra = dict((await till.recharge()).values or {})["extra"]
    token = (await till.trade()).token
    mark = desk_mark(till.hub.runtime.keyring, token)
    assert isinstance(extra, Mapping)
    assert str(extra["cashierUrl"]).endswith(f"/cashier/{token}?desk={mark}")
    assert str(extra["qrcodeUrl"]).endswith(f"/cashier/{token}")
