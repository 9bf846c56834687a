"""Choices of how to be read. Nothing of the patient is in them, and of a page's address only the digest."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

reading_choice = Table(
    "reading_choice",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),
    Column("app_id", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("media", Text),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('open', 'chosen', 'done', 'cancelled')", name="state"),
    CheckConstraint("state NOT IN ('chosen', 'done') OR media IS NOT NULL", name="media"),
    Index("ix_reading_choice_at", "at"),
)
