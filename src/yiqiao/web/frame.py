"""What every page has around it: headers that keep strangers out, and a page of our own when something goes wrong."""

import secrets
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from yiqiao.errors import DomainError
from yiqiao.partners.roles import RightMissing
from yiqiao.partners.sessions import ForgeryRefused, SessionEnded, SignInRefused
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable
from yiqiao.web.render import Trouble, trouble_page

log = structlog.get_logger("yiqiao.web")

HEADERS = {
    "content-security-policy": "default-src 'self'; base-uri 'none'; object-src 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",  # pages hold personal data; the static files say otherwise themselves
}
STATUS: dict[type[DomainError], int] = {
    RightMissing: 403,
    ForgeryRefused: 403,
    SignInRefused: 403,
    Busy: 503,
    StorageUnreachable: 503,
    StorageFailed: 503,
}
"""With which HTTP status a page tells a refusal; 400 for all others."""


class Frame:
    """ASGI middleware around the pages (not around the gateways, which have no use for it)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_framed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                said = {name for name, _ in message["headers"]}
                missing = ((n.encode(), v.encode()) for n, v in HEADERS.items() if n.encode() not in said)
                message["headers"] = [*message["headers"], *missing]
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except Exception as error:
            if begun:
                raise
            await _told(Request(scope, receive), error)(scope, receive, send_framed)


def _told(request: Request, error: Exception) -> Response:
    """The page for what went wrong."""
    if isinstance(error, SessionEnded):
        return _to_sign_in(request)
    if isinstance(error, DomainError):
        status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 400)
        return trouble_page(request, Trouble(status, refusal=error))
    if isinstance(error, HTTPException):
        return trouble_page(request, Trouble(error.status_code))
    number = secrets.token_hex(8)
    log.error("page failed", path=request.url.path, request_id=number, exc_info=error)
    return trouble_page(request, Trouble(500, number=number))


def _to_sign_in(request: Request) -> Response:
    """Signing in comes first, and leads back here. A fragment cannot show a form: the whole page goes there."""
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"hx-redirect": "/sign-in"})
    if request.method != "GET":
        return RedirectResponse("/sign-in", 303)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse("/sign-in?" + urlencode({"next": here}), 303)
