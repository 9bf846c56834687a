"""The cashier: to whom and how much, by which way, and what has become of it; on a phone and at a desk.

Whatever is pressed is pressed once: a form names the attempt that it makes, and one that is there already is not made
again.
"""

import hmac
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.sessions import Session
from yiqiao.ports.payment_channel import Entry
from yiqiao.region.payments.cashier import PATH
from yiqiao.region.payments.course import Moved
from yiqiao.region.payments.states import Act
from yiqiao.region.payments.trade import NotNow, UnknownTrade
from yiqiao.region.payments.ways import WAYS, ChannelNotOffered, way_of_code
from yiqiao.web import desk_money
from yiqiao.web.cashier import ASKED, FORM_COOKIE, SLIPS, CashierPage, Visit, view_of, visit_of
from yiqiao.web.reception import form, over_https
from yiqiao.web.render import fragment, page
from yiqiao.web.till import Fault, Told


@dataclass(frozen=True)
class GiveUpPage:
    """Whether it shall really not be paid."""

    told: Told
    here: str
    token: str = field(default="", repr=False)


@dataclass(frozen=True)
class MissingPage:
    """There is no such trade."""

    message: str


async def show(request: Request) -> Response:
    """The trade as it stands."""
    return await _page(request, await visit_of(request))


async def now(request: Request) -> Response:
    """What is new since the browser was told `seen`; else nothing (204)."""
    visit = await visit_of(request)
    view = await view_of(request, visit)
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/cashier.html", view)


async def give_up(request: Request) -> Response:
    """The question whether it shall really not be paid."""
    visit = await visit_of(request)
    view = await view_of(request, visit)
    if not view.give_up:
        return RedirectResponse(visit.at(), 303)
    return _framed(request, page(request, "cashier_give_up.html", GiveUpPage(view.told, view.here, view.token)), view)


async def press(request: Request) -> Response:
    """A button was pressed. What cannot be done any more is said on the page of what is there instead."""
    visit, sent = await visit_of(request), await form(request)
    expected = request.cookies.get(FORM_COOKIE, "")
    if not expected or not hmac.compare_digest(expected.encode(), sent.get("token", "").encode(errors="replace")):
        return await _page(request, visit, status=403, stale=True)
    act = next((name for name in ACTS if name in sent), "")
    if not act or (act in AT_DESK and not visit.desk):
        raise HTTPException(404)
    try:
        gone_to = await ACTS[act](request, visit, sent)
    except desk_money.CannotBe as wrong:
        typed = {name: value for name, value in sent.items() if name not in ("token", "turn", act)}
        return await _page(request, visit, status=400, fault=Fault(act, str(wrong), typed))
    except (NotNow, ChannelNotOffered, Moved) as refusal:
        return await _page(request, await visit_of(request), status=409, refused=refusal)
    if visit.desk and visit.session is not None:
        await _audit(request, visit.session, f"cashier.{act}", visit.standing.trade.trace_no)
    return RedirectResponse(gone_to, 303)


async def _choose(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """A way was chosen, and by which entry."""
    code, _, entry = sent["way"].partition("/")
    if code not in WAYS or entry not in WAYS[code].entries:
        raise HTTPException(404)
    await _place(request, visit, sent, code, Entry(entry), {})
    return visit.at()


async def _scan(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """The payer's code was scanned: it says itself whose it is."""
    code = sent.get("code", "").strip()
    way = way_of_code(code, await runtime_of(request).orders.offered(visit.standing.trade.merchant_id))
    if way is None:
        raise desk_money.CannotBe("scan_unknown")
    await _place(request, visit, sent, way.code, Entry.SCANNED, {"auth_code": code})
    return visit.at()


async def _cash(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """Cash was received."""
    received = desk_money.cash(sent.get("received", ""), visit.standing.trade.amount)
    await _place(request, visit, sent, "CASH", Entry.DESK, {"received": received})
    return visit.at()


async def _slip(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """A card machine has taken it."""
    code = sent["slip"]
    if code not in SLIPS:
        raise HTTPException(404)
    await _place(request, visit, sent, code, Entry.DESK, desk_money.slip(sent))
    return visit.at()


async def _credit(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """It goes on the patient's credit."""
    await _place(request, visit, sent, "CREDIT", Entry.DESK, {})
    return visit.at()


async def _ask(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """The payer says that they have paid: the channel is asked now. Where the answer is there already, it is shown."""
    trade = visit.standing.trade
    with suppress(NotNow):
        await runtime_of(request).orders.act(trade.merchant_id, trade.trace_no, Act.RETRY, visit.actor)
    return visit.at(**{ASKED: trade.order_no or ""})


async def _give_up(request: Request, visit: Visit, sent: Mapping[str, str]) -> str:
    """It shall not be paid."""
    trade = visit.standing.trade
    await runtime_of(request).orders.act(trade.merchant_id, trade.trace_no, Act.CANCEL, visit.actor)
    return visit.at()


ACTS: Mapping[str, Callable[[Request, Visit, Mapping[str, str]], Awaitable[str]]] = {
    "way": _choose,
    "scan": _scan,
    "cash": _cash,
    "slip": _slip,
    "credit": _credit,
    "ask": _ask,
    "give_up": _give_up,
}
"""By the name of the button."""
AT_DESK = frozenset({"scan", "cash", "slip", "credit"})


async def _place(
    request: Request, visit: Visit, sent: Mapping[str, str], code: str, entry: Entry, data: Mapping[str, object]
) -> None:
    """Raises NotNow, ChannelNotOffered, Moved."""
    trade, turn = visit.standing.trade, sent.get("turn", "")
    if not (turn.isascii() and turn.isdigit() and len(turn) <= 2):
        raise HTTPException(400)
    await runtime_of(request).orders.choose(
        trade.merchant_id,
        trade.trace_no,
        code,
        entry=entry,
        data=data,
        actor=visit.actor,
        at_desk=visit.desk,
        turn=int(turn),
    )


async def _page(
    request: Request,
    visit: Visit,
    *,
    status: int = 200,
    fault: Fault | None = None,
    refused: DomainError | None = None,
    stale: bool = False,
) -> Response:
    view = await view_of(request, visit, fault=fault, refused=refused, stale=stale)
    return _framed(request, page(request, "cashier.html", view, status), view)


def _framed(request: Request, response: Response, view: CashierPage) -> Response:
    """The form's token goes with the page; the address, which is all that it takes to pay, is told to nobody."""
    response.set_cookie(
        FORM_COOKIE, view.token, path=PATH, httponly=True, samesite="strict", secure=over_https(request)
    )
    response.headers["referrer-policy"] = "no-referrer"
    return response


async def _audit(request: Request, session: Session, act: str, trace_no: str) -> None:
    runtime = runtime_of(request)
    moment = runtime.wall.now_ms()
    await runtime.database.write(lambda c: audit(c, moment, session.operator, act, trace_no, {}))


def _for_payers(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A page of the cashier's: where there is no such trade, it says where to go instead."""

    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except UnknownTrade as unknown:
            return page(request, "cashier_missing.html", MissingPage(unknown.message), 404)

    return endpoint


ONE = PATH + "/{token:str}"
routes = [
    Route(ONE, _for_payers(show), methods=["GET"]),
    Route(ONE, _for_payers(press), methods=["POST"]),
    Route(ONE + "/now", _for_payers(now), methods=["GET"]),
    Route(ONE + "/give-up", _for_payers(give_up), methods=["GET"]),
]
