"""The outbox of a hospital that uploads its records to a supervision platform: one row a version of a record.

A row is sealed as it will be sent, and emptied when it has arrived; what stays tells that the same content need not be
sent again.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

upload_row = Table(
    "upload_row",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("row_no", BigInteger, primary_key=True),  # later rows have greater numbers
    Column("service", Text, nullable=False),
    Column("record_key", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SM3 of the row as it is sent
    Column("source", Text, nullable=False),  # the file and its line, or the view
    Column("size", Integer, nullable=False),  # bytes on the wire
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary),
    Column("state", Text, nullable=False),
    Column("newest", Integer, nullable=False),  # 1: the record has no later version
    Column("fate", Text),
    Column("told", Text),
    Column("attempts", Integer, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('ready', 'sending', 'done', 'refused', 'superseded')", name="state"),
    CheckConstraint("state NOT IN ('ready', 'sending') OR sealed IS NOT NULL", name="sealed"),
    CheckConstraint("newest IN (0, 1)", name="newest"),
)
_newest = upload_row.c.newest == 1
Index(
    "uq_upload_row_newest",
    upload_row.c.app_id,
    upload_row.c.service,
    upload_row.c.record_key,
    unique=True,
    postgresql_where=_newest,
    sqlite_where=_newest,
)
Index("ix_upload_row_record", upload_row.c.app_id, upload_row.c.service, upload_row.c.record_key)
# Not a part of the table: SQLite takes such an index only where the statement says the same in as many words.
Index("ix_upload_row_state", upload_row.c.app_id, upload_row.c.service, upload_row.c.state, upload_row.c.row_no)
