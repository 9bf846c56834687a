"""Paying, refunding and putting down, in any order and with any repeats, against a model of who owes what."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.hospital.billing.till import Till
from tests.hospital.booking.clinic import HOSPITAL
from yiqiao.errors import DomainError
from yiqiao.hospital.billing.books import Account, enter
from yiqiao.storage import Database, open_database
from yiqiao.storage.tables import metadata

BILLS = {"CF0": 3000, "CF1": 1, "CF2": 99_999}
ORDERS = st.integers(0, 4).map(lambda n: f"DD{n}")
PRESCRIPTIONS = st.sets(st.sampled_from(sorted(BILLS)), min_size=1).map(lambda some: tuple(sorted(some)))


class Books(RuleBasedStateMachine):
    """Money in the books is what the model says, whatever callers do."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.till = self.run(self._open())
        self.paid: dict[str, tuple[str, ...]] = {}
        self.refunded: set[str] = set()
        self.put_down: dict[str, int] = {}

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> Till:
        self.database = await open_database(f"sqlite:///{Path(self.folder.name) / 'yiqiao.db'}")
        await self.database.write(metadata.create_all)
        till = Till(self.database)
        self.who = await till.patient()
        for presc_no, amount in BILLS.items():
            await till.bill(presc_no, self.who, f"{amount / 100:.2f}")
        await till.stay(self.who)
        return till

    def outcome(self, act: Any) -> str:
        try:
            self.run(act)
        except DomainError as refusal:
            return type(refusal).__name__
        return ""

    @rule(order=ORDERS, presc_nos=PRESCRIPTIONS, off=st.sampled_from([0, 0, 0, 1]))
    def pay(self, order: str, presc_nos: tuple[str, ...], off: int) -> None:
        settled = {one for paid in self.paid.values() for one in paid}
        expected = ""
        if order in self.paid:
            expected = "DuplicateSerial"
        elif settled & set(presc_nos):
            expected = "BillSettled"
        elif off:
            expected = "AmountMismatch"
        total = sum(BILLS[one] for one in presc_nos) + off
        assert self.outcome(self.till.pay(order, self.who, presc_nos, total)) == expected
        if not expected:
            self.paid[order] = presc_nos

    @rule(order=ORDERS)
    def refund(self, order: str) -> None:
        assert self.outcome(self.till.refund(order)) == ("" if order in self.paid else "NoSuchRecord")
        if order in self.paid:
            self.refunded.add(order)

    @rule(order=ORDERS, amount=st.integers(1, 10**9))
    def put(self, order: str, amount: int) -> None:
        expected = "DuplicateSerial" if order in self.put_down else ""
        assert self.outcome(self.till.put_down(order, amount)) == expected
        self.put_down.setdefault(order, amount)

    @invariant()
    def money_is_where_the_model_says(self) -> None:
        income = sum(BILLS[one] for order, some in self.paid.items() if order not in self.refunded for one in some)
        deposits = sum(self.put_down.values())
        standing = {"platform": income + deposits, "income": -income, "deposits": -deposits}
        assert self.run(self.till.books()) == {account: amount for account, amount in standing.items() if amount}

    def teardown(self) -> None:
        self.run(self.database.close())
        self.loop.close()
        self.folder.cleanup()


def test_the_books_are_right_whatever_callers_do() -> None:
    run_state_machine_as_test(Books, settings=settings(max_examples=25, stateful_step_count=20))


async def test_an_act_whose_lines_do_not_add_up_is_not_entered(database: Database) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        await database.write(lambda c: enter(c, HOSPITAL, "pay DD1", {Account.PLATFORM: 1, Account.INCOME: 1}, 0))
