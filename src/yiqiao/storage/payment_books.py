"""The statements on a payment hub's books: accounts, transfers between them, balances. All run in the caller's
transaction.

An account's balance is what was debited to it less what was credited: money at a channel is positive, what is owed to
patients negative, and all of a merchant's balances add up to nothing. They are derived: from the last day that was
closed, and the transfers since.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, Select, bindparam, case, func, literal, select, union_all

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.payment_closing import DayClosed
from yiqiao.storage.tables.payments import pay_account, pay_balance, pay_closing, pay_transfer


class AccountRow(NamedTuple):
    """An account."""

    merchant_id: str
    account: str
    kind: str
    opened_at: int


class TransferRow(NamedTuple):
    """A transfer: `amount` 分 from `credit` to `debit`."""

    merchant_id: str
    act: str
    line_no: int
    debit: str
    credit: str
    amount: int
    trace_no: str
    day: str
    at: int


class EntryRow(NamedTuple):
    """One side of a transfer, as an account's statement tells it: `amount` is what the account gains."""

    account: str
    act: str
    line_no: int
    against: str
    amount: int
    trace_no: str
    day: str
    at: int


_TRANSFER = tuple(pay_transfer.c[name] for name in TransferRow._fields)


def open_accounts(connection: Connection, rows: Sequence[AccountRow]) -> None:
    """Have these accounts; those that are there stay as they are."""
    insert_many(connection, pay_account, AccountRow._fields, sorted(set(rows)), skip_conflicts=True)


def book(connection: Connection, rows: Sequence[TransferRow], closed: Mapping[str, str]) -> None:
    """Book transfers. An act that was booked already is the program's fault, and refused by the primary key.

    `closed` is what `held_open` has answered for their merchants in this very transaction. Raises DayClosed.
    """
    for row in rows:
        if row.day <= closed[row.merchant_id]:
            raise DayClosed(row.day)
    insert_many(connection, pay_transfer, TransferRow._fields, rows)


def of_trade(connection: Connection, merchant_id: str, trace_no: str) -> list[TransferRow]:
    """All transfers of a trade, in order."""
    query = (
        select(*_TRANSFER)
        .where(pay_transfer.c.merchant_id == merchant_id, pay_transfer.c.trace_no == trace_no)
        .order_by(pay_transfer.c.at, pay_transfer.c.act, pay_transfer.c.line_no)
    )
    return [TransferRow._make(row) for row in connection.execute(query)]


def _balances(*, of_some: bool) -> Select[Any]:
    """The query for balances, of all accounts or of some; made once."""
    mine: BindParameter[str] = bindparam("merchant_id")
    closed = select(func.max(pay_closing.c.day)).where(pay_closing.c.merchant_id == mine).scalar_subquery()
    t, b = pay_transfer.c, pay_balance.c
    since = t.merchant_id == mine, t.day > func.coalesce(closed, "")
    gained = select(t.debit.label("account"), t.amount.label("amount")).where(*since)
    given = select(t.credit.label("account"), (-t.amount).label("amount")).where(*since)
    carried = select(b.account.label("account"), b.balance.label("amount")).where(
        b.merchant_id == mine, b.day == closed
    )
    if of_some:
        some: BindParameter[list[str]] = bindparam("accounts", expanding=True)
        gained, given = gained.where(t.debit.in_(some)), given.where(t.credit.in_(some))
        carried = carried.where(b.account.in_(some))
    moves = union_all(gained, given, carried).subquery()
    return select(moves.c.account, func.sum(moves.c.amount)).group_by(moves.c.account)


_OF_ALL, _OF_SOME = _balances(of_some=False), _balances(of_some=True)


def balances(connection: Connection, merchant_id: str, accounts: Iterable[str] = ()) -> Mapping[str, int]:
    """What stands on a merchant's accounts now (or on these alone); an account without a movement is not in it."""
    wanted = list(accounts)
    keys = {"merchant_id": merchant_id, **({"accounts": wanted} if wanted else {})}
    return {row[0]: int(row[1]) for row in connection.execute(_OF_SOME if wanted else _OF_ALL, keys)}


def sum_of_all(connection: Connection) -> int:
    """What all balances of all merchants add up to: nothing, or the books are broken."""
    merchants = connection.execute(select(pay_account.c.merchant_id).distinct()).scalars().all()
    return sum(sum(balances(connection, one).values()) for one in merchants)


def accounts(connection: Connection, merchant_id: str) -> list[AccountRow]:
    """A merchant's accounts."""
    query = select(*pay_account.c).where(pay_account.c.merchant_id == merchant_id).order_by(pay_account.c.account)
    return [AccountRow._make(row) for row in connection.execute(query)]


def entries(
    connection: Connection, merchant_id: str, account: str, since: str, until: str, limit: int = 10_000
) -> list[EntryRow]:
    """An account's statement for the days from `since` to `until`, both included, in order."""
    t = pay_transfer
    gains = t.c.debit == account
    query = (
        select(
            literal(account),
            t.c.act,
            t.c.line_no,
            case((gains, t.c.credit), else_=t.c.debit),
            case((gains, t.c.amount), else_=-t.c.amount),
            t.c.trace_no,
            t.c.day,
            t.c.at,
        )
        .where(t.c.merchant_id == merchant_id, t.c.day >= since, t.c.day <= until)
        .where((t.c.debit == account) | (t.c.credit == account))
        .order_by(t.c.at, t.c.act, t.c.line_no)
        .limit(limit)
    )
    return [EntryRow._make(row) for row in connection.execute(query)]
