"""Appointments that the region makes for its citizens, at its own hospitals and at others, and the course of each.

A row is written before anybody is asked to act for it, and moves only with its job (`appointment`), so that whatever
is killed in the middle goes on from here. What is personal is one sealed text.
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

appointment = Table(
    "appointment",
    metadata,
    Column("person_id", Text, primary_key=True),  # whose account made it; the patient may be of the family
    Column("order_id", Text, primary_key=True),  # the platform's number: LOCK_ID and ORDER_ID
    Column("hospital_id", Text, nullable=False),
    Column("schedule_id", Text, nullable=False),
    Column("time_id", Text, nullable=False),  # "" where the schedule has no time slots
    Column("pool", SmallInteger, nullable=False),
    Column("dept_id", Text, nullable=False),
    Column("doctor_id", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("session", SmallInteger, nullable=False),
    Column("begins", Text, nullable=False),  # HH:MM, "" where not known
    Column("ends", Text, nullable=False),
    Column("hospital_name", Text, nullable=False),
    Column("dept_name", Text, nullable=False),
    Column("doctor_name", Text, nullable=False),
    Column("fee", BigInteger, nullable=False),  # 分, what is to be paid in all
    Column("pays_here", SmallInteger, nullable=False),  # 1: through the platform, 0: at the hospital
    Column("state", Text, nullable=False),
    Column("ending", Text, nullable=False),  # why it is being ended; "" while it is not
    Column("reason", Text, nullable=False),  # in words, fit to be shown to the patient
    Column("tries", Integer, nullable=False),  # of the present step, since the last that went well
    Column("next_at", BigInteger, nullable=False),  # when its job goes on
    Column("deadline", BigInteger),  # when what is waited for is over
    Column("trade_no", Text),  # of the payment that is open, or was made
    Column("trades", SmallInteger, nullable=False),  # how many were opened
    Column("paid", Text, nullable=False),
    Column("pay_channel", SmallInteger),
    Column("paid_at", BigInteger),
    Column("refunded_at", BigInteger),
    Column("order_no", Text),  # the hospital's number
    Column("number", Text),  # the visit number
    Column("order_open", SmallInteger, nullable=False),  # 1: an order stands at the hospital, by what is known
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),  # counts every change
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name="paid"),
    CheckConstraint("fee >= 0", name="fee"),
    Index("ix_appointment_created_at", "created_at"),
    Index("ix_appointment_order_id", "order_id"),
    Index("ix_appointment_schedule", "hospital_id", "day", "doctor_id"),
    Index("ix_appointment_order_no", "hospital_id", "order_no"),
    Index("ix_appointment_state", "state", "next_at"),
    Index("ix_appointment_changed_at", "hospital_id", "changed_at"),
)

appointment_push = Table(
    "appointment_push",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("serial", Text, primary_key=True),  # the hospital's
    Column("person_id", Text, nullable=False),  # of the order whose patient is told
    Column("order_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the text
    Column("at", BigInteger, nullable=False),
)

appointment_event = Table(
    "appointment_event",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),  # the appointment's, after it
    Column("at", BigInteger, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),  # saga, citizen, hospital, cashier, operator NAME, reconciliation
    Column("tries", Integer, nullable=False),
    Column("told", Text, nullable=False),  # what came of it, in words; nothing personal
    ForeignKeyConstraint(["person_id", "order_id"], ["appointment.person_id", "appointment.order_id"]),
)

reconciliation = Table(
    "reconciliation",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("applied", SmallInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("counts", Text, nullable=False),  # JSON
    Column("findings", Text, nullable=False),  # JSON; orders by their numbers, nothing personal
    Index("ix_reconciliation_at", "at"),
)
