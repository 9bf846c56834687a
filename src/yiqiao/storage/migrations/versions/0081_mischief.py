"""What shall go wrong with calls to a sandbox's stand-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0081"
down_revision = "0071"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "sandbox_mischief",
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.CheckConstraint("times >= 0", name=op.f("ck_sandbox_mischief_times")),
        sa.PrimaryKeyConstraint("target", "act", name=op.f("pk_sandbox_mischief")),
    )
