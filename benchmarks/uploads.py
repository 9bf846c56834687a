"""Records on their way to the supervisor, sender and receiver killed again and again: `./dev soak --run uploads`.

A hospital uploads its departments, doctors and return-visit orders with `yiqiao upload`; now the sender and now the
hub gets a SIGKILL at a random moment, and is started again. At the end every row has arrived and is in force, none of
them twice, none refused or waiting.
"""

import asyncio
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks.processes import PYTHON, Hub, free_port, start_hub, stop
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.app.supervision import supervision_of
from yiqiao.spec import load
from yiqiao.storage import open_database

ROWS, KILLS = 200_000, 100
DEPARTMENTS, DOCTORS = 40, 300
BATCH_ROWS = 250
LOOK_S = 0.05
MOST_S = 3600
_KINDS = {"A1001": "department", "A1002": "staff", "A2000": "order"}
_ARRIVED = "SELECT coalesce(sum(accepted), 0) FROM supervision_batch"
_ON_FILE = "SELECT kind, count(*), count(DISTINCT record_key), sum(in_force) FROM supervision_record GROUP BY kind"


def run(engine: str, fraction: float, seed: int, database: Callable[[], AbstractContextManager[str]]) -> list[str]:
    """A part of the whole run on one engine; answers what was wrong."""
    rows, kills = max(2_000, round(ROWS * fraction)), max(2, round(KILLS * fraction))
    with tempfile.TemporaryDirectory(prefix="yiqiao-uploads-") as folder, database() as url:
        course = _Course(Path(folder), url, rows, random.Random(seed))
        return course.through(engine, kills)


@dataclass
class _Course:
    """One run: what is uploaded, from where, to whom."""

    folder: Path
    url: str
    rows: int
    chance: random.Random

    def through(self, engine: str, kills: int) -> list[str]:
        """From the first row to the last; answers what was wrong."""
        wanted = _written(self.folder / "records", self.rows)
        port, killed = free_port(), {"sender": 0, "receiver": 0}
        hub = start_hub(self.folder / "hub", self.url, port)
        found = hub.credentials("supervision")
        asyncio.run(self._bound(str(found["app_id"])))
        (self.folder / "key").write_text(str(found["secret"]), encoding="utf-8")
        sender = self._sender(hub, str(found["app_id"]))
        try:
            for kill in range(kills):
                self._until(self.rows * kill // kills, sender)
                time.sleep(self.chance.uniform(0, 0.2))
                if sender.poll() is None and self.chance.random() < 0.5:
                    sender.send_signal(signal.SIGKILL)
                    sender.wait()
                    sender = self._sender(hub, str(found["app_id"]))
                    killed["sender"] += 1
                else:
                    hub.process.send_signal(signal.SIGKILL)
                    hub.process.wait()
                    hub = start_hub(self.folder / "hub", self.url, port)
                    killed["receiver"] += 1
            ended = sender.wait(MOST_S)
        finally:
            sender.kill()
            stop(hub.process)
        faults = self._faults(wanted) + ([f"the sender ended with {ended}"] if ended else [])
        print(f"uploads, {engine}: {self.rows} rows, killed {killed}, {len(faults)} faults")
        return faults

    async def _bound(self, app_id: str) -> None:
        """Bind the departments to their subjects, which the supervisor's people do before doctors are uploaded."""
        async with open_store(Settings(data=str(self.folder / "hub"), database_url=self.url)) as store:
            institutions = supervision_of(store).institutions
            for number in range(DEPARTMENTS):
                await institutions.bind_subject("soak", app_id, _department(number), "03.01", "内科")

    def _sender(self, hub: Hub, app_id: str) -> subprocess.Popen[bytes]:
        command = [PYTHON, "-m", "yiqiao", "upload", "rows", str(self.folder / "records"), "--url", hub.url]
        command += ["--app-id", app_id, "--key-file", str(self.folder / "key"), "--data", str(self.folder / "box")]
        command += ["--patience", "0", "--batch-rows", str(BATCH_ROWS)]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _until(self, rows: int, sender: subprocess.Popen[bytes]) -> None:
        """Wait until so many rows have arrived, or the sender has ended."""
        deadline = time.monotonic() + MOST_S
        while sender.poll() is None and time.monotonic() < deadline and self._arrived() < rows:
            time.sleep(LOOK_S)

    def _arrived(self) -> int:
        found = asyncio.run(self._read(_ARRIVED))
        return int(str(found[0][0]))

    def _faults(self, wanted: dict[str, int]) -> list[str]:
        """What is not on file exactly once and in force."""
        found = {str(row[0]): tuple(map(int, row[1:])) for row in asyncio.run(self._read(_ON_FILE))}
        return [
            f"{kind}: {rows} rows were uploaded; versions, records, in force: {found.get(kind)}"
            for kind, rows in wanted.items()
            if found.get(kind) != (rows, rows, rows)
        ]

    async def _read(self, statement: str) -> list[tuple[int, ...]]:
        database = await open_database(self.url or f"sqlite:///{self.folder / 'hub' / 'yiqiao.db'}")
        try:
            return await database.read(lambda connection: [tuple(row) for row in connection.exec_driver_sql(statement)])
        finally:
            await database.close()


def _written(folder: Path, rows: int) -> dict[str, int]:
    """Write the records, a file an operation; how many there are of each kind."""
    folder.mkdir(parents=True)
    counts = {"A1001": DEPARTMENTS, "A1002": DOCTORS, "A2000": rows - DEPARTMENTS - DOCTORS}
    for service, count in counts.items():
        table = load("supervision", "reconstructed").operations[service].asks
        good = table.validate(table.sample())
        with (folder / f"{service}.ndjson").open("wb") as out:
            for number in range(count):
                out.write(orjson.dumps({**good, **_particulars(service, number)}, default=str) + b"\n")
    return {_KINDS[service]: count for service, count in counts.items()}


def _department(number: int) -> str:
    return f"K{number:03}"


def _particulars(service: str, number: int) -> dict[str, object]:
    department = _department(number % DEPARTMENTS)
    found: dict[str, dict[str, object]] = {
        "A1001": {"deptCode": department},
        "A1002": {"deptCode": department, "code": f"D{number:04}", "attachment": None},
        "A2000": {
            "deptCode": department,
            "docCode": f"D{number % DOCTORS:04}",
            "orderId": f"O{number:07}",
            "flowNo": f"F{number:07}",
        },
    }
    return found[service]
