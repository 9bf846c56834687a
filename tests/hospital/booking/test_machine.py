"""Booking against a model of thirty lines: whatever callers do, in whatever order, the units are right."""

import asyncio
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.hospital.booking.clinic import HOSPITAL, Clinic, somebody
from tests.support.databases import swept
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.booking import LOCK_S, Payment
from yiqiao.storage import open_database, stops
from yiqiao.storage.tables import metadata

TOTAL, FEE = 3, 2500
IDS = st.integers(0, 6).map(lambda n: f"DD{n}")


@dataclass
class Model:
    """What the hospital should say: the name of its refusal, or "" where it does what was asked for."""

    now: int = 0
    open: bool = True
    locks: dict[str, int] = field(default_factory=dict)  # until when; 0: let go
    orders: dict[str, str] = field(default_factory=dict)  # unpaid, paid, refunded, cancelled, stopped, stopped-paid

    def used(self) -> int:
        held = sum(until > self.now for name, until in self.locks.items() if name not in self.orders)
        return held + sum(state in ("unpaid", "paid") for state in self.orders.values())

    def take(self, name: str) -> str:
        mine = self.locks.get(name, 0) > self.now
        return "ScheduleStopped" if not self.open else "SoldOut" if self.used() == TOTAL and not mine else ""

    def lock(self, name: str) -> str:
        if name in self.locks or name in self.orders:
            return "DuplicateSerial"
        refused = self.take(name)
        if not refused:
            self.locks[name] = self.now + LOCK_S
        return refused

    def unlock(self, name: str) -> str:
        if name in self.orders or self.locks.get(name, 0) <= self.now:
            return "UnknownLock"
        self.locks[name] = 0
        return ""

    def order(self, name: str) -> str:
        refused = "DuplicateSerial" if name in self.orders else self.take(name)
        if not refused:
            self.orders[name] = "unpaid"
        return refused

    def move(self, name: str, ways: dict[str, str]) -> str:
        """From the order's state to another; a way in capitals is a refusal."""
        to = ways.get(self.orders.get(name, ""), "UnknownOrder")
        if not to[:1].isupper():
            self.orders[name] = to
        return "" if not to[:1].isupper() else to


CANCEL = {
    "unpaid": "cancelled",
    "paid": "OrderPaid",
    "stopped-paid": "OrderPaid",
    "cancelled": "cancelled",
    "stopped": "stopped",
    "refunded": "OrderRefunded",
}
PAY = {
    "unpaid": "paid",
    "paid": "DuplicateSerial",
    "stopped-paid": "DuplicateSerial",
    "refunded": "DuplicateSerial",
    "cancelled": "OrderClosed",
    "stopped": "OrderClosed",
}
REFUND = {
    "paid": "refunded",
    "stopped-paid": "refunded",
    "refunded": "DuplicateSerial",
    "unpaid": "RuleViolated",
    "cancelled": "RuleViolated",
    "stopped": "RuleViolated",
}
STOP = {"unpaid": "stopped", "paid": "stopped-paid"}


class Machine(RuleBasedStateMachine):
    """A clinic with one schedule, and its model."""

    url: str

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.model = Model()
        self.order_nos: dict[str, str] = {}
        self.runner.run(self.open())

    async def open(self) -> None:
        self.database = await open_database(self.url)
        await self.database.write(metadata.create_all)
        await self.database.write(swept)
        self.clinic = Clinic(self.database)
        await self.clinic.open()
        await self.clinic.schedule("PB1", TOTAL)

    def teardown(self) -> None:
        self.runner.run(self.database.close())
        self.runner.close()

    def ask(self, expected: str, call: Any) -> Any:
        """What came of a call; its refusal must be the expected one."""
        refused, done = "", None
        try:
            done = self.runner.run(call)
        except DomainError as refusal:
            refused = refusal.name
        assert refused == expected
        return done

    async def act(self, name: str, *values: Any) -> None:
        """An act of the service on an order."""
        serial = self.clinic.serial(values[0])
        await self.clinic.perform(await getattr(self.clinic.booking, name)(serial, *values[1:]))

    @rule(name=IDS)
    def lock(self, name: str) -> None:
        self.ask(self.model.lock(name), self.clinic.lock(name))

    @rule(name=IDS)
    def unlock(self, name: str) -> None:
        self.ask(self.model.unlock(name), self.clinic.unlock(name))

    @rule(name=IDS)
    def order(self, name: str) -> None:
        made = self.ask(self.model.order(name), self.clinic.order(name, visitor=somebody(int(name[2:]) + 1)))
        if made:
            self.order_nos[name] = made.order_no

    @rule(name=IDS)
    def cancel(self, name: str) -> None:
        self.ask(self.model.move(name, CANCEL), self.clinic.cancel(name))

    @rule(name=IDS)
    def pay(self, name: str) -> None:
        payment = Payment(FEE, 1, 0)
        self.ask(self.model.move(name, PAY), self.act("pay", name, self.order_nos.get(name, "none"), payment))

    @rule(name=IDS)
    def refund(self, name: str) -> None:
        self.ask(self.model.move(name, REFUND), self.act("refund", name, self.order_nos.get(name, "none"), FEE))

    @rule(seconds=st.sampled_from([1, LOCK_S // 2, LOCK_S]))
    def time_goes_by(self, seconds: int) -> None:
        self.model.now += seconds
        self.clinic.clock.advance(seconds)

    @rule()
    def stop_or_resume(self) -> None:
        self.model.open = not self.model.open
        state = "open" if self.model.open else "stopped"
        now_ms = self.clinic.clock.now_ms()

        def work(connection: Any) -> None:
            stops.set_state(connection, HOSPITAL, ["PB1"], state, now_ms)
            if state == "stopped":
                stops.stop_orders(connection, HOSPITAL, ["PB1"], now_ms)

        self.runner.run(self.database.write(work))
        if not self.model.open:
            for name in self.model.orders:
                self.model.move(name, STOP | {other: other for other in REFUND.keys() - STOP.keys()})

    @invariant()
    def the_units_are_right(self) -> None:
        """What is taken, less what has lapsed, is what the model has; `taken` itself compares count and rows."""
        lapsed = "SELECT COUNT(*) FROM slot_lock WHERE state = 'held' AND expires_at <= {}"
        now_ms = self.clinic.clock.now_ms()
        taken = self.runner.run(self.clinic.taken())
        left = self.runner.run(self.database.read(lambda c: c.exec_driver_sql(lapsed.format(now_ms)).scalar_one()))
        assert taken - left == self.model.used()


@pytest.fixture
def machine(tmp_path: Path) -> type[Machine]:
    """The machine on a file of its own."""
    return type("OnSQLite", (Machine,), {"url": f"sqlite:///{tmp_path / 'yiqiao.db'}"})


def test_booking_does_what_the_model_says_on_sqlite(machine: type[Machine]) -> None:
    run_state_machine_as_test(machine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


def test_booking_does_what_the_model_says_on_postgresql(postgres_url: str) -> None:
    machine = type("OnPostgreSQL", (Machine,), {"url": postgres_url})
    run_state_machine_as_test(machine, settings=settings(max_examples=4, stateful_step_count=25, deadline=None))
