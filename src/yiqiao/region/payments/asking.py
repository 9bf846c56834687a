"""Channels and the HIS asked once more, whatever end there was: because a channel has told us that something happened,
or because a reconciliation has found that they know something else than we do. Only their own answer counts.

Each runs in the caller's transaction, and answers whether there is such a thing; it raises Moved.
"""

from sqlalchemy import Connection

from yiqiao.region.payments.course import Change, Step, job_of, moved, touched
from yiqiao.region.payments.states import FINAL_ATTEMPTS, FINAL_REFUNDS, FINAL_TRADES, Attempt, Trade
from yiqiao.storage import payments
from yiqiao.storage.payments import TradeRow


def order(connection: Connection, order_no: str, now: int, *, told: str, actor: str | None = None) -> bool:
    """The channel is asked how an order stands; `actor` is the channel where nobody is named."""
    known = payments.attempt_by_order_no(connection, order_no)
    if known is None:
        return False
    trade = payments.trade(connection, known.merchant_id, known.trace_no, for_update=True)
    attempt = payments.attempt(connection, known.merchant_id, order_no, for_update=True)
    if trade is None or attempt is None:
        return False
    who = actor or attempt.channel
    if trade.order_no == order_no and trade.state not in FINAL_TRADES:
        if trade.state in (Trade.PLACING, Trade.PAYING) or actor is not None:
            _go_on(connection, touched(trade, now, actor=who, told=told), now)
    elif attempt.state in (Attempt.FAILED, Attempt.CLOSED):
        _go_on(connection, moved(attempt, Attempt.STRAY, told, now, actor=who), now)
    elif attempt.state not in FINAL_ATTEMPTS:
        _go_on(connection, touched(attempt, now, actor=who, told=told), now)
    return True


def refund(connection: Connection, refund_no: str, now: int, *, told: str, actor: str | None = None) -> bool:
    """The channel is asked how a refund stands."""
    known = payments.refund_by_refund_no(connection, refund_no)
    if known is None:
        return False
    row = payments.refund(connection, known.merchant_id, known.out_refund_no, for_update=True)
    if row is not None and row.state not in FINAL_REFUNDS:
        _go_on(connection, touched(row, now, actor=actor or row.channel, told=told), now)
    return True


def refund_of(connection: Connection, merchant_id: str, number: str, now: int, *, told: str, actor: str) -> bool:
    """The same for a refund that is named by our number or by the HIS's."""
    if refund(connection, number, now, told=told, actor=actor):
        return True
    row = payments.refund(connection, merchant_id, number)
    return row is not None and refund(connection, row.refund_no, now, told=told, actor=actor)


def trade(connection: Connection, merchant_id: str, trace_no: str, now: int, *, told: str, actor: str) -> bool:
    """The next step of a trade is taken now; one that has succeeded is told to the HIS again, which is asked first
    whether it has it. Not where money of it has gone back: then the HIS knows more than the trade.
    """
    row = payments.trade(connection, merchant_id, trace_no, for_update=True)
    if row is None:
        return False
    if retold(row):
        _go_on(connection, moved(row, Trade.TELLING, told, now, {"uncertain": 1}, actor=actor), now)
    elif row.state not in FINAL_TRADES:
        _go_on(connection, touched(row, now, actor=actor, told=told), now)
    return True


def retold(row: TradeRow) -> bool:
    """Whether a trade that has succeeded can be told to the HIS again."""
    return row.state == Trade.SUCCEEDED and row.refunded == row.refunding == 0


def _go_on(connection: Connection, step: Step, now: int) -> None:
    Change((step,), jobs=(job_of(step.row, now),)).write(connection, now)
