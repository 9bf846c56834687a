"""What the supervisor's overview asks, with ten million visits on file: sums over what is counted as records arrive.

The visits are made by PostgreSQL itself, with all their indexes; the counts are taken from them, and are as many.
YIQIAO_BENCH_VISITS: how many visits.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from datetime import date

import asyncpg

from benchmarks.figures import Figure
from tests.support import postgres
from tests.support.keys import KEYRING
from yiqiao.clock import SystemClock
from yiqiao.region.supervision.overview import Overviews, last_days
from yiqiao.region.supervision.quality.rules import load_rules
from yiqiao.region.supervision.reading import Readings
from yiqiao.storage import open_database
from yiqiao.storage.migrate import upgrade

VISITS = int(os.environ.get("YIQIAO_BENCH_VISITS", "10000000"))
PORTION = 500_000
HOSPITALS, DAYS = 120, 365
FIRST_DAY, MONTH, LAST_DAY = "2026-01-01", "2026-12-01", "2026-12-31"
LIMIT_MS = 300
ROUNDS = 9

_MADE = f"""
INSERT INTO supervision_record (app_id, kind, record_key, digest, version, state, in_force, sent_at, received_at,
    batch_id, place, day, flow_no, order_no, recipe_no, emr_no, amount, certificate_index)
SELECT 'IH' || lpad((n % {HOSPITALS})::text, 4, '0'), 'visit', 'V' || lpad(n::text, 12, '0'),
    decode(md5(n::text), 'hex'), 1, CASE WHEN n % 50 = 0 THEN 'waiting' ELSE 'valid' END, (n % 50 <> 0)::int,
    1767196800000 + n, 1767196800000 + n, n / 10000, n % 10000,
    to_char(date '{FIRST_DAY}' + (n * 7919 % {DAYS})::int, 'YYYY-MM-DD'), 'F' || n, 'O' || n, 'C' || n, 'B' || n,
    100000 + n % 900000, hashint8extended(n / 3, 0)
FROM generate_series($1::bigint, $2::bigint) AS n
"""
_COUNTED = """
INSERT INTO supervision_total (app_id, kind, day, in_force, waiting, amount)
SELECT app_id, kind, day, sum(in_force), sum((state = 'waiting')::int),
    coalesce(sum(amount) FILTER (WHERE in_force = 1), 0)
FROM supervision_record GROUP BY app_id, kind, day
"""
_CAME_IN = """
INSERT INTO supervision_intake (app_id, kind, day, batches, accepted, waiting, refused, unchanged)
SELECT app_id, kind, day, 1, in_force, waiting, 0, 0 FROM supervision_total
"""
_OPENED = """
INSERT INTO supervision_institution (app_id, hosp_id, name, open, opened_at, changed_at)
SELECT DISTINCT app_id, app_id, app_id, 1, 1767196800000, 1767196800000 FROM supervision_total
"""
_FOUND = """
INSERT INTO supervision_finding (app_id, day, rule, record_key, kind, flow_no, told, found_at)
SELECT app_id, day, 'rule-' || place % 27, record_key, kind, flow_no, 'x', sent_at
FROM supervision_record WHERE place % 20 = 0
"""
_AS_MANY = "SELECT (SELECT count(*) FROM supervision_record) = (SELECT sum(in_force + waiting) FROM supervision_total)"
_BY_HAND = f"""
SELECT app_id, sum(in_force), sum(amount) FROM supervision_record
WHERE kind = 'visit' AND day BETWEEN '{MONTH}' AND '{LAST_DAY}' GROUP BY app_id
"""


def measure() -> Iterator[Figure]:
    """The overview of a month and of a year, beside the same sums taken from the records."""
    cluster = postgres.start(fast=True)
    try:
        yield from asyncio.run(_measured(cluster.create_database()))
    finally:
        cluster.stop()


async def _measured(url: str) -> list[Figure]:
    await upgrade(url)
    await filled(url, VISITS)
    by_hand = await _by_hand(url)
    database = await open_database(url)
    readings = Readings(database, KEYRING, SystemClock())
    page = Overviews(database, load_rules())
    month = last_days(date.fromisoformat(LAST_DAY), 30)
    try:
        figures = []
        for what, first in (("month", MONTH), ("year", FIRST_DAY)):
            took: list[float] = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                await readings.totals(first, LAST_DAY)
                await readings.totals_by_day(None, first, LAST_DAY)
                await readings.intake(None, first, LAST_DAY)
                took.append((time.perf_counter() - begun) * 1000)
            name = f"overview of a {what}, {VISITS / 1e6:g} million visits"
            figures.append(Figure(name, statistics.median(took), "ms", by_hand, "ms from the records", limit=LIMIT_MS))
        took = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            await page.overview(month)
            took.append((time.perf_counter() - begun) * 1000)
        name = f"overview page of thirty days, {VISITS / 1e6:g} million visits"
        figures.append(Figure(name, statistics.median(took), "ms", by_hand, "ms from the records", limit=LIMIT_MS))
        return figures
    finally:
        await database.close()


async def filled(url: str, visits: int) -> None:
    """Make so many visits, and count them. RuntimeError where the counts are not as many."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        for first in range(0, visits, PORTION):
            await connection.execute(_MADE, first, min(first + PORTION, visits) - 1)
        for statement in (_COUNTED, _CAME_IN, _OPENED, _FOUND, "ANALYZE"):
            await connection.execute(statement)
        if not await connection.fetchval(_AS_MANY):
            raise RuntimeError("what is counted is not what is on file")
    finally:
        await connection.close()


async def _by_hand(url: str) -> float:
    """Milliseconds that the sums of a month take from the records themselves."""
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        begun = time.perf_counter()
        await connection.fetch(_BY_HAND)
        return (time.perf_counter() - begun) * 1000
    finally:
        await connection.close()
