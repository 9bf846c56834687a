"""Which day a merchant's books are closed up to, and reports of comparing them with the HIS and the channels."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0031"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pay_ledger",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("closed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_pay_ledger")),
    )
    op.create_table(
        "pay_report",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("applied", sa.SmallInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("away", sa.Text(), nullable=False),
        sa.Column("findings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "day", "at", name=op.f("pk_pay_report")),
    )
    op.create_index("ix_pay_report_at", "pay_report", ["at"], unique=False)
    op.drop_index("ix_pay_transfer_day", "pay_transfer")
    op.create_index("ix_pay_transfer_day", "pay_transfer", ["merchant_id", "day", "act"], unique=False)
