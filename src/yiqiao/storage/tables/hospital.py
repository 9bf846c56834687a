"""Hospitals that keep their data here: themselves, departments, doctors, schedules and their units.

A unit of a schedule belongs to a pool of it (shared, referral), and to one of its time slots where it has such. `taken`
counts what is locked or booked; the CHECK is the rule that no slot is oversold. Days are `YYYY-MM-DD` by Beijing time.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

hospital = Table(
    "hospital",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("about", Text, nullable=False),  # JSON: what is shown of it and nothing hangs on (address, level, …)
    Column("max_reg_days", SmallInteger, nullable=False),
    Column("start_reg_time", Text),
    Column("end_reg_time", Text),
    Column("stop_book_time_am", Text),
    Column("stop_book_time_pm", Text),
    Column("changed_at", BigInteger, nullable=False),
)

department = Table(
    "department",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("dept_id", Text, primary_key=True),
    Column("parent_id", Text),  # none: of the first level
    Column("name", Text, nullable=False),
    Column("kind", SmallInteger, nullable=False),  # DEPART_TYPE
    Column("active", SmallInteger, nullable=False),
    Column("sex_limit", SmallInteger, nullable=False),  # 0 none, 1 men, 2 women
    Column("baby_flag", SmallInteger, nullable=False),  # 1 children only, 2 adults only
    Column("baby_age", SmallInteger),
    Column("sort", Integer, nullable=False),
    Column("about", Text, nullable=False),  # JSON: texts for the reader
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_department_parent_id", "hospital_id", "parent_id"),
)

doctor = Table(
    "doctor",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("doctor_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("job_title", Text),  # JOB_TITLE
    Column("active", SmallInteger, nullable=False),
    Column("sort", Integer, nullable=False),
    Column("about", Text, nullable=False),  # JSON: what is shown to everybody
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # certificate, birthday, phone
    Column("changed_at", BigInteger, nullable=False),
)

doctor_photo = Table(
    "doctor_photo",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("doctor_id", Text, primary_key=True),
    Column("jpeg", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

schedule = Table(
    "schedule",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("dept_id", Text, nullable=False),
    Column("doctor_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("session", SmallInteger, nullable=False),  # TIME_FLAG
    Column("level", SmallInteger, nullable=False),  # REG_LEVEL
    Column("state", Text, nullable=False),
    Column("slotted", SmallInteger, nullable=False),  # 1: a unit belongs to a time slot
    Column("fee_registration", BigInteger, nullable=False),  # 分; the parts add up to what is to be paid
    Column("fee_treatment", BigInteger, nullable=False),
    Column("fee_service", BigInteger, nullable=False),
    Column("fee_other", BigInteger, nullable=False),
    Column("sex_limit", SmallInteger),  # Sex
    Column("age_min", SmallInteger),
    Column("age_max", SmallInteger),
    Column("visit_address", Text),
    Column("number_address", Text),
    Column("number_time", Text),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('open', 'stopped', 'kept', 'closed')", name="state"),  # kept: 停诊但保留预约
    Index("ix_schedule_day", "hospital_id", "day", "dept_id", "doctor_id"),
    Index("ix_schedule_dept", "hospital_id", "dept_id", "day"),
    Index("ix_schedule_doctor", "hospital_id", "doctor_id", "day"),
)

time_slot = Table(
    "time_slot",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("time_id", Text, primary_key=True),
    Column("begins", Text, nullable=False),  # HH:MM
    Column("ends", Text, nullable=False),
    ForeignKeyConstraint(["hospital_id", "schedule_id"], ["schedule.hospital_id", "schedule.schedule_id"]),
)

slot_pool = Table(
    "slot_pool",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("schedule_id", Text, primary_key=True),
    Column("time_id", Text, primary_key=True),  # "" where the schedule has no time slots
    Column("pool", SmallInteger, primary_key=True),
    Column("total", Integer),  # none: without a limit
    Column("taken", Integer, nullable=False),
    Column("first_number", Integer, nullable=False),  # visit numbers of this pool begin here
    Column("next_number", Integer, nullable=False),
    CheckConstraint("taken >= 0 AND (total IS NULL OR taken <= total)", name="never_oversold"),
    ForeignKeyConstraint(["hospital_id", "schedule_id"], ["schedule.hospital_id", "schedule.schedule_id"]),
)
