"""Signing in and out."""

import hmac
import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.partners.sessions import ForgeryRefused, SignedIn, SignInRefused
from yiqiao.storage import Busy
from yiqiao.web.desk import desk_of
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import COOKIE, address, form, local, over_https, whoever
from yiqiao.web.render import page

FORM_COOKIE = "yiqiao_form"
"""Nobody is signed in yet, so the form's token is held against a cookie: another site can set neither."""
HOME = "/console"


@dataclass(frozen=True)
class SignInPage:
    """The form: what was typed before, where to go afterwards, what went wrong."""

    name: str = ""
    next: str = HOME
    refused: str | None = None
    token: str = ""


async def show(request: Request) -> Response:
    """The form."""
    wanted = local(request.query_params.get("next", ""), HOME)
    if await whoever(request) is not None:
        return RedirectResponse(wanted, 303)
    return _form(request, SignInPage(next=wanted))


async def sign_in(request: Request) -> Response:
    """The form, sent."""
    sent = await form(request)
    wanted = local(sent.get("next", ""), HOME)
    name = sent.get("name", "").strip()
    words = Words(language_of(request))
    try:
        _check_token(request, sent.get("token", ""))
        signed_in = await desk_of(request).sessions.sign_in(name, sent.get("password", ""), address(request))
    except (SignInRefused, ForgeryRefused, Busy) as refusal:
        status = 503 if isinstance(refusal, Busy) else 403
        return _form(request, SignInPage(name[:64], wanted, words.refusal(refusal)), status)
    return _welcome(request, wanted, signed_in)


async def sign_out(request: Request) -> Response:
    """The end of a session; the form in the page's head carries the session's token."""
    session = await whoever(request)
    if session is not None:
        session.check_form((await form(request)).get("csrf", ""))
        await desk_of(request).sessions.sign_out(session)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax", secure=over_https(request))
    return response


def _form(request: Request, view: SignInPage, status: int = 200) -> Response:
    token = secrets.token_urlsafe(24)
    response = page(request, "sign_in.html", SignInPage(view.name, view.next, view.refused, token), status)
    response.set_cookie(
        FORM_COOKIE, token, path="/sign-in", httponly=True, samesite="strict", secure=over_https(request)
    )
    return response


def _check_token(request: Request, token: str) -> None:
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), token.encode()):
        raise ForgeryRefused


def _welcome(request: Request, wanted: str, signed_in: SignedIn) -> Response:
    response = RedirectResponse(wanted, 303)
    response.set_cookie(COOKIE, signed_in.token, httponly=True, samesite="lax", secure=over_https(request))
    response.delete_cookie(FORM_COOKIE, path="/sign-in", httponly=True, samesite="strict", secure=over_https(request))
    return response


routes = [
    Route("/sign-in", show, methods=["GET"], name="sign-in"),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
]
