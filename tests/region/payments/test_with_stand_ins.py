"""The sagas with the sandbox's own channel and HIS: whatever an amount forces, every trade and refund ends, and the
channel, the HIS and the books agree on where the money is.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from tests.region.payments.world import MERCHANT, PATIENT, World
from tests.support.keys import KEYRING
from yiqiao.adapters.channels.desk import DeskChannel
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.payment_channel import PaymentChannel, RefundWish
from yiqiao.region.payments.attempt_saga import AttemptSaga
from yiqiao.region.payments.course import ATTEMPT_JOB, REFUND_JOB, TRADE_JOB
from yiqiao.region.payments.orders import Orders
from yiqiao.region.payments.refund_saga import RefundSaga
from yiqiao.region.payments.refunds import Refunds
from yiqiao.region.payments.states import FINAL_REFUNDS, FINAL_TRADES, Act, Refund, RefundType, Trade
from yiqiao.region.payments.trade_saga import TradeSaga
from yiqiao.sandbox.channels import outcomes
from yiqiao.sandbox.channels.sandbox import SandboxChannel, open_channel
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.sandbox.mischief import ByChance, Fate, Mischief, Mishap, NoMischief
from yiqiao.storage import Database, payments
from yiqiao.storage.sandbox_payments import ORDERS
from yiqiao.storage.shelves import MemoryStore

DAYS_S = 2 * 3600


class Swapped:
    """Mischief that can be taken away in the end."""

    def __init__(self) -> None:
        self.by: Mischief = NoMischief()

    async def fate(self, act: str) -> Mishap | None:
        return await self.by.fate(act)


@dataclass
class Hub:
    """The hub of the other tests, with the sandbox's peers in the place of theirs."""

    world: World
    store: MemoryStore
    channel: SandboxChannel
    his: SandboxHis
    mischief: Swapped

    async def paid_or_over(self, amount: int, number: str = "C1") -> Trade:
        """Order a trade by the sandbox's channel, pay it where it waits, and let it come to its end."""
        await self.world.order(number, amount, "SANDBOX")
        await self.world.settle(5)
        row = await self.world.trade(number)
        if row.state == Trade.PAYING and outcomes.of_order(amount) is None:
            await self.channel.pay(row.order_no or "")
        await self.world.settle(DAYS_S)
        await self.channel.deliver()
        await self.world.settle(DAYS_S)
        await self.world.must_be_true()
        return Trade((await self.world.trade(number)).state)

    async def kept(self) -> int:
        """What the channel has of all orders, 分."""
        rows = await self.store.read(lambda book: book.where(ORDERS, "channel", self.channel.code))
        return sum([await self.channel.kept(row.order_no) for row in rows])

    async def must_agree(self, not_told: int = 0) -> None:
        """Channel, books and HIS; `not_told`: what has gone back without the HIS having been asked."""
        kept, balances = await self.kept(), await self.world.balances()
        assert balances.get("channel/SANDBOX", 0) == kept, balances
        assert balances.get("suspense", 0) == balances.get("transit", 0) == 0, balances
        assert await self.his.balance(MERCHANT, PATIENT) == kept + not_told


@pytest.fixture
async def hub(database: Database) -> Hub:
    world, store, mischief = World(database), MemoryStore(), Swapped()
    clock: FixedClock = world.clock

    async def pause(_: float) -> None:
        """Nobody waits here."""

    async def heard(code: str, headers: Mapping[str, str], body: bytes) -> bool:
        notice = channel.read_notice(headers, body)
        await world.orders.noticed(notice.kind, notice.number)
        return True

    channel = await open_channel(store, clock, heard, mischief=mischief, pause=pause)
    his = SandboxHis(store, clock, mischief, pause)
    channels: dict[str, PaymentChannel] = {channel.code: channel, "CASH": DeskChannel("CASH", store, clock)}
    world.orders = Orders(database, KEYRING, clock, channels)
    world.refunds = Refunds(database, KEYRING, clock, channels)
    world.tills = {}
    world.driver.handlers = lambda: {
        TRADE_JOB: TradeSaga(database, KEYRING, clock, channels, his),
        ATTEMPT_JOB: AttemptSaga(database, KEYRING, clock, channels),
        REFUND_JOB: RefundSaga(database, KEYRING, clock, channels, his),
    }
    await world.open(channels=tuple(channels))
    return Hub(world, store, channel, his, mischief)


ENDS = {
    "02": Trade.FAILED,
    "07": Trade.CLOSED,
    "09": Trade.FAILED,
    "10": Trade.FAILED,
    "13": Trade.FAILED,
    "15": Trade.CLOSED,
    "16": Trade.FAILED,
}
"""How orders end whose amount keeps them from succeeding."""


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # what the engines do is tested beside
@pytest.mark.parametrize("digits", ["00", *outcomes.all_orders()])
async def test_every_order_ends_as_its_amount_has_it_and_no_money_is_lost(hub: Hub, digits: str) -> None:
    amount = 10_000 + int(digits)
    state = await hub.paid_or_over(amount)
    assert state == ENDS.get(digits, Trade.SUCCEEDED)
    assert await hub.kept() == (amount if state is Trade.SUCCEEDED else 0)
    await hub.must_agree()


FAILS = {"23", "28", "29"}
"""Refunds that the channel will not make, whatever is done."""


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("refund_type", list(RefundType))
@pytest.mark.parametrize("digits", ["00", *outcomes.all_refunds()])
async def test_every_refund_ends_as_its_amount_has_it(hub: Hub, digits: str, refund_type: RefundType) -> None:
    assert await hub.paid_or_over(10_000) is Trade.SUCCEEDED
    amount = 100 + int(digits)
    await hub.world.give_back(amount=amount, refund_type=refund_type)
    await hub.world.settle(DAYS_S)
    await hub.world.must_be_true()
    back = await hub.world.refund()
    direct_failure = digits == "30" and refund_type is RefundType.HIS_DECIDE  # its flow ends with the first refusal
    failed = digits in FAILS or direct_failure
    assert back.state == (Refund.FAILED if failed else Refund.SUCCEEDED), (back.state, back.reason)
    assert await hub.kept() == (10_000 if failed else 10_000 - amount)
    untold = refund_type is RefundType.HIS_DECIDE and not failed
    await hub.must_agree(amount if untold else 0)


async def trouble(hub: Hub, seed: int) -> None:
    """Orders and refunds of all amounts, while every call fails one time in four."""
    chance = random.Random(seed)
    shares = {Fate.SILENT_AFTER: 0.08, Fate.SILENT_BEFORE: 0.08, Fate.UNREACHABLE: 0.08, Fate.SLOW: 0.02}
    hub.mischief.by = ByChance(seed, shares)
    hub.world.deaths = lambda: chance.choice((None, None, None, "before", "after"))
    for n in range(6):
        await hub.world.order(f"C{n}", chance.randrange(1_000, 9_000), "SANDBOX")
        await hub.world.settle(chance.choice((1, 30, 600)))
        for row in await hub.world.database.read(lambda c: payments.newest_trades(c, 100)):
            try:
                if row.state == Trade.PAYING:
                    await hub.channel.pay(row.order_no or "")
                if row.state == Trade.SUCCEEDED and chance.random() < 0.5:
                    amount = chance.randrange(1, row.amount + 1)
                    flow = chance.choice((RefundType.DIRECT, RefundType.PREPARE_AND_CONFIRM))
                    await hub.world.give_back(f"F{n}{row.trace_no[-3:]}", row.out_charge_no, amount, flow)
            except DomainError:
                pass  # it has no place just now
        await hub.channel.deliver()
        await hub.world.must_be_true()
    hub.mischief.by = NoMischief()
    hub.world.deaths = lambda: None
    for _ in range(3):
        await hub.world.settle(DAYS_S)
        await hub.channel.deliver()
    for back in await hub.world.database.read(lambda c: payments.newest_refunds(c, 100)):
        if back.state == Refund.STUCK:
            await hub.world.refunds.act(MERCHANT, back.out_refund_no, Act.RETRY, "王敏")
    await hub.world.settle(DAYS_S)


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_fails_the_channel_the_his_and_the_books_agree_in_the_end(hub: Hub, seed: int) -> None:
    await trouble(hub, seed)
    trades = await hub.world.database.read(lambda c: payments.newest_trades(c, 100))
    refunds = await hub.world.database.read(lambda c: payments.newest_refunds(c, 100))
    assert {row.state for row in trades} <= FINAL_TRADES
    assert {row.state for row in refunds} <= FINAL_REFUNDS
    await hub.must_agree()


async def test_the_check_can_fail(hub: Hub) -> None:
    """The negative control: one 分 that moves behind the hub's back is seen."""
    assert await hub.paid_or_over(10_000) is Trade.SUCCEEDED
    await hub.must_agree()
    order_no = (await hub.world.trade()).order_no or ""
    await hub.channel.refund(RefundWish("behind", order_no, 1, 10_000, ""))
    with pytest.raises(AssertionError):
        await hub.must_agree()
