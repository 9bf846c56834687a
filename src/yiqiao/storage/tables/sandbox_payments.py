"""What the sandbox's payment channels and its stand-in of a HIS remember. Empty in a hub that is none.

Amounts are 分, days Beijing's.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

sandbox_channel = Table(
    "sandbox_channel",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),  # under which it signs its notices
)

sandbox_order = Table(
    "sandbox_order",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("order_no", Text, primary_key=True),
    Column("state", Text, nullable=False),  # none: it was asked for in vain
    Column("amount", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),  # what the payer has paid
    Column("refunded", BigInteger, nullable=False),
    Column("subject", Text, nullable=False),
    Column("payee", Text, nullable=False),
    Column("placed", Integer, nullable=False),  # how often it was placed, asked about, closed
    Column("asked", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("paid_at", BigInteger),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('none', 'open', 'paid', 'failed', 'closed')", name="state"),
    CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_at"),
    CheckConstraint("refunded >= 0 AND refunded <= taken", name="refunded"),
)

sandbox_order_refund = Table(
    "sandbox_order_refund",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("refund_no", Text, primary_key=True),
    Column("order_no", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("placed", Integer, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("refunded_at", BigInteger),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('none', 'pending', 'done', 'failed')", name="state"),
    CheckConstraint("amount > 0", name="amount"),
)

sandbox_movement = Table(
    "sandbox_movement",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("order_no", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),  # what moved; 0: nothing did, and the statement says it
    Column("stated", BigInteger, nullable=False),  # what the statement says; 0: it leaves the line out
    Column("day", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('payment', 'refund')", name="kind"),
    CheckConstraint("amount >= 0 AND stated >= 0", name="amount"),
    Index("ix_sandbox_movement_day", "day"),
)

sandbox_notice = Table(
    "sandbox_notice",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("copy", Integer, primary_key=True),
    Column("state", Text, nullable=False),
    Column("late", SmallInteger, nullable=False),  # 1: the money is taken when the notice is sent
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('due', 'taken', 'given_up')", name="state"),
    Index("ix_sandbox_notice_state", "state", "next_at"),
)

sandbox_his_account = Table(
    "sandbox_his_account",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("account_type", Text, primary_key=True),
    Column("his_cust_id", Text, primary_key=True),
    Column("balance", BigInteger, nullable=False),
    CheckConstraint("balance >= 0", name="balance"),
)

sandbox_his_entry = Table(
    "sandbox_his_entry",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("account_type", Text, nullable=False),
    Column("his_cust_id", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),  # of the account, after it
    Column("turn", Integer, nullable=False),  # how often the number was acted under
    Column("day", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('recharge', 'refund')", name="kind"),
    CheckConstraint("state IN ('prepared', 'done', 'cancelled')", name="state"),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_sandbox_his_entry_day", "day"),
)

sandbox_his_charge = Table(
    "sandbox_his_charge",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_no", Text, primary_key=True),
    Column("account_type", Text, nullable=False),
    Column("his_cust_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("paid_by", Text, nullable=False),  # the number under which it was paid
    Column("lines", Text, nullable=False, server_default="[]"),  # JSON: what the insurance is told
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_sandbox_his_charge_his_cust_id", "his_cust_id"),
)

sandbox_his_settled = Table(
    "sandbox_his_settled",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),  # the hub's settlement
    Column("state", Text, nullable=False),
    Column("charge_nos", Text, nullable=False),  # JSON
    Column("total", BigInteger, nullable=False),
    Column("cash", BigInteger, nullable=False),
    Column("told", Text, nullable=False),  # JSON: what was passed through
    Column("turn", Integer, nullable=False),  # how often the number was acted under
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('done', 'cancelled')", name="state"),
    CheckConstraint("total > 0 AND cash >= 0 AND cash <= total", name="amount"),
)

sandbox_agreement = Table(
    "sandbox_agreement",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("agreement_no", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("credit_limit", BigInteger, nullable=False),
    CheckConstraint("credit_limit > 0", name="credit_limit"),
)

sandbox_charged = Table(
    "sandbox_charged",
    metadata,
    Column("order_no", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("agreement_no", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index("ix_sandbox_charged_agreement_no", "agreement_no"),
)

sandbox_mischief = Table(
    "sandbox_mischief",
    metadata,
    Column("target", Text, primary_key=True),
    Column("act", Text, primary_key=True),
    Column("fate", Text, nullable=False),
    Column("times", Integer, nullable=False),
    Column("delay_ms", BigInteger, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),
    CheckConstraint("times >= 0", name="times"),
)
