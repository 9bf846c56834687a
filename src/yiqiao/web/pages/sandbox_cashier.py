"""The sandbox's cashier as whoever pays sees it: to whom and how much first, then how; and what shall go wrong."""

import hmac
import secrets
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.ports.cashier import CashierRefused
from yiqiao.sandbox.cashier import ALIPAY, PATH, REFUNDS, WECHAT, SandboxCashier
from yiqiao.storage.sandbox_cashier import TradeRow
from yiqiao.web.appointments import APPOINTMENTS
from yiqiao.web.pages.citizen_charges import CHARGES
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.reception import form, over_https
from yiqiao.web.render import page

FORM_COOKIE = "yiqiao_cashier_form"
"""Whoever pays need not be signed in, so the form's token is held against a cookie: another site can set neither."""
CHANNELS = {"wechat": WECHAT, "alipay": ALIPAY}
DECLINE = "decline"


@dataclass(frozen=True)
class CashierPage:
    """A trade; `state` is open, paid, failed, closed, or late where its time is over. `until` is a time of day."""

    trade_no: str
    state: str
    payee: str
    subject: str
    amount: int
    until: str
    path: str
    back: str
    refunds: tuple[str, ...] = REFUNDS
    message: str = ""
    stale: bool = False
    token: str = field(default="", repr=False)


async def show(request: Request) -> Response:
    """The trade."""
    return await _page(request)


async def act(request: Request) -> Response:
    """A button was pressed: the money has come, or the bank has refused. Whoever collects is told, unless not so
    wished.
    """
    till, sent = _till(request), await form(request)
    trade_no = request.path_params["trade_no"]
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), sent.get("token", "").encode(errors="replace")):
        return await _page(request, stale=True)
    way = sent.get("way", "")
    try:
        if way == DECLINE:
            await till.decline(trade_no)
        elif way in CHANNELS:
            refunds = sent.get("refunds", "")
            await till.pay(trade_no, CHANNELS[way], refunds=refunds if refunds in REFUNDS else REFUNDS[0])
        else:
            raise HTTPException(404)
    except CashierRefused as refusal:
        return await _page(request, message=refusal.message)
    if sent.get("silent"):
        return RedirectResponse(request.url.path, 303)
    if is_charge(trade_no):
        await runtime_of(request).charges.nudge(trade_no)
    else:
        await runtime_of(request).appointments.nudge([order_of(trade_no)])
    return RedirectResponse(_back(trade_no), 303)


def is_charge(trade_no: str) -> bool:
    """Whether bills or a deposit are paid, whose own number has a C in it; else it is an appointment."""
    return "C" in trade_no


def order_of(trade_no: str) -> str:
    """Which appointment's trade it is: the number before the count of its trades."""
    return trade_no.rpartition("P")[0]


def _back(trade_no: str) -> str:
    return f"{CHARGES}/{trade_no}" if is_charge(trade_no) else f"{APPOINTMENTS}/{order_of(trade_no)}"


def _till(request: Request) -> SandboxCashier:
    cashier = runtime_of(request).cashier
    if demo_of(request) is None or not isinstance(cashier, SandboxCashier):
        raise HTTPException(404)
    return cashier


async def _page(request: Request, *, message: str = "", stale: bool = False) -> Response:
    row = await _till(request).show(request.path_params["trade_no"])
    if row is None:
        raise HTTPException(404)
    left_ms = row.expires_at - runtime_of(request).clock.now_ms()
    token = secrets.token_urlsafe(24)
    view = CashierPage(
        trade_no=row.trade_no,
        state=_state(row, left_ms),
        payee=row.payee,
        subject=row.subject,
        amount=row.amount,
        until=readable(row.expires_at)[11:16],
        path=request.url.path,
        back=_back(row.trade_no),
        message=message,
        stale=stale,
        token=token,
    )
    response = page(request, "sandbox_cashier.html", view, 403 if stale else 409 if message else 200)
    response.set_cookie(FORM_COOKIE, token, path=PATH, httponly=True, samesite="strict", secure=over_https(request))
    return response


def _state(row: TradeRow, left_ms: int) -> str:
    return "late" if row.state == "open" and left_ms <= 0 else row.state


ONE = PATH + "/{trade_no:str}"
routes = [Route(ONE, show, methods=["GET"]), Route(ONE, act, methods=["POST"])]
