"""One-time links by which a new partner comes for its secret."""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

partner_slip = Table(
    "partner_slip",
    metadata,
    Column("dialect", Text, primary_key=True),
    Column("app_id", Text, primary_key=True),
    Column("token_digest", LargeBinary, primary_key=True),  # SM3 of the link's token: a stolen table opens nothing
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("opened_at", BigInteger),
    ForeignKeyConstraint(["dialect", "app_id"], ["partner.dialect", "partner.app_id"]),
    Index("ix_partner_slip_token_digest", "token_digest"),
)
