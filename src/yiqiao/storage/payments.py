"""The statements on trades, the attempts to pay them, refunds and their course. All run in the caller's transaction.

Rows are changed by version: a change is made on the very version that was read, or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Table, bindparam, func, select, update

from yiqiao.storage.bulk import having_keys, insert_many, update_many
from yiqiao.storage.tables.payments import pay_attempt, pay_event, pay_merchant, pay_refund, pay_trade


class MerchantRow(NamedTuple):
    """A merchant as stored; `settings` is JSON, its secret is sealed."""

    merchant_id: str
    name: str
    hospital_id: str
    account_type: str
    key_id: str
    sealed: bytes
    settings: str
    enabled: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"MerchantRow({self.merchant_id}, {self.name})"


class TradeRow(NamedTuple):
    """A trade as stored, its columns in order. Amounts are 分."""

    merchant_id: str
    trace_no: str
    out_charge_no: str
    app_id: str
    fingerprint: bytes
    token: str
    account: str
    amount: int
    subject: str
    fee_type: str | None
    deposit_type: str | None
    state: str
    uncertain: int
    reason: str
    tries: int
    next_at: int
    deadline: int
    order_no: str | None
    channel: str | None
    external_no: str | None
    paid_at: int | None
    callsn: str | None
    balance: int | None
    refunded: int
    refunding: int
    refunds: int
    notify_url: str | None
    settles: str
    key_id: str
    sealed: bytes
    version: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"TradeRow({self.trace_no}, {self.state}, version={self.version})"

    @property
    def left(self) -> int:
        """What can still be given back."""
        return self.amount - self.refunded - self.refunding


class AttemptRow(NamedTuple):
    """An attempt to pay a trade through one channel, as stored."""

    merchant_id: str
    order_no: str
    trace_no: str
    channel: str
    entry: str
    amount: int
    state: str
    paid_amount: int | None
    pay_url: str | None
    external_no: str | None
    paid_at: int | None
    told: str
    tries: int
    next_at: int
    key_id: str | None
    sealed: bytes | None
    version: int
    created_at: int

    def __repr__(self) -> str:
        return f"AttemptRow({self.order_no}, {self.channel}, {self.state}, version={self.version})"


class RefundRow(NamedTuple):
    """A refund as stored."""

    merchant_id: str
    out_refund_no: str
    refund_no: str
    trace_no: str
    app_id: str
    fingerprint: bytes
    amount: int
    withdraw_mode: str
    refund_type: str
    channel: str
    state: str
    round: int
    uncertain: int
    reason: str
    tries: int
    next_at: int
    external_no: str | None
    refunded_at: int | None
    callsn: str | None
    asked_by: str
    approved_by: str | None
    version: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"RefundRow({self.out_refund_no}, {self.state}, version={self.version})"


class EventRow(NamedTuple):
    """A step in the course of a trade, an attempt or a refund; `version` is the subject's after it."""

    merchant_id: str
    subject: str
    version: int
    trace_no: str
    at: int
    before: str
    after: str
    actor: str
    tries: int
    told: str


Row = TradeRow | AttemptRow | RefundRow

_TABLES: Mapping[type[Any], tuple[Table, str]] = {
    TradeRow: (pay_trade, "trace_no"),
    AttemptRow: (pay_attempt, "order_no"),
    RefundRow: (pay_refund, "out_refund_no"),
}


def _columns(table: Table, kind: type[Any]) -> tuple[ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in kind._fields)


_TRADE = _columns(pay_trade, TradeRow)
_ATTEMPT = _columns(pay_attempt, AttemptRow)
_REFUND = _columns(pay_refund, RefundRow)
_EVENT = _columns(pay_event, EventRow)
_MERCHANT = _columns(pay_merchant, MerchantRow)


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """File new rows; trades before the attempts and refunds that belong to them."""
    for kind, (table, _) in _TABLES.items():
        new = [row for row in rows if type(row) is kind]
        if new:
            insert_many(connection, table, kind._fields, new)


def tell(connection: Connection, events: Sequence[EventRow]) -> None:
    """Write down steps of a course."""
    insert_many(connection, pay_event, EventRow._fields, events)


def versions(connection: Connection, rows: Sequence[Row]) -> Mapping[tuple[str, str, str], int]:
    """The versions on file of these rows, by (table, merchant, number); kept from all others until the end.

    Always trades first, as everybody takes them: who wants the same rows then waits, and not in a ring.
    """
    found: dict[tuple[str, str, str], int] = {}
    for kind, (table, key) in _TABLES.items():
        wanted = sorted({identity(row)[1:] for row in rows if type(row) is kind})
        if not wanted:
            continue
        columns = ("merchant_id", key)
        for merchant_id, number, version in having_keys(
            connection, table, columns, (*columns, "version"), wanted, lock=True
        ):
            found[table.name, merchant_id, number] = version
    return found


def identity(row: Row) -> tuple[str, str, str]:
    """(table, merchant, number)."""
    table, key = _TABLES[type(row)]
    return table.name, row.merchant_id, getattr(row, key)


def change(connection: Connection, changes: Sequence[tuple[Row, Row]]) -> None:
    """Put rows in the places of others: (after, before). Whoever calls has looked at the versions."""
    alike: dict[tuple[type[Any], tuple[str, ...]], list[tuple[object, ...]]] = {}
    for after, before in changes:
        columns = tuple(name for name, old, new in zip(before._fields, before, after, strict=True) if old != new)
        values = (*identity(before)[1:], *(getattr(after, name) for name in columns))
        alike.setdefault((type(after), columns), []).append(values)
    for (kind, columns), values_of_rows in alike.items():
        table, key = _TABLES[kind]
        update_many(connection, table, ("merchant_id", key), columns, values_of_rows)


def _by(columns: tuple[ColumnElement[Any], ...], table: Table, *names: str) -> tuple[Select[Any], Select[Any]]:
    """A query by these columns, and the same that holds what it finds; made once."""
    query = select(*columns).where(*(table.c[name] == bindparam(name) for name in names))
    return query, query.with_for_update()


_TRADE_BY_TRACE_NO = _by(_TRADE, pay_trade, "merchant_id", "trace_no")
_TRADE_BY_CHARGE_NO = _by(_TRADE, pay_trade, "merchant_id", "out_charge_no")
_TRADE_BY_TOKEN = _by(_TRADE, pay_trade, "token")
_TRADE_BY_NUMBER = _by(_TRADE, pay_trade, "trace_no")
_ATTEMPT_BY_ORDER_NO = _by(_ATTEMPT, pay_attempt, "merchant_id", "order_no")
_ATTEMPT_BY_NUMBER = _by(_ATTEMPT, pay_attempt, "order_no")
_ATTEMPTS = _by(_ATTEMPT, pay_attempt, "merchant_id", "trace_no")[0].order_by(
    pay_attempt.c.created_at, pay_attempt.c.order_no
)
_REFUND_BY_OUT_NO = _by(_REFUND, pay_refund, "merchant_id", "out_refund_no")
_REFUND_BY_NUMBER = _by(_REFUND, pay_refund, "refund_no")
_REFUNDS = _by(_REFUND, pay_refund, "merchant_id", "trace_no")[0].order_by(
    pay_refund.c.created_at, pay_refund.c.out_refund_no
)
_MERCHANT_BY_ID = _by(_MERCHANT, pay_merchant, "merchant_id")


def newest_versions(connection: Connection, subjects: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The version of the newest event of each of these (merchant, subject) that has one."""
    e = pay_event.c
    query = (
        select(e.merchant_id, e.subject, func.max(e.version))
        .where(e.merchant_id.in_({one for one, _ in subjects}), e.subject.in_({two for _, two in subjects}))
        .group_by(e.merchant_id, e.subject)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


def trade(connection: Connection, merchant_id: str, trace_no: str, *, for_update: bool = False) -> TradeRow | None:
    """One trade; held until the transaction ends where it is to be changed."""
    keys = {"merchant_id": merchant_id, "trace_no": trace_no}
    row = connection.execute(_TRADE_BY_TRACE_NO[for_update], keys).first()
    return None if row is None else TradeRow._make(row)


def trade_by_charge_no(
    connection: Connection, merchant_id: str, out_charge_no: str, *, for_update: bool = False
) -> TradeRow | None:
    """One trade by the HIS's number."""
    keys = {"merchant_id": merchant_id, "out_charge_no": out_charge_no}
    row = connection.execute(_TRADE_BY_CHARGE_NO[for_update], keys).first()
    return None if row is None else TradeRow._make(row)


def trade_by_token(connection: Connection, token: str) -> TradeRow | None:
    """One trade by its cashier's token."""
    row = connection.execute(_TRADE_BY_TOKEN[0], {"token": token}).first()
    return None if row is None else TradeRow._make(row)


def trade_by_trace_no(connection: Connection, trace_no: str) -> TradeRow | None:
    """One trade by our number alone."""
    row = connection.execute(_TRADE_BY_NUMBER[0], {"trace_no": trace_no}).first()
    return None if row is None else TradeRow._make(row)


def attempts(connection: Connection, merchant_id: str, trace_no: str) -> list[AttemptRow]:
    """The attempts to pay a trade, the oldest first."""
    found = connection.execute(_ATTEMPTS, {"merchant_id": merchant_id, "trace_no": trace_no})
    return [AttemptRow._make(row) for row in found]


def attempt(connection: Connection, merchant_id: str, order_no: str, *, for_update: bool = False) -> AttemptRow | None:
    """One attempt."""
    keys = {"merchant_id": merchant_id, "order_no": order_no}
    row = connection.execute(_ATTEMPT_BY_ORDER_NO[for_update], keys).first()
    return None if row is None else AttemptRow._make(row)


def attempt_by_order_no(connection: Connection, order_no: str) -> AttemptRow | None:
    """One attempt, by the channel's order number alone."""
    row = connection.execute(_ATTEMPT_BY_NUMBER[0], {"order_no": order_no}).first()
    return None if row is None else AttemptRow._make(row)


def refund(
    connection: Connection, merchant_id: str, out_refund_no: str, *, for_update: bool = False
) -> RefundRow | None:
    """One refund, by the HIS's number."""
    keys = {"merchant_id": merchant_id, "out_refund_no": out_refund_no}
    row = connection.execute(_REFUND_BY_OUT_NO[for_update], keys).first()
    return None if row is None else RefundRow._make(row)


def refund_by_refund_no(connection: Connection, refund_no: str) -> RefundRow | None:
    """One refund, by our number alone."""
    row = connection.execute(_REFUND_BY_NUMBER[0], {"refund_no": refund_no}).first()
    return None if row is None else RefundRow._make(row)


def refunds(connection: Connection, merchant_id: str, trace_no: str) -> list[RefundRow]:
    """The refunds of a trade, the oldest first."""
    found = connection.execute(_REFUNDS, {"merchant_id": merchant_id, "trace_no": trace_no})
    return [RefundRow._make(row) for row in found]


def trades_by_trace_no(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[TradeRow]:
    """The trades of these (merchant, our number)."""
    keys = ("merchant_id", "trace_no")
    return [TradeRow._make(row) for row in having_keys(connection, pay_trade, keys, TradeRow._fields, wanted)]


def trades_by_charge_no(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[TradeRow]:
    """The trades of these (merchant, HIS's number)."""
    keys = ("merchant_id", "out_charge_no")
    return [TradeRow._make(row) for row in having_keys(connection, pay_trade, keys, TradeRow._fields, wanted)]


def course(connection: Connection, merchant_id: str, trace_no: str) -> list[EventRow]:
    """All that happened to a trade, its attempts and its refunds, in order."""
    query = (
        select(*_EVENT)
        .where(pay_event.c.merchant_id == merchant_id, pay_event.c.trace_no == trace_no)
        .order_by(pay_event.c.at, pay_event.c.subject, pay_event.c.version)
    )
    return [EventRow._make(row) for row in connection.execute(query)]


def newest_trades(
    connection: Connection, limit: int, *, states: Sequence[str] = (), merchant_id: str | None = None
) -> list[TradeRow]:
    """The trades that were made last, where wanted of these states or this merchant alone."""
    query = select(*_TRADE).order_by(pay_trade.c.created_at.desc()).limit(limit)
    if states:
        query = query.where(pay_trade.c.state.in_(states))
    if merchant_id is not None:
        query = query.where(pay_trade.c.merchant_id == merchant_id)
    return [TradeRow._make(row) for row in connection.execute(query)]


def newest_refunds(
    connection: Connection, limit: int, *, states: Sequence[str] = (), merchant_id: str | None = None
) -> list[RefundRow]:
    """The refunds that were asked for last."""
    query = select(*_REFUND).order_by(pay_refund.c.created_at.desc()).limit(limit)
    if states:
        query = query.where(pay_refund.c.state.in_(states))
    if merchant_id is not None:
        query = query.where(pay_refund.c.merchant_id == merchant_id)
    return [RefundRow._make(row) for row in connection.execute(query)]


def in_states(connection: Connection, states: Sequence[str], limit: int) -> list[AttemptRow]:
    """Attempts of these states, the longest waiting first."""
    query = select(*_ATTEMPT).where(pay_attempt.c.state.in_(states)).order_by(pay_attempt.c.next_at).limit(limit)
    return [AttemptRow._make(row) for row in connection.execute(query)]


def add_merchant(connection: Connection, row: MerchantRow) -> bool:
    """File a merchant; answers whether it was new."""
    return bool(
        insert_many(
            connection,
            pay_merchant,
            MerchantRow._fields,
            [row],
            skip_conflicts=True,
            returning=("merchant_id",),
        )
    )


def change_merchant(connection: Connection, merchant_id: str, values: Mapping[str, object]) -> bool:
    """Change a merchant's columns; answers whether there is one."""
    mine = update(pay_merchant).where(pay_merchant.c.merchant_id == merchant_id)
    return connection.execute(mine.values(dict(values))).rowcount == 1


def merchants(connection: Connection) -> list[MerchantRow]:
    """All merchants."""
    query = select(*_MERCHANT).order_by(pay_merchant.c.merchant_id)
    return [MerchantRow._make(row) for row in connection.execute(query)]


def merchant(connection: Connection, merchant_id: str) -> MerchantRow | None:
    """One merchant."""
    row = connection.execute(_MERCHANT_BY_ID[0], {"merchant_id": merchant_id}).first()
    return None if row is None else MerchantRow._make(row)
