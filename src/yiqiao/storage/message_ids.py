"""The statements of message ids: noted at their first use."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import having_keys, insert_many
from yiqiao.storage.tables.message_ids import message_id


class Use(NamedTuple):
    """A message id and the digest of what it is used for. `at` is epoch ms."""

    app_id: str
    msgid: str
    content: bytes
    at: int


def first_uses(connection: Connection, used: Sequence[Use]) -> list[bytes]:
    """Note ids; answers for each, in order, the digest of its first use, which may be that of one before it."""
    keys = ("app_id", "msgid")
    new = insert_many(connection, message_id, Use._fields, used, skip_conflicts=True, returning=(*keys, "content"))
    first = {(row.app_id, row.msgid): bytes(row.content) for row in new}
    known = sorted({use[:2] for use in used} - first.keys())
    for app_id, msgid, content in having_keys(connection, message_id, keys, (*keys, "content"), known):
        first[app_id, msgid] = bytes(content)
    return [first[use[:2]] for use in used]
