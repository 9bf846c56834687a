"""Alipay OpenAPI: precreate for a QR code, pay for a scanned code, wap.pay for a telephone.

A QR code that nobody has scanned is no trade at Alipay yet: it is not found, and closing it cannot take the code out of
the world. The code dies at the order's own end (time_expire); who pays in between is told of by a notice, and the money
goes back. A trade that is closed and has a day of payment was paid, and all of its money has gone back since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from yiqiao.adapters.channels import alipay_bill
from yiqiao.adapters.channels.alipay_signing import AlipayKeys, NotSigned, answered, noticed, signed
from yiqiao.adapters.channels.amounts import fen
from yiqiao.adapters.channels.http import Http, log
from yiqiao.clock import BEIJING, Clock, beijing, readable
from yiqiao.money import yuan
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    Entry,
    Notice,
    NoticeKind,
    Order,
    OrderState,
    OrderWish,
    Refunded,
    RefundState,
    RefundWish,
    StatementLine,
)

CODE = "ALIPAY"
BASE = "https://openapi.alipay.com/gateway.do"
DONE, WAITING, UNKNOWN, FAILED = "10000", "10003", "20000", "40004"
STATES: Mapping[str, OrderState] = {
    "WAIT_BUYER_PAY": OrderState.OPEN,
    "TRADE_SUCCESS": OrderState.PAID,
    "TRADE_FINISHED": OrderState.PAID,
    "TRADE_CLOSED": OrderState.CLOSED,
}
REFUND_STATES: Mapping[str, RefundState] = {
    "REFUND_SUCCESS": RefundState.DONE,
    "REFUND_PROCESSING": RefundState.PENDING,
    "REFUND_FAIL": RefundState.FAILED,
}
SILENT = frozenset(
    {"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error", "aop.unknow-error", "isp.unknown-error"}
)
"""Errors after which the order has to be asked about."""
LATER = frozenset({"isv.app-call-limited", "aop.app-call-limited", "ACQ.SELLER_BALANCE_NOT_ENOUGH"})
"""Errors by which nothing was done, and which pass."""
CALL_LIMITED = "40005"
ABSENT = "ACQ.TRADE_NOT_EXIST"
SETTLED = frozenset({"ACQ.TRADE_HAS_SUCCESS", "ACQ.TRADE_HAS_CLOSE", "ACQ.TRADE_STATUS_ERROR"})
"""Errors that say that the number is known there: how the order stands is asked."""
STATUS_ERRORS = SETTLED | {"ACQ.REASON_TRADE_STATUS_INVALID", "ACQ.REASON_ILLEGAL_STATUS"}
ANOTHER = "ACQ.CONTEXT_INCONSISTENT"
NO_BILL = "isp.bill_not_exist"
BILL_MADE_AT = time(10)
"""Of the next day; before it, a bill that is not there may come yet."""


class _Refused(Exception):
    """Alipay says no, signed: its code and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    def told(self) -> ChannelRefused:
        """As the hub's callers know it."""
        return ChannelRefused(f"支付宝未受理：{self.message[:120] or self.code}")


@dataclass(frozen=True)
class AlipayChannel:
    """`PaymentChannel` of one application."""

    keys: AlipayKeys
    clock: Clock
    http: Http = field(default_factory=Http)
    base: str = BASE
    code: str = CODE

    async def place(self, wish: OrderWish) -> Order:
        """Place an order. Raises ChannelRefused for another amount under the same number."""
        content: dict[str, object] = {
            "out_trade_no": wish.order_no,
            "total_amount": yuan(wish.amount),
            "subject": f"{wish.payee}-{wish.subject}"[:256],
            "time_expire": readable(wish.expires_at),
        }
        if wish.entry is Entry.PHONE:
            return await self._page(wish, content)
        if wish.entry not in (Entry.QR, Entry.SCANNED):
            raise ChannelRefused("支付宝不能在窗口以这种方式收款")
        method = "alipay.trade.precreate"
        if wish.entry is Entry.SCANNED:
            method = "alipay.trade.pay"
            content |= {"scene": "bar_code", "auth_code": wish.auth_code}
        try:
            node = await self._ask(method, content, wish.notify_url)
        except _Refused as refused:
            return await self._not_placed(wish, refused)
        if node["code"] == WAITING:
            return Order(wish.order_no, OrderState.OPEN, wish.amount, told="等待用户付款")
        if wish.entry is Entry.SCANNED:
            return self._order(wish.order_no, {**node, "trade_status": "TRADE_SUCCESS"})
        return Order(wish.order_no, OrderState.OPEN, wish.amount, str(node.get("qr_code") or ""))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands; None for a QR code that nobody has scanned, too."""
        try:
            node = await self._ask("alipay.trade.query", {"out_trade_no": order_no})
        except _Refused as refused:
            if refused.code == ABSENT:
                return None
            raise refused.told() from None
        return self._order(order_no, node)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not paid."""
        closed = Order(order_no, OrderState.CLOSED, 0, told="订单已关闭")
        order = await self.find(order_no)
        if order is None:
            return closed
        if order.state is not OrderState.OPEN:
            return order
        try:
            await self._ask("alipay.trade.close", {"out_trade_no": order_no})
        except _Refused as refused:
            if refused.code not in STATUS_ERRORS | {ABSENT}:
                raise refused.told() from None
        return await self.find(order_no) or closed

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back. An answer without a change of funds says nothing: the refund is asked about."""
        content: dict[str, object] = {
            "out_trade_no": wish.order_no,
            "out_request_no": wish.refund_no,
            "refund_amount": yuan(wish.amount),
            "refund_reason": wish.reason[:256],
        }
        try:
            node = await self._ask("alipay.trade.refund", content)
        except _Refused as refused:
            raise refused.told() from None
        if node.get("fund_change") == "Y":
            at = _moment(node.get("gmt_refund_pay")) or self.clock.now_ms()
            return Refunded(wish.refund_no, RefundState.DONE, wish.amount, str(node.get("trade_no") or ""), at)
        found = await self.find_refund(wish.refund_no, wish.order_no)
        if found is not None and found.amount != wish.amount:
            raise ChannelRefused("同一退款单号的金额不同，未受理")
        return found or Refunded(wish.refund_no, RefundState.PENDING, wish.amount, told="退款处理中")

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands. Alipay answers without a status where there is none."""
        content = {"out_trade_no": order_no, "out_request_no": refund_no, "query_options": ["gmt_refund_pay"]}
        try:
            node = await self._ask("alipay.trade.fastpay.refund.query", content)
        except _Refused as refused:
            if refused.code == ABSENT:
                return None
            raise refused.told() from None
        if not node.get("refund_status"):
            return None
        try:
            if (node["out_request_no"], node["out_trade_no"]) != (refund_no, order_no):
                raise ChannelSilent
            state, amount = REFUND_STATES[node["refund_status"]], fen(node["refund_amount"])
        except (KeyError, ValueError):
            raise ChannelSilent from None
        told = {RefundState.PENDING: "退款处理中", RefundState.FAILED: "支付宝退款失败，请人工处理"}.get(state, "")
        at = _moment(node.get("gmt_refund_pay")) if state is RefundState.DONE else None
        return Refunded(refund_no, state, amount, str(node.get("trade_no") or ""), at, told)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """What a notice says. Raises BadNotice."""
        try:
            said = noticed(self.keys, body)
        except NotSigned as why:
            raise BadNotice("支付宝通知签名不符") from why
        if said.get("app_id") != self.keys.app_id or not said.get("out_trade_no"):
            raise BadNotice("支付宝通知属于其他应用，或没有订单号")
        if said.get("gmt_refund") and said.get("out_biz_no"):
            return Notice(NoticeKind.REFUND, said["out_biz_no"])
        return Notice(NoticeKind.ORDER, said["out_trade_no"])

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """What Alipay wants to hear."""
        return 200, "text/plain", b"success" if taken else b"fail"

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day, once its bill is made (the next morning); ChannelUnreachable before."""
        made_at = datetime.combine(date.fromisoformat(day) + timedelta(days=1), BILL_MADE_AT, BEIJING)
        try:
            node = await self._ask(
                "alipay.data.dataservice.bill.downloadurl.query", {"bill_type": "trade", "bill_date": day}
            )
        except _Refused as refused:
            if refused.code != NO_BILL:
                raise refused.told() from None
            if beijing(self.clock.now_ms()) < made_at:
                raise ChannelUnreachable("支付宝账单尚未生成，次日上午再下载") from None
            return ()
        url = str(node.get("bill_download_url") or "")
        if not url.startswith(("https://", self.base.rpartition("/")[0])):
            raise ChannelSilent
        response = await self.http.send("GET", url, b"", {})
        try:
            if response.status != httpx.codes.OK:
                raise ValueError(f"HTTP {response.status}")
            return alipay_bill.lines(response.content)
        except ValueError as why:
            log.warning("a bill of Alipay is not taken", why=str(why)[:40])
            raise ChannelSilent("支付宝账单无法读取，稍后重新下载") from None

    async def _page(self, wish: OrderWish, content: Mapping[str, object]) -> Order:
        """A telephone goes to a signed address; the trade comes into the world there."""
        known = await self.find(wish.order_no)
        if known is not None and known.amount != wish.amount:
            raise ChannelRefused("同一订单号的金额不同，未受理")
        if known is not None and known.state is not OrderState.OPEN:
            return known
        whole = {**content, "product_code": "QUICK_WAP_WAY"}
        parameters = self._parameters("alipay.trade.wap.pay", whole, wish.notify_url)
        return Order(wish.order_no, OrderState.OPEN, wish.amount, f"{self.base}?{urlencode(parameters)}")

    async def _not_placed(self, wish: OrderWish, refused: _Refused) -> Order:
        """A refusal to place may mean that the order is there already."""
        if refused.code == ANOTHER:
            raise ChannelRefused("同一订单号的金额不同，未受理")
        if refused.code not in SETTLED:
            raise refused.told()
        order = await self.find(wish.order_no)
        if order is None or order.amount != wish.amount:
            raise ChannelRefused("同一订单号的金额不同，未受理")
        return order

    def _order(self, order_no: str, node: Mapping[str, Any]) -> Order:
        """Raises ChannelSilent where the answer is about something else, or cannot be read."""
        try:
            if node["out_trade_no"] != order_no:
                raise ChannelSilent
            state, amount = STATES[node["trade_status"]], fen(node["total_amount"])
        except (KeyError, ValueError):
            raise ChannelSilent from None
        paid_at = _moment(node.get("send_pay_date") or node.get("gmt_payment"))
        if state is OrderState.CLOSED and paid_at is not None:
            state = OrderState.PAID
        told = {OrderState.CLOSED: "订单已关闭"}.get(state, "")
        at = paid_at if state is OrderState.PAID else None
        return Order(order_no, state, amount, external_no=str(node.get("trade_no") or ""), paid_at=at, told=told)

    async def _ask(self, method: str, content: Mapping[str, object], notify_url: str = "") -> Mapping[str, Any]:
        """One call: its node where it was done, or where its payer is waited for. Raises _Refused for what Alipay
        refuses with its signature; ChannelUnreachable, ChannelSilent.
        """
        form = urlencode(self._parameters(method, content, notify_url)).encode()
        headers = {"content-type": "application/x-www-form-urlencoded;charset=utf-8"}
        response = await self.http.send("POST", self.base, form, headers)
        try:
            if response.status != httpx.codes.OK:
                raise NotSigned(f"HTTP {response.status}")
            node = answered(self.keys, method, response.content)
        except NotSigned as why:
            log.warning("an answer of Alipay is not taken", method=method, why=str(why)[:40])
            raise ChannelSilent from None
        code, sub_code = str(node.get("code")), str(node.get("sub_code") or "")
        if code in (DONE, WAITING):
            return node
        message = str(node.get("sub_msg") or node.get("msg") or "")
        if code == UNKNOWN or sub_code in SILENT:
            raise ChannelSilent
        if code == CALL_LIMITED or sub_code in LATER:
            raise ChannelUnreachable(f"支付宝暂未受理：{message[:80] or sub_code}，稍后自动重试")
        raise _Refused(sub_code or code, message)

    def _parameters(self, method: str, content: Mapping[str, object], notify_url: str) -> dict[str, str]:
        parameters = {
            "app_id": self.keys.app_id,
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": readable(self.clock.now_ms()),
            "version": "1.0",
            "biz_content": orjson.dumps(content).decode(),
        }
        return signed(self.keys, parameters | ({"notify_url": notify_url} if notify_url else {}))


def _moment(told: object) -> int | None:
    """`2026-11-18 08:00:00`, Beijing time, as epoch ms; None where it is none."""
    try:
        moment = datetime.strptime(str(told), "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return None
    return round(moment.timestamp() * 1000)
