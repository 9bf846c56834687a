"""The outbox: what is to be uploaded is written down, sealed, before a byte is sent.

It survives whatever happens to the sender. A record's newest version is the one that counts: the same content again is
not put in a second time, and a version that has not been sent when a later one comes is not sent any more.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.supervision.checking import Ready
from yiqiao.storage import Database, uploads
from yiqiao.storage.uploads import READY, REFUSED, SENDING, Outcome, Tally, UploadRow

AT_ONCE = 1000
"""Rows that are put in by one transaction."""


class Put(NamedTuple):
    """How many rows were put in, and how many were there already, with the same content."""

    added: int
    unchanged: int


class Row(NamedTuple):
    """A row that is on its way: its number in the outbox, and its text."""

    number: int
    text: bytes

    def __repr__(self) -> str:
        return f"Row({self.number})"


@dataclass(frozen=True)
class Outbox:
    """The outbox of one internet hospital."""

    database: Database
    keyring: Keyring
    clock: Clock
    app_id: str

    async def put(
        self, service: str, rows: Iterable[Ready], *, again: bool = False, advanced: Callable[[int], None] | None = None
    ) -> Put:
        """Put rows in. What was refused with the same content stays so, unless `again` asks for another try."""
        added = unchanged = 0
        for part in _parts(rows):
            done = await self.database.write(partial(self._put, service=service, rows=part, again=again))
            added, unchanged = added + done.added, unchanged + done.unchanged
            if advanced is not None:
                advanced(len(part))
        return Put(added, unchanged)

    def _put(self, connection: Connection, service: str, rows: Sequence[Ready], again: bool) -> Put:
        now = self.clock.now_ms()
        last = {row.record_key: row for row in rows}  # of one record the later row counts
        before = uploads.newest(connection, self.app_id, service, last.keys())
        same = {key: one for key, one in before.items() if one.digest == last[key].digest}
        retried = [one.row_no for one in same.values() if again and one.state == REFUSED]
        uploads.again(connection, self.app_id, retried, now)
        fresh = [row for key, row in last.items() if key not in same]
        number = max(uploads.last_number(connection, self.app_id), now << 10)
        sealed = [self._sealed(service, number + place, row, now) for place, row in enumerate(fresh, 1)]
        overtaken = [one for key, one in before.items() if key not in same]
        uploads.add(connection, sealed, overtaken, now)
        return Put(len(fresh) + len(retried), len(rows) - len(fresh) - len(retried))

    def _sealed(self, service: str, number: int, row: Ready, now: int) -> UploadRow:
        key_id, sealed = self.keyring.seal(row.text, self._context(number))
        return UploadRow(
            self.app_id,
            number,
            service,
            row.record_key,
            row.digest,
            row.source,
            wire_size(row.text),
            key_id,
            sealed,
            READY,
            1,
            None,
            None,
            0,
            now,
            now,
        )

    async def release(self) -> int:
        """Have what a sender that is gone was sending be sent again; how many rows that are."""
        return await self.database.write(
            lambda connection: uploads.release(connection, self.app_id, self.clock.now_ms())
        )

    async def claim(self, service: str, rows: int, size: int) -> list[Row]:
        """The next rows of an operation, at most so many and of so many bytes together. Raises SealingUnavailable."""
        claimed = await self.database.write(
            lambda connection: uploads.claim(connection, self.app_id, service, rows, size, self.clock.now_ms())
        )
        return [
            Row(row.row_no, self.keyring.unseal(row.key_id, row.sealed or b"", self._context(row.row_no)))
            for row in claimed
        ]

    async def settle(self, outcomes: Sequence[Outcome]) -> None:
        """Write down what became of rows."""
        await self.database.write(
            lambda connection: uploads.settle(connection, self.app_id, outcomes, self.clock.now_ms())
        )

    async def tallies(self) -> list[Tally]:
        """How it stands."""
        return await self.database.read(lambda connection: uploads.tallies(connection, self.app_id))

    async def refused(self, limit: int = 10_000) -> Sequence[UploadRow]:
        """Records whose newest version was refused."""
        return await self.database.read(lambda connection: uploads.refused(connection, self.app_id, limit))

    async def prune(self, before_ms: int) -> int:
        """Forget versions that have a later one, from before a time; how many that were."""
        return await self.database.write(lambda connection: uploads.prune(connection, self.app_id, before_ms))

    def _context(self, number: int) -> bytes:
        return f"upload|{self.app_id}|{number}".encode()


def wire_size(text: bytes) -> int:
    """Bytes that a row takes in a request, where every quote and backslash of it is escaped once more."""
    return len(text) + text.count(b'"') + text.count(b"\\") + 1


def open_rows(tallies: Sequence[Tally]) -> dict[str, int]:
    """How many rows of each operation have not arrived yet."""
    counts: dict[str, int] = {}
    for tally in tallies:
        if tally.state in (READY, SENDING):
            counts[tally.service] = counts.get(tally.service, 0) + tally.rows
    return counts


def _parts(rows: Iterable[Ready]) -> Iterator[tuple[Ready, ...]]:
    left = iter(rows)
    while part := tuple(islice(left, AT_ONCE)):
        yield part
