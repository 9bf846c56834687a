"""The sandbox's internet hospital uploads its days, so that the supervisor's pages have something to show.

Each day's records go the way of all uploads, as a signed message at the gateway, at the end of that day by the
gateway's clock: what was sent in time is not found to be late.
"""

import secrets
import time as elapsed
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import orjson

from yiqiao.app.store import Store
from yiqiao.app.supervision import Supervision, gateway_of
from yiqiao.clock import BEIJING, FixedClock, beijing
from yiqiao.dialects.supervision.dialect import NAME, scheme_of, uptime
from yiqiao.dialects.supervision.envelope import seal_request
from yiqiao.exchange.message import RawRequest
from yiqiao.jobs import Daily, Done, Job, Outcome
from yiqiao.jobs.job import Handler
from yiqiao.journal import Entry
from yiqiao.sandbox import internet_days
from yiqiao.sandbox.internet_hospital import APP_ID, HOSPITAL, OPERATOR, PROFILE
from yiqiao.sandbox.internet_hospital import NAME as TITLE
from yiqiao.spec import load
from yiqiao.storage import Writer
from yiqiao.storage import supervision_records as stored

UPLOAD = Daily("sandbox.internet_days", time(0, 1))
DAYS = 14
"""Days before today."""
EVENING = time(22)


def handlers(store: Store, supervision: Supervision, writer: Writer[Entry]) -> Mapping[str, Handler]:
    """Who uploads what is not there yet, today's visits as far as they have happened."""

    async def upload(_: Job) -> Outcome:
        now = beijing(store.clock.now_ms())
        days = [now.date() - timedelta(days=back) for back in range(DAYS, -1, -1)]
        there = await _on_file(store, days[0], days[-1])
        if APP_ID not in {row.app_id for row in await supervision.institutions.all()}:
            return Done()
        for code, (_called, subject, name) in internet_days.DEPARTMENTS.items():
            await supervision.institutions.bind_subject(OPERATOR, APP_ID, code, subject, name)
        for day in days:
            evening = min(datetime.combine(day, EVENING, BEIJING), now)
            base = internet_days.base(HOSPITAL, TITLE) if day == days[0] else {}
            if not there.get(f"{day}"):
                await _send(store, supervision, writer, evening, base)
                await _send(
                    store, supervision, writer, evening, internet_days.of_day(day, evening.replace(tzinfo=None))
                )
        return Done()

    return {UPLOAD.kind: upload}


async def _on_file(store: Store, first: date, last: date) -> Mapping[str, int]:
    """Visits that are on file, by day."""
    rows = await store.database.read(lambda c: stored.totals_by_day(c, APP_ID, f"{first}", f"{last}"))
    return {row.day: row.in_force + row.waiting for row in rows if row.kind == "visit"}


async def _send(
    store: Store, supervision: Supervision, writer: Writer[Entry], at: datetime, rows: Mapping[str, internet_days.Rows]
) -> None:
    partner = store.directory.find(NAME, APP_ID)
    if partner is None or not partner.secrets:
        return
    at_ms = round(at.timestamp() * 1000)
    gateway = gateway_of(replace(store, clock=FixedClock(at_ms)), supervision, writer)
    for service, some in rows.items():
        number = secrets.token_hex(12)
        headers, body = seal_request(
            service, APP_ID, number, uptime(at_ms), orjson.dumps(some), partner.secrets[0], scheme_of(PROFILE)
        )
        said = tuple((name.encode(), value.encode()) for name, value in headers.items())
        path = load(NAME, PROFILE).operations[service].path
        began = elapsed.monotonic_ns()
        await gateway.answer(RawRequest(body, "application/json", "127.0.0.1", number, at_ms, began, said, path))
