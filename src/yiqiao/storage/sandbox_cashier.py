"""The statements of the sandbox's cashier. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.sandbox import sandbox_refund, sandbox_trade, sandbox_trade_never


class TradeRow(NamedTuple):
    """A trade as stored, its columns in order."""

    trade_no: str
    amount: int
    payee: str
    subject: str
    state: str
    channel: int | None
    refunds: str
    expires_at: int
    paid_at: int | None
    at: int


class RefundRow(NamedTuple):
    """A refund as stored."""

    refund_no: str
    trade_no: str
    amount: int
    state: str
    asked: int
    at: int


def open_trade(connection: Connection, row: TradeRow) -> TradeRow:
    """File a trade, unless there is one under its number; answers the one on file."""
    insert_many(connection, sandbox_trade, TradeRow._fields, [row], skip_conflicts=True)
    return trade(connection, row.trade_no) or row


def trade(connection: Connection, trade_no: str, *, for_update: bool = False) -> TradeRow | None:
    """A trade; held until the transaction ends where it is to be changed."""
    query = select(*sandbox_trade.c).where(sandbox_trade.c.trade_no == trade_no)
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else TradeRow._make(row)


def never(connection: Connection, trade_no: str, at: int) -> None:
    """A trade that nobody has opened shall not be opened any more."""
    insert_many(connection, sandbox_trade_never, ("trade_no", "at"), [(trade_no, at)], skip_conflicts=True)


def is_never(connection: Connection, trade_no: str) -> bool:
    """Whether a trade was closed before anybody opened it."""
    query = select(sandbox_trade_never.c.at).where(sandbox_trade_never.c.trade_no == trade_no)
    return connection.execute(query).first() is not None


def trades(connection: Connection) -> list[TradeRow]:
    """All trades, the oldest first."""
    query = select(*sandbox_trade.c).order_by(sandbox_trade.c.at, sandbox_trade.c.trade_no)
    return [TradeRow._make(row) for row in connection.execute(query)]


def change_trade(connection: Connection, row: TradeRow) -> None:
    """Put a trade in the place of the one on file."""
    connection.execute(update(sandbox_trade).where(sandbox_trade.c.trade_no == row.trade_no).values(row._asdict()))


def open_refund(connection: Connection, row: RefundRow) -> RefundRow | None:
    """File a refund, unless there is one under its number; answers the one on file, None where the trade's money went
    back under another number.
    """
    insert_many(connection, sandbox_refund, RefundRow._fields, [row], skip_conflicts=True)
    found = connection.execute(select(*sandbox_refund.c).where(sandbox_refund.c.refund_no == row.refund_no)).first()
    return None if found is None else RefundRow._make(found)


def change_refund(connection: Connection, row: RefundRow) -> None:
    """Put a refund in the place of the one on file."""
    connection.execute(update(sandbox_refund).where(sandbox_refund.c.refund_no == row.refund_no).values(row._asdict()))


def refunds(connection: Connection) -> list[RefundRow]:
    """All refunds."""
    return [RefundRow._make(row) for row in connection.execute(select(*sandbox_refund.c))]
