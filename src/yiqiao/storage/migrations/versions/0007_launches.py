"""Launches of the doctor's workstation, their sessions and notes; one-time links for a new partner's secret."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables of launches and slips."""
    op.create_table(
        "launch",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("idle_s", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "mark", name=op.f("pk_launch")),
    )
    op.create_index("ix_launch_patient_key_at", "launch", ["patient_key", "at"], unique=False)
    op.create_index("ix_launch_at", "launch", ["at"], unique=False)
    op.create_table(
        "launch_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('session', 'ticket')", name=op.f("ck_launch_session_kind")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_launch_session")),
    )
    op.create_table(
        "launch_note",
        sa.Column("patient_key", sa.Text(), nullable=False),
        sa.Column("note_id", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("patient_key", "note_id", name=op.f("pk_launch_note")),
    )
    op.create_index("ix_launch_note_patient_key_at", "launch_note", ["patient_key", "at"], unique=False)
    op.create_index("ix_launch_note_at", "launch_note", ["at"], unique=False)
    op.create_table(
        "partner_slip",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dialect", "app_id"], ["partner.dialect", "partner.app_id"], name=op.f("fk_partner_slip_partner")
        ),
        sa.PrimaryKeyConstraint("dialect", "app_id", "token_digest", name=op.f("pk_partner_slip")),
    )
    op.create_index("ix_partner_slip_token_digest", "partner_slip", ["token_digest"], unique=False)
