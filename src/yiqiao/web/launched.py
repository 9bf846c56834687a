"""A refused launch as a page: the gateway answers in JSON, which a doctor in front of a browser cannot read."""

from dataclasses import dataclass

import orjson
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yiqiao.exchange.http import Direct, Endpoint
from yiqiao.exchange.message import Headers
from yiqiao.web.frame import HEADERS
from yiqiao.web.pages.workstation import base_for, plain_for
from yiqiao.web.render import fragment

_REFUSED = 400


@dataclass(frozen=True)
class RefusedPage:
    """Why the workstation did not open, and what to do; `number` is the exchange's."""

    base: str
    plain: bool
    code: str
    title: str
    message: str
    remedy: str
    number: str


class ForBrowsers(Direct):
    """ASGI middleware around the endpoint of launches. Whoever does not ask for HTML gets the JSON as it is."""

    def __init__(self, endpoint: ASGIApp) -> None:
        self._endpoint = endpoint

    def direct(self, headers: Headers) -> Endpoint | None:
        asks_for_html = any(name == b"accept" and b"text/html" in value for name, value in headers)
        return self._endpoint.direct(headers) if isinstance(self._endpoint, Direct) and not asks_for_html else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if "text/html" not in request.headers.get("accept", ""):
            await self._endpoint(scope, receive, send)
            return
        begun: list[Message] = []

        async def send_shown(message: Message) -> None:
            if message["type"] == "http.response.start":
                begun.append(message)
            elif begun[0]["status"] < _REFUSED:
                await send(begun[0])
                await send(message)
            else:
                await self._shown(request, begun[0], message["body"])(scope, receive, send)

        await self._endpoint(scope, receive, send_shown)

    def _shown(self, request: Request, start: Message, body: bytes) -> ASGIApp:
        told = orjson.loads(body)
        number = next((v.decode() for name, v in start["headers"] if name == b"x-request-id"), "")
        facts = {name: str(told[name]) for name in ("code", "title", "message", "remedy")}
        view = RefusedPage(base=base_for(request), plain=plain_for(request), number=number, **facts)
        response = fragment(request, "launch_refused.html", view, start["status"])
        response.headers.update(HEADERS | {"referrer-policy": "no-referrer", "x-request-id": number})
        return response
