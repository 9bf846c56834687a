"""Complete bookings a second, between two hubs over real HTTP, beside the hospital's bare LockReg in the same run.

A booking is a search (a department's schedules of a week), a lock, an order, a payment and the registration, with all
that the region writes down of it. Its citizens act through the region's database, as its pages do.
"""

import asyncio
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from benchmarks.bookings import NAMES, Region, Side
from benchmarks.convenience import CONNECTIONS
from benchmarks.figures import Figure
from benchmarks.processes import load, wrk_missing
from tests.support import postgres
from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app.store import KEYS_FILE
from yiqiao.clock import SystemClock
from yiqiao.dialects.convenience.client import AsyncClient
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.ports.hospital.schedules import ScheduleQuestion
from yiqiao.ports.hospital.values import Pool
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.hospitals.registry import Registry, RemoteAddress
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import open_database

SCHEDULES, UNITS = 8, 100_000
CITIZENS, SECONDS, LOCK_SECONDS = 400, 15.0, 4
LOOKS_EVERY_S = 1.0
LOCKS_A_SECOND = 7_000


@dataclass
class Searching(Region):
    """Citizens who look for a schedule first, and always go through with it."""

    hospital: RemoteHospital | None = None

    async def _book(self, person_id: str, number: int) -> None:
        assert self.hospital is not None
        first = f"{clinic.tomorrow()}"
        question = ScheduleQuestion(Pool.SHARED, clinic.CALLED, None, first, first)
        await self.hospital.catalogue.schedules(question, None)
        await super()._book(person_id, number)


class Resolved(random.Random):
    """Nobody gives up, everybody pays here."""

    def random(self) -> float:
        return 0.5


def measure() -> Iterator[Figure]:
    """All figures of the slice."""
    missing = wrk_missing()
    if missing:
        raise RuntimeError(missing)
    yield from _on("SQLite", nullcontext(""), nullcontext(""))
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        ours, theirs = cluster.create_database(), cluster.create_database()
        yield from _on("PostgreSQL", nullcontext(ours), nullcontext(theirs))
    finally:
        cluster.stop()


def _on(engine: str, ours: AbstractContextManager[str], theirs: AbstractContextManager[str]) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder, ours as here_url, theirs as there_url:
        region, hospital = Path(folder, "region"), Path(folder, "hospital")
        region.mkdir()
        hospital.mkdir()
        there = Side(hospital, there_url or f"sqlite:///{hospital / 'yiqiao.db'}")
        here = Side(region, here_url or f"sqlite:///{region / 'yiqiao.db'}")
        asyncio.run(clinic.file(there.url, {f"PB{n}": UNITS for n in range(SCHEDULES)}))
        try:
            hub = there.start()
            here.start()
            done = asyncio.run(_booked(here, there))
            locks = list(
                clinic.Platform(hub).locks("B", [f"PB{n}" for n in range(SCHEDULES)], LOCKS_A_SECOND * LOCK_SECONDS)
            )
            bare = load(
                hub.url, clinic.PATH, locks, LOCK_SECONDS, CONNECTIONS, Path(folder), content_type=clinic.CONTENT_TYPE
            )
            rate = bare.requests_per_second
            yield Figure(f"complete booking, {engine}", done, "1/s", rate, "bare LockReg")
        finally:
            here.kill()
            there.kill()


async def _booked(here: Side, there: Side) -> float:
    """Complete bookings a second."""
    database = await open_database(here.url, readers=8)
    keyring, clock = FileKeys(here.folder / KEYS_FILE).keyring(), SystemClock()
    assert there.hub is not None
    secret = str(there.hub.credentials("convenience")["secret"])
    url = f"http://127.0.0.1:{there.port}{clinic.PATH}"
    try:
        await Registry(database, keyring, clock).connect(RemoteAddress(clinic.HOSPITAL, NAMES[0], url, "demo", secret))
        async with AsyncClient(url, user_id="demo", secret=secret) as client:
            searched = RemoteHospital(clinic.HOSPITAL, Line(client))
            citizens = Searching(
                database,
                Appointments(database, keyring, clock),
                SandboxCashier(database, clock),
                Resolved(),
                looks_every_s=LOOKS_EVERY_S,
                hurries=True,
                hospital=searched,
            )
            await asyncio.sleep(3)  # until the hub has seen the hospital, and looked at what it shows
            began = time.monotonic()
            await asyncio.gather(*(citizens.citizen(began + SECONDS) for _ in range(CITIZENS)))
            return citizens.done / (time.monotonic() - began)
    finally:
        await database.close()
