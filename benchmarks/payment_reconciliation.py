"""A million rows reconciled on three sides: the hub's books, a channel's statement, the HIS's entries.

One row in a hundred is spoilt on either side, so what is left over has to be looked into as well. The reference is the
same numbers compared as three sets of texts in memory: no database, no amounts, nothing told.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from benchmarks.figures import Figure
from tests.region.payments.world import MERCHANT, NOW, SECRET
from tests.support import postgres
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, beijing
from yiqiao.ports.his_billing import HisBilling, HisEntry
from yiqiao.ports.payment_channel import StatementKind, StatementLine
from yiqiao.region.payments import books, merchants
from yiqiao.region.payments.findings import Kind
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.reconciliation import Reconciliation
from yiqiao.region.payments.ways import Channels
from yiqiao.storage import Database, open_database, payment_books
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.payment_books import AccountRow, TransferRow
from yiqiao.storage.payments import AttemptRow, RefundRow, TradeRow
from yiqiao.storage.tables import metadata
from yiqiao.storage.tables.payments import pay_attempt, pay_refund, pay_trade, pay_transfer

TRADES, REFUNDS = 300_000, 34_000
ROWS = 3 * (TRADES + REFUNDS)
LIMIT_S = 60
SPOILT_EVERY = 100
DEPOSITS = 1_000
PART = 20_000
DAY = f"{beijing(NOW):%Y-%m-%d}"


class _Says:
    """A channel and a HIS that tell what was made for them, of this day alone."""

    def __init__(self, lines: Sequence[StatementLine], entries: Sequence[HisEntry]) -> None:
        self._lines, self._entries = lines, entries

    async def statement(self, day: str) -> Sequence[StatementLine]:
        return self._lines if day == DAY else ()

    async def entries(self, merchant_id: str, day: str) -> Sequence[HisEntry]:
        return self._entries if day == DAY else ()


def measure() -> Iterator[Figure]:
    """All figures of the reconciliation."""
    with tempfile.TemporaryDirectory(prefix="yiqiao-bench-") as folder:
        yield from asyncio.run(_measured("SQLite", f"sqlite:///{Path(folder) / 'hub.db'}"))
    cluster = postgres.start(fast=False)
    try:
        cluster.settle()
        yield from asyncio.run(_measured("PostgreSQL", cluster.create_database()))
    finally:
        cluster.stop()


async def _measured(engine: str, url: str) -> list[Figure]:
    database = await open_database(url)
    try:
        await database.write(metadata.create_all)
        await _fill(database)
        if database.kind == "postgresql":
            await database.write(lambda c: c.exec_driver_sql("ANALYZE"))
        says = _Says(_lines(), _entries())
        channels, his = cast(Channels, {"WECHAT": says}), cast(HisBilling, says)
        clock = FixedClock(NOW + 86_400_000)
        begun = time.monotonic()
        report = await Reconciliation(database, KEYRING, clock, channels, his).run(MERCHANT, DAY, "bench")
        took = time.monotonic() - begun
        spoilt = TRADES // SPOILT_EVERY
        if report.counts[Kind.MISSING_AT_CHANNEL] != spoilt or report.counts[Kind.AMOUNT] != spoilt:
            raise RuntimeError(f"not what was spoilt: {report.counts}")
        name = f"three-way reconciliation, {engine}"
        return [
            Figure(f"{name}: {ROWS:,} rows", took, "s", limit=LIMIT_S),
            Figure(name, ROWS / took, "rows/s", ROWS / _bare(says), "sets of texts in memory"),
        ]
    finally:
        await database.close()


def _bare(says: _Says) -> float:
    """Seconds for the same numbers compared as sets."""
    begun = time.monotonic()
    here = {_trace(n) for n in range(TRADES)} | {_refund_no(n) for n in range(REFUNDS)}
    at_channel = {line.number[:19] if line.kind is StatementKind.PAYMENT else line.number for line in says._lines}
    at_his = {entry.number for entry in says._entries}
    if not here - at_channel or not here - at_his:
        raise RuntimeError("nothing was spoilt")
    return time.monotonic() - begun


def _trace(n: int) -> str:
    return f"261101{n:013}"


def _refund_no(n: int) -> str:
    return f"{_trace(n)}F001"


def _lines() -> list[StatementLine]:
    """The channel's: one payment in a hundred is not in it."""
    kinds = StatementKind.PAYMENT, StatementKind.REFUND
    paid = [
        StatementLine(kinds[0], f"{_trace(n)}01", f"{_trace(n)}01", 1_000 + n % 900, NOW)
        for n in range(TRADES)
        if n % SPOILT_EVERY
    ]
    back = [StatementLine(kinds[1], _refund_no(n), f"{_trace(n)}01", 100, NOW) for n in range(REFUNDS)]
    return [*back, *reversed(paid)]


def _entries() -> list[HisEntry]:
    """The HIS's: one recharge in a hundred has another amount."""
    paid = [
        HisEntry("recharge", _trace(n), 1_000 + n % 900 + (n % SPOILT_EVERY == 1), NOW, f"H{n}") for n in range(TRADES)
    ]
    return [*paid, *(HisEntry("refund", f"R{n}", 100, NOW, f"B{n}") for n in range(REFUNDS))]


async def _fill(database: Database) -> None:
    """The hub's rows, in bulk."""
    settings = MerchantSettings(("WECHAT",))
    identity = {"merchant_id": MERCHANT, "name": "云桥县人民医院", "hospital_id": "1001", "account_type": "01"}
    await database.write(lambda c: merchants.add(c, KEYRING, NOW, settings=settings, secret=SECRET, **identity))
    names = [books.channel("WECHAT"), books.TRANSIT, *(_deposit(n) for n in range(DEPOSITS))]
    accounts = [AccountRow(MERCHANT, name, name.partition("/")[0], NOW) for name in names]
    await database.write(lambda c: payment_books.open_accounts(c, accounts))
    for start in range(0, TRADES, PART):
        part = range(start, min(start + PART, TRADES))
        await database.write(
            lambda c, part=part: (  # type: ignore[misc]
                insert_many(c, pay_trade, TradeRow._fields, [_trade(n) for n in part]),
                insert_many(c, pay_attempt, AttemptRow._fields, [_attempt(n) for n in part]),
                insert_many(c, pay_transfer, TransferRow._fields, [_paid(n) for n in part]),
            )
        )
    for start in range(0, REFUNDS, PART):
        part = range(start, min(start + PART, REFUNDS))
        await database.write(
            lambda c, part=part: (  # type: ignore[misc]
                insert_many(c, pay_refund, RefundRow._fields, [_refund(n) for n in part]),
                insert_many(c, pay_transfer, TransferRow._fields, [_out(n) for n in part]),
            )
        )


def _deposit(n: int) -> str:
    return f"deposit/01/{n % DEPOSITS:016x}"


def _trade(n: int) -> TradeRow:
    number, amount = _trace(n), 1_000 + n % 900
    head = (MERCHANT, number, f"C{n}", "his", b"\0", f"t{n}", _deposit(n), amount, "门诊充值", None, "WECHAT")
    how = ("succeeded", 0, "", 0, NOW, NOW, f"{number}01", "WECHAT", f"X{n}", NOW, f"H{n}", None)
    back = (100 * (n < REFUNDS), 0, int(n < REFUNDS), None, "k", b"", 4, NOW, NOW)
    return TradeRow._make((*head, *how, *back))


def _attempt(n: int) -> AttemptRow:
    number, amount = _trace(n), 1_000 + n % 900
    head = (MERCHANT, f"{number}01", number, "WECHAT", "qr", amount, "paid", amount, None, f"X{n}", NOW)
    return AttemptRow(*head, "", 0, NOW, None, None, 3, NOW)


def _refund(n: int) -> RefundRow:
    head = (MERCHANT, f"R{n}", _refund_no(n), _trace(n), "his", b"\0", 100, "1", "direct", "WECHAT", "succeeded")
    return RefundRow(*head, 1, 0, "", 0, NOW, f"Y{n}", NOW, f"B{n}", "W1", None, 3, NOW, NOW)


def _paid(n: int) -> TransferRow:
    act, account = f"paid/{_trace(n)}01", books.channel("WECHAT")
    return TransferRow(MERCHANT, act, 0, account, _deposit(n), 1_000 + n % 900, _trace(n), DAY, NOW)


def _out(n: int) -> TransferRow:
    account = books.channel("WECHAT")
    return TransferRow(MERCHANT, f"out/{_refund_no(n)}", 0, books.TRANSIT, account, 100, _trace(n), DAY, NOW)
