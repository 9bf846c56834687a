"""Monitoring of card use (用卡监测): every use with its stage of care, office, terminal and operator.

Chapters 验证电子健康卡二维码 and 生成用户用卡授权连接 ask for stage (treatment_code), office and operator with every
use for this purpose, and say nothing of its form. Counted are uses that succeeded: codes that were verified
(被扫) and consents that were given (主扫). Persons are masked here, so that no reader of a list or an export can
forget to.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from sqlalchemy import Connection

from yiqiao.clock import BEIJING, DAY_MS, Clock, beijing
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.region.cards.desk_operators import operator_name
from yiqiao.region.identity.person import Person, unseal_person
from yiqiao.spec.masking import mask
from yiqiao.storage import Database
from yiqiao.storage import card_uses as store
from yiqiao.storage.card_uses import CountRow, Place, UseFilter, UseLineRow
from yiqiao.storage.cards import PersonRow

HOUR_MS = 3_600_000
DEFAULT_DAYS = 7
LONGEST_DAYS = 366
LONG_DAYS = 31
FRESH_MS = 60_000
"""A longer period can hold millions of uses: it is counted anew after a minute, not at each look."""
REMEMBERED = 32
PAGE = 50
PORTION = 500
"""Lines of an export that are in memory at a time."""
MOST_OPERATORS = 500


_Ask = Callable[[Connection, int], list[UseLineRow]]


class PeriodUnfit(DomainError):
    """A first and a last day that make no period."""


@dataclass(frozen=True)
class Period:
    """Days, Beijing time, both included."""

    first: date
    last: date

    @classmethod
    def of(cls, now_ms: int, first: str = "", last: str = "") -> Self:
        """From two texts such as 2026-11-20; by default the last seven days. Raises PeriodUnfit."""
        today = beijing(now_ms).date()
        end = _day(last) if last else today
        begin = _day(first) if first else end - timedelta(days=DEFAULT_DAYS - 1)
        if begin > end:
            raise PeriodUnfit("开始日期晚于结束日期，请调换后重新查询")
        if (end - begin).days >= LONGEST_DAYS:
            raise PeriodUnfit(f"查询范围最长 {LONGEST_DAYS} 天，请缩短后重新查询")
        return cls(begin, end)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    def filter(self, **equal: str | None) -> UseFilter:
        """The uses of these days, with columns that are to be equal where given."""
        return UseFilter(_midnight(self.first), _midnight(self.last + timedelta(days=1)), **equal)


@dataclass(frozen=True)
class Slot:
    """A stretch of time; `at` epoch ms is its beginning."""

    at: int
    uses: int


@dataclass(frozen=True)
class Count:
    """How many uses share a key; a terminal's key is unique within its partner, `app_id`."""

    key: str
    app_id: str
    uses: int


@dataclass(frozen=True)
class Figures:
    """The uses of a period, counted. `unit` is hour, day or month; the counts have the most frequent first."""

    total: int
    unit: str
    slots: tuple[Slot, ...]
    stages: tuple[Count, ...]
    offices: tuple[Count, ...]
    partners: tuple[Count, ...]
    terminals: tuple[Count, ...]


@dataclass(frozen=True)
class OperatorCount:
    """How many uses an operator at a partner's desks served; `name` as the partner gave it last."""

    app_id: str
    operator_id: str
    name: str
    uses: int


@dataclass(frozen=True)
class UseLine:
    """One use, its person masked. `at` epoch ms; `serial` is the caller's own: out_verify_no where the `way` is
    scan, out_authorize_no where it is consent, as `code_kind` is there too."""

    at: int
    app_id: str
    way: str
    serial: str
    person_id: str
    name: str
    id_no: str
    issue_no: int
    code_kind: str
    treatment_code: str
    office_code: str
    term_id: str
    operator_id: str
    operator_name: str
    ip_addr: str


@dataclass(frozen=True)
class UsePage:
    """Part of a list. `next` is None where nothing older is left."""

    lines: tuple[UseLine, ...]
    next: str | None


class Monitoring:
    """The uses of cards, counted and listed."""

    def __init__(self, database: Database, keyring: Keyring, clock: Clock) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._counted: dict[UseFilter, tuple[int, Figures]] = {}
        self._counting = asyncio.Lock()

    async def figures(self, period: Period, wanted: UseFilter) -> Figures:
        """The counts of a period; of a long one, at most FRESH_MS old. Raises StorageUnreachable, StorageFailed."""
        if period.days <= LONG_DAYS:
            return await self._count(period, wanted)
        async with self._counting:  # who asks for the same meanwhile waits for it, and does not count it again
            now = self._clock.now_ms()
            known = self._counted.pop(wanted, None)
            if known is None or not 0 <= now - known[0] < FRESH_MS:
                known = (now, await self._count(period, wanted))
            self._counted[wanted] = known
            if len(self._counted) > REMEMBERED:
                del self._counted[next(iter(self._counted))]
            return known[1]

    async def _count(self, period: Period, wanted: UseFilter) -> Figures:
        unit = "hour" if period.days <= 2 else "day" if period.days <= 93 else "month"
        step = HOUR_MS if unit == "hour" else DAY_MS
        rows = await self._database.read(lambda connection: store.counts(connection, wanted, step))
        slots = _slots(period, unit, step, rows)
        return Figures(
            total=sum(slot.uses for slot in slots),
            unit=unit,
            slots=slots,
            stages=_counts(rows, "treatment_code"),
            offices=_counts(rows, "office_code"),
            partners=_counts(rows, "app_id"),
            terminals=_counts(rows, "term_id"),
        )

    async def operators(self, wanted: UseFilter, limit: int = MOST_OPERATORS) -> tuple[OperatorCount, ...]:
        """The operators who served most uses. Raises StorageUnreachable, StorageFailed."""
        rows = await self._database.read(lambda connection: store.operator_counts(connection, wanted, limit))
        return tuple(
            OperatorCount(
                row.app_id,
                row.operator_id,
                self._operator(row.app_id, row.operator_id, row.key_id, row.sealed),
                row.uses,
            )
            for row in rows
        )

    async def uses(self, wanted: UseFilter, *, limit: int = PAGE, after: str | None = None) -> UsePage:
        """The newest uses, or those behind a place in the list. Raises ValueError for what is no place,
        StorageUnreachable, StorageFailed."""
        place = parse_place(after) if after else None
        return await self._page(lambda c, n: store.newest_uses(c, wanted, n, place), limit)

    async def uses_of(self, person_id: str, *, limit: int = PAGE, after: str | None = None) -> UsePage:
        """The newest uses of a person's cards. Raises as `uses` does."""
        place = parse_place(after) if after else None
        return await self._page(lambda c, n: store.uses_of(c, person_id, n, place), limit)

    async def every_use(self, wanted: UseFilter) -> AsyncIterator[tuple[UseLine, ...]]:
        """All uses, newest first, a portion at a time. Raises StorageUnreachable, StorageFailed."""
        after = None
        while True:
            page = await self.uses(wanted, limit=PORTION, after=after)
            yield page.lines
            if page.next is None:
                return
            after = page.next

    async def _page(self, ask: _Ask, limit: int) -> UsePage:
        def work(connection: Connection) -> tuple[list[UseLineRow], tuple[UseLine, ...]]:
            rows = ask(connection, limit + 1)
            return rows, tuple(map(self._line, rows[:limit]))  # unsealed where the rows are read, off the event loop

        rows, lines = await self._database.read(work)
        return UsePage(lines, place_of(lines[-1]) if len(rows) > limit else None)

    def _line(self, row: UseLineRow) -> UseLine:
        person = self._person(row.person) if row.person else None
        return UseLine(
            at=row.at,
            app_id=row.app_id,
            way=row.way,
            serial=row.number,
            person_id=row.person_id,
            name=mask(person.name, "name") if person else "",
            id_no=mask(person.certificate.id_no, "number") if person else "",
            issue_no=row.issue_no,
            code_kind=row.code_kind,
            treatment_code=row.treatment_code,
            office_code=row.office_code or "",
            term_id=row.term_id,
            operator_id=row.operator_id,
            operator_name=self._operator(row.app_id, row.operator_id, row.operator_key_id, row.operator_sealed),
            ip_addr=row.ip_addr or "",
        )

    def _person(self, row: PersonRow) -> Person | None:
        try:
            return unseal_person(self._keyring, row)
        except DecryptionFailed:  # one row that cannot be opened must not hide all others
            return None

    def _operator(self, app_id: str, operator_id: str, key_id: str | None, sealed: bytes | None) -> str:
        if key_id is None or sealed is None:
            return ""
        return operator_name(self._keyring, app_id, operator_id, key_id, sealed)


def place_of(line: UseLine) -> str:
    """A use's place in the list, as text for an address."""
    return ".".join((str(line.at), *(text.encode().hex() for text in (line.app_id, line.way, line.serial))))


def parse_place(text: str) -> Place:
    """Raises ValueError for what is no place."""
    at, *rest = text.split(".")
    if not (len(rest) == 3 and at.isascii() and at.isdigit() and len(at) <= 15):
        raise ValueError("not a place in the list of uses")
    app_id, way, number = (bytes.fromhex(part).decode() for part in rest)
    if "\0" in app_id + way + number:
        raise ValueError("not a place in the list of uses")
    return int(at), app_id, way, number


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text or not 1970 <= day.year < 2200:
        raise PeriodUnfit("日期有误，应为存在的日期，写作 2026-11-20")
    return day


def _midnight(day: date) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp() * 1000)


def _slots(period: Period, unit: str, step: int, rows: list[CountRow]) -> tuple[Slot, ...]:
    """The stretches of a period, those without uses as well."""
    found = {int(row.key or 0) * step - store.BEIJING_MS: row.uses for row in rows if row.by == "slot"}
    wanted = period.filter()
    every = [(at, found.get(at, 0)) for at in range(wanted.since, wanted.until, step)]
    if unit != "month":
        return tuple(Slot(at, uses) for at, uses in every)
    months: dict[tuple[int, int], Slot] = {}
    for at, uses in every:
        day = beijing(at)
        slot = months.setdefault((day.year, day.month), Slot(at, 0))
        months[day.year, day.month] = Slot(slot.at, slot.uses + uses)
    return tuple(months.values())


def _counts(rows: list[CountRow], by: str) -> tuple[Count, ...]:
    found = [Count(row.key or "", row.app_id or "", row.uses) for row in rows if row.by == by]
    return tuple(sorted(found, key=lambda count: (-count.uses, count.key, count.app_id)))
