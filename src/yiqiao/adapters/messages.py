"""Messages handed over to a region's own gateway: `POST {url}`, JSON, signed with HMAC-SM3 over time and body.

    {"id": "26112100000000000001|registered", "mobile": "…", "text": "【云桥县人民医院】挂号成功：…"}

Any answer of 2xx says that the message is on its way; under the same id it may come again.
"""

import httpx
import orjson

from yiqiao.clock import Clock
from yiqiao.crypto import hmac_sm3
from yiqiao.ports.messenger import Message, NotSent


def signature(key: bytes, timestamp: str, body: bytes) -> str:
    """What stands in X-Yiqiao-Signature, in hexadecimal."""
    return hmac_sm3(key, timestamp.encode() + b"\n" + body).hex()


class HttpMessenger:
    """`Messenger` to a gateway that listens. `timeout_s` holds for each part of a call."""

    def __init__(
        self,
        url: str,
        key: str,
        wall: Clock,
        *,
        timeout_s: float = 10,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._url, self._key, self._wall = url, key.encode(), wall
        self._timeout_s, self._transport = timeout_s, transport

    async def send(self, message: Message) -> None:
        """Raises NotSent for everything but an answer of 2xx."""
        body = orjson.dumps({"id": message.message_id, "mobile": message.mobile, "text": message.text})
        timestamp = str(self._wall.now_ms())
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-yiqiao-timestamp": timestamp,
            "x-yiqiao-signature": signature(self._key, timestamp, body),
        }
        try:
            async with httpx.AsyncClient(timeout=self._timeout_s, trust_env=False, transport=self._transport) as client:
                response = await client.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotSent(f"短信网关没有应答（{type(error).__name__}），稍后重发") from None
        if not response.is_success:
            raise NotSent(f"短信网关返回 HTTP {response.status_code}，稍后重发")
