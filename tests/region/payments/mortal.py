"""Lives of a payment hub that end by SIGKILL at a step of one's choosing: `python -m tests.region.payments.mortal`.

Reads one wish a line (JSON), lives it in a process of its own, and answers how that ended: {"killed": true}, or the
number of points at which it could have been killed. A point lies before and after everything that a step does
outside its own process: a call of the channel, a call of the HIS, a transaction.
"""

import asyncio
import gc
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from sqlalchemy import Connection

from tests.support.driver import Driver
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.jobs.job import Handler
from yiqiao.ports.his_billing import HisBilling, Patient
from yiqiao.ports.payment_channel import Entry
from yiqiao.region.payments import merchants
from yiqiao.region.payments.course import REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import RefundOrder, Refunds
from yiqiao.region.payments.trade import Particulars
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.region.payments.ways import Channels
from yiqiao.sandbox.channels.sandbox import open_channel
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.storage import Database, Write, open_database, payments
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.shelves import DatabaseStore

T = TypeVar("T")
NOW = 1_793_500_000_000
MERCHANT, SECRET = "YQMZ0009", "merchant-of-the-killed"
PATIENT = Patient("01", "P000909", "03", "M90900001", "闻人朔", "329801199003072345")


@dataclass
class Fate:
    """Counts the points of a life, and ends it at one of them; 0: at none."""

    die_at: int
    passed: int = 0
    counting: bool = False

    def point(self) -> None:
        """A point at which a process may die."""
        if self.counting:
            self.passed += 1
            if self.passed == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """Anything whose async methods are things done outside the process."""

    def __init__(self, of: Any, fate: Fate) -> None:
        self._of, self._fate = of, fate

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._of, name)
        if not asyncio.iscoroutinefunction(real):
            return real

        async def call(*args: Any, **more: Any) -> Any:
            self._fate.point()
            done = await real(*args, **more)
            self._fate.point()
            return done

        return call


class MortalDatabase:
    """A database whose transactions may be the last thing that happens."""

    def __init__(self, of: Database, fate: Fate) -> None:
        self._of, self._fate = of, fate
        self.kind, self.writes_at_once = of.kind, of.writes_at_once
        self.read = of.read

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in one transaction."""
        self._fate.point()
        done = await self._of.write(work)
        self._fate.point()
        return done

    write_briefly = write


async def lived(url: str, number: str, flow: str, amount: int, die_at: int, later_s: int) -> int:
    """One life: a recharge is paid, a refund asked for along `flow`, and both are brought to their end.

    `later_s`: how much later than the first life this one begins. Answers how many points it had.
    """
    real = await open_database(url)
    fate = Fate(die_at)
    database = cast(Database, MortalDatabase(real, fate))
    clock = FixedClock(NOW + later_s * 1000)
    shelves = DatabaseStore(real)
    channels = cast(Channels, {"SANDBOX": Mortal(await open_channel(shelves, clock), fate)})
    his = cast(HisBilling, Mortal(SandboxHis(shelves, clock), fate))
    orders, refunds = Orders(database, KEYRING, clock, channels), Refunds(database, KEYRING, clock, channels)
    handlers: dict[str, Handler] = {
        TRADE_JOB: TradeSaga(database, KEYRING, clock, channels, his),
        REFUND_JOB: RefundSaga(database, KEYRING, clock, channels, his),
    }
    driver = Driver(database, clock, lambda: handlers)
    if await real.read(lambda c: payments.merchant(c, MERCHANT)) is None:
        await real.write(_merchant)
    await perform(database, orders.order(_wish(number, amount)))
    await driver.settle(60)
    fate.counting = True
    if await real.read(lambda c: payments.refund(c, MERCHANT, f"F{number}")) is None:
        await perform(database, refunds.ask(_order(number, flow, amount)))
    await driver.settle(4 * 3600)
    fate.counting = False
    await real.close()
    return fate.passed


def _merchant(connection: Connection) -> None:
    merchants.add(
        connection,
        KEYRING,
        NOW,
        merchant_id=MERCHANT,
        name="云桥县人民医院",
        hospital_id="1001",
        account_type="01",
        settings=MerchantSettings(("SANDBOX",)),
        secret=SECRET,
    )


def _wish(number: str, amount: int) -> Wish:
    kept = Particulars(PATIENT)
    return Wish(
        app_id="his",
        merchant_id=MERCHANT,
        merchant_secret=SECRET,
        out_charge_no=number,
        fingerprint=sm3(number.encode()),
        amount=amount,
        subject="门诊充值",
        particulars=kept,
        channel="SANDBOX",
        entry=Entry.SCANNED,
        attempt={"auth_code": "SANDBOX01"},
    )


def _order(number: str, flow: str, amount: int) -> RefundOrder:
    print_of = sm3(f"{number}|{flow}".encode())
    who = PATIENT.his_cust_id, PATIENT.name
    return RefundOrder("his", MERCHANT, SECRET, f"F{number}", print_of, amount, "1", flow, None, number, *who, "W1")


async def perform(database: Database, write: Write[T]) -> T:
    """Do a write by itself. Raises what it refuses with."""

    def work(connection: Connection) -> T:
        (done,) = write.lane.execute(connection, [write.command])
        if isinstance(done, Exception):
            raise done
        return done

    return await database.write(work)


def answer(lived: Callable[..., Coroutine[Any, Any, int]], rehearsal: Mapping[str, object]) -> None:
    """Live what is asked for, line by line. Each life is a fork of a process that has lived once, elsewhere, so that it
    costs no start of an interpreter and reads no specification anew.
    """
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/yiqiao.db"
        asyncio.run(upgrade(url))
        asyncio.run(lived(url=url, **rehearsal))
    gc.freeze()
    for line in sys.stdin:
        wish = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            passed = asyncio.run(lived(**wish))
            os.write(write, json.dumps({"points": passed}).encode())
            os._exit(0)
        os.close(write)
        _, status = os.waitpid(child, 0)
        with os.fdopen(read) as told:
            ended = told.read()
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            ended = json.dumps({"killed": True})
        print(ended or json.dumps({"failed": status}), flush=True)


if __name__ == "__main__":
    answer(lived, {"number": "R1", "flow": "direct", "amount": 10_021, "die_at": 0, "later_s": 0})
