"""Who may call: partners, their terminals, and their keys (sealed).

An app_id (USER_ID, appid: each standard has its own word) is unique within a dialect, so every key here begins with
both.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

partner = Table(
    "partner",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("app_id", Text, primary_key=True),
    Column("name", Text, nullable=False),  # the organisation
    Column("profile", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("operations", Text, nullable=False),  # JSON: names of operations, or ["*"]
    Column("addresses", Text, nullable=False),  # JSON: networks in CIDR form; an empty list is any address
    Column("clock_window_s", Integer, nullable=False),
    Column("settings", Text, nullable=False),  # JSON object: what later dialects need of a partner
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('active', 'disabled')", name="state"),
    CheckConstraint("clock_window_s > 0", name="clock_window_s"),
)

partner_terminal = Table(
    "partner_terminal",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("app_id", Text, primary_key=True),
    Column("term_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    ForeignKeyConstraint(["dialect", "app_id"], ["partner.dialect", "partner.app_id"]),
)

partner_key = Table(
    "partner_key",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("app_id", Text, primary_key=True),
    Column("key_no", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),  # which sealing key
    Column("sealed", LargeBinary, nullable=False),  # the secret
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger),  # accepted before this moment; null: until further notice
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),  # when a newer key took its place; it may still be accepted for a while
    ForeignKeyConstraint(["dialect", "app_id"], ["partner.dialect", "partner.app_id"]),
)

partner_version = Table(
    "partner_version",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("version", BigInteger, nullable=False),  # counts changes to any table above
    CheckConstraint("id = 1", name="one_row"),
)
