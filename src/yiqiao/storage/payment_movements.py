"""A day's money as the books hold it: what channels took and what went out, with whose trade and refund it was.

Read in pages: a day of a large hospital has more rows than should be held at once.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, func, or_, select

from yiqiao.storage.bulk import having_keys
from yiqiao.storage.tables.payments import (
    pay_account,
    pay_attempt,
    pay_refund,
    pay_trade,
    pay_transfer,
)

PAGE = 5_000
TAKEN, OUT = "paid/", "out/"
"""What acts begin with: money that a channel took (its order's number follows), money that went out (the number of the
refund).
"""


class MovementRow(NamedTuple):
    """A movement: `account` of the channel, `against` the other side; the refund's columns where it is one."""

    act: str
    account: str
    against: str
    amount: int
    at: int
    trace_no: str
    out_charge_no: str | None
    trade_state: str | None
    trade_amount: int | None
    given_back: int | None
    external_no: str | None
    out_refund_no: str | None
    refund_type: str | None
    refund_state: str | None
    refund_external_no: str | None

    @property
    def taken(self) -> bool:
        """Whether a channel took it."""
        return self.act.startswith(TAKEN)

    @property
    def number(self) -> str:
        """The number under which the channel knows it."""
        return self.act.partition("/")[2]

    @property
    def channel(self) -> str:
        """The channel's code."""
        return self.account.partition("/")[2]


def page(connection: Connection, merchant_id: str, day: str, after: str = "", limit: int = PAGE) -> list[MovementRow]:
    """The next movements of a merchant's day after an act, in the order of the engine's own."""
    t, a, d, r = pay_transfer.c, pay_attempt.c, pay_trade.c, pay_refund.c
    taken = t.act.like(f"{TAKEN}%")
    order_no, refund_no = func.substr(t.act, len(TAKEN) + 1), func.substr(t.act, len(OUT) + 1)
    joined = (
        pay_transfer.outerjoin(pay_trade, and_(d.merchant_id == t.merchant_id, d.trace_no == t.trace_no))
        .outerjoin(pay_attempt, and_(a.merchant_id == t.merchant_id, a.order_no == order_no))
        .outerjoin(pay_refund, and_(r.merchant_id == t.merchant_id, r.trace_no == t.trace_no, r.refund_no == refund_no))
    )
    query = (
        select(
            t.act,
            case((taken, t.debit), else_=t.credit),
            case((taken, t.credit), else_=t.debit),
            t.amount,
            t.at,
            t.trace_no,
            d.out_charge_no,
            d.state,
            d.amount,
            d.refunded + d.refunding,
            a.external_no,
            r.out_refund_no,
            r.refund_type,
            r.state,
            r.external_no,
        )
        .select_from(joined)
        .where(t.merchant_id == merchant_id, t.day == day, t.act > after)
        .where(or_(taken, t.act.like(f"{OUT}%")))
        .order_by(t.act)
        .limit(limit)
    )
    return [MovementRow._make(row) for row in connection.execute(query)]


class KnownOrder(NamedTuple):
    """An order that a channel names, as it is known here: whose it is, and how it stands."""

    order_no: str
    merchant_id: str
    trace_no: str
    state: str


class KnownRefund(NamedTuple):
    """A refund as it is known here."""

    refund_no: str
    out_refund_no: str
    trace_no: str
    state: str


class Booked(NamedTuple):
    """An act that was booked."""

    act: str
    amount: int
    day: str
    at: int


def orders(connection: Connection, order_nos: Sequence[str]) -> list[KnownOrder]:
    """Those of these orders that are known, of any merchant."""
    wanted = [(one,) for one in dict.fromkeys(order_nos)]
    return [
        KnownOrder._make(r) for r in having_keys(connection, pay_attempt, ("order_no",), KnownOrder._fields, wanted)
    ]


def refunds(connection: Connection, merchant_id: str, numbers: Sequence[str], *, ours: bool) -> list[KnownRefund]:
    """Those of these refunds that are known, by our numbers or by the HIS's."""
    keys = ("merchant_id", "refund_no" if ours else "out_refund_no")
    wanted = [(merchant_id, one) for one in dict.fromkeys(numbers)]
    return [KnownRefund._make(r) for r in having_keys(connection, pay_refund, keys, KnownRefund._fields, wanted)]


def trades(connection: Connection, merchant_id: str, trace_nos: Sequence[str]) -> list[tuple[str, str, str | None]]:
    """(trace number, state, the order that paid it) of those of these trades that are known."""
    wanted = [(merchant_id, one) for one in dict.fromkeys(trace_nos)]
    columns = ("trace_no", "state", "order_no")
    return [
        (r[0], r[1], r[2]) for r in having_keys(connection, pay_trade, ("merchant_id", "trace_no"), columns, wanted)
    ]


def booked(connection: Connection, merchant_id: str, acts: Sequence[str]) -> Mapping[str, Booked]:
    """Those of these acts that were booked, on whatever day."""
    wanted = [(merchant_id, one) for one in dict.fromkeys(acts)]
    found = having_keys(connection, pay_transfer, ("merchant_id", "act"), Booked._fields, wanted)
    return {row[0]: Booked._make(row) for row in found}


def channel_codes(connection: Connection, merchant_id: str) -> list[str]:
    """The channels by which a merchant's money has ever come or gone."""
    mine = select(pay_account.c.account).where(
        pay_account.c.merchant_id == merchant_id, pay_account.c.kind == "channel"
    )
    return sorted(str(one).partition("/")[2] for one in connection.execute(mine).scalars())
