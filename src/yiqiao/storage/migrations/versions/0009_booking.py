"""Locks and orders."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Who holds which unit, and the orders made of them."""
    op.create_table(
        "concession",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("concession_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("age_min", sa.SmallInteger(), nullable=True),
        sa.Column("age_max", sa.SmallInteger(), nullable=True),
        sa.Column("registration_percent", sa.SmallInteger(), nullable=False),
        sa.Column("treatment_percent", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint(
            "registration_percent BETWEEN 0 AND 100 AND treatment_percent BETWEEN 0 AND 100",
            name=op.f("ck_concession_percent"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "concession_id", name=op.f("pk_concession")),
    )
    op.create_table(
        "insured_identity",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("settlement_no", sa.Text(), nullable=False),
        sa.Column("code_due", sa.SmallInteger(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "patient_id", name=op.f("pk_insured_identity")),
    )
    op.create_table(
        "registration_order",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("time_id", sa.Text(), nullable=False),
        sa.Column("pool", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("session", sa.SmallInteger(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paid", sa.Text(), nullable=False),
        sa.Column("fee_registration", sa.BigInteger(), nullable=False),
        sa.Column("fee_treatment", sa.BigInteger(), nullable=False),
        sa.Column("fee_service", sa.BigInteger(), nullable=False),
        sa.Column("fee_other", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("insured_part", sa.BigInteger(), nullable=False),
        sa.Column("pay_channel", sa.SmallInteger(), nullable=True),
        sa.Column("pay_side", sa.SmallInteger(), nullable=True),
        sa.Column("refund_side", sa.SmallInteger(), nullable=True),
        sa.Column("channel", sa.SmallInteger(), nullable=False),
        sa.Column("booked", sa.SmallInteger(), nullable=False),
        sa.Column("insurance", sa.SmallInteger(), nullable=True),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("vendor", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("extra", sa.SmallInteger(), nullable=False),
        sa.Column("certificate_index", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("ordered_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("visited_at", sa.BigInteger(), nullable=True),
        sa.Column("visit_doctor_id", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name=op.f("ck_registration_order_paid")),
        sa.CheckConstraint("source IN ('platform', 'number', 'hospital')", name=op.f("ck_registration_order_source")),
        sa.CheckConstraint(
            "state IN ('booked', 'registered', 'fetched', 'visited', 'cancelled', 'stopped')",
            name=op.f("ck_registration_order_state"),
        ),
        sa.CheckConstraint("discount >= 0 AND insured_part >= 0", name=op.f("ck_registration_order_parts")),
        sa.PrimaryKeyConstraint("hospital_id", "order_no", name=op.f("pk_registration_order")),
    )
    op.create_index("ix_registration_order_day", "registration_order", ["hospital_id", "day", "order_no"], unique=False)
    op.create_index(
        "ix_registration_order_patient", "registration_order", ["hospital_id", "patient_id", "day"], unique=False
    )
    op.create_index(
        "ix_registration_order_registered_at", "registration_order", ["hospital_id", "registered_at"], unique=False
    )
    op.create_index(
        "ix_registration_order_schedule", "registration_order", ["hospital_id", "schedule_id"], unique=False
    )
    op.create_index(
        "uq_registration_order_once",
        "registration_order",
        ["hospital_id", "patient_id", "dept_id", "doctor_id", "day", "session"],
        unique=True,
        sqlite_where=sa.text("state IN ('booked', 'registered', 'fetched')"),
        postgresql_where=sa.text("state IN ('booked', 'registered', 'fetched')"),
    )
    op.create_index("uq_registration_order_order_id", "registration_order", ["hospital_id", "order_id"], unique=True)
    op.create_table(
        "slot_lock",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("lock_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("time_id", sa.Text(), nullable=False),
        sa.Column("pool", sa.SmallInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hospital_lock_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('held', 'ordered', 'released', 'lapsed')", name=op.f("ck_slot_lock_state")),
        sa.PrimaryKeyConstraint("hospital_id", "lock_id", name=op.f("pk_slot_lock")),
    )
    op.create_index(
        "ix_slot_lock_lapsing",
        "slot_lock",
        ["hospital_id", "schedule_id", "expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "uq_slot_lock_number",
        "slot_lock",
        ["hospital_id", "schedule_id", "time_id", "pool", "number"],
        unique=True,
        sqlite_where=sa.text("state IN ('held', 'ordered')"),
        postgresql_where=sa.text("state IN ('held', 'ordered')"),
    )
