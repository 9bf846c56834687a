"""Attachments: what arrived, what is on its way, and which records name which."""

import sqlalchemy as sa
from alembic import op

revision = "0110"
down_revision = "0105"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "attachment",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("atta_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("file_type", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_attachment_version")),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size")),
        sa.PrimaryKeyConstraint("app_id", "atta_id", "version", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_digest", "attachment", ["app_id", "digest"])
    op.create_index("ix_attachment_received_at", "attachment", ["app_id", "received_at"])
    op.create_table(
        "attachment_upload",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("announced", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("kept", sa.BigInteger(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("touched_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kept >= 0", name=op.f("ck_attachment_upload_kept")),
        sa.PrimaryKeyConstraint("app_id", "place", name=op.f("pk_attachment_upload")),
        sa.UniqueConstraint("app_id", "announced", name=op.f("uq_attachment_upload_app_id_announced")),
    )
    op.create_index("ix_attachment_upload_touched_at", "attachment_upload", ["touched_at"])
    op.create_table(
        "attachment_name",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("atta_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("named_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "atta_id", "kind", "record_key", name=op.f("pk_attachment_name")),
    )
    op.create_index("ix_attachment_name_record", "attachment_name", ["app_id", "kind", "record_key"])
