"""The sandbox's channel: every outcome that an amount forces, its notices, its page and its statements."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.support.tree import ROOT
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    ChannelSilent,
    ChannelUnreachable,
    Entry,
    Notice,
    NoticeKind,
    OrderState,
    OrderWish,
    RefundState,
    RefundWish,
    StatementKind,
)
from yiqiao.sandbox.channels import outcomes
from yiqiao.sandbox.channels.sandbox import NOTICE_WAITS_S, SIGNATURE, SandboxChannel, open_channel
from yiqiao.sandbox.mischief import Fate, OnCommand
from yiqiao.storage.shelves import MemoryStore, Store

NOW = 1_795_000_000_000
DAY = "2026-11-18"
PAID, OPEN, CLOSED, FAILED = OrderState.PAID, OrderState.OPEN, OrderState.CLOSED, OrderState.FAILED


@dataclass
class Hub:
    """Who hears of what happens, and asks then how it stands."""

    takes: bool = True
    channel: SandboxChannel | None = None
    heard: list[tuple[Notice, OrderState | None]] = field(default_factory=list)

    async def __call__(self, code: str, headers: Mapping[str, str], body: bytes) -> bool:
        assert self.channel is not None
        assert code == self.channel.code
        notice = self.channel.read_notice(headers, body)
        found = await self.channel.find(notice.number) if notice.kind is NoticeKind.ORDER else None
        self.heard.append((notice, found.state if found else None))
        return self.takes


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def hub() -> Hub:
    return Hub()


@pytest.fixture
async def channel(store: Store, clock: FixedClock, hub: Hub) -> SandboxChannel:
    hub.channel = await open_channel(store, clock, hub)
    return hub.channel


def wish(fen: int, entry: Entry = Entry.QR, order_no: str = "T1") -> OrderWish:
    """An order over 50 元 and so many 分."""
    return OrderWish(order_no, 5000 + fen, "门诊充值", "云桥县人民医院", NOW + 900_000, entry)


def back(fen: int, total: int = 5000, refund_no: str = "R1") -> RefundWish:
    """A refund of one 元 and so many 分."""
    return RefundWish(refund_no, "T1", 100 + fen, total, "退费")


async def paid(channel: SandboxChannel) -> None:
    """An order of 50 元 that is paid."""
    await channel.place(wish(0, Entry.SCANNED))


async def state(channel: SandboxChannel) -> OrderState | None:
    """How the order stands when it is asked about."""
    found = await channel.find("T1")
    return found.state if found else None


def test_every_outcome_has_a_title_and_digits_of_its_own() -> None:
    orders, refunds = outcomes.all_orders(), outcomes.all_refunds()
    assert not orders.keys() & refunds.keys()
    assert all(len(digits) == 2 and digits.isdigit() for digits in orders.keys() | refunds.keys())
    titles = [one.title for one in orders.values()] + [one.title for one in refunds.values()]
    assert all(titles)
    assert len(set(titles)) == len(titles)


def test_the_page_tells_of_every_outcome() -> None:
    page = (ROOT / "docs" / "payment-channels.md").read_text(encoding="utf-8")
    shown = dict(re.findall(r"^\| `(\d\d)` \| (.+) \|$", page, re.MULTILINE))
    orders, refunds = outcomes.all_orders(), outcomes.all_refunds()
    told = {digits: one.title for digits, one in orders.items()} | {
        digits: one.title for digits, one in refunds.items()
    }
    assert shown == told


@pytest.mark.parametrize("entry", [Entry.QR, Entry.PHONE])
async def test_an_amount_that_forces_nothing_waits_for_a_click(channel: SandboxChannel, entry: Entry) -> None:
    order = await channel.place(wish(0, entry))
    assert (order.state, order.pay_url) == (OPEN, "/sandbox/pay/T1")
    assert await state(channel) is OPEN
    assert (await channel.pay("T1")).state is PAID
    with pytest.raises(ChannelRefused):
        await channel.pay("T1")


@pytest.mark.parametrize("entry", [Entry.SCANNED, Entry.DESK])
async def test_a_scanned_code_pays_at_once(channel: SandboxChannel, entry: Entry) -> None:
    order = await channel.place(wish(0, entry))
    assert (order.state, order.amount, order.pay_url, order.external_no) == (PAID, 5000, "", "SBT1")


async def test_the_payers_bank_may_refuse_on_the_page(channel: SandboxChannel) -> None:
    await channel.place(wish(0))
    assert (await channel.decline("T1")).state is FAILED
    assert await state(channel) is FAILED


async def test_nobody_pays_after_the_time_is_up(channel: SandboxChannel, clock: FixedClock) -> None:
    await channel.place(wish(0))
    clock.advance(900)
    with pytest.raises(ChannelRefused):
        await channel.pay("T1")
    with pytest.raises(ChannelRefused):
        await channel.pay("T2")


async def test_01_is_paid_at_once(channel: SandboxChannel) -> None:
    assert (await channel.place(wish(1))).state is PAID


async def test_02_is_refused_by_the_bank(channel: SandboxChannel) -> None:
    order = await channel.place(wish(2))
    assert (order.state, bool(order.told)) == (FAILED, True)


@pytest.mark.parametrize(("fen", "states"), [(3, [OPEN, OPEN, PAID]), (13, [OPEN, FAILED]), (17, [OPEN, PAID])])
async def test_03_13_17_are_decided_by_asking(channel: SandboxChannel, fen: int, states: list[OrderState]) -> None:
    assert (await channel.place(wish(fen))).state is OPEN
    assert [await state(channel) for _ in states] == states


async def test_04_is_paid_and_the_answer_is_lost(channel: SandboxChannel) -> None:
    with pytest.raises(ChannelSilent):
        await channel.place(wish(4))
    assert await state(channel) is PAID
    assert (await channel.place(wish(4))).state is PAID


async def test_05_never_came_in_and_can_be_placed_again(channel: SandboxChannel) -> None:
    with pytest.raises(ChannelSilent):
        await channel.place(wish(5))
    assert await state(channel) is None
    assert (await channel.place(wish(5))).state is PAID


@pytest.mark.parametrize(("fen", "times"), [(11, 1), (12, 3)])
async def test_11_and_12_cannot_be_reached_so_many_times(channel: SandboxChannel, fen: int, times: int) -> None:
    for _ in range(times):
        with pytest.raises(ChannelUnreachable):
            await channel.place(wish(fen))
        assert await state(channel) is None
    assert (await channel.place(wish(fen))).state is PAID


async def test_06_is_told_twice_and_others_once(channel: SandboxChannel, hub: Hub) -> None:
    await channel.place(wish(6))
    await channel.place(wish(1, order_no="T2"))
    assert await channel.deliver() == 3
    assert [notice.number for notice, _ in hub.heard] == ["T1", "T1", "T2"]
    assert await channel.deliver() == 0


async def test_17_is_never_told(channel: SandboxChannel, hub: Hub) -> None:
    await channel.place(wish(17))
    await state(channel)
    assert await state(channel) is PAID
    assert (await channel.deliver(), hub.heard) == (0, [])


async def test_07_is_paid_after_it_was_closed(channel: SandboxChannel, hub: Hub) -> None:
    assert (await channel.place(wish(7))).state is OPEN
    assert (await channel.close("T1")).state is CLOSED
    assert await state(channel) is CLOSED
    await channel.deliver()
    assert hub.heard == [(Notice(NoticeKind.ORDER, "T1"), PAID)]
    assert (await channel.refund(RefundWish("R1", "T1", 5007, 5007, "退回"))).state is RefundState.DONE
    assert await channel.kept("T1") == 0


async def test_08_is_told_before_it_is_answered(channel: SandboxChannel, hub: Hub) -> None:
    order = await channel.place(wish(8))
    assert (order.state, hub.heard) == (PAID, [(Notice(NoticeKind.ORDER, "T1"), PAID)])
    assert await channel.deliver() == 0


@pytest.mark.parametrize(("fen", "taken"), [(9, 5008), (10, 5011)])
async def test_09_and_10_take_another_amount(channel: SandboxChannel, fen: int, taken: int) -> None:
    assert (await channel.place(wish(fen))).amount == taken
    assert [line.amount for line in await channel.statement(DAY)] == [taken]
    with pytest.raises(ChannelRefused):
        await channel.refund(RefundWish("R1", "T1", 100, 5000 + fen, "退费"))
    assert (await channel.refund(RefundWish("R1", "T1", taken, taken, "退费"))).state is RefundState.DONE


async def test_14_is_paid_while_it_is_being_closed(channel: SandboxChannel) -> None:
    await channel.place(wish(14))
    assert [(await channel.close("T1")).state for _ in range(2)] == [PAID, PAID]


async def test_15_is_closed_and_the_answer_is_lost(channel: SandboxChannel) -> None:
    await channel.place(wish(15))
    with pytest.raises(ChannelSilent):
        await channel.close("T1")
    assert await state(channel) is CLOSED
    assert (await channel.close("T1")).state is CLOSED


async def test_16_is_not_accepted_however_often(channel: SandboxChannel) -> None:
    for _ in range(3):
        with pytest.raises(ChannelRefused):
            await channel.place(wish(16))
    assert await state(channel) is None


async def test_21_is_given_back_at_once(channel: SandboxChannel) -> None:
    await paid(channel)
    done = await channel.refund(back(21))
    assert (done.state, done.amount, done.external_no, done.refunded_at) == (RefundState.DONE, 121, "SBR1", NOW)


@pytest.mark.parametrize(("fen", "end", "asked"), [(22, RefundState.DONE, 3), (28, RefundState.FAILED, 2)])
async def test_22_and_28_are_decided_by_asking(channel: SandboxChannel, fen: int, end: RefundState, asked: int) -> None:
    await paid(channel)
    assert (await channel.refund(back(fen))).state is RefundState.PENDING
    states = [await channel.find_refund("R1", "T1") for _ in range(asked - 1)]
    assert {one.state for one in states if one} == {RefundState.PENDING}
    assert (await channel.refund(back(fen))).state is end  # asking again is a question too
    assert await channel.kept("T1") == (5000 - 100 - fen if end is RefundState.DONE else 5000)


async def test_23_fails_for_good_and_leaves_the_money_refundable(channel: SandboxChannel) -> None:
    await paid(channel)
    assert [(await channel.refund(back(23))).state for _ in range(3)] == [RefundState.FAILED] * 3
    assert (await channel.refund(RefundWish("R2", "T1", 5000, 5000, "退费"))).state is RefundState.DONE
    assert await channel.kept("T1") == 0


async def test_24_is_given_back_and_the_answer_is_lost(channel: SandboxChannel) -> None:
    await paid(channel)
    with pytest.raises(ChannelSilent):
        await channel.refund(back(24))
    assert (await channel.refund(back(24))).state is RefundState.DONE
    assert await channel.kept("T1") == 5000 - 124


async def test_25_never_came_in(channel: SandboxChannel) -> None:
    await paid(channel)
    with pytest.raises(ChannelSilent):
        await channel.refund(back(25))
    assert await channel.find_refund("R1", "T1") is None
    assert await channel.kept("T1") == 5000
    assert (await channel.refund(back(25))).state is RefundState.DONE


async def test_26_cannot_be_reached_twice(channel: SandboxChannel) -> None:
    await paid(channel)
    for _ in range(2):
        with pytest.raises(ChannelUnreachable):
            await channel.refund(back(26))
    assert (await channel.refund(back(26))).state is RefundState.DONE


async def test_27_is_told_twice(channel: SandboxChannel, hub: Hub) -> None:
    await paid(channel)
    await channel.deliver()
    hub.heard.clear()
    await channel.refund(back(27))
    await channel.deliver()
    assert [notice for notice, _ in hub.heard] == [Notice(NoticeKind.REFUND, "R1")] * 2


async def test_29_is_not_accepted(channel: SandboxChannel) -> None:
    await paid(channel)
    with pytest.raises(ChannelRefused):
        await channel.refund(back(29))
    assert await channel.find_refund("R1", "T1") is None


async def test_30_fails_twice_and_then_succeeds(channel: SandboxChannel) -> None:
    await paid(channel)
    states = [(await channel.refund(back(30))).state for _ in range(4)]
    assert states == [RefundState.FAILED, RefundState.FAILED, RefundState.DONE, RefundState.DONE]
    assert await channel.kept("T1") == 5000 - 130


async def test_what_was_not_paid_is_not_given_back(channel: SandboxChannel) -> None:
    await channel.place(wish(0))
    for order_no in ("T1", "T9"):
        with pytest.raises(ChannelRefused):
            await channel.refund(RefundWish("R1", order_no, 100, 5000, "退费"))


async def test_a_notice_that_is_not_taken_is_sent_again_later_and_at_last_given_up(
    channel: SandboxChannel, hub: Hub, clock: FixedClock
) -> None:
    hub.takes = False
    await channel.place(wish(0))
    await channel.pay("T1")
    assert len(hub.heard) == 1
    assert await channel.deliver() == 0
    assert len(hub.heard) == 1  # not due yet
    for wait in NOTICE_WAITS_S:
        clock.advance(wait)
        await channel.deliver()
    assert len(hub.heard) == 1 + len(NOTICE_WAITS_S)
    clock.advance(86_400)
    hub.takes = True
    assert (await channel.deliver(), len(hub.heard)) == (0, 1 + len(NOTICE_WAITS_S))


async def test_a_notice_waits_until_the_hub_is_there_again(store: Store, clock: FixedClock, hub: Hub) -> None:
    """The key and the notices outlive the process."""
    first = await open_channel(store, clock, hub)
    await first.place(wish(1))
    hub.channel = await open_channel(store, clock, hub)
    assert hub.channel.key == first.key
    assert await hub.channel.deliver() == 1


async def test_a_notice_that_was_changed_is_refused(channel: SandboxChannel, clock: FixedClock) -> None:
    caught: list[tuple[Mapping[str, str], bytes]] = []

    async def catch(code: str, headers: Mapping[str, str], body: bytes) -> bool:
        caught.append((headers, body))
        return True

    other = SandboxChannel(channel.store, clock, channel.key, catch)
    await other.place(wish(8))
    ((headers, body),) = caught
    assert other.read_notice(headers, body) == Notice(NoticeKind.ORDER, "T1")
    stranger = await open_channel(MemoryStore(), clock)
    neighbour = SandboxChannel(channel.store, clock, channel.key, code="OTHER")
    signature = headers[SIGNATURE]
    for reader, said, text in (
        (other, signature, body.replace(b"T1", b"T2")),
        (other, signature[:-1] + ("0" if signature[-1] != "0" else "1"), body),
        (other, "", body),
        (other, "签名", body),
        (stranger, signature, body),
        (neighbour, signature, body),
    ):
        with pytest.raises(BadNotice):
            reader.read_notice({SIGNATURE: said}, text)


async def test_a_statement_can_be_spoilt_and_put_right(channel: SandboxChannel) -> None:
    await paid(channel)
    await channel.refund(back(0))
    right = await channel.statement(DAY)
    await channel.misstate(DAY, StatementKind.PAYMENT, "T1", 4999)
    await channel.misstate(DAY, StatementKind.REFUND, "R1", 0)
    await channel.misstate(DAY, StatementKind.PAYMENT, "T404", 777)
    spoilt = [(line.kind, line.number, line.amount) for line in await channel.statement(DAY)]
    assert spoilt == [(StatementKind.PAYMENT, "T1", 4999), (StatementKind.PAYMENT, "T404", 777)]
    for kind, number in (
        (StatementKind.PAYMENT, "T1"),
        (StatementKind.REFUND, "R1"),
        (StatementKind.PAYMENT, "T404"),
    ):
        await channel.misstate(DAY, kind, number, None)
    assert await channel.statement(DAY) == right
    assert await channel.kept("T1") == 4900  # no money moves by it


async def test_a_day_is_beijings(channel: SandboxChannel, clock: FixedClock) -> None:
    clock.ms = 1_794_931_199_000  # 23:59:59
    await channel.place(wish(1))
    clock.advance(1)
    await channel.place(wish(1, order_no="T2"))
    assert [line.number for line in await channel.statement("2026-11-17")] == ["T1"]
    assert [line.number for line in await channel.statement("2026-11-18")] == ["T2"]


async def test_calls_can_be_made_to_fail_one_by_one(store: Store, clock: FixedClock) -> None:
    orders = OnCommand()
    slept: list[float] = []

    async def pause(seconds: float) -> None:
        slept.append(seconds)

    channel = await open_channel(store, clock, mischief=orders, pause=pause)
    orders.order("place", Fate.UNREACHABLE)
    orders.order("place", Fate.SILENT_AFTER)
    orders.order("find", Fate.SLOW)
    orders.order("refund", Fate.SILENT_BEFORE)
    orders.order("statement", Fate.REFUSED)
    with pytest.raises(ChannelUnreachable):
        await channel.place(wish(1))
    assert await channel.show("T1") is None
    with pytest.raises(ChannelSilent):
        await channel.place(wish(1))
    assert (await state(channel), len(slept)) == (PAID, 1)
    with pytest.raises(ChannelSilent):
        await channel.refund(back(0, 5001))
    assert await channel.find_refund("R1", "T1") is None
    with pytest.raises(ChannelRefused):
        await channel.statement(DAY)
    assert len(await channel.statement(DAY)) == 1
