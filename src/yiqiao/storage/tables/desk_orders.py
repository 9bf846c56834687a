"""Money that a desk takes and gives back itself (cash, a POS, transfers): no platform remembers it, so these rows do.

Amounts are 分, days Beijing's.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Table, Text

from yiqiao.storage.tables.metadata import metadata

desk_order = Table(
    "desk_order",
    metadata,
    Column("order_no", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("state", Text, nullable=False),  # elsewhere: paid through another channel, this one only pays out for it
    Column("amount", BigInteger, nullable=False),
    Column("refunded", BigInteger, nullable=False),
    Column("external_no", Text, nullable=False),  # a POS's voucher
    Column("card", Text, nullable=False),  # JSON, what a POS told; the card's number masked
    Column("day", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('paid', 'closed', 'elsewhere')", name="state"),
    CheckConstraint("refunded >= 0 AND refunded <= amount", name="refunded"),
    Index("ix_desk_order_day", "day"),
)

desk_payout = Table(
    "desk_payout",
    metadata,
    Column("order_no", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("refund_no", Text, primary_key=True),
    Column("amount", BigInteger, nullable=False),
    Column("day", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    ForeignKeyConstraint(
        ["order_no", "channel"], ["desk_order.order_no", "desk_order.channel"], name="fk_desk_payout_desk_order"
    ),
    Index("ix_desk_payout_day", "day"),
)
