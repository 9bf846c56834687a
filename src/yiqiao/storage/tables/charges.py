"""What citizens pay a hospital through the platform, and the course of each payment.

What is personal (whose bills or stay it is) is one sealed text.
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

charge = Table(
    "charge",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("charge_id", Text, primary_key=True),  # the platform's number: trade at the cashier, order at the hospital
    Column("hospital_id", Text, nullable=False),
    Column("hospital_name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),  # 分
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),  # until when it can be paid
    Column("paid", Text, nullable=False),
    Column("pay_channel", SmallInteger),
    Column("paid_at", BigInteger),
    Column("refunded_at", BigInteger),
    Column("receipt_no", Text),  # the hospital's
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('outpatient', 'deposit')", name="kind"),
    CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name="paid"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_charge_charge_id", "charge_id"),
    Index("ix_charge_created_at", "created_at"),
    Index("ix_charge_receipt_no", "hospital_id", "receipt_no"),
    Index("ix_charge_state", "state", "next_at"),
)

charge_event = Table(
    "charge_event",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("charge_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("told", Text, nullable=False),
    ForeignKeyConstraint(["person_id", "charge_id"], ["charge.person_id", "charge.charge_id"]),
)
