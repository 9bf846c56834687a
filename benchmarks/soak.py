"""`./dev soak`: the long runs. Kill the hub under load, again and again, and see that nothing acknowledged is missing;
then the rush for few units (`contention`), appointments between two hubs that are killed (`bookings`), bad days of a
payment hub (`payments`) and of settlements with the insurance centre (`settlements`), a hospital's uploads with either
end killed (`uploads`), an attachment of 2 GB whose way breaks (`attachments`), a million inputs by chance for the
native libraries (`native`), a hundred thousand spoiled launches of the workstation (`launches`), and refunds and
settlements whose process is killed at every step there is (`steps`; parts of it are among the tests).

A round: load from many callers, SIGKILL at a random moment, start again on the same data. Callers remember what was
acknowledged, and what they do not know. At the end:

- every acknowledged registration and verification is on record;
- no serial was acknowledged twice, though callers repeat what they do not know under the same serial;
- the journal's chains are whole.

The whole run is a hundred kills on each database; `--fraction` does a part of it, with the same seed the same way.
"""

import argparse
import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from benchmarks import (
    attachments,
    bookings,
    contention,
    native_fuzz,
    payment_simulation,
    settlement_simulation,
    uploads,
)
from benchmarks.messages import REGISTER, VERIFY, numbers, registration, showing
from benchmarks.processes import PYTHON, Hub, free_port, start_hub, stop
from tests.fuzz import launches
from tests.support import postgres
from yiqiao.dialects.ehealth_card.client import AsyncClient, Refused
from yiqiao.errors import DomainError
from yiqiao.storage import open_database

KILLS = 100
CALLERS = 32
DUPLICATE = "3002"
ENGINES = ("bookings", "contention", "payments", "kills", "settlements", "uploads")
"""The runs on each engine, those that take longest first."""
ALONE = ("attachments", "native", "launches", "steps")
"""The runs that have no engine to choose."""
KILLED = ("tests/region/payments/test_killed.py", "tests/region/insurance/test_killed.py")


@dataclass
class Ledger:
    """What the callers know. A serial is acknowledged once, or was left open by a kill."""

    registered: dict[str, int] = field(default_factory=dict)
    verified: dict[str, int] = field(default_factory=dict)
    open: list[tuple[str, dict[str, object], str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def acknowledge(self, method: str, serial: str) -> None:
        """An answer of success came for this serial."""
        kind = self.registered if method == REGISTER else self.verified
        kind[serial] = kind.get(serial, 0) + 1


@dataclass
class Caller:
    """One desk: registers people and verifies their codes until the hub is gone."""

    client: AsyncClient
    ledger: Ledger
    name: str
    people: Iterator[str]
    made: int = 0

    async def work(self) -> None:
        """Go on until the hub is gone."""
        while True:
            self.made += 1
            serial = f"{self.name}-{self.made}"
            wish = registration(f"r-{serial}", next(self.people), self.made, generate_type="static")
            opened = await self._call(REGISTER, wish, f"r-{serial}")
            for n in range(3):
                await self._call(VERIFY, showing(f"v-{serial}-{n}", str(opened["ehealth_code"])), f"v-{serial}-{n}")
            if self.made % 5 == 0:
                await self.again(REGISTER, wish, f"r-{serial}")

    async def _call(self, method: str, values: dict[str, object], serial: str) -> dict[str, object]:
        try:
            answer = await self.client.call(method, values)
        except Refused as refusal:
            self.ledger.faults.append(f"{serial}: {refusal}")
            raise
        except DomainError:
            self.ledger.open.append((method, values, serial))
            raise
        self.ledger.acknowledge(method, serial)
        return answer

    async def again(self, method: str, values: dict[str, object], serial: str) -> None:
        """Send a message once more: what took effect must be refused as a repeat."""
        try:
            await self.client.call(method, values)
        except Refused as refusal:
            if refusal.code != DUPLICATE:
                self.ledger.faults.append(f"{serial} again: {refusal}")
            elif serial not in self.ledger.registered and serial not in self.ledger.verified:
                self.ledger.acknowledge(method, serial)  # it had taken effect before the kill, and must be on record
        else:
            self.ledger.acknowledge(method, serial)


async def _load_until_gone(hub: Hub, ledger: Ledger, kill: int, people: Iterator[str], seconds: float) -> None:
    found = hub.credentials()
    terminals = found["terminals"]
    assert isinstance(terminals, list)
    async with AsyncClient(
        hub.url, app_id=str(found["app_id"]), secret=str(found["secret"]), term_id=str(terminals[0]), timeout_s=5
    ) as client:
        asking = Caller(client, ledger, "again", people)
        left, ledger.open = ledger.open, []
        await asyncio.gather(*(asking.again(*message) for message in left))
        callers = [Caller(client, ledger, f"{kill}-{n}", people) for n in range(CALLERS)]
        working = [asyncio.create_task(caller.work()) for caller in callers]
        await asyncio.sleep(seconds)
        hub.process.send_signal(signal.SIGKILL)
        ends = await asyncio.gather(*working, return_exceptions=True)
    hub.process.wait()
    ledger.faults += [f"a caller ended with {end!r}" for end in ends if not isinstance(end, DomainError)]


@contextmanager
def _database(engine: str) -> Iterator[str]:
    if engine == "sqlite":
        yield ""
        return
    cluster = postgres.start(fast=False)
    try:
        yield cluster.create_database()
    finally:
        cluster.stop()


def run(engine: str, kills: int, seed: int) -> list[str]:
    """Do `kills` rounds; answers what was wrong."""
    chance = random.Random(seed)
    ledger = Ledger()
    people = numbers()
    with tempfile.TemporaryDirectory(prefix="yiqiao-soak-") as folder, _database(engine) as url:
        port = free_port()
        for kill in range(kills):
            hub = start_hub(Path(folder), url, port)
            asyncio.run(_load_until_gone(hub, ledger, kill, people, chance.uniform(0.3, 1.5)))
        hub = start_hub(Path(folder), url, port)
        stop(hub.process)
        faults = ledger.faults + _missing(Path(folder), url, ledger) + _broken_chains(hub)
    done = f"{len(ledger.registered)} registrations, {len(ledger.verified)} verifications, {len(ledger.open)} left open"
    print(f"{engine}: {kills} kills, {done}, {len(faults)} faults")
    return faults


def _missing(folder: Path, url: str, ledger: Ledger) -> list[str]:
    """What was acknowledged and is not on record, or was acknowledged twice."""
    registered, verified = asyncio.run(_on_record(url or f"sqlite:///{folder / 'yiqiao.db'}"))
    faults = [f"{serial}: registration acknowledged, not on record" for serial in ledger.registered.keys() - registered]
    faults += [f"{serial}: verification acknowledged, not on record" for serial in ledger.verified.keys() - verified]
    twice = {**ledger.registered, **ledger.verified}
    return faults + [f"{serial}: acknowledged {times} times" for serial, times in twice.items() if times > 1]


async def _on_record(url: str) -> tuple[set[str], set[str]]:
    database = await open_database(url)
    try:
        return await database.read(
            lambda connection: (
                {row[0] for row in connection.exec_driver_sql("SELECT out_register_no FROM card_registration")},
                {row[0] for row in connection.exec_driver_sql("SELECT number FROM card_use WHERE way = 'scan'")},
            )
        )
    finally:
        await database.close()


def _broken_chains(hub: Hub) -> list[str]:
    command = [PYTHON, "-m", "yiqiao", "journal", "verify", "--json"]
    done = subprocess.run(command, env=hub.environment, capture_output=True, text=True)
    if done.returncode == 0:
        return []
    return [f"journal verify: exit {done.returncode}: {done.stdout[-500:]}{done.stderr[-500:]}"]


def _steps(fraction: float) -> list[str]:
    """Kill refunds and settlements at every step. A part of that is what the tests do by themselves."""
    if fraction < 1:
        return []
    done = subprocess.run([PYTHON, "-m", "pytest", "-q", "--every-step", *KILLED], capture_output=True, text=True)
    print(done.stdout)
    return [] if done.returncode == 0 else [f"steps: exit {done.returncode}: {done.stdout[-500:]}"]


def _parts(fraction: float) -> tuple[int, ...]:
    """How many kills, attempts and interruptions a part of the whole run has."""
    return tuple(max(1, round(whole * fraction)) for whole in (KILLS, contention.ATTEMPTS, bookings.KILLS))


def one_run(engine: str, name: str, fraction: float, seed: int) -> list[str]:
    """Do one of the runs; answers what was wrong."""
    kills, attempts, interruptions = _parts(fraction)
    runs: dict[str, Callable[[], list[str]]] = {
        "kills": lambda: run(engine, kills, seed),
        "contention": lambda: contention.run(engine, attempts, _database(engine)),
        "bookings": lambda: bookings.run(engine, interruptions, seed, lambda: _database(engine)),
        "payments": lambda: payment_simulation.run(engine, fraction, seed),
        "settlements": lambda: settlement_simulation.run(engine, fraction, seed),
        "uploads": lambda: uploads.run(engine, fraction, seed, lambda: _database(engine)),
        "attachments": lambda: attachments.run(fraction, seed),
        "native": lambda: native_fuzz.run(fraction, seed),
        "launches": lambda: launches.run(fraction, seed),
        "steps": lambda: _steps(fraction),
    }
    begun = time.monotonic()
    faults = runs[name]()
    print(f"{engine}: {name} took {time.monotonic() - begun:.0f} s", flush=True)
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--fraction", type=float, default=1.0, help="part of the whole run, e.g. 0.01")
    parser.add_argument("--seed", type=int, default=20261121)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument(
        "--run",
        choices=(*ENGINES, *ALONE),
        action="append",
        help="none: all",
    )
    parser.add_argument("--at-once", type=int, default=1, help="how many runs go on side by side")
    asked = parser.parse_args()
    names = [name for name in ENGINES if name in (asked.run or ENGINES)]
    wanted = [(engine, name) for name in names for engine in asked.engine or ("sqlite", "postgresql")]
    wanted += [(name, name) for name in ALONE if name in (asked.run or ALONE)]
    faults: dict[str, list[str]] = {}
    with ProcessPoolExecutor(asked.at_once, get_context("spawn")) as pool:
        found_by = [pool.submit(one_run, *which, asked.fraction, asked.seed) for which in wanted]
        for (engine, _), found in zip(wanted, found_by, strict=True):
            faults.setdefault(engine, []).extend(found.result())
    for engine, found in faults.items():
        for fault in found[:20]:
            print(f"{engine}: {fault}", file=sys.stderr)
    kills, attempts, interruptions = _parts(asked.fraction)
    told = {"kills": kills, "attempts": attempts, "interruptions": interruptions, "seed": asked.seed}
    print(json.dumps({**told, "faults": {engine: len(found) for engine, found in faults.items()}}))
    return 1 if any(faults.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
