"""What hospitals show, as it was seen last, and how that has changed: departments, doctors, prices, schedules.

Nothing personal: of doctors what everybody may know.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

catalogue_entry = Table(
    "catalogue_entry",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),  # JSON
    Column("day", Text, nullable=False),  # of a schedule; "" of what has none
    Column("gone", SmallInteger, nullable=False),  # 1: it was there once
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('department', 'doctor', 'price', 'schedule')", name="kind"),
    Index("ix_catalogue_entry_day", "hospital_id", "kind", "day"),
)

catalogue_change = Table(
    "catalogue_change",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("what", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("differs", Text, nullable=False),  # JSON: name, before, after
    CheckConstraint("what IN ('added', 'changed', 'removed')", name="what"),
    Index("ix_catalogue_change_at", "at"),
)

catalogue_look = Table(
    "catalogue_look",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("looked_at", BigInteger, nullable=False),  # when it was last tried
    Column("seen_at", BigInteger),  # when that last went well
    Column("entries", BigInteger, nullable=False),
    Column("trouble", Text, nullable=False),  # why it did not go well; "" where it did
)
