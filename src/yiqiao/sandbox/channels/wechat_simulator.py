"""WeChat Pay API v3 in miniature: signatures are verified and made as there, orders and refunds kept, notices sealed.

It is for tests and for trying things out: its state is in memory, its payers are functions.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qs

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.clock import Clock, beijing
from yiqiao.crypto import RsaPrivateKey, RsaPublicKey, aes_gcm_encrypt
from yiqiao.sandbox.channels.weather import Fault, Weather
from yiqiao.sandbox.channels.wechat_simulator_bill import bill

SCHEME = "WECHATPAY2-SHA256-RSA2048 "
WINDOW_S = 300
WAITS = "00"
"""A scanned code that ends so has its payer enter a password: USERPAYING."""
_FIELD = re.compile(r'(\w+)="([^"]*)"')


class Refusal(Exception):
    """An error of the platform: HTTP status, code, words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status, self.body = status, {"code": code, "message": message}


class Sent(NamedTuple):
    """A notice as it goes over the wire."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Merchant:
    """Who may call."""

    mchid: str
    serial_no: str
    key: RsaPublicKey
    api_v3_key: str = field(repr=False)


@dataclass
class WechatSimulator:
    """The platform. `app` is its ASGI application; `key` signs under `serial`, `forger` is nobody's."""

    clock: Clock
    merchant: Merchant
    key: RsaPrivateKey
    serial: str
    forger: RsaPrivateKey
    weather: Weather = field(default_factory=Weather)
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, dict[str, Any]] = field(default_factory=dict)
    slow_refunds: bool = False
    """Whether refunds wait for `settle`."""
    notices: list[Sent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    address: str = ""
    """Where it listens; a bill's address begins with it."""

    def __post_init__(self) -> None:
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])
        acts: tuple[tuple[str, str, Callable[..., object]], ...] = (
            ("POST", r"/v3/pay/transactions/(native|h5|jsapi)", self._placed),
            ("POST", r"/v3/pay/transactions/(codepay)", self._scanned),
            ("GET", r"/v3/pay/transactions/out-trade-no/([^/]+)", self._found),
            ("POST", r"/v3/pay/transactions/out-trade-no/([^/]+)/(close)", self._closed),
            ("POST", r"/v3/pay/transactions/out-trade-no/([^/]+)/(reverse)", self._reversed),
            ("POST", r"/v3/refund/domestic/refunds", self._refund),
            ("GET", r"/v3/refund/domestic/refunds/([^/]+)", self._refund_found),
            ("GET", r"/v3/bill/tradebill", self._bill),
        )
        self._acts = [(method, re.compile(path), act) for method, path, act in acts]

    def pay(self, order_no: str) -> None:
        """The payer pays; a notice is made ready."""
        trade = self.trades[order_no]
        if trade["trade_state"] not in ("NOTPAY", "USERPAYING"):
            raise ValueError(trade["trade_state"])
        self._paid(trade)
        self._notify("TRANSACTION.SUCCESS", "transaction", trade["notify_url"], self._told(trade))

    def decline(self, order_no: str) -> None:
        """The payer's bank refuses."""
        self.trades[order_no]["trade_state"] = "PAYERROR"

    def settle(self, refund_no: str, status: str = "SUCCESS") -> None:
        """A slow refund ends: SUCCESS, ABNORMAL or CLOSED."""
        refund = self.refunds[refund_no]
        refund["status"] = status
        if status == "SUCCESS":
            refund["success_time"] = self._now()
        trade = self.trades[refund["out_trade_no"]]
        told = {"mchid": self.merchant.mchid, "refund_status": status, **refund}
        self._notify(f"REFUND.{status}", "refund", trade["notify_url"], told)

    async def deliver(self, send: Callable[[Sent], Awaitable[object]]) -> None:
        """Send the notices that wait."""
        while self.notices:
            await send(self.notices.pop(0))

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        fault = self.weather.next()
        return await self.weather.answered(fault, lambda: self._handled(request, body, fault))

    async def _handled(self, request: Request, body: bytes, fault: Fault | None) -> Response:
        query = request.url.query
        path = request.scope["raw_path"].decode()
        self.calls.append(f"{request.method} {path}")
        try:
            self._verify(request, f"{path}?{query}" if query else path, body)
            if path == "/billdownload/file":
                return Response(self._lines(request.query_params["day"]), media_type="text/csv")
            if fault is Fault.BUSY:
                raise Refusal(429, "FREQUENCY_LIMITED", "频率超限")
            status, answer = 200, self._done(request.method, path, query, body)
        except Refusal as refusal:
            status, answer = refusal.status, refusal.body
        if fault is Fault.SYSTEM:
            status, answer = 500, {"code": "SYSTEM_ERROR", "message": "系统错误"}
        content = b"" if answer is None else orjson.dumps(answer)
        headers = {} if fault is Fault.UNSIGNED else self._signed(content, fault is Fault.FORGED)
        return Response(
            content, 204 if answer is None else status, headers=headers, media_type="application/json; charset=utf-8"
        )

    def _done(self, method: str, path: str, query: str, body: bytes) -> Any:
        said = orjson.loads(body) if body else {name: values[0] for name, values in parse_qs(query).items()}
        for wanted, form, act in self._acts:
            if wanted == method and (found := form.fullmatch(path)):
                if said.get("mchid", self.merchant.mchid) != self.merchant.mchid:
                    raise Refusal(400, "PARAM_ERROR", "商户号与签名不一致")
                return act(said, *found.groups())
        raise Refusal(404, "RESOURCE_NOT_EXISTS", "没有这个接口")

    def _verify(self, request: Request, address: str, body: bytes) -> None:
        said = request.headers.get("authorization", "")
        fields = dict(_FIELD.findall(said))
        text = b"\n".join(
            (
                request.method.encode(),
                address.encode(),
                fields.get("timestamp", "").encode(),
                fields.get("nonce_str", "").encode(),
                body,
                b"",
            )
        )
        known = (fields.get("mchid"), fields.get("serial_no")) == (self.merchant.mchid, self.merchant.serial_no)
        fresh = abs(self.clock.now_ms() // 1000 - int(fields.get("timestamp") or 0)) <= WINDOW_S
        signature = base64.b64decode(fields.get("signature", ""))
        if not (said.startswith(SCHEME) and known and fresh and self.merchant.key.verify(text, signature)):
            raise Refusal(401, "SIGN_ERROR", "签名错误")

    def _signed(self, content: bytes, forged: bool = False) -> dict[str, str]:
        timestamp, nonce = str(self.clock.now_ms() // 1000), secrets.token_hex(16)
        text = b"\n".join((timestamp.encode(), nonce.encode(), content, b""))
        key = self.forger if forged else self.key
        return {
            "Wechatpay-Timestamp": timestamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.serial,
            "Wechatpay-Signature": base64.b64encode(key.sign(text)).decode(),
            "Wechatpay-Signature-Type": SCHEME.strip(),
        }

    def _notify(self, event: str, kind: str, url: str, told: Mapping[str, object]) -> None:
        nonce = secrets.token_hex(6)
        sealed = aes_gcm_encrypt(self.merchant.api_v3_key.encode(), nonce.encode(), orjson.dumps(told), kind.encode())
        body = orjson.dumps(
            {
                "id": secrets.token_hex(16),
                "create_time": self._now(),
                "event_type": event,
                "resource_type": "encrypt-resource",
                "summary": event,
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM",
                    "original_type": kind,
                    "ciphertext": base64.b64encode(sealed).decode(),
                    "associated_data": kind,
                    "nonce": nonce,
                },
            }
        )
        headers = {name.lower(): value for name, value in self._signed(body).items()}
        self.notices.append(Sent(url, {**headers, "content-type": "application/json"}, body))

    def _now(self) -> str:
        return beijing(self.clock.now_ms()).isoformat(timespec="seconds")

    def _opened(self, said: Mapping[str, Any], kind: str) -> dict[str, Any]:
        number = said["out_trade_no"]
        trade = self.trades.setdefault(
            number,
            {
                "out_trade_no": number,
                "trade_type": {"h5": "MWEB", "codepay": "MICROPAY"}.get(kind, kind.upper()),
                "trade_state": "NOTPAY",
                "total": said["amount"]["total"],
                "notify_url": said.get("notify_url", ""),
                "description": said["description"],
            },
        )
        if trade["trade_state"] == "CLOSED":
            raise Refusal(400, "ORDER_CLOSED", "订单已关闭")
        if trade["trade_state"] not in ("NOTPAY", "USERPAYING"):
            raise Refusal(400, "ORDERPAID", "订单已支付")
        if trade["total"] != said["amount"]["total"]:
            raise Refusal(403, "OUT_TRADE_NO_USED", "商户订单号重复")
        return trade

    def _placed(self, said: Mapping[str, Any], kind: str) -> Mapping[str, str]:
        number = self._opened(said, kind)["out_trade_no"]
        return {
            "native": {"code_url": f"weixin://wxpay/bizpayurl?pr={number}"},
            "h5": {"h5_url": f"https://wx.example/h5?prepay_id={number}"},
            "jsapi": {"prepay_id": f"wx{number}"},
        }[kind]

    def _scanned(self, said: Mapping[str, Any], kind: str) -> Mapping[str, object]:
        known = self.trades.get(said["out_trade_no"])
        if known and known["trade_state"] == "SUCCESS":
            raise Refusal(400, "ORDERPAID", "订单已支付")
        trade = self._opened(said, kind)
        if said["payer"]["auth_code"].endswith(WAITS):
            trade["trade_state"] = "USERPAYING"
            raise Refusal(400, "USERPAYING", "等待用户输入密码")
        self._paid(trade)
        return self._told(trade)

    def _paid(self, trade: dict[str, Any]) -> None:
        trade["trade_state"] = "SUCCESS"
        trade["transaction_id"] = f"4200{len(self.trades):024}"
        trade["success_time"] = self._now()
        trade["at"] = self.clock.now_ms()

    def _trade(self, number: str) -> dict[str, Any]:
        if number not in self.trades:
            raise Refusal(404, "ORDER_NOT_EXIST", "订单不存在")
        return self.trades[number]

    def _told(self, trade: Mapping[str, Any]) -> dict[str, object]:
        told = {name: trade[name] for name in ("out_trade_no", "trade_type", "trade_state")}
        told |= {name: trade[name] for name in ("transaction_id", "success_time") if name in trade}
        amount = {"total": trade["total"], "payer_total": trade["total"], "currency": "CNY", "payer_currency": "CNY"}
        return {"appid": "wx-appid", "mchid": self.merchant.mchid, **told, "amount": amount}

    def _found(self, said: Mapping[str, Any], number: str) -> dict[str, object]:
        return self._told(self._trade(number))

    def _closed(self, said: Mapping[str, Any], number: str, _: str) -> None:
        trade = self._trade(number)
        if trade["trade_state"] == "SUCCESS":
            raise Refusal(400, "ORDERPAID", "订单已支付")
        trade["trade_state"] = "CLOSED"

    def _reversed(self, said: Mapping[str, Any], number: str, _: str) -> None:
        self._trade(number)["trade_state"] = "REVOKED"

    def _refund(self, said: Mapping[str, Any]) -> Mapping[str, object]:
        number, amount = said["out_refund_no"], said["amount"]
        known = self.refunds.get(number)
        if known is not None:
            if known["amount"]["refund"] != amount["refund"]:
                raise Refusal(400, "PARAM_ERROR", "订单金额或退款金额与之前请求不一致")
            return known
        trade = self._trade(said["out_trade_no"])
        if trade["trade_state"] not in ("SUCCESS", "REFUND"):
            raise Refusal(400, "INVALID_REQUEST", "订单未支付")
        if amount["total"] != trade["total"]:
            raise Refusal(400, "INVALID_REQUEST", "订单金额不一致")
        back = trade.get("refunded", 0) + amount["refund"]
        if back > trade["total"]:
            raise Refusal(400, "INVALID_REQUEST", "申请退款金额大于可退金额")
        trade["refunded"], trade["trade_state"] = back, "REFUND"
        refund: dict[str, Any] = {
            "refund_id": f"5000{len(self.refunds):024}",
            "out_refund_no": number,
            "transaction_id": trade["transaction_id"],
            "out_trade_no": trade["out_trade_no"],
            "channel": "ORIGINAL",
            "user_received_account": "零钱",
            "create_time": self._now(),
            "status": "PROCESSING" if self.slow_refunds else "SUCCESS",
            "amount": {"total": trade["total"], "refund": amount["refund"], "currency": "CNY"},
            "at": self.clock.now_ms(),
        }
        if not self.slow_refunds:
            refund["success_time"] = self._now()
        self.refunds[number] = refund
        return refund

    def _refund_found(self, said: Mapping[str, Any], number: str) -> Mapping[str, object]:
        if number not in self.refunds:
            raise Refusal(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
        return self.refunds[number]

    def _lines(self, day: str) -> bytes:
        return bill(self.merchant.mchid, self.trades, self.refunds, day)

    def _bill(self, said: Mapping[str, Any]) -> Mapping[str, str]:
        day = said["bill_date"]
        content = self._lines(day)
        if not content:
            raise Refusal(400, "NO_STATEMENT_EXIST", "账单文件不存在")
        return {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "download_url": f"{self.address}/billdownload/file?day={day}&token={secrets.token_hex(8)}",
        }
