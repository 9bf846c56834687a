"""Statements: an account's, with what stood on it before and after; and a merchant's, of all that was paid and given
back, by the names of the electronic reconciliation (3.1.3.3, 3.1.3.5: CHANNEL_TRACENO is outChargeNo or outRefundNo).
"""

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.money import yuan
from yiqiao.region.payments.books import SUSPENSE
from yiqiao.region.payments.states import REFUNDS, TRADES
from yiqiao.region.payments.ways import title
from yiqiao.storage import Database, payment_books, payment_closing, payment_movements
from yiqiao.storage.payment_books import EntryRow
from yiqiao.storage.payment_movements import PAGE, MovementRow

MOST_DAYS = 366
MOST_ENTRIES = 10_000


class DaysUnfit(DomainError):
    """The days of a statement are no days, the wrong way round, or too many."""

    def __init__(self) -> None:
        super().__init__(f"起止日期应为 yyyy-MM-dd，起不晚于止，且不超过 {MOST_DAYS} 天")


class Encoding(StrEnum):
    """How a statement's text is written: as older spreadsheets and HIS read it, or with a mark as newer ones do."""

    GBK = "gbk"
    UTF8 = "utf-8"


_CODECS: Mapping[Encoding, str] = {Encoding.GBK: "gb18030", Encoding.UTF8: "utf-8"}
"""GB18030 writes all that GBK has in the same bytes, and the rare characters of names besides."""
_MARKS: Mapping[Encoding, bytes] = {Encoding.GBK: b"", Encoding.UTF8: b"\xef\xbb\xbf"}


class LineKind(StrEnum):
    """What a line of a merchant's statement is."""

    PAYMENT = "payment"
    REFUND = "refund"
    RETURNED = "returned"
    SURPLUS = "surplus"
    SURPLUS_RETURNED = "surplus_returned"


KINDS: Mapping[LineKind, str] = {
    LineKind.PAYMENT: "收款",
    LineKind.REFUND: "退款",
    LineKind.RETURNED: "医院未入账退回",
    LineKind.SURPLUS: "多付",
    LineKind.SURPLUS_RETURNED: "多付退回",
}


class Line(NamedTuple):
    """A movement in a merchant's statement; `amount` 分, above 0 whichever way it went. `state` in words."""

    channel_traceno: str
    trace_no: str
    kind: LineKind
    channel: str
    external_no: str
    amount: int
    state: str
    at: int


COLUMNS = ("CHANNEL_TRACENO", "平台流水号", "类型", "渠道", "渠道流水号", "金额（元）", "状态", "时间")


@dataclass(frozen=True)
class AccountStatement:
    """What happened on an account on the days from `since` to `until`; amounts 分, what it gained above 0.

    `whole`: all entries are here.
    """

    merchant_id: str
    account: str
    since: str
    until: str
    opening: int
    entries: tuple[EntryRow, ...]
    closing: int
    whole: bool


@dataclass(frozen=True)
class Statements:
    """The statements of a hub."""

    database: Database

    async def account(self, merchant_id: str, account: str, since: str, until: str) -> AccountStatement:
        """An account's statement. Raises DaysUnfit."""
        first, _ = days_of(since, until)

        def work(connection: Connection) -> AccountStatement:
            before = f"{first - timedelta(days=1)}"
            opening = payment_closing.balance_at(connection, merchant_id, account, before)
            closing = payment_closing.balance_at(connection, merchant_id, account, until)
            found = payment_books.entries(connection, merchant_id, account, since, until, MOST_ENTRIES + 1)
            entries, whole = tuple(found[:MOST_ENTRIES]), len(found) <= MOST_ENTRIES
            return AccountStatement(merchant_id, account, since, until, opening, entries, closing, whole)

        return await self.database.read(work)

    async def lines(self, merchant_id: str, since: str, until: str) -> AsyncIterator[list[Line]]:
        """A merchant's statement, in parts, day by day. Raises DaysUnfit."""
        first, last = days_of(since, until)
        for n in range((last - first).days + 1):
            async for rows in pages(self.database, merchant_id, f"{first + timedelta(days=n)}"):
                yield [_line(row) for row in rows]

    async def csv(self, merchant_id: str, since: str, until: str, encoding: Encoding) -> AsyncIterator[bytes]:
        """A merchant's statement as a file, in parts. Raises DaysUnfit."""
        yield _MARKS[encoding] + _written([COLUMNS], encoding)
        async for part in self.lines(merchant_id, since, until):
            yield _written((cells(line) for line in part), encoding)


async def pages(database: Database, merchant_id: str, day: str) -> AsyncIterator[list[MovementRow]]:
    """The movements of a merchant's day, a page after the other."""
    after = ""
    while True:
        rows = await database.read(partial(payment_movements.page, merchant_id=merchant_id, day=day, after=after))
        if rows:
            yield rows
        if len(rows) < PAGE:
            return
        after = rows[-1].act


def days_of(since: str, until: str) -> tuple[date, date]:
    """The first and the last day that are meant. Raises DaysUnfit."""
    try:
        first, last = date.fromisoformat(since), date.fromisoformat(until)
    except ValueError:
        raise DaysUnfit from None
    if not 0 <= (last - first).days < MOST_DAYS or (f"{first}", f"{last}") != (since, until):
        raise DaysUnfit
    return first, last


def cells(line: Line) -> tuple[str, ...]:
    """A line as its columns read."""
    amount = yuan(line.amount)
    return (
        line.channel_traceno,
        line.trace_no,
        KINDS[line.kind],
        title(line.channel),
        line.external_no,
        amount,
        line.state,
        readable(line.at),
    )


def kind_of(row: MovementRow) -> LineKind:
    """What a movement is."""
    if row.taken:
        return LineKind.SURPLUS if row.against == SUSPENSE else LineKind.PAYMENT
    if row.against == SUSPENSE:
        return LineKind.SURPLUS_RETURNED
    return LineKind.RETURNED if row.out_refund_no is None else LineKind.REFUND


def _line(row: MovementRow) -> Line:
    kind = kind_of(row)
    refund = kind is LineKind.REFUND
    state = REFUNDS[row.refund_state or ""].title if refund else TRADES[row.trade_state or ""].title
    external = row.refund_external_no if refund else row.external_no
    number = row.out_refund_no if refund else row.out_charge_no
    return Line(number or "", row.trace_no, kind, row.channel, external or "", row.amount, state, row.at)


def _written(rows: Iterable[tuple[str, ...]], encoding: Encoding) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_plain(cell) for cell in row] for row in rows)
    return text.getvalue().encode(_CODECS[encoding])


def _plain(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula: the HIS chooses its numbers itself."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
