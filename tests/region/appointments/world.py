"""A region with one hospital and a cashier, whose time runs as fast as there is something to do.

What is asked of hospital and cashier can go wrong on command: `Wayward` stands before both and follows a script, or
dice. A run of a job can die before its end is written.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.hospital.booking.clinic import HOSPITAL, NOW, TOMORROW, VISITOR, Clinic
from tests.support.driver import Driver, goes_on
from yiqiao.hospital.booking.records import LocalRecords
from yiqiao.ports.cashier import CashierSilent, CashierUnreachable
from yiqiao.ports.hospital.booking import Visitor
from yiqiao.ports.hospital.refusals import HospitalUnreachable, OutcomeUnknown
from yiqiao.region.appointments.appointment import Appointment, Place
from yiqiao.region.appointments.messages import tell
from yiqiao.region.appointments.saga import KIND, Saga
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.appointments.states import FINAL
from yiqiao.region.appointments.steps import Steps
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import appointments as stored
from yiqiao.storage import sandbox_cashier
from yiqiao.storage.appointments import AppointmentRow
from yiqiao.storage.sandbox_cashier import RefundRow, TradeRow

PERSON = "p" * 32
FEE = 2500
AWAY, LOST = "away", "lost"
"""What can happen to a call: nobody is reached, or it is done and the answer is lost."""


class Wayward:
    """Anything whose async methods are calls that can go wrong; `fate` decides over each by its name."""

    def __init__(self, of: Any, fate: Callable[[str], str | Exception | None], away: Any, lost: Any) -> None:
        self._of, self._fate, self._away, self._lost = of, fate, away, lost

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._of, name)
        if not callable(real):
            return real

        async def call(*args: Any, **more: Any) -> Any:
            fate = self._fate(name)
            if isinstance(fate, Exception):
                raise fate
            if fate == AWAY:
                raise self._away()
            done = await real(*args, **more)
            if fate == LOST:
                raise self._lost()
            return done

        return call


class Acted:
    """A hospital that has acted when it answers, as one that is elsewhere has: its `Write` is done before."""

    def __init__(self, clinic: Clinic) -> None:
        self._clinic = clinic

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._clinic.booking, name)

        async def call(*args: Any, **more: Any) -> Any:
            return await self._clinic.perform(await real(*args, **more))

        return call


async def perform(done: Any) -> Any:
    """What such a hospital answers is no `Write` any more."""
    return done


@dataclass
class World:
    """The region, and what is true in it whatever happened."""

    clinic: Clinic
    fate: Callable[[str], str | Exception | None] = lambda _: None
    money: Callable[[str], str | Exception | None] = lambda _: None
    deaths: Callable[[], str | None] = lambda: None
    """Whether the process dies in this run: `before` its step, or `after` it."""

    def __post_init__(self) -> None:
        database, clock = self.clinic.database, self.clinic.clock
        self.database, self.clock = database, clock
        self.till = SandboxCashier(database, clock)
        cashier = Wayward(self.till, lambda name: self.money(name), CashierUnreachable, CashierSilent)
        self.booking = Wayward(Acted(self.clinic), lambda name: self.fate(name), HospitalUnreachable, OutcomeUnknown)
        records = LocalRecords(self.clinic.house, HOSPITAL)
        self.records = Wayward(records, lambda name: self.fate(name), HospitalUnreachable, HospitalUnreachable)
        self.appointments = Appointments(database, self.clinic.keyring, clock)
        steps = Steps(self, cashier, perform)  # type: ignore[arg-type]
        self.saga = Saga(database, self.clinic.keyring, clock, steps, tell)
        self.driver = Driver(database, clock, lambda: {KIND: self.saga}, lambda: self.deaths())

    def of(self, hospital_id: str) -> "World":
        """The one hospital: `Hospitals` and `HospitalSystem` as far as the saga sees them."""
        assert hospital_id == HOSPITAL
        return self

    def place(self, schedule_id: str = "PB1", fee: int = FEE) -> Place:
        """A unit of a schedule."""
        names = ("云桥县人民医院", "内科", "陶文静")
        session = 2 if schedule_id == "PB2" else 1
        return Place(HOSPITAL, schedule_id, None, 1, "D0101", "YS1", TOMORROW, session, None, None, *names, fee)

    async def begin(
        self, schedule_id: str = "PB1", *, pays_here: bool = True, visitor: Visitor = VISITOR, person: str = PERSON
    ) -> str:
        """Somebody chooses a unit."""
        return await self.appointments.begin(person, self.place(schedule_id), visitor, pays_here=pays_here)

    async def settle(self, seconds: float = 0) -> None:
        """Do all that is due, then let the time pass and do what becomes due in it."""
        await self.driver.settle(seconds)

    async def row(self, order_id: str, person: str = PERSON) -> AppointmentRow:
        """An appointment as it stands."""
        return (await self.appointments.show(person, order_id)).appointment.row

    async def one(self, order_id: str, person: str = PERSON) -> Appointment:
        """An appointment as it stands, opened."""
        return (await self.appointments.show(person, order_id)).appointment

    async def state(self, order_id: str, person: str = PERSON) -> str:
        """Where an appointment stands."""
        return (await self.row(order_id, person)).state

    async def course(self, order_id: str) -> list[str]:
        """The states it has gone through."""
        events = (await self.appointments.show(PERSON, order_id)).events
        return [event.after for n, event in enumerate(events) if not n or event.after != events[n - 1].after]

    async def trades(self) -> tuple[list[TradeRow], list[RefundRow]]:
        """What the cashier has taken and given back."""
        return await self.database.read(lambda c: (sandbox_cashier.trades(c), sandbox_cashier.refunds(c)))

    async def must_be_true(self, *, over: bool = False) -> None:
        """What may never be otherwise; `over`: nothing is under way any more."""
        rows = await self.database.read(lambda c: stored.newest(c, 10_000))
        paid, back = await self.trades()
        returned = {refund.trade_no: refund for refund in back if refund.state == "done"}
        for row in rows:
            mine = [one for one in paid if one.trade_no.startswith(f"{row.order_id}P") and one.state == "paid"]
            assert len(mine) <= 1, f"{row.order_id} was paid twice"
            if row.state in FINAL or over:
                kept = [one for one in mine if one.trade_no not in returned]
                if kept and row.state not in ("stuck",):
                    assert row.state in ("registered", "visited", "past"), f"{row.order_id} {row.state} keeps money"
                    order = await self.clinic.on_file(row.order_id)
                    assert (order.paid, order.state) in {("paid", "registered"), ("paid", "visited")}, row
                if row.state == "registered":
                    assert kept, f"{row.order_id} is registered and not paid"
            if row.state not in FINAL:
                going = await self.database.read(partial(goes_on, kind=KIND, key=row.order_id))
                assert going, f"{row} has no next action"
        assert len({refund.trade_no for refund in back}) == len(back), "money was given back twice"


def scripted(*said: tuple[str, str | Exception]) -> Callable[[str], str | Exception | None]:
    """Each of these calls goes so once, in this order by name; all others go well."""
    left = list(said)

    def fate(name: str) -> str | Exception | None:
        for place, (call, what) in enumerate(left):
            if call == name:
                del left[place]
                return what
        return None

    return fate


def dice(seed: int, share: float, choices: Sequence[str] = (AWAY, LOST)) -> Callable[[str], str | None]:
    """Calls that go wrong by chance, the same for the same seed."""
    chance = random.Random(seed)
    return lambda _: chance.choice(choices) if chance.random() < share else None


__all__ = ["AWAY", "FEE", "HOSPITAL", "LOST", "NOW", "PERSON", "TOMORROW", "World", "dice", "scripted"]
