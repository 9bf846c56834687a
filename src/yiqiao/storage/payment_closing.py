"""The statements that close days of a payment hub's books. All run in the caller's transaction.

Who books holds the merchant's row of `pay_ledger` until it commits, together with all others who book; who closes a day
needs it alone. So a closing waits for bookings that are under way, and sums them up; and who books after it reads from
that very row that the day is closed.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, literal, select, union_all, update

from yiqiao.errors import DomainError
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.payments import pay_balance, pay_closing, pay_ledger, pay_transfer

NEVER = ""
"""Before every day."""


class DayClosed(DomainError):
    """Nothing can be booked on a day that is closed."""

    def __init__(self, day: str) -> None:
        super().__init__(f"{day} 已经日结，不能再记账，请重试")


class ClosingRow(NamedTuple):
    """A day that was closed: nothing more is booked on it. `transfers` and `turnover` (分) are the day's own."""

    merchant_id: str
    day: str
    at: int
    operator: str
    transfers: int
    turnover: int


_CLOSING = tuple(pay_closing.c[name] for name in ClosingRow._fields)


def held_open(connection: Connection, merchants: Collection[str]) -> Mapping[str, str]:
    """The newest closed day of each of these merchants (NEVER: none); no other is closed before the caller commits."""
    if not merchants:
        return {}
    mine = select(pay_ledger.c.merchant_id, pay_ledger.c.closed).where(pay_ledger.c.merchant_id.in_(sorted(merchants)))
    shared = mine.order_by(pay_ledger.c.merchant_id).with_for_update(read=True, key_share=True)
    found = {row[0]: str(row[1]) for row in connection.execute(shared)}
    missing = sorted(set(merchants) - found.keys())
    if missing:
        _begin(connection, missing)
        found |= {row[0]: str(row[1]) for row in connection.execute(shared)}
    return found


def hold_alone(connection: Connection, merchant_id: str) -> str:
    """The newest closed day (NEVER: none); nobody else books or closes before the caller commits."""
    mine = select(pay_ledger.c.closed).where(pay_ledger.c.merchant_id == merchant_id).with_for_update()
    found = connection.execute(mine).scalar()
    if found is None:
        _begin(connection, [merchant_id])
        found = connection.execute(mine).scalar_one()
    return str(found)


def _begin(connection: Connection, merchants: Collection[str]) -> None:
    insert_many(
        connection, pay_ledger, ("merchant_id", "closed"), [(one, NEVER) for one in merchants], skip_conflicts=True
    )


def first_day(connection: Connection, merchant_id: str, after: str) -> str | None:
    """The first day after `after` on which something was booked; None where there is none."""
    t = pay_transfer.c
    found = connection.execute(select(func.min(t.day)).where(t.merchant_id == merchant_id, t.day > after)).scalar()
    return None if found is None else str(found)


def close(connection: Connection, merchant_id: str, day: str, before: str, at: int, operator: str) -> ClosingRow:
    """Close a day, where `before` is the newest that is closed: all balances at its end, in one statement.

    The caller holds the books alone. An account on which nothing stands is not in the balances.
    """
    t, b = pay_transfer.c, pay_balance.c
    mine = t.merchant_id == merchant_id
    transfers, turnover = connection.execute(
        select(func.count(), func.coalesce(func.sum(t.amount), 0)).where(mine, t.day == day)
    ).one()
    row = ClosingRow(merchant_id, day, at, operator, int(transfers), int(turnover))
    connection.execute(insert(pay_closing).values(row._asdict()))
    since = mine, t.day > before, t.day <= day
    moves = union_all(
        select(t.debit.label("account"), t.amount.label("amount")).where(*since),
        select(t.credit.label("account"), (-t.amount).label("amount")).where(*since),
        select(b.account.label("account"), b.balance.label("amount")).where(
            b.merchant_id == merchant_id, b.day == before
        ),
    ).subquery()
    total = func.sum(moves.c.amount)
    summed = (
        select(literal(merchant_id), literal(day), moves.c.account, total).group_by(moves.c.account).having(total != 0)
    )
    connection.execute(insert(pay_balance).from_select(["merchant_id", "day", "account", "balance"], summed))
    connection.execute(update(pay_ledger).where(pay_ledger.c.merchant_id == merchant_id).values(closed=day))
    return row


def sum_at(connection: Connection, merchant_id: str, day: str) -> int:
    """What all balances at the end of a closed day add up to: nothing, or the books are broken."""
    b = pay_balance.c
    query = select(func.coalesce(func.sum(b.balance), 0)).where(b.merchant_id == merchant_id, b.day == day)
    return int(connection.execute(query).scalar_one())


def thin(connection: Connection, merchant_id: str, day: str) -> None:
    """Forget the balances at the end of a day; they follow from an earlier one's and the transfers since."""
    b = pay_balance.c
    connection.execute(delete(pay_balance).where(b.merchant_id == merchant_id, b.day == day))


def closings(connection: Connection, merchant_id: str | None, limit: int) -> list[ClosingRow]:
    """The days that were closed, the newest first; of one merchant or of all."""
    query = select(*_CLOSING).order_by(pay_closing.c.day.desc(), pay_closing.c.merchant_id).limit(limit)
    if merchant_id is not None:
        query = query.where(pay_closing.c.merchant_id == merchant_id)
    return [ClosingRow._make(row) for row in connection.execute(query)]


def balance_at(connection: Connection, merchant_id: str, account: str, day: str) -> int:
    """What stood on an account at the end of a day, closed or not, 分."""
    t, b = pay_transfer.c, pay_balance.c
    kept = select(func.max(b.day)).where(b.merchant_id == merchant_id, b.day <= day)
    carried_at = connection.execute(kept).scalar() or NEVER
    carried = select(func.coalesce(func.sum(b.balance), 0)).where(
        b.merchant_id == merchant_id, b.day == carried_at, b.account == account
    )
    since = t.merchant_id == merchant_id, t.day > carried_at, t.day <= day
    gained = select(func.coalesce(func.sum(t.amount), 0)).where(*since, t.debit == account)
    given = select(func.coalesce(func.sum(t.amount), 0)).where(*since, t.credit == account)
    parts = [int(connection.execute(one).scalar_one()) for one in (carried, gained, given)]
    return parts[0] + parts[1] - parts[2]


def last_closed(connection: Connection, merchant_id: str) -> str:
    """The newest day that was closed; NEVER where there is none."""
    mine = select(pay_ledger.c.closed).where(pay_ledger.c.merchant_id == merchant_id)
    return str(connection.execute(mine).scalar() or NEVER)


def reopen(connection: Connection, day: str) -> None:
    """Have a day and all after it open again, for a sandbox whose clock goes back; never for books of real money."""
    connection.execute(delete(pay_balance).where(pay_balance.c.day >= day))
    connection.execute(delete(pay_closing).where(pay_closing.c.day >= day))
    newest = (
        select(func.coalesce(func.max(pay_closing.c.day), NEVER))
        .where(pay_closing.c.merchant_id == pay_ledger.c.merchant_id)
        .scalar_subquery()
    )
    connection.execute(update(pay_ledger).where(pay_ledger.c.closed >= day).values(closed=newest))
