"""A settlement is found by our number alone without reading the others."""

from alembic import op

revision = "0117"
down_revision = "0116"


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_ins_settlement_number", "ins_settlement", ["number", "institution"])
