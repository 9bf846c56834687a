"""Whom citizens book for: themselves, and the members of their families."""

from sqlalchemy import BigInteger, Column, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

family_member = Table(
    "family_member",
    metadata,
    Column("person_id", Text, primary_key=True),  # whose account it is
    Column("member_id", Text, primary_key=True),  # "me": what the citizen has told of themselves
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)
