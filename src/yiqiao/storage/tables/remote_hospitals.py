"""Hospitals elsewhere, at which the region books through their own convenience services."""

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

remote_hospital = Table(
    "remote_hospital",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("profile", Text, nullable=False),
    Column("style", Text, nullable=False),  # how documents are wrapped
    Column("namespace", Text, nullable=False),
    Column("user_id", Text, nullable=False),  # as whom the region calls
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the key that it calls with
    Column("active", SmallInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("style IN ('soap', 'plain')", name="style"),
)
