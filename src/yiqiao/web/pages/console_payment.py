"""One trade in the console: how it stands, what happens next, its course; and the acts on trades, attempts, refunds.

Looking at one and every press of a button are written down in the operators' audit.
"""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.course import Moved
from yiqiao.region.payments.orders import Course
from yiqiao.region.payments.refunds import OwnRefund, UnknownRefund
from yiqiao.region.payments.states import TABLES, Act, Owner
from yiqiao.region.payments.trade import NotNow, UnknownTrade
from yiqiao.region.payments.ways import title
from yiqiao.spec.masking import mask
from yiqiao.storage import payment_books, payments
from yiqiao.storage.payment_books import TransferRow
from yiqiao.storage.payments import AttemptRow, RefundRow
from yiqiao.web.appointment_lines import Timer
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.pages.console_refund import refund_page
from yiqiao.web.payment_acts import (
    AT_ONCE,
    RIGHT,
    Choices,
    Subject,
    act_of,
    choices,
    done_of,
    of_attempt,
    of_trade,
    perform,
    possible,
    subject_of,
    written_down,
)
from yiqiao.web.payment_lines import (
    REFUNDS_AT,
    TRADES_AT,
    AttemptLine,
    RefundLine,
    Step,
    TradeLine,
    course,
    mark,
    owner_of,
    timer_of,
)
from yiqiao.web.payment_money import AccountName, account_name, statement_link
from yiqiao.web.reception import form, operator
from yiqiao.web.render import fragment, page

REFUSALS = (NotNow, Moved, OwnRefund, UnknownTrade, UnknownRefund)


@dataclass(frozen=True)
class TransferLine:
    """A transfer in the books: what was booked (the first part of its name), from which account to which."""

    at: int
    what: str
    debit: AccountName
    credit: AccountName
    amount: int


@dataclass(frozen=True)
class AttemptPart:
    """An attempt with what may be done to it."""

    line: AttemptLine
    choices: Choices


@dataclass(frozen=True)
class TradeStanding:
    """What changes while a trade is being looked at; nothing personal. Times are epoch ms."""

    line: TradeLine
    owner: Owner
    timer: Timer | None
    order_no: str
    external_no: str
    callsn: str
    balance: int | None
    paid_at: int | None
    deadline: int
    changed_at: int
    choices: Choices
    attempts: tuple[AttemptPart, ...]
    refunds: tuple[RefundLine, ...]
    transfers: tuple[TransferLine, ...]
    steps: tuple[Step, ...]
    live: str


@dataclass(frozen=True)
class Payer:
    """Whose account it is, masked unless it was asked for in full."""

    full: bool
    name: str
    his_cust_id: str
    card_no: str
    certificate: str
    account_type: str


@dataclass(frozen=True)
class TradePage:
    """The page. `account` is where the patient's account is told, `done` the act that was asked for, `refused` why it
    was not done.
    """

    standing: TradeStanding
    payer: Payer
    may_see_full: bool
    merchant_id: str
    account: str
    fee_type: str
    app_id: str
    notify_url: str
    done: str = ""
    refused: str = ""


@dataclass(frozen=True)
class ActPage:
    """What an act means, before it is done: `means` names it, `may` says if it can be done."""

    kind: str
    act: Act
    number: str
    state: str
    means: str
    may: bool
    amount: int
    channel: str
    asked_by: str
    reason: str
    home: str
    here: str


async def show_trade(request: Request) -> Response:
    """A trade's page."""
    session = await operator(request, Right.SEE)
    view = await _trade_page(request, session)
    await written_down(request, session, "payment.view", request.path_params["trace_no"])
    return page(request, "console_payment.html", view)


async def show_in_full(request: Request) -> Response:
    """The same with whose account it is in full: by right, and on asking."""
    session = await operator(request, Right.SEE_PERSONAL)
    session.check_form((await form(request)).get("csrf", ""))
    view = await _trade_page(request, session, full=True)
    await written_down(request, session, "payment.view_full", request.path_params["trace_no"])
    return page(request, "console_payment.html", view)


async def live_trade(request: Request) -> Response:
    """What has changed, where anything has since the browser was told; else nothing (204)."""
    session = await operator(request, Right.SEE)
    standing = await _trade(request, session)
    if request.query_params.get("seen") == mark(standing.steps):
        return Response(status_code=204)
    return fragment(request, "fragments/console_payment.html", standing)


async def ask(request: Request) -> Response:
    """What an act would do, with its button."""
    act = act_of(request)
    if act in AT_ONCE:
        raise HTTPException(404)
    await operator(request, RIGHT[act])
    subject = await subject_of(request)
    may, row = possible(subject, act), subject.row
    view = ActPage(
        kind=subject.kind,
        act=act,
        number=subject.number,
        state=row.state,
        means=f"{subject.kind}_{act}{subject.means}" if may else "no_longer",
        may=may,
        amount=subject.amount,
        channel=title(row.channel),
        asked_by=row.asked_by if isinstance(row, RefundRow) else "",
        reason=row.told if isinstance(row, AttemptRow) else row.reason,
        home=subject.home,
        here=f"{subject.at}/{act}",
    )
    return page(request, "console_payment_act.html", view)


async def press(request: Request) -> Response:
    """A button was pressed."""
    act = act_of(request)
    session = await operator(request, RIGHT[act])
    session.check_form((await form(request)).get("csrf", ""))
    subject = await subject_of(request)
    try:
        await perform(request, session, subject, act)
    except REFUSALS as refusal:
        return await _refused(request, session, subject, refusal)
    return RedirectResponse(f"{subject.home}?done={act}", 303)


async def _refused(request: Request, session: Session, subject: Subject, refusal: DomainError) -> Response:
    said = Words(language_of(request)).refusal(refusal)
    if subject.kind == "refund":
        return page(request, "console_refund.html", await refund_page(request, session, refused=said), 409)
    return page(request, "console_payment.html", await _trade_page(request, session, refused=said), 409)


async def _trade(request: Request, session: Session) -> TradeStanding:
    found, transfers = await _found(request)
    return _trade_standing(found, transfers, session, runtime_of(request).clock.now_ms())


async def _found(request: Request) -> tuple[Course, list[TransferRow]]:
    """The trade of the address with all that belongs to it. Raises HTTPException 404."""
    runtime, trace_no = runtime_of(request), request.path_params["trace_no"]
    if not trace_no.isprintable():
        raise HTTPException(404)
    row = await runtime.database.read(lambda c: payments.trade_by_trace_no(c, trace_no))
    if row is None:
        raise HTTPException(404)
    found = await runtime.orders.course(row.merchant_id, trace_no)
    return found, await runtime.database.read(lambda c: payment_books.of_trade(c, row.merchant_id, trace_no))


async def _trade_page(request: Request, session: Session, *, full: bool = False, refused: str = "") -> TradePage:
    found, transfers = await _found(request)
    runtime, row = runtime_of(request), found.standing.trade
    patient = runtime.orders.particulars(row).patient
    shown = (lambda value, _: value) if full else mask
    return TradePage(
        standing=_trade_standing(found, transfers, session, runtime.clock.now_ms()),
        payer=Payer(
            full=full,
            name=shown(patient.name, "name"),
            his_cust_id=shown(patient.his_cust_id, "number"),
            card_no=shown(patient.card_no, "number"),
            certificate=shown(patient.id_no, "number"),
            account_type=patient.account_type,
        ),
        may_see_full=not full and Right.SEE_PERSONAL in RIGHTS[session.role],
        merchant_id=row.merchant_id,
        account=statement_link(row.merchant_id, row.account),
        fee_type=row.fee_type or "",
        app_id=row.app_id,
        notify_url=row.notify_url or "",
        done=done_of(request),
        refused=refused,
    )


def _trade_standing(found: Course, transfers: list[TransferRow], session: Session, now: int) -> TradeStanding:
    standing, row = found.standing, found.standing.trade
    names = {row.merchant_id: standing.merchant.name}
    steps = course(found.events)
    line = TradeLine.of(row, names, now)
    over = all(TABLES["attempt"][one.state].final or one.order_no == row.order_no for one in standing.attempts)
    over = over and all(TABLES["refund"][one.state].final for one in standing.refunds)
    return TradeStanding(
        line=line,
        owner=owner_of(row),
        timer=timer_of(row, now),
        order_no=row.order_no or "",
        external_no=row.external_no or "",
        callsn=row.callsn or "",
        balance=row.balance,
        paid_at=row.paid_at,
        deadline=row.deadline,
        changed_at=row.changed_at,
        choices=choices(of_trade(row), session),
        attempts=tuple(
            AttemptPart(AttemptLine.of(one, now), choices(of_attempt(one), session)) for one in standing.attempts
        ),
        refunds=tuple(RefundLine.of(one, names, now) for one in standing.refunds),
        transfers=tuple(_transfer(one) for one in transfers),
        steps=steps,
        live="" if TABLES["trade"][row.state].final and over else f"{line.link}/live?seen={mark(steps)}",
    )


def _transfer(row: TransferRow) -> TransferLine:
    return TransferLine(
        row.at, row.act.partition("/")[0], account_name(row.debit), account_name(row.credit), row.amount
    )


def _acts(at: str) -> list[Route]:
    return [Route(f"{at}/{{act:str}}", ask, methods=["GET"]), Route(f"{at}/{{act:str}}", press, methods=["POST"])]


_TRADE = f"{TRADES_AT}/{{trace_no:str}}"
routes = [
    Route(_TRADE, show_trade, methods=["GET"]),
    Route(_TRADE, show_in_full, methods=["POST"]),
    Route(f"{_TRADE}/live", live_trade, methods=["GET"]),
    *_acts(f"{_TRADE}/attempts/{{order_no:str}}"),
    *_acts(_TRADE),
    *_acts(f"{REFUNDS_AT}/{{refund_no:str}}"),
]
