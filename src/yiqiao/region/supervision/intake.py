"""Taking in a batch: what is new becomes a version, what has all its antecedents is valid, the rest waits for them.

The batch is one transaction, in which its institution writes alone: the versions that it finds on file and the
antecedents that it finds missing stay so until it has committed. Who arrives meanwhile waits for that.
"""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.region.supervision import waiting
from yiqiao.region.supervision.attachments.mentions import mentions
from yiqiao.region.supervision.attachments.naming import SERVICES
from yiqiao.region.supervision.kinds import Bound, Kind
from yiqiao.region.supervision.pages import page_of
from yiqiao.region.supervision.refusals import AntecedentMissing, NotOpened, RepeatedRandom
from yiqiao.region.supervision.versions import VALID, WAITING, Record, Totals
from yiqiao.storage import Database, attachments, supervision
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision_records import (
    BatchRow,
    Fact,
    IntakeRow,
    PageRow,
    RecordRow,
    RefusalRow,
    Standing,
    WantedRow,
)

REFUSALS_KEPT = 200
"""Refused rows of a batch that are kept; all of them are told to the sender."""

Days = Mapping[str, Collection[str]]
Valid = Callable[[Connection, str, Days], None]
"""Learns, in the transaction, on which days of the business what is in force changed: institution, days by kind."""


def nobody(_connection: Connection, _app_id: str, _days: Days) -> None:
    """Nobody asks on which days something changed."""


class Plain(NamedTuple):
    """What is kept of a record beside its sealed content; `amount` in hundredths of 分, `day` YYYY-MM-DD or empty."""

    day: str = ""
    flow_no: str | None = None
    order_no: str | None = None
    dept_code: str | None = None
    doctor_code: str | None = None
    recipe_no: str | None = None
    emr_no: str | None = None
    amount: int | None = None
    certificate_index: int | None = None
    card_index: int | None = None


class Arrival(NamedTuple):
    """A row that is as its standard wants it. `position` in the batch and `place` in its pages count from 0."""

    position: int
    record_key: str
    digest: bytes
    place: int
    plain: Plain
    needs: tuple[Fact, ...] = ()
    attachments: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Arrival({self.position}, {self.record_key})"


class Refused(NamedTuple):
    """A row that is not as its standard wants it."""

    position: int
    record_key: str
    code: str
    told: str


@dataclass(frozen=True)
class Batch:
    """A request's rows, judged one by one. `whole`: all of them are taken in, or none."""

    app_id: str
    batch_id: int
    kind: Kind
    nonce: str
    sent_at: int
    received_at: int
    request_id: str
    digest: bytes
    size: int
    arrivals: Sequence[Arrival] = field(repr=False)
    pages: Sequence[PageRow] = field(repr=False)
    refused: Sequence[Refused] = field(default=(), repr=False)
    whole: bool = False


class Taken(NamedTuple):
    """What became of a batch: by position, what each waiting row waits for, and the rows that changed nothing."""

    waiting: Mapping[int, tuple[Fact, ...]]
    unchanged: frozenset[int]


def new_batch_id(now_ms: int) -> int:
    """A number for a batch: later ones are greater."""
    return now_ms << 20 | secrets.randbelow(1 << 20)


@dataclass(frozen=True)
class Intake:
    """Takes in batches. `woken` is called when somebody's antecedent has come; `valid` learns on which days what is in
    force changed.
    """

    database: Database
    clock: Clock
    woken: Callable[[], None] = lambda: None
    valid: Valid = nobody

    async def admit(self, app_id: str, nonce: str) -> supervision.InstitutionRow:
        """Look whether a batch can be taken in, before it is judged. Raises NotOpened, RepeatedRandom."""
        return await self.database.read(lambda connection: admitted(connection, app_id, nonce))

    async def take(self, batch: Batch) -> Taken:
        """Take in a batch. Raises NotOpened, RepeatedRandom, AntecedentMissing: then nothing was stored."""

        def write(connection: Connection) -> tuple[Taken, bool]:
            supervision.alone(connection, batch.app_id)
            institution = admitted(connection, batch.app_id, batch.nonce)
            on_file = stored.versions(
                connection, batch.app_id, batch.kind, sorted({one.record_key for one in batch.arrivals})
            )
            here = _present(connection, institution, {need for one in batch.arrivals for need in one.needs})
            folded = self.database.aside(lambda: _fold(batch, on_file, here))
            return folded.taken, self._write(connection, batch, folded)

        taken, wakes = await self.database.write(write)
        if wakes:
            self.woken()
        return taken

    def _write(self, connection: Connection, batch: Batch, folded: "_Fold") -> bool:
        """Write down what a batch changes; answers whether somebody has to be judged again."""
        taken = folded.taken
        accepted = len(batch.arrivals) - len(taken.waiting) - len(taken.unchanged)
        row = BatchRow(
            batch.app_id,
            batch.batch_id,
            batch.kind.value,
            batch.nonce,
            batch.sent_at,
            batch.received_at,
            batch.request_id,
            batch.digest,
            batch.size,
            accepted,
            len(taken.waiting),
            len(batch.refused),
            len(taken.unchanged),
        )
        refusals = [RefusalRow(batch.app_id, batch.batch_id, *one) for one in batch.refused[:REFUSALS_KEPT]]
        needed = {page_of(one.place) for one in folded.rows}
        stored.add_batch(connection, row, [page for page in batch.pages if page.page in needed], refusals)
        stored.change_versions(connection, batch.app_id, batch.kind, folded.changes)
        stored.add_records(connection, folded.rows)
        stored.want(connection, folded.wanted)
        _name(connection, batch, folded)
        day = beijing(batch.received_at).strftime("%Y-%m-%d")
        intake = IntakeRow(batch.app_id, batch.kind.value, day, 1, *row[-4:])
        stored.count(connection, folded.totals.rows(), [intake])
        if folded.days:
            self.valid(connection, batch.app_id, {batch.kind.value: folded.days})
        if folded.new and stored.announce(connection, batch.app_id, batch.kind, folded.new):
            waiting.put(connection, self.clock.now_ms(), batch.app_id, str(batch.batch_id))
            return True
        return False


def _name(connection: Connection, batch: Batch, folded: "_Fold") -> None:
    """Note which attachments the versions that count now name, in the place of those before them."""
    app_id, kind = batch.app_id, batch.kind.value
    known = [(kind, key) for key in folded.named if key in folded.before]
    naming = ((key, ids) for key, ids in folded.named.items() if ids)
    names = [one for key, ids in naming for one in mentions(app_id, kind, key, ids, batch.received_at)]
    attachments.name(connection, app_id, known, names)


def admitted(connection: Connection, app_id: str, nonce: str) -> supervision.InstitutionRow:
    """The institution, if it is open and this nonce is new. Raises NotOpened, RepeatedRandom."""
    institution = supervision.find_institution(connection, app_id)
    if institution is None or not institution.open:
        raise NotOpened(app_id)
    if stored.nonce_used(connection, app_id, nonce):
        raise RepeatedRandom
    return institution


def _present(
    connection: Connection, institution: supervision.InstitutionRow, needs: Collection[Fact]
) -> frozenset[Fact]:
    """Which of these facts are there: a record in force, or a binding. A hospital is its own partner."""
    here: set[Fact] = {Fact(Bound.PARTNER, institution.hosp_id)}
    by_kind: dict[str, set[str]] = {}
    for need in needs:
        by_kind.setdefault(need.kind, set()).add(need.key)
    for kind, keys in by_kind.items():
        look = supervision.bound if kind in set(Bound) else stored.present
        here |= {Fact(kind, key) for key in look(connection, institution.app_id, kind, sorted(keys))}
    return frozenset(here)


def _fold(batch: Batch, on_file: Iterable[Standing], here: frozenset[Fact]) -> "_Fold":
    """What the batch changes, given what is on file of its records and which facts there are. Raises
    AntecedentMissing where it is to be taken whole and cannot be.
    """
    fold = _Fold(batch, here)
    for version in on_file:
        fold.before.setdefault(version.record_key, {})[version.digest] = version
    for one in batch.arrivals:
        fold.arrive(one)
    fold.settle()
    return fold


class _Fold:
    """Puts the rows of a batch on what is on file. `new`: the records that are in force for the first time; `days`: of
    the business, on which something came into force or went out of it; `named`: the attachments of those records of
    which another version counts now.
    """

    def __init__(self, batch: Batch, here: frozenset[Fact]) -> None:
        self.batch, self.here = batch, here
        self.before: dict[str, dict[bytes, Standing]] = {}
        self.records: dict[str, Record] = {}
        self.arrived: dict[tuple[str, bytes], Arrival] = {}
        self.waiting: dict[int, tuple[Fact, ...]] = {}
        self.unchanged: set[int] = set()
        self.wanted: list[WantedRow] = []
        self.rows: list[RecordRow] = []
        self.changes: dict[tuple[str, bytes], stored.Change] = {}
        self.totals = Totals(batch.app_id, batch.kind.value)
        self.new: list[str] = []
        self.named: dict[str, tuple[str, ...]] = {}
        self.days: set[str] = set()

    @property
    def taken(self) -> Taken:
        """What the sender is told."""
        return Taken(self.waiting, frozenset(self.unchanged))

    def arrive(self, one: Arrival) -> None:
        """Put one row on what is there. Raises AntecedentMissing."""
        key, digest, sent_at = one.record_key, one.digest, self.batch.sent_at
        record = self.records.get(key)
        if record is None:
            record = self.records[key] = Record(self.before.get(key, _NEVER))
        known = record.after.get(digest)
        if known is not None:
            self.unchanged.add(one.position)
            if sent_at > known.sent_at:
                record.after[digest] = known._replace(sent_at=sent_at)
                self.arrived[key, digest] = one
            return
        missing = tuple(need for need in one.needs if need not in self.here)
        if missing:
            self._wait(one, missing)
        state, version = WAITING if missing else VALID, len(record.after) + 1
        plain = one.plain
        record.after[digest] = Standing(key, digest, version, state, 0, sent_at, plain.day, plain.amount)
        self.arrived[key, digest] = one

    def settle(self) -> None:
        """All have come: see which versions are in force now, and what that changes."""
        names = self.batch.kind in SERVICES
        for key, record in self.records.items():
            if record.settle():
                self.new.append(key)
            if names and (counts := record.counts_now()) is not None:
                self.named[key] = self.arrived[key, counts].attachments
            if record.before:
                self.changes |= record.changes()
            self.totals.add(record)
            for digest, now in record.after.items():
                was = record.before.get(digest)
                if was is None:
                    self.rows.append(_row(self.batch, self.arrived[key, digest], now))
                if bool(now.in_force) != bool(was and was.in_force):
                    self.days.add(now.day)

    def _wait(self, one: Arrival, missing: tuple[Fact, ...]) -> None:
        batch = self.batch
        if batch.whole:
            raise AntecedentMissing(one.position, missing)
        self.waiting[one.position] = missing
        self.wanted += [
            WantedRow(batch.app_id, *need, batch.kind.value, one.record_key, one.digest, batch.received_at)
            for need in missing
        ]


_NEVER: Mapping[bytes, Standing] = {}


def _row(batch: Batch, one: Arrival, now: Standing) -> RecordRow:
    return RecordRow(
        batch.app_id,
        batch.kind.value,
        one.record_key,
        one.digest,
        now.version,
        now.state,
        now.in_force,
        now.sent_at,
        batch.received_at,
        batch.batch_id,
        one.place,
        *one.plain,
    )
