"""Whether the journal is whole: offline, from the database and the hub's keys alone.

Each chain is walked from its beginning (or its checkpoint) to its end. Then every opening is held against what is
there: it recorded where the older chains stood, so an end that was cut off since then shows. What nothing recorded
cannot show that way: the end of the newest chain. Whoever keeps a report's heads outside the database closes that gap
by handing them in the next time.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.chain import Head, heads_of, opening_mac
from yiqiao.journal.walk import Contents, Fault, Walk, What, contents
from yiqiao.storage import Database
from yiqiao.storage import journal as statements
from yiqiao.storage.journal import EntryRow, OpeningRow

ROWS = 500
"""Entries read at a time."""
BYTES = 16 << 20
"""Sealed bytes read at a time (a single bundle may be larger)."""
KEPT_FAULTS = 1000


@dataclass(frozen=True)
class Report:
    """What was found. `cut`: entries whose request was not kept as it came (secrets cut out, or a stranger's message).

    faults are the first thousand; `fault_count` says how many there were. heads: where the chains stood.
    """

    chains: int = 0
    entries: int = 0
    bundles: int = 0
    cut: int = 0
    pruned: int = 0
    fault_count: int = 0
    faults: tuple[Fault, ...] = ()
    heads: tuple[Head, ...] = field(default=(), repr=False)

    @property
    def clean(self) -> bool:
        """Whether the journal is whole."""
        return self.fault_count == 0


class Verifier:
    """Reads the journal and proves it; may run beside hubs that write and prune it."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring

    async def verify(
        self, known: Sequence[Head] = (), progress: Callable[[int], None] = lambda entries: None
    ) -> Report:
        """Verify all chains. `known`: heads of an earlier report; `progress` is told how many entries were walked."""
        # Chains first: every chain that is there now has its opening there when they are read.
        names = await self._database.read(statements.chains)
        openings = await self._database.read(statements.openings)
        report = Report()
        opened = {opening.chain for opening in openings}
        for name in names:
            walk = await self._walk(name, progress)
            if name not in opened:
                walk.faults.insert(0, Fault(name, 0, What.OPENING_MISSING, "nothing says how this chain was opened"))
            report = _and(report, walk.faults, walk)
        report = _and(report, [fault for opening in openings for fault in self._forged(opening)])
        recorded = [
            (head, f"when chain {opening.chain} was opened")
            for opening in openings
            if not list(self._forged(opening))
            for head in heads_of(opening.heads)
        ]
        recorded += [(head, "at an earlier verification") for head in known]
        for head, when in recorded:
            fault = await self._database.read(partial(_lost, head=head, when=when))
            report = _and(report, [fault] if fault else [])
        return report

    async def entries(self, chain: str, above: int, limit: int = ROWS) -> list[EntryRow]:
        """The next entries of a chain."""
        return await self._database.read(lambda c: statements.entries_from(c, chain, above, limit))

    async def step(self, walk: Walk, rows: Sequence[EntryRow]) -> None:
        """Walk on over entries just read."""
        held = await self._contents(walk.chain, rows)
        points = await self._database.read(lambda c: statements.checkpoints(c, walk.chain))
        await asyncio.to_thread(walk.page, rows, held, points)

    async def _walk(self, chain: str, progress: Callable[[int], None]) -> Walk:
        walk = Walk(self._keyring, chain)
        while rows := await self.entries(chain, walk.seq):
            await self.step(walk, rows)
            progress(len(rows))

        def rest(connection: Connection) -> tuple[list[int], list[statements.CheckpointRow]]:
            unlisted = statements.bundles_without_entries(connection, chain, walk.bundle, walk.seq)
            return unlisted, statements.checkpoints(connection, chain)

        unlisted, points = await self._database.read(rest)
        walk.end(points, unlisted)
        return walk

    async def _contents(self, chain: str, rows: Sequence[EntryRow]) -> dict[int, Contents]:
        """What the bundles of these entries hold; a few megabytes are read at a time."""
        numbers = sorted({row.bundle for row in rows})
        sizes = await self._database.read(lambda c: statements.bundle_sizes(c, chain, numbers))
        held: dict[int, Contents] = {}
        for some in _portions(sizes):
            sealed = await self._database.read(partial(statements.bundles, chain=chain, numbers=some))
            held |= await asyncio.to_thread(contents, self._keyring, chain, sealed)
        return held

    def _forged(self, opening: OpeningRow) -> Iterator[Fault]:
        expected = opening_mac(self._keyring.chain_mac, opening.chain, opening.opened_at, opening.heads)
        if not hmac.compare_digest(expected, opening.mac):
            yield Fault(opening.chain, 0, What.OPENING_FORGED, "what the chain's opening says was altered")


def _lost(connection: Connection, head: Head, when: str) -> Fault | None:
    """What has become of an entry that was recorded as a chain's newest."""
    row = statements.entry(connection, head.chain, head.seq)
    if row is not None:
        if hmac.compare_digest(row.mac, head.mac):
            return None
        return Fault(head.chain, head.seq, What.HEAD_DIFFERS, f"the entry is not the one that stood there {when}")
    points = statements.checkpoints(connection, head.chain)
    newest = statements.newest_of(connection, head.chain)
    reached = max([point.seq for point in points] + ([newest[0]] if newest else []), default=None)
    if reached is None:
        return Fault(head.chain, 0, What.CHAIN_MISSING, f"it reached entry {head.seq} {when}; nothing of it is left")
    if reached < head.seq:
        return Fault(
            head.chain, reached + 1, What.END_CUT, f"it reached entry {head.seq} {when}, and ends at {reached}"
        )
    return None  # pruned, or missing in the middle, which its walk has told


def _portions(sizes: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Bundles whose bytes together stay within BYTES."""
    some: list[int] = []
    total = 0
    for number, size in sizes:
        if some and total + size > BYTES:
            yield some
            some, total = [], 0
        some.append(number)
        total += size
    if some:
        yield some


def _and(report: Report, faults: Sequence[Fault], walk: Walk | None = None) -> Report:
    report = replace(
        report,
        fault_count=report.fault_count + len(faults),
        faults=(*report.faults, *faults)[:KEPT_FAULTS],
    )
    if walk is None:
        return report
    return replace(
        report,
        chains=report.chains + 1,
        entries=report.entries + walk.entries,
        bundles=report.bundles + walk.bundles,
        cut=report.cut + walk.cut,
        pruned=report.pruned + walk.pruned,
        heads=(*report.heads, Head(walk.chain, walk.seq, walk.head)),
    )
