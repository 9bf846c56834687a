"""The statements on what institutions have uploaded. All run in the caller's transaction.

Whoever writes has `supervision.alone` first: then what is looked up here stays as it is until the transaction ends, and
rows that were not on file can be copied in.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, select, tuple_

from yiqiao.storage.bulk import as_set, copy_many, insert_many, update_many, upsert_many
from yiqiao.storage.tables.supervision import (
    supervision_arrived,
    supervision_batch,
    supervision_intake,
    supervision_page,
    supervision_record,
    supervision_refusal,
    supervision_total,
    supervision_wanted,
)


class RecordRow(NamedTuple):
    """A version of a record, its columns in order. `amount` is in hundredths of 分."""

    app_id: str
    kind: str
    record_key: str
    digest: bytes
    version: int
    state: str
    in_force: int
    sent_at: int
    received_at: int
    batch_id: int
    place: int
    day: str
    flow_no: str | None
    order_no: str | None
    dept_code: str | None
    doctor_code: str | None
    recipe_no: str | None
    emr_no: str | None
    amount: int | None
    certificate_index: int | None
    card_index: int | None

    def __repr__(self) -> str:
        return f"RecordRow({self.kind} {self.record_key}, version={self.version}, {self.state})"


class Standing(NamedTuple):
    """What has to be known of a version to tell which one is in force."""

    record_key: str
    digest: bytes
    version: int
    state: str
    in_force: int
    sent_at: int
    day: str
    amount: int | None


class BatchRow(NamedTuple):
    """A request that was taken in."""

    app_id: str
    batch_id: int
    kind: str
    nonce: str
    sent_at: int
    received_at: int
    request_id: str
    digest: bytes
    size: int
    accepted: int
    waiting: int
    refused: int
    unchanged: int


class RefusalRow(NamedTuple):
    """A refused row of a batch, without its content."""

    app_id: str
    batch_id: int
    position: int
    record_key: str
    code: str
    told: str


class PageRow(NamedTuple):
    """Some rows' contents, sealed together."""

    app_id: str
    batch_id: int
    page: int
    key_id: str
    sealed: bytes


class WantedRow(NamedTuple):
    """What a version waits for."""

    app_id: str
    wanted_kind: str
    wanted_key: str
    kind: str
    record_key: str
    digest: bytes
    since: int


class Fact(NamedTuple):
    """Something on which records depend, by kind and key."""

    kind: str
    key: str


class Change(NamedTuple):
    """What becomes of a version that is on file."""

    state: str
    in_force: int
    sent_at: int


_RECORD = tuple(supervision_record.c[name] for name in RecordRow._fields)
_BATCH = tuple(supervision_batch.c[name] for name in BatchRow._fields)
_VERSION_KEY = ("app_id", "kind", "record_key", "digest")


def versions(connection: Connection, app_id: str, kind: str, keys: Sequence[str]) -> list[Standing]:
    """Every version on file of these records."""
    columns = ", ".join(f"t.{name}" for name in Standing._fields)
    sql = (
        f"SELECT {columns} FROM {_given(connection)} {_joined(connection)} supervision_record t"
        f" ON {_is(connection, 'record_key')}"
    )
    found = connection.exec_driver_sql(sql, (app_id, kind, as_set(connection, keys)))
    return [Standing._make(row) for row in found]


def present(connection: Connection, app_id: str, kind: str, keys: Sequence[str]) -> set[str]:
    """Which of these records are in force."""
    sql = (
        f"SELECT t.record_key FROM {_given(connection)} {_joined(connection)} supervision_record t"
        f" ON t.in_force = 1 AND {_is(connection, 'record_key')}"
    )
    return {row[0] for row in connection.exec_driver_sql(sql, (app_id, kind, as_set(connection, keys)))}


def nonce_used(connection: Connection, app_id: str, nonce: str) -> bool:
    """Whether a batch of this institution has come under this nonce."""
    table = supervision_batch.c
    found = select(table.batch_id).where(table.app_id == app_id, table.nonce == nonce)
    return connection.execute(found).first() is not None


def add_batch(
    connection: Connection, batch: BatchRow, pages: Sequence[PageRow], refusals: Sequence[RefusalRow]
) -> None:
    """File a batch with its pages, and what was refused of it."""
    insert_many(connection, supervision_batch, BatchRow._fields, [batch])
    copy_many(connection, supervision_page, PageRow._fields, pages)
    insert_many(connection, supervision_refusal, RefusalRow._fields, refusals)


def add_records(connection: Connection, rows: Sequence[RecordRow]) -> None:
    """File versions that are not on file."""
    copy_many(connection, supervision_record, RecordRow._fields, rows)


def change_versions(
    connection: Connection, app_id: str, kind: str, changes: Mapping[tuple[str, bytes], Change]
) -> None:
    """Change versions on file, by record key and digest. Who is in force no longer goes first: one is at a time."""
    rows = sorted((app_id, kind, *key, *change) for key, change in changes.items())
    columns = Change._fields
    update_many(connection, supervision_record, _VERSION_KEY, columns, [row for row in rows if not row[5]])
    update_many(connection, supervision_record, _VERSION_KEY, columns, [row for row in rows if row[5]])


def want(connection: Connection, rows: Sequence[WantedRow]) -> None:
    """Have versions wait."""
    insert_many(connection, supervision_wanted, WantedRow._fields, rows, skip_conflicts=True)


def announce(connection: Connection, app_id: str, kind: str, keys: Sequence[str]) -> bool:
    """Facts have come: those that somebody waits for are put down; answers whether there was one."""
    waits = f"EXISTS (SELECT 1 FROM supervision_wanted t WHERE {_is(connection, 'wanted_key', 'wanted_kind')})"
    wanted = f"SELECT given.value FROM {_given(connection)} WHERE {waits}"
    found = connection.exec_driver_sql(wanted, (app_id, kind, as_set(connection, keys)))
    rows = [(app_id, kind, row[0]) for row in found]
    insert_many(connection, supervision_arrived, ("app_id", "kind", "record_key"), rows, skip_conflicts=True)
    return bool(rows)


def announce_all(connection: Connection, app_id: str) -> int:
    """Put down every fact that is waited for and is there; answers how many were not put down before."""
    mine = "?1" if connection.dialect.name == "sqlite" else "$1"
    there = (
        "SELECT 1 FROM supervision_record r WHERE r.app_id = w.app_id AND r.kind = w.wanted_kind"
        " AND r.record_key = w.wanted_key AND r.in_force = 1"
        " UNION ALL SELECT 1 FROM supervision_binding b WHERE b.app_id = w.app_id AND b.kind = w.wanted_kind"
        " AND b.code = w.wanted_key"
    )
    sql = (
        "INSERT INTO supervision_arrived (app_id, kind, record_key)"
        " SELECT DISTINCT w.app_id, w.wanted_kind, w.wanted_key FROM supervision_wanted w"
        f" WHERE w.app_id = {mine} AND EXISTS ({there}) ON CONFLICT DO NOTHING RETURNING record_key"
    )
    return len(connection.exec_driver_sql(sql, (app_id,)).all())


def next_arrived(connection: Connection, app_id: str) -> Fact | None:
    """A fact that was waited for and has come."""
    table = supervision_arrived.c
    found = select(table.kind, table.record_key).where(table.app_id == app_id).limit(1)
    row = connection.execute(found).first()
    return None if row is None else Fact(*row)


def forget_arrived(connection: Connection, app_id: str, fact: Fact) -> None:
    """Nobody waits for it any more."""
    table = supervision_arrived.c
    connection.execute(
        delete(supervision_arrived).where(table.app_id == app_id, table.kind == fact.kind, table.record_key == fact.key)
    )


def take_wanted(connection: Connection, app_id: str, fact: Fact, most: int) -> list[WantedRow]:
    """Take out up to `most` of what waits for a fact."""
    table = supervision_wanted.c
    mine = and_(table.app_id == app_id, table.wanted_kind == fact.kind, table.wanted_key == fact.key)
    columns = tuple(table[name] for name in WantedRow._fields)
    order = (table.kind, table.record_key, table.digest)
    found = connection.execute(select(*columns).where(mine).order_by(*order).limit(most))
    rows = [WantedRow._make(row) for row in found]
    if rows:
        last = rows[-1]
        up_to = tuple_(*order) <= tuple_(last.kind, last.record_key, last.digest)
        connection.execute(delete(supervision_wanted).where(mine, up_to))
    return rows


def without_wants(connection: Connection, app_id: str, rows: Sequence[WantedRow]) -> list[WantedRow]:
    """Which of these versions, each told once, wait for nothing any more."""
    held = _still_wanting(connection, app_id, rows)
    versions = {(row.kind, row.record_key, row.digest): row for row in rows}
    return [row for version, row in versions.items() if version not in held]


def wanting(connection: Connection, app_id: str, most: int) -> list[tuple[Fact, int, int]]:
    """What is waited for: the fact, by how many versions, and since when; what most wait for first."""
    table = supervision_wanted.c
    number = func.count()
    found = (
        select(table.wanted_kind, table.wanted_key, number, func.min(table.since))
        .where(table.app_id == app_id)
        .group_by(table.wanted_kind, table.wanted_key)
        .order_by(number.desc(), table.wanted_kind, table.wanted_key)
        .limit(most)
    )
    return [(Fact(row[0], row[1]), row[2], row[3]) for row in connection.execute(found)]


def wanted_by(connection: Connection, app_id: str, kind: str, record_key: str) -> list[WantedRow]:
    """What the versions of a record wait for."""
    table = supervision_wanted.c
    columns = tuple(table[name] for name in WantedRow._fields)
    found = select(*columns).where(table.app_id == app_id, table.kind == kind, table.record_key == record_key)
    return [WantedRow._make(row) for row in connection.execute(found)]


def of_record(connection: Connection, app_id: str, kind: str, record_key: str) -> list[RecordRow]:
    """All versions of a record, the newest arrival first."""
    table = supervision_record.c
    found = select(*_RECORD).where(table.app_id == app_id, table.kind == kind, table.record_key == record_key)
    rows = connection.execute(found.order_by(table.version.desc()))
    return [RecordRow._make(row) for row in rows]


def of_flow(connection: Connection, app_id: str, flow_no: str, most: int) -> list[RecordRow]:
    """What is in force of one medical service."""
    table = supervision_record.c
    found = select(*_RECORD).where(table.app_id == app_id, table.flow_no == flow_no, table.in_force == 1)
    rows = connection.execute(found.order_by(table.day, table.kind, table.record_key).limit(most))
    return [RecordRow._make(row) for row in rows]


def page(connection: Connection, app_id: str, batch_id: int, number: int) -> PageRow | None:
    """One page of a batch."""
    table = supervision_page.c
    found = select(*(table[name] for name in PageRow._fields)).where(
        table.app_id == app_id, table.batch_id == batch_id, table.page == number
    )
    row = connection.execute(found).first()
    return None if row is None else PageRow._make(row)


def batches(connection: Connection, app_id: str, most: int) -> list[BatchRow]:
    """An institution's batches, the newest first."""
    table = supervision_batch.c
    found = select(*_BATCH).where(table.app_id == app_id).order_by(table.batch_id.desc()).limit(most)
    return [BatchRow._make(row) for row in connection.execute(found)]


def refusals(connection: Connection, app_id: str, batch_id: int) -> list[RefusalRow]:
    """What was refused of a batch."""
    table = supervision_refusal.c
    found = select(*(table[name] for name in RefusalRow._fields)).where(
        table.app_id == app_id, table.batch_id == batch_id
    )
    return [RefusalRow._make(row) for row in connection.execute(found.order_by(table.position))]


class TotalRow(NamedTuple):
    """What is on file of a day of the business; as a change, what it is more than before."""

    app_id: str
    kind: str
    day: str
    in_force: int
    waiting: int
    amount: int


class IntakeRow(NamedTuple):
    """What came in on a day; as a change, what it is more than before."""

    app_id: str
    kind: str
    day: str
    batches: int
    accepted: int
    waiting: int
    refused: int
    unchanged: int


def count(connection: Connection, totals: Sequence[TotalRow], intake: Sequence[IntakeRow]) -> None:
    """Add these changes to what is counted."""
    for table, rows, fields in (
        (supervision_total, totals, TotalRow._fields),
        (supervision_intake, intake, IntakeRow._fields),
    ):
        sets = {name: f"{table.name}.{name} + excluded.{name}" for name in fields[3:]}
        upsert_many(connection, table, fields[:3], fields, sorted(rows), sets=sets, unless_same=())


def totals_by_kind(connection: Connection, first: str, last: str) -> list[TotalRow]:
    """What is on file of these days of the business (both included), by institution and kind; `day` is empty."""
    table = supervision_total.c
    sums = (func.sum(table[name]) for name in TotalRow._fields[3:])
    found = (
        select(table.app_id, table.kind, *sums).where(table.day.between(first, last)).group_by(table.app_id, table.kind)
    )
    return [TotalRow(row[0], row[1], "", *map(int, row[2:])) for row in connection.execute(found)]


def totals_by_day(connection: Connection, app_id: str | None, first: str, last: str) -> list[TotalRow]:
    """What is on file of each of these days, of one institution or of all (`app_id` is empty then)."""
    table = supervision_total.c
    sums = (func.sum(table[name]) for name in TotalRow._fields[3:])
    found = select(table.kind, table.day, *sums).where(table.day.between(first, last))
    if app_id is not None:
        found = found.where(table.app_id == app_id)
    found = found.group_by(table.kind, table.day).order_by(table.day, table.kind)
    return [TotalRow(app_id or "", row[0], row[1], *map(int, row[2:])) for row in connection.execute(found)]


def intake_by_day(connection: Connection, app_id: str | None, first: str, last: str) -> list[IntakeRow]:
    """What came in on each of these days, of one institution or of all (`app_id` is empty then)."""
    table = supervision_intake.c
    sums = (func.sum(table[name]) for name in IntakeRow._fields[3:])
    found = select(table.kind, table.day, *sums).where(table.day.between(first, last))
    if app_id is not None:
        found = found.where(table.app_id == app_id)
    found = found.group_by(table.kind, table.day).order_by(table.day, table.kind)
    return [IntakeRow(app_id or "", row[0], row[1], *map(int, row[2:])) for row in connection.execute(found)]


def intake_by_institution(connection: Connection, first: str, last: str) -> list[IntakeRow]:
    """What came in on these days of arrival, by institution; `kind` and `day` are empty."""
    table = supervision_intake.c
    sums = (func.sum(table[name]) for name in IntakeRow._fields[3:])
    found = select(table.app_id, *sums).where(table.day.between(first, last)).group_by(table.app_id)
    return [IntakeRow(row[0], "", "", *map(int, row[1:])) for row in connection.execute(found)]


def last_batches(connection: Connection, app_ids: Sequence[str]) -> dict[str, int]:
    """When each institution's newest batch came (epoch ms); who never sent one is not there."""
    table = supervision_batch.c
    found: dict[str, int] = {}
    for app_id in app_ids:  # each is one look into the key, which a grouping over all batches would not be
        newest = select(table.received_at).where(table.app_id == app_id).order_by(table.batch_id.desc()).limit(1)
        received_at = connection.execute(newest).scalar()
        if received_at is not None:
            found[app_id] = received_at
    return found


def _still_wanting(connection: Connection, app_id: str, rows: Sequence[WantedRow]) -> set[tuple[str, str, bytes]]:
    """Which of these versions wait for something else too."""
    held: set[tuple[str, str, bytes]] = set()
    sql = (
        f"SELECT DISTINCT t.record_key, t.digest FROM {_given(connection)} {_joined(connection)} supervision_wanted t"
        f" ON {_is(connection, 'record_key')}"
    )
    for kind in {row.kind for row in rows}:
        keys = sorted({row.record_key for row in rows if row.kind == kind})
        found = connection.exec_driver_sql(sql, (app_id, kind, as_set(connection, keys)))
        held |= {(kind, row[0], row[1]) for row in found}
    return held


def _given(connection: Connection) -> str:
    """The keys that are asked for (parameter 3), as a table that is joined: a set of thousands within a condition is
    compared one by one where the plan was made before.
    """
    return "unnest($3::text[]) AS given(value)" if connection.dialect.name == "postgresql" else "json_each(?3) AS given"


def _joined(connection: Connection) -> str:
    """The join that looks up each of the keys that are asked for. SQLite would also go through the table, and through
    the keys for each of its rows; in a CROSS JOIN it keeps to the order that is written.
    """
    return "JOIN" if connection.dialect.name == "postgresql" else "CROSS JOIN"


def _is(connection: Connection, key: str, kind: str = "kind") -> str:
    """That a row `t` is of the institution and kind (parameters 1 and 2) and has a key that is asked for."""
    first, second = ("$1", "$2") if connection.dialect.name == "postgresql" else ("?1", "?2")
    return f"t.app_id = {first} AND t.{kind} = {second} AND t.{key} = given.value"
