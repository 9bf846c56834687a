"""Reviewing a day of an institution: its records and those that they belong to are laid out, and every rule is run.

A review is a job a day of an institution, put in by what came into force on that day or went out of it, and done a
little later, so that what arrives together is reviewed together. Its outcome stands in the place of the day's last one.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import structlog
from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Again, Done, Job, Outcome
from yiqiao.jobs.queue import enqueue_many
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.pages import ROWS, contents, page_of
from yiqiao.region.supervision.quality.columns import Shapes
from yiqiao.region.supervision.quality.rules import Rules, RuleUnusable
from yiqiao.region.supervision.quality.workbench import Found, Row, Workbench
from yiqiao.storage import Database
from yiqiao.storage import supervision_quality as stored
from yiqiao.storage.supervision_quality import FindingRow, ReviewRow
from yiqiao.storage.supervision_records import PageRow, RecordRow

JOB = "supervision.review"
SLOT_MS = 60_000
"""What becomes valid within one such time is reviewed together, once the next one is over."""
TURN_MS = 5000
"""When to look again whether another review is under way."""
ALWAYS = (Kind.HOSPITAL, Kind.DEPARTMENT, Kind.STAFF)
"""What every day is looked at with."""
LOOK_BACK = 7
"""Days that are reviewed again every night: some findings come of what has not arrived."""

log = structlog.get_logger("yiqiao.supervision")


def due(connection: Connection, now_ms: int, app_id: str, days: Collection[str]) -> None:
    """Have these days of an institution reviewed soon, in the transaction in which something on them changed.

    A job is of a time, so that one that runs at this moment, and may not see what is written now, is not the last.
    """
    slot = now_ms // SLOT_MS
    jobs = [(f"{app_id}|{day}|{slot}", {"app_id": app_id, "day": day}) for day in days]
    enqueue_many(connection, now_ms, JOB, jobs, (slot + 2) * SLOT_MS)


@dataclass(frozen=True)
class Reviewer:
    """Runs the rules. `shapes` says what rules see of each kind of record; it is asked when there is work."""

    database: Database
    keyring: Keyring
    clock: Clock
    rules: Rules
    shapes: Callable[[], Shapes]
    turn: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1), repr=False)
    """One at a time: a review takes a core and the memory of a day, and who uploads meanwhile is not to wait."""

    async def __call__(self, job: Job) -> Outcome:
        """The job."""
        if self.turn.locked():  # others need the places that waiting jobs would take
            return Again(self.clock.now_ms() + TURN_MS)
        async with self.turn:
            await self.review(str(job.data["app_id"]), str(job.data["day"]))
        return Done()

    def valid(self, connection: Connection, app_id: str, days: Mapping[str, Collection[str]]) -> None:
        """What is in force on these days has changed: `intake.Valid`."""
        due(connection, self.clock.now_ms(), app_id, {day for some in days.values() for day in some})

    async def look_back(self, today: date) -> int:
        """Have the last days reviewed again, and all days that these rules have not seen; answers how many."""
        now = self.clock.now_ms()
        first = f"{today - timedelta(days=LOOK_BACK)}"

        def work(connection: Connection) -> int:
            late = {(row.app_id, row.day) for row in stored.reviews(connection, first, f"{today}")}
            late |= set(stored.unreviewed(connection, self.rules.digest, "", f"{today}"))
            jobs = [(f"{app_id}|{day}|{today}", {"app_id": app_id, "day": day}) for app_id, day in sorted(late)]
            return enqueue_many(connection, now, JOB, jobs)

        return await self.database.write(work)

    async def review(self, app_id: str, day: str) -> ReviewRow:
        """Review one day of an institution now. A rule that cannot be run is left out, and logged."""
        laid_out = await self.database.read(lambda connection: _lay_out(connection, app_id, day))
        now = self.clock.now_ms()
        found = await asyncio.to_thread(self._judge, laid_out, day, beijing(now).replace(tzinfo=None))
        findings = [laid_out.finding(app_id, day, one, now) for one in found]
        review = ReviewRow(app_id, day, self.rules.digest, now, len(laid_out.own), len(findings))
        await self.database.write(lambda connection: stored.keep_review(connection, review, findings))
        return review

    def _judge(self, laid_out: "_LaidOut", day: str, now: datetime) -> list[Found]:
        found: list[Found] = []
        with Workbench(self.shapes(), day, now) as bench:
            for kind, rows in laid_out.rows(self.keyring).items():
                if kind in bench.shapes:
                    bench.load(kind, rows)
            for rule in self.rules.by_id.values():
                try:
                    found += bench.run(rule)
                except RuleUnusable as unusable:
                    log.warning("a rule of quality was left out", rule=rule.id, reason=unusable.message)
        return found


Record = tuple[str, str]
"""A record by its kind and key."""


@dataclass(frozen=True)
class _LaidOut:
    """The records of a day and those that they belong to, and the pages on which their contents stand."""

    own: frozenset[Record]
    records: Mapping[Record, RecordRow]
    pages: Sequence[PageRow]

    def rows(self, keyring: Keyring) -> Mapping[str, list[Row]]:
        """What rules see, by kind. Raises SealingUnavailable."""
        by_page: dict[tuple[int, int], list[RecordRow]] = {}
        for record in self.records.values():
            by_page.setdefault(_place(record), []).append(record)
        rows: dict[str, list[Row]] = {}
        for page in self.pages:
            texts = contents(keyring, page)
            for record in by_page[page.batch_id, page.page]:
                own = (record.kind, record.record_key) in self.own
                text = bytes(texts[record.place % ROWS])
                row = Row(record.record_key, own, record.received_at, record.sent_at, text)
                rows.setdefault(record.kind, []).append(row)
        return rows

    def finding(self, app_id: str, day: str, found: Found, now_ms: int) -> FindingRow:
        """What was found, as it is kept."""
        kind = found.rule.record
        flow_no = self.records[kind, found.key].flow_no
        return FindingRow(app_id, day, found.rule.id, found.key, kind, flow_no, found.told, now_ms)


def _lay_out(connection: Connection, app_id: str, day: str) -> _LaidOut:
    own = stored.of_day(connection, app_id, day)
    others = stored.of_kinds(connection, app_id, [kind.value for kind in ALWAYS])
    others += stored.of_flows(connection, app_id, {row.flow_no for row in own if row.flow_no})
    others += stored.of_keys(connection, app_id, Kind.RECIPE, {row.recipe_no for row in own if row.recipe_no})
    others += stored.of_keys(connection, app_id, Kind.EMR, {row.emr_no for row in own if row.emr_no})
    records = {(row.kind, row.record_key): row for row in (*others, *own)}
    pages = [*stored.pages(connection, app_id, {_place(row) for row in records.values()})]
    return _LaidOut(frozenset((row.kind, row.record_key) for row in own), records, pages)


def _place(record: RecordRow) -> tuple[int, int]:
    return record.batch_id, page_of(record.place)
