"""Recharges a second, beside the bare saga of the job table in the same run.

A recharge is ordered, paid through a channel that takes the money at once, booked, told to the HIS and noticed to the
partner, every step committed. The bare saga is a job of three steps that does nothing: what any saga costs here. Both
run in one process with one runner, as in a hub.
"""

import asyncio
import secrets
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar, cast

from benchmarks.figures import Figure
from tests.region.payments.peers import Till, Ward
from tests.region.payments.world import LISTED, MERCHANT, NOW, PATIENT, SECRET, Notices
from tests.support import postgres
from tests.support.keys import KEYRING
from yiqiao.clock import SystemClock
from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Done, Job, Outcome, Pace, Runner
from yiqiao.jobs.job import Handler
from yiqiao.jobs.queue import enqueue_many
from yiqiao.region.payments import merchants
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.course import ATTEMPT_JOB, NOTICE_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.notices import NoticeSender
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Database, Write, Writer, open_database, payment_books, payments
from yiqiao.storage.tables import metadata

SAGAS, RECHARGES, CALLERS = 4_000, 2_000, 64
TARGET = 0.10
STEPS = 3
T = TypeVar("T")


class _NoJournal:
    def append(self, connection: object, entries: object) -> None:
        """Nothing is written beside the writes."""

    def settle(self, committed: bool) -> None:
        """Nothing to learn."""


def measure() -> Iterator[Figure]:
    """All figures of the hub."""
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from asyncio.run(_measured("SQLite", f"sqlite:///{Path(folder) / 'hub.db'}"))
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        yield from asyncio.run(_measured("PostgreSQL", cluster.create_database()))
    finally:
        cluster.stop()


async def _measured(engine: str, url: str) -> list[Figure]:
    database = await open_database(url, readers=8)
    await database.write(metadata.create_all)
    bare = await _sagas(database)
    recharges = await _recharges(database)
    await database.close()
    return [Figure(f"recharge, {engine}", recharges, "/s", bare, "bare sagas of three steps/s", target=TARGET)]


async def _sagas(database: Database) -> float:
    left = SAGAS
    over = asyncio.Event()

    async def step(job: Job) -> Outcome:
        nonlocal left
        done = int(str(job.data.get("step", 0))) + 1
        if done < STEPS:
            return Again(SystemClock().now_ms(), {"step": done})
        left -= 1
        if not left:
            over.set()
        return Done()

    now = SystemClock().now_ms()
    await database.write(lambda c: enqueue_many(c, now, "bench", [(f"{n}", {}) for n in range(SAGAS)]))
    return await _run(database, {"bench": step}, over, SAGAS)


async def _recharges(database: Database) -> float:
    clock, over = SystemClock(), asyncio.Event()
    till, his, notices = Till("CASH", at_once=True), Ward(), Notices()
    channels = cast(Channels, {"CASH": till})
    settings = MerchantSettings(("CASH",), notify_urls=(LISTED,))
    identity = {"merchant_id": MERCHANT, "name": "云桥县人民医院", "hospital_id": "1001", "account_type": "01"}
    await database.write(lambda c: merchants.add(c, KEYRING, NOW, settings=settings, secret=SECRET, **identity))
    writer: Writer[None] = Writer(database, *(_NoJournal() for _ in range(database.writes_at_once)))
    notice = NoticeSender(database, KEYRING, clock, notices)

    async def noticed(job: Job) -> Outcome:
        outcome = await notice(job)
        if len(notices.sent) >= RECHARGES:
            over.set()
        return outcome

    handlers: dict[str, Handler] = {
        TRADE_JOB: TradeSaga(database, KEYRING, clock, channels, his),
        ATTEMPT_JOB: AttemptSaga(database, KEYRING, clock, channels),
        REFUND_JOB: RefundSaga(database, KEYRING, clock, channels, his),
        NOTICE_JOB: noticed,
    }
    numbers = iter(range(RECHARGES))
    runner = Runner(database, clock, handlers, pace=Pace(at_once=CALLERS))
    orders = Orders(database, KEYRING, clock, channels, runner.wake)

    async def caller() -> None:
        for n in numbers:
            print_of = sm3(f"{n}".encode())
            kept, number = Particulars(PATIENT), f"B{n}{secrets.token_hex(4)}"
            wish = Wish("his", MERCHANT, SECRET, number, print_of, 100, "充值", kept, "CASH", notify_url=LISTED)
            await _perform(writer, orders.order(wish))
            runner.wake()

    async def desks() -> None:
        await asyncio.gather(*(caller() for _ in range(CALLERS)))

    rate = await _run(database, handlers, over, RECHARGES, runner, desks())
    await writer.drain()
    states = await database.read(lambda c: {row.state for row in payments.newest_trades(c, RECHARGES)})
    books: Mapping[str, int] = await database.read(lambda c: payment_books.balances(c, MERCHANT))
    collected, zero = books["channel/CASH"], sum(books.values(), 0)
    if (states, collected, zero) != ({"succeeded"}, 100 * RECHARGES, 0):
        raise RuntimeError(f"not all recharges came to their end: {states}")
    return rate


async def _perform(writer: Writer[None], write: Write[T]) -> T:
    done: T | DomainError = await writer.perform(write, lambda told: (told, None))
    if isinstance(done, DomainError):
        raise done
    return done


async def _run(
    database: Database,
    handlers: Mapping[str, Handler],
    over: asyncio.Event,
    count: int,
    runner: Runner | None = None,
    work: object = None,
) -> float:
    hands = runner or Runner(database, SystemClock(), handlers, pace=Pace(at_once=CALLERS))
    begun = time.monotonic()
    hands.start()
    if work is not None:
        await work  # type: ignore[misc]
    await asyncio.wait_for(over.wait(), 300)
    took = time.monotonic() - begun
    await hands.stop()
    return count / took
