"""The lines of what patients of a sandbox's HIS owe, and what was settled of it."""

import sqlalchemy as sa
from alembic import op

revision = "0092"
down_revision = "0091"


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column("sandbox_his_charge", sa.Column("lines", sa.Text(), nullable=False, server_default="[]"))
    op.create_table(
        "sandbox_his_settled",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("charge_nos", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('done', 'cancelled')", name=op.f("ck_sandbox_his_settled_state")),
        sa.CheckConstraint("total > 0 AND cash >= 0 AND cash <= total", name=op.f("ck_sandbox_his_settled_amount")),
        sa.PrimaryKeyConstraint("merchant_id", "number", name=op.f("pk_sandbox_his_settled")),
    )
