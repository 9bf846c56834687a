"""What hospitals show, as it was seen last, and how that has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Make its tables."""
    op.create_table(
        "catalogue_change",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("differs", sa.Text(), nullable=False),
        sa.CheckConstraint("what IN ('added', 'changed', 'removed')", name=op.f("ck_catalogue_change_what")),
        sa.PrimaryKeyConstraint("hospital_id", "at", "kind", "entry_id", name=op.f("pk_catalogue_change")),
    )
    op.create_index("ix_catalogue_change_at", "catalogue_change", ["at"], unique=False)
    op.create_table(
        "catalogue_entry",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("gone", sa.SmallInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('department', 'doctor', 'price', 'schedule')", name=op.f("ck_catalogue_entry_kind")
        ),
        sa.PrimaryKeyConstraint("hospital_id", "kind", "entry_id", name=op.f("pk_catalogue_entry")),
    )
    op.create_index("ix_catalogue_entry_day", "catalogue_entry", ["hospital_id", "kind", "day"], unique=False)
    op.create_table(
        "catalogue_look",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "kind", name=op.f("pk_catalogue_look")),
    )
