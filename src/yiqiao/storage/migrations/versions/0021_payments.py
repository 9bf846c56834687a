"""The payment hub: merchants, trades and the attempts to pay them, refunds, their course, and the books."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "pay_merchant",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("account_type", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("enabled", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("account_type IN ('01', '02')", name=op.f("ck_pay_merchant_account_type")),
        sa.PrimaryKeyConstraint("merchant_id", name=op.f("pk_pay_merchant")),
    )
    op.create_table(
        "pay_trade",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("out_charge_no", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("fee_type", sa.Text(), nullable=True),
        sa.Column("deposit_type", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("uncertain", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("external_no", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("callsn", sa.Text(), nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("refunding", sa.BigInteger(), nullable=False),
        sa.Column("refunds", sa.Integer(), nullable=False),
        sa.Column("notify_url", sa.Text(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "refunded >= 0 AND refunding >= 0 AND refunded + refunding <= amount", name=op.f("ck_pay_trade_refunded")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_trade_amount")),
        sa.PrimaryKeyConstraint("merchant_id", "trace_no", name=op.f("pk_pay_trade")),
    )
    op.create_index("ix_pay_trade_created_at", "pay_trade", ["created_at"])
    op.create_index("ix_pay_trade_paid_at", "pay_trade", ["merchant_id", "paid_at"])
    op.create_index("ix_pay_trade_state", "pay_trade", ["state", "next_at"])
    op.create_index("ix_pay_trade_token", "pay_trade", ["token"])
    op.create_index("ix_pay_trade_trace_no", "pay_trade", ["trace_no"])
    op.create_index("uq_pay_trade_out_charge_no", "pay_trade", ["merchant_id", "out_charge_no"], unique=True)
    op.create_table(
        "pay_attempt",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paid_amount", sa.BigInteger(), nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=True),
        sa.Column("external_no", sa.Text(), nullable=True),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_attempt_amount")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "trace_no"],
            ["pay_trade.merchant_id", "pay_trade.trace_no"],
            name=op.f("fk_pay_attempt_pay_trade"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "order_no", name=op.f("pk_pay_attempt")),
    )
    op.create_index("ix_pay_attempt_order_no", "pay_attempt", ["order_no"])
    op.create_index("ix_pay_attempt_state", "pay_attempt", ["state", "next_at"])
    op.create_index("ix_pay_attempt_trace_no", "pay_attempt", ["merchant_id", "trace_no"])
    op.create_table(
        "pay_refund",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("out_refund_no", sa.Text(), nullable=False),
        sa.Column("refund_no", sa.Text(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("withdraw_mode", sa.Text(), nullable=False),
        sa.Column("refund_type", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("uncertain", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("external_no", sa.Text(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("callsn", sa.Text(), nullable=True),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_refund_amount")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "trace_no"],
            ["pay_trade.merchant_id", "pay_trade.trace_no"],
            name=op.f("fk_pay_refund_pay_trade"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "out_refund_no", name=op.f("pk_pay_refund")),
    )
    op.create_index("ix_pay_refund_created_at", "pay_refund", ["created_at"])
    op.create_index("ix_pay_refund_refund_no", "pay_refund", ["refund_no"])
    op.create_index("ix_pay_refund_state", "pay_refund", ["state", "next_at"])
    op.create_index("ix_pay_refund_trace_no", "pay_refund", ["merchant_id", "trace_no"])
    op.create_table(
        "pay_event",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "subject", "version", name=op.f("pk_pay_event")),
    )
    op.create_index("ix_pay_event_trace_no", "pay_event", ["merchant_id", "trace_no", "at"])
    op.create_table(
        "pay_account",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('channel', 'deposit', 'transit', 'suspense')", name=op.f("ck_pay_account_kind")),
        sa.PrimaryKeyConstraint("merchant_id", "account", name=op.f("pk_pay_account")),
    )
    op.create_table(
        "pay_transfer",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_pay_transfer_accounts")),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_transfer_amount")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "debit"],
            ["pay_account.merchant_id", "pay_account.account"],
            name=op.f("fk_pay_transfer_debit"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "credit"],
            ["pay_account.merchant_id", "pay_account.account"],
            name=op.f("fk_pay_transfer_credit"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "act", "line_no", name=op.f("pk_pay_transfer")),
    )
    op.create_index("ix_pay_transfer_credit", "pay_transfer", ["merchant_id", "credit", "day"])
    op.create_index("ix_pay_transfer_day", "pay_transfer", ["merchant_id", "day"])
    op.create_index("ix_pay_transfer_debit", "pay_transfer", ["merchant_id", "debit", "day"])
    op.create_index("ix_pay_transfer_trace_no", "pay_transfer", ["merchant_id", "trace_no"])
    op.create_table(
        "pay_closing",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("transfers", sa.Integer(), nullable=False),
        sa.Column("turnover", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "day", name=op.f("pk_pay_closing")),
    )
    op.create_table(
        "pay_balance",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "day"],
            ["pay_closing.merchant_id", "pay_closing.day"],
            name=op.f("fk_pay_balance_pay_closing"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "day", "account", name=op.f("pk_pay_balance")),
    )
