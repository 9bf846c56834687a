"""The line as JSON over HTTP: `POST {base}/{kind}`, signed with HMAC-SM3 over time, nonce, path and body."""

import secrets
from urllib.parse import urlsplit

import httpx
import orjson

from yiqiao.adapters.callback.line import Answer, Content
from yiqiao.adapters.lines import NoAnswer, NotConnected
from yiqiao.clock import Clock
from yiqiao.crypto import hmac_sm3

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def signature(key: bytes, timestamp: str, nonce: str, path: str, body: bytes) -> str:
    """What stands in X-Yiqiao-Signature, in hexadecimal."""
    return hmac_sm3(key, b"\n".join((timestamp.encode(), nonce.encode(), path.encode(), body))).hex()


class HttpLine:
    """`Line` to a HIS that listens."""

    def __init__(
        self,
        base: str,
        key: str,
        hospital_id: str,
        wall: Clock,
        *,
        connect_s: float = 3,
        timeout_s: float = 15,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = base.rstrip("/")
        self._path = urlsplit(self._base).path
        self._key = key.encode()
        self._hospital_id = hospital_id
        self._wall = wall
        timeout = httpx.Timeout(timeout_s, connect=connect_s)
        self._http = httpx.AsyncClient(timeout=timeout, trust_env=False, transport=transport)

    async def ask(self, kind: str, content: Content) -> Answer:
        """Raises NotConnected where nothing was sent, NoAnswer where anything but a proper answer came back."""
        body = orjson.dumps(content)
        timestamp, nonce = str(self._wall.now_ms()), secrets.token_hex(16)
        headers = {
            "content-type": "application/json; charset=utf-8",
            "x-yiqiao-hospital": self._hospital_id,
            "x-yiqiao-timestamp": timestamp,
            "x-yiqiao-nonce": nonce,
            "x-yiqiao-signature": signature(self._key, timestamp, nonce, f"{self._path}/{kind}", body),
        }
        try:
            response = await self._http.post(f"{self._base}/{kind}", content=body, headers=headers)
        except _UNSENT as error:
            raise NotConnected(type(error).__name__) from None
        except httpx.HTTPError as error:
            raise NoAnswer(type(error).__name__) from None
        if response.status_code != httpx.codes.OK:
            raise NoAnswer(f"HTTP {response.status_code}")  # of a proxy or of the HIS: it says nothing of what was done
        return parsed(response.content)

    async def close(self) -> None:
        await self._http.aclose()


def parsed(body: str | bytes) -> Answer:
    """The answer in a JSON text. Raises NoAnswer where it is none."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise NoAnswer("not JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("code"), str) or not told["code"]:
        raise NoAnswer("no code")
    message, data = told.get("message"), told.get("data")
    if not isinstance(data, dict | None) or not isinstance(message, str | None):
        raise NoAnswer("message is no text, or data no object")
    return Answer(told["code"], message or "", data or {})
