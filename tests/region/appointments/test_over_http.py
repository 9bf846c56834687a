"""A region's hub books at a hospital's hub, both behind real HTTP; answers get lost, late and wrong on command."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.hospital.booking.clinic import VISITOR
from tests.support.command import yiqiao
from tests.support.hospital import HOSPITAL, schedule_id
from tests.support.served import Served, served
from tests.support.served_hospital import Running, served_hospital
from yiqiao.app.store import open_store
from yiqiao.clock import SystemClock, beijing
from yiqiao.dialects.convenience.client import Client
from yiqiao.dialects.convenience.notices import notice
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.service import Stops
from yiqiao.ports.hospital.notices import Attends, ScheduleChange
from yiqiao.ports.hospital.values import Session
from yiqiao.region.appointments.appointment import Place
from yiqiao.region.appointments.service import Appointments
from yiqiao.region.hospitals.registry import Registry, RemoteAddress
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import orders
from yiqiao.storage.appointments import AppointmentRow
from yiqiao.storage.orders import OrderRow
from yiqiao.storage.stops import Scope

PERSON = "9" * 32
FEE = 2700
WITHIN_S = 25


@dataclass
class Region:
    """The platform, seen by its citizens, and the hospital behind it."""

    here: Served
    there: Running

    def fault(self, words: str) -> None:
        """Have something go wrong with the hospital's answers."""
        act = ("set", words, "--partner", "convenience/demo") if words else ("clear", "--all")
        done = yiqiao("sandbox", "fault", *act, "--url", self.there.url, data=Path(self.there.settings.data))
        assert done.returncode == 0, done.stderr

    def booked(self, doctor_id: str = "YS8103", dept_id: str = "D0201") -> tuple[str, date]:
        """Somebody chooses a morning; answers the order and its day."""
        day = tomorrow()
        schedule = schedule_id(doctor_id, dept_id, day, Session.MORNING)
        names = ("云桥县人民医院", "普外科", "金秋月")
        place = Place(HOSPITAL, schedule, None, 1, dept_id, doctor_id, f"{day}", 1, None, None, *names, FEE)
        return str(asyncio.run(self._with(lambda a: a.begin(PERSON, place, VISITOR, pays_here=True)))), day

    def act(self, name: str, order_id: str) -> None:
        """A citizen's button."""
        asyncio.run(self._with(lambda a: getattr(a, name)(PERSON, order_id)))

    def pay(self, order_id: str) -> None:
        """Somebody pays at the cashier, and the platform hears of it."""

        async def paid() -> None:
            async with open_store(self.here.settings) as store:
                row = (
                    await Appointments(store.database, store.keyring, store.clock).show(PERSON, order_id)
                ).appointment
                await SandboxCashier(store.database, store.clock).pay(row.row.trade_no or "")

        asyncio.run(paid())

    def until(self, order_id: str, *states: str) -> AppointmentRow:
        """The appointment once it is in one of these states."""
        end = time.monotonic() + WITHIN_S
        while True:
            row = asyncio.run(self._with(lambda a: a.show(PERSON, order_id))).appointment.row  # type: ignore[attr-defined]
            if row.state in states and (row.state != "paying" or self._open(row)):
                return row  # type: ignore[no-any-return]
            assert time.monotonic() < end, f"{row.state}: {row.reason}"
            time.sleep(0.1)

    def order(self, order_id: str) -> OrderRow | None:
        """The order as the hospital has it."""

        async def read() -> list[OrderRow]:
            async with open_store(self.there.settings) as store:
                return await store.database.read(lambda c: orders.orders(c, [(HOSPITAL, order_id)]))

        return next(iter(asyncio.run(read())), None)

    def _open(self, row: AppointmentRow) -> bool:
        async def find() -> bool:
            async with open_store(self.here.settings) as store:
                return await SandboxCashier(store.database, store.clock).find(row.trade_no or "") is not None

        return asyncio.run(find())

    async def _with(self, work: Callable[[Appointments], object]) -> object:
        async with open_store(self.here.settings) as store:
            return await work(Appointments(store.database, store.keyring, store.clock))  # type: ignore[misc]


def tomorrow() -> date:
    return beijing(SystemClock().now_ms()).date() + timedelta(days=1)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with (
        served_hospital(tmp_path_factory.mktemp("hospital")) as there,
        served(tmp_path_factory.mktemp("region")) as here,
    ):

        async def connect() -> None:
            async with open_store(here.settings) as store:
                address = RemoteAddress(HOSPITAL, "云桥县人民医院", f"{there.url}/convenience", "demo", there.key)
                await Registry(store.database, store.keyring, store.clock).connect(address)

        asyncio.run(connect())
        time.sleep(1.5)  # until the hub has seen it
        yield Region(here, there)


@pytest.fixture
def region(pair: Region) -> Iterator[Region]:
    yield pair
    pair.fault("")


def test_from_the_lock_to_the_registration_and_back(region: Region) -> None:
    order_id, _ = region.booked()
    row = region.until(order_id, "locked")
    region.act("confirm", order_id)
    row = region.until(order_id, "ordered")
    assert row.order_no
    region.act("pay", order_id)
    region.until(order_id, "paying")
    region.pay(order_id)
    region.until(order_id, "registered")
    order = region.order(order_id)
    assert order is not None
    assert (order.state, order.paid, order.order_no) == ("registered", "paid", row.order_no)
    region.act("give_up", order_id)  # the standard has no refund of a registration: the window gives it back
    row = region.until(order_id, "registered")
    assert row.paid == "paid"
    time.sleep(1)
    assert "窗口" in region.until(order_id, "registered").reason


@pytest.mark.parametrize(
    "fault", ["lost, times=1", "proxy=after, times=1", "twice, times=3", "late=300", "key, times=1"]
)
def test_whatever_happens_to_the_hospitals_answers_the_order_is_made_once(region: Region, fault: str) -> None:
    order_id, _ = region.booked("YS8102", "D0102")
    region.until(order_id, "locked")
    region.fault(fault)
    region.act("confirm", order_id)
    region.until(order_id, "ordered")
    region.fault("")
    order = region.order(order_id)
    assert order is not None
    assert order.state == "booked"
    region.act("give_up", order_id)
    region.until(order_id, "cancelled")
    order = region.order(order_id)
    assert order is not None
    assert order.state == "cancelled"


def test_a_stop_at_the_hospital_reaches_the_citizen(region: Region) -> None:
    order_id, day = region.booked("YS8101", "D0101")
    region.until(order_id, "locked")
    region.act("confirm", order_id)
    region.until(order_id, "ordered")

    async def stop() -> None:
        async with open_store(region.there.settings) as store:
            scope = Scope(HOSPITAL, f"{day}", f"{day}", doctor_id="YS8101")
            house = House(store.database, store.keyring, store.clock)
            await Stops(house, HOSPITAL).stop(scope, keep=False, reason="外出学习", operator="ops")

    asyncio.run(stop())
    names = ("云桥县人民医院", "D0101", "心血管内科", "YS8101", "陶文静")
    change = ScheduleChange(
        HOSPITAL, *names, f"{day}", Session.MORNING, Attends.STOPPED, FEE, emergency=False, reason="外出学习"
    )
    with Client(f"{region.here.url}/platform/convenience", user_id="demo", secret=key_of(region.here)) as hospital:
        assert hospital.call("NotifyHospInfo", notice(change))["RESULTCODE"] == "0"
    row = region.until(order_id, "stopped")
    assert "停诊" in row.reason


def key_of(hub: Served) -> str:
    async def read() -> str:
        async with open_store(hub.settings) as store:
            partner = store.directory.find("convenience", "demo")
            assert partner is not None
            return partner.secrets[0]

    return asyncio.run(read())
