"""The ids that messages of the unified library were sent under: one row each, with what it was used for."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

message_id = Table(
    "message_id",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("msgid", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),  # SM3 of operation and business parameters
    Column("at", BigInteger, nullable=False),
    Index("ix_message_id_at", "at"),
)
