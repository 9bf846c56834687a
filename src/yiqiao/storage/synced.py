"""The statements on what hospitals show. All functions run in the caller's transaction."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from yiqiao.storage.bulk import insert_many, upsert_many
from yiqiao.storage.tables.synced import catalogue_change, catalogue_entry, catalogue_look


class EntryRow(NamedTuple):
    """Something that a hospital shows, its columns in order; `content` is JSON."""

    hospital_id: str
    kind: str
    entry_id: str
    title: str
    content: str
    day: str
    gone: int
    changed_at: int


class ChangeRow(NamedTuple):
    """How an entry has changed; `differs` is JSON: name, before, after."""

    hospital_id: str
    at: int
    kind: str
    entry_id: str
    what: str
    title: str
    differs: str


class LookRow(NamedTuple):
    """When a hospital was last looked at for a kind, and what came of it."""

    hospital_id: str
    kind: str
    looked_at: int
    seen_at: int | None
    entries: int
    trouble: str


def entries(connection: Connection, hospital_id: str, kind: str, since_day: str = "") -> list[EntryRow]:
    """What is on file of a kind, also what is gone; of schedules those from a day on."""
    query = select(*catalogue_entry.c).where(
        catalogue_entry.c.hospital_id == hospital_id,
        catalogue_entry.c.kind == kind,
        catalogue_entry.c.day >= since_day,
    )
    return [EntryRow._make(row) for row in connection.execute(query)]


def put_entries(connection: Connection, rows: Sequence[EntryRow]) -> None:
    """File entries, or put them in the place of those on file."""
    keys = ("hospital_id", "kind", "entry_id")
    sets = {name: f"excluded.{name}" for name in EntryRow._fields if name not in keys}
    upsert_many(connection, catalogue_entry, keys, EntryRow._fields, rows, sets=sets, unless_same=())


def forget_days_before(connection: Connection, hospital_id: str, day: str) -> None:
    """Schedules of days that are over are no news to anybody."""
    mine = catalogue_entry.c.hospital_id == hospital_id, catalogue_entry.c.kind == "schedule"
    connection.execute(delete(catalogue_entry).where(*mine, catalogue_entry.c.day < day))


def add_changes(connection: Connection, rows: Sequence[ChangeRow]) -> None:
    """File changes."""
    insert_many(connection, catalogue_change, ChangeRow._fields, rows, skip_conflicts=True)


def changes(connection: Connection, hospital_id: str | None, limit: int) -> list[ChangeRow]:
    """What has changed last, the newest first; of one hospital, or of all."""
    query = select(*catalogue_change.c).order_by(catalogue_change.c.at.desc(), catalogue_change.c.entry_id)
    if hospital_id is not None:
        query = query.where(catalogue_change.c.hospital_id == hospital_id)
    return [ChangeRow._make(row) for row in connection.execute(query.limit(limit))]


def put_look(connection: Connection, row: LookRow) -> None:
    """Write down a look; one that did not go well leaves when the last one did."""
    sets = {name: f"excluded.{name}" for name in ("looked_at", "trouble", "entries")}
    sets["seen_at"] = "COALESCE(excluded.seen_at, catalogue_look.seen_at)"
    if row.trouble:
        sets["entries"] = "catalogue_look.entries"
    keys = ("hospital_id", "kind")
    upsert_many(connection, catalogue_look, keys, LookRow._fields, [row], sets=sets, unless_same=())


def was_seen(connection: Connection, hospital_id: str, kind: str) -> bool:
    """Whether a look at a kind has ever gone well."""
    mine = catalogue_look.c.hospital_id == hospital_id, catalogue_look.c.kind == kind
    return connection.scalar(select(catalogue_look.c.seen_at).where(*mine)) is not None


def looks(connection: Connection) -> list[LookRow]:
    """All looks, by hospital and kind."""
    query = select(*catalogue_look.c).order_by(catalogue_look.c.hospital_id, catalogue_look.c.kind)
    return [LookRow._make(row) for row in connection.execute(query)]
