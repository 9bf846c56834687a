"""What a sandbox is told to do: its clock, and which faults are switched on. Empty in a hub that is none."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Integer, Table, Text

from yiqiao.storage.tables.metadata import metadata

sandbox_state = Table(
    "sandbox_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("version", BigInteger, nullable=False),  # counts changes to either table
    Column("generation", BigInteger, nullable=False),  # counts how often the data was replaced as a whole
    Column("open", Boolean, nullable=False),  # whether the hub that was started last on this database is a sandbox
    Column("clock_offset_ms", BigInteger, nullable=False),  # how far its clock is ahead of the machine's
    Column("clock_frozen_at", BigInteger),  # where it stands still; null: it runs
    CheckConstraint("id = 1", name="one_row"),
)

sandbox_fault = Table(
    "sandbox_fault",
    metadata,
    Column("dialect", Text, primary_key=True),  # "*" with app_id "*": everybody
    Column("app_id", Text, primary_key=True),
    Column("origin", Text, primary_key=True),  # switch; header: one whose times are counted
    Column("rule", Text, primary_key=True),  # late=1500, lost, times=3
    Column("seed", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),  # messages that it was held against
    Column("hit", BigInteger, nullable=False),  # and those that it happened to
    CheckConstraint("origin IN ('switch', 'header')", name="origin"),
)
