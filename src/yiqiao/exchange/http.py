"""A gateway on HTTP: the body in (up to a limit), the answer out.

This is bare ASGI: the request and response objects of a framework would cost more than the whole envelope.
"""

import itertools
import secrets
import time
from typing import Any, Protocol

from starlette.types import Message, Receive, Scope, Send

from yiqiao.clock import Clock
from yiqiao.errors import DomainError
from yiqiao.exchange.message import Headers, RawRequest, RawResponse


class Answers(Protocol):
    """Whatever answers messages: a gateway of any dialect."""

    async def answer(self, raw: RawRequest) -> RawResponse: ...

    async def refuse(self, raw: RawRequest, refusal: DomainError) -> RawResponse: ...


class OversizedMessage(DomainError):
    """A body beyond the limit; it was not read to its end."""


class Gone(Exception):
    """The caller went away in the middle of its message."""


class Direct:
    """What stands at a dialect's path, and can have requests answered without ASGI around them."""

    def direct(self, headers: Headers) -> "Endpoint | None":
        """The endpoint that answers a request with these headers by itself; None where it takes more than that."""
        raise NotImplementedError


class Endpoint(Direct):
    """The ASGI application that stands at a dialect's path."""

    def __init__(self, gateway: Answers, clock: Clock, max_body: int) -> None:
        self.gateway = gateway
        self._clock = clock
        self.max_body = max_body
        self._process = secrets.token_hex(4)
        self._count = itertools.count(1)

    def direct(self, headers: Headers) -> "Endpoint | None":
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic_ns()
        try:
            body, whole = await self.received(scope, receive)
        except Gone:
            return
        headers, peer = tuple(scope["headers"]), scope["client"][0] if scope.get("client") else ""
        secure = scope.get("scheme") == "https"
        response, request_id = await self.answered(body, headers, peer, started, whole=whole, secure=secure)
        await deliver(receive, send, response, request_id, close=not whole)

    async def answered(
        self, body: bytes, headers: Headers, peer: str, started: int, *, whole: bool, secure: bool
    ) -> tuple[RawResponse, str]:
        """The answer as it leaves, and the request's id. `started` is monotonic, ns; `secure`: over TLS."""
        raw, request_id = self.raw(body, headers, peer, started)
        if whole:
            response = await self.gateway.answer(raw)
        else:
            refusal = OversizedMessage(f"报文超过上限 {self.max_body} 字节，未予处理，请压缩照片或拆分后重发")
            response = await self.gateway.refuse(raw, refusal)
        return response if response.lost else self.dressed(response, secure=secure), request_id

    def raw(self, body: bytes, headers: Headers, peer: str, started: int) -> tuple[RawRequest, str]:
        """The message as a gateway takes it, under a request id that it is known by from now on."""
        request_id = f"{self._process}{next(self._count):08x}"
        return RawRequest(
            body, _content_type(headers), peer, request_id, self._clock.now_ms(), started, headers
        ), request_id

    def dressed(self, response: RawResponse, *, secure: bool) -> RawResponse:
        """The answer as it leaves; for dialects whose answers say something by status and headers."""
        return response

    async def received(self, scope: Scope, receive: Receive) -> tuple[bytes, bool]:
        """The message, and whether it was within the limit (else its beginning); here it is the request's body."""
        parts: list[bytes] = []
        size = 0
        while True:
            message: Message = await receive()
            if message["type"] == "http.disconnect":
                raise Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_body:
                return b"".join(parts), False
            if not message.get("more_body", False):
                return b"".join(parts) if len(parts) > 1 else parts[0], True


def _content_type(headers: Headers) -> str:
    for name, value in headers:
        if name == b"content-type":
            return value.decode("latin-1")
    return ""


async def deliver(receive: Receive, send: Send, response: RawResponse, request_id: str, *, close: bool) -> None:
    """Send an answer, or hang up where it is to be lost; `close` the connection behind it."""
    if response.lost:
        await _hang_up(receive, send)
    else:
        await _send(send, response, request_id, close=close)


async def _send(send: Send, response: RawResponse, request_id: str, *, close: bool) -> None:
    headers: list[Any] = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        (b"x-request-id", request_id.encode()),
        *response.headers,
    ]
    if close:
        headers.append((b"connection", b"close"))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body})


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without a word, as a network does. ASGI has no message for it, so the server's own is used.

    Raises ConnectionAbortedError under a server that shows no connection.
    """
    connection = getattr(getattr(send, "__self__", None), "transport", None)
    if connection is None:
        raise ConnectionAbortedError("the answer was to be lost, and this server has no connection to close")
    connection.close()
    while (await receive())["type"] != "http.disconnect":
        pass
