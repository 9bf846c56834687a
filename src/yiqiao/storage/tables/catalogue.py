"""What else a hospital shows: its prices, and the sessions it has called off."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

price_item = Table(
    "price_item",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("kind", SmallInteger, primary_key=True),  # BOARD_STYLE: 0 drug, 1 service
    Column("item_code", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("price", BigInteger),  # 万分之一元: unit prices have four decimals
    Column("category", Text),
    Column("unit", Text),
    Column("maker", Text),
    Column("instructions", Text),
    Column("form", Text),
    Column("remark", Text),
    Column("changed_at", BigInteger, nullable=False),
)

stop = Table(
    "stop",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("stopped_at", BigInteger, primary_key=True),
    Column("dept_id", Text, nullable=False),
    Column("doctor_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("session", SmallInteger, nullable=False),
    Column("flag", SmallInteger, nullable=False),  # STOP_FLAG: 1 in the department, 2 the doctor in any
    Column("keeps", SmallInteger, nullable=False),  # 1: 停诊但保留预约
    Column("reason", Text),
    Column("orders", Integer, nullable=False),  # how many orders it has stopped
    Column("operator", Text, nullable=False),
    Column("was", Text, nullable=False),  # the state of the schedule before
    Column("ended_at", BigInteger),
    CheckConstraint("flag IN (1, 2)", name="flag"),
    Index("ix_stop_day", "hospital_id", "day"),
)
