"""The journal: one row an exchange, chained; the wire bytes sealed, one sealing a transaction."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

journal = Table(
    "journal",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("dialect", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("direction", Text, nullable=False),  # in: we answered; out: we called
    Column("outcome", Text, nullable=False),  # the return code of the standard
    Column("duration_us", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("key_person", BigInteger),  # blind indexes of the business keys
    Column("key_card", BigInteger),
    Column("key_order", BigInteger),
    Column("key_trace", BigInteger),
    Column("digest", LargeBinary, nullable=False),  # SM3 of the request as it came, secrets and all
    Column("bundle", BigInteger, nullable=False),  # which sealed bundle holds the bytes
    Column("place", Integer, nullable=False),  # and where in it
    Column("mac", LargeBinary, nullable=False),
    Index("ix_journal_at", "at"),
    Index("ix_journal_app_id_at", "app_id", "at"),
)
for _key in ("key_person", "key_card", "key_order", "key_trace"):
    _column = journal.c[_key]
    Index(
        f"ix_journal_{_key}",
        _column,
        postgresql_where=_column.is_not(None),
        sqlite_where=_column.is_not(None),
    )

journal_bundle = Table(
    "journal_bundle",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("bundle", BigInteger, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

journal_chain = Table(
    "journal_chain",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Column("heads", Text, nullable=False),  # JSON: the newest entry of every older chain, as seen at opening
    Column("mac", LargeBinary, nullable=False),
)

journal_checkpoint = Table(
    "journal_checkpoint",
    metadata,
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),  # entries up to this one were pruned
    Column("at", BigInteger, nullable=False),
    Column("entry_mac", LargeBinary, nullable=False),  # where the chain goes on from
    Column("mac", LargeBinary, nullable=False),
)
