"""The rush for few units: ten thousand callers for 1, 10 and 100 of them, through SOAP, at a hub of two processes.

Exactly as many get a lock as there are units, nobody else, each with a number of its own; and once the locks have
lapsed, exactly as many get one again.
"""

import asyncio
import re
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import httpx
from sqlalchemy import Connection

from benchmarks import clinic
from benchmarks.processes import Hub, running_hub
from yiqiao.storage import open_database

ATTEMPTS = 10_000
UNITS = (1, 10, 100)
CALLERS, WORKERS = 128, 2
LOCKED, SOLD_OUT = "0", "200505"
_CODE = re.compile(r"RETURN_CODE&gt;(?:&lt;!\[CDATA\[)?([-\d]+)")


def run(engine: str, attempts: int, database: AbstractContextManager[str]) -> list[str]:
    """One rush a number of units, and one more when the locks have lapsed; answers what was wrong."""
    faults: list[str] = []
    with tempfile.TemporaryDirectory(prefix="yiqiao-soak-") as folder, database as given:
        url = given or f"sqlite:///{folder}/yiqiao.db"
        asyncio.run(clinic.file(url, {f"PB{units}": units for units in UNITS}))
        with running_hub(Path(folder), url, WORKERS) as hub:
            for units in UNITS:
                for again in ("", "again "):
                    codes = asyncio.run(_rush(hub, f"PB{units}", f"{again[:1]}{units}-", attempts))
                    found = asyncio.run(_on_file(url, f"PB{units}"))
                    faults += [f"{units} units, {again}{fault}" for fault in _wrong(codes, found, min(units, attempts))]
                    print(f"{engine}: {again}{attempts} attempts on {units} units: {codes}")
                    asyncio.run(_lapse(url))
    return faults


async def _rush(hub: Hub, schedule: str, prefix: str, attempts: int) -> dict[str, int]:
    """How often each return code came."""
    waiting = clinic.Platform(hub).locks(prefix, [schedule], attempts)
    codes: dict[str, int] = {}
    kind = {"content-type": clinic.CONTENT_TYPE}

    async def caller(client: httpx.AsyncClient) -> None:
        for message in waiting:
            answer = await client.post(hub.url + clinic.PATH, content=message, headers=kind)
            found = _CODE.search(answer.text)
            code = found[1] if found else f"no code: {answer.text[:200]}"
            codes[code] = codes.get(code, 0) + 1

    limits = httpx.Limits(max_connections=CALLERS)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:
        await asyncio.gather(*(caller(client) for _ in range(CALLERS)))
    return codes


def _wrong(codes: dict[str, int], on_file: tuple[int, int, int], units: int) -> list[str]:
    faults = []
    if codes.get(LOCKED, 0) != units:
        faults.append(f"{codes.get(LOCKED, 0)} locks were given")
    if set(codes) - {LOCKED, SOLD_OUT}:
        faults.append(f"unexpected answers: {codes}")
    if on_file != (units, units, units):
        faults.append(f"taken, held, different numbers on file: {on_file}")
    return faults


async def _on_file(url: str, schedule: str) -> tuple[int, int, int]:
    """How many units are taken by the count, by the rows, and by different numbers."""
    held = f"FROM slot_lock WHERE schedule_id = '{schedule}' AND state = 'held'"
    taken = f"SELECT taken FROM slot_pool WHERE schedule_id = '{schedule}'"
    questions = taken, f"SELECT COUNT(*) {held}", f"SELECT COUNT(DISTINCT number) {held}"

    def work(connection: Connection) -> tuple[int, int, int]:
        first, second, third = (int(connection.exec_driver_sql(one).scalar_one()) for one in questions)
        return first, second, third

    database = await open_database(url)
    try:
        return await database.read(work)
    finally:
        await database.close()


async def _lapse(url: str) -> None:
    """Let all locks lapse, as if their time had gone by."""
    database = await open_database(url)
    try:
        await database.write(lambda c: c.exec_driver_sql("UPDATE slot_lock SET expires_at = 1 WHERE state = 'held'"))
    finally:
        await database.close()
