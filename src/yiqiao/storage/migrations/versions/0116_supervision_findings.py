"""Findings are counted, and found by their medical service, without reading the others."""

from alembic import op

revision = "0116"
down_revision = "0115"


def upgrade() -> None:
    """Make the indexes."""
    op.drop_index("ix_supervision_finding_day", "supervision_finding")
    op.create_index("ix_supervision_finding_day", "supervision_finding", ["day", "app_id", "rule"], unique=False)
    op.create_index("ix_supervision_finding_flow_no", "supervision_finding", ["app_id", "flow_no"], unique=False)
