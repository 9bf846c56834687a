"""The journal's business keys in a table of their own, filed behind the writers' backs, in place of four indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_KINDS = ("key_person", "key_card", "key_order", "key_trace")
_KEYS = " UNION ALL ".join(
    f"SELECT seq / 32768 AS part, {kind} AS key, chain, seq FROM journal WHERE {kind} IS NOT NULL" for kind in _KINDS
)


def upgrade() -> None:
    """File the keys of all entries there are; every chain that was opened gets a mark at its end."""
    op.create_table(
        "journal_key",
        sa.Column("part", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("part", "key", "chain", "seq", name=op.f("pk_journal_key")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "journal_mark",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_journal_mark")),
    )
    op.execute(
        f"INSERT INTO journal_key (part, key, chain, seq) SELECT DISTINCT part, key, chain, seq FROM ({_KEYS}) AS keys "
        "ORDER BY part, key"
    )
    # Nobody writes to these chains any more, unless a process of the older version was left running.
    op.execute(
        "INSERT INTO journal_mark (chain, seq) SELECT chain, seq FROM ("
        "SELECT chain, (SELECT max(seq) FROM journal WHERE journal.chain = journal_chain.chain) AS seq "
        "FROM journal_chain) AS ends WHERE seq IS NOT NULL"
    )
    for kind in _KINDS:
        op.drop_index(f"ix_journal_{kind}", table_name="journal")
