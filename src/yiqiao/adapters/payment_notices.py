"""Notices to partners that a payment has succeeded: `POST {url}`, JSON, signed with HMAC-SM3 over time and body under
the merchant's secret (payAppSecret), as messages are.

    {"payAppId": "…", "outChargeNo": "…", "traceNo": "…", "amount": "12.00", "result": "succ", …}

Any answer of 2xx says that the partner has heard. Where it sends us on to another address we do not follow: only the
one that is listed for the merchant was agreed on, and what stands behind another is not known.
"""

from collections.abc import Mapping

import httpx
import orjson

from yiqiao.adapters.messages import signature
from yiqiao.clock import Clock
from yiqiao.ports.payment_notices import NoticeNotSent


class HttpNotifier:
    """`PaymentNotifier` over HTTP. `timeout_s` holds for each part of a call."""

    def __init__(self, wall: Clock, *, timeout_s: float = 5, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._wall, self._timeout_s, self._transport = wall, timeout_s, transport

    async def send(self, url: str, secret: str, notice: Mapping[str, object]) -> None:
        """Raises NoticeNotSent for everything but an answer of 2xx; the answer's body is not read."""
        body = orjson.dumps(notice)
        timestamp = str(self._wall.now_ms())
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-yiqiao-timestamp": timestamp,
            "x-yiqiao-signature": signature(secret.encode(), timestamp, body),
        }
        try:
            async with (
                httpx.AsyncClient(
                    timeout=self._timeout_s, trust_env=False, follow_redirects=False, transport=self._transport
                ) as client,
                client.stream("POST", url, content=body, headers=headers) as response,
            ):
                status = response.status_code
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise NoticeNotSent(f"对方没有应答（{type(error).__name__}），稍后重发") from None
        if not 200 <= status < 300:
            raise NoticeNotSent(f"对方返回 HTTP {status}，稍后重发")
