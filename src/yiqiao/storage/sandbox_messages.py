"""The statements of the sandbox's messages. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.sandbox import sandbox_message


class MessageRow(NamedTuple):
    """A message that would have been sent; the number is masked."""

    message_id: str
    mobile: str
    text: str
    at: int


def add(connection: Connection, row: MessageRow) -> None:
    """Keep a message, once under its number."""
    insert_many(connection, sandbox_message, MessageRow._fields, [row], skip_conflicts=True)


def newest(connection: Connection, limit: int) -> list[MessageRow]:
    """What was sent last, the newest first."""
    query = select(*sandbox_message.c).order_by(sandbox_message.c.at.desc()).limit(limit)
    return [MessageRow._make(row) for row in connection.execute(query)]
