"""Who may sign in: operators, their sessions, and what they saw and did."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

operator = Table(
    "operator",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),  # argon2id
    Column("state", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Column("failed_count", Integer, nullable=False),  # attempts since the last sign-in or lock
    Column("locked_until", BigInteger),
    CheckConstraint("role IN ('viewer', 'operator', 'approver', 'administrator')", name="role"),
    CheckConstraint("state IN ('active', 'disabled')", name="state"),
)

operator_session = Table(
    "operator_session",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),  # SM3 of the cookie's token: a stolen table signs nobody in
    Column("operator", Text, nullable=False),
    Column("csrf", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    ForeignKeyConstraint(["operator"], ["operator.name"]),
    Index("ix_operator_session_operator", "operator"),
    Index("ix_operator_session_expires_at", "expires_at"),
)

operator_audit = Table(
    "operator_audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("operator", Text, nullable=False),  # "-" where nobody known acted
    Column("act", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("detail", Text, nullable=False),  # JSON object, without secrets and without personal data
    Index("ix_operator_audit_at", "at"),
    Index("ix_operator_audit_operator_at", "operator", "at"),
    sqlite_autoincrement=True,  # a number that was pruned is never given again
)
