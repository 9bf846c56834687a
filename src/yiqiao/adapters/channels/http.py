"""How payment platforms are reached, and which of httpx's failures mean that nothing was done."""

from collections.abc import Mapping
from typing import NamedTuple

import httpx
import structlog

from yiqiao.ports.payment_channel import ChannelSilent, ChannelUnreachable

_UNSENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
    httpx.ProxyError,
)
LARGEST_ANSWER = 64 * 1024 * 1024
"""Bytes; a bill of a million lines is below."""
log = structlog.get_logger("yiqiao.channels")


class Answered(NamedTuple):
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Http:
    """A client for one platform. Redirections are not followed, and proxies of the environment not used."""

    def __init__(
        self,
        *,
        connect_s: float = 3,
        timeout_s: float = 10,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        timeout = httpx.Timeout(timeout_s, connect=connect_s)
        self._client = httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport)

    async def send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        """One call. Raises ChannelUnreachable where nothing was sent, ChannelSilent where nothing came back."""
        try:
            async with self._client.stream(method, url, content=body, headers=headers) as response:
                parts, size = [], 0
                async for part in response.aiter_bytes():
                    size += len(part)
                    if size > LARGEST_ANSWER:
                        raise ChannelSilent
                    parts.append(part)
        except _UNSENT as error:
            log.warning("a payment platform was not reached", why=type(error).__name__)
            raise ChannelUnreachable from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.warning("a payment platform did not answer", why=type(error).__name__)
            raise ChannelSilent from None
        headers_told = {name.lower(): value for name, value in response.headers.items()}
        return Answered(response.status_code, headers_told, b"".join(parts))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()
