"""A batch of 10,000 return-visit orders (A2000), from the socket to the commit, beside COPY of the same rows.

The orders are new, their departments and doctors on file. Beside them: the same batch once more, and what a batch of
30 MB adds to the hub's memory.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import asyncpg
import httpx
import orjson
from sqlalchemy import Connection

from benchmarks.figures import Figure
from benchmarks.processes import Hub, running_hub
from tests.support import postgres
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.app.supervision import supervision_of
from yiqiao.clock import SystemClock
from yiqiao.dialects.supervision import envelope, verdicts
from yiqiao.dialects.supervision.dialect import NAME, scheme_of, uptime
from yiqiao.partners import store as partners
from yiqiao.spec import load

APP, PROFILE = "IH9851", "standard"
ROWS, ROUNDS = 10_000, 5
DEPARTMENTS, DOCTORS = 40, 300
TARGET = 0.03
LARGE = 30_000_000
MEMORY_MB = 100
Row = dict[str, object]


def measure() -> Iterator[Figure]:
    """Rows a second on both engines, the memory of a large batch, and COPY as the reference."""
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        url = cluster.create_database()
        copied = asyncio.run(_copied(url, [_order(n) for n in range(ROWS)]))
        with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
            yield from _on("PostgreSQL", Path(folder), cluster.create_database(), copied, TARGET)
    finally:
        cluster.stop()
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from _on("SQLite", Path(folder), "", copied, None)


def _on(engine: str, folder: Path, url: str, copied: float, target: float | None) -> Iterator[Figure]:
    secret = asyncio.run(_joined(Settings(data=str(folder), database_url=url)))
    with running_hub(folder, url) as hub, httpx.Client(base_url=hub.url, timeout=120) as http:
        send = partial(_sent, http, secret)
        send("A1001", [_department(n) for n in range(DEPARTMENTS)])
        send("A1002", [_doctor(n) for n in range(DOCTORS)])
        batches = [[_order(turn * ROWS + n) for n in range(ROWS)] for turn in range(ROUNDS + 1)]
        send("A2000", batches[0])
        new = [send("A2000", batch) for batch in batches[1:]]
        again = [send("A2000", batch) for batch in batches[1:]]
        yield Figure(f"A2000, new, {engine}", _rate(new), "rows/s", copied, "COPY", target)
        yield Figure(f"A2000, again, {engine}", _rate(again), "rows/s", copied, "COPY")
        yield Figure(f"30 MB batch adds, {engine}", _added_mb(hub, send), "MB", limit=MEMORY_MB)


def _rate(seconds: Sequence[float]) -> float:
    return ROWS / statistics.median(seconds)


def _added_mb(hub: Hub, send: Callable[[str, list[Row]], float]) -> float:
    """By how much a batch of 30 MB raises the most memory that the hub has ever had."""
    peak = Path(f"/proc/{hub.process.pid}/status")
    Path(f"/proc/{hub.process.pid}/clear_refs").write_text("5")  # the high-water mark begins anew
    before = hub.memory_mb()
    # Rows are as long as their fields let them be, and no two alike: what compresses badly takes most memory.
    send("A2001", [_visit(n) for n in range(_fitting())])
    marked = next(line for line in peak.read_text().splitlines() if line.startswith("VmHWM"))
    return int(marked.split()[1]) / 1024 - before


def _fitting() -> int:
    """How many visits fit into a large batch."""
    text = orjson.dumps(orjson.dumps([_visit(0)]).decode())
    return LARGE // len(text)


def _sent(http: httpx.Client, secret: str, service: str, rows: list[Row]) -> float:
    """Seconds from the request's first byte to the answer. RuntimeError where a row was not kept."""
    data, nonce = orjson.dumps(rows), f"{time.time_ns():x}"
    now = uptime(SystemClock().now_ms())
    headers, body = envelope.seal_request(service, APP, nonce, now, data, secret, scheme_of(PROFILE))
    begun = time.perf_counter()
    response = http.post(load(NAME, PROFILE).operations[service].path, content=body, headers=headers)
    took = time.perf_counter() - begun
    answer = envelope.open_response(response.content)
    told = verdicts.read(answer.data)
    if answer.code != "0" or told is None or told.count(verdicts.Verdict.REFUSED):
        raise RuntimeError(f"{service}: {answer.code} {answer.message} {answer.data[:300]}")
    return took


async def _joined(settings: Settings) -> str:
    """File the hospital and open it; answers its key."""
    async with open_store(settings) as store:

        def add(connection: Connection) -> None:
            new = partners.NewPartner(NAME, APP, "量测互联网医院", profile=PROFILE)
            partners.add(connection, store.keyring, store.clock.now_ms(), new)

        await store.directory.change(add)
        institutions = supervision_of(store).institutions
        await institutions.open("bench", APP, "H9851", "量测互联网医院")
        for n in range(DEPARTMENTS):
            await institutions.bind_subject("bench", APP, f"01{n:02}", "03", "内科")
        partner = store.directory.find(NAME, APP)
        if partner is None:
            raise RuntimeError("the hospital is not on file")
        return partner.secrets[0]


async def _copied(url: str, rows: Sequence[Row]) -> float:
    """Rows a second of COPY into a table with a text column a field, committed."""
    columns = list(rows[0])
    records = [tuple(str(value) for value in row.values()) for row in rows]
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        await connection.execute(f"CREATE TABLE copied ({', '.join(f'{name.lower()} text' for name in columns)})")
        took: list[float] = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            await connection.copy_records_to_table("copied", records=records)
            took.append(time.perf_counter() - begun)
    finally:
        await connection.close()
    return _rate(took)


def _department(n: int) -> Row:
    return {"deptCode": f"01{n:02}", "deptName": f"专科{n}", "parentId": "-1", "hasChild": 0, "status": 0}


def _doctor(n: int) -> Row:
    return {
        "deptCode": f"01{n % DEPARTMENTS:02}",
        "deptName": f"专科{n % DEPARTMENTS}",
        "type": 1,
        "status": 0,
        "code": f"D{n:04}",
        "name": f"医生{n}",
        "certificateType": 1,
        "certificateNo": f"35985119710815{n:04}",
        "techTitle": 231,
        "rank": 1,
        "sex": 1 + n % 2,
        "mobile": f"154{n:08}",
    }


def _order(n: int) -> Row:
    return {
        "flowNo": f"F{n:010}",
        "orderId": f"O{n:010}",
        "createTime": f"2026-11-{1 + n % 28:02} {8 + n % 9:02}:{n % 60:02}:{n % 59:02}",
        "deptCode": f"01{n % DEPARTMENTS:02}",
        "deptName": f"专科{n % DEPARTMENTS}",
        "docCode": f"D{n % DOCTORS:04}",
        "docName": f"医生{n % DOCTORS}",
        "channelType": 1 + n % 4,
        "payType": 1 + n % 3,
        "name": f"患者{n}",
        "age": 46.5,
        "sex": 1 + n % 2,
        "birthday": f"19{60 + n % 40}-03-12",
        "mobile": f"154{n:08}",
        "certificateType": 1,
        "certificateNo": f"35985119{60 + n % 40}0312{n % 10_000:04}",
        "amount": 1500.00 + n % 700,
        "status": "已支付",
    }


def _visit(n: int) -> Row:
    said = [
        {
            "processTime": "2026-11-18 10:00:00",
            "role": 1 + turn % 2,
            "content": f"{(n * 6 + turn) * 2654435761 % 2**32:08x}" * 62,
        }
        for turn in range(6)
    ]
    return {
        "flowNo": f"F{n:010}",
        "orderId": f"O{n:010}",
        "startTime": "2026-11-18 10:00:00",
        "endTime": "2026-11-18 10:12:00",
        "description": "近一周血压偏高",
        "recipeId": f"C{n:010}",
        "recordId": f"B{n:010}",
        "process": said,
    }
