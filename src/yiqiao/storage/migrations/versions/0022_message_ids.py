"""The ids that messages of the unified library were sent under."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "message_id",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("msgid", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "msgid", name=op.f("pk_message_id")),
    )
    op.create_index("ix_message_id_at", "message_id", ["at"])
