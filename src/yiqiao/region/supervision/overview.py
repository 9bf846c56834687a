"""What a supervisor sees at a glance: who uploaded what, who is silent, what is missing along the calling order.

All of it comes of sums that are kept as records arrive: it takes as long for ten million visits as for ten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.quality.rules import Rules
from yiqiao.storage import Database, supervision
from yiqiao.storage import supervision_quality as quality
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision import InstitutionRow
from yiqiao.storage.supervision_quality import FindingCount
from yiqiao.storage.supervision_records import IntakeRow, TotalRow

ORDER = (
    Kind.HOSPITAL,
    Kind.DEPARTMENT,
    Kind.STAFF,
    Kind.EMR,
    Kind.ORDER,
    Kind.RECIPE,
    Kind.PURCHASE,
    Kind.DRUGS,
    Kind.VISIT,
    Kind.CONSULTATION,
)
"""The calling order (1.3.5)."""
DAILY = (Kind.EMR, Kind.ORDER, Kind.RECIPE, Kind.PURCHASE, Kind.VISIT, Kind.CONSULTATION)
"""Kinds that belong to a day."""


R = TypeVar("R", TotalRow, FindingCount)


@dataclass(frozen=True)
class Glance:
    """An institution at a glance. `counts`: what is in force of the days, by kind; `waiting` for an antecedent;
    `refused` rows that came today; `serious` findings; `last` batch, epoch ms.
    """

    row: InstitutionRow
    counts: Mapping[str, int]
    waiting: int
    refused: int
    findings: int
    serious: int
    last: int | None


@dataclass(frozen=True)
class Overview:
    """All institutions, the days as they went, and how often which rule was broken (the most often first)."""

    glances: tuple[Glance, ...]
    days: tuple[str, ...]
    by_day: Mapping[str, Mapping[str, int]]
    rules: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Step:
    """A kind along the calling order: what is in force and what waits, of each day and in all."""

    kind: str
    days: tuple[tuple[int, int], ...]
    in_force: int
    waiting: int


@dataclass(frozen=True)
class Board:
    """An institution's completeness: the calling order over its days, and how often which rule was broken."""

    row: InstitutionRow
    days: tuple[str, ...]
    steps: tuple[Step, ...]
    rules: tuple[tuple[str, int], ...]
    wanted: tuple[tuple[str, str, int, int], ...]


def last_days(today: date, number: int) -> tuple[str, ...]:
    """The last days, today among them, the oldest first."""
    return tuple(f"{today - timedelta(days=back)}" for back in range(number - 1, -1, -1))


@dataclass(frozen=True)
class Overviews:
    """Where these come from."""

    database: Database
    rules: Rules

    async def overview(self, days: Sequence[str]) -> Overview:
        """All institutions over these days."""
        first, last = days[0], days[-1]

        def read(connection: Connection) -> Overview:
            rows = supervision.institutions(connection)
            totals = stored.totals_by_kind(connection, first, last)
            base = stored.totals_by_kind(connection, "", "")
            intake = {one.app_id: one for one in stored.intake_by_institution(connection, last, last)}
            counts = quality.finding_counts(connection, first, last)
            newest = stored.last_batches(connection, [row.app_id for row in rows])
            by_day: dict[str, dict[str, int]] = {day: {} for day in days}
            for one in stored.totals_by_day(connection, None, first, last):
                by_day.setdefault(one.day, {})[one.kind] = one.in_force
            mine = _by_institution([*totals, *base])
            found = _by_institution(counts)
            return Overview(
                tuple(
                    self._glance(row, mine.get(row.app_id, ()), found.get(row.app_id, ()), intake, newest)
                    for row in rows
                ),
                tuple(days),
                by_day,
                _most_often(counts),
            )

        return await self.database.read(read)

    async def board(self, app_id: str, days: Sequence[str]) -> Board | None:
        """One institution over these days; None where there is none of that appid."""
        first, last = days[0], days[-1]

        def read(connection: Connection) -> Board | None:
            row = supervision.find_institution(connection, app_id)
            if row is None:
                return None
            totals = stored.totals_by_day(connection, app_id, first, last)
            totals += stored.totals_by_day(connection, app_id, "", "")
            wanted = stored.wanting(connection, app_id, 20)
            return Board(
                row,
                tuple(days),
                tuple(_step(kind, totals, days) for kind in ORDER),
                _most_often(quality.finding_counts(connection, first, last, app_id)),
                tuple((fact.kind, fact.key, number, since) for fact, number, since in wanted),
            )

        return await self.database.read(read)

    def _glance(
        self,
        row: InstitutionRow,
        mine: Sequence[TotalRow],
        found: Sequence[FindingCount],
        intake: Mapping[str, IntakeRow],
        newest: Mapping[str, int],
    ) -> Glance:
        came = intake.get(row.app_id)
        by_kind: dict[str, int] = {}
        for one in mine:
            by_kind[one.kind] = by_kind.get(one.kind, 0) + one.in_force
        return Glance(
            row,
            by_kind,
            sum(one.waiting for one in mine),
            came.refused if came else 0,
            sum(one.number for one in found),
            sum(one.number for one in found if self._serious(one.rule)),
            newest.get(row.app_id),
        )

    def _serious(self, rule_id: str) -> bool:
        rule = self.rules.by_id.get(rule_id)
        return rule is not None and rule.weight == "serious"


def _by_institution(rows: Sequence[R]) -> Mapping[str, Sequence[R]]:
    found: dict[str, list[R]] = {}
    for row in rows:
        found.setdefault(row.app_id, []).append(row)
    return found


def _step(kind: Kind, totals: Sequence[TotalRow], days: Sequence[str]) -> Step:
    mine = {one.day: one for one in totals if one.kind == kind}
    by_day = tuple((mine[day].in_force, mine[day].waiting) if day in mine else (0, 0) for day in days)
    return Step(
        kind.value, by_day, sum(one.in_force for one in mine.values()), sum(one.waiting for one in mine.values())
    )


def _most_often(counts: Sequence[FindingCount]) -> tuple[tuple[str, int], ...]:
    numbers: dict[str, int] = {}
    for one in counts:
        numbers[one.rule] = numbers.get(one.rule, 0) + one.number
    return tuple(sorted(numbers.items(), key=lambda one: (-one[1], one[0])))
