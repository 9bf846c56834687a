"""What every payment channel keeps to, whichever it is."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.ports.channels import CHANNELS, DAY, ELSEWHERE, NOW, STATEFUL, Peer
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_channel import (
    BadNotice,
    ChannelRefused,
    OrderState,
    RefundState,
    RefundWish,
    StatementKind,
)
from yiqiao.storage.shelves import Store

CASES = [(name, store) for name in STATEFUL for store in ("memory", "sqlite", "postgresql")]
"""Each channel in turn: on each store those that keep something there."""
pytestmark = pytest.mark.parametrize(
    ("peer", "rows_at"), [*CASES, *((name, "memory") for name in ELSEWHERE)], indirect=True
)


@pytest.fixture
async def peer(request: pytest.FixtureRequest, store: Store) -> AsyncIterator[Peer]:
    """A channel, by its name."""
    async with CHANNELS[request.param](store, FixedClock(NOW)) as opened:
        yield opened


async def paid(peer: Peer, order_no: str = "T1", amount: int = 1200) -> None:
    """Have an order paid."""
    await peer.channel.place(peer.wish(order_no, amount))
    await peer.pays(order_no)


def back(refund_no: str, amount: int, order_no: str = "T1", total: int = 1200) -> RefundWish:
    """Money that is to go back."""
    return RefundWish(refund_no, order_no, amount, total, "退费")


async def test_an_order_placed_twice_is_one_order(peer: Peer) -> None:
    first, second = [await peer.channel.place(peer.wish()) for _ in range(2)]
    assert (first.state, first.amount, first.order_no) == (second.state, second.amount, "T1")
    await peer.pays("T1")
    again = await peer.channel.place(peer.wish())
    assert (again.state, again.amount) == (OrderState.PAID, 1200)
    assert [line.amount for line in await peer.channel.statement(DAY)] == [1200]


async def test_an_order_placed_at_once_from_two_sides_is_one_order(peer: Peer) -> None:
    placed = await asyncio.gather(*(peer.channel.place(peer.wish()) for _ in range(5)))
    assert len({order.state for order in placed}) == 1
    await peer.pays("T1")
    assert [line.number for line in await peer.channel.statement(DAY)] == ["T1"]


async def test_another_amount_under_the_same_number_is_refused(peer: Peer) -> None:
    await peer.channel.place(peer.wish())
    with pytest.raises(ChannelRefused):
        await peer.channel.place(peer.wish(amount=1300))


async def test_a_paid_order_tells_what_was_taken_and_when(peer: Peer) -> None:
    await paid(peer)
    order = await peer.channel.find("T1")
    assert order is not None
    assert (order.state, order.amount) == (OrderState.PAID, 1200)
    assert order.paid_at is not None


async def test_an_order_that_nobody_placed_is_not_found(peer: Peer) -> None:
    assert await peer.channel.find("T9") is None
    assert await peer.channel.find_refund("R9", "T9") is None


async def test_closing_an_order_that_is_paid_answers_that_it_is(peer: Peer) -> None:
    await paid(peer)
    assert (await peer.channel.close("T1")).state is OrderState.PAID
    found = await peer.channel.find("T1")
    assert found is not None
    assert found.state is OrderState.PAID


async def test_an_order_that_waits_is_closed_and_stays_so(peer: Peer) -> None:
    if not peer.waits:
        return
    assert (await peer.channel.place(peer.wish())).state is OrderState.OPEN
    await peer.looks("T1")
    assert [(await peer.channel.close("T1")).state for _ in range(2)] == [OrderState.CLOSED] * 2
    assert (await peer.channel.place(peer.wish())).state is OrderState.CLOSED
    with pytest.raises(ChannelRefused):
        await peer.pays("T1")
    await paid(peer, "T2")
    assert [line.number for line in await peer.channel.statement(DAY)] == ["T2"]


async def test_an_order_that_never_came_is_closed_all_the_same(peer: Peer) -> None:
    assert (await peer.channel.close("T1")).state is OrderState.CLOSED


async def test_a_refund_asked_for_twice_is_paid_once(peer: Peer) -> None:
    await paid(peer)
    done = [await peer.channel.refund(back("R1", 500)) for _ in range(3)]
    assert {(one.state, one.amount) for one in done} == {(RefundState.DONE, 500)}
    found = await peer.channel.find_refund("R1", "T1")
    assert found is not None
    assert found.state is RefundState.DONE
    lines = await peer.channel.statement(DAY)
    assert [line.amount for line in lines if line.kind is StatementKind.REFUND] == [500]


async def test_several_refunds_go_up_to_what_was_paid_and_no_further(peer: Peer) -> None:
    await paid(peer)
    await peer.channel.refund(back("R1", 700))
    with pytest.raises(ChannelRefused):
        await peer.channel.refund(back("R2", 501))
    assert await peer.channel.find_refund("R2", "T1") is None
    assert (await peer.channel.refund(back("R3", 500))).state is RefundState.DONE


async def test_refunds_that_come_together_do_not_pay_out_more_than_was_paid(peer: Peer) -> None:
    await paid(peer)
    outcomes = await asyncio.gather(
        *(peer.channel.refund(back(f"R{n}", 500)) for n in range(5)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, ChannelRefused)]
    assert len(refused) == 3, outcomes
    lines = await peer.channel.statement(DAY)
    assert sum(line.amount for line in lines if line.kind is StatementKind.REFUND) == 1000


async def test_another_amount_under_the_same_refund_number_is_refused(peer: Peer) -> None:
    await paid(peer)
    await peer.channel.refund(back("R1", 500))
    with pytest.raises(ChannelRefused):
        await peer.channel.refund(back("R1", 600))


async def test_the_statement_tells_of_every_movement_once(peer: Peer) -> None:
    await paid(peer)
    await paid(peer, "T2", 3000)
    await peer.channel.refund(back("R1", 500))
    lines = await peer.channel.statement(DAY)
    assert sorted((line.kind, line.number, line.order_no, line.amount) for line in lines) == [
        (StatementKind.PAYMENT, "T1", "T1", 1200),
        (StatementKind.PAYMENT, "T2", "T2", 3000),
        (StatementKind.REFUND, "R1", "T1", 500),
    ]
    assert not await peer.channel.statement("2026-11-17")


async def test_a_notice_that_nobody_signed_is_no_notice(peer: Peer) -> None:
    for body in (b"", b"{}", b"a=1", b"\xff"):
        with pytest.raises(BadNotice):
            peer.channel.read_notice({}, body)
