"""The statements on choices of how to be read. All functions run in the caller's transaction."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, case, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.reading import reading_choice


class ChoiceRow(NamedTuple):
    """A choice as stored; times epoch ms."""

    token_digest: bytes
    app_id: str
    desk: str
    state: str
    media: str | None
    at: int
    expires_at: int


def begin(connection: Connection, row: ChoiceRow) -> ChoiceRow:
    """File a choice, unless there is one under its token; answers the one on file."""
    insert_many(connection, reading_choice, ChoiceRow._fields, [row], skip_conflicts=True)
    return find(connection, row.token_digest) or row


def find(connection: Connection, token_digest: bytes) -> ChoiceRow | None:
    """A choice by its token's digest."""
    row = connection.execute(select(*reading_choice.c).where(reading_choice.c.token_digest == token_digest)).first()
    return None if row is None else ChoiceRow._make(row)


def choose(
    connection: Connection,
    token_digest: bytes,
    states: Collection[str],
    media: str,
    now: int,
    more_ms: int,
    longest_ms: int,
) -> bool:
    """Write down what was chosen, with more time, where the choice is in one of `states` and in time."""
    table = reading_choice
    latest = table.c.at + longest_ms
    chosen = (
        update(table)
        .where(table.c.token_digest == token_digest, table.c.state.in_(states), table.c.expires_at > now)
        .values(state="chosen", media=media, expires_at=case((latest < now + more_ms, latest), else_=now + more_ms))
    )
    return connection.execute(chosen).rowcount > 0


def move(connection: Connection, token_digest: bytes, states: Collection[str], state: str) -> bool:
    """Bring a choice that is in one of `states` into another; answers whether it was."""
    table = reading_choice
    moved = update(table).where(table.c.token_digest == token_digest, table.c.state.in_(states)).values(state=state)
    return connection.execute(moved).rowcount > 0
