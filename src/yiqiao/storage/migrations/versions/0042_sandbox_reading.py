"""The sandbox's devices and its insurance centre."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "sandbox_reader",
        sa.Column("desk", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('present', 'empty', 'unreadable', 'absent')", name=op.f("ck_sandbox_reader_state")
        ),
        sa.CheckConstraint(
            "media IN ('identity_card', 'social_security_card', 'code', 'face')", name=op.f("ck_sandbox_reader_media")
        ),
        sa.PrimaryKeyConstraint("desk", "media", name=op.f("pk_sandbox_reader")),
    )
    op.create_table(
        "sandbox_centre",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reachable", sa.Integer(), nullable=False),
        sa.Column("delay_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_sandbox_centre_one_row")),
        sa.CheckConstraint("reachable IN (0, 1)", name=op.f("ck_sandbox_centre_reachable")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sandbox_centre")),
    )
    op.create_table(
        "sandbox_insured",
        sa.Column("psn_no", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_sandbox_insured_balance")),
        sa.CheckConstraint("status IN ('0', '1', '2', '3', '4')", name=op.f("ck_sandbox_insured_status")),
        sa.PrimaryKeyConstraint("psn_no", name=op.f("pk_sandbox_insured")),
    )
    op.create_table(
        "sandbox_voucher",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("psn_no", sa.Text(), nullable=False),
        sa.Column("ec_token", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_sandbox_voucher")),
    )
