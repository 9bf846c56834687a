"""Going along one chain, entry by entry, and saying what does not hold. Verifying and pruning both stand on this.

A chain is whole when its entries are numbered without a gap from 1 (or from where a pruning left its signed
checkpoint), each carries the link that follows from the one before it and from its own columns and bundle, and each
bundle opens in its own place and holds as many entries as the journal lists.

One tampering is told once: behind an entry that does not hold, the walk goes on from what stands there.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from yiqiao.crypto import DecryptionFailed, sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.chain import GENESIS, bundle_proof, checkpoint_mac, entry_mac
from yiqiao.journal.entry import unpack
from yiqiao.journal.recorder import bundle_context, shown
from yiqiao.storage.journal import BundleRow, CheckpointRow, EntryRow

CANDIDATES = 16


class What(StrEnum):
    """What can be wrong."""

    ENTRY_ALTERED = "entry altered"
    ENTRIES_MISSING = "entries missing"
    BUNDLE_ALTERED = "bundle altered"
    BUNDLE_MISSING = "bundle missing"
    KEY_UNKNOWN = "sealing key unknown"
    END_CUT = "end cut off"
    CHAIN_MISSING = "chain missing"
    HEAD_DIFFERS = "recorded entry differs"
    OPENING_MISSING = "opening missing"
    OPENING_FORGED = "opening forged"
    CHECKPOINT_FORGED = "checkpoint forged"


@dataclass(frozen=True)
class Fault:
    """Something that does not hold: in which chain, at which entry (0: the chain as a whole), and what."""

    chain: str
    seq: int
    what: What
    detail: str

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq}: {self.what}: {self.detail}"


@dataclass(frozen=True)
class Contents:
    """What was found out about a bundle; the bytes themselves are let go."""

    digest: bytes = field(repr=False)
    requests: tuple[bytes, ...] | None = field(repr=False)  # SM3 of each entry's kept request; None: it does not open


def contents(keyring: Keyring, chain: str, rows: Iterable[BundleRow]) -> dict[int, Contents]:
    """Open bundles and note what the walk needs of them, by number."""
    found: dict[int, Contents] = {}
    for row in rows:
        requests: tuple[bytes, ...] | None
        try:
            packed = keyring.unseal(row.key_id, row.sealed, bundle_context(chain, row.bundle))
            requests = tuple(sm3(request) for request, _, _ in unpack(packed))
        except DecryptionFailed:
            requests = None
        found[row.bundle] = Contents(bundle_proof(bytes(row.sealed)), requests)
    return found


def holds(keyring: Keyring, point: CheckpointRow) -> bool:
    """Whether a checkpoint was signed by this hub."""
    expected = checkpoint_mac(keyring.chain_mac, point.chain, point.seq, point.at, point.entry_mac)
    return hmac.compare_digest(expected, point.mac)


@dataclass
class Walk:
    """How far a chain was walked, and what was found."""

    keyring: Keyring
    chain: str
    seq: int = 0
    bundle: int = 0
    entries: int = 0
    bundles: int = 0
    cut: int = 0  # entries whose request is not kept as it came
    pruned: int = 0  # entries that are gone by right
    faults: list[Fault] = field(default_factory=list)
    _before: list[bytes] = field(default_factory=lambda: [GENESIS])  # what the next link may follow from
    _told: int = 0  # the bundle that was complained of last
    _listed: int = 0  # entries seen of the present bundle
    _held: Contents | None = None
    _skip: int = 0
    _forged: set[int] = field(default_factory=set)

    @property
    def head(self) -> bytes:
        """The link of the last entry."""
        return self._before[0]

    def page(self, rows: Sequence[EntryRow], held: Mapping[int, Contents], points: Sequence[CheckpointRow]) -> None:
        """Walk on over the next entries. `held`: their bundles; `points`: the chain's checkpoints, read after both."""
        newest = self._newest(points)
        self.bundles += len({row.bundle for row in rows} - {self.bundle})
        for row in rows:
            self._step(row, held.get(row.bundle), newest)

    def end(self, points: Sequence[CheckpointRow], unlisted: Sequence[int]) -> None:
        """The chain has no more entries. `unlisted`: bundles behind the last one that no entry speaks of."""
        newest = self._newest(points)
        if newest is not None and newest.seq > self.seq:
            self._adopt(newest)
        elif self._held is not None and self._held.requests is not None and self._listed < len(self._held.requests):
            gone = len(self._held.requests) - self._listed
            self._fault(self.seq + 1, What.END_CUT, f"bundle {self.bundle} holds {gone} more than the journal lists")
        if self.seq == 0:
            self._fault(0, What.ENTRIES_MISSING, "the chain was opened, and none of its entries is left")
        for number in unlisted:
            self._fault(self.seq + 1, What.END_CUT, f"bundle {number} is there, its entries are not")

    def _newest(self, points: Sequence[CheckpointRow]) -> CheckpointRow | None:
        newest = None
        for point in points:
            if not holds(self.keyring, point):
                if point.seq not in self._forged:
                    self._fault(point.seq, What.CHECKPOINT_FORGED, "the checkpoint was not signed with the hub's key")
                self._forged.add(point.seq)
            elif newest is None or point.seq > newest.seq:
                newest = point
        return newest

    def _step(self, row: EntryRow, held: Contents | None, newest: CheckpointRow | None) -> None:
        if row.seq <= self._skip:
            return
        gap = row.seq != self.seq + 1
        pruned_to = row.seq if held is None else row.seq - 1
        if (gap or held is None) and newest is not None and newest.seq >= pruned_to:
            self._adopt(newest)
            if row.seq <= newest.seq:
                return
            gap = row.seq != self.seq + 1
        if gap:
            last = row.seq - 1
            span = f"entry {last} is" if last == self.seq + 1 else f"entries {self.seq + 1} to {last} are"
            self._fault(self.seq + 1, What.ENTRIES_MISSING, f"{span} not there")
        if row.bundle != self.bundle:
            self.bundle, self._listed = row.bundle, 0
        self._listed += 1
        self._held = held
        self.seq = row.seq
        self.entries += 1
        self._check(row, held, follows=not gap)

    def _check(self, row: EntryRow, held: Contents | None, *, follows: bool) -> None:
        if held is None:
            self._fault_of_bundle(row, What.BUNDLE_MISSING, "is not there; its entries cannot be proven")
            self._before = [row.mac]
            return
        columns = shown(row.chained())
        expected = [entry_mac(self.keyring.chain_mac, before, columns, held.digest) for before in self._before]
        linked = any(hmac.compare_digest(link, row.mac) for link in expected)
        if held.requests is None:
            if linked:  # these are the bytes that were chained
                self._fault_of_bundle(row, What.KEY_UNKNOWN, "does not open with any key of that name in the keys file")
            else:
                self._fault_of_bundle(row, What.BUNDLE_ALTERED, "does not open: altered, or put in from elsewhere")
        elif follows and not linked:
            self._fault(row.seq, What.ENTRY_ALTERED, "it does not follow from the one before: altered, moved or put in")
        elif row.place >= len(held.requests):
            self._fault(row.seq, What.ENTRY_ALTERED, f"bundle {row.bundle} has no place {row.place}")
        else:
            self.cut += held.requests[row.place] != row.digest
        # Where a link does not hold, either it or the entry is false: the next one may follow from both, or, where
        # entries were exchanged, from one that stands a little before.
        self._before = [row.mac] if linked or not follows else [row.mac, *expected, *self._before][:CANDIDATES]

    def _adopt(self, point: CheckpointRow) -> None:
        self.pruned += point.seq - self.seq
        self.seq = self._skip = point.seq
        self._before = [point.entry_mac]
        self._held = None

    def _fault_of_bundle(self, row: EntryRow, what: What, why: str) -> None:
        if self._told != row.bundle:
            self._told = row.bundle
            self._fault(row.seq, what, f"bundle {row.bundle} {why}")

    def _fault(self, seq: int, what: What, detail: str) -> None:
        self.faults.append(Fault(self.chain, seq, what, detail))
