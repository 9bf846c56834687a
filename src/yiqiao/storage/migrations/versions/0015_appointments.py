"""Appointments that the region makes, their course, reports of reconciliations, and the sandbox's cashier."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make their tables."""
    op.create_table(
        "appointment",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("time_id", sa.Text(), nullable=False),
        sa.Column("pool", sa.SmallInteger(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("session", sa.SmallInteger(), nullable=False),
        sa.Column("begins", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.Column("hospital_name", sa.Text(), nullable=False),
        sa.Column("dept_name", sa.Text(), nullable=False),
        sa.Column("doctor_name", sa.Text(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("pays_here", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("trade_no", sa.Text(), nullable=True),
        sa.Column("trades", sa.SmallInteger(), nullable=False),
        sa.Column("paid", sa.Text(), nullable=False),
        sa.Column("pay_channel", sa.SmallInteger(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("order_open", sa.SmallInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name=op.f("ck_appointment_paid")),
        sa.CheckConstraint("fee >= 0", name=op.f("ck_appointment_fee")),
        sa.PrimaryKeyConstraint("person_id", "order_id", name=op.f("pk_appointment")),
    )
    op.create_index("ix_appointment_changed_at", "appointment", ["hospital_id", "changed_at"], unique=False)
    op.create_index("ix_appointment_created_at", "appointment", ["created_at"], unique=False)
    op.create_index("ix_appointment_order_id", "appointment", ["order_id"], unique=False)
    op.create_index("ix_appointment_schedule", "appointment", ["hospital_id", "day", "doctor_id"], unique=False)
    op.create_index("ix_appointment_state", "appointment", ["state", "next_at"], unique=False)
    op.create_table(
        "reconciliation",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.SmallInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "day", "at", name=op.f("pk_reconciliation")),
    )
    op.create_index("ix_reconciliation_at", "reconciliation", ["at"], unique=False)
    op.create_table(
        "sandbox_trade",
        sa.Column("trade_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("payee", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("channel", sa.SmallInteger(), nullable=True),
        sa.Column("refunds", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_sandbox_trade_paid_at")),
        sa.CheckConstraint("refunds IN ('done', 'slow', 'failed')", name=op.f("ck_sandbox_trade_refunds")),
        sa.CheckConstraint("state IN ('open', 'paid', 'failed', 'closed')", name=op.f("ck_sandbox_trade_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_trade_amount")),
        sa.PrimaryKeyConstraint("trade_no", name=op.f("pk_sandbox_trade")),
    )
    op.create_table(
        "appointment_event",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id", "order_id"],
            ["appointment.person_id", "appointment.order_id"],
            name=op.f("fk_appointment_event_appointment"),
        ),
        sa.PrimaryKeyConstraint("person_id", "order_id", "version", name=op.f("pk_appointment_event")),
    )
    op.create_table(
        "sandbox_refund",
        sa.Column("refund_no", sa.Text(), nullable=False),
        sa.Column("trade_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'done', 'failed')", name=op.f("ck_sandbox_refund_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_refund_amount")),
        sa.ForeignKeyConstraint(["trade_no"], ["sandbox_trade.trade_no"], name=op.f("fk_sandbox_refund_sandbox_trade")),
        sa.PrimaryKeyConstraint("refund_no", name=op.f("pk_sandbox_refund")),
        sa.UniqueConstraint("trade_no", name=op.f("uq_sandbox_refund_trade_no")),
    )
