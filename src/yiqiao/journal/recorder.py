"""Writing the journal: the ledger that commits with every gathered write.

A process writes one chain. The entries of one transaction are sealed together as one bundle; their rows follow one
another in the chain. Where the transaction does not take effect, the chain goes on from where it was; where that cannot
be known (the connection was lost while it committed), the next one looks first.
"""

import secrets
from collections import deque
from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.chain import GENESIS, Head, bundle_proof, entry_mac, heads_of, opening_mac, written_heads
from yiqiao.journal.entry import Entry, pack
from yiqiao.storage import journal as statements
from yiqiao.storage import journal_keys
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.journal import journal, journal_bundle, journal_chain

COLUMNS = tuple(column.name for column in journal.columns)
REMEMBERED = 1024
LONG_MS = 3_600_000
"""A chain that was not written for so long says anew that it grows: its mark may have gone with its last entry."""
_DIGEST = COLUMNS.index("digest")
_BUNDLE = ("chain", "bundle", "key_id", "sealed")


class Recorder:
    """The journal's writing end; one a process."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self.chain = secrets.token_hex(8)
        self._keyring = keyring
        self._clock = clock
        self._head = (0, 0, GENESIS)  # last entry's number, last bundle's number, last entry's link
        self._tried: deque[tuple[int, int, bytes]] = deque(maxlen=REMEMBERED)  # where it stands if a doubtful one took
        self._opened = self._unsure = False
        self._tried_at = self._written_at = 0

    @property
    def written(self) -> int:
        """How many entries the chain is known to have."""
        return self._head[0]

    @property
    def unsure(self) -> bool:
        """Whether it is not known what became of the last transaction."""
        return self._unsure

    def append(self, connection: Connection, entries: Sequence[Entry]) -> None:
        """Write the entries of one transaction."""
        if self._unsure:
            self._look(connection)
        self._tried_at = self._clock.now_ms()
        if not self._opened:
            self._open(connection)
        elif self._tried_at - self._written_at > LONG_MS:
            journal_keys.mark(connection, self.chain, self._head[0])
        seq, bundle, mac = self._head
        bundle += 1
        key_id, sealed = self._keyring.seal(pack(entries), bundle_context(self.chain, bundle))
        proof = bundle_proof(sealed)
        link = self._keyring.chain_mac
        rows: list[tuple[object, ...]] = []
        for place, entry in enumerate(entries):
            seq += 1
            row = self._fields(entry, seq, bundle, place)
            mac = entry_mac(link, mac, shown(row), proof)
            rows.append((*row, mac))
        insert_many(connection, journal_bundle, _BUNDLE, [(self.chain, bundle, key_id, sealed)])
        insert_many(connection, journal, COLUMNS, rows)
        self._tried.append((seq, bundle, mac))

    def settle(self, committed: bool) -> None:
        """Learn whether the last transaction took effect; where not, it may have done so all the same."""
        self._unsure = not committed
        if committed and self._tried:
            self._stand_at(self._tried[-1])

    def _look(self, connection: Connection) -> None:
        """See where the chain stands. What we never wrote is not ours to follow."""
        newest = statements.newest_of(connection, self.chain)
        if newest is not None and newest in self._tried:
            self._stand_at(newest)

    def _stand_at(self, head: tuple[int, int, bytes]) -> None:
        self._head = head
        self._tried.clear()
        self._opened = True
        self._written_at = self._tried_at

    def _fields(self, entry: Entry, seq: int, bundle: int, place: int) -> tuple[object, ...]:
        return (
            self.chain,
            seq,
            entry.at,
            entry.dialect,
            entry.operation,
            entry.app_id,
            str(entry.direction),
            entry.outcome,
            entry.duration_us,
            entry.request_id,
            blind_key(self._keyring, "person", entry.keys.person),
            blind_key(self._keyring, "card", entry.keys.card),
            blind_key(self._keyring, "order", entry.keys.order),
            blind_key(self._keyring, "trace", entry.keys.trace),
            entry.digest,
            bundle,
            place,
        )

    def _open(self, connection: Connection) -> None:
        """Begin the chain: write down where the older ones stand, so that cutting off their ends would show.

        What an earlier opening has written down already need not be said again.
        """
        now = self._tried_at
        witnessed = {head for opening in statements.openings(connection) for head in heads_of(opening.heads)}
        standing = {Head(*head) for head in statements.heads(connection)}
        heads = written_heads(sorted(standing - witnessed, key=lambda head: head.chain))
        mac = opening_mac(self._keyring.chain_mac, self.chain, now, heads)
        insert_many(connection, journal_chain, ("chain", "opened_at", "heads", "mac"), [(self.chain, now, heads, mac)])
        journal_keys.mark(connection, self.chain, 0)


def blind_key(keyring: Keyring, kind: str, value: str | None) -> int | None:
    """The blind index under which a business key of an entry is kept."""
    return None if value is None else keyring.blind(f"journal {kind}", value)


def shown(row: Sequence[object]) -> list[object]:
    """An entry's columns up to `place` in the form that is chained: JSON values, the digest as hex."""
    return [*row[:_DIGEST], bytes(cast("bytes", row[_DIGEST])).hex(), *row[_DIGEST + 1 :]]


def bundle_context(chain: str, bundle: int) -> bytes:
    """What a bundle is sealed to: it opens in its own place only."""
    return f"journal|{chain}|{bundle}".encode()
