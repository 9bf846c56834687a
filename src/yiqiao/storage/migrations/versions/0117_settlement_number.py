"""A settlement is found by our number, and by the centre's, without reading the others of its institution."""

from alembic import op

revision = "0117"
down_revision = "0116"


def upgrade() -> None:
    """Make the indexes."""
    op.drop_index("ix_ins_settlement_settlement_id", "ins_settlement")
    op.create_index("ix_ins_settlement_settlement_id", "ins_settlement", ["settlement_id", "institution"])
    op.create_index("ix_ins_settlement_number", "ins_settlement", ["number", "institution"])
