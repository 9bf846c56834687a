"""What hospitals show, looked at on the standard's cadence: departments, doctors and prices once a day, schedules every
quarter of an hour. What has changed is written down with its before and after.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Backoff, Done, Job, Outcome
from yiqiao.jobs.queue import enqueue_many, reopen
from yiqiao.ports.hospital import Hospitals, HospitalSystem, UnknownHospital
from yiqiao.ports.hospital.catalogue import Level
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered, UnknownSchedule
from yiqiao.ports.hospital.schedules import ScheduleQuestion
from yiqiao.ports.hospital.values import Pool
from yiqiao.storage import Database, synced
from yiqiao.storage.synced import ChangeRow, EntryRow, LookRow

SYNC = "hospital.sync"
SYNC_BACKOFF = Backoff(waits_s=(60, 300, 900, 1800), attempts=100_000)
DAYS = 30
NOTHING = (NoSuchRecord, UnknownSchedule)


class Kind(StrEnum):
    """What is looked at."""

    DEPARTMENT = "department"
    DOCTOR = "doctor"
    PRICE = "price"
    SCHEDULE = "schedule"


TITLES: Mapping[Kind, str] = {
    Kind.DEPARTMENT: "科室",
    Kind.DOCTOR: "医生",
    Kind.PRICE: "价格",
    Kind.SCHEDULE: "排班",
}
EVERY_S: Mapping[Kind, int] = {
    Kind.DEPARTMENT: 86_400,
    Kind.DOCTOR: 86_400,
    Kind.PRICE: 86_400,
    Kind.SCHEDULE: 900,
}


class Shown(NamedTuple):
    """Something that a hospital shows: under which id, as what, and all that is told of it."""

    entry_id: str
    title: str
    content: Mapping[str, object]
    day: str = ""


@dataclass(frozen=True)
class Sync:
    """The handler of these jobs."""

    database: Database
    clock: Clock
    hospitals: Hospitals

    async def __call__(self, job: Job) -> Outcome:
        """Look once, and again when it is time. A hospital that is no more is not looked at any more."""
        hospital_id, kind = str(job.data["hospital_id"]), Kind(str(job.data["kind"]))
        try:
            await self.look(hospital_id, kind)
        except UnknownHospital:
            return Done()
        return Again(self.clock.now_ms() + EVERY_S[kind] * 1000)

    async def look(self, hospital_id: str, kind: Kind) -> list[ChangeRow]:
        """Look at one kind and write down what has changed since the last look; answers that.

        Raises UnknownHospital, and what the hospital raises; that is written down as well.
        """
        now = self.clock.now_ms()
        hospital = self.hospitals.of(hospital_id)
        today = beijing(now).date()
        try:
            shown = await _READ[kind](hospital, today.isoformat(), (today + timedelta(days=DAYS - 1)).isoformat())
        except NotOffered:
            shown = []
        except DomainError as trouble:
            row = LookRow(hospital_id, kind, now, None, 0, trouble.message[:200])
            await self.database.write(lambda c: synced.put_look(c, row))
            raise
        since = today.isoformat() if kind is Kind.SCHEDULE else ""

        def write(connection: Connection) -> list[ChangeRow]:
            first = not any(
                look.hospital_id == hospital_id and look.kind == kind and look.seen_at
                for look in synced.looks(connection)
            )
            before = {row.entry_id: row for row in synced.entries(connection, hospital_id, kind, since)}
            rows, changes = _compared(hospital_id, kind, shown, before, now)
            synced.put_entries(connection, rows)
            if not first:  # what is seen for the first time is no change
                synced.add_changes(connection, changes)
            if since:
                synced.forget_days_before(connection, hospital_id, since)
            synced.put_look(connection, LookRow(hospital_id, kind, now, now, len(shown), ""))
            return [] if first else changes

        return await self.database.write(write)


def enqueue_looks(connection: Connection, now_ms: int, hospital_ids: list[str]) -> None:
    """See to it that these hospitals are looked at now and from now on, for every kind."""
    jobs = [
        (f"{hospital_id}|{kind}", {"hospital_id": hospital_id, "kind": kind.value})
        for hospital_id in hospital_ids
        for kind in Kind
    ]
    enqueue_many(connection, now_ms, SYNC, jobs)
    for key, _ in jobs:
        reopen(connection, now_ms, SYNC, key)  # one that was taken out of service had come to its end


def _compared(
    hospital_id: str, kind: Kind, shown: list[Shown], before: Mapping[str, EntryRow], now: int
) -> tuple[list[EntryRow], list[ChangeRow]]:
    """The rows to be written, and the changes that they are."""
    rows, changes = [], []
    horizon = max((row.day for row in before.values()), default="")
    for one in {one.entry_id: one for one in shown}.values():
        content = orjson.dumps(one.content, option=orjson.OPT_SORT_KEYS, default=_plain).decode()
        known = before.get(one.entry_id)
        if known is not None and not known.gone and known.content == content:
            continue
        rows.append(EntryRow(hospital_id, kind, one.entry_id, one.title, content, one.day, 0, now))
        there = known is not None and not known.gone
        differs = _differs(orjson.loads(known.content), orjson.loads(content)) if known is not None and there else []
        what = "changed" if there else "added"
        if what == "added" and one.day > horizon and kind is Kind.SCHEDULE:
            continue  # a day that has come into reach is no news
        changes.append(ChangeRow(hospital_id, now, kind, one.entry_id, what, one.title, orjson.dumps(differs).decode()))
    there_now = {one.entry_id for one in shown}
    for known in before.values():
        if not known.gone and known.entry_id not in there_now:
            rows.append(known._replace(gone=1, changed_at=now))
            changes.append(ChangeRow(hospital_id, now, kind, known.entry_id, "removed", known.title, "[]"))
    return rows, changes


def _differs(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = [*before, *(name for name in after if name not in before)]
    return [(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)]


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else list(value) if isinstance(value, tuple) else repr(value)


async def _departments(hospital: HospitalSystem, first: str, last: str) -> list[Shown]:
    page = await hospital.catalogue.departments(Level.ALL, None)
    return [Shown(one.dept_id, one.name, asdict(one)) for one in page.rows]


async def _doctors(hospital: HospitalSystem, first: str, last: str) -> list[Shown]:
    page = await hospital.catalogue.doctors(None, None, None)
    shown = []
    for one in page.rows:
        content = {name: value for name, value in asdict(one).items() if name != "private"}
        shown.append(Shown(f"{one.dept_id}|{one.doctor_id}", one.name, content))
    return shown


async def _prices(hospital: HospitalSystem, first: str, last: str) -> list[Shown]:
    return [
        Shown(f"{int(one.kind)}|{one.item_code}", one.name, asdict(one)) for one in await hospital.catalogue.prices()
    ]


async def _schedules(hospital: HospitalSystem, first: str, last: str) -> list[Shown]:
    """Without how many units are free: that changes with every booking."""
    question = ScheduleQuestion(Pool.SHARED, None, None, first, last)
    try:
        page = await hospital.catalogue.schedules(question, None)
    except NOTHING:
        return []
    shown = []
    for doctor in page.rows:
        for day in doctor.days:
            for one in day.schedules:
                content = one._asdict() | {"fees": one.fees._asdict(), "units": one.units.total, "day": day.day}
                del content["numbers"]
                title = f"{doctor.name or doctor.doctor_id} {day.day}"
                shown.append(Shown(one.schedule_id, title, content, day.day))
    return shown


_READ: Mapping[Kind, Callable[[HospitalSystem, str, str], Any]] = {
    Kind.DEPARTMENT: _departments,
    Kind.DOCTOR: _doctors,
    Kind.PRICE: _prices,
    Kind.SCHEDULE: _schedules,
}
