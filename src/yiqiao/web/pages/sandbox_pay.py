"""Where an order of the sandbox's channel is paid: its payer, or whoever rehearses, decides what becomes of it."""

import hmac
import secrets
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.ports.payment_channel import ChannelRefused
from yiqiao.region.payments.cashier import address
from yiqiao.sandbox.channels.sandbox import CODE, PATH, SandboxChannel
from yiqiao.storage import payments
from yiqiao.storage.sandbox_payments import OrderRow
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.reception import form, over_https
from yiqiao.web.render import page

FORM_COOKIE = "yiqiao_pay_form"
"""Whoever pays need not be signed in, so the form's token is held against a cookie: another site can set neither."""
WAYS = ("pay", "silently", "decline")


@dataclass(frozen=True)
class SandboxPayPage:
    """An order; `state` is open, paid, failed, closed, or late where its time is over. `until` is a time of day, `back`
    the cashier where it was chosen; empty for an order that none of ours has made.
    """

    order_no: str
    state: str
    payee: str
    subject: str
    amount: int
    until: str
    path: str
    back: str
    message: str = ""
    stale: bool = False
    token: str = field(default="", repr=False)


async def show(request: Request) -> Response:
    """The order."""
    return await _page(request)


async def act(request: Request) -> Response:
    """A button was pressed: the money has come, with a notice or without, or the bank has refused."""
    channel, sent = _channel(request), await form(request)
    order_no = request.path_params["order_no"]
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), sent.get("token", "").encode(errors="replace")):
        return await _page(request, stale=True)
    way = sent.get("way", "")
    if way not in WAYS:
        raise HTTPException(404)
    try:
        if way == "decline":
            await channel.decline(order_no)
        else:
            await channel.pay(order_no, silently=way == "silently")
    except ChannelRefused as refusal:
        return await _page(request, message=refusal.message)
    return RedirectResponse(await _back(request, order_no) or request.url.path, 303)


async def _back(request: Request, order_no: str) -> str:
    runtime = runtime_of(request)

    def work(connection: Connection) -> str:
        attempt = payments.attempt_by_order_no(connection, order_no)
        trade = payments.trade(connection, attempt.merchant_id, attempt.trace_no) if attempt else None
        return address(trade.token) if trade else ""

    return await runtime.database.read(work)


def _channel(request: Request) -> SandboxChannel:
    channel = runtime_of(request).channels.get(CODE)
    if demo_of(request) is None or not isinstance(channel, SandboxChannel):
        raise HTTPException(404)
    return channel


async def _page(request: Request, *, message: str = "", stale: bool = False) -> Response:
    row = await _channel(request).show(request.path_params["order_no"])
    if row is None or row.state == "none":
        raise HTTPException(404)
    token = secrets.token_urlsafe(24)
    view = SandboxPayPage(
        order_no=row.order_no,
        state=_state(row, runtime_of(request).clock.now_ms()),
        payee=row.payee,
        subject=row.subject,
        amount=row.amount,
        until=readable(row.expires_at)[11:16],
        path=request.url.path,
        back=await _back(request, row.order_no),
        message=message,
        stale=stale,
        token=token,
    )
    response = page(request, "sandbox_pay.html", view, 403 if stale else 409 if message else 200)
    response.set_cookie(FORM_COOKIE, token, path=PATH, httponly=True, samesite="strict", secure=over_https(request))
    return response


def _state(row: OrderRow, now: int) -> str:
    return "late" if row.state == "open" and now >= row.expires_at else row.state


ONE = PATH + "/{order_no:str}"
routes = [Route(ONE, show, methods=["GET"]), Route(ONE, act, methods=["POST"])]
