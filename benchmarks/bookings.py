"""Appointments between two hubs that are killed: a region's platform books at a hospital elsewhere, over real HTTP.

Citizens lock, confirm, pay, give up; answers of the hospital are lost or late by chance, and every few seconds one of
the two processes is killed and started again. When all is over:

- no unit was sold twice, and no order stands at the hospital that nobody holds here;
- whoever has paid is registered there, or has the money back; nobody has paid twice;
- whatever has not come to its end has a job that goes on with it.
"""

import asyncio
import math
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from benchmarks import clinic
from benchmarks.processes import PYTHON, Hub, free_port, start_hub
from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app.store import KEYS_FILE
from yiqiao.clock import SystemClock
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.region.appointments.appointment import Place
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.appointments.states import FINAL, State
from yiqiao.region.hospitals.registry import Registry, RemoteAddress
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import Database, open_database, sandbox_cashier
from yiqiao.storage import appointments as stored
from yiqiao.storage.appointments import AppointmentRow

KILLS = 200
CITIZENS, SCHEDULES = 24, 8
FEW, PLENTY = 20, 10_000
"""Units of every other schedule: some are soon sold out, of some there is enough until the last kill."""
TROUBLE = "lost, share=0.08"
PATIENCE_S, STEP_S = 20.0, 0.15
SETTLES_S, STILL_S = 60.0, 6.0
KEPT = frozenset({State.REGISTERED, State.BOOKED})
NAMES = ("云桥县人民医院", "心血管内科", "陶文静")


@dataclass
class Side:
    """One of the two hubs: it can be killed, and is started again on the same data and port."""

    folder: Path
    url: str
    port: int = field(default_factory=free_port)
    hub: Hub | None = None

    def start(self) -> Hub:
        """Start it, again."""
        self.hub = start_hub(self.folder, self.url, self.port, log_level="error")  # lost answers are no news here
        return self.hub

    def kill(self) -> None:
        """End it without a word."""
        if self.hub is not None:
            self.hub.process.send_signal(signal.SIGKILL)
            self.hub.process.wait()

    def told(self, *words: str) -> None:
        """`yiqiao WORDS` on this hub."""
        assert self.hub is not None
        environment = {**self.hub.environment}
        subprocess.run([PYTHON, "-m", "yiqiao", *words], env=environment, check=True, capture_output=True)


@dataclass
class Region:
    """The platform as its citizens use it: through its database, so that they go on while its process is away."""

    database: Database
    appointments: Appointments
    till: SandboxCashier
    chance: random.Random
    people: int = 0
    done: int = 0
    looks_every_s: float = STEP_S
    hurries: bool = False
    """Whether nobody thinks before paying, and the cashier tells of it at once."""

    async def citizen(self, until: float) -> None:
        """Book again and again until the time is over."""
        while time.monotonic() < until:
            self.people += 1
            number = self.people
            try:
                await self._book(f"{number:032x}", number)
            except DomainError:
                continue  # it has no place just now: a citizen would see why

    async def _book(self, person_id: str, number: int) -> None:
        certificate = Document(1, f"359851{1950 + number % 60}0312{number % 10_000:04}")
        born = f"{certificate.number[6:10]}-03-12"
        visitor = Visitor(f"居民{number}", Sex.MALE, born, f"154{number:08}", certificate)
        schedule = f"PB{self.chance.randrange(SCHEDULES)}"
        place = Place(
            clinic.HOSPITAL, schedule, None, 1, clinic.CALLED, "YS0000", f"{clinic.tomorrow()}", 1, None, None, *NAMES,
            clinic.FEE,
        )  # fmt: skip
        pays_here = self.chance.random() < 0.85
        order_id = await self.appointments.begin(person_id, place, visitor, pays_here=pays_here)
        if await self._until(person_id, order_id, State.LOCKED) is None:
            return
        if self.chance.random() < 0.1:
            await self.appointments.give_up(person_id, order_id)
            return
        await self.appointments.confirm(person_id, order_id)
        if await self._until(person_id, order_id, State.ORDERED) is None or self.chance.random() < 0.1:
            return
        await self.appointments.pay(person_id, order_id)
        row = await self._until(person_id, order_id, State.PAYING)
        if row is None:
            return
        if not self.hurries:
            await asyncio.sleep(self.chance.random())
        await self.till.pay(row.trade_no or "")
        if self.hurries:
            await self.appointments.nudge([order_id])
        if await self._until(person_id, order_id, State.REGISTERED) is not None:
            self.done += 1
            if self.chance.random() < 0.1:
                await self.appointments.give_up(person_id, order_id)

    async def _until(self, person_id: str, order_id: str, state: State) -> AppointmentRow | None:
        """The appointment once it is there, its trade open where it is to be paid; None where it goes another way."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            row = await self.database.read(lambda c: stored.find(c, person_id, order_id))
            if row is None or (row.state in FINAL and row.state != state):
                return None
            if row.state == state and (state is not State.PAYING or await self.till.find(row.trade_no or "")):
                return row
            await asyncio.sleep(self.looks_every_s)
        return None


def run(engine: str, kills: int, seed: int, databases: Callable[[], AbstractContextManager[str]]) -> list[str]:
    """Kill and start again `kills` times; answers what was wrong."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="yiqiao-soak-") as folder, databases() as one, databases() as other:
        region, hospital = Path(folder, "region"), Path(folder, "hospital")
        region.mkdir()
        hospital.mkdir()
        there = Side(hospital, other or f"sqlite:///{hospital / 'yiqiao.db'}")
        here = Side(region, one or f"sqlite:///{region / 'yiqiao.db'}")
        asyncio.run(clinic.file(there.url, {f"PB{n}": FEW if n % 2 else PLENTY for n in range(SCHEDULES)}))
        try:
            there.start()
            here.start()
            there.told("sandbox", "fault", "set", TROUBLE, "--partner", "convenience/demo")
            return asyncio.run(_course(engine, here, there, kills, chance))
        finally:
            here.kill()
            there.kill()


async def _course(engine: str, here: Side, there: Side, kills: int, chance: random.Random) -> list[str]:
    database = await open_database(here.url)
    try:
        keyring, clock = FileKeys(here.folder / KEYS_FILE).keyring(), SystemClock()
        assert there.hub is not None
        secret = str(there.hub.credentials("convenience")["secret"])
        address = RemoteAddress(
            clinic.HOSPITAL, NAMES[0], f"http://127.0.0.1:{there.port}{clinic.PATH}", "demo", secret
        )
        await Registry(database, keyring, clock).connect(address)
        platform = Appointments(database, keyring, clock)
        region = Region(database, platform, SandboxCashier(database, clock), chance)
        await asyncio.sleep(2)  # until the hub has seen the hospital
        await _kill_again_and_again(region, here, there, kills, chance)
        await asyncio.to_thread(there.told, "sandbox", "fault", "clear", "--all")
        settled = False
        # What nobody goes on with is over then; what was asked for only now, the next time.
        for still_s in (STILL_S, STILL_S, SETTLES_S):
            if not settled:
                await asyncio.to_thread(here.told, "sandbox", "time", "+31m")
                settled = await _settled(database, still_s)
        rows = await database.read(lambda c: stored.newest(c, 100_000))
        faults = [] if settled else [f"{row.order_id} is still {row.state}" for row in rows if _moving(row)]
        faults += await _untrue(database, there.url, rows)
        states: dict[str, int] = {}
        for row in rows:
            states[row.state] = states.get(row.state, 0) + 1
        print(f"{engine}: {kills} kills, {len(rows)} appointments, {region.done} registered in time, {states}")
        return faults
    finally:
        await database.close()


async def _kill_again_and_again(region: Region, here: Side, there: Side, kills: int, chance: random.Random) -> None:
    working = [asyncio.create_task(region.citizen(math.inf)) for _ in range(CITIZENS)]
    try:
        for _ in range(kills):
            await asyncio.sleep(chance.uniform(0.5, 4.0))
            hit = chance.choice((here, there))
            await asyncio.to_thread(hit.kill)
            await asyncio.to_thread(hit.start)
    finally:
        for task in working:
            task.cancel()
        ends = await asyncio.gather(*working, return_exceptions=True)
    strange = [end for end in ends if isinstance(end, Exception)]
    if strange:
        raise strange[0]


def _moving(row: AppointmentRow) -> bool:
    return row.state not in FINAL and row.state not in KEPT


async def _settled(database: Database, still_s: float) -> bool:
    """Whether everything comes to its end, or to an appointment that stands, in good time; no longer waited for when
    nothing has moved for `still_s`.
    """
    moved = time.monotonic()
    end, seen = moved + SETTLES_S, None
    while (now := time.monotonic()) < min(end, moved + still_s):
        rows = await database.read(lambda c: stored.newest(c, 100_000))
        if not any(map(_moving, rows)):
            return True
        standing = [(row.order_id, row.version) for row in rows]
        if standing != seen:
            seen, moved = standing, now
        await asyncio.sleep(0.5)
    return False


async def _untrue(database: Database, hospital_url: str, rows: list[AppointmentRow]) -> list[str]:
    """What is so and may not be."""
    trades, refunds = await database.read(lambda c: (sandbox_cashier.trades(c), sandbox_cashier.refunds(c)))
    returned = {one.trade_no for one in refunds if one.state == "done"}
    paid: dict[str, list[str]] = {}
    for trade in trades:
        if trade.state == "paid" and trade.trade_no not in returned:
            paid.setdefault(trade.trade_no.rpartition("P")[0], []).append(trade.trade_no)
    orders, oversold = await _of_hospital(hospital_url)
    faults = [*oversold, *(f"{order_id} was paid twice" for order_id, many in paid.items() if len(many) > 1)]
    for row in rows:
        state, money = orders.pop(row.order_id, ("none", "none"))
        stands = state in ("booked", "registered", "fetched")
        if (row.order_id in paid) != (row.state == State.REGISTERED):
            faults.append(
                f"{row.order_id} is {row.state}, and its money is {'kept' if row.order_id in paid else 'not'}"
            )
        if stands != (row.state in KEPT):
            faults.append(f"{row.order_id} is {row.state} here and {state} at the hospital")
        if row.state == State.REGISTERED and (state, money) != ("registered", "paid"):
            faults.append(f"{row.order_id} is registered here, and {state}, {money} at the hospital")
        if row.state not in FINAL and not await database.read(_goes_on(row)):
            faults.append(f"{row.order_id} is {row.state} and nothing goes on with it")
    return faults + [f"{order_id} is known to the hospital alone" for order_id in orders]


def _goes_on(row: AppointmentRow) -> Callable[[Connection], bool]:
    sql = f"SELECT state FROM job WHERE kind = 'appointment' AND unique_key = '{row.order_id}'"
    return lambda c: c.exec_driver_sql(sql).scalar() in ("due", "running")


async def _of_hospital(url: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """The hospital's orders by our numbers, and what is wrong with its units."""

    def read(connection: Connection) -> tuple[dict[str, tuple[str, str]], list[str]]:
        orders = connection.exec_driver_sql("SELECT order_id, state, paid FROM registration_order")
        found = {row[0]: (row[1], row[2]) for row in orders}
        faults = []
        for schedule, total, taken in connection.exec_driver_sql(
            "SELECT schedule_id, total, taken FROM slot_pool WHERE schedule_id LIKE 'PB_' AND pool = 1"
        ).all():
            held = connection.exec_driver_sql(
                f"SELECT number FROM slot_lock WHERE schedule_id = '{schedule}' AND state IN ('held', 'ordered')"
            ).all()
            if taken > total or taken != len(held) or len({row[0] for row in held}) != len(held):
                faults.append(f"{schedule}: {total} units, {taken} taken, {len(held)} held")
        return found, faults

    database = await open_database(url)
    try:
        return await database.read(read)
    finally:
        await database.close()
