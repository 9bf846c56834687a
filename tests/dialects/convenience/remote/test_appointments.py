"""A region's appointments at a hospital elsewhere: the whole course over the wire, on a way that loses messages too."""

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, result
from tests.hospital.booking.clinic import HOSPITAL, Clinic
from tests.region.appointments.world import PERSON, World
from yiqiao.dialects.convenience.client import AsyncClient
from yiqiao.dialects.convenience.line import Line
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.errors import DomainError
from yiqiao.exchange.breaker import Breaker
from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.records import OrderNumbers
from yiqiao.region.appointments.messages import tell
from yiqiao.region.appointments.saga import LOCK_S, PAY_S, Saga
from yiqiao.region.appointments.states import FINAL
from yiqiao.region.appointments.steps import Steps
from yiqiao.storage import open_database
from yiqiao.storage.tables import metadata


class Way(httpx.AsyncBaseTransport):
    """A way to the hospital on which `fate` decides over each message: "away", "lost", or it arrives."""

    def __init__(self, way: httpx.AsyncBaseTransport, fate: Callable[[], str | None]) -> None:
        self._way, self._fate = way, fate

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fate = self._fate()
        if fate == "away":
            raise httpx.ConnectError("refused", request=request)
        response = await self._way.handle_async_request(request)
        if fate == "lost":
            await response.aread()
            raise httpx.ReadTimeout("late", request=request)
        return response


async def told(write: Any) -> Any:
    """What an act has come to, there."""
    outcome = result(write)
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


@asynccontextmanager
async def region(at: Elsewhere, fate: Callable[[], str | None] = lambda: None) -> AsyncIterator[World]:
    """A region with a database of its own, which books at the clinic over its service."""
    async with at.hub.convenience(profile=at.profile) as known:
        secret = known.speaker.secret
    way = Way(at.hub.transport, fate)
    client = AsyncClient("http://hub/convenience", user_id="demo", secret=secret, profile=at.profile, transport=way)
    breaker = Breaker(lambda: at.clinic.clock.now_ms() / 1000)
    hospital = RemoteHospital(HOSPITAL, Line(client, breaker, pause_s=0), clock=at.clinic.clock)
    database = await open_database(f"sqlite:///{at.folder / 'region.db'}")
    await database.write(metadata.create_all)
    world = World(Clinic(database, at.clinic.clock, at.clinic.keyring))
    world.clinic = at.clinic
    world.booking, world.records = hospital.booking, hospital.records  # type: ignore[assignment]
    steps = Steps(world, world.till, told)  # type: ignore[arg-type]
    world.saga = Saga(world.database, at.clinic.keyring, world.clock, steps, tell)
    try:
        yield world
    finally:
        await client.aclose()
        await database.close()


async def paid_for(world: World, schedule_id: str = "PB1") -> str:
    """An appointment as far as its payment."""
    order_id = await world.begin(schedule_id)
    await world.settle(60)
    await world.appointments.confirm(PERSON, order_id)
    await world.settle(60)
    await world.appointments.pay(PERSON, order_id)
    await world.settle(60)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await world.settle(60)
    return order_id


async def test_an_appointment_is_locked_ordered_paid_and_registered(either: Elsewhere) -> None:
    async with region(either) as world:
        order_id = await paid_for(world)
        assert await world.state(order_id) == "registered"
        (record,) = await either.here.records.by_numbers([OrderNumbers(order_id, None)])
        state = OrderState.REGISTERED if either.profile == "standard" else OrderState.BOOKED
        assert (record.paid, record.state) == (Paid.PAID, state)
        row = await world.row(order_id)
        assert (row.order_no, row.number) == (record.order_no, record.number)
        assert (await world.one(order_id)).kept.slip.check_no == record.check_no


async def test_what_is_not_confirmed_or_paid_is_given_back(either: Elsewhere) -> None:
    async with region(either) as world:
        first = await world.begin()
        await world.settle(LOCK_S + 1)
        assert await world.state(first) == "released"
        second = await world.begin()
        await world.settle()
        await world.appointments.confirm(PERSON, second)
        await world.settle(PAY_S + 1)
        assert await world.state(second) == "cancelled"
        assert await either.clinic.taken() == 0


@pytest.mark.parametrize("seed", range(6))
async def test_on_a_way_that_loses_messages_nothing_is_lost(clinic: Elsewhere, seed: int) -> None:
    chance = random.Random(seed)

    def fate() -> str | None:
        return chance.choice(("away", "lost")) if chance.random() < 0.3 else None

    async with region(clinic, fate) as world:
        order_id = await world.begin()
        await world.settle(120)
        if await world.state(order_id) == "locked":
            await world.appointments.confirm(PERSON, order_id)
            await world.settle(120)
        if await world.state(order_id) == "ordered":
            await world.appointments.pay(PERSON, order_id)
            await world.settle(30)
            await world.till.pay((await world.row(order_id)).trade_no or "")
        await world.settle(3_600)
        await world.must_be_true(over=True)
        assert await world.state(order_id) in FINAL | {"registered"}
        assert await clinic.clinic.taken() == (await world.state(order_id) == "registered")
