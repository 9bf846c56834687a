"""Calling the platform behind the unified library, ours or anybody's: one method an operation, or `call` for any.

    desk = Desk("H98510001001", opter="S8101", opter_name="陶文静", dept_codg="9801", dept_name="收费处")
    with Client("http://127.0.0.1:8600", app_id=…, app_key=…, desk=desk) as his:
        paid = his.recharge({"outChargeNo": …, "amount": "100.00", …}, on_cashier=webbrowser.open, wait_s=300)

What is sent is checked against the specification first. What comes back is judged in the document's three steps (see
`reply`); every error's `step` says at which of them it failed. An order that awaits its payment is no error: the reply
is pending and tells the cashier's address. One call at a time: a second one on the same client, while the first has
not come back, is refused (600001).
"""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from yiqiao.clock import Clock, SystemClock
from yiqiao.dialects.onetrans import course, envelope
from yiqiao.dialects.onetrans.course import Ask, Course, Pause
from yiqiao.dialects.onetrans.dialect import NAME, scheme_of
from yiqiao.dialects.onetrans.reply import (
    ConcurrentCall,
    ConnectionFailed,
    NotDone,
    ReadFailed,
    Refused,
    Reply,
    Standing,
    Step,
    TransferFailed,
    Unanswered,
    Unbelievable,
)
from yiqiao.dialects.onetrans.server import PATH
from yiqiao.dialects.onetrans.speaker import Desk, Speaker, Values
from yiqiao.errors import DomainError
from yiqiao.spec import load

__all__ = [
    "AsyncClient",
    "Client",
    "ConcurrentCall",
    "ConnectionFailed",
    "Desk",
    "NotDone",
    "ReadFailed",
    "Refused",
    "Reply",
    "Standing",
    "Step",
    "TransferFailed",
    "Unanswered",
    "Unbelievable",
]

Http = TypeVar("Http")
Transport = TypeVar("Transport")
_HEADERS = {"content-type": "application/json; charset=GBK"}


def _has_path(url: str) -> bool:
    try:
        return bool(urlsplit(url).path.strip("/"))
    except ValueError:  # no address at all; sending will say so
        return True


def _explained(url: str, error: Exception) -> DomainError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConnectionFailed(f"地址 {url} 不可用：应为 http:// 或 https:// 开头的完整地址")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout):
        return ConnectionFailed(f"无法连接 {url}（{error}），请检查地址与网络")
    if isinstance(error, httpx.WriteError | httpx.WriteTimeout):
        return TransferFailed("请求发送中断，请用原流水号重试或查询")
    return ReadFailed("未收到完整应答，平台可能已受理，请用原流水号重试或查询")


def _answer(url: str, response: httpx.Response) -> bytes:
    """The body of an answer. A platform answers with 200, refusals too; anything else comes from something between."""
    if response.status_code != httpx.codes.OK:
        raise ReadFailed(
            f"{url} 返回 HTTP {response.status_code}，不是平台的应答，请核对地址；处理结果未知时用原流水号重试或查询"
        )
    return response.content


class _Caller(Generic[Http, Transport]):
    """A client of either kind: who calls, whom, and how.

    `app_key` enciphers, and signs by SM3. For SM2, `private_key` is one's own (64 hexadecimal digits) and
    `platform_key` the platform's public one (128, or 130 with the leading 04). `timeout_s` holds for connecting, for
    sending and for each reading. Raises SpecError for a profile that there is not, ValueError for a key that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        app_id: str,
        app_key: str,
        desk: Desk,
        private_key: str = "",
        platform_key: str = "",
        profile: str = "standard",
        signtype: str = "",
        timeout_s: float = 30.0,
        headers: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        public = bytes.fromhex(platform_key) if platform_key else None
        private = bytes.fromhex(private_key) if private_key else None
        scheme = scheme_of(profile)
        self.url = url if _has_path(url) else url.rstrip("/") + PATH
        self.speaker = Speaker(
            app_id=app_id,
            keys=envelope.Keys((app_key,), public, private),
            desk=desk,
            spec=load(NAME, profile),
            scheme=scheme,
            signtype=signtype or scheme.sign_types[0],
            clock=clock or SystemClock(),
        )
        self._under_way = threading.Lock()
        self._http = self._connections(timeout_s, {**_HEADERS, **(headers or {})}, transport)

    def _connections(self, timeout_s: float, headers: dict[str, str], transport: Transport | None) -> Http:
        raise NotImplementedError

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One call at a time. Raises ConcurrentCall."""
        if not self._under_way.acquire(blocking=False):
            raise ConcurrentCall
        try:
            yield
        finally:
            self._under_way.release()

    def message(self, trans_type: str, values: Values) -> bytes:
        """A message as `call` would send it. Raises KeyError for an unknown operation, Invalid."""
        return self.speaker.message(trans_type, values)


class Client(_Caller[httpx.Client, httpx.BaseTransport]):
    """A synchronous client; close it, or use it in a `with`."""

    def _connections(
        self, timeout_s: float, headers: dict[str, str], transport: httpx.BaseTransport | None
    ) -> httpx.Client:
        return httpx.Client(timeout=timeout_s, headers=headers, transport=transport)

    def call(self, trans_type: str, values: Values) -> Reply:
        """Call any operation once. Raises Invalid, Refused, ConnectionFailed, Unanswered, ConcurrentCall."""
        return self._followed(course.once(trans_type, values), time.sleep)

    def _followed(self, steps: Course, sleep: Callable[[float], None]) -> Reply:
        with self._alone():
            step = next(steps)
            try:
                while True:
                    if isinstance(step, Pause):
                        sleep(step.seconds)
                        step = next(steps)
                        continue
                    try:
                        reply = self._sent(step)
                    except (Unanswered, Refused, ConnectionFailed) as told:
                        step = steps.throw(told)
                    else:
                        step = steps.send(reply)
            except StopIteration as end:
                concluded: Reply = end.value
                return concluded

    def _sent(self, ask: Ask) -> Reply:
        body = self.speaker.message(ask.trans_type, ask.values)
        try:
            response = self._http.post(self.url, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self.url, error) from error
        return self.speaker.read(ask.trans_type, _answer(self.url, response))

    def user_get(self, **values: object) -> Reply:
        """读卡"""
        return self.call("hos.user.get", values)

    def user_third_get(self, **values: object) -> Reply:
        """统一解码"""
        return self.call("hos.user.third.get", values)

    def recharge(
        self,
        values: Values,
        *,
        on_cashier: Callable[[str], object] | None = None,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Reply:
        """预交金账户充值下单接口: until paid, or failed, or `wait_s` is over (the reply is pending then).

        `on_cashier` is called once with the cashier's address. Under the same outChargeNo the platform is asked again
        every `poll_s`. Raises as `call` does, and NotDone.
        """
        return self._followed(course.recharge(values, on_cashier, wait_s, poll_s), sleep)

    def query(self, **values: object) -> Reply:
        """交易结果查询接口"""
        return self.call("hop.trade.query", values)

    def refund(
        self,
        values: Values,
        *,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Reply:
        """预交金账户退款接口: until given back, or failed, or `wait_s` is over (the reply is pending then).

        Where no answer comes or it is not done, the platform is queried every `poll_s`; where it never heard of the
        refund it is sent again under the same outRefundNo. Raises as `call` does, and NotDone.
        """
        return self._followed(course.refund(values, wait_s, poll_s), sleep)

    def outpatient_charge(
        self,
        values: Values,
        *,
        on_cashier: Callable[[str], object] | None = None,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Reply:
        """门诊收费结算接口: until settled, or not to be, or `wait_s` is over (the reply is pending then).

        `on_cashier` is called once with the address of the settlement's cashier. The platform is asked again every
        `poll_s`, by the settlement's own number. Raises as `call` does.
        """
        return self._followed(course.charge(values, on_cashier, wait_s, poll_s), sleep)

    def settle_cancel(
        self,
        values: Values,
        *,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], None] = time.sleep,
    ) -> Reply:
        """门诊收费撤销接口: until taken back, or not to be, or `wait_s` is over (the reply is pending then)."""
        return self._followed(course.cancel(values, wait_s, poll_s), sleep)

    def authurl(self, **values: object) -> Reply:
        """生成用户用卡授权连接（主扫方式）"""
        return self.call("ehc.ehealthcard.authurl", values)

    def auth_query(self, **values: object) -> Reply:
        """查询用户用卡授权结果"""
        return self.call("ehc.ehealthcard.auth.query", values)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()


class AsyncClient(_Caller[httpx.AsyncClient, httpx.AsyncBaseTransport]):
    """The same, asynchronous; for one event loop."""

    def _connections(
        self, timeout_s: float, headers: dict[str, str], transport: httpx.AsyncBaseTransport | None
    ) -> httpx.AsyncClient:
        return httpx.AsyncClient(timeout=timeout_s, headers=headers, transport=transport)

    async def call(self, trans_type: str, values: Values) -> Reply:
        """Call any operation once. Raises Invalid, Refused, ConnectionFailed, Unanswered, ConcurrentCall."""
        return await self._followed(course.once(trans_type, values), asyncio.sleep)

    async def _followed(self, steps: Course, sleep: Callable[[float], Awaitable[None]]) -> Reply:
        with self._alone():
            step = next(steps)
            try:
                while True:
                    if isinstance(step, Pause):
                        await sleep(step.seconds)
                        step = next(steps)
                        continue
                    try:
                        reply = await self._sent(step)
                    except (Unanswered, Refused, ConnectionFailed) as told:
                        step = steps.throw(told)
                    else:
                        step = steps.send(reply)
            except StopIteration as end:
                concluded: Reply = end.value
                return concluded

    async def _sent(self, ask: Ask) -> Reply:
        body = self.speaker.message(ask.trans_type, ask.values)
        try:
            response = await self._http.post(self.url, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self.url, error) from error
        return self.speaker.read(ask.trans_type, _answer(self.url, response))

    async def user_get(self, **values: object) -> Reply:
        """读卡"""
        return await self.call("hos.user.get", values)

    async def user_third_get(self, **values: object) -> Reply:
        """统一解码"""
        return await self.call("hos.user.third.get", values)

    async def recharge(
        self,
        values: Values,
        *,
        on_cashier: Callable[[str], object] | None = None,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Reply:
        """预交金账户充值下单接口: as the synchronous client's."""
        return await self._followed(course.recharge(values, on_cashier, wait_s, poll_s), sleep)

    async def query(self, **values: object) -> Reply:
        """交易结果查询接口"""
        return await self.call("hop.trade.query", values)

    async def refund(
        self,
        values: Values,
        *,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Reply:
        """预交金账户退款接口: as the synchronous client's."""
        return await self._followed(course.refund(values, wait_s, poll_s), sleep)

    async def outpatient_charge(
        self,
        values: Values,
        *,
        on_cashier: Callable[[str], object] | None = None,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Reply:
        """门诊收费结算接口: as the synchronous client's."""
        return await self._followed(course.charge(values, on_cashier, wait_s, poll_s), sleep)

    async def settle_cancel(
        self,
        values: Values,
        *,
        wait_s: float = 0,
        poll_s: float = course.POLL_S,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Reply:
        """门诊收费撤销接口: as the synchronous client's."""
        return await self._followed(course.cancel(values, wait_s, poll_s), sleep)

    async def authurl(self, **values: object) -> Reply:
        """生成用户用卡授权连接（主扫方式）"""
        return await self.call("ehc.ehealthcard.authurl", values)

    async def auth_query(self, **values: object) -> Reply:
        """查询用户用卡授权结果"""
        return await self.call("ehc.ehealthcard.auth.query", values)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()
