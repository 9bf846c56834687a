"""Settlements of the sandbox's insurance centre; what goes wrong with a stand-in says how slow, and in which words."""

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0082"


def upgrade() -> None:
    """Make the tables."""
    op.add_column("sandbox_mischief", sa.Column("delay_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("sandbox_mischief", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "sandbox_centre_visit",
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("psn_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("doctor", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uploads", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('registered', 'withdrawn', 'settled')", name=op.f("ck_sandbox_centre_visit_state")
        ),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_sandbox_centre_visit")),
    )
    op.create_table(
        "sandbox_centre_line",
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("upload", sa.Integer(), nullable=False),
        sa.Column("line_no", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("charge_no", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_centre_line_amount")),
        sa.CheckConstraint("level IN ('01', '02', '03')", name=op.f("ck_sandbox_centre_line_level")),
        sa.PrimaryKeyConstraint("visit_id", "upload", "line_no", name=op.f("pk_sandbox_centre_line")),
    )
    op.create_table(
        "sandbox_centre_settlement",
        sa.Column("settlement_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("psn_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("insured_area", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("own_pay", sa.BigInteger(), nullable=False),
        sa.Column("over_limit", sa.BigInteger(), nullable=False),
        sa.Column("pre_pay", sa.BigInteger(), nullable=False),
        sa.Column("in_scope", sa.BigInteger(), nullable=False),
        sa.Column("deductible", sa.BigInteger(), nullable=False),
        sa.Column("deductible_standard", sa.BigInteger(), nullable=False),
        sa.Column("ratio", sa.BigInteger(), nullable=False),
        sa.Column("funds", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("settles", sa.Text(), nullable=False),
        sa.Column("reversed_by", sa.Text(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_sandbox_centre_settlement_balance")),
        sa.CheckConstraint("total = funds + account + cash", name=op.f("ck_sandbox_centre_settlement_parts")),
        sa.CheckConstraint(
            "what = 'cancel' OR (funds >= 0 AND account >= 0 AND cash >= 0)",
            name=op.f("ck_sandbox_centre_settlement_signs"),
        ),
        sa.CheckConstraint(
            "total = own_pay + over_limit + pre_pay + in_scope", name=op.f("ck_sandbox_centre_settlement_scope")
        ),
        sa.CheckConstraint("(what = 'cancel') = (settles <> '')", name=op.f("ck_sandbox_centre_settlement_settles")),
        sa.CheckConstraint("what IN ('settle', 'cancel')", name=op.f("ck_sandbox_centre_settlement_what")),
        sa.PrimaryKeyConstraint("settlement_id", name=op.f("pk_sandbox_centre_settlement")),
    )
    op.create_index("ix_sandbox_centre_settlement_day", "sandbox_centre_settlement", ["day"])
    op.create_index("ix_sandbox_centre_settlement_psn_no", "sandbox_centre_settlement", ["psn_no"])
    op.create_table(
        "sandbox_centre_share",
        sa.Column("settlement_id", sa.Text(), nullable=False),
        sa.Column("fund", sa.Text(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("in_scope", sa.BigInteger(), nullable=False),
        sa.Column("fund_limit", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.BigInteger(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("settlement_id", "fund", name=op.f("pk_sandbox_centre_share")),
    )
    op.create_table(
        "sandbox_centre_message",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("settlement_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "what IN ('register', 'withdraw', 'upload', 'settle', 'cancel')",
            name=op.f("ck_sandbox_centre_message_what"),
        ),
        sa.PrimaryKeyConstraint("institution", "number", name=op.f("pk_sandbox_centre_message")),
    )
    op.create_table(
        "sandbox_centre_year",
        sa.Column("psn_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_sandbox_centre_year_amount")),
        sa.PrimaryKeyConstraint("psn_no", "kind", "year", "what", name=op.f("pk_sandbox_centre_year")),
    )
