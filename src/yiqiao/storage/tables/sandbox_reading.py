"""What stands in for devices and an insurance centre in a sandbox. All people are invented, so nothing is sealed."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, Text

from yiqiao.storage.tables.metadata import metadata

sandbox_reader = Table(
    "sandbox_reader",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("media", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("certificate_no", Text, nullable=False),  # whose card or face it is
    Column("code", Text, nullable=False),  # the text of a code that is shown
    Column("at", BigInteger, nullable=False),
    CheckConstraint("state IN ('present', 'empty', 'unreadable', 'absent')", name="state"),
    CheckConstraint("media IN ('identity_card', 'social_security_card', 'code', 'face')", name="media"),
)

sandbox_centre = Table(
    "sandbox_centre",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("reachable", Integer, nullable=False),
    Column("delay_ms", BigInteger, nullable=False),
    CheckConstraint("id = 1", name="one_row"),
    CheckConstraint("reachable IN (0, 1)", name="reachable"),
)

sandbox_insured = Table(
    "sandbox_insured",
    metadata,
    Column("psn_no", Text, primary_key=True),
    Column("balance", BigInteger, nullable=False),  # 分, of the personal account
    Column("status", Text, nullable=False),  # psn_insu_stas of the present insurance
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("balance >= 0", name="balance"),
    CheckConstraint("status IN ('0', '1', '2', '3', '4')", name="status"),
)

sandbox_voucher = Table(
    "sandbox_voucher",
    metadata,
    Column("code", Text, primary_key=True),
    Column("psn_no", Text, nullable=False),
    Column("ec_token", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)
