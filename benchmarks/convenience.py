"""LockReg through SOAP, enciphered and signed, and a department's schedules of thirty days.

Locks of one pool of units stand beside the database's own pace on one row; spread over a thousand, beside the echo.
"""

import asyncio
import re
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from sqlalchemy import Connection, func, select

from benchmarks import clinic
from benchmarks.figures import Figure
from benchmarks.processes import (
    SLICE_S,
    Hub,
    Load,
    Reference,
    load,
    running_echo,
    running_hub,
    wrk_missing,
)
from tests.support import postgres
from yiqiao.storage import open_database
from yiqiao.storage.tables.booking import slot_lock

CONNECTIONS, READERS = 64, 2
SECONDS = 5
PER_SECOND = 7_000  # more locks than can be made
UNITS, POOLS = 1_000_000, 1_000
ONE, SPREAD_TARGET, SCHEDULES_P99_MS = 1.0, 0.20, 100
CLIENTS = 16
_ROW = """
CREATE TABLE pace_slot (id integer PRIMARY KEY, total integer NOT NULL, taken integer NOT NULL CHECK (taken <= total));
CREATE TABLE pace_lock (lock_id bigint PRIMARY KEY, slot_id integer NOT NULL, number integer NOT NULL);
INSERT INTO pace_slot VALUES (1, 100000000, 0);
"""
_LOCK = """\\set lock_id random(1, 9000000000000000)
WITH unit AS (UPDATE pace_slot SET taken = taken + 1 WHERE id = 1 AND taken < total RETURNING id, taken)
INSERT INTO pace_lock SELECT :lock_id, id, taken FROM unit;
"""


def measure() -> Iterator[Figure]:
    """All figures of the slice."""
    missing = wrk_missing()
    if missing:
        raise RuntimeError(missing)
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), f"sqlite:///{folder}/yiqiao.db", None)
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        pace = row_pace(cluster)
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database(), pace)
    finally:
        cluster.stop()


def _on(engine: str, folder: Path, url: str, pace: float | None) -> Iterator[Figure]:
    spread = [f"PB{n:04}" for n in range(POOLS)]
    asyncio.run(clinic.file(url, {"PB-one": UNITS, **dict.fromkeys(spread, UNITS)}))
    with running_hub(folder, url) as hub:
        platform = clinic.Platform(hub)
        on_one = list(platform.locks("A", ["PB-one"], PER_SECOND * SECONDS))
        on_many = list(platform.locks("B", spread, PER_SECOND * SECONDS))
        size = _answer_size(hub, on_one.pop())
        one = _load(hub.url, on_one, folder)
        with running_echo(size) as echo_url:
            echo = Reference(lambda: _load(echo_url, on_many, folder, again=True, seconds=SLICE_S))
            many, beside = echo.beside(lambda: _load(hub.url, on_many, folder))
        _must_be_real(url, 1 + one.requests + many.requests)
        yield Figure(f"LockReg, one pool, {engine}", one.requests_per_second, "1/s", pace, "pgbench", pace and ONE)
        yield Figure(f"LockReg p99, one pool, {engine}", one.p99_ms, "ms")
        rate = many.requests_per_second
        yield Figure(f"LockReg, {POOLS} pools, {engine}", rate, "1/s", beside, "echo", SPREAD_TARGET)
        asyncio.run(_gather_statistics(url))  # a server does so by itself, a minute after a table was filled
        asked = platform.schedules()
        size = _answer_size(hub, asked)
        shown = _load(hub.url, [asked], folder, again=True, connections=READERS)
        yield Figure(f"GetRegInfo, 30 days, {size // 1000} KB, {engine}", shown.requests_per_second, "1/s")
        yield Figure(f"GetRegInfo p99, {engine}", shown.p99_ms, "ms", limit=SCHEDULES_P99_MS)


def _load(
    url: str,
    bodies: list[bytes],
    folder: Path,
    *,
    again: bool = False,
    connections: int = CONNECTIONS,
    seconds: int = SECONDS,
) -> Load:
    kind = clinic.CONTENT_TYPE
    return load(url, clinic.PATH, bodies, seconds, connections, folder, again=again, content_type=kind)


def _answer_size(hub: Hub, message: bytes) -> int:
    """How long the answer to a message is, if it is one of success."""
    answer = httpx.post(hub.url + clinic.PATH, content=message, headers={"content-type": clinic.CONTENT_TYPE})
    if not re.search(r"RETURN_CODE&gt;(&lt;!\[CDATA\[)?0(\]|&lt;)", answer.text):
        raise RuntimeError(answer.text[:2000])
    return len(answer.content)


def _must_be_real(url: str, answered: int) -> None:
    """A figure counts only if every request that was answered has its lock: refusals are quick, and come with 200 too.

    Requests that were under way when the load ended may have theirs as well.
    """

    async def count() -> int:
        database = await open_database(url)
        try:
            return await database.read(
                lambda c: int(c.execute(select(func.count()).select_from(slot_lock)).scalar_one())
            )
        finally:
            await database.close()

    locks = asyncio.run(count())
    if not answered <= locks <= answered + 2 * CONNECTIONS:
        raise RuntimeError(f"{answered} locks were answered, {locks} are on file")


def row_pace(cluster: postgres.Cluster) -> float:
    """Transactions a second of pgbench with the bare statement on one row: prepared, as many clients as is usual."""
    url = cluster.create_database()
    where = urlsplit(url)
    environment = {"PGPASSWORD": where.password or "", "PATH": "/usr/bin:/bin"}
    asyncio.run(_execute(url, _ROW))
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(_LOCK)
        script.flush()
        command = [str(postgres.find_programs() / "pgbench"), "-n", "-M", "prepared", f"-c{CLIENTS}", "-j1"]
        command += [f"-T{SECONDS}", "-f", script.name, "-h", str(where.hostname), "-p", str(where.port)]
        command += ["-U", str(where.username), where.path[1:]]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stdout)
    return float(found[1])


async def _gather_statistics(url: str) -> None:
    await _execute(url, "ANALYZE")


async def _execute(url: str, statements: str) -> None:
    def work(connection: Connection) -> None:
        for statement in filter(str.strip, statements.split(";")):
            connection.exec_driver_sql(statement)

    database = await open_database(url)
    try:
        await database.write(work)
    finally:
        await database.close()
