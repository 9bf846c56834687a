"""The outbox of a hospital that uploads its records to a supervision platform."""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0092"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "upload_row",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("row_no", sa.BigInteger(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("fate", sa.Text(), nullable=True),
        sa.Column("told", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('ready', 'sending', 'done', 'refused', 'superseded')", name=op.f("ck_upload_row_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('ready', 'sending') OR sealed IS NOT NULL", name=op.f("ck_upload_row_sealed")
        ),
        sa.CheckConstraint("newest IN (0, 1)", name=op.f("ck_upload_row_newest")),
        sa.PrimaryKeyConstraint("app_id", "row_no", name=op.f("pk_upload_row")),
    )
    newest = sa.text("newest = 1")
    op.create_index(
        "uq_upload_row_newest",
        "upload_row",
        ["app_id", "service", "record_key"],
        unique=True,
        postgresql_where=newest,
        sqlite_where=newest,
    )
    op.create_index("ix_upload_row_record", "upload_row", ["app_id", "service", "record_key"])
    op.create_index("ix_upload_row_state", "upload_row", ["app_id", "service", "state", "row_no"])
