"""What a sandbox is told to do (its clock, which faults are switched on), what its cashier has taken, and what its
citizens were told. Empty in a hub that is none.
"""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Integer, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

sandbox_state = Table(
    "sandbox_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("version", BigInteger, nullable=False),  # counts changes to either table
    Column("generation", BigInteger, nullable=False),  # counts how often the data was replaced as a whole
    Column("open", Boolean, nullable=False),  # whether the hub that was started last on this database is a sandbox
    Column("clock_offset_ms", BigInteger, nullable=False),  # how far its clock is ahead of the machine's
    Column("clock_frozen_at", BigInteger),  # where it stands still; null: it runs
    CheckConstraint("id = 1", name="one_row"),
)

sandbox_fault = Table(
    "sandbox_fault",
    metadata,
    Column("dialect", Text, primary_key=True),  # "*" with app_id "*": everybody
    Column("app_id", Text, primary_key=True),
    Column("origin", Text, primary_key=True),  # switch; header: one whose times are counted
    Column("rule", Text, primary_key=True),  # late=1500, lost, times=3
    Column("seed", BigInteger, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),  # messages that it was held against
    Column("hit", BigInteger, nullable=False),  # and those that it happened to
    CheckConstraint("origin IN ('switch', 'header')", name="origin"),
)

sandbox_trade = Table(
    "sandbox_trade",
    metadata,
    Column("trade_no", Text, primary_key=True),  # whose payment it is, by their number
    Column("amount", BigInteger, nullable=False),  # 分
    Column("payee", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("channel", SmallInteger),  # PAY_CHANNEL
    Column("refunds", Text, nullable=False),  # how it behaves when its money is asked back: done, slow, failed
    Column("expires_at", BigInteger, nullable=False),
    Column("paid_at", BigInteger),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('open', 'paid', 'failed', 'closed')", name="state"),
    CheckConstraint("refunds IN ('done', 'slow', 'failed')", name="refunds"),
    CheckConstraint("(state = 'paid') = (paid_at IS NOT NULL)", name="paid_at"),
    CheckConstraint("amount > 0", name="amount"),
)

sandbox_trade_never = Table(
    "sandbox_trade_never",
    metadata,
    Column("trade_no", Text, primary_key=True),  # closed before anybody opened it: it never will be
    Column("at", BigInteger, nullable=False),
)

sandbox_refund = Table(
    "sandbox_refund",
    metadata,
    Column("refund_no", Text, primary_key=True),
    Column("trade_no", Text, ForeignKey("sandbox_trade.trade_no"), nullable=False, unique=True),
    Column("amount", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("asked", Integer, nullable=False),  # how often it was asked about
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('pending', 'done', 'failed')", name="state"),
    CheckConstraint("amount > 0", name="amount"),
)

sandbox_message = Table(
    "sandbox_message",
    metadata,
    Column("message_id", Text, primary_key=True),
    Column("mobile", Text, nullable=False),  # masked
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
