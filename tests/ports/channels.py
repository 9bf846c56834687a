"""Every payment channel there is, with what it takes to have an order paid through it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.adapters.channels.alipay_world import alipay
from tests.adapters.channels.wechat_world import wechat
from yiqiao.adapters.channels.credit import CreditChannel
from yiqiao.adapters.channels.desk import DeskChannel
from yiqiao.adapters.channels.one_bar import OneBarChannel
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_channel import ChannelRefused, Entry, OrderWish, PaymentChannel
from yiqiao.sandbox.channels.credit import SandboxCreditCentre
from yiqiao.sandbox.channels.sandbox import SandboxChannel, open_channel
from yiqiao.sandbox.channels.voucher_pay import SandboxVoucherPay
from yiqiao.storage.shelves import Store

NOW = 1_795_000_000_000
DAY = "2026-11-18"
TOKEN = "token-of-a-voucher"


async def nothing(order_no: str) -> None:
    """Where an order is paid as soon as it is placed."""


@dataclass
class Peer:
    """A channel under test. `pays`: the payer pays an order that waits; `waits`: whether there are such orders.

    `looks`: the payer opens it, without which some platforms do not know it.
    """

    channel: PaymentChannel
    pays: Callable[[str], Awaitable[object]] = nothing
    looks: Callable[[str], Awaitable[object]] = nothing
    waits: bool = False
    entry: Entry = Entry.DESK
    carries: Callable[[int], dict[str, object]] = field(default=lambda amount: {})

    def wish(self, order_no: str = "T1", amount: int = 1200) -> OrderWish:
        """An order that somebody is to pay."""
        return OrderWish(
            order_no,
            amount,
            "门诊充值",
            "云桥县人民医院",
            NOW + 900_000,
            self.entry,
            notify_url="https://hub.example/pay/notices/x",
            payer_ip="192.0.2.7",
            extra=self.carries(amount),
        )


def split(amount: int) -> dict[str, object]:
    """What an order by insurance voucher carries."""
    yuan = f"{amount // 100}.{amount % 100:02}"
    content = {
        "bizTraceNo": "SETL1",
        "ecCode": "EC1",
        "feeSumamt": yuan,
        "fundPay": "0.00",
        "psnAcctPay": "0.00",
        "ownPayAmt": yuan,
    }
    return {"ecToken": TOKEN, "medicalContent": content}


async def known(token: str) -> bool:
    """Whether a voucher's token was issued."""
    return token == TOKEN


@asynccontextmanager
async def sandbox(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """The sandbox's own channel."""
    channel: SandboxChannel = await open_channel(store, clock)
    yield Peer(channel, channel.pay, waits=True, entry=Entry.QR)


@asynccontextmanager
async def cash(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """The cash drawer."""
    yield Peer(DeskChannel("CASH", store, clock))


@asynccontextmanager
async def one_bar(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """The insurance voucher."""
    side = SandboxVoucherPay(await open_channel(store, clock, code="CHS_ONE_BAR"), known)
    yield Peer(OneBarChannel(side), entry=Entry.SCANNED, carries=split)


@asynccontextmanager
async def wechat_pay(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """WeChat Pay, simulated."""
    async with wechat(clock) as world:
        yield Peer(world.channel, _too_late(world.simulator.pay), waits=True, entry=Entry.QR)


@asynccontextmanager
async def alipay_pay(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """Alipay, simulated."""
    async with alipay(clock) as world:

        async def looks(order_no: str) -> None:
            world.simulator.scan(order_no)

        yield Peer(world.channel, _too_late(world.simulator.pay), looks, waits=True, entry=Entry.QR)


def _too_late(pay: Callable[[str], None]) -> Callable[[str], Awaitable[object]]:
    """A payer who is told so where it cannot be paid any more."""

    async def pays(order_no: str) -> None:
        try:
            pay(order_no)
        except ValueError as state:
            raise ChannelRefused(str(state)) from None

    return pays


@asynccontextmanager
async def credit(store: Store, clock: FixedClock) -> AsyncIterator[Peer]:
    """An agreement."""
    centre = SandboxCreditCentre(await open_channel(store, clock, code="CREDIT"), store, clock)
    await centre.sign("XY1")
    yield Peer(CreditChannel(centre), carries=lambda _: {"agreementNo": "XY1", "empiUserId": "E1"})


STATEFUL = {"sandbox": sandbox, "cash": cash, "one_bar": one_bar, "credit": credit}
ELSEWHERE = {"wechat": wechat_pay, "alipay": alipay_pay}
"""Those that keep nothing in our store."""
CHANNELS = {**STATEFUL, **ELSEWHERE}
