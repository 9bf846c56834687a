"""The journal: one row an exchange, chained; the wire bytes sealed, one sealing a transaction.

The business keys are looked up in `journal_key`, which is filled a moment after the entries were written: an index on
them would be changed at a random page for every key of every message, and the message would wait for that.
"""

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
    Column("key_person", BigInteger),  # blind indexes of the business keys, looked up in journal_key
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
journal_key = Table(
    "journal_key",
    metadata,
    Column("part", BigInteger, primary_key=True),  # seq / PART: keys are random, so only a part's pages change
    Column("key", BigInteger, primary_key=True),  # whatever its kind; the entry's own column tells
    Column("chain", Text, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    sqlite_with_rowid=False,
)

journal_mark = Table(
    "journal_mark",
    metadata,
    Column("chain", Text, primary_key=True),  # one that may still grow; of all others every key is in journal_key
    Column("seq", BigInteger, nullable=False),  # up to this entry the keys are in journal_key
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
