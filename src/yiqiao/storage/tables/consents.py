"""Consents to use a card that hospitals asked for (主扫), and what became of them."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

card_consent = Table(
    "card_consent",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("out_authorize_no", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("token_digest", LargeBinary, nullable=False),  # SM3 of the link's token: a stolen table opens no link
    Column("state", Text, nullable=False),
    Column("treatment_code", Text, nullable=False),
    Column("office_code", Text, nullable=False),
    Column("term_id", Text, nullable=False),
    Column("operator_id", Text, nullable=False),
    Column("ip_addr", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the operator's name
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("person_id", Text),  # who decided; nobody where the time ran out
    Column("issue_no", Integer),  # the card that may be used
    CheckConstraint("state IN ('ing', 'succ', 'fail', 'cancel')", name="state"),
    CheckConstraint("(state = 'ing') = (decided_at IS NULL)", name="decided_at"),
    CheckConstraint("(state = 'succ') = (issue_no IS NOT NULL)", name="issue_no"),
    CheckConstraint("issue_no IS NULL OR person_id IS NOT NULL", name="person_id"),
    Index("ix_card_consent_at", "at"),
    Index("ix_card_consent_token_digest", "token_digest"),
    Index("ix_card_consent_person_id_at", "person_id", "at"),
)
