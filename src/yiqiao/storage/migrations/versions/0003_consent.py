"""Consents to use a card, given on the card holder's own phone."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of consents."""
    op.create_table(
        "card_consent",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("out_authorize_no", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("treatment_code", sa.Text(), nullable=False),
        sa.Column("office_code", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("ip_addr", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.Text(), nullable=True),
        sa.Column("issue_no", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('ing', 'succ', 'fail', 'cancel')", name=op.f("ck_card_consent_state")),
        sa.CheckConstraint("(state = 'ing') = (decided_at IS NULL)", name=op.f("ck_card_consent_decided_at")),
        sa.CheckConstraint("(state = 'succ') = (issue_no IS NOT NULL)", name=op.f("ck_card_consent_issue_no")),
        sa.CheckConstraint("issue_no IS NULL OR person_id IS NOT NULL", name=op.f("ck_card_consent_person_id")),
        sa.PrimaryKeyConstraint("app_id", "out_authorize_no", name=op.f("pk_card_consent")),
    )
    op.create_index("ix_card_consent_at", "card_consent", ["at"], unique=False)
    op.create_index("ix_card_consent_person_id_at", "card_consent", ["person_id", "at"], unique=False)
    op.create_index("ix_card_consent_token_digest", "card_consent", ["token_digest"], unique=False)
