"""The statements of uploads that are on their way: each chunk noted when it is kept, one connection at a time."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.attachments import attachment_upload as upload
from yiqiao.storage.turns import one_at_a_time


class UploadRow(NamedTuple):
    """An upload. `announced` and `digest` are SM3 in hex, `kept` bytes, the times epoch ms."""

    app_id: str
    place: str
    announced: str | None
    digest: str | None
    kept: int
    holder: str
    began_at: int
    touched_at: int


_COLUMNS = tuple(upload.c[name] for name in UploadRow._fields)


def begin(connection: Connection, fresh: UploadRow) -> UploadRow:
    """File an upload, or take over the one that was announced before: its holder is the new one from now on."""
    if fresh.announced is not None:
        one_at_a_time(connection, "attachment upload", fresh.app_id, fresh.announced)
        standing = announced(connection, fresh.app_id, fresh.announced)
        if standing is not None:
            taken = standing._replace(holder=fresh.holder, touched_at=fresh.touched_at)
            values = {"holder": taken.holder, "touched_at": taken.touched_at}
            connection.execute(update(upload).where(_is(taken)).values(values))
            return taken
    insert_many(connection, upload, UploadRow._fields, [fresh])
    return fresh


def announced(connection: Connection, app_id: str, digest: str) -> UploadRow | None:
    """The upload of a content that was announced."""
    mine = and_(upload.c.app_id == app_id, upload.c.announced == digest)
    row = connection.execute(select(*_COLUMNS).where(mine)).first()
    return None if row is None else UploadRow._make(row)


def advance(connection: Connection, mine: UploadRow) -> bool:
    """Note how far an upload is (`kept`, `digest`, `touched_at`); answers whether it is still held by this holder."""
    values = {"kept": mine.kept, "digest": mine.digest, "touched_at": mine.touched_at}
    held = and_(_is(mine), upload.c.holder == mine.holder)
    return connection.execute(update(upload).where(held).values(values)).rowcount == 1


def take(connection: Connection, standing: UploadRow, holder: str) -> bool:
    """Take over an upload as it stands; answers whether it still stands so."""
    as_seen = and_(_is(standing), upload.c.holder == standing.holder, upload.c.touched_at == standing.touched_at)
    return connection.execute(update(upload).where(as_seen).values(holder=holder)).rowcount == 1


def end(connection: Connection, mine: UploadRow) -> bool:
    """Forget an upload; answers whether it was still held by this holder, else nothing is done."""
    held = and_(_is(mine), upload.c.holder == mine.holder)
    return connection.execute(delete(upload).where(held)).rowcount == 1


def untouched_since(connection: Connection, before_ms: int, limit: int) -> list[UploadRow]:
    """Uploads on which nothing has come since, the oldest first."""
    query = select(*_COLUMNS).where(upload.c.touched_at < before_ms).order_by(upload.c.touched_at).limit(limit)
    return [UploadRow._make(row) for row in connection.execute(query)]


def under_way(connection: Connection, app_id: str, limit: int) -> list[UploadRow]:
    """An institution's uploads that are not whole, the latest first."""
    query = select(*_COLUMNS).where(upload.c.app_id == app_id).order_by(upload.c.touched_at.desc()).limit(limit)
    return [UploadRow._make(row) for row in connection.execute(query)]


def _is(row: UploadRow) -> ColumnElement[bool]:
    return and_(upload.c.app_id == row.app_id, upload.c.place == row.place)
