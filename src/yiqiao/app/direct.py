"""Messages for a gateway, straight from the connection: no scope, no queue of events, one write for the answer.

uvicorn's own protocol does everything else: other requests, keeping alive, shutting down, connections that go away. A
request is taken directly where nothing about it is out of the ordinary: HTTP/1.1 for a gateway's path, with nothing
before it that waits. What HTTP costs beside signatures and a transaction was a quarter of a message; this is about half
of that.
"""

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from yiqiao.exchange.http import Direct, Endpoint
from yiqiao.exchange.message import Headers, RawResponse

_STATUS = {code.value: f"HTTP/1.1 {code.value} {code.phrase}\r\n".encode() for code in HTTPStatus}

log = structlog.get_logger("yiqiao.app")


class DirectProtocol(HttpToolsProtocol):
    """One connection. The application's `at_once` tells which endpoint stands at which path, by method."""

    def __init__(self, config: Any, server_state: Any, app_state: dict[str, Any], _loop: Any = None) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._at_once: Mapping[str, Mapping[str, object]] = getattr(config.loaded_app, "at_once", {})
        self._message: _Message | None = None

    def on_headers_complete(self) -> None:
        self._message = self._direct()
        if self._message is None:
            super().on_headers_complete()
        else:
            self.cycle = self._message  # type: ignore[assignment]

    def _direct(self) -> "_Message | None":
        busy = self.cycle is not None and not self.cycle.response_complete
        if busy or self.expect_100_continue or self.parser.should_upgrade() or self.parser.get_http_version() != "1.1":
            return None
        path, _, query = self.url.partition(b"?")
        method = self.parser.get_method().decode("ascii")
        entrance = self._at_once.get(method, {}).get(path.decode("latin-1"))
        headers = tuple(self.headers)
        endpoint = entrance.direct(headers) if isinstance(entrance, Direct) else None
        if endpoint is None:
            return None
        return _Message(self, endpoint, headers, query if method == "GET" else None)

    def on_body(self, body: bytes) -> None:
        if self._message is None:
            super().on_body(body)
        else:
            self._message.more(body)

    def on_message_complete(self) -> None:
        if self._message is None:
            super().on_message_complete()
        else:
            self._message.begin()


class _Message:
    """One request under way. To the connection it is what uvicorn calls a cycle, so it has a cycle's face."""

    def __init__(self, connection: DirectProtocol, endpoint: Endpoint, headers: Headers, query: bytes | None) -> None:
        self.keep_alive = connection.parser.should_keep_alive()
        self.disconnected = self.response_complete = False
        self.message_event = _Nobody
        self._connection = connection
        self._endpoint = endpoint
        self._headers = headers
        self._started = time.monotonic_ns()
        self._parts = [] if query is None else [query]
        self._size = 0 if query is None else len(query)
        self._by_query = query is not None
        self._begun = False

    def more(self, body: bytes) -> None:
        """A part of the message; none is kept beyond the limit, and a GET has none."""
        if self._begun or self._by_query:
            return
        self._parts.append(body)
        self._size += len(body)
        if self._size > self._endpoint.max_body:
            self.begin()

    def begin(self) -> None:
        """The message is whole, or too long: answer it."""
        if self._begun:
            return
        self._begun = True
        connection = self._connection
        task = connection.loop.create_task(self._answer())
        task.add_done_callback(connection.tasks.discard)
        connection.tasks.add(task)

    async def _answer(self) -> None:
        connection = self._connection
        whole = self._size <= self._endpoint.max_body
        body = b"".join(self._parts)[: self._endpoint.max_body + 1]
        peer = connection.client[0] if connection.client else ""
        secure = connection.scheme == "https"
        try:
            response, request_id = await self._endpoint.answered(
                body, self._headers, peer, self._started, whole=whole, secure=secure
            )
        except BaseException:
            log.exception("a message was not answered")
            connection.transport.close()
            raise
        if response.lost:
            connection.transport.close()
        elif not self.disconnected and not connection.transport.is_closing():
            self._write(response, request_id, close=not (whole and self.keep_alive))
            return
        self.response_complete = True

    def _write(self, response: RawResponse, request_id: str, *, close: bool) -> None:
        connection = self._connection
        lines = [_STATUS[response.status]]
        for name, value in connection.server_state.default_headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(
            f"content-type: {response.content_type}\r\ncontent-length: {len(response.body)}\r\n"
            f"x-request-id: {request_id}\r\n".encode()
        )
        for name, value in response.headers:
            lines += (name, b": ", value, b"\r\n")
        lines += (b"connection: close\r\n\r\n" if close else b"\r\n", response.body)
        connection.transport.write(b"".join(lines))
        self.response_complete = True
        if close:
            connection.transport.close()
        connection.on_response_complete()


class _Nobody:
    """Nobody waits for more of a message that is taken directly."""

    @staticmethod
    def set() -> None:
        """Tell nobody."""
