"""What was asked of a HIS that acts for itself, and what came of it: one row a serial, written before the call."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

callback_act = Table(
    "callback_act",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("serial", Text, primary_key=True),
    Column("attempt", Integer, nullable=False),  # counts up only where it is certain that the last one did nothing
    Column("state", Text, nullable=False),
    Column("told", SmallInteger, nullable=False),  # whether a caller was told what came of it
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # what was asked, and the answer once there is one
    Column("at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('asked', 'unknown', 'done', 'refused')", name="state"),
    Index("ix_callback_act_at", "at"),
)
