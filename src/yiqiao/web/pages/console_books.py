"""A merchant's books in the console: what stands on its accounts, an account's days, and the days that were closed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.closing import BooksBroken, DayNotOver, NotNextDay
from yiqiao.region.payments.statements import DaysUnfit, Encoding, days_of
from yiqiao.storage import payment_books, payments
from yiqiao.storage.payment_closing import ClosingRow
from yiqiao.storage.payments import MerchantRow
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.payment_acts import written_down
from yiqiao.web.payment_lines import TRADES_AT
from yiqiao.web.payment_money import MERCHANTS_AT as AT
from yiqiao.web.payment_money import AccountName, account_name, statement_link
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

CLOSINGS = 31
WEEK = 7


@dataclass(frozen=True)
class BalanceLine:
    """What stands on an account, 分: money at a channel above 0, what is owed to patients below."""

    account: AccountName
    balance: int
    link: str


@dataclass(frozen=True)
class ClosingLine:
    """A day that was closed; `turnover` is the sum of its transfers."""

    day: str
    at: int
    operator: str
    transfers: int
    turnover: int


@dataclass(frozen=True)
class BooksPage:
    """A merchant's books. Patients' accounts are one sum, `patients` of them. `next_day` is to be closed next, which
    can be done where it is `due`.
    """

    merchant_id: str
    name: str
    home: str
    lines: tuple[BalanceLine, ...]
    deposits: int
    patients: int
    total: int
    next_day: str
    due: bool
    closings: tuple[ClosingLine, ...]
    may_close: bool
    since: str
    until: str
    refused: str = ""


@dataclass(frozen=True)
class EntryLine:
    """An entry of a statement; `amount` is what the account gains."""

    at: int
    what: str
    against: AccountName
    amount: int
    balance: int
    trace_no: str
    link: str


@dataclass(frozen=True)
class StatementPage:
    """An account's statement; `whole`: all entries are here."""

    merchant_id: str
    name: str
    books: str
    account: AccountName
    since: str
    until: str
    opening: int
    closing: int
    entries: tuple[EntryLine, ...]
    whole: bool
    refused: str = ""


async def show(request: Request) -> Response:
    """The books."""
    session = await operator(request, Right.SEE)
    return page(request, "console_books.html", await _view(request, session))


async def close(request: Request) -> Response:
    """A day is closed."""
    session = await operator(request, Right.APPROVE)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    merchant, day = await _merchant(request), sent.get("day", "")
    told: dict[str, object] = {}
    try:
        await runtime_of(request).closing.close_day(merchant.merchant_id, day, session.operator)
    except (DayNotOver, NotNextDay, BooksBroken) as refusal:
        told["refused"] = refusal.name
        said = Words(language_of(request)).refusal(refusal)
        return page(request, "console_books.html", await _view(request, session, said), 409)
    finally:
        await written_down(request, session, "payment.close_day", f"{merchant.merchant_id}/{day[:10]}", told)
    return RedirectResponse(f"{AT}/{merchant.merchant_id}/accounts", 303)


async def statement(request: Request) -> Response:
    """An account's statement."""
    await operator(request, Right.SEE)
    merchant = await _merchant(request)
    account = request.query_params.get("account", "")
    since, until, refusal = _days(request)
    if not account or not account.isprintable():
        raise HTTPException(404)
    found = await runtime_of(request).statements.account(merchant.merchant_id, account, since, until)
    balance, lines = found.opening, []
    for entry in found.entries:
        balance += entry.amount
        what, against = entry.act.partition("/")[0], account_name(entry.against)
        link = f"{TRADES_AT}/{entry.trace_no}"
        lines.append(EntryLine(entry.at, what, against, entry.amount, balance, entry.trace_no, link))
    view = StatementPage(
        merchant_id=merchant.merchant_id,
        name=merchant.name,
        books=f"{AT}/{merchant.merchant_id}/accounts",
        account=account_name(account),
        since=since,
        until=until,
        opening=found.opening,
        closing=found.closing,
        entries=tuple(lines),
        whole=found.whole,
        refused=Words(language_of(request)).refusal(refusal) if refusal else "",
    )
    return page(request, "console_statement.html", view, 400 if refusal else 200)


async def file(request: Request) -> Response:
    """All that was taken and given back on some days, as a spreadsheet."""
    session = await operator(request, Right.SEE)
    merchant = await _merchant(request)
    since, until, refusal = _days(request)
    if refusal is not None:
        raise refusal
    encoding = Encoding.GBK if request.query_params.get("encoding") == Encoding.GBK else Encoding.UTF8
    await written_down(request, session, "payment.statement", f"{merchant.merchant_id}/{since}/{until}")
    parts = runtime_of(request).statements.csv(merchant.merchant_id, since, until, encoding)
    name = f"{merchant.merchant_id}-{since}-{until}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(parts, media_type=f"text/csv; charset={encoding}", headers=headers)


async def _merchant(request: Request) -> MerchantRow:
    """The merchant of the address. Raises HTTPException 404."""
    merchant_id = request.path_params["merchant_id"]
    if not merchant_id.isprintable():
        raise HTTPException(404)
    row = await runtime_of(request).database.read(lambda c: payments.merchant(c, merchant_id))
    if row is None:
        raise HTTPException(404)
    return row


async def _view(request: Request, session: Session, refused: str = "") -> BooksPage:
    runtime, merchant = runtime_of(request), await _merchant(request)
    merchant_id = merchant.merchant_id

    def read(connection: Connection) -> tuple[Mapping[str, int], int]:
        accounts = payment_books.accounts(connection, merchant_id)
        return payment_books.balances(connection, merchant_id), sum(one.kind == "deposit" for one in accounts)

    balances, patients = await runtime.database.read(read)
    next_day = await runtime.closing.next_day(merchant_id) or ""
    since, until, _ = _days(request)
    shown = {name: amount for name, amount in balances.items() if not name.startswith("deposit/")}
    return BooksPage(
        merchant_id=merchant_id,
        name=merchant.name,
        home=f"{AT}/{merchant_id}",
        lines=tuple(
            BalanceLine(account_name(name), shown[name], statement_link(merchant_id, name)) for name in sorted(shown)
        ),
        deposits=sum(balances.values()) - sum(shown.values()),
        patients=patients,
        total=sum(balances.values()),
        next_day=next_day,
        due=bool(next_day) and runtime.closing.due(next_day),
        closings=tuple(map(_closing, await runtime.closing.closings(merchant_id, CLOSINGS))),
        may_close=Right.APPROVE in RIGHTS[session.role],
        since=since,
        until=until,
        refused=refused,
    )


def _closing(row: ClosingRow) -> ClosingLine:
    return ClosingLine(row.day, row.at, row.operator, row.transfers, row.turnover)


def _days(request: Request) -> tuple[str, str, DomainError | None]:
    """The days of the question; the last week where they are no days, with what is wrong with them."""
    today = beijing(runtime_of(request).clock.now_ms()).date()
    usual = f"{today - timedelta(days=WEEK - 1)}", f"{today}"
    since = request.query_params.get("since", "") or usual[0]
    until = request.query_params.get("until", "") or usual[1]
    try:
        days_of(since, until)
    except DaysUnfit as refusal:
        return *usual, refusal
    return since, until, None


_ONE = f"{AT}/{{merchant_id:str}}"
routes = [
    Route(f"{_ONE}/accounts", show, methods=["GET"]),
    Route(f"{_ONE}/accounts", close, methods=["POST"]),
    Route(f"{_ONE}/statement", statement, methods=["GET"]),
    Route(f"{_ONE}/statement.csv", file, methods=["GET"]),
]
