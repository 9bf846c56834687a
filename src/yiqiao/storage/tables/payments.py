"""What a payment hub collects for its merchants, gives back, and keeps in its books.

Amounts are 分. Everything belongs to a merchant (payAppId), so every key begins with it. What is personal (whose
account it is, what a HIS passed through) is one sealed text.

The books hold transfers, each from one account to another: two entries of opposite sign in one row, so that no row, no
transaction and no restored backup can hold a sum that is not zero. `act` names what was booked, and a second booking of
the same act is refused by the primary key.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

pay_merchant = Table(
    "pay_merchant",
    metadata,
    Column("merchant_id", Text, primary_key=True),  # payAppId
    Column("name", Text, nullable=False),  # as a payer reads it
    Column("hospital_id", Text, nullable=False),
    Column("account_type", Text, nullable=False),  # 01 outpatient, 02 inpatient
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # payAppSecret
    Column("settings", Text, nullable=False),  # JSON
    Column("enabled", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("account_type IN ('01', '02')", name="account_type"),
)

pay_trade = Table(
    "pay_trade",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("trace_no", Text, primary_key=True),  # ours; also the charge number
    Column("out_charge_no", Text, nullable=False),  # the HIS's
    Column("app_id", Text, nullable=False),  # which partner asked
    Column("fingerprint", LargeBinary, nullable=False),
    Column("token", Text, nullable=False),  # of the cashier's address
    Column("account", Text, nullable=False),  # the deposit account in the books
    Column("amount", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("fee_type", Text),
    Column("deposit_type", Text),  # the way of payment that was asked for; none: the cashier
    Column("state", Text, nullable=False),
    Column("uncertain", SmallInteger, nullable=False),  # 1: somebody did not answer, and is asked
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("deadline", BigInteger, nullable=False),  # until when it can be paid
    Column("order_no", Text),  # the attempt that pays or has paid it
    Column("channel", Text),
    Column("external_no", Text),
    Column("paid_at", BigInteger),
    Column("callsn", Text),  # the HIS's number
    Column("balance", BigInteger),  # as the HIS told it
    Column("refunded", BigInteger, nullable=False),
    Column("refunding", BigInteger, nullable=False),
    Column("refunds", Integer, nullable=False),
    Column("notify_url", Text),
    Column("settles", Text, nullable=False, server_default=""),  # the settlement whose personal part it is, if any
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("refunded >= 0 AND refunding >= 0 AND refunded + refunding <= amount", name="refunded"),
    Index("uq_pay_trade_out_charge_no", "merchant_id", "out_charge_no", unique=True),
    Index("ix_pay_trade_token", "token"),
    Index("ix_pay_trade_trace_no", "trace_no"),
    Index("ix_pay_trade_state", "state", "next_at"),
    Index("ix_pay_trade_created_at", "created_at"),
    Index("ix_pay_trade_paid_at", "merchant_id", "paid_at"),
)

pay_attempt = Table(
    "pay_attempt",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),  # under which the channel knows it
    Column("trace_no", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("paid_amount", BigInteger),  # what the channel took
    Column("pay_url", Text),
    Column("external_no", Text),
    Column("paid_at", BigInteger),
    Column("told", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("key_id", Text),
    Column("sealed", LargeBinary),  # the payer's code, what a POS told
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    ForeignKeyConstraint(["merchant_id", "trace_no"], ["pay_trade.merchant_id", "pay_trade.trace_no"]),
    Index("ix_pay_attempt_trace_no", "merchant_id", "trace_no"),
    Index("ix_pay_attempt_order_no", "order_no"),
    Index("ix_pay_attempt_state", "state", "next_at"),
)

pay_refund = Table(
    "pay_refund",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("out_refund_no", Text, primary_key=True),  # the HIS's; the channel gets refund_no
    Column("refund_no", Text, nullable=False),  # ours
    Column("trace_no", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("withdraw_mode", Text, nullable=False),
    Column("refund_type", Text, nullable=False),
    Column("channel", Text, nullable=False),  # by which the money goes back
    Column("state", Text, nullable=False),
    Column("round", Integer, nullable=False),  # how often it was submitted
    Column("uncertain", SmallInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("external_no", Text),
    Column("refunded_at", BigInteger),
    Column("callsn", Text),
    Column("asked_by", Text, nullable=False),  # the desk's operator
    Column("approved_by", Text),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    ForeignKeyConstraint(["merchant_id", "trace_no"], ["pay_trade.merchant_id", "pay_trade.trace_no"]),
    Index("ix_pay_refund_trace_no", "merchant_id", "trace_no"),
    Index("ix_pay_refund_refund_no", "refund_no"),
    Index("ix_pay_refund_state", "state", "next_at"),
    Index("ix_pay_refund_created_at", "created_at"),
)

pay_event = Table(
    "pay_event",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),  # trade/…, attempt/…, refund/… and its number
    Column("version", Integer, primary_key=True),  # the subject's after it
    Column("trace_no", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("told", Text, nullable=False),
    Index("ix_pay_event_trace_no", "merchant_id", "trace_no", "at"),
)

pay_account = Table(
    "pay_account",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('channel', 'deposit', 'transit', 'suspense', 'charge', 'fund')", name="kind"),
)

pay_transfer = Table(
    "pay_transfer",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("act", Text, primary_key=True),  # what was booked; once
    Column("line_no", SmallInteger, primary_key=True),
    Column("debit", Text, nullable=False),  # the account that gains
    Column("credit", Text, nullable=False),  # the account that gives
    Column("amount", BigInteger, nullable=False),
    Column("trace_no", Text, nullable=False),
    Column("day", Text, nullable=False),  # business day, yyyy-MM-dd
    Column("at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint("debit <> credit", name="accounts"),
    ForeignKeyConstraint(
        ["merchant_id", "debit"],
        ["pay_account.merchant_id", "pay_account.account"],
        name="fk_pay_transfer_debit",
    ),
    ForeignKeyConstraint(
        ["merchant_id", "credit"],
        ["pay_account.merchant_id", "pay_account.account"],
        name="fk_pay_transfer_credit",
    ),
    Index("ix_pay_transfer_debit", "merchant_id", "debit", "day"),
    Index("ix_pay_transfer_credit", "merchant_id", "credit", "day"),
    Index("ix_pay_transfer_day", "merchant_id", "day", "act"),
    Index("ix_pay_transfer_trace_no", "merchant_id", "trace_no"),
)

pay_ledger = Table(
    "pay_ledger",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("closed", Text, nullable=False),  # the newest closed day; empty: none. Who books holds this row
)

pay_closing = Table(
    "pay_closing",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("transfers", Integer, nullable=False),
    Column("turnover", BigInteger, nullable=False),
)

pay_balance = Table(
    "pay_balance",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # at the end of which
    Column("account", Text, primary_key=True),
    Column("balance", BigInteger, nullable=False),  # debits less credits
    ForeignKeyConstraint(["merchant_id", "day"], ["pay_closing.merchant_id", "pay_closing.day"]),
)

pay_report = Table(
    "pay_report",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("applied", SmallInteger, nullable=False),
    Column("operator", Text, nullable=False),
    Column("counts", Text, nullable=False),  # JSON
    Column("away", Text, nullable=False),  # JSON: whose statement could not be had
    Column("findings", Text, nullable=False),  # JSON
    Index("ix_pay_report_at", "at"),
)
