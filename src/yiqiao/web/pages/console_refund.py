"""One refund in the console: how it stands, what happens next, its course, and an operator's buttons."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.refunds import Refunded
from yiqiao.region.payments.states import TABLES, Owner
from yiqiao.storage import payments
from yiqiao.storage.payments import EventRow
from yiqiao.web.appointment_lines import Timer
from yiqiao.web.payment_acts import Choices, choices, done_of, of_refund, written_down
from yiqiao.web.payment_lines import REFUNDS_AT, TRADES_AT, RefundLine, Step, course, mark, owner_of, timer_of
from yiqiao.web.reception import operator
from yiqiao.web.render import fragment, page


@dataclass(frozen=True)
class RefundStanding:
    """What changes while a refund is being looked at."""

    line: RefundLine
    owner: Owner
    timer: Timer | None
    refund_of: str
    trade_amount: int
    trade_left: int
    external_no: str
    callsn: str
    changed_at: int
    choices: Choices
    steps: tuple[Step, ...]
    live: str


@dataclass(frozen=True)
class RefundPage:
    """The page."""

    standing: RefundStanding
    merchant_id: str
    app_id: str
    done: str = ""
    refused: str = ""


async def show(request: Request) -> Response:
    """A refund's page."""
    session = await operator(request, Right.SEE)
    view = await refund_page(request, session)
    await written_down(request, session, "payment.view_refund", view.standing.line.out_refund_no)
    return page(request, "console_refund.html", view)


async def live(request: Request) -> Response:
    """What has changed, where anything has."""
    session = await operator(request, Right.SEE)
    standing = (await refund_page(request, session)).standing
    if request.query_params.get("seen") == mark(standing.steps):
        return Response(status_code=204)
    return fragment(request, "fragments/console_refund.html", standing)


async def refund_page(request: Request, session: Session, *, refused: str = "") -> RefundPage:
    """The page of the refund that the address names. Raises HTTPException 404."""
    runtime, refund_no = runtime_of(request), request.path_params["refund_no"]
    if not refund_no.isprintable():
        raise HTTPException(404)

    def look(connection: Connection) -> tuple[str, str, Mapping[str, str]] | None:
        row = payments.refund_by_refund_no(connection, refund_no)
        merchant = payments.merchant(connection, row.merchant_id) if row else None
        names = {merchant.merchant_id: merchant.name} if merchant else {}
        return None if row is None else (row.merchant_id, row.out_refund_no, names)

    known = await runtime.database.read(look)
    if known is None:
        raise HTTPException(404)
    merchant_id, number, names = known
    found, events = await runtime.refunds.course(merchant_id, number)
    return RefundPage(
        standing=_refund_standing(found, events, names, session, runtime.clock.now_ms()),
        merchant_id=merchant_id,
        app_id=found.refund.app_id,
        done=done_of(request),
        refused=refused,
    )


def _refund_standing(
    found: Refunded, events: tuple[EventRow, ...], names: Mapping[str, str], session: Session, now: int
) -> RefundStanding:
    row, steps = found.refund, course(events)
    line = RefundLine.of(row, names, now)
    return RefundStanding(
        line=line,
        owner=owner_of(row),
        timer=timer_of(row, now),
        refund_of=f"{TRADES_AT}/{row.trace_no}",
        trade_amount=found.trade.amount,
        trade_left=found.trade.left,
        external_no=row.external_no or "",
        callsn=row.callsn or "",
        changed_at=row.changed_at,
        choices=choices(of_refund(row), session),
        steps=steps,
        live="" if TABLES["refund"][row.state].final else f"{line.link}/live?seen={mark(steps)}",
    )


_ONE = f"{REFUNDS_AT}/{{refund_no:str}}"
routes = [Route(_ONE, show, methods=["GET"]), Route(f"{_ONE}/live", live, methods=["GET"])]
