"""The region's payments in the console: what needs a hand first, then trades and refunds by what there is to do."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import BEIJING
from yiqiao.partners.roles import Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.states import Attempt, Refund, Trade
from yiqiao.region.payments.ways import title
from yiqiao.storage import payment_lists, payments
from yiqiao.storage.payment_lists import Wanted, Where
from yiqiao.storage.payments import MerchantRow, RefundRow, TradeRow
from yiqiao.web.payment_acts import Choices, Subject, choices, of_attempt, of_refund, of_trade
from yiqiao.web.payment_lines import (
    AT,
    REFUND_GROUPS,
    REFUNDS_AT,
    TRADE_GROUPS,
    RefundLine,
    Standing,
    TradeLine,
    names_of,
)
from yiqiao.web.reception import operator
from yiqiao.web.render import page

SHOWN = 30
MOST_HANDS = 50
"""So many of each kind that needs a hand; there should be none."""


@dataclass(frozen=True)
class Asked:
    """What the address asks for; empty where it does not restrict."""

    group: str = ""
    merchant: str = ""
    day: str = ""
    number: str = ""

    @classmethod
    def of(cls, query: QueryParams, groups: Mapping[str, object]) -> Self:
        """What a query says; a group that there is not is left out."""
        given = {name: query.get(name, "").strip() for name in cls.__dataclass_fields__}
        kept = {name: value for name, value in given.items() if value.isprintable() and len(value) <= 64}
        return cls(**kept | ({} if kept.get("group") in groups else {"group": ""}))

    def link(self, at: str, **changed: str) -> str:
        """The address of this list with something changed."""
        query = {name: value for name, value in {**asdict(self), **changed}.items() if value}
        return f"{at}?{urlencode(query)}" if query else at


@dataclass(frozen=True)
class Choice:
    """A group of states to choose, `name` empty for all of them."""

    name: str
    link: str
    here: bool


@dataclass(frozen=True)
class Hand:
    """Something that waits for a person, with the buttons that are the reader's. `amount` 分; `since` epoch ms."""

    standing: Standing
    number: str
    merchant: str
    channel: str
    amount: int
    reason: str
    since: int
    link: str
    choices: Choices


@dataclass(frozen=True)
class PaymentsPage:
    """The room, of trades or of refunds. `hands` are shown as long as nothing is asked for. `fault` names what of the
    question cannot be; `merchants` are (id, name).
    """

    refunds: bool
    asked: Asked
    groups: tuple[Choice, ...]
    merchants: tuple[tuple[str, str], ...]
    hands: tuple[Hand, ...]
    trade_lines: tuple[TradeLine, ...]
    refund_lines: tuple[RefundLine, ...]
    older: str
    first: str
    fault: str = ""

    @property
    def at(self) -> str:
        """The address of the list."""
        return REFUNDS_AT if self.refunds else AT

    @property
    def lines(self) -> Sequence[TradeLine | RefundLine]:
        """What is listed."""
        return self.refund_lines if self.refunds else self.trade_lines


async def show_trades(request: Request) -> Response:
    """The room of trades, with what needs a hand."""
    session = await operator(request, Right.SEE)
    asked, fault, after = _question(request, TRADE_GROUPS)
    runtime, now = runtime_of(request), runtime_of(request).clock.now_ms()

    def read(connection: Connection) -> tuple[list[MerchantRow], list[TradeRow], Sequence[tuple[Subject, int, str]]]:
        merchants = payments.merchants(connection)
        wanted = _wanted(asked, TRADE_GROUPS, merchants)
        looked = asked == Asked() and after is None
        return (
            merchants,
            payment_lists.trades(connection, wanted, SHOWN + 1, after),
            _waiting(connection) if looked else (),
        )

    merchants, rows, waiting = await runtime.database.read(read)
    names = names_of(merchants)
    view = PaymentsPage(
        refunds=False,
        asked=asked,
        groups=_groups(asked, AT, TRADE_GROUPS),
        merchants=tuple(names.items()),
        hands=tuple(_hand(*one, names, now, session) for one in waiting),
        trade_lines=tuple(TradeLine.of(row, names, now) for row in rows[:SHOWN]),
        refund_lines=(),
        older=_older(asked, AT, rows[SHOWN - 1].created_at, rows[SHOWN - 1].trace_no) if len(rows) > SHOWN else "",
        first=asked.link(AT) if after else "",
        fault=fault,
    )
    return page(request, "console_payments.html", view, 400 if fault else 200)


async def show_refunds(request: Request) -> Response:
    """The room of refunds."""
    await operator(request, Right.SEE)
    asked, fault, after = _question(request, REFUND_GROUPS)
    runtime, now = runtime_of(request), runtime_of(request).clock.now_ms()

    def read(connection: Connection) -> tuple[list[MerchantRow], list[RefundRow]]:
        merchants = payments.merchants(connection)
        wanted = _wanted(asked, REFUND_GROUPS, merchants)
        return merchants, payment_lists.refunds(connection, wanted, SHOWN + 1, after)

    merchants, rows = await runtime.database.read(read)
    names = names_of(merchants)
    more = len(rows) > SHOWN
    view = PaymentsPage(
        refunds=True,
        asked=asked,
        groups=_groups(asked, REFUNDS_AT, REFUND_GROUPS),
        merchants=tuple(names.items()),
        hands=(),
        trade_lines=(),
        refund_lines=tuple(RefundLine.of(row, names, now) for row in rows[:SHOWN]),
        older=_older(asked, REFUNDS_AT, rows[SHOWN - 1].created_at, rows[SHOWN - 1].refund_no) if more else "",
        first=asked.link(REFUNDS_AT) if after else "",
        fault=fault,
    )
    return page(request, "console_payments.html", view, 400 if fault else 200)


def _waiting(connection: Connection) -> list[tuple[Subject, int, str]]:
    """What waits for a person, with since when and why."""
    stuck = payments.newest_trades(connection, MOST_HANDS, states=[Trade.STUCK])
    besides = payments.in_states(connection, [Attempt.STUCK], MOST_HANDS)
    refunds = payments.newest_refunds(connection, MOST_HANDS, states=[Refund.APPROVING, Refund.STUCK])
    found = [(of_refund(row), row.changed_at, row.reason) for row in refunds]
    found += [(of_trade(row), row.changed_at, row.reason) for row in stuck]
    found += [(of_attempt(row), row.paid_at or row.created_at, row.told) for row in besides]
    return sorted(found, key=lambda one: one[1])


def _hand(subject: Subject, since: int, reason: str, names: Mapping[str, str], now: int, session: Session) -> Hand:
    row = subject.row
    return Hand(
        standing=Standing.of(row, now),
        number=subject.number,
        merchant=names.get(row.merchant_id, row.merchant_id),
        channel=title(row.channel),
        amount=subject.amount,
        reason=reason,
        since=since,
        link=subject.home,
        choices=choices(subject, session),
    )


def _question(request: Request, groups: Mapping[str, object]) -> tuple[Asked, str, Where | None]:
    asked, after = Asked.of(request.query_params, groups), _where(request.query_params.get("after", ""))
    fault = "" if not asked.day or _day(asked.day) else "day"
    return (replace(asked, day="") if fault else asked), fault, after


def _wanted(asked: Asked, groups: Mapping[str, frozenset[str]], merchants: Sequence[MerchantRow]) -> Wanted:
    """The question as the store is asked it: a number is looked for at every merchant, by the HIS's numbers too."""
    begins, ends = _day(asked.day) or (None, None)
    everywhere = [row.merchant_id for row in merchants] if asked.number else []
    return Wanted(
        groups.get(asked.group, ()), [asked.merchant] if asked.merchant else everywhere, begins, ends, asked.number
    )


def _day(text: str) -> tuple[int, int] | None:
    """When a day (YYYY-MM-DD) begins and ends, Beijing time; None for what is none."""
    try:
        begins = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=BEIJING)
        ends = begins + timedelta(days=1)
    except (ValueError, OverflowError):
        return None
    return int(begins.timestamp() * 1000), int(ends.timestamp() * 1000)


def _groups(asked: Asked, at: str, groups: Mapping[str, object]) -> tuple[Choice, ...]:
    return tuple(Choice(name, asked.link(at, group=name), name == asked.group) for name in (*groups, ""))


def _older(asked: Asked, at: str, created_at: int, number: str) -> str:
    return asked.link(at, after=f"{created_at}.{number}")


def _where(text: str) -> Where | None:
    """The place after which a page begins. Raises HTTPException 400."""
    if not text:
        return None
    at, _, number = text.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) <= 16 and number.isascii() and number.isprintable()):
        raise HTTPException(400)
    return Where(int(at), number)


routes = [
    Route(AT, show_trades, methods=["GET"]),
    Route(REFUNDS_AT, show_refunds, methods=["GET"]),
]
