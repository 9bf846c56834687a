"""Letting go of old exchanges, so that what is left can still be proven.

Whole bundles go, from a chain's beginning, in slices of some thousand entries, each in a transaction of its own, with
a signed checkpoint that says how far and what the chain goes on from. What is to go is proven first: a checkpoint over
a hole or over entries that somebody made look old would wash out the traces, so a chain that does not hold is left as
it is and told of.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import Connection

from yiqiao.clock import DAY_MS, Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.journal.chain import checkpoint_mac
from yiqiao.journal.verify import Verifier
from yiqiao.journal.walk import Fault, Walk
from yiqiao.storage import Database, journal_keys
from yiqiao.storage import journal as statements
from yiqiao.storage.database import Work
from yiqiao.storage.journal import CheckpointRow, EntryRow

SLICE = 2000
PAUSE_S = 0.02
"""Between two slices, so that other writers get their turn."""

log = structlog.get_logger("yiqiao.journal")


class AlreadyPruned(DomainError):
    """Another process pruned the same entries at the same time."""

    def __init__(self) -> None:
        super().__init__("日志正在由另一个进程清理，请稍后再试")


@dataclass(frozen=True)
class Pruned:
    """What went. faults: what was found wrong with the chains that were left as they are (or pruned all the same)."""

    entries: int = 0
    chains: int = 0
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class _Slice:
    """Entries of one chain that may go, with their bundles, and where the chain goes on from."""

    rows: Sequence[EntryRow]
    seq: int
    mac: bytes


async def prune(
    database: Database,
    keyring: Keyring,
    clock: Clock,
    before: int,
    *,
    dry_run: bool = False,
    broken_too: bool = False,
    slice_size: int = SLICE,
    pause_s: float = PAUSE_S,
) -> Pruned:
    """Delete the exchanges from before `before` (epoch ms). `dry_run` only counts; `broken_too` prunes what does not
    verify as well. Raises AlreadyPruned, StorageUnreachable, StorageFailed; what was pruned until then is.
    """
    total = Pruned()
    for chain in await database.read(statements.chains):
        walk = Walk(keyring, chain)
        gone = 0
        while found := await _next(Verifier(database, keyring), walk, before, slice_size):
            if walk.faults and not broken_too:
                break
            if not dry_run:
                await database.write(_deletion(keyring, clock.now_ms(), chain, found))
                await asyncio.sleep(pause_s)
            gone += len(found.rows)
        faults = (*total.faults, *walk.faults)
        total = replace(total, entries=total.entries + gone, chains=total.chains + bool(gone), faults=faults)
    if not dry_run:
        await database.write(lambda c: journal_keys.drop_marks(c, clock.now_ms() - DAY_MS))
    return total


async def prune_journal(database: Database, keyring: Keyring, clock: Clock, days: int) -> Pruned:
    """The daily work: keep `days` days (0 keeps all). Faults are logged, they do not stop the other chains."""
    if days <= 0:
        return Pruned()
    pruned = await prune(database, keyring, clock, clock.now_ms() - days * DAY_MS)
    if pruned.entries:
        log.info("journal pruned", entries=pruned.entries, chains=pruned.chains, days=days)
    for fault in pruned.faults:
        log.error("journal not pruned, it does not verify", fault=str(fault))
    return pruned


async def _next(verifier: Verifier, walk: Walk, before: int, size: int) -> _Slice | None:
    """The next entries that may go, walked (and so proven); None where there are no more."""
    rows = await verifier.entries(walk.chain, walk.seq, size)
    whole = _old_bundles(rows, before, more=len(rows) == size)
    if not whole:
        return None
    await verifier.step(walk, whole)
    return _Slice(whole, walk.seq, walk.head)


def _old_bundles(rows: Sequence[EntryRow], before: int, *, more: bool) -> Sequence[EntryRow]:
    """The entries from the beginning whose bundles hold nothing newer; with `more` to come, the last is open."""
    end = next((place for place, row in enumerate(rows) if row.at >= before), len(rows))
    if end < len(rows) or more:
        kept = rows[end if end < len(rows) else -1].bundle
        while end and rows[end - 1].bundle == kept:
            end -= 1
    return rows[:end]


def _deletion(keyring: Keyring, now: int, chain: str, found: _Slice) -> Work[None]:
    mac = checkpoint_mac(keyring.chain_mac, chain, found.seq, now, found.mac)
    point = CheckpointRow(chain, found.seq, now, found.mac, mac)
    bundles = sorted({row.bundle for row in found.rows})

    def work(connection: Connection) -> None:
        if statements.delete_entries(connection, chain, found.rows[-1].seq, bundles) != len(found.rows):
            raise AlreadyPruned
        statements.replace_checkpoint(connection, point)

    return work
