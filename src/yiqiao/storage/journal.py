"""The statements that read and prune the journal, on both engines. (Writing it is the recorder's, through `bulk`.)

The order of the journal as people see it is (at, chain, seq), newest first; the order in which it proves itself is
seq within a chain. Nothing here opens a sealed byte. By a business key entries are found as `journal_keys` says.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    delete,
    exists,
    func,
    select,
    tuple_,
)

from yiqiao.storage import journal_keys
from yiqiao.storage.journal_keys import KEYS
from yiqiao.storage.tables.journal import journal, journal_bundle, journal_chain, journal_checkpoint

EQUALITY = ("dialect", "operation", "app_id", "direction", "outcome", "request_id", "chain")

Place = tuple[int, str, int]
"""Where an entry stands for people: (at, chain, seq)."""


@dataclass(frozen=True)
class EntryRow:
    """A row of the journal, its columns in the table's order."""

    chain: str
    seq: int
    at: int
    dialect: str
    operation: str
    app_id: str
    direction: str
    outcome: str
    duration_us: int
    request_id: str
    key_person: int | None = field(repr=False)
    key_card: int | None = field(repr=False)
    key_order: int | None = field(repr=False)
    key_trace: int | None = field(repr=False)
    digest: bytes = field(repr=False)
    bundle: int
    place: int
    mac: bytes = field(repr=False)

    def chained(self) -> tuple[object, ...]:
        """The columns that the entry's link covers: all up to `place`."""
        return tuple(getattr(self, name) for name in _CHAINED)


_CHAINED = tuple(column.name for column in journal.columns)[:-1]


@dataclass(frozen=True)
class BundleRow:
    """A sealed bundle."""

    bundle: int
    key_id: str
    sealed: bytes = field(repr=False)


@dataclass(frozen=True)
class OpeningRow:
    """How a chain was opened."""

    chain: str
    opened_at: int
    heads: str
    mac: bytes = field(repr=False)


@dataclass(frozen=True)
class CheckpointRow:
    """How far a chain was pruned, and what it goes on from."""

    chain: str
    seq: int
    at: int
    entry_mac: bytes = field(repr=False)
    mac: bytes = field(repr=False)


@dataclass(frozen=True)
class Filter:
    """Which entries: equal columns, blind indexes, and a time range (epoch ms, `until` not included)."""

    equal: Mapping[str, str | int]
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class TallyRow:
    """How often an operation had an outcome."""

    dialect: str
    operation: str
    outcome: str
    calls: int


def newest_first(connection: Connection, wanted: Filter, limit: int, after: Place | None = None) -> list[EntryRow]:
    """Up to `limit` entries, newest first, from behind `after` on."""
    source, query = _wanted(connection, wanted)
    query = query.order_by(source.c.at.desc(), source.c.chain.desc(), source.c.seq.desc()).limit(limit)
    if after is not None:
        query = query.where(_place(source) < after)
    return _entries(connection, query)


def next_newer(connection: Connection, wanted: Filter, than: Place) -> EntryRow | None:
    """The entry that stands right above `than`."""
    source, query = _wanted(connection, wanted)
    query = query.where(_place(source) > than).order_by(source.c.at, source.c.chain, source.c.seq).limit(1)
    return next(iter(_entries(connection, query)), None)


def entry(connection: Connection, chain: str, seq: int) -> EntryRow | None:
    """One entry."""
    query = select(journal).where(journal.c.chain == chain, journal.c.seq == seq)
    return next(iter(_entries(connection, query)), None)


def tally(connection: Connection, since: int, until: int) -> list[TallyRow]:
    """Calls per dialect, operation and outcome in a time range."""
    by = (journal.c.dialect, journal.c.operation, journal.c.outcome)
    query = select(*by, func.count()).where(_during(since, until)).group_by(*by).order_by(*by)
    return [TallyRow(*row) for row in connection.execute(query)]


def slow_ends(connection: Connection, since: int, until: int, share: float) -> dict[tuple[str, str], int]:
    """The duration (µs) within which `share` of an operation's exchanges were done, by (dialect, operation)."""
    by = (journal.c.dialect, journal.c.operation)
    rank = func.percent_rank().over(partition_by=by, order_by=journal.c.duration_us).label("rank")
    ranked = select(*by, journal.c.duration_us, rank).where(_during(since, until)).subquery()
    query = (
        select(ranked.c.dialect, ranked.c.operation, func.max(ranked.c.duration_us))
        .where(ranked.c.rank <= share)
        .group_by(ranked.c.dialect, ranked.c.operation)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(query)}


def chains(connection: Connection) -> list[str]:
    """Every chain of which anything is left: opened, pruned, or with an entry or bundle."""
    found: set[str] = set()
    for table in (journal_chain, journal_checkpoint):
        found.update(connection.scalars(select(table.c.chain)))
    for table in (journal, journal_bundle):
        # Hopping from chain to chain along the key, since the engines would read every row for a DISTINCT.
        at: str | None = connection.scalar(select(func.min(table.c.chain)))
        while at is not None:
            found.add(at)
            at = connection.scalar(select(func.min(table.c.chain)).where(table.c.chain > at))
    return sorted(found)


def openings(connection: Connection) -> list[OpeningRow]:
    """How all chains were opened, oldest first."""
    query = select(journal_chain).order_by(journal_chain.c.opened_at, journal_chain.c.chain)
    return [OpeningRow(row[0], row[1], row[2], bytes(row[3])) for row in connection.execute(query)]


def checkpoints(connection: Connection, chain: str | None = None) -> list[CheckpointRow]:
    """The checkpoints of one chain or of all."""
    query = select(journal_checkpoint).order_by(journal_checkpoint.c.chain, journal_checkpoint.c.seq)
    if chain is not None:
        query = query.where(journal_checkpoint.c.chain == chain)
    return [CheckpointRow(r[0], r[1], r[2], bytes(r[3]), bytes(r[4])) for r in connection.execute(query)]


def heads(connection: Connection) -> list[tuple[str, int, bytes]]:
    """(chain, seq, link) of the newest entry of every chain; of one that was pruned to its end, of its checkpoint."""
    last = select(func.max(journal.c.seq)).where(journal.c.chain == journal_chain.c.chain).scalar_subquery()
    newest = select(journal_chain.c.chain, last.label("seq")).subquery()
    query = select(journal.c.chain, journal.c.seq, journal.c.mac).join(
        newest, and_(journal.c.chain == newest.c.chain, journal.c.seq == newest.c.seq)
    )
    found = {point.chain: (point.seq, point.entry_mac) for point in checkpoints(connection)}
    found |= {row[0]: (row[1], bytes(row[2])) for row in connection.execute(query)}
    return [(chain, *found[chain]) for chain in sorted(found)]


def newest_of(connection: Connection, chain: str) -> tuple[int, int, bytes] | None:
    """(seq, bundle, link) of a chain's newest entry; None where it has none."""
    query = (
        select(journal.c.seq, journal.c.bundle, journal.c.mac)
        .where(journal.c.chain == chain)
        .order_by(journal.c.seq.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return (row[0], row[1], bytes(row[2])) if row else None


def entries_from(connection: Connection, chain: str, above: int, limit: int) -> list[EntryRow]:
    """The next entries of a chain in the order of writing, from behind `above` on."""
    query = select(journal).where(journal.c.chain == chain, journal.c.seq > above).order_by(journal.c.seq).limit(limit)
    return _entries(connection, query)


def bundle_sizes(connection: Connection, chain: str, numbers: Sequence[int]) -> list[tuple[int, int]]:
    """(number, bytes) of those of a chain's bundles that are there; reads none of them."""
    columns = journal_bundle.c.bundle, func.length(journal_bundle.c.sealed)
    query = select(*columns).where(_these(chain, numbers)).order_by(journal_bundle.c.bundle)
    return [(row[0], row[1]) for row in connection.execute(query)]


def bundles(connection: Connection, chain: str, numbers: Sequence[int]) -> list[BundleRow]:
    """Those of a chain's bundles that are there."""
    columns = journal_bundle.c.bundle, journal_bundle.c.key_id, journal_bundle.c.sealed
    query = select(*columns).where(_these(chain, numbers)).order_by(journal_bundle.c.bundle)
    return [BundleRow(row[0], row[1], bytes(row[2])) for row in connection.execute(query)]


def bundles_without_entries(connection: Connection, chain: str, above_bundle: int, above_seq: int) -> list[int]:
    """Bundles behind the chain's last known entry that no entry speaks of."""
    spoken_of = exists().where(
        journal.c.chain == chain, journal.c.seq > above_seq, journal.c.bundle == journal_bundle.c.bundle
    )
    query = (
        select(journal_bundle.c.bundle)
        .where(journal_bundle.c.chain == chain, journal_bundle.c.bundle > above_bundle, ~spoken_of)
        .order_by(journal_bundle.c.bundle)
    )
    return list(connection.scalars(query))


def delete_entries(connection: Connection, chain: str, up_to: int, numbers: Sequence[int]) -> int:
    """Delete a chain's entries up to a number, their keys, and these bundles; answers how many entries went."""
    journal_keys.delete_keys(connection, chain, up_to)
    gone = connection.execute(delete(journal).where(journal.c.chain == chain, journal.c.seq <= up_to)).rowcount
    connection.execute(delete(journal_bundle).where(_these(chain, numbers)))
    return gone


def replace_checkpoint(connection: Connection, row: CheckpointRow) -> None:
    """Put a chain's new checkpoint in the place of its older one."""
    connection.execute(delete(journal_checkpoint).where(journal_checkpoint.c.chain == row.chain))
    connection.execute(journal_checkpoint.insert().values(**row.__dict__))


def _wanted(connection: Connection, wanted: Filter) -> tuple[FromClause, Select[Any]]:
    """Where entries are looked for (all, or those found by a business key), and the query over that."""
    unknown = set(wanted.equal) - {*EQUALITY, *KEYS}
    if unknown:
        raise ValueError(f"the journal is not searched by {', '.join(sorted(unknown))}")
    by = next((name for name in KEYS if name in wanted.equal), None)
    source = journal if by is None else journal_keys.found_by(connection, by, int(wanted.equal[by]))
    query = select(source).where(*(source.c[name] == value for name, value in wanted.equal.items()))
    if wanted.since is not None:
        query = query.where(source.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(source.c.at < wanted.until)
    return source, query


def _place(source: FromClause) -> Any:
    return tuple_(source.c.at, source.c.chain, source.c.seq)


def _during(since: int, until: int) -> ColumnElement[bool]:
    return and_(journal.c.at >= since, journal.c.at < until)


def _these(chain: str, numbers: Sequence[int]) -> ColumnElement[bool]:
    return and_(journal_bundle.c.chain == chain, journal_bundle.c.bundle.in_(numbers))


def _entries(connection: Connection, query: Select[Any]) -> list[EntryRow]:
    return [EntryRow(*row) for row in connection.execute(query)]
