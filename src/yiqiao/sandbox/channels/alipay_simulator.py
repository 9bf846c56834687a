"""Alipay's OpenAPI in miniature: signatures are verified and made as there, trades and refunds kept, notices signed.

As there, a QR code makes no trade until somebody scans it. Its state is in memory, its payers are functions.
"""

import base64
import io
import json
import zipfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.clock import Clock, readable
from yiqiao.crypto import RsaPrivateKey, RsaPublicKey
from yiqiao.money import yuan
from yiqiao.sandbox.channels.weather import Fault, Weather

WAITS = "00"
"""A scanned code that ends so has its payer confirm: 10003."""
HEAD = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,"
    "订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,"
    "商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)


class Refusal(Exception):
    """A failure of the platform: its code and sub code."""

    def __init__(self, sub_code: str, sub_msg: str, code: str = "40004") -> None:
        super().__init__(sub_code)
        self.node = {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": sub_msg}


class Sent(NamedTuple):
    """A notice as it goes over the wire."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class AlipaySimulator:
    """The platform. `app` is its ASGI application, `address` where it listens; `forger` is nobody's key."""

    clock: Clock
    app_id: str
    merchant: RsaPublicKey
    key: RsaPrivateKey
    forger: RsaPrivateKey
    weather: Weather = field(default_factory=Weather)
    codes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """QR codes and pages that nobody has opened yet, by their order's number."""
    trades: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    slow_refunds: bool = False
    notices: list[Sent] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    address: str = ""

    def __post_init__(self) -> None:
        self.app = Starlette(
            routes=[
                Route("/gateway.do", self._answer, methods=["POST"]),
                Route("/bill.zip", self._bill_file, methods=["GET"]),
            ]
        )
        self._acts: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "alipay.trade.precreate": self._precreated,
            "alipay.trade.pay": self._scanned,
            "alipay.trade.query": self._found,
            "alipay.trade.close": self._closed,
            "alipay.trade.refund": self._refund,
            "alipay.trade.fastpay.refund.query": self._refund_found,
            "alipay.data.dataservice.bill.downloadurl.query": self._bill,
        }

    def scan(self, order_no: str) -> None:
        """The payer scans the QR code, and has the order before them."""
        if order_no not in self.trades:
            self._opened(self.codes[order_no])

    def pay(self, order_no: str) -> None:
        """The payer pays; a notice is made ready."""
        self.scan(order_no)
        trade = self.trades[order_no]
        if trade["trade_status"] != "WAIT_BUYER_PAY":
            raise ValueError(trade["trade_status"])
        self._paid(trade)
        self._notify(trade, {})

    def visit(self, url: str) -> None:
        """The payer opens the page of a telephone's order. Raises Refusal where its address is not signed."""
        said = dict(parse_qsl(url.partition("?")[2]))
        self._verify(said)
        content = json.loads(said["biz_content"])
        self._opened({**content, "notify_url": said.get("notify_url", "")})

    def settle(self, order_no: str, refund_no: str, status: str = "REFUND_SUCCESS") -> None:
        """A slow refund ends."""
        self.refunds[order_no, refund_no]["refund_status"] = status

    async def deliver(self, send: Callable[[Sent], Awaitable[object]]) -> None:
        """Send the notices that wait."""
        while self.notices:
            await send(self.notices.pop(0))

    async def _answer(self, request: Request) -> Response:
        body = await request.body()
        fault = self.weather.next()

        async def answer() -> Response:
            return self._handled(body, fault)

        return await self.weather.answered(fault, answer)

    def _handled(self, body: bytes, fault: Fault | None) -> Response:
        said = dict(parse_qsl(body.decode(), keep_blank_values=True))
        method = said.get("method", "")
        self.calls.append(method)
        name = f"{method.replace('.', '_')}_response"
        try:
            self._verify(said)
        except Refusal as refusal:
            return _json(f'{{"{name}":{_text(refusal.node)}}}')
        try:
            if fault is Fault.BUSY:
                raise Refusal("aop.app-call-limited", "应用调用次数超限", "40005")
            act = self._acts.get(method)
            if act is None:
                raise Refusal("isv.invalid-method", "不存在的方法名", "40002")
            content = json.loads(said["biz_content"])
            node = {"code": "10000", "msg": "Success", **act({**content, "notify_url": said.get("notify_url", "")})}
        except Refusal as refusal:
            node = refusal.node
        if fault is Fault.SYSTEM:
            node = Refusal("aop.ACQ.SYSTEM_ERROR", "系统异常", "20000").node
        text = _text(node)
        if fault is Fault.UNSIGNED:
            return _json(f'{{"{name}":{text}}}')
        signature = self._sign(text.encode(), self.forger if fault is Fault.FORGED else self.key)
        return _json(f'{{"{name}":{text},"sign":"{signature}"}}')

    def _verify(self, said: Mapping[str, str]) -> None:
        try:
            raw = base64.b64decode(said.get("sign", ""), validate=True)
        except ValueError:
            raw = b""
        fits = said.get("sign_type") == "RSA2" and said.get("app_id") == self.app_id
        if not (fits and self.merchant.verify(_sorted(said, "sign"), raw)):
            raise Refusal("isv.invalid-signature", "验签出错", "40002")

    def _sign(self, text: bytes, key: RsaPrivateKey) -> str:
        return base64.b64encode(key.sign(text)).decode()

    def _notify(self, trade: Mapping[str, Any], more: Mapping[str, str]) -> None:
        said = {
            "notify_type": "trade_status_sync",
            "notify_time": readable(self.clock.now_ms()),
            "charset": "utf-8",
            "version": "1.0",
            "app_id": self.app_id,
            "out_trade_no": trade["out_trade_no"],
            "trade_no": trade["trade_no"],
            "trade_status": trade["trade_status"],
            "total_amount": trade["total_amount"],
            "subject": trade["subject"],
            **more,
        }
        said |= {"sign": self._sign(_sorted(said, "sign", "sign_type"), self.key), "sign_type": "RSA2"}
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        self.notices.append(Sent(trade["notify_url"], headers, urlencode(said).encode()))

    def _known(self, said: Mapping[str, Any]) -> None:
        """Raises Refusal where the number is settled, or another order's."""
        number = said["out_trade_no"]
        known = self.trades.get(number) or self.codes.get(number)
        if known is None:
            return
        if known["total_amount"] != said["total_amount"]:
            raise Refusal("ACQ.CONTEXT_INCONSISTENT", "交易信息被篡改")
        status = known.get("trade_status", "WAIT_BUYER_PAY")
        if status == "TRADE_CLOSED":
            raise Refusal("ACQ.TRADE_HAS_CLOSE", "交易已经关闭")
        if status != "WAIT_BUYER_PAY":
            raise Refusal("ACQ.TRADE_HAS_SUCCESS", "交易已被支付")

    def _precreated(self, said: Mapping[str, Any]) -> dict[str, Any]:
        self._known(said)
        number = said["out_trade_no"]
        self.codes[number] = dict(said)
        return {"out_trade_no": number, "qr_code": f"https://qr.alipay.example/{number}"}

    def _scanned(self, said: Mapping[str, Any]) -> dict[str, Any]:
        self._known(said)
        trade = self._opened(said)
        if said["auth_code"].endswith(WAITS):
            told = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
            return {"code": "10003", "msg": "order success pay inprocess", **told}
        self._paid(trade)
        told = {name: trade[name] for name in ("out_trade_no", "trade_no", "total_amount")}
        return {**told, "gmt_payment": trade["send_pay_date"]}

    def _opened(self, said: Mapping[str, Any]) -> dict[str, Any]:
        number = said["out_trade_no"]
        return self.trades.setdefault(
            number,
            {
                "out_trade_no": number,
                "trade_no": f"20261118{len(self.trades):020}",
                "trade_status": "WAIT_BUYER_PAY",
                "total_amount": said["total_amount"],
                "subject": said["subject"],
                "notify_url": said.get("notify_url", ""),
                "refunded": 0,
            },
        )

    def _paid(self, trade: dict[str, Any]) -> None:
        trade["trade_status"] = "TRADE_SUCCESS"
        trade["send_pay_date"] = readable(self.clock.now_ms())

    def _trade(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if said["out_trade_no"] not in self.trades:
            raise Refusal("ACQ.TRADE_NOT_EXIST", "交易不存在")
        return self.trades[said["out_trade_no"]]

    def _found(self, said: Mapping[str, Any]) -> dict[str, Any]:
        names = ("out_trade_no", "trade_no", "trade_status", "total_amount", "send_pay_date")
        trade = self._trade(said)
        return {name: trade[name] for name in names if name in trade}

    def _closed(self, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self._trade(said)
        if trade["trade_status"] != "WAIT_BUYER_PAY":
            raise Refusal("ACQ.REASON_TRADE_STATUS_INVALID", "交易状态异常")
        trade["trade_status"] = "TRADE_CLOSED"
        return {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}

    def _refund(self, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self._trade(said)
        key = (said["out_trade_no"], said["out_request_no"])
        told = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
        if key in self.refunds:
            if self.refunds[key]["refund_amount"] != said["refund_amount"]:
                raise Refusal("ACQ.DISCORDANT_REPEAT_REQUEST", "请求信息不一致")
            return {**told, "fund_change": "N", "refund_fee": yuan(trade["refunded"])}
        if trade.get("send_pay_date") is None:
            raise Refusal("ACQ.TRADE_STATUS_ERROR", "交易状态不合法")
        back = trade["refunded"] + _fen(said["refund_amount"])
        if back > _fen(trade["total_amount"]):
            raise Refusal("ACQ.REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
        trade["refunded"] = back
        if back == _fen(trade["total_amount"]):
            trade["trade_status"] = "TRADE_CLOSED"
        now = readable(self.clock.now_ms())
        status = "REFUND_PROCESSING" if self.slow_refunds else "REFUND_SUCCESS"
        self.refunds[key] = {"refund_amount": said["refund_amount"], "refund_status": status, "gmt_refund_pay": now}
        more = {"out_biz_no": said["out_request_no"], "refund_fee": said["refund_amount"], "gmt_refund": f"{now}.000"}
        self._notify(trade, more)
        change = "N" if self.slow_refunds else "Y"
        return {**told, "fund_change": change, "refund_fee": yuan(back), "gmt_refund_pay": now}

    def _refund_found(self, said: Mapping[str, Any]) -> dict[str, Any]:
        trade = self._trade(said)
        known = self.refunds.get((said["out_trade_no"], said["out_request_no"]))
        if known is None:
            return {}
        told = {"out_trade_no": trade["out_trade_no"], "trade_no": trade["trade_no"]}
        return {**told, "out_request_no": said["out_request_no"], "total_amount": trade["total_amount"], **known}

    def _bill(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if not self._rows(said["bill_date"]):
            raise Refusal("isp.bill_not_exist", "账单不存在")
        return {"bill_download_url": f"{self.address}/bill.zip?day={said['bill_date']}"}

    async def _bill_file(self, request: Request) -> Response:
        rows = self._rows(request.query_params["day"])
        text = "\r\n".join(
            (
                "#支付宝业务明细查询",
                f"#账号：[{self.app_id}]",
                "#-----------------------------------------业务明细列表----------------------------------------",
                HEAD,
                *rows,
                "#-----------------------------------------业务明细列表结束------------------------------------",
                f"#合计：{len(rows)}笔",
                "",
            )
        )
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("day_detail.csv", text.encode("gbk"))
            archive.writestr("day_sum.csv", "#支付宝业务汇总查询\r\n门店编号,门店名称\r\n".encode("gbk"))
        return Response(packed.getvalue(), media_type="application/zip")

    def _rows(self, day: str) -> list[str]:
        rows = [
            _line(trade, trade["send_pay_date"], "交易", trade["total_amount"], "")
            for trade in self.trades.values()
            if trade.get("send_pay_date", "").startswith(day)
        ]
        return rows + [
            _line(self.trades[order_no], one["gmt_refund_pay"], "退款", f"-{one['refund_amount']}", refund_no)
            for (order_no, refund_no), one in self.refunds.items()
            if one["gmt_refund_pay"].startswith(day) and one["refund_status"] == "REFUND_SUCCESS"
        ]


def _line(trade: Mapping[str, Any], at: str, kind: str, amount: str, refund_no: str) -> str:
    told = {
        "支付宝交易号": trade["trade_no"],
        "商户订单号": trade["out_trade_no"],
        "业务类型": kind,
        "商品名称": trade["subject"].replace(",", " "),
        "完成时间": at,
        "订单金额（元）": amount,
        "退款批次号/请求号": refund_no,
    }
    return ",".join(f"{told.get(name, '')}\t" for name in HEAD.split(","))


def _sorted(said: Mapping[str, str], *without: str) -> bytes:
    return "&".join(f"{k}={v}" for k, v in sorted(said.items()) if v and k not in without).encode()


def _text(node: Mapping[str, Any]) -> str:
    return json.dumps(node, ensure_ascii=False, separators=(",", ":"))


def _json(text: str) -> Response:
    return Response(text.encode(), media_type="application/json")


def _fen(yuan: str) -> int:
    return int(yuan.replace(".", ""))
