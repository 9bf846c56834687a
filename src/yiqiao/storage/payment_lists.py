"""Pages of lists of trades and refunds, as operators look for them. All run in the caller's transaction."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, case, func, or_, select, tuple_

from yiqiao.storage.payments import RefundRow, TradeRow
from yiqiao.storage.tables.payments import pay_attempt, pay_refund, pay_trade

_TRADE = tuple(pay_trade.c[name] for name in TradeRow._fields)
_REFUND = tuple(pay_refund.c[name] for name in RefundRow._fields)

_TABLES: Mapping[str, Table] = {"trade": pay_trade, "attempt": pay_attempt, "refund": pay_refund}


class Wanted(NamedTuple):
    """What a list is to show; empty does not restrict. `begins` and `ends` (epoch ms, the end excluded) are those of a
    day on which it was made; `number` is any by which somebody knows it.
    """

    states: Collection[str]
    merchants: Collection[str]
    begins: int | None = None
    ends: int | None = None
    number: str = ""


class Where(NamedTuple):
    """Where something stands in a list, the newest first."""

    created_at: int
    number: str


class BacklogRow(NamedTuple):
    """How many stand in a state, how many of them had to try again, and when the first one goes on (epoch ms)."""

    state: str
    number: int
    retrying: int
    next_at: int


def trades(connection: Connection, wanted: Wanted, limit: int, after: Where | None = None) -> list[TradeRow]:
    """Trades, the newest first, from after a place. A number is ours, the HIS's, or a channel order's."""
    where = _within(pay_trade, wanted)
    if wanted.number:
        of_order = select(pay_attempt.c.trace_no).where(pay_attempt.c.order_no == wanted.number)
        own = pay_trade.c.trace_no == wanted.number
        theirs = pay_trade.c.out_charge_no == wanted.number
        where.append(or_(own, theirs, pay_trade.c.trace_no.in_(of_order)))
    place = tuple_(pay_trade.c.created_at, pay_trade.c.trace_no)
    if after is not None:
        where.append(place < tuple_(*after))
    query = select(*_TRADE).where(*where).order_by(pay_trade.c.created_at.desc(), pay_trade.c.trace_no.desc())
    return [TradeRow._make(row) for row in connection.execute(query.limit(limit))]


def refunds(connection: Connection, wanted: Wanted, limit: int, after: Where | None = None) -> list[RefundRow]:
    """Refunds, the newest first, from after a place. A number is ours, the HIS's, or its trade's."""
    where = _within(pay_refund, wanted)
    if wanted.number:
        own = (pay_refund.c.refund_no, pay_refund.c.out_refund_no, pay_refund.c.trace_no)
        where.append(or_(*(column == wanted.number for column in own)))
    place = tuple_(pay_refund.c.created_at, pay_refund.c.refund_no)
    if after is not None:
        where.append(place < tuple_(*after))
    query = select(*_REFUND).where(*where).order_by(pay_refund.c.created_at.desc(), pay_refund.c.refund_no.desc())
    return [RefundRow._make(row) for row in connection.execute(query.limit(limit))]


def backlog(connection: Connection, kind: str, states: Collection[str]) -> list[BacklogRow]:
    """How it stands with those in these states; states without any are left out. `kind`: trade, attempt, refund."""
    table = _TABLES[kind]
    retrying = func.sum(case((table.c.tries > 0, 1), else_=0))
    query = select(table.c.state, func.count(), retrying, func.min(table.c.next_at))
    found = connection.execute(query.where(table.c.state.in_(states)).group_by(table.c.state))
    return [BacklogRow(row[0], int(row[1]), int(row[2]), int(row[3])) for row in found]


def _within(table: Table, wanted: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if wanted.states:
        where.append(table.c.state.in_(wanted.states))
    if wanted.merchants:
        where.append(table.c.merchant_id.in_(wanted.merchants))
    if wanted.begins is not None:
        where.append(table.c.created_at >= wanted.begins)
    if wanted.ends is not None:
        where.append(table.c.created_at < wanted.ends)
    return where
