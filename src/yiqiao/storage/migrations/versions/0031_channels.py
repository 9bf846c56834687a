"""What a desk takes and gives back itself, and what the sandbox's channels and its stand-in of a HIS remember."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0022"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "desk_order",
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("external_no", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('paid', 'closed', 'elsewhere')", name=op.f("ck_desk_order_state")),
        sa.CheckConstraint("refunded >= 0 AND refunded <= amount", name=op.f("ck_desk_order_refunded")),
        sa.PrimaryKeyConstraint("order_no", "channel", name=op.f("pk_desk_order")),
    )
    op.create_index("ix_desk_order_day", "desk_order", ["day"], unique=False)
    op.create_table(
        "sandbox_channel",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_sandbox_channel")),
    )
    op.create_table(
        "sandbox_his_account",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("his_cust_id", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0", name=op.f("ck_sandbox_his_account_balance")),
        sa.PrimaryKeyConstraint("merchant_id", "account_type", "his_cust_id", name=op.f("pk_sandbox_his_account")),
    )
    op.create_table(
        "sandbox_his_charge",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("charge_no", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("his_cust_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("paid_by", sa.Text(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_his_charge_amount")),
        sa.PrimaryKeyConstraint("merchant_id", "charge_no", name=op.f("pk_sandbox_his_charge")),
    )
    op.create_index("ix_sandbox_his_charge_his_cust_id", "sandbox_his_charge", ["his_cust_id"], unique=False)
    op.create_table(
        "sandbox_his_entry",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("his_cust_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('recharge', 'refund')", name=op.f("ck_sandbox_his_entry_kind")),
        sa.CheckConstraint("state IN ('prepared', 'done', 'cancelled')", name=op.f("ck_sandbox_his_entry_state")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_his_entry_amount")),
        sa.PrimaryKeyConstraint("merchant_id", "number", name=op.f("pk_sandbox_his_entry")),
    )
    op.create_index("ix_sandbox_his_entry_day", "sandbox_his_entry", ["day"], unique=False)
    op.create_table(
        "sandbox_movement",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("stated", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('payment', 'refund')", name=op.f("ck_sandbox_movement_kind")),
        sa.CheckConstraint("amount >= 0 AND stated >= 0", name=op.f("ck_sandbox_movement_amount")),
        sa.PrimaryKeyConstraint("channel", "kind", "number", name=op.f("pk_sandbox_movement")),
    )
    op.create_index("ix_sandbox_movement_day", "sandbox_movement", ["day"], unique=False)
    op.create_table(
        "sandbox_notice",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("copy", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("late", sa.SmallInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('due', 'taken', 'given_up')", name=op.f("ck_sandbox_notice_state")),
        sa.PrimaryKeyConstraint("channel", "kind", "number", "copy", name=op.f("pk_sandbox_notice")),
    )
    op.create_index("ix_sandbox_notice_state", "sandbox_notice", ["state", "next_at"], unique=False)
    op.create_table(
        "sandbox_order",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("payee", sa.Text(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name=op.f("ck_sandbox_order_paid_at")),
        sa.CheckConstraint(
            "state IN ('none', 'open', 'paid', 'failed', 'closed')", name=op.f("ck_sandbox_order_state")
        ),
        sa.CheckConstraint("refunded >= 0 AND refunded <= taken", name=op.f("ck_sandbox_order_refunded")),
        sa.PrimaryKeyConstraint("channel", "order_no", name=op.f("pk_sandbox_order")),
    )
    op.create_table(
        "sandbox_order_refund",
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("refund_no", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("placed", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('none', 'pending', 'done', 'failed')", name=op.f("ck_sandbox_order_refund_state")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_sandbox_order_refund_amount")),
        sa.PrimaryKeyConstraint("channel", "refund_no", name=op.f("pk_sandbox_order_refund")),
    )
    op.create_table(
        "desk_payout",
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("refund_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_desk_payout_amount")),
        sa.ForeignKeyConstraint(
            ["order_no", "channel"], ["desk_order.order_no", "desk_order.channel"], name="fk_desk_payout_desk_order"
        ),
        sa.PrimaryKeyConstraint("order_no", "channel", "refund_no", name=op.f("pk_desk_payout")),
    )
    op.create_index("ix_desk_payout_day", "desk_payout", ["day"], unique=False)
