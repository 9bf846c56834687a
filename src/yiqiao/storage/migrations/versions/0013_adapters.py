"""What the hospital data adapters keep."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """What was asked of a HIS that acts for itself, and what came of it."""
    op.create_table(
        "callback_act",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.SmallInteger(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('asked', 'unknown', 'done', 'refused')", name=op.f("ck_callback_act_state")),
        sa.PrimaryKeyConstraint("hospital_id", "kind", "serial", name=op.f("pk_callback_act")),
    )
    op.create_index("ix_callback_act_at", "callback_act", ["at"], unique=False)
