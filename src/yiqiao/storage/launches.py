"""The statements on launches, their sessions and notes."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.tables.launches import launch, launch_note, launch_session


class LaunchRow(NamedTuple):
    """A launch as stored."""

    app_id: str
    mark: str
    patient_key: str
    key_id: str
    sealed: bytes
    idle_s: int
    at: int


class SessionRow(NamedTuple):
    """A session, or a ticket for one, as stored."""

    token_digest: bytes
    app_id: str
    mark: str
    kind: str
    created_at: int
    seen_at: int
    expires_at: int


class NoteRow(NamedTuple):
    """A note as stored."""

    patient_key: str
    note_id: str
    app_id: str
    mark: str
    key_id: str
    sealed: bytes
    at: int


_LAUNCH = [launch.c[name] for name in LaunchRow._fields]
_SESSION = [launch_session.c[name] for name in SessionRow._fields]
_NOTE = [launch_note.c[name] for name in NoteRow._fields]


def add_launches(connection: Connection, rows: Sequence[LaunchRow]) -> set[tuple[str, str]]:
    """File launches; one whose mark is on file already, or stands earlier in `rows`, is left out.

    Answers (app_id, mark) of those filed.
    """
    done = insert_many(connection, launch, LaunchRow._fields, rows, skip_conflicts=True, returning=("app_id", "mark"))
    return {(str(app_id), str(mark)) for app_id, mark in map(tuple, done)}


def first_used(connection: Connection, marks: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """When the launches with these (app_id, mark) were opened."""
    sql = (
        "SELECT app_id, mark, at FROM launch "
        f"WHERE {matching(connection, 'app_id', 1)} AND {matching(connection, 'mark', 2)}"
    )
    apps, texts = zip(*marks, strict=True)
    rows = connection.exec_driver_sql(sql, (as_set(connection, apps), as_set(connection, texts)))
    return {(row[0], row[1]): row[2] for row in rows}


def launches_of(connection: Connection, patient_key: str, limit: int) -> list[LaunchRow]:
    """The launches on one patient, newest first."""
    found = select(*_LAUNCH).where(launch.c.patient_key == patient_key)
    return [LaunchRow._make(row) for row in connection.execute(found.order_by(launch.c.at.desc()).limit(limit))]


def add_sessions(connection: Connection, rows: Sequence[SessionRow]) -> None:
    """File sessions."""
    insert_many(connection, launch_session, SessionRow._fields, rows)


def session(connection: Connection, digest: bytes) -> tuple[SessionRow, LaunchRow] | None:
    """A session with its launch."""
    joined = (launch.c.app_id == launch_session.c.app_id) & (launch.c.mark == launch_session.c.mark)
    found = select(*_SESSION, *_LAUNCH).join(launch, joined).where(launch_session.c.token_digest == digest)
    row = connection.execute(found).first()
    width = len(_SESSION)
    return (SessionRow._make(row[:width]), LaunchRow._make(row[width:])) if row is not None else None


def see(connection: Connection, digest: bytes, now_ms: int) -> None:
    """Write down that a session is in use."""
    connection.execute(update(launch_session).where(launch_session.c.token_digest == digest).values(seen_at=now_ms))


def drop_session(connection: Connection, digest: bytes) -> None:
    """Forget a session."""
    connection.execute(delete(launch_session).where(launch_session.c.token_digest == digest))


def take_ticket(connection: Connection, digest: bytes) -> SessionRow | None:
    """Take a ticket away and answer it; whoever comes second finds nothing."""
    taken = delete(launch_session).where(launch_session.c.token_digest == digest, launch_session.c.kind == "ticket")
    row = connection.execute(taken.returning(*_SESSION)).first()
    return SessionRow._make(row) if row is not None else None


def sweep_sessions(connection: Connection, now_ms: int) -> int:
    """Forget what is over; answers how many."""
    return connection.execute(delete(launch_session).where(launch_session.c.expires_at <= now_ms)).rowcount


def add_note(connection: Connection, row: NoteRow) -> None:
    """File a note, unless it is on file already."""
    insert_many(connection, launch_note, NoteRow._fields, [row], skip_conflicts=True)


def notes_of(connection: Connection, patient_key: str, limit: int) -> list[NoteRow]:
    """The notes on one patient, newest first."""
    found = select(*_NOTE).where(launch_note.c.patient_key == patient_key)
    return [NoteRow._make(row) for row in connection.execute(found.order_by(launch_note.c.at.desc()).limit(limit))]
