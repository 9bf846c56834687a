"""The statements of the upload outbox: rows are put in, claimed in batches, and settled."""

from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select, text, update

from yiqiao.storage.bulk import having_keys, insert_many, update_many
from yiqiao.storage.tables.uploads import upload_row

READY, SENDING, DONE, REFUSED, SUPERSEDED = "ready", "sending", "done", "refused", "superseded"
_KEYS = ("app_id", "row_no")
_RECORD = ("app_id", "service", "record_key")


class UploadRow(NamedTuple):
    """A version of a record, sealed as it will be sent. Times are epoch ms, `size` bytes on the wire."""

    app_id: str
    row_no: int
    service: str
    record_key: str
    digest: bytes
    source: str
    size: int
    key_id: str
    sealed: bytes | None
    state: str
    newest: int
    fate: str | None
    told: str | None
    attempts: int
    made_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"UploadRow({self.service}, {self.row_no}, {self.state})"


class Newest(NamedTuple):
    """The newest version of a record."""

    record_key: str
    row_no: int
    digest: bytes
    state: str


class Outcome(NamedTuple):
    """What became of a row that was sent."""

    row_no: int
    state: str
    fate: str | None
    told: str | None


class Tally(NamedTuple):
    """How many rows of an operation stand so, and what the platform said of them."""

    service: str
    state: str
    fate: str | None
    rows: int
    bytes: int


def newest(connection: Connection, app_id: str, service: str, keys: Collection[str]) -> dict[str, Newest]:
    """The newest version of each of these records, as far as there is one."""
    wanted = sorted({(app_id, service, key) for key in keys})
    columns = (*Newest._fields, "newest")
    found = having_keys(connection, upload_row, _RECORD, columns, wanted)
    return {key: Newest(key, row_no, bytes(digest), state) for key, row_no, digest, state, held in found if held}


def last_number(connection: Connection, app_id: str) -> int:
    """The greatest row number so far; 0 where there is none."""
    statement = select(func.max(upload_row.c.row_no)).where(upload_row.c.app_id == app_id)
    return connection.execute(statement).scalar() or 0


def add(connection: Connection, rows: Sequence[UploadRow], before: Collection[Newest], now_ms: int) -> None:
    """Put rows in. `before` are the versions that they come after: one that still waits is not sent any more."""
    app_id = rows[0].app_id if rows else ""
    waiting = [(app_id, one.row_no, 0, SUPERSEDED, None, now_ms) for one in before if one.state == READY]
    update_many(connection, upload_row, _KEYS, ("newest", "state", "sealed", "changed_at"), waiting)
    others = [(app_id, one.row_no, 0, now_ms) for one in before if one.state != READY]
    update_many(connection, upload_row, _KEYS, ("newest", "changed_at"), others)
    insert_many(connection, upload_row, UploadRow._fields, rows)


def again(connection: Connection, app_id: str, numbers: Sequence[int], now_ms: int) -> None:
    """Rows that were refused are ready once more."""
    rows = [(app_id, number, READY, None, None, now_ms) for number in numbers]
    update_many(connection, upload_row, _KEYS, ("state", "fate", "told", "changed_at"), rows)


def release(connection: Connection, app_id: str, now_ms: int) -> int:
    """What a sender that is gone was sending is ready once more; how many rows that were."""
    statement = (
        update(upload_row)
        .where(upload_row.c.app_id == app_id, upload_row.c.state == SENDING)
        .values(state=READY, changed_at=now_ms)
    )
    return connection.execute(statement).rowcount


def claim(connection: Connection, app_id: str, service: str, rows: int, size: int, now_ms: int) -> Sequence[UploadRow]:
    """The next rows of an operation, at most so many and of so many bytes together (but one at least), to be sent.

    A record of which an older version is on its way has to wait: the two might arrive the other way round.
    """
    other = upload_row.alias("other")
    on_its_way = (
        select(other.c.row_no)
        .where(
            other.c.app_id == app_id,
            other.c.service == service,
            other.c.record_key == upload_row.c.record_key,
            other.c.state == SENDING,
        )
        .exists()
    )
    statement = (
        select(upload_row)
        .where(
            upload_row.c.app_id == app_id,
            upload_row.c.service == service,
            upload_row.c.state == READY,
            ~on_its_way,
        )
        .order_by(upload_row.c.row_no)
        .limit(rows)
    )
    if connection.dialect.name == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    taken = list(_within(map(_read, connection.execute(statement)), size))
    claimed = [(app_id, row.row_no, SENDING, row.attempts + 1, now_ms) for row in taken]
    update_many(connection, upload_row, _KEYS, ("state", "attempts", "changed_at"), claimed)
    return taken


def _within(rows: Iterator[UploadRow], size: int) -> Iterator[UploadRow]:
    total = 0
    for place, row in enumerate(rows):
        total += row.size
        if place and total > size:
            return
        yield row


def _read(row: object) -> UploadRow:
    return UploadRow(*row)  # type: ignore[misc]


def settle(connection: Connection, app_id: str, outcomes: Sequence[Outcome], now_ms: int) -> None:
    """Write down what became of rows that were sent. What has arrived need not be kept."""
    ended = [
        (app_id, one.row_no, one.state, one.fate, one.told, None, now_ms)
        for one in outcomes
        if one.state not in (READY, REFUSED)
    ]
    kept = [
        (app_id, one.row_no, one.state, one.fate, one.told, now_ms) for one in outcomes if one.state in (READY, REFUSED)
    ]
    update_many(connection, upload_row, _KEYS, ("state", "fate", "told", "sealed", "changed_at"), ended)
    update_many(connection, upload_row, _KEYS, ("state", "fate", "told", "changed_at"), kept)


def tallies(connection: Connection, app_id: str) -> list[Tally]:
    """How the outbox stands."""
    columns = (upload_row.c.service, upload_row.c.state, upload_row.c.fate)
    statement = (
        select(*columns, func.count(), func.coalesce(func.sum(upload_row.c.size), 0))
        .where(upload_row.c.app_id == app_id)
        .group_by(*columns)
        .order_by(*columns)
    )
    return [Tally(*map_row) for map_row in connection.execute(statement)]


def refused(connection: Connection, app_id: str, limit: int) -> Sequence[UploadRow]:
    """Records whose newest version was refused, in order."""
    statement = (
        select(upload_row)
        .where(and_(upload_row.c.app_id == app_id, upload_row.c.state == REFUSED, upload_row.c.newest == 1))
        .order_by(upload_row.c.service, upload_row.c.row_no)
        .limit(limit)
    )
    return [_read(row) for row in connection.execute(statement)]


def prune(connection: Connection, app_id: str, before_ms: int) -> int:
    """Forget versions that were superseded, or were sent and have a later version; how many rows that were."""
    statement = text(
        "DELETE FROM upload_row WHERE app_id = :app_id AND newest = 0 AND changed_at < :before"
        " AND state IN ('done', 'refused', 'superseded')"
    )
    return connection.execute(statement, {"app_id": app_id, "before": before_ms}).rowcount
