"""What the sandbox's insurance centre has on file of settlements. All people are invented, so nothing is sealed.

Amounts are 分, prices and quantities ten-thousandths, days Beijing's.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

sandbox_centre_visit = Table(
    "sandbox_centre_visit",
    metadata,
    Column("visit_id", Text, primary_key=True),
    Column("institution", Text, nullable=False),
    Column("psn_no", Text, nullable=False),
    Column("kind", Text, nullable=False),  # of the table insutype
    Column("department", Text, nullable=False),
    Column("doctor", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("uploads", Integer, nullable=False),  # how often lines came; the last ones count
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('registered', 'withdrawn', 'settled')", name="state"),
)

sandbox_centre_line = Table(
    "sandbox_centre_line",
    metadata,
    Column("visit_id", Text, primary_key=True),
    Column("upload", Integer, primary_key=True),
    Column("line_no", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("charge_no", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("level", Text, nullable=False),
    Column("price", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("level IN ('01', '02', '03')", name="level"),
    CheckConstraint("amount > 0", name="amount"),
)

sandbox_centre_settlement = Table(
    "sandbox_centre_settlement",
    metadata,
    Column("settlement_id", Text, primary_key=True),
    Column("what", Text, nullable=False),
    Column("number", Text, nullable=False),  # of the message; empty: the centre did it by itself
    Column("institution", Text, nullable=False),
    Column("visit_id", Text, nullable=False),
    Column("psn_no", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("office", Text, nullable=False),
    Column("insured_area", Text, nullable=False),
    Column("year", Text, nullable=False),
    Column("place", Integer, nullable=False),  # among the person's
    Column("day", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("own_pay", BigInteger, nullable=False),
    Column("over_limit", BigInteger, nullable=False),
    Column("pre_pay", BigInteger, nullable=False),
    Column("in_scope", BigInteger, nullable=False),
    Column("deductible", BigInteger, nullable=False),
    Column("deductible_standard", BigInteger, nullable=False),
    Column("ratio", BigInteger, nullable=False),  # ten-thousandths
    Column("funds", BigInteger, nullable=False),
    Column("account", BigInteger, nullable=False),
    Column("cash", BigInteger, nullable=False),
    Column("balance", BigInteger, nullable=False),  # of the personal account, afterwards
    Column("settles", Text, nullable=False),  # of a cancel: what it takes back
    Column("reversed_by", Text, nullable=False),
    CheckConstraint("what IN ('settle', 'cancel')", name="what"),
    CheckConstraint("(what = 'cancel') = (settles <> '')", name="settles"),
    CheckConstraint("total = funds + account + cash", name="parts"),
    CheckConstraint("total = own_pay + over_limit + pre_pay + in_scope", name="scope"),
    CheckConstraint("what = 'cancel' OR (funds >= 0 AND account >= 0 AND cash >= 0)", name="signs"),
    CheckConstraint("balance >= 0", name="balance"),
    Index("ix_sandbox_centre_settlement_day", "day"),
    Index("ix_sandbox_centre_settlement_psn_no", "psn_no"),
)

sandbox_centre_share = Table(
    "sandbox_centre_share",
    metadata,
    Column("settlement_id", Text, primary_key=True),
    Column("fund", Text, primary_key=True),
    Column("place", Integer, nullable=False),
    Column("in_scope", BigInteger, nullable=False),
    Column("fund_limit", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("course", Text, nullable=False),
)

sandbox_centre_message = Table(
    "sandbox_centre_message",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("what", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("visit_id", Text, nullable=False),
    Column("settlement_id", Text, nullable=False),  # what a settle or cancel has made
    Column("at", BigInteger, nullable=False),
    CheckConstraint("what IN ('register', 'withdraw', 'upload', 'settle', 'cancel')", name="what"),
)

sandbox_centre_year = Table(
    "sandbox_centre_year",
    metadata,
    Column("psn_no", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("year", Text, primary_key=True),
    Column("what", Text, primary_key=True),  # deductible, band, burden, or a fund's number
    Column("amount", BigInteger, nullable=False),
    CheckConstraint("amount >= 0", name="amount"),
)
