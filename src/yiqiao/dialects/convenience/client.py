"""Calling a convenience service, ours or anybody's, by the specification: a hospital's, or a platform's (2035).

    with Client("http://127.0.0.1:8600/convenience", user_id=…, secret=…) as hospital:
        lock = hospital.call("LockReg", {"HOSPITAL_ID": …, "LOCK_ID": …, …})

What is sent is checked first, so that a code outside its table is told here, with the field's name. What comes back is
verified and deciphered before anybody sees it, however it was wrapped. After `Unanswered` nobody knows whether the
other side acted; after every other error it is certain that it did not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

import httpx

from yiqiao.dialects.convenience import content, envelope, soap
from yiqiao.dialects.convenience.functions import NAME
from yiqiao.dialects.convenience.scheme import Scheme, scheme
from yiqiao.dialects.convenience.strict_xml import UnreadableMessage
from yiqiao.errors import DomainError
from yiqiao.spec import Fault, Invalid, Operation, ReturnCode, Spec, load

Values = Mapping[str, object]
Style = Literal["soap", "plain"]
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{version}"><soap:Body>'
    '<{method} xmlns="{namespace}"><xml>{document}</xml></{method}></soap:Body></soap:Envelope>'
)


class ConnectionFailed(DomainError):
    """No connection came about; nothing was sent."""


class Unanswered(DomainError):
    """No answer that could be used; whether the other side acted is unknown: ask before anything is repeated."""


class Unbelievable(Unanswered):
    """An answer came that nobody may act upon: empty, unreadable, under another key. `__cause__` is its fault."""

    def __init__(self, fault: DomainError) -> None:
        super().__init__(f"对方的应答不可采信：{fault.message}；处理结果未知，请先查询")
        self._name = fault.name

    @property
    def name(self) -> str:
        """The fault's own name, so that it keeps its return code."""
        return self._name


class Refused(DomainError):
    """A return code other than success. `told` is RETURN_MSG as it came, `retry` whether to call again."""

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
    user_id: str
    secret: str = field(repr=False)
    spec: Spec
    scheme: Scheme
    style: Style
    namespace: str

    def document(self, name: str, values: Values) -> str:
        """The ROOT document of a request. Raises KeyError for an unknown function, Invalid for values that cannot be
        and for fields that the function does not have.
        """
        operation = self._operation(name)
        given = {key: value for key, value in values.items() if value is not None}
        stray = tuple(Fault(path, "unknown", "不是本功能的字段，请检查拼写") for path in operation.asks.unknown(given))
        try:
            wire = operation.asks.to_send(given)
        except Invalid as wrong:
            raise Invalid((*stray, *wrong.faults)) from None
        if stray:
            raise Invalid(stray)
        return self.sealed(name, wire)

    def sealed(self, name: str, wire: Values) -> str:
        """The ROOT document around content that is on the wire's own terms already; nothing of it is checked."""
        operation = self._operation(name)
        written = content.written(operation.request_root, wire)
        return envelope.seal_request(operation.code, self.user_id, written, self.secret, self.scheme)

    def wrapped(self, name: str, document: str) -> tuple[bytes, dict[str, str]]:
        """A document as it is sent, and the headers beside it."""
        if self.style == "plain":
            return document.encode(), {"content-type": "text/xml; charset=utf-8"}
        method = "PubService" if name == "funmain" else name
        escaped = document.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        body = _ENVELOPE.format(version=soap.V11, method=method, namespace=self.namespace, document=escaped)
        action = self.namespace if self.namespace.endswith("/") else f"{self.namespace}/"
        return body.encode(), {"content-type": soap.content_type(soap.V11), "soapaction": f'"{action}{method}"'}

    def read(self, name: str, status: int, body: bytes) -> dict[str, object]:
        """The business content of an answer. Raises Refused, Unbelievable, Unanswered."""
        operation = self._operation(name)
        try:
            document = _document(body)
            answer = envelope.open_response(document, [self.secret], self.scheme)
            if answer.code == self.spec.success.code:
                return dict(operation.answers.from_wire(content.fitted(operation.answers.branches, answer.tree)))
        except _Fault as fault:
            raise Refused(_code(self.spec, operation, fault.code), fault.message, signed=False) from None
        except DomainError as fault:
            if status != httpx.codes.OK:
                raise Unanswered(_no_answer(self.url, status, body)) from fault
            raise Unbelievable(fault) from fault
        raise Refused(_code(self.spec, operation, answer.code), answer.message, signed=answer.signed)

    def _operation(self, name: str) -> Operation:
        known = self.spec.operations.get(name)
        if known is None:
            raise KeyError(f"no function {name!r}; there are: {', '.join(self.spec.operations)}")
        return known


class _Fault(DomainError):
    """A SOAP fault: the other side does not know us, or broke."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = text.rpartition("返回码 ")[2].rstrip("）") if "返回码 " in text else ""


def _code(spec: Spec, operation: Operation, code: str) -> ReturnCode:
    known = operation.returns.get(code) or spec.return_codes.get(code)
    return known or ReturnCode(code=code or spec.fallback_code, title="未列入标准的返回码")


def _no_answer(url: str, status: int, body: bytes) -> str:
    """What an answer outside the protocol tells: that of no service at all, or what it says for itself."""
    if status in (httpx.codes.NOT_FOUND, httpx.codes.METHOD_NOT_ALLOWED):
        return f"{url} 返回 HTTP {status}：这个地址上没有此项服务，请检查地址与路径（例如 /convenience）"
    try:
        said = soap.opened(body).document if soap.is_soap(body) else body[:2_000].decode(errors="replace")
    except UnreadableMessage:
        said = ""
    first = said.strip().partition("\n")[0][:200]
    reason = f"（{first}）" if first and not first.startswith("<") else ""
    return f"{url} 返回 HTTP {status}{reason}，不是约定的应答；处理结果未知，请先查询"


def _document(body: bytes) -> str | bytes:
    """The ROOT document of an answer. Raises _Fault, UnreadableMessage."""
    if not soap.is_soap(body):
        return body
    called = soap.opened(body)
    if called.method == "Fault":
        raise _Fault(soap.fault_text(body))
    if not called.document.strip():
        raise UnreadableMessage("SOAP 应答里没有报文")
    return called.document


def _explained(url: str, error: Exception) -> DomainError:
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConnectionFailed(f"地址 {url} 不可用：应为 http:// 或 https:// 开头的完整地址")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout):
        return ConnectionFailed(f"无法连接 {url}（{error}），请检查地址与网络")
    return Unanswered("未收到完整应答，对方可能已受理，请先查询")


def _speaker(url: str, user_id: str, secret: str, profile: str, style: Style, namespace: str) -> _Speaker:
    spec = load(NAME, profile)
    return _Speaker(url, user_id, secret, spec, scheme(spec.security), style, namespace)


class Client:
    """A synchronous client; close it, or use it in a `with`. `timeout_s` holds for connecting and for each reading.

    Raises SpecError for a profile that there is not.
    """

    def __init__(
        self,
        url: str,
        *,
        user_id: str,
        secret: str,
        profile: str = "standard",
        style: Style = "soap",
        namespace: str = "http://tempuri.org/",
        timeout_s: float = 10.0,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.speaker = _speaker(url, user_id, secret, profile, style, namespace)
        self._http = httpx.Client(timeout=timeout_s, headers=headers, transport=transport)

    def call(self, name: str, values: Values) -> dict[str, object]:
        """Call any function. Raises KeyError, Invalid, Refused, ConnectionFailed, Unanswered."""
        return self.send(name, self.speaker.document(name, values))

    def send(self, name: str, document: str) -> dict[str, object]:
        """Send a document that is ready, and read its answer. Raises Refused, ConnectionFailed, Unanswered."""
        body, headers = self.speaker.wrapped(name, document)
        try:
            response = self._http.post(self.speaker.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self.speaker.url, error) from error
        return self.speaker.read(name, response.status_code, response.content)

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self.close()


class AsyncClient:
    """The same, asynchronous; for one event loop."""

    def __init__(
        self,
        url: str,
        *,
        user_id: str,
        secret: str,
        profile: str = "standard",
        style: Style = "soap",
        namespace: str = "http://tempuri.org/",
        timeout_s: float = 10.0,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.speaker = _speaker(url, user_id, secret, profile, style, namespace)
        self._http = httpx.AsyncClient(timeout=timeout_s, headers=headers, transport=transport)

    async def call(self, name: str, values: Values) -> dict[str, object]:
        """Call any function. Raises KeyError, Invalid, Refused, ConnectionFailed, Unanswered."""
        return await self.send(name, self.speaker.document(name, values))

    async def send(self, name: str, document: str) -> dict[str, object]:
        """Send a document that is ready, and read its answer. Raises Refused, ConnectionFailed, Unanswered."""
        body, headers = self.speaker.wrapped(name, document)
        try:
            response = await self._http.post(self.speaker.url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _explained(self.speaker.url, error) from error
        return self.speaker.read(name, response.status_code, response.content)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()
