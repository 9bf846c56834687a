"""The statements on reviews and their findings, and those by which a review reads a day. All run in the caller's
transaction.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_

from yiqiao.storage.bulk import insert_many, upsert_many
from yiqiao.storage.supervision_records import PageRow, RecordRow
from yiqiao.storage.tables.supervision import supervision_page, supervision_record, supervision_total
from yiqiao.storage.tables.supervision_quality import supervision_finding, supervision_review

T = TypeVar("T")
PORTION = 400
"""Keys in one question."""


class ReviewRow(NamedTuple):
    """When the rules were last run over an institution's day, and what came of it."""

    app_id: str
    day: str
    rules: bytes
    reviewed_at: int
    records: int
    findings: int


class FindingRow(NamedTuple):
    """What a rule has found; `told` has no names or numbers of patients."""

    app_id: str
    day: str
    rule: str
    record_key: str
    kind: str
    flow_no: str | None
    told: str
    found_at: int


class FindingCount(NamedTuple):
    """How often a rule was broken, by institution."""

    app_id: str
    rule: str
    number: int


_RECORD = tuple(supervision_record.c[name] for name in RecordRow._fields)
_FINDING = tuple(supervision_finding.c[name] for name in FindingRow._fields)


def of_day(connection: Connection, app_id: str, day: str) -> list[RecordRow]:
    """What is in force of an institution's day."""
    table = supervision_record.c
    found = select(*_RECORD).where(table.app_id == app_id, table.day == day, table.in_force == 1)
    return [RecordRow._make(row) for row in connection.execute(found)]


def of_kinds(connection: Connection, app_id: str, kinds: Collection[str]) -> list[RecordRow]:
    """All records of these kinds that are in force."""
    table = supervision_record.c
    found = select(*_RECORD).where(table.app_id == app_id, table.kind.in_(sorted(kinds)), table.in_force == 1)
    return [RecordRow._make(row) for row in connection.execute(found)]


def of_flows(connection: Connection, app_id: str, flows: Collection[str]) -> list[RecordRow]:
    """What is in force of these medical services."""
    table = supervision_record.c
    return _found(connection, app_id, [table.flow_no.in_(some) for some in _portions(flows)])


def of_keys(connection: Connection, app_id: str, kind: str, keys: Collection[str]) -> list[RecordRow]:
    """These records, as they are in force."""
    table = supervision_record.c
    wanted = [and_(table.kind == kind, table.record_key.in_(some)) for some in _portions(keys)]
    return _found(connection, app_id, wanted)


def pages(connection: Connection, app_id: str, places: Collection[tuple[int, int]]) -> Iterable[PageRow]:
    """These pages, each a (batch, page)."""
    table = supervision_page.c
    columns = tuple(table[name] for name in PageRow._fields)
    for some in _portions(places):
        found = select(*columns).where(table.app_id == app_id, tuple_(table.batch_id, table.page).in_(some))
        yield from (PageRow._make(row) for row in connection.execute(found))


def keep_review(connection: Connection, review: ReviewRow, findings: Sequence[FindingRow]) -> None:
    """Put a review in the place of the day's last one; what was found before keeps the time at which it was."""
    table = supervision_finding.c
    mine = and_(table.app_id == review.app_id, table.day == review.day)
    known = {
        (row.rule, row.record_key): row.found_at
        for row in connection.execute(select(table.rule, table.record_key, table.found_at).where(mine))
    }
    connection.execute(delete(supervision_finding).where(mine))
    rows = [one._replace(found_at=known.get((one.rule, one.record_key), one.found_at)) for one in findings]
    insert_many(connection, supervision_finding, FindingRow._fields, rows)
    changed = {name: f"excluded.{name}" for name in ReviewRow._fields[2:]}
    upsert_many(
        connection, supervision_review, ReviewRow._fields[:2], ReviewRow._fields, [review], sets=changed, unless_same=()
    )


def findings(
    connection: Connection,
    first: str,
    last: str,
    most: int,
    *,
    app_id: str | None = None,
    rules: Collection[str] | None = None,
) -> list[FindingRow]:
    """What was found on these days (both included), the latest day first."""
    table = supervision_finding.c
    found = select(*_FINDING).where(_within(first, last, app_id, rules))
    found = found.order_by(table.day.desc(), table.app_id, table.rule, table.record_key).limit(most)
    return [FindingRow._make(row) for row in connection.execute(found)]


def findings_of_flow(connection: Connection, app_id: str, flow_no: str) -> list[FindingRow]:
    """What was found in one medical service."""
    table = supervision_finding.c
    found = select(*_FINDING).where(table.app_id == app_id, table.flow_no == flow_no)
    return [FindingRow._make(row) for row in connection.execute(found.order_by(table.day, table.rule))]


def finding_counts(connection: Connection, first: str, last: str, app_id: str | None = None) -> list[FindingCount]:
    """How often which rule was broken on these days (both included)."""
    table = supervision_finding.c
    keys = (table.app_id, table.rule)
    found = select(*keys, func.count()).where(_within(first, last, app_id, None)).group_by(*keys).order_by(*keys)
    return [FindingCount(row[0], row[1], int(row[2])) for row in connection.execute(found)]


def reviews(connection: Connection, first: str, last: str, app_id: str | None = None) -> list[ReviewRow]:
    """When these days were reviewed."""
    table = supervision_review.c
    columns = tuple(table[name] for name in ReviewRow._fields)
    found = select(*columns).where(table.day.between(first, last))
    if app_id is not None:
        found = found.where(table.app_id == app_id)
    return [ReviewRow._make(row) for row in connection.execute(found.order_by(table.day, table.app_id))]


def reviewed_since(connection: Connection, since_ms: int) -> list[tuple[str, str]]:
    """Institutions' days that were reviewed at this time (epoch ms) or later: (app_id, day)."""
    review = supervision_review.c
    found = select(review.app_id, review.day).where(review.reviewed_at >= since_ms)
    return [(row[0], row[1]) for row in connection.execute(found)]


def unreviewed(connection: Connection, rules: bytes, first: str, last: str) -> list[tuple[str, str]]:
    """Institutions' days on which something is on file and these rules were not run: (app_id, day)."""
    total, review = supervision_total.c, supervision_review.c
    same = and_(review.app_id == total.app_id, review.day == total.day, review.rules == rules)
    found = (
        select(total.app_id, total.day)
        .distinct()
        .outerjoin(supervision_review, same)
        .where(total.day.between(first, last), total.in_force > 0, review.app_id.is_(None))
        .order_by(total.day.desc(), total.app_id)
    )
    return [(row[0], row[1]) for row in connection.execute(found)]


def days_on_file(connection: Connection, first: str, last: str) -> list[tuple[str, str]]:
    """Institutions' days on which something is on file, or was: (app_id, day), the oldest first."""
    total = supervision_total.c
    found = select(total.app_id, total.day).distinct().where(total.day.between(first, last))
    return [(row[0], row[1]) for row in connection.execute(found.order_by(total.day, total.app_id))]


def _within(first: str, last: str, app_id: str | None, rules: Collection[str] | None) -> ColumnElement[bool]:
    table = supervision_finding.c
    wanted: list[ColumnElement[bool]] = [table.day.between(first, last)]
    if app_id is not None:
        wanted.append(table.app_id == app_id)
    if rules is not None:
        wanted.append(table.rule.in_(sorted(rules)))
    return and_(*wanted)


def _found(connection: Connection, app_id: str, wanted: Iterable[ColumnElement[bool]]) -> list[RecordRow]:
    table = supervision_record.c
    rows: list[RecordRow] = []
    for one in wanted:
        found = select(*_RECORD).where(table.app_id == app_id, table.in_force == 1, one)
        rows += [RecordRow._make(row) for row in connection.execute(found)]
    return rows


def _portions(keys: Collection[T]) -> Iterable[list[T]]:
    ordered = list(keys)
    return (ordered[start : start + PORTION] for start in range(0, len(ordered), PORTION))
