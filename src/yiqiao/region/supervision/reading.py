"""What the supervisor's operators read: a record with its versions, a medical service, what came in, what waits.

Counts come from what is counted as records arrive, so they take as long for ten million records as for ten. Who reads
the content of a record is written down.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.region.supervision.pages import content, page_of
from yiqiao.storage import Database
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision_records import BatchRow, Fact, IntakeRow, PageRow, RecordRow, RefusalRow, TotalRow

MOST = 200
"""Rows of a list that are shown at once."""


class UnknownRecord(DomainError):
    """There is no such record."""

    def __init__(self) -> None:
        super().__init__("没有这条记录")


@dataclass(frozen=True)
class Version:
    """A version of a record, what it waits for, and its content as it was sent."""

    row: RecordRow
    wants: tuple[Fact, ...]
    content: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True)
class Wanted:
    """A fact that is waited for: by how many versions, and since when (epoch ms)."""

    fact: Fact
    number: int
    since: int


@dataclass(frozen=True)
class Readings:
    """What operators read; `wall` dates the audit."""

    database: Database
    keyring: Keyring = field(repr=False)
    wall: Clock

    async def record(self, operator: str, app_id: str, kind: str, record_key: str) -> tuple[Version, ...]:
        """A record's versions with their contents, the newest arrival first; audited. Raises UnknownRecord,
        SealingUnavailable.
        """

        def read(connection: Connection) -> tuple[Version, ...]:
            rows = stored.of_record(connection, app_id, kind, record_key)
            if not rows:
                raise UnknownRecord
            wanted = stored.wanted_by(connection, app_id, kind, record_key)
            audit(connection, self.wall.now_ms(), operator, "supervision.read", app_id, {"kind": kind})
            return tuple(
                Version(
                    row,
                    tuple(Fact(one.wanted_kind, one.wanted_key) for one in wanted if one.digest == row.digest),
                    self._content(connection, row),
                )
                for row in rows
            )

        return await self.database.write(read)

    async def flow(self, app_id: str, flow_no: str) -> list[RecordRow]:
        """What is in force of one medical service, without contents."""
        return await self.database.read(lambda c: stored.of_flow(c, app_id, flow_no, MOST))

    async def wanted(self, app_id: str, most: int = MOST) -> list[Wanted]:
        """What is waited for; what most wait for first."""
        found = await self.database.read(lambda c: stored.wanting(c, app_id, most))
        return [Wanted(*one) for one in found]

    async def batches(self, app_id: str, most: int = MOST) -> list[BatchRow]:
        """An institution's batches, the newest first."""
        return await self.database.read(lambda c: stored.batches(c, app_id, most))

    async def refusals(self, app_id: str, batch_id: int) -> list[RefusalRow]:
        """What was refused of a batch."""
        return await self.database.read(lambda c: stored.refusals(c, app_id, batch_id))

    async def totals(self, first: str, last: str) -> Sequence[TotalRow]:
        """What is on file of these days of the business, by institution and kind."""
        return await self.database.read(lambda c: stored.totals_by_kind(c, first, last))

    async def totals_by_day(self, app_id: str | None, first: str, last: str) -> Sequence[TotalRow]:
        """The same day by day, of one institution or of all."""
        return await self.database.read(lambda c: stored.totals_by_day(c, app_id, first, last))

    async def intake(self, app_id: str | None, first: str, last: str) -> Sequence[IntakeRow]:
        """What came in on these days of arrival, of one institution or of all."""
        return await self.database.read(lambda c: stored.intake_by_day(c, app_id, first, last))

    def _content(self, connection: Connection, row: RecordRow) -> Mapping[str, object]:
        page: PageRow | None = stored.page(connection, row.app_id, row.batch_id, page_of(row.place))
        if page is None:
            return {}
        values: dict[str, object] = orjson.loads(content(self.keyring, page, row.place))
        return values
