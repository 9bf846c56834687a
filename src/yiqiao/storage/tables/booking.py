"""Who holds which unit of a schedule, and the orders that were made of them.

Whoever holds a unit, for a while (a lock) or for good (an order), has a row in `slot_lock`; `slot_pool.taken` counts
the rows that are held or ordered, and no visit number is held twice. An order's personal data is one sealed text.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)

from yiqiao.storage.tables.metadata import metadata

_HOLDS = text("state IN ('held', 'ordered')")
_HELD = text("state = 'held'")
_STANDS = text("state IN ('booked', 'registered', 'fetched')")

slot_lock = Table(
    "slot_lock",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("lock_id", Text, primary_key=True),  # the caller's: LOCK_ID, later ORDER_ID
    Column("schedule_id", Text, nullable=False),
    Column("time_id", Text, nullable=False),  # "" where the schedule has no time slots
    Column("pool", SmallInteger, nullable=False),
    Column("number", Integer, nullable=False),  # the visit number (CLINIC_NO)
    Column("hospital_lock_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),  # a lock is free from then on, whoever notices it
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('held', 'ordered', 'released', 'lapsed')", name="state"),
    Index(
        "uq_slot_lock_number",
        "hospital_id",
        "schedule_id",
        "time_id",
        "pool",
        "number",
        unique=True,
        sqlite_where=_HOLDS,
        postgresql_where=_HOLDS,
    ),
    Index(
        "ix_slot_lock_lapsing",
        "hospital_id",
        "schedule_id",
        "expires_at",
        sqlite_where=_HELD,
        postgresql_where=_HELD,
    ),
)

registration_order = Table(
    "registration_order",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),  # the hospital's own (HOSP_ORDER_ID)
    Column("order_id", Text, nullable=False),  # the caller's (ORDER_ID); its unit stands in slot_lock under this
    Column("source", Text, nullable=False),  # platform, number (2036), hospital (its own windows and devices)
    Column("schedule_id", Text, nullable=False),
    Column("time_id", Text, nullable=False),
    Column("pool", SmallInteger, nullable=False),
    Column("number", Integer, nullable=False),
    Column("day", Text, nullable=False),
    Column("session", SmallInteger, nullable=False),
    Column("dept_id", Text, nullable=False),
    Column("doctor_id", Text, nullable=False),  # "" where the number is the department's
    Column("level", SmallInteger, nullable=False),
    Column("patient_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("paid", Text, nullable=False),  # unpaid, paid, refunded
    Column("fee_registration", BigInteger, nullable=False),  # 分, as the schedule had them
    Column("fee_treatment", BigInteger, nullable=False),
    Column("fee_service", BigInteger, nullable=False),
    Column("fee_other", BigInteger, nullable=False),
    Column("discount", BigInteger, nullable=False),
    Column("insured_part", BigInteger, nullable=False),
    Column("pay_channel", SmallInteger),  # PAY_CHANNEL
    Column("pay_side", SmallInteger),  # PAY_FLAG: 1 platform, 2 hospital
    Column("refund_side", SmallInteger),
    Column("channel", SmallInteger, nullable=False),  # CHANNEL_ID
    Column("booked", SmallInteger, nullable=False),  # 1: booked first, 0: registered at once
    Column("insurance", SmallInteger),  # INSURE_TYPE
    Column("via", Text, nullable=False),  # REGVIA_NAME
    Column("vendor", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("extra", SmallInteger, nullable=False),  # 1: 加号
    Column("certificate_index", BigInteger),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("ordered_at", BigInteger, nullable=False),
    Column("registered_at", BigInteger),
    Column("fetched_at", BigInteger),
    Column("visited_at", BigInteger),
    Column("visit_doctor_id", Text),
    Column("cancelled_at", BigInteger),
    Column("stopped_at", BigInteger),
    Column("paid_at", BigInteger),
    Column("refunded_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('booked', 'registered', 'fetched', 'visited', 'cancelled', 'stopped')", name="state"),
    CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name="paid"),
    CheckConstraint("source IN ('platform', 'number', 'hospital')", name="source"),
    CheckConstraint("discount >= 0 AND insured_part >= 0", name="parts"),
    Index("uq_registration_order_order_id", "hospital_id", "order_id", unique=True),
    Index(
        "uq_registration_order_once",
        "hospital_id",
        "patient_id",
        "dept_id",
        "doctor_id",
        "day",
        "session",
        unique=True,
        sqlite_where=_STANDS,
        postgresql_where=_STANDS,
    ),
    Index("ix_registration_order_day", "hospital_id", "day", "order_no"),
    Index("ix_registration_order_patient", "hospital_id", "patient_id", "day"),
    Index("ix_registration_order_registered_at", "hospital_id", "registered_at"),
    Index("ix_registration_order_schedule", "hospital_id", "schedule_id"),
)

concession = Table(
    "concession",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("concession_id", Text, primary_key=True),
    Column("title", Text, nullable=False),  # CONCESSIONS_TYPE
    Column("age_min", SmallInteger),
    Column("age_max", SmallInteger),
    Column("registration_percent", SmallInteger, nullable=False),  # what is still to be paid of either fee
    Column("treatment_percent", SmallInteger, nullable=False),
    CheckConstraint("registration_percent BETWEEN 0 AND 100 AND treatment_percent BETWEEN 0 AND 100", name="percent"),
)

insured_identity = Table(
    "insured_identity",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("settlement_no", Text, nullable=False),  # DKE005, for the settlement
    Column("code_due", SmallInteger, nullable=False),  # DAE168: 1, an order must bring the code (DAE147)
    Column("checked_at", BigInteger, nullable=False),
)
