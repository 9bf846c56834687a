"""The statements of message ids: noted at their first use."""

from sqlalchemy import Connection, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.message_ids import message_id


def first_use(connection: Connection, app_id: str, msgid: str, content: bytes, at: int) -> bytes:
    """Note an id with the digest of what it is used for; answers the digest of its first use. `at` is epoch ms."""
    new = (app_id, msgid, content, at)
    columns = ("app_id", "msgid", "content", "at")
    if insert_many(connection, message_id, columns, [new], skip_conflicts=True, returning=("msgid",)):
        return content
    known = select(message_id.c.content).where(message_id.c.app_id == app_id, message_id.c.msgid == msgid)
    return bytes(connection.execute(known).scalar_one())
