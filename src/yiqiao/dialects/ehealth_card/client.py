"""Calling an electronic health card platform, ours or anybody's: one method an operation, synchronous or asynchronous.

    with Client("http://127.0.0.1:8600", app_id=…, secret=…, term_id=…) as card:
        seen = card.verify(ehealth_code=…, out_verify_no=…, …)

What is sent is checked against the specification first, so that a wrong code table value is told here, with the field's
name, and not by a distant 9001. What comes back is verified and decrypted before anybody sees it. After `Unanswered`
nobody knows whether the platform acted; after every other error it is certain that it did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar
from urllib.parse import urlsplit

import httpx

from yiqiao.clock import Clock, SystemClock, compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.errors import DomainError
from yiqiao.spec import Fault, Invalid, Operation, ReturnCode, Spec, load

PATH = "/ehcService/gateway.do"
VERSION = "X.M.0.1"
Values = Mapping[str, object]
Http = TypeVar("Http")
Transport = TypeVar("Transport")


class ConnectionFailed(DomainError):
    """No connection to the platform came about; nothing was sent."""


class Unanswered(DomainError):
    """No answer that could be used; whether the platform acted is unknown: repeat with the same serial, or ask."""


class TransferFailed(Unanswered):
    """The connection broke while the message was being sent."""


class ReadFailed(Unanswered):
    """No whole answer came back."""


class Unbelievable(Unanswered):
    """An answer came that nobody may act upon: empty, unreadable, under another key. `__cause__` is its fault."""

    def __init__(self, fault: DomainError) -> None:
        super().__init__(f"平台的应答不可采信：{fault.message}；处理结果未知，请用原流水号重试或查询")
        self._name = fault.name

    @property
    def name(self) -> str:
        """The fault's own name, so that it keeps its return code."""
        return self._name


class Refused(DomainError):
    """A return code other than success. `remedy` says what to do, `retry` whether to call again,
    `signed` whether the platform proved itself.
    """

    def __init__(self, code: ReturnCode, message: str, *, signed: bool) -> None:
        super().__init__(f"{code.code} {message or code.title}")
        self.code = code.code
        self.title = code.title
        self.told = message
        self.remedy = code.remedy
        self.retry = code.retry
        self.signed = signed


@dataclass(frozen=True)
class _Speaker:
    """What both clients share: making the message and reading the answer; no I/O."""

    url: str
    app_id: str
    secret: str = field(repr=False)
    term_id: str
    spec: Spec
    scheme: envelope.Scheme
    sign_type: str
    enc_type: str
    clock: Clock

    def message(self, method: str, values: Values) -> bytes:
        """The bytes of a request; None is as good as absent. Raises KeyError for an unknown method, Invalid for values
        that cannot be and for fields that the method does not have: they would be lost on the way, silently.
        """
        asks = self._operation(method).asks
        given = {name: value for name, value in values.items() if value is not None}
        stray = tuple(Fault(path, "unknown", "不是本接口的字段，请检查拼写") for path in asks.unknown(given))
        try:
            content = asks.to_send(given)
        except Invalid as wrong:
            raise Invalid((*stray, *wrong.faults)) from None
        if stray:
            raise Invalid(stray)
        now = self.clock.now_ms()
        parameters = {
            "app_id": self.app_id,
            "term_id": self.term_id,
            "method": method,
            "version": VERSION,
            "timestamp": str(now) if self.spec.settings.get("timestamp") == "epoch_ms" else compact(now),
            "sign_type": self.sign_type,
            "enc_type": self.enc_type,
        }
        return envelope.seal_request(parameters, content, self.secret, self.scheme)

    def read(self, method: str, body: bytes) -> dict[str, object]:
        """The business content of an answer. Raises Refused, Unbelievable."""
        try:
            answer = envelope.open_response(body, [self.secret], self.scheme)
        except DomainError as fault:
            raise Unbelievable(fault) from fault
        if answer.ret_code != self.spec.success.code:
            known = self.spec.return_codes.get(answer.ret_code)
            code = known or ReturnCode(code=answer.ret_code, title="未列入标准的返回码")
            raise Refused(code, answer.ret_msg, signed=bool(answer.params.get(self.scheme.sign_field)))
        return self._operation(method).answers.from_wire(answer.biz or {})

    def _operation(self, method: str) -> Operation:
        known = self.spec.operations.get(method)
        if known is None:
            raise KeyError(f"no method {method!r}; there are: {', '.join(self.spec.operations)}")
        return known


def _has_path(url: str) -> bool:
    try:
        return bool(urlsplit(url).path.strip("/"))
    except ValueError:  # no address at all; sending will say so
        return True


_HEADERS = {"content-type": "application/json; charset=utf-8"}


def _explained(url: str, error: Exception) -> DomainError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConnectionFailed(f"地址 {url} 不可用：应为 http:// 或 https:// 开头的完整地址")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout):
        return ConnectionFailed(f"无法连接 {url}（{error}），请检查地址与网络")
    if isinstance(error, httpx.WriteError | httpx.WriteTimeout):
        return TransferFailed("请求发送中断，请用原流水号重试")
    return ReadFailed("未收到完整应答，平台可能已受理，请用原流水号重试")


def _answer(url: str, response: httpx.Response) -> bytes:
    """The body of an answer. A platform answers with 200, refusals too; anything else comes from something between."""
    if response.status_code != httpx.codes.OK:
        raise ReadFailed(
            f"{url} 返回 HTTP {response.status_code}，不是平台的应答，请核对地址；处理结果未知时用原流水号重试"
        )
    return response.content


class _Caller(Generic[Http, Transport]):
    """A client of either kind: who calls, whom, and how.

    `timeout_s` holds for connecting, for sending and for each reading; `headers` go with every message, for a gateway
    in between that wants some. Raises SpecError for a profile that there is not.
    """

    def __init__(
        self,
        url: str,
        *,
        app_id: str,
        secret: str,
        term_id: str,
        profile: str = "standard",
        sign_type: str = "SM3",
        enc_type: str = "SM4",
        timeout_s: float = 10.0,
        headers: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        spec = load("ehealth_card", profile)
        self._speaker = _Speaker(
            url=url if _has_path(url) else url.rstrip("/") + PATH,
            app_id=app_id,
            secret=secret,
            term_id=term_id,
            spec=spec,
            scheme=envelope.scheme(spec.security),
            sign_type=sign_type,
            enc_type=enc_type,
            clock=clock or SystemClock(),
        )
        self._http = self._connections(timeout_s, {**_HEADERS, **(headers or {})}, transport)

    def _connections(self, timeout_s: float, headers: dict[str, str], transport: Transport | None) -> Http:
        raise NotImplementedError

    def message(self, method: str, values: Values) -> bytes:
        """The message that `call` would send. Raises KeyError for an unknown method, Invalid."""
        return self._speaker.message(method, values)


class Client(_Caller[httpx.Client, httpx.BaseTransport]):
    """A synchronous client; close it, or use it in a `with`. Safe to use from several threads."""

    def _connections(
        self, timeout_s: float, headers: dict[str, str], transport: httpx.BaseTransport | None
    ) -> httpx.Client:
        return httpx.Client(timeout=timeout_s, headers=headers, transport=transport)

    def call(self, method: str, values: Values) -> dict[str, object]:
        """Call any method of the standard. Raises Invalid, Refused, ConnectionFailed, Unanswered."""
        body = self._speaker.message(method, values)
        try:
            response = self._http.post(self._speaker.url, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self._speaker.url, error) from error
        return self._speaker.read(method, _answer(self._speaker.url, response))

    def querywithreg(self, **values: object) -> dict[str, object]:
        """实名注册电子健康卡并获取二维码"""
        return self.call("ehc.ehealthcard.querywithreg", values)

    def register(self, **values: object) -> dict[str, object]:
        """实名注册电子健康卡"""
        return self.call("ehc.ehealthcard.register", values)

    def regquery(self, **values: object) -> dict[str, object]:
        """查询（注册）电子健康卡信息"""
        return self.call("ehc.ehealthcard.regquery", values)

    def alterinfo(self, **values: object) -> dict[str, object]:
        """修改电子健康卡信息"""
        return self.call("ehc.ehealthcard.alterinfo", values)

    def alterlink(self, **values: object) -> dict[str, object]:
        """更换绑定关联实体卡"""
        return self.call("ehc.ehealthcard.alterlink", values)

    def close_card(self, **values: object) -> dict[str, object]:
        """注销电子健康卡"""
        return self.call("ehc.ehealthcard.close", values)

    def verify(self, **values: object) -> dict[str, object]:
        """验证电子健康卡二维码 (被扫)"""
        return self.call("ehc.ehealthcode.verify", values)

    def authurl(self, **values: object) -> dict[str, object]:
        """生成用户用卡授权连接 (主扫)"""
        return self.call("ehc.ehealthcard.authurl", values)

    def auth_query(self, **values: object) -> dict[str, object]:
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

    async def call(self, method: str, values: Values) -> dict[str, object]:
        """Call any method of the standard. Raises Invalid, Refused, ConnectionFailed, Unanswered."""
        body = self._speaker.message(method, values)
        try:
            response = await self._http.post(self._speaker.url, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self._speaker.url, error) from error
        return self._speaker.read(method, _answer(self._speaker.url, response))

    async def querywithreg(self, **values: object) -> dict[str, object]:
        """实名注册电子健康卡并获取二维码"""
        return await self.call("ehc.ehealthcard.querywithreg", values)

    async def register(self, **values: object) -> dict[str, object]:
        """实名注册电子健康卡"""
        return await self.call("ehc.ehealthcard.register", values)

    async def regquery(self, **values: object) -> dict[str, object]:
        """查询（注册）电子健康卡信息"""
        return await self.call("ehc.ehealthcard.regquery", values)

    async def alterinfo(self, **values: object) -> dict[str, object]:
        """修改电子健康卡信息"""
        return await self.call("ehc.ehealthcard.alterinfo", values)

    async def alterlink(self, **values: object) -> dict[str, object]:
        """更换绑定关联实体卡"""
        return await self.call("ehc.ehealthcard.alterlink", values)

    async def close_card(self, **values: object) -> dict[str, object]:
        """注销电子健康卡"""
        return await self.call("ehc.ehealthcard.close", values)

    async def verify(self, **values: object) -> dict[str, object]:
        """验证电子健康卡二维码 (被扫)"""
        return await self.call("ehc.ehealthcode.verify", values)

    async def authurl(self, **values: object) -> dict[str, object]:
        """生成用户用卡授权连接 (主扫)"""
        return await self.call("ehc.ehealthcard.authurl", values)

    async def auth_query(self, **values: object) -> dict[str, object]:
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
