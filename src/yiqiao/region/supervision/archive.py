"""The archive: what was uploaded, without persons, as Parquet files by kind, month and institution, for analysis.

    FOLDER/kind=order/month=2026-11/app=IH0001/2026-11-03.parquet

A file is a day of an institution and a kind. It is written beside its place and moved there whole, so that whoever
reads meanwhile sees the day as it was before or as it is now. Any engine that reads partitioned Parquet serves them.
"""

import asyncio
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
import yaml
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from yiqiao.clock import DAY_MS
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs import Done, Job, Outcome
from yiqiao.jobs.queue import enqueue_many
from yiqiao.region.supervision.pages import ROWS, contents, page_of
from yiqiao.region.supervision.quality.columns import Column, Shapes, Sort
from yiqiao.region.supervision.quality.workbench import Row
from yiqiao.storage import Database
from yiqiao.storage import supervision_quality as stored
from yiqiao.storage.supervision_records import PageRow, RecordRow

JOB = "supervision.archive"
LOOK_BACK = 7
"""Days that are written again every night; what was reviewed within as many days has changed lately."""
PURPOSE = "supervision archive"
"""What pseudonyms are made for: they are of no use elsewhere."""
NO_DAY = "base"
"""Where records stand that belong to no day."""
_IDENTITIES = (("certificateType", "certificateNo"), ("cardType", "cardNo"))
Content = Mapping[str, Any]


class Plan(BaseModel):
    """archive.yaml, which says what each part is for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    numbers: frozenset[str]
    records: Mapping[str, tuple[str, ...]]
    lists: Mapping[str, tuple[str, ...]]


class Written(NamedTuple):
    """A day of an institution that was written: records, and files."""

    app_id: str
    day: str
    records: int
    files: int


@cache
def plan() -> Plan:
    """What goes into the archive."""
    text = (files(__package__) / "archive.yaml").read_text(encoding="utf-8")
    return Plan.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))


def archived(shapes: Shapes) -> Shapes:
    """The columns of the archive's files, out of all there are."""
    return {kind: _columns(shapes[kind], names) for kind, names in plan().records.items() if kind in shapes}


def _columns(columns: tuple[Column, ...], names: tuple[str, ...]) -> tuple[Column, ...]:
    by_name = {column.name: column for column in columns if not column.personal}
    patient = Column("patient", Sort.TEXT)
    kept = (patient, *(by_name[name] for name in names if name in by_name))
    return tuple(
        column._replace(members=tuple(one for one in column.members if one.name in plan().lists[column.name]))
        if column.sort is Sort.LIST
        else column
        for column in kept
    )


@dataclass(frozen=True)
class Archive:
    """Writes the archive into a folder. `shapes` is asked when there is work."""

    database: Database
    keyring: Keyring
    shapes: Callable[[], Shapes]
    folder: Path

    async def __call__(self, job: Job) -> Outcome:
        """The job of a day of an institution."""
        await self.write(str(job.data["app_id"]), str(job.data["day"]))
        return Done()

    async def due(self, now_ms: int, today: date) -> int:
        """Have the last days written, and what belongs to no day; answers how many jobs were put in.

        Some days more than yesterday: what arrives late, or is sent anew, belongs to them. A day that is older is
        written when it was reviewed lately, which is what follows from a change on it.
        """
        first, last = f"{today - timedelta(days=LOOK_BACK)}", f"{today - timedelta(days=1)}"

        def work(connection: Connection) -> int:
            days = {*stored.days_on_file(connection, "", ""), *stored.days_on_file(connection, first, last)}
            days |= set(stored.reviewed_since(connection, now_ms - LOOK_BACK * DAY_MS))
            jobs = [(f"{app_id}|{day}|{today}", {"app_id": app_id, "day": day}) for app_id, day in days]
            return enqueue_many(connection, now_ms, JOB, jobs)

        return await self.database.write(work)

    async def days(self, first: str, last: str) -> list[tuple[str, str]]:
        """Institutions' days on which something is on file, or was: (app_id, day), the oldest first."""
        return await self.database.read(lambda connection: stored.days_on_file(connection, first, last))

    async def write(self, app_id: str, day: str) -> Written:
        """Write one day of an institution, in the place of what was written of it before."""

        def look(connection: Connection) -> tuple[list[RecordRow], list[PageRow]]:
            records = stored.of_day(connection, app_id, day)
            places = {(row.batch_id, page_of(row.place)) for row in records}
            return records, [*stored.pages(connection, app_id, places)]

        records, pages = await self.database.read(look)
        number = await asyncio.to_thread(self._write, app_id, day, records, pages)
        return Written(app_id, day, len(records), number)

    def _write(self, app_id: str, day: str, records: list[RecordRow], pages: list[PageRow]) -> int:
        from yiqiao.region.supervision.parquet import write_parquet

        rows = self._rows(records, pages)
        for kind, columns in archived(self.shapes()).items():
            target = self._place(kind, app_id, day)
            if kind not in rows:
                target.unlink(missing_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            beside = target.with_name(f".{secrets.token_hex(8)}")
            try:
                write_parquet(beside, columns, rows[kind])
                os.replace(beside, target)
            finally:
                beside.unlink(missing_ok=True)
        return len(rows)

    def _place(self, kind: str, app_id: str, day: str) -> Path:
        month = day[:7] or NO_DAY
        parts = f"kind={kind}", f"month={month}", f"app={quote(app_id, safe='')}", f"{day or NO_DAY}.parquet"
        return self.folder.joinpath(*parts)

    def _rows(self, records: list[RecordRow], pages: list[PageRow]) -> Mapping[str, list[Row]]:
        texts = {(page.batch_id, page.page): contents(self.keyring, page) for page in pages}
        rows: dict[str, list[Row]] = {}
        for record in records:
            if record.kind in plan().records:
                text = texts[record.batch_id, page_of(record.place)][record.place % ROWS]
                content = orjson.dumps(without_person(record.kind, orjson.loads(bytes(text)), self._pseudonym))
                row = Row(self._pseudonym(record.record_key), True, record.received_at, record.sent_at, content)
                rows.setdefault(record.kind, []).append(row)
        return rows

    def _pseudonym(self, number: str) -> str:
        return f"{self.keyring.blind(PURPOSE, number) % 2**64:016x}"


def without_person(kind: str, row: Content, pseudonym: Callable[[str], str]) -> Content:
    """What of a row goes into the archive."""
    kept: dict[str, Any] = {}
    for name in plan().records[kind]:
        value = row.get(name)
        if value is None:
            continue
        if name in plan().lists:
            kept[name] = [_without_number(plan().lists[name], one, pseudonym) for one in value]
        else:
            kept |= _without_number((name,), row, pseudonym)
    for kinds, numbers in _IDENTITIES:
        if row.get(kinds) is not None and row.get(numbers):
            kept["patient"] = pseudonym(f"{row[kinds]}|{str(row[numbers]).upper()}")
            break
    return kept


def _without_number(names: tuple[str, ...], row: Content, pseudonym: Callable[[str], str]) -> Content:
    numbers = plan().numbers
    values = ((name, row.get(name)) for name in names)
    return {name: pseudonym(str(one)) if name in numbers and one is not None else one for name, one in values}
