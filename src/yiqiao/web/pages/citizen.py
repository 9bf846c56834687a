"""Signing in as one of the sandbox's people, and signing out as whoever one is."""

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.sandbox.login import PATH, offers
from yiqiao.spec.masking import mask
from yiqiao.web.citizen import citizen_of, forget, remember
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.reception import form, local, over_https
from yiqiao.web.render import page

FORM_COOKIE = "yiqiao_citizen_form"
"""Nobody is signed in yet, so the form's token is held against a cookie: another site can set neither."""


@dataclass(frozen=True)
class OfferLine:
    """Somebody to be; `number` is what the form sends."""

    number: int
    name: str
    id_type: str
    id_no: str
    held: bool


@dataclass(frozen=True)
class PickPage:
    """The people to choose from, and where to go afterwards."""

    offers: tuple[OfferLine, ...]
    next: str
    path: str
    stale: bool
    token: str = field(repr=False)


async def show(request: Request) -> Response:
    """The list of people."""
    if demo_of(request) is None:
        raise HTTPException(404)
    return _list(request, local(request.query_params.get("next", ""), "/"))


async def sign_in(request: Request) -> Response:
    """Somebody was picked."""
    if demo_of(request) is None:
        raise HTTPException(404)
    sent = await form(request)
    wanted = local(sent.get("next", ""), "/")
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), sent.get("token", "").encode()):
        return _list(request, wanted, 403)
    citizen = await runtime_of(request).login.prove(sent)
    if citizen is None:
        return _list(request, wanted, 403)
    response = RedirectResponse(wanted, 303)
    remember(request, response, citizen)
    response.delete_cookie(FORM_COOKIE, path=PATH, httponly=True, samesite="strict", secure=over_https(request))
    return response


async def sign_out(request: Request) -> Response:
    """The end of a citizen's session at this browser."""
    session, sent = citizen_of(request), await form(request)
    response = RedirectResponse(local(sent.get("next", ""), "/"), 303)
    if session is not None:
        session.check_form(sent.get("csrf", ""))
        forget(request, response)
    return response


def _list(request: Request, wanted: str, status: int = 200) -> Response:
    lines = tuple(
        OfferLine(
            offer.number,
            offer.person.name,
            offer.person.id_type,
            mask(offer.person.id_no, "number"),
            offer.held,
        )
        for offer in offers()
    )
    token = secrets.token_urlsafe(24)
    view = PickPage(lines, wanted, PATH, status != 200, token)
    response = page(request, "citizen_sign_in.html", view, status)
    response.headers["referrer-policy"] = "no-referrer"  # the page to come back to may be a link with a token
    response.set_cookie(FORM_COOKIE, token, path=PATH, httponly=True, samesite="strict", secure=over_https(request))
    return response


routes = [
    Route(PATH, show, methods=["GET"]),
    Route(PATH, sign_in, methods=["POST"]),
    Route("/citizen/sign-out", sign_out, methods=["POST"]),
]
