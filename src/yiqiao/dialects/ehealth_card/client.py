"""Calling an electronic health card platform, ours or anybody's: one method an operation, synchronous or asynchronous.

    with Client("http://127.0.0.1:8600", app_id=…, secret=…, term_id=…) as card:
        seen = card.verify(ehealth_code=…, out_verify_no=…, …)

What is sent is checked against the specification first, so that a wrong code table value is told here, with the field's
name, and not by a distant 9001. What comes back is verified and decrypted before anybody sees it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import httpx

from yiqiao.clock import Clock, SystemClock, compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.errors import DomainError
from yiqiao.spec import ReturnCode, Spec, load

PATH = "/ehcService/gateway.do"
VERSION = "X.M.0.1"
Values = Mapping[str, object]


class ConnectionFailed(DomainError):
    """No connection to the platform came about; nothing was sent."""


class TransferFailed(DomainError):
    """The connection broke while the message was being sent."""


class ReadFailed(DomainError):
    """No whole answer came back; whether the platform acted is unknown: repeat with the same serial."""


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
        """The bytes of a request. Raises KeyError for an unknown method, Invalid for values that cannot be."""
        asks = self.spec.operations[method].asks
        content = asks.to_wire(asks.validate({name: v for name, v in values.items() if v is not None}))
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
        """The business content of an answer. Raises Refused, and the envelope's faults."""
        answer = envelope.open_response(body, [self.secret], self.scheme)
        if answer.ret_code != self.spec.success.code:
            known = self.spec.return_codes.get(answer.ret_code)
            code = known or ReturnCode(code=answer.ret_code, title="未列入标准的返回码")
            raise Refused(code, answer.ret_msg, signed=bool(answer.params.get(self.scheme.sign_field)))
        return self.spec.operations[method].answers.from_wire(answer.biz or {})


def _speaker(
    url: str,
    app_id: str,
    secret: str,
    term_id: str,
    profile: str,
    sign_type: str,
    enc_type: str,
    clock: Clock | None,
) -> _Speaker:
    spec = load("ehealth_card", profile)
    address = url if _has_path(url) else url.rstrip("/") + PATH
    return _Speaker(
        url=address,
        app_id=app_id,
        secret=secret,
        term_id=term_id,
        spec=spec,
        scheme=envelope.scheme(spec.security),
        sign_type=sign_type,
        enc_type=enc_type,
        clock=clock or SystemClock(),
    )


def _has_path(url: str) -> bool:
    try:
        return bool(urlsplit(url).path.strip("/"))
    except ValueError:  # no address at all; sending will say so
        return True


_HEADERS = {"content-type": "application/json; charset=utf-8"}


def _explained(url: str, error: Exception) -> DomainError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConnectionFailed(f"地址 {url} 不可用：应为 http:// 或 https:// 开头的完整地址")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
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


class Client:
    """A synchronous client; close it, or use it in a `with`. Safe to use from several threads."""

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
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._speaker = _speaker(url, app_id, secret, term_id, profile, sign_type, enc_type, clock)
        self._http = httpx.Client(timeout=timeout_s, headers={**_HEADERS, **(headers or {})}, transport=transport)

    def message(self, method: str, values: Values) -> bytes:
        """The message that `call` would send. Raises KeyError for an unknown method, Invalid."""
        return self._speaker.message(method, values)

    def call(self, method: str, values: Values) -> dict[str, object]:
        """Call any method of the standard. Raises Invalid, Refused, ConnectionFailed, TransferFailed, ReadFailed."""
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


class AsyncClient:
    """The same, asynchronous."""

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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._speaker = _speaker(url, app_id, secret, term_id, profile, sign_type, enc_type, clock)
        self._http = httpx.AsyncClient(timeout=timeout_s, headers={**_HEADERS, **(headers or {})}, transport=transport)

    def message(self, method: str, values: Values) -> bytes:
        """The message that `call` would send. Raises KeyError for an unknown method, Invalid."""
        return self._speaker.message(method, values)

    async def call(self, method: str, values: Values) -> dict[str, object]:
        """Call any method of the standard. Raises Invalid, Refused, ConnectionFailed, TransferFailed, ReadFailed."""
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
