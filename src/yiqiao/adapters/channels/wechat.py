"""WeChat Pay, API v3: Native for a QR code, H5 or JSAPI for a telephone, the codepay interface for a scanned code.

An answer whose signature does not hold, an error of WeChat's own (SYSTEM_ERROR, 5xx) and a call that timed out say
nothing of what was done: ChannelSilent, and the order is asked about. What a rate limit or an empty merchant account
has stopped was not done: ChannelUnreachable. Everything else that WeChat refuses is ChannelRefused.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson

from yiqiao.adapters.channels import wechat_bill
from yiqiao.adapters.channels.http import Answered, Http, log
from yiqiao.adapters.channels.wechat_signing import (
    NotSigned,
    WechatKeys,
    authorization,
    invocation,
    opened,
    verify,
)
from yiqiao.clock import Clock, beijing
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

CODE = "WECHAT"
BASE = "https://api.mch.weixin.qq.com"
PAY = "/v3/pay/transactions"
REFUNDS = "/v3/refund/domestic/refunds"
BILL = "/v3/bill/tradebill"

STATES: Mapping[str, OrderState] = {
    "SUCCESS": OrderState.PAID,
    "REFUND": OrderState.PAID,  # money of it has gone back
    "NOTPAY": OrderState.OPEN,
    "USERPAYING": OrderState.OPEN,
    "ACCEPT": OrderState.OPEN,
    "CLOSED": OrderState.CLOSED,
    "REVOKED": OrderState.CLOSED,
    "PAYERROR": OrderState.FAILED,
}
REFUND_STATES: Mapping[str, RefundState] = {
    "SUCCESS": RefundState.DONE,
    "PROCESSING": RefundState.PENDING,
    "CLOSED": RefundState.FAILED,
    "ABNORMAL": RefundState.FAILED,
}
REFUND_TOLD: Mapping[RefundState, str] = {
    RefundState.PENDING: "退款处理中",
    RefundState.FAILED: "微信支付退款失败，请到商户平台处理",
}
UNKNOWN = frozenset({"SYSTEM_ERROR", "SYSTEMERROR", "BANK_ERROR", "BANKERROR"})
"""Errors after which the order has to be asked about."""
LATER = frozenset(
    {
        "FREQUENCY_LIMITED",
        "FREQUENCY_LIMIT_EXCEED",
        "RATELIMIT_EXCEEDED",
        "NOT_ENOUGH",
        "NOTENOUGH",
        "STATEMENT_CREATING",
    }
)
"""Errors by which nothing was done, and which pass."""
WAITING = frozenset({"USERPAYING", "USER_PAYING"})
SETTLED = frozenset({"ORDERPAID", "ORDER_PAID", "ORDER_CLOSED", "ORDERCLOSED", "OUT_TRADE_NO_USED", "ORDER_REVERSED"})
"""Errors that say that the number is known there: how the order stands is asked."""
ABSENT = frozenset({"ORDER_NOT_EXIST", "ORDERNOTEXIST", "RESOURCE_NOT_EXISTS"})
NO_BILL = "NO_STATEMENT_EXIST"
SCANNED_TYPE = "MICROPAY"


class _Refused(Exception):
    """WeChat says no, signed: its code and its words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message

    def told(self) -> ChannelRefused:
        """As the hub's callers know it."""
        return ChannelRefused(f"微信支付未受理：{self.message[:120] or self.code}")


@dataclass(frozen=True)
class WechatChannel:
    """`PaymentChannel` of one merchant. `shop` names the place where codes are scanned; `agent_ip` is ours."""

    keys: WechatKeys
    appid: str
    clock: Clock
    http: Http = field(default_factory=Http)
    base: str = BASE
    code: str = CODE
    shop: str = "desk"
    agent_ip: str = "127.0.0.1"
    nonce: Callable[[], str] = lambda: secrets.token_hex(16)

    async def place(self, wish: OrderWish) -> Order:
        """Place an order. Raises ChannelRefused for another amount under the same number."""
        kind, more = self._entry(wish)
        body = {
            "appid": self.appid,
            "mchid": self.keys.mchid,
            "description": f"{wish.payee}-{wish.subject}"[:127],
            "out_trade_no": wish.order_no,
            "amount": {"total": wish.amount, "currency": "CNY"},
            **more,
        }
        try:
            answer = await self._ask("POST", f"{PAY}/{kind}", body)
        except _Refused as refused:
            return await self._not_placed(wish, refused)
        if kind == "codepay":
            return self._order(wish.order_no, answer)
        return Order(wish.order_no, OrderState.OPEN, wish.amount, self._pay_url(answer))

    async def find(self, order_no: str) -> Order | None:
        """How an order stands."""
        answer = await self._found(order_no)
        return None if answer is None else self._order(order_no, answer)

    async def close(self, order_no: str) -> Order:
        """Close an order that is not paid; one whose code was scanned is reversed, which closes it too."""
        answer = await self._found(order_no)
        if answer is None:
            return Order(order_no, OrderState.CLOSED, 0, told="订单已关闭")
        order = self._order(order_no, answer)
        if order.state is not OrderState.OPEN:
            return order
        scanned = answer.get("trade_type") == SCANNED_TYPE
        body = {"mchid": self.keys.mchid, **({"appid": self.appid} if scanned else {})}
        act = "reverse" if scanned else "close"
        try:
            await self._ask("POST", f"{PAY}/out-trade-no/{quote(order_no, safe='')}/{act}", body)
        except _Refused as refused:
            if refused.code not in SETTLED:
                raise refused.told() from None
        return await self.find(order_no) or Order(order_no, OrderState.CLOSED, 0, told="订单已关闭")

    async def refund(self, wish: RefundWish) -> Refunded:
        """Give money back."""
        body = {
            "out_trade_no": wish.order_no,
            "out_refund_no": wish.refund_no,
            "reason": wish.reason[:80],
            "amount": {"refund": wish.amount, "total": wish.total, "currency": "CNY"},
        }
        try:
            answer = await self._ask("POST", REFUNDS, body)
        except _Refused as refused:
            raise refused.told() from None
        refunded = self._refunded(wish.refund_no, wish.order_no, answer)
        if refunded.amount != wish.amount:
            raise ChannelRefused("同一退款单号的金额不同，未受理")
        return refunded

    async def find_refund(self, refund_no: str, order_no: str) -> Refunded | None:
        """How a refund stands."""
        try:
            answer = await self._ask("GET", f"{REFUNDS}/{quote(refund_no, safe='')}")
        except _Refused as refused:
            if refused.code in ABSENT:
                return None
            raise refused.told() from None
        if answer.get("out_trade_no") != order_no:
            return None
        return self._refunded(refund_no, order_no, answer)

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Notice:
        """What a notice says. Raises BadNotice."""
        try:
            verify(self.keys, headers, body, self.clock.now_ms() // 1000)
        except NotSigned as why:
            raise BadNotice("微信支付通知签名不符") from why
        try:
            said = orjson.loads(body)
            kind = {"TRANSACTION": NoticeKind.ORDER, "REFUND": NoticeKind.REFUND}[said["event_type"].split(".")[0]]
            told = opened(self.keys, said["resource"])
            number = told["out_trade_no" if kind is NoticeKind.ORDER else "out_refund_no"]
        except (KeyError, TypeError, ValueError, AttributeError):
            raise BadNotice("微信支付通知内容无法读取") from None
        if told.get("mchid") != self.keys.mchid or not isinstance(number, str):
            raise BadNotice("微信支付通知属于其他商户")
        return Notice(kind, number)

    def notice_answer(self, taken: bool) -> tuple[int, str, bytes]:
        """What WeChat wants to hear: nothing where it was taken, FAIL where it is to come again."""
        if taken:
            return 204, "application/json", b""
        return 500, "application/json", orjson.dumps({"code": "FAIL", "message": "失败"})

    async def statement(self, day: str) -> Sequence[StatementLine]:
        """The movements of a day, once its bill is made (the next morning); ChannelUnreachable before."""
        address = f"{BILL}?{urlencode({'bill_date': day, 'bill_type': 'ALL'})}"
        try:
            answer = await self._ask("GET", address)
        except _Refused as refused:
            if refused.code == NO_BILL:
                return ()
            raise refused.told() from None
        content = await self._download(str(answer.get("download_url", "")))
        digest = hashlib.sha1(content, usedforsecurity=False).hexdigest()  # the signed answer names it
        if answer.get("hash_type") != "SHA1" or not hmac.compare_digest(digest, str(answer.get("hash_value")).lower()):
            raise ChannelSilent("微信支付账单校验不符，稍后重新下载")
        try:
            return tuple(wechat_bill.lines(content.decode()))
        except (ValueError, KeyError):
            raise ChannelSilent("微信支付账单无法读取") from None

    def _entry(self, wish: OrderWish) -> tuple[str, dict[str, object]]:
        """The interface for a way to pay, and what it wants beside. Raises ChannelRefused where there is none."""
        expires = beijing(wish.expires_at).isoformat(timespec="seconds")
        until: dict[str, object] = {"time_expire": expires, "notify_url": wish.notify_url}
        openid = wish.extra.get("openid")
        if wish.entry is Entry.QR:
            return "native", until
        if wish.entry is Entry.PHONE and openid:
            return "jsapi", {**until, "payer": {"openid": openid}}
        if wish.entry is Entry.PHONE:
            scene = {"payer_client_ip": wish.payer_ip or self.agent_ip, "h5_info": {"type": "Wap"}}
            return "h5", {**until, "scene_info": scene}
        if wish.entry is Entry.SCANNED:
            scene = {"device_ip": self.agent_ip, "store_info": {"out_id": self.shop}}
            return "codepay", {"payer": {"auth_code": wish.auth_code}, "scene_info": scene}
        raise ChannelRefused("微信支付不能在窗口以这种方式收款")

    def _pay_url(self, answer: Mapping[str, object]) -> str:
        """Where the payer goes; a page inside WeChat hands what follows `jsapi:?` to WeixinJSBridge."""
        if prepay_id := answer.get("prepay_id"):
            now = self.clock.now_ms() // 1000
            return f"jsapi:?{urlencode(invocation(self.keys, self.appid, str(prepay_id), now, self.nonce()))}"
        return str(answer.get("code_url") or answer.get("h5_url") or "")

    async def _not_placed(self, wish: OrderWish, refused: _Refused) -> Order:
        """A refusal to place may mean that the order is there already, or that its payer is at it."""
        if refused.code in WAITING:
            return Order(wish.order_no, OrderState.OPEN, wish.amount, told="等待用户输入密码")
        if refused.code not in SETTLED:
            raise refused.told()
        order = await self.find(wish.order_no)
        if order is None or order.amount not in (0, wish.amount):
            raise ChannelRefused("同一订单号的金额不同，未受理")
        return order

    async def _found(self, order_no: str) -> Mapping[str, object] | None:
        address = f"{PAY}/out-trade-no/{quote(order_no, safe='')}?{urlencode({'mchid': self.keys.mchid})}"
        try:
            return await self._ask("GET", address)
        except _Refused as refused:
            if refused.code in ABSENT:
                return None
            raise refused.told() from None

    def _order(self, order_no: str, answer: Mapping[str, object]) -> Order:
        """Raises ChannelSilent where the answer is about something else, or cannot be read."""
        try:
            if (answer["out_trade_no"], answer["mchid"]) != (order_no, self.keys.mchid):
                raise ChannelSilent
            state = STATES[str(answer["trade_state"])]
            amount = _total(answer, "total") if state is OrderState.PAID or "amount" in answer else 0
        except (KeyError, TypeError, ValueError):
            raise ChannelSilent from None
        return Order(
            order_no,
            state,
            amount,
            external_no=str(answer.get("transaction_id") or ""),
            paid_at=_moment(answer.get("success_time")) if state is OrderState.PAID else None,
            told=str(answer.get("trade_state_desc") or ""),
        )

    def _refunded(self, refund_no: str, order_no: str, answer: Mapping[str, object]) -> Refunded:
        try:
            if (answer["out_refund_no"], answer["out_trade_no"]) != (refund_no, order_no):
                raise ChannelSilent
            state = REFUND_STATES[str(answer["status"])]
            amount = _total(answer, "refund")
        except (KeyError, TypeError, ValueError):
            raise ChannelSilent from None
        told = {RefundState.PENDING: "退款处理中", RefundState.FAILED: "微信支付退款失败，请到商户平台处理"}.get(
            state, ""
        )
        at = _moment(answer.get("success_time")) if state is RefundState.DONE else None
        return Refunded(refund_no, state, amount, str(answer.get("refund_id") or ""), at, told)

    async def _ask(self, method: str, address: str, body: Mapping[str, object] | None = None) -> Mapping[str, object]:
        """One signed call. Raises _Refused for what WeChat refuses with its signature; ChannelUnreachable,
        ChannelSilent.
        """
        response = await self._signed(method, self.base + address, b"" if body is None else orjson.dumps(body))
        status, content = response.status, response.content
        try:
            if status >= httpx.codes.INTERNAL_SERVER_ERROR:
                raise NotSigned(f"HTTP {status}")  # whoever says it knows nothing
            verify(self.keys, response.headers, content, self.clock.now_ms() // 1000)
            answer = orjson.loads(content) if content else {}
            if not isinstance(answer, dict):
                raise NotSigned("no object")
        except (NotSigned, orjson.JSONDecodeError) as why:
            log.warning("an answer of WeChat Pay is not taken", status=status, why=str(why)[:40])
            raise ChannelSilent from None
        if status < httpx.codes.MULTIPLE_CHOICES and not (code := answer.get("code")):
            return answer
        code, message = str(answer.get("code")), str(answer.get("message") or "")
        if code in UNKNOWN:
            raise ChannelSilent
        if code in LATER or status == httpx.codes.TOO_MANY_REQUESTS:
            raise ChannelUnreachable(f"微信支付暂未受理：{message[:80] or code}，稍后自动重试")
        raise _Refused(code, message)

    async def _download(self, url: str) -> bytes:
        """A bill: its address is signed as a call is, its content by the hash that the call before has told."""
        if not url.startswith(("https://", self.base)):
            raise ChannelSilent
        response = await self._signed("GET", url, b"")
        if response.status != httpx.codes.OK:
            raise ChannelSilent
        return response.content

    async def _signed(self, method: str, url: str, body: bytes) -> Answered:
        parts = urlsplit(url)
        address = f"{parts.path}?{parts.query}" if parts.query else parts.path
        now = self.clock.now_ms() // 1000
        headers = {
            "accept": "application/json",
            "content-type": "application/json",
            "user-agent": "yiqiao",
            "authorization": authorization(self.keys, method, address, now, self.nonce(), body),
        }
        return await self.http.send(method, url, body, headers)


def _total(answer: Mapping[str, object], name: str) -> int:
    """An amount, 分. Raises KeyError, TypeError, ValueError."""
    amount = answer["amount"]
    value = amount[name] if isinstance(amount, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("no amount")
    return value


def _moment(told: object) -> int | None:
    """RFC 3339 as epoch ms; None where it is none."""
    try:
        return round(datetime.fromisoformat(str(told)).timestamp() * 1000)
    except ValueError:
        return None
