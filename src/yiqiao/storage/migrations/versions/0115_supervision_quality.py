"""What the rules of quality find in what internet hospitals upload."""

import sqlalchemy as sa
from alembic import op

revision = "0115"
down_revision = "0101"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "supervision_review",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("rules", sa.LargeBinary(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "day", name=op.f("pk_supervision_review")),
    )
    op.create_index("ix_supervision_review_day", "supervision_review", ["day"], unique=False)
    op.create_table(
        "supervision_finding",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("flow_no", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "day", "rule", "record_key", name=op.f("pk_supervision_finding")),
    )
    op.create_index("ix_supervision_finding_day", "supervision_finding", ["day"], unique=False)
