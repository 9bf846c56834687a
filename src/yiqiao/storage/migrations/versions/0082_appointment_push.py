"""What hospitals tell of single orders: found by the hospital's own number too, and told to patients once."""

import sqlalchemy as sa
from alembic import op

revision = "0082"
down_revision = "0081"


def upgrade() -> None:
    """Make the table and the indexes."""
    op.create_table(
        "appointment_push",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "serial", name=op.f("pk_appointment_push")),
    )
    op.create_index("ix_appointment_order_no", "appointment", ["hospital_id", "order_no"])
    op.create_index("ix_charge_receipt_no", "charge", ["hospital_id", "receipt_no"])
