"""What citizens pay a hospital through the platform."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make its tables."""
    op.create_table(
        "charge",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("hospital_name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.Text(), nullable=False),
        sa.Column("pay_channel", sa.SmallInteger(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt_no", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('outpatient', 'deposit')", name=op.f("ck_charge_kind")),
        sa.CheckConstraint("paid IN ('unpaid', 'paid', 'refunded')", name=op.f("ck_charge_paid")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_charge_amount")),
        sa.PrimaryKeyConstraint("person_id", "charge_id", name=op.f("pk_charge")),
    )
    op.create_index("ix_charge_charge_id", "charge", ["charge_id"], unique=False)
    op.create_index("ix_charge_created_at", "charge", ["created_at"], unique=False)
    op.create_index("ix_charge_state", "charge", ["state", "next_at"], unique=False)
    op.create_table(
        "charge_event",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("charge_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id", "charge_id"], ["charge.person_id", "charge.charge_id"], name=op.f("fk_charge_event_charge")
        ),
        sa.PrimaryKeyConstraint("person_id", "charge_id", "version", name=op.f("pk_charge_event")),
    )
