"""The journal's business keys: how they are filed behind the writers' backs, and how entries are found by them.

A chain that may still grow has a mark: up to that entry its keys are in `journal_key`, and what stands behind the mark
is looked through entry by entry. So an entry is found from the moment it commits, filed or not. A chain without a mark
is filed to its end.

Keys are random numbers, and a tree of them takes every new one at a page of its own. They are filed by part (so many
entries of a chain), since a part's pages are few enough to be changed many times in one transaction; a search looks
into every part.
"""

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    union,
    update,
)

from yiqiao.storage.tables.journal import journal, journal_checkpoint, journal_mark

KEYS = ("key_trace", "key_order", "key_card", "key_person")
"""The columns of the keys, those first by which an entry has the fewest others beside it."""
PART = 32_768

_PARTS = """
    part (number) AS (
        SELECT min(part) FROM journal_key
        UNION ALL
        SELECT (SELECT min(part) FROM journal_key WHERE part > part.number) FROM part WHERE part.number IS NOT NULL
    )"""
_COLUMNS = ", ".join(f"journal.{column.name}" for column in journal.columns)
# CROSS JOIN, since SQLite keeps to its order: it has no figures by which it could choose.
_FILED = text(f"""
    WITH RECURSIVE {_PARTS}
    SELECT {_COLUMNS} FROM part CROSS JOIN journal_key CROSS JOIN journal
    WHERE journal_key.part = part.number AND journal_key.key = :key
        AND journal.chain = journal_key.chain AND journal.seq = journal_key.seq
""")
_STANDING = select(
    journal_mark.c.chain,
    journal_mark.c.seq,
    select(func.max(journal.c.seq)).where(journal.c.chain == journal_mark.c.chain).scalar_subquery(),
)
_REACHED = text("""
    SELECT max(seq) FROM journal WHERE chain = :chain AND seq < :portion + (
        SELECT min(seq) FROM journal WHERE chain = :chain AND seq > :mark
    )
""")
_KEYS_OF = " UNION ALL ".join(
    f"SELECT seq / {PART} AS part, {name} AS key, chain, seq FROM journal "
    f"WHERE chain = :chain AND seq > :above AND seq <= :up_to AND {name} IS NOT NULL"
    for name in KEYS
)
# "WHERE true", since SQLite would take ON CONFLICT for a join's ON.
_FILE = text(f"""
    INSERT INTO journal_key (part, key, chain, seq)
    SELECT part, key, chain, seq FROM ({_KEYS_OF}) AS keys WHERE true ORDER BY 1, 2
    ON CONFLICT DO NOTHING
""")
_UNFILE = text(f"DELETE FROM journal_key WHERE (part, key, chain, seq) IN ({_KEYS_OF})")
# A mark that is there is locked all the same, so that `drop_marks` waits and looks again.
_MARK = text("""
    INSERT INTO journal_mark (chain, seq) VALUES (:chain, :seq)
    ON CONFLICT (chain) DO UPDATE SET seq = journal_mark.seq
""")


def found_by(connection: Connection, column: str, key: int) -> FromClause:
    """The entries with a business key, as a source with the journal's columns."""
    # What is filed between this statement and the search itself is in both of its halves: hence a union.
    unfiled = [
        and_(journal.c.chain == chain, journal.c.seq > at, journal.c.seq <= newest)
        for chain, at, newest in connection.execute(_STANDING)
        if newest is not None and newest > at
    ]
    filed = _FILED.bindparams(key=key).columns(*journal.columns).subquery("filed")
    if not unfiled:
        return filed
    return union(select(filed), select(journal).where(journal.c[column] == key, or_(*unfiled))).subquery("found")


def mark(connection: Connection, chain: str, seq: int) -> None:
    """Say that a chain grows behind `seq`; a mark that it has already stays as it is."""
    connection.execute(_MARK, {"chain": chain, "seq": seq})


def file_portion(connection: Connection, chain: str, portion: int) -> int | None:
    """File the keys of the next entries of a chain, up to `portion` of them, and move its mark.

    Answers how far that is; None where nothing was left to file. Once more is once: the mark moves together with it.
    """
    at = _locked(connection, chain)
    if at is None:
        return None
    # Entries become visible in the order of their numbers, so all up to one that is seen are there for good.
    reached: int | None = connection.scalar(_REACHED, {"chain": chain, "mark": at, "portion": portion})
    if reached is None:
        return None
    connection.execute(_FILE, {"chain": chain, "above": at, "up_to": reached})
    connection.execute(update(journal_mark).where(journal_mark.c.chain == chain).values(seq=reached))
    return reached


def close(connection: Connection, chain: str) -> None:
    """Take the mark of a chain that was filed to its end and will not grow."""
    if _locked(connection, chain) is not None:
        connection.execute(delete(journal_mark).where(journal_mark.c.chain == chain, ~_behind()))


def chains_behind(connection: Connection) -> list[str]:
    """Chains with entries whose keys are not filed yet."""
    return list(connection.scalars(select(journal_mark.c.chain).where(_behind()).order_by(journal_mark.c.chain)))


def drop_marks(connection: Connection, before: int) -> int:
    """Take the marks of chains of which nothing is left since before `before` (epoch ms); answers how many."""
    old = select(journal_mark.c.chain).join(journal_checkpoint, journal_checkpoint.c.chain == journal_mark.c.chain)
    old = old.where(journal_checkpoint.c.at < before).order_by(journal_mark.c.chain)
    # Locked first and looked at in a second statement: whoever has written to one meanwhile is seen.
    chains = list(connection.scalars(old.with_for_update(of=journal_mark)))
    left = exists().where(journal.c.chain == journal_mark.c.chain)
    return connection.execute(delete(journal_mark).where(journal_mark.c.chain.in_(chains), ~left)).rowcount


def delete_keys(connection: Connection, chain: str, up_to: int) -> None:
    """Delete the keys of a chain's entries up to a number; the entries are still there."""
    _locked(connection, chain)  # nobody files them once more meanwhile
    connection.execute(_UNFILE, {"chain": chain, "above": 0, "up_to": up_to})


def _locked(connection: Connection, chain: str) -> int | None:
    query = select(journal_mark.c.seq).where(journal_mark.c.chain == chain).with_for_update()
    found: int | None = connection.scalar(query)
    return found


def _behind() -> ColumnElement[bool]:
    return exists().where(journal.c.chain == journal_mark.c.chain, journal.c.seq > journal_mark.c.seq)
