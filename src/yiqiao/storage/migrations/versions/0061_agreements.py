"""The agreements of a sandbox's credit centre, and what is charged to them."""

import sqlalchemy as sa
from alembic import op

revision = "0061"
down_revision = "0042"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sandbox_agreement",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("credit_limit", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("credit_limit > 0", name=op.f("ck_sandbox_agreement_credit_limit")),
        sa.PrimaryKeyConstraint("kind", "agreement_no", name=op.f("pk_sandbox_agreement")),
    )
    op.create_table(
        "sandbox_charged",
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("agreement_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_charged_amount")),
        sa.PrimaryKeyConstraint("order_no", name=op.f("pk_sandbox_charged")),
    )
    op.create_index("ix_sandbox_charged_agreement_no", "sandbox_charged", ["agreement_no"])
