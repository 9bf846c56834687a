"""The end of a business day (Beijing): its balances are struck, and nothing is booked on it any more.

Days are closed in order and once, from the first on which something was booked. A day can be closed ten minutes after
it has ended: what began before midnight has been written by then, and what has not is refused and tried again on the
new day.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection

from yiqiao.clock import BEIJING, Clock, beijing
from yiqiao.errors import DomainError
from yiqiao.storage import Database, payment_closing, payments
from yiqiao.storage.payment_closing import NEVER, ClosingRow

AFTER_S = 600
"""How long after its end a day is left open."""
BALANCE_DAYS = 62
"""So long each day's balances are kept; then those at the ends of months."""
BY_ITSELF = "system"


class DayNotOver(DomainError):
    """The day has not ended, or not long enough ago."""

    def __init__(self, day: str) -> None:
        super().__init__(f"{day} 还没有结束，次日 0:10 以后才能日结")


class NotNextDay(DomainError):
    """Days are closed one after the other; the message says which is next."""


class BooksBroken(DomainError):
    """The balances of a day do not add up to nothing. It cannot happen; nothing is closed then."""

    def __init__(self, merchant_id: str, day: str, total: int) -> None:
        super().__init__(f"{merchant_id} {day} 的账户余额合计为 {total} 分，应为 0，未日结，请立即联系平台维护人员")


@dataclass(frozen=True)
class Closing:
    """The closing of days."""

    database: Database
    clock: Clock

    async def close_day(self, merchant_id: str, day: str, operator: str) -> ClosingRow:
        """Close the day that is next. Raises DayNotOver, NotNextDay, BooksBroken."""

        def work(connection: Connection) -> ClosingRow:
            before = payment_closing.hold_alone(connection, merchant_id)
            following = _next(connection, merchant_id, before)
            if following != day:
                raise NotNextDay(_order_of(day, before, following))
            return self._closed(connection, merchant_id, day, before, operator)

        return await self.database.write(work)

    async def close_due(self, operator: str = BY_ITSELF, merchant_id: str | None = None) -> list[ClosingRow]:
        """Close all days that are over, of one merchant or of all; each commits by itself. Raises BooksBroken."""
        wanted = [merchant_id] if merchant_id else await self._merchants()
        done: list[ClosingRow] = []
        for one in wanted:
            while (row := await self._close_next(one, operator)) is not None:
                done.append(row)
        return done

    async def next_day(self, merchant_id: str) -> str | None:
        """The day that is to be closed next, over or not; None where nothing was booked since the last."""

        def work(connection: Connection) -> str | None:
            return _next(connection, merchant_id, payment_closing.last_closed(connection, merchant_id))

        return await self.database.read(work)

    async def closings(self, merchant_id: str | None = None, limit: int = 60) -> list[ClosingRow]:
        """The days that were closed, the newest first."""
        return await self.database.read(lambda c: payment_closing.closings(c, merchant_id, limit))

    def due(self, day: str) -> bool:
        """Whether a day is over, and can be closed."""
        return self.clock.now_ms() >= _end(day) + AFTER_S * 1000

    async def _merchants(self) -> list[str]:
        rows = await self.database.read(payments.merchants)
        return [row.merchant_id for row in rows]

    async def _close_next(self, merchant_id: str, operator: str) -> ClosingRow | None:
        def look(connection: Connection) -> str | None:
            return _next(connection, merchant_id, payment_closing.last_closed(connection, merchant_id))

        day = await self.database.read(look)
        if day is None or not self.due(day):
            return None

        def work(connection: Connection) -> ClosingRow | None:
            before = payment_closing.hold_alone(connection, merchant_id)
            following = _next(connection, merchant_id, before)
            if following is None or not self.due(following):
                return None
            return self._closed(connection, merchant_id, following, before, operator)

        return await self.database.write(work)

    def _closed(self, connection: Connection, merchant_id: str, day: str, before: str, operator: str) -> ClosingRow:
        if not self.due(day):
            raise DayNotOver(day)
        row = payment_closing.close(connection, merchant_id, day, before, self.clock.now_ms(), operator)
        total = payment_closing.sum_at(connection, merchant_id, day)
        if total:
            raise BooksBroken(merchant_id, day, total)
        old = date.fromisoformat(day) - timedelta(days=BALANCE_DAYS)
        if old.day != monthrange(old.year, old.month)[1]:
            payment_closing.thin(connection, merchant_id, f"{old}")
        return row


def _next(connection: Connection, merchant_id: str, before: str) -> str | None:
    """The day after the last closed one, however little was booked on it; the first one of all has something on it."""
    if before == NEVER:
        return payment_closing.first_day(connection, merchant_id, before)
    return f"{date.fromisoformat(before) + timedelta(days=1)}"


def _end(day: str) -> int:
    """Epoch ms of the midnight after a day."""
    following = date.fromisoformat(day) + timedelta(days=1)
    return round(datetime.combine(following, time(0), BEIJING).timestamp() * 1000)


def _order_of(day: str, before: str, following: str | None) -> str:
    if before and day <= before:
        return f"{day} 已经日结"
    if following is None:
        return "没有需要日结的账"
    return f"须按日期顺序日结，下一个是 {following}"


def yesterday(now_ms: int) -> str:
    """The business day before."""
    return f"{beijing(now_ms).date() - timedelta(days=1)}"
