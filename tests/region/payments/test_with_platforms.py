"""The sagas with WeChat Pay and Alipay over real HTTP: from the QR code to the notice, and back again."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.adapters.channels.alipay_world import alipay
from tests.adapters.channels.wechat_world import wechat
from tests.region.payments.world import MERCHANT, PATIENT, World
from tests.support.keys import KEYRING
from yiqiao.ports.payment_channel import PaymentChannel
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.course import ATTEMPT_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.states import Refund, Trade
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.sandbox.channels.weather import Fault
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.storage import Database
from yiqiao.storage.shelves import MemoryStore

pytestmark = pytest.mark.parametrize(("engine", "hub"), [("sqlite", "WECHAT"), ("sqlite", "ALIPAY")], indirect=True)


@dataclass
class Hub:
    """The hub, one platform, and the sandbox's HIS."""

    world: World
    channel: PaymentChannel
    simulator: Any
    his: SandboxHis

    async def heard(self) -> int:
        """Deliver the notices that wait; answers how many there were."""
        count = 0

        async def send(notice: Any) -> None:
            nonlocal count
            told = self.channel.read_notice(notice.headers, notice.body)
            assert await self.world.orders.noticed(told.kind, told.number)
            count += 1

        await self.simulator.deliver(send)
        return count

    async def order(self) -> str:
        """A trade is ordered and shown; answers the order's number at the platform."""
        await self.world.order(amount=12_345, channel=self.channel.code)
        await self.world.settle()
        row = await self.world.trade()
        assert row.state == Trade.PAYING, row
        return row.order_no or ""

    async def events(self) -> Sequence[Any]:
        """The course of the trade."""
        return (await self.world.orders.course(MERCHANT, (await self.world.trade()).trace_no)).events


@pytest.fixture
async def hub(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Hub]:
    world = World(database)
    opens: dict[str, Callable[..., Any]] = {"WECHAT": wechat, "ALIPAY": alipay}
    async with AsyncExitStack() as stack:
        peer = await stack.enter_async_context(opens[request.param](world.clock))
        channels = {request.param: peer.channel}
        his = SandboxHis(MemoryStore(), world.clock)
        known = database, KEYRING, world.clock, channels
        world.orders, world.refunds = Orders(*known), Refunds(*known)
        world.tills = {}
        world.driver.handlers = lambda: {
            TRADE_JOB: TradeSaga(*known, his),
            ATTEMPT_JOB: AttemptSaga(*known),
            REFUND_JOB: RefundSaga(*known, his),
        }
        await world.open(channels=tuple(channels))
        yield Hub(world, peer.channel, peer.simulator, his)


async def test_a_payer_scans_and_pays_and_the_his_is_told(hub: Hub) -> None:
    order_no = await hub.order()
    hub.simulator.pay(order_no)
    assert await hub.heard() == 1
    await hub.world.settle()
    assert (await hub.world.trade()).state == Trade.SUCCEEDED
    assert await hub.his.balance(MERCHANT, PATIENT) == 12_345


async def test_a_notice_that_never_comes_is_made_up_for_by_asking(hub: Hub) -> None:
    hub.simulator.pay(await hub.order())
    await hub.world.settle(60)
    assert (await hub.world.trade()).state == Trade.SUCCEEDED


async def test_while_the_code_is_shown_the_trade_can_be_paid_and_says_so(hub: Hub) -> None:
    await hub.order()
    before = len(await hub.events())
    await hub.world.settle(120)
    assert (await hub.world.trade()).state == Trade.PAYING
    assert len(await hub.events()) <= before + 1  # looking on tells nothing new


async def test_nobody_pays_and_the_order_is_closed(hub: Hub) -> None:
    await hub.order()
    await hub.world.settle(3600)
    assert (await hub.world.trade()).state == Trade.CLOSED


async def test_who_pays_after_the_trade_was_closed_gets_it_back(hub: Hub) -> None:
    """At Alipay a code that nobody scanned outlives the closing; WeChat Pay lets nobody pay any more."""
    order_no = await hub.order()
    await hub.world.settle(3600)
    try:
        hub.simulator.pay(order_no)
    except ValueError:
        assert hub.channel.code == "WECHAT"
        return
    assert await hub.heard() == 1
    await hub.world.settle(600)
    found = await hub.channel.find_refund(f"{order_no}R", order_no)
    assert found is not None
    assert found.amount == 12_345
    assert await hub.his.balance(MERCHANT, PATIENT) == 0


@pytest.mark.parametrize("fault", [Fault.LOST, Fault.DROPPED, Fault.FORGED, Fault.SYSTEM, Fault.BUSY])
async def test_an_order_and_a_refund_survive_each_fault_of_the_way(hub: Hub, fault: Fault) -> None:
    hub.simulator.weather.order(fault)
    await hub.world.order(amount=12_345, channel=hub.channel.code)
    await hub.world.settle(30)
    row = await hub.world.trade()
    assert row.state == Trade.PAYING, row
    hub.simulator.pay(row.order_no)
    hub.simulator.weather.order(fault)
    await hub.world.settle(300)
    assert (await hub.world.trade()).state == Trade.SUCCEEDED
    hub.simulator.weather.order(fault)
    await hub.world.give_back(amount=2_345)
    await hub.world.settle(600)
    back = await hub.world.refund()
    assert (back.state, len(hub.simulator.refunds)) == (Refund.SUCCEEDED, 1)
    assert await hub.his.balance(MERCHANT, PATIENT) == 10_000
