"""Uploading to a supervision platform, ours or anybody's, synchronous or asynchronous.

    with Client("http://127.0.0.1:8600", app_id="IH…", key=…, profile="reconstructed") as platform:
        receipt = platform.upload("A1001", [{"deptCode": "9801", …}])

Rows are checked against the specification first, all of them, so that what is wrong is told here with row and field.
Every request has a random string of its own. After `Unanswered` nobody knows whether the platform took the rows: upload
them again, the same content changes nothing.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Generic, Self, TypeVar

import httpx

from yiqiao.clock import Clock, SystemClock
from yiqiao.dialects.supervision import envelope
from yiqiao.dialects.supervision.dialect import NAME, scheme_of, uptime
from yiqiao.dialects.supervision.rows import check_row
from yiqiao.dialects.supervision.scheme import Scheme
from yiqiao.dialects.supervision.verdicts import Verdicts, read
from yiqiao.errors import DomainError
from yiqiao.spec import Fault, Invalid, Operation, ReturnCode, Spec, load
from yiqiao.spec.row_json import row_json

Row = Mapping[str, object]
Http = TypeVar("Http")
Transport = TypeVar("Transport")
HEADERS = {"content-type": "application/json; charset=utf-8"}


class ConnectionFailed(DomainError):
    """No connection to the platform came about; nothing was sent."""


class Unanswered(DomainError):
    """No answer that could be used; whether the platform took the rows is unknown: upload them again."""


class Unbelievable(Unanswered):
    """An answer came that cannot be read."""


class Refused(DomainError):
    """A return code other than success. `receipt` tells of the rows where the platform did."""

    def __init__(self, code: ReturnCode, message: str, verdicts: Verdicts | None) -> None:
        super().__init__(f"{code.code} {message or code.title}")
        self.code = code.code
        self.title = code.title
        self.told = message
        self.remedy = code.remedy
        self.retry = code.retry
        self.verdicts = verdicts


@dataclass(frozen=True)
class Receipt:
    """A success. `verdicts` tells of each row; None where the platform only says that it has them."""

    message: str
    verdicts: Verdicts | None = field(repr=False)


@dataclass(frozen=True)
class Message:
    """A request, ready to be sent."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Speaker:
    """What both clients share: making the message and reading the answer; no I/O."""

    url: str
    app_id: str
    key: str = field(repr=False)
    spec: Spec
    scheme: Scheme
    clock: Clock

    def operation(self, service: str) -> Operation:
        """Raises KeyError for what the profile does not have."""
        known = self.spec.operations.get(service)
        if known is None:
            raise KeyError(f"no operation {service!r}; there are: {', '.join(self.spec.operations)}")
        return known

    def checked(self, service: str, rows: Sequence[Row]) -> bytes:
        """The text of rows that are as they should be. Raises KeyError, Invalid with paths like `[3].sex`."""
        table = self.operation(service).asks
        faults: list[Fault] = []
        texts: list[bytes] = []
        for place, row in enumerate(rows):
            given = {name: value for name, value in row.items() if value is not None}
            stray = tuple(Fault(path, "unknown", "不是本接口的字段，请检查拼写") for path in table.unknown(given))
            checked = check_row(given, table)
            found = (*stray, *checked.faults)
            faults += [Fault(f"[{place}].{fault.path}".rstrip("."), fault.rule, fault.message) for fault in found]
            texts.append(row_json(checked.values))
        if faults:
            raise Invalid(tuple(faults))
        return b"[" + b",".join(texts) + b"]"

    def message(self, service: str, data: bytes) -> Message:
        """A request under a fresh random string. `data` is the rows' JSON array. Raises KeyError, SigningFailed."""
        path = self.operation(service).path
        now = uptime(self.clock.now_ms())
        said, body = envelope.seal_request(
            service, self.app_id, secrets.token_hex(16), now, data, self.key, self.scheme
        )
        return Message(self.url + path, said, body)

    def receipt(self, body: bytes) -> Receipt:
        """What an answer says. Raises Refused, Unbelievable."""
        try:
            answer = envelope.open_response(body)
        except DomainError as fault:
            raise Unbelievable(f"平台的应答无法读取：{fault.message}；处理结果未知，请重新上传") from fault
        verdicts = read(answer.data) if answer.data else None
        if answer.code != self.spec.success.code:
            known = self.spec.return_codes.get(answer.code)
            code = known or ReturnCode(code=answer.code[:64], title="未列入标准的返回码")
            raise Refused(code, answer.message, verdicts)
        return Receipt(answer.message, verdicts)


def explained(url: str, error: Exception) -> DomainError:
    """What a failure of the connection means."""
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConnectionFailed(f"地址 {url} 不可用：应为 http:// 或 https:// 开头的完整地址")
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.PoolTimeout):
        return ConnectionFailed(f"无法连接 {url}（{error}），请检查地址与网络")
    return Unanswered("未收到完整应答，平台可能已收下，请重新上传，内容相同不会重复")


def answer_of(url: str, response: httpx.Response) -> bytes:
    """The body of an answer. A platform answers with 200, refusals too; anything else comes from something between."""
    if response.status_code != httpx.codes.OK:
        raise Unanswered(f"{url} 返回 HTTP {response.status_code}，不是平台的应答，请核对地址后重新上传")
    return response.content


class _Caller(Generic[Http, Transport]):
    """A client of either kind: who uploads, to whom, and how.

    `timeout_s` holds for connecting, for sending and for each reading. Raises SpecError for an unknown profile.
    """

    def __init__(
        self,
        url: str,
        *,
        app_id: str,
        key: str,
        profile: str = "standard",
        timeout_s: float = 60.0,
        headers: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        transport: Transport | None = None,
    ) -> None:
        self.speaker = Speaker(
            url.rstrip("/"), app_id, key, load(NAME, profile), scheme_of(profile), clock or SystemClock()
        )
        self._http = self._connections(timeout_s, {**HEADERS, **(headers or {})}, transport)

    def _connections(self, timeout_s: float, headers: dict[str, str], transport: Transport | None) -> Http:
        raise NotImplementedError

    def message(self, service: str, rows: Sequence[Row]) -> Message:
        """The request that `upload` would send. Raises KeyError for an unknown operation, Invalid."""
        return self.speaker.message(service, self.speaker.checked(service, rows))


class Client(_Caller[httpx.Client, httpx.BaseTransport]):
    """A synchronous client; close it, or use it in a `with`. Safe to use from several threads."""

    def _connections(
        self, timeout_s: float, headers: dict[str, str], transport: httpx.BaseTransport | None
    ) -> httpx.Client:
        return httpx.Client(timeout=timeout_s, headers=headers, transport=transport)

    def upload(self, service: str, rows: Sequence[Row]) -> Receipt:
        """Upload rows of one operation as one batch. Raises Invalid, Refused, ConnectionFailed, Unanswered."""
        return self.send(self.message(service, rows))

    def send(self, message: Message) -> Receipt:
        """Send a request that was made before. Raises Refused, ConnectionFailed, Unanswered."""
        try:
            response = self._http.post(message.url, content=message.body, headers=dict(message.headers))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise explained(message.url, error) from error
        return self.speaker.receipt(answer_of(message.url, response))

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

    async def upload(self, service: str, rows: Sequence[Row]) -> Receipt:
        """Upload rows of one operation as one batch. Raises Invalid, Refused, ConnectionFailed, Unanswered."""
        return await self.send(self.message(service, rows))

    async def send(self, message: Message) -> Receipt:
        """Send a request that was made before. Raises Refused, ConnectionFailed, Unanswered."""
        try:
            response = await self._http.post(message.url, content=message.body, headers=dict(message.headers))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise explained(message.url, error) from error
        return self.speaker.receipt(answer_of(message.url, response))

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self.aclose()
