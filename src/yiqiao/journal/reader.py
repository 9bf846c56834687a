"""Reading the journal: lists newest first, search by business keys, and single records with their sealed bytes opened.

A business key is never kept in the clear, so it can be looked for, not looked at: the reader derives its blind index
and asks for that. Person, card, order and trace each have an index of their own kind; a card's number never finds a
trace that happens to be written alike.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import orjson
from sqlalchemy import Connection

from yiqiao.crypto import DecryptionFailed, sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.journal.entry import unpack
from yiqiao.journal.recorder import blind_key, bundle_context
from yiqiao.storage import Database
from yiqiao.storage import journal as statements
from yiqiao.storage.journal import EntryRow, Filter
from yiqiao.storage.journal_keys import KEYS

PAGE = 50
CACHED_BYTES = 8 << 20
NOTHING: Mapping[str, object] = {}

Pieces = list[tuple[bytes, bytes, bytes]]


class UnknownEntry(DomainError):
    """The journal has no such entry: it never was, or it was pruned."""

    def __init__(self, reference: "Reference") -> None:
        super().__init__(f"日志中没有记录 {reference}：编号有误，或已超过保存期限被清理")


class UnreadableEntry(DomainError):
    """The bytes of an entry are gone, altered, or sealed with a key that the hub no longer has."""

    def __init__(self, reference: "Reference") -> None:
        super().__init__(f"日志记录 {reference} 的报文内容缺失、被改动或密钥已丢失，请运行 yiqiao journal verify 核查")


@dataclass(frozen=True)
class Reference:
    """Which entry: written `chain/seq`."""

    chain: str
    seq: int

    def __str__(self) -> str:
        return f"{self.chain}/{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for anything but `chain/seq`."""
        chain, slash, seq = text.rpartition("/")
        if not (chain and slash and seq.isascii() and seq.isdigit()):
            raise ValueError(f"not a journal reference (CHAIN/SEQ): {text[:80]!r}")
        return cls(chain, int(seq))


@dataclass(frozen=True)
class Cursor:
    """Where a page ended; the next one goes on from there. Written `at.chain.seq`, safe in a URL."""

    at: int
    chain: str
    seq: int

    def __str__(self) -> str:
        return f"{self.at}.{self.chain}.{self.seq}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what is no cursor."""
        at, _, rest = text.partition(".")
        chain, _, seq = rest.rpartition(".")
        if not chain:
            raise ValueError(f"not a cursor: {text[:80]!r}")
        return cls(int(at), chain, int(seq))


@dataclass(frozen=True)
class Search:
    """Which exchanges; what is None does not matter. Times are epoch ms, `until` is not included.

    person is the hub's person_id; card, order and trace are texts as the handlers filed them (ehealth_card_id, the
    caller's serial …).
    """

    dialect: str | None = None
    operation: str | None = None
    app_id: str | None = None
    direction: str | None = None
    outcome: str | None = None
    request_id: str | None = None
    chain: str | None = None
    since: int | None = None
    until: int | None = None
    person: str | None = field(default=None, repr=False)
    card: str | None = field(default=None, repr=False)
    order: str | None = field(default=None, repr=False)
    trace: str | None = field(default=None, repr=False)


EVERYTHING = Search()


@dataclass(frozen=True)
class Line:
    """One exchange as a list shows it. `at` is epoch ms, `duration_us` microseconds, `outcome` the standard's code."""

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

    @property
    def reference(self) -> Reference:
        """Its name."""
        return Reference(self.chain, self.seq)

    @property
    def cursor(self) -> Cursor:
        """Its place in the list."""
        return Cursor(self.at, self.chain, self.seq)


@dataclass(frozen=True)
class Page:
    """Part of a list. `next` is None where nothing older is left."""

    lines: tuple[Line, ...]
    next: Cursor | None


@dataclass(frozen=True)
class View:
    """What an exchange said, decoded. Personal data in the clear: whoever shows it masks it.

    refusal is the error's name and message its words, both None for a success; replay_of names the entry that was
    sent again; fault is what a sandbox let go wrong on purpose. repeat_of names the entry whose answer was given once
    more; fingerprint (hex) is that of the request's content, kept where a repeat may get the first answer again.
    """

    peer: str
    terminal: str | None
    refusal: str | None
    message: str | None = field(repr=False)
    request: Mapping[str, object] = field(repr=False)
    answer: Mapping[str, object] | None = field(repr=False)
    replay_of: Reference | None = None
    fault: str | None = None
    repeat_of: Reference | None = None
    fingerprint: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Record:
    """One exchange in full: the line, the wire bytes (secrets cut out) and the decoded view."""

    line: Line
    digest: bytes = field(repr=False)
    request: bytes = field(repr=False)
    response: bytes = field(repr=False)
    view: View

    @property
    def whole(self) -> bool:
        """Whether the request is kept as it came; False where a secret was cut out, or a stranger's end cut off."""
        return sm3(self.request) == self.digest


@dataclass(frozen=True)
class Tally:
    """An operation over a time range. `outcomes`: calls per return code; `p95_us`: 95 of 100 were done within."""

    dialect: str
    operation: str
    calls: int
    outcomes: Mapping[str, int]
    p95_us: int


class Reader:
    """The journal's reading end."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self._database = database
        self._keyring = keyring
        self._opened: OrderedDict[tuple[str, int], tuple[int, Pieces]] = OrderedDict()

    async def search(self, search: Search = EVERYTHING, *, limit: int = PAGE, after: Cursor | None = None) -> Page:
        """The newest exchanges that match, or those that follow behind a cursor. Raises StorageUnreachable."""
        wanted = self._filter(search)
        place = (after.at, after.chain, after.seq) if after else None
        rows = await self._database.read(lambda c: statements.newest_first(c, wanted, limit + 1, place))
        lines = tuple(_line(row) for row in rows[:limit])
        return Page(lines, lines[-1].cursor if len(rows) > limit and lines else None)

    async def show(self, chain: str, seq: int) -> Record:
        """One exchange in full. Raises UnknownEntry, UnreadableEntry."""
        row = await self._database.read(lambda c: statements.entry(c, chain, seq))
        if row is None:
            raise UnknownEntry(Reference(chain, seq))
        pieces = await self._pieces(row)
        if row.place >= len(pieces):
            raise UnreadableEntry(Reference(chain, seq))
        request, response, view = pieces[row.place]
        return Record(_line(row), row.digest, request, response, _view(view))

    async def newer(self, line: Line, search: Search = EVERYTHING) -> Line | None:
        """The exchange right above one in the list of all that match."""
        wanted = self._filter(search)
        row = await self._database.read(lambda c: statements.next_newer(c, wanted, (line.at, line.chain, line.seq)))
        return _line(row) if row else None

    async def older(self, line: Line, search: Search = EVERYTHING) -> Line | None:
        """The exchange right below one in the list of all that match."""
        page = await self.search(search, limit=1, after=line.cursor)
        return page.lines[0] if page.lines else None

    async def tally(self, since: int, until: int) -> tuple[Tally, ...]:
        """Calls, outcomes and duration of each operation in a time range (epoch ms)."""

        def ask(connection: Connection) -> tuple[list[statements.TallyRow], dict[tuple[str, str], int]]:
            return statements.tally(connection, since, until), statements.slow_ends(connection, since, until, 0.95)

        rows, slow = await self._database.read(ask)
        outcomes: dict[tuple[str, str], dict[str, int]] = {}
        for row in rows:
            outcomes.setdefault((row.dialect, row.operation), {})[row.outcome] = row.calls
        return tuple(
            Tally(*operation, sum(counts.values()), counts, slow.get(operation, 0))
            for operation, counts in outcomes.items()
        )

    def _filter(self, search: Search) -> Filter:
        equal: dict[str, str | int] = {}
        for name in statements.EQUALITY:
            value: str | None = getattr(search, name)
            if value is not None:
                equal[name] = value
        for column in KEYS:
            kind = column.removeprefix("key_")
            index = blind_key(self._keyring, kind, getattr(search, kind))
            if index is not None:
                equal[column] = index
        return Filter(equal, search.since, search.until)

    async def _pieces(self, row: EntryRow) -> Pieces:
        """What a row's bundle holds; kept a while, since whoever looks at one entry looks at its neighbours next."""
        name = (row.chain, row.bundle)
        if name in self._opened:
            self._opened.move_to_end(name)
            return self._opened[name][1]
        found = await self._database.read(lambda c: statements.bundles(c, row.chain, [row.bundle]))
        if not found:
            raise UnreadableEntry(Reference(row.chain, row.seq))
        context = bundle_context(row.chain, row.bundle)
        try:
            packed = await asyncio.to_thread(self._keyring.unseal, found[0].key_id, found[0].sealed, context)
        except DecryptionFailed:
            raise UnreadableEntry(Reference(row.chain, row.seq)) from None
        self._opened[name] = (len(packed), unpack(packed))
        while len(self._opened) > 1 and sum(size for size, _ in self._opened.values()) > CACHED_BYTES:
            self._opened.popitem(last=False)
        return self._opened[name][1]


def _line(row: EntryRow) -> Line:
    return Line(
        row.chain,
        row.seq,
        row.at,
        row.dialect,
        row.operation,
        row.app_id,
        row.direction,
        row.outcome,
        row.duration_us,
        row.request_id,
    )


def _view(data: bytes) -> View:
    said = orjson.loads(data)
    replayed, repeated = said.get("replay_of"), said.get("repeat_of")
    return View(
        peer=said.get("peer") or "",
        terminal=said.get("terminal"),
        refusal=said.get("refusal"),
        message=said.get("message"),
        request=said.get("request") or NOTHING,
        answer=said.get("answer"),
        replay_of=Reference.parse(replayed) if replayed else None,
        fault=said.get("fault"),
        repeat_of=Reference.parse(repeated) if repeated else None,
        fingerprint=said.get("fingerprint"),
    )
