"""Choices of how to be read."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0051"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "reading_choice",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("media", sa.Text()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'chosen', 'done', 'cancelled')", name=op.f("ck_reading_choice_state")),
        sa.CheckConstraint(
            "state NOT IN ('chosen', 'done') OR media IS NOT NULL", name=op.f("ck_reading_choice_media")
        ),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_reading_choice")),
    )
    op.create_index("ix_reading_choice_at", "reading_choice", ["at"])
