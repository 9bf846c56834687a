"""Attachments of internet hospitals: what arrived, what is on its way, and which records name which.

The bytes are in a store of their own; here stands the SM3 of them, in hex, under which that store has them.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint

from yiqiao.storage.tables.metadata import metadata

attachment = Table(
    "attachment",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("atta_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),  # from 1; the highest is the one in force
    Column("service", Text, nullable=False),
    Column("file_type", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    CheckConstraint("version > 0", name="version"),
    CheckConstraint("size > 0", name="size"),
    Index("ix_attachment_digest", "app_id", "digest"),
    Index("ix_attachment_received_at", "app_id", "received_at"),
)

attachment_upload = Table(
    "attachment_upload",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("place", Text, primary_key=True),  # where in the store its chunks are
    Column("announced", Text, nullable=True),  # the digest by which a broken upload goes on; null: it cannot
    Column("digest", Text, nullable=True),  # what it turned out to have, once all had come
    Column("kept", BigInteger, nullable=False),  # bytes that are in the store
    Column("holder", Text, nullable=False),  # the connection that may add to it: the latest
    Column("began_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger, nullable=False),
    CheckConstraint("kept >= 0", name="kept"),
    UniqueConstraint("app_id", "announced"),
    Index("ix_attachment_upload_touched_at", "touched_at"),
)

attachment_name = Table(
    "attachment_name",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("atta_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # of the record that names it
    Column("record_key", Text, primary_key=True),
    Column("service", Text, nullable=False),  # under which it ought to arrive
    Column("named_at", BigInteger, nullable=False),
    Index("ix_attachment_name_record", "app_id", "kind", "record_key"),
)
