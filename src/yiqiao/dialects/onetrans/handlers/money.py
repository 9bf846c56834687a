"""Recharge, query and refund (3.1.3.3 to 3.1.3.5): the library's words → the payment hub → the library's words.

A recharge or refund that is asked for again under its number tells how it stands: so a caller who got no answer simply
asks again, and so does the library while the cashier's window is open.
"""

from collections.abc import Mapping
from typing import Any

from yiqiao.clock import compact
from yiqiao.crypto import sm3
from yiqiao.dialects.onetrans.handlers import handlers
from yiqiao.dialects.onetrans.money import fen, fen_of
from yiqiao.dialects.onetrans.services import OneTransServices, PaymentDesk
from yiqiao.errors import DomainError
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.journal import Keys
from yiqiao.money import yuan
from yiqiao.ports.his_billing import HisRefused, HisSilent, HisUnreachable, Patient
from yiqiao.region.payments.merchants import opened
from yiqiao.region.payments.orders import Question, Standing, Wish
from yiqiao.region.payments.refunds import Refunded, RefundOrder, succeeded
from yiqiao.region.payments.states import REFUNDS, TRADES, Refund, Result, Trade
from yiqiao.region.payments.trade import AmountsDisagree, Particulars
from yiqiao.region.payments.ways import title
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING
from yiqiao.storage.payments import RefundRow, TradeRow

ONE_BAR, CREDIT = "CHS_ONE_BAR", "CREDIT"
NO_CHANNEL = "CASHIER"
"""What stands for a channel while none is chosen."""
SUBJECTS: Mapping[str, str] = {"01": "门诊预交金充值", "02": "住院预交金充值"}
NOT_FOUND = "交易记录不存在"


class AwaitingPayment(DomainError):
    """Ordered, and not paid yet: no failure, but no success either."""

    def __init__(self) -> None:
        super().__init__("已下单，待支付；付款后用同一 outChargeNo 再次调用，或用交易结果查询接口询问")


class TradeUncertain(DomainError):
    """How the trade ends is being found out; paying again would be paying twice."""

    def __init__(self, told: str) -> None:
        super().__init__(f"支付结果确认中，请勿重复支付（{told}）")


class TradeFailed(DomainError):
    """The trade came to nothing; money that was taken goes back."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"交易失败：{reason}" if reason else "交易失败")


class TradeClosed(DomainError):
    """Nobody paid in time, or the order was given up."""

    def __init__(self) -> None:
        super().__init__("交易已关闭，没有收款；需要时请换新的 outChargeNo 重新下单")


class AwaitingApproval(DomainError):
    """A refund above the merchant's limit: somebody has to sign it first."""

    def __init__(self) -> None:
        super().__init__("退款已受理，金额超过限额，等待审批；请稍后用交易结果查询接口询问")


@handlers.commits("hop.trade.recharge")
async def recharge(request: Request, call: Call, services: OneTransServices) -> Act[Standing]:
    """预交金账户充值下单接口"""
    desk = services.payments
    wish = _wish(request, call)

    def answer(found: Standing) -> Values:
        return _recharged(found, desk)

    def standing(found: Standing) -> DomainError | None:
        return _not_yet(found, desk)

    return Act(desk.orders.order(wish), answer, lambda _: Keys(trace=wish.out_charge_no), standing=standing)


def _wish(request: Request, call: Call) -> Wish:
    extra = request.part("extra") or Request({})
    amount = _amount(request)
    content = extra.part("medicalContent")
    one_bar = request.maybe("depositType") == ONE_BAR
    credit = extra.maybe("empiUserId") is not None
    if content is not None and one_bar:
        _sums_of_settlement(content, amount)
    if credit:
        _sums_of_credit(extra.part("payInfo") or Request({}), amount)
    account_type = request.text("accountType")
    patient = _patient(request)
    balance = request.maybe("origBalance")
    kept = Particulars(
        patient=patient,
        term_no=request.text("termNo"),
        his_order_no=request.maybe("hisOrderNo") or "",
        notes=request.maybe("notes") or "",
        operator=call.parameters.get("opter_name", ""),
        shown_balance=None if balance is None else fen(balance),
        payer_ip=extra.maybe("spbill_create_ip") or "",
        own_part=fen_of(content, "ownPayAmt") if content is not None and one_bar else None,
        channel_data=dict(extra.all()) if one_bar or credit else {},
        extra=dict(extra.all()),
    )
    channel = ONE_BAR if one_bar else CREDIT if credit else ""
    same = (account_type, patient.his_cust_id, patient.name, str(amount), channel)
    return Wish(
        app_id=call.partner.app_id,
        merchant_id=request.text("payAppId"),
        merchant_secret=request.text("payAppSecret"),
        out_charge_no=request.text("outChargeNo"),
        fingerprint=sm3("|".join(same).encode()),
        amount=amount,
        subject=extra.maybe("subject") or request.maybe("feeType") or SUBJECTS[account_type],
        particulars=kept,
        channel=channel,
        attempt={"auth_code": content.text("ecCode")} if content is not None and one_bar else {},
        fee_type=request.maybe("feeType") or "",
        notify_url=extra.maybe("notifyUrl") or "",
    )


def _amount(request: Request) -> int:
    """What it is about, 分. Raises Invalid for nothing."""
    amount = fen(request.text("amount"))
    if not amount:
        raise Invalid((Fault("amount", "format", "金额必须大于 0"),))
    return amount


def _patient(request: Request) -> Patient:
    return Patient(
        account_type=request.text("accountType"),
        his_cust_id=request.text("hisCustId"),
        card_type=request.text("cardType"),
        card_no=request.text("cardNo"),
        name=request.text("userName"),
        id_no=request.maybe("idNo") or "",
    )


def _sums_of_settlement(content: Request, amount: int) -> None:
    """medicalContent adds up, and what is to be paid is its total or the self-paid part: which, is left open.

    Raises AmountsDisagree.
    """
    total = fen_of(content, "feeSumamt")
    parts = sum(fen_of(content, name) for name in ("fundPay", "psnAcctPay", "ownPayAmt"))
    if parts != total:
        raise AmountsDisagree(
            f"medicalContent 中统筹、个人账户与自费三项合计 {yuan(parts)} 元，与 feeSumamt {yuan(total)} 元不符"
        )
    own = fen_of(content, "ownPayAmt")
    if amount not in (total, own):
        raise AmountsDisagree(
            f"amount {yuan(amount)} 元既不是 medicalContent 的总额 {yuan(total)} 元，也不是自费 {yuan(own)} 元"
        )


def _sums_of_credit(pay: Request, amount: int) -> None:
    """payInfo adds up, to what is to be paid, and so do its items where each has a fee. Raises AmountsDisagree."""
    total = fen_of(pay, "totalPayAmt")
    names = ("insuPayAmt", "yjjPayAmt", "wxPayAmt", "aliPayAmt", "otherPayAmt")
    parts = sum(fen_of(pay, name) for name in names)
    if parts != total:
        raise AmountsDisagree(f"payInfo 各项支付合计 {yuan(parts)} 元，与 totalPayAmt {yuan(total)} 元不符")
    if total != amount:
        raise AmountsDisagree(f"amount {yuan(amount)} 元与 payInfo 的 totalPayAmt {yuan(total)} 元不符")
    items = pay.rows("feeItemList")
    if items and all(item.maybe("itemFee") is not None for item in items):
        listed = sum(fen_of(item, "itemFee") for item in items)
        if listed != total:
            raise AmountsDisagree(f"feeItemList 各项费用合计 {yuan(listed)} 元，与 totalPayAmt {yuan(total)} 元不符")


def _recharged(found: Standing, desk: PaymentDesk) -> Values:
    trade = found.trade
    about = TRADES[trade.state]
    printed = _printed(found, desk)
    told: dict[str, object] = {
        "chargeNo": trade.trace_no,
        "traceNo": trade.trace_no,
        "traceTime": compact(trade.paid_at or trade.created_at),
        "qrcode": desk.payer_address(trade) if printed else None,
        "balance": None if trade.balance is None else yuan(trade.balance),
        "callsn": trade.callsn,
    }
    extra: dict[str, object] = {
        "paytype": trade.channel,
        "callsn": trade.callsn,
        "externalNo": trade.external_no,
        "resNote": (trade.reason or about.title)[:32],
        **desk.card_of(found),
    }
    if about.result in (Result.INIT, Result.ING) and trade.paid_at is None:
        extra |= {"cashierUrl": desk.desk_address(trade), "qrcodeUrl": desk.payer_address(trade)}
    return {**told, "extra": {name: value for name, value in extra.items() if value}}


def _printed(found: Standing, desk: PaymentDesk) -> bool:
    """Whether the order is for a printed code, and still to be paid."""
    unpaid = found.trade.state in (Trade.OPENED, Trade.PLACING, Trade.PAYING)
    return unpaid and opened(desk.orders.keyring, found.merchant).settings.print_mode


def _not_yet(found: Standing, desk: PaymentDesk) -> DomainError | None:
    """Why a recharge is no success: None where it is one, or where a printed code was all that was asked for."""
    trade = found.trade
    about = TRADES[trade.state]
    if about.result is Result.SUCC or _printed(found, desk):
        return None
    if about.result is Result.FAIL:
        return TradeFailed(trade.reason)
    if about.result is Result.CLOSED:
        return TradeClosed()
    if about.result is Result.EXP or trade.paid_at is not None or trade.uncertain:
        return TradeUncertain(about.title)
    return AwaitingPayment()


@handlers.commits("hop.trade.query")
async def query(request: Request, call: Call, services: OneTransServices) -> Act[Any]:
    """交易结果查询接口"""
    desk = services.payments
    keys = Keys(trace=request.maybe("outTradeNo") or request.maybe("traceNo"))
    if request.text("tradeType") == "hop.trade.refund":
        told = await _refund_situation(request, desk) or _nothing_found(request, call.at)
        return Act(NOTHING, lambda _: told, lambda _: keys)
    balance = await _balance_asked(request, desk)

    def answer(found: Standing | None) -> Values:
        if found is None:
            return _nothing_found(request, call.at)
        trade = found.trade
        about = TRADES[trade.state]
        result = Result.EXP if trade.uncertain and about.result is Result.ING else about.result
        situation = _situation(trade, result, about.title, found.refunds)
        return {**situation, "extra": _extra(trade, balance)}

    return Act(desk.orders.look(_question(request)), answer, lambda _: keys)


def _question(request: Request) -> Question:
    return Question(
        request.text("payAppId"),
        request.text("payAppSecret"),
        request.maybe("traceNo") or "",
        request.maybe("outTradeNo") or "",
    )


async def _balance_asked(request: Request, desk: PaymentDesk) -> int | None:
    """What is on the account, where that is asked for."""
    if request.maybe("isBalance") != "1":
        return None
    found = await _trade(request, desk)
    return None if found is None else await _balance(found.trade, desk)


async def _refund_situation(request: Request, desk: PaymentDesk) -> Values | None:
    """The refund of that number, or the newest of the trade of that number: the standard leaves open which is meant."""
    merchant_id, secret = request.text("payAppId"), request.text("payAppSecret")
    number = request.maybe("traceNo") or request.text("outTradeNo")
    refunded = await desk.refunds.find(merchant_id, secret, number=number)
    if refunded is None:
        found = await _trade(request, desk)
        if found is None or not found.refunds:
            return None
        row, trade = found.refunds[-1], found.trade
    else:
        row, trade = refunded.refund, refunded.trade
    everything = await desk.refunds.of_trade(trade)
    about = REFUNDS[row.state]
    result = Result.EXP if row.uncertain and about.result is Result.ING else about.result
    told = _situation(trade, result, row.reason or about.title, everything)
    told |= {"traceNo": row.refund_no, "channel": row.channel, "tradeMode": row.channel}
    balance = await _balance(trade, desk) if request.maybe("isBalance") == "1" else None
    return {**told, "extra": _extra(trade, balance, row)}


async def _trade(request: Request, desk: PaymentDesk) -> Standing | None:
    merchant_id, secret, trace_no, out_charge_no = _question(request)
    return await desk.orders.find(merchant_id, secret, trace_no=trace_no, out_charge_no=out_charge_no)


def _situation(trade: TradeRow, result: Result, told: str, refunds: tuple[RefundRow, ...]) -> dict[str, object]:
    channel = trade.channel or NO_CHANNEL
    return {
        "result": str(result),
        "resultDesc": told[:16],
        "tradeMode": channel,
        "channel": channel,
        "origTraceNo": trade.trace_no,
        "origTraceTime": compact(trade.paid_at or trade.created_at),
        "traceNo": trade.trace_no,
        "chargeNo": trade.trace_no,
        "refundedAmt": yuan(trade.refunded),
        "refundingAmt": yuan(trade.refunding),
        "refundCount": str(succeeded(refunds)),
    }


def _extra(trade: TradeRow, balance: int | None, refund: RefundRow | None = None) -> dict[str, object]:
    note = (refund.reason if refund else trade.reason) or title(trade.channel)
    told: dict[str, object] = {
        "paytype": trade.channel,
        "callsn": refund.callsn if refund else trade.callsn,
        "resNote": note[:32],
        "balance": None if balance is None else yuan(balance),
    }
    return {name: value for name, value in told.items() if value}


async def _balance(trade: TradeRow, desk: PaymentDesk) -> int | None:
    """What the HIS has on the account now; what it said last where it does not answer."""
    try:
        return await desk.his.balance(trade.merchant_id, desk.orders.particulars(trade).patient)
    except (HisUnreachable, HisSilent, HisRefused):
        return trade.balance


def _nothing_found(request: Request, at: int) -> Values:
    """What is told of a number that nobody knows: an answer of its own, not an error."""
    number = request.maybe("traceNo") or request.maybe("outTradeNo") or ""
    return {
        "result": str(Result.NOTFOUND),
        "resultDesc": NOT_FOUND,
        "channel": NO_CHANNEL,
        "origTraceNo": number[:19],
        "origTraceTime": compact(at),
    }


@handlers.commits("hop.trade.refund")
async def refund(request: Request, call: Call, services: OneTransServices) -> Act[Refunded]:
    """预交金账户退款接口"""
    desk = services.payments
    amount, mode, flow = _amount(request), request.text("withdrawMode"), request.text("refundType")
    order = RefundOrder(
        app_id=call.partner.app_id,
        merchant_id=request.text("payAppId"),
        merchant_secret=request.text("payAppSecret"),
        out_refund_no=request.text("outRefundNo"),
        fingerprint=sm3(f"{amount}|{mode}|{flow}".encode()),
        amount=amount,
        withdraw_mode=mode,
        refund_type=flow,
        trace_no=request.maybe("traceNo"),
        out_charge_no=request.maybe("outChargeNo"),
        his_cust_id=request.text("hisCustId"),
        user_name=request.text("userName"),
        asked_by=call.parameters.get("opter", ""),
    )
    return Act(
        desk.refunds.ask(order),
        _refunded,
        lambda _: Keys(trace=order.out_refund_no),
        standing=lambda found: AwaitingApproval() if found.refund.state == Refund.APPROVING else None,
    )


def _refunded(found: Refunded) -> Values:
    row, trade, times = found
    about = REFUNDS[row.state]
    result = Result.EXP if row.uncertain and about.result is Result.ING else about.result
    extra = {"externalNo": row.external_no, "resNote": (row.reason or about.title)[:32]}
    return {
        "outRefundNo": row.out_refund_no,
        "traceTime": compact(row.refunded_at or row.created_at),
        "traceNo": row.refund_no,
        "tradeMode": trade.channel,
        "result": str(result),
        "channel": row.channel,
        "resultDesc": about.title[:16],
        "origTraceNo": trade.trace_no,
        "origTraceTime": compact(trade.paid_at or trade.created_at),
        "chargeNo": trade.trace_no,
        "refundedAmt": yuan(trade.refunded),
        "refundingAmt": yuan(trade.refunding),
        "refundCount": str(times),
        "extra": {name: value for name, value in extra.items() if value},
    }
