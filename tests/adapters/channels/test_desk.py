"""Money that the desk takes itself."""

from collections.abc import Mapping

import pytest

from yiqiao.adapters.channels.desk import CODES, DeskChannel, masked
from yiqiao.clock import FixedClock
from yiqiao.ports.payment_channel import (
    ChannelRefused,
    Entry,
    OrderState,
    OrderWish,
    RefundState,
    RefundWish,
    StatementKind,
)
from yiqiao.storage.desk_orders import ORDERS
from yiqiao.storage.shelves import Store

NOW = 1_795_000_000_000
DAY = "2026-11-18"
SLIP = {
    "BankCardNo": "6230 9999 8888 7777 123",
    "posIssuingBank": "云桥农商银行",
    "BankCardType": "借记卡",
    "posConsultNo": "118844020011",
    "posVoucherNo": "000731",
    "else": "not the POS's",
}


def wish(entry: Entry = Entry.DESK, extra: Mapping[str, object] | None = None) -> OrderWish:
    """An order at a desk."""
    return OrderWish("T1", 1200, "门诊充值", "云桥县人民医院", NOW + 1, entry, extra=extra or {})


@pytest.fixture
def desk(store: Store) -> DeskChannel:
    return DeskChannel("POS", store, FixedClock(NOW))


async def test_a_pos_tells_its_slip_with_the_cards_number_masked(desk: DeskChannel, store: Store) -> None:
    expected = {
        "BankCardNo": "623099*********7123",
        "posIssuingBank": "云桥农商银行",
        "BankCardType": "借记卡",
        "posConsultNo": "118844020011",
        "posVoucherNo": "000731",
    }
    placed = await desk.place(wish(extra=SLIP))
    assert (placed.state, placed.external_no, dict(placed.card)) == (OrderState.PAID, "000731", expected)
    found = await desk.find("T1")
    assert found == placed
    kept = await store.read(lambda book: book.get(ORDERS, "T1", "POS"))
    assert kept is not None
    assert "8888" not in str(kept)
    (line,) = await desk.statement(DAY)
    assert line.external_no == "000731"


@pytest.mark.parametrize(
    ("number", "shown"),
    [("6230999988887777123", "623099*********7123"), ("12345678", "****5678"), ("123", "123"), ("", "")],
)
def test_a_cards_number_keeps_its_first_six_and_last_four(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize("entry", [Entry.QR, Entry.SCANNED, Entry.PHONE])
async def test_nobody_pays_cash_from_a_telephone(desk: DeskChannel, entry: Entry) -> None:
    with pytest.raises(ChannelRefused):
        await desk.place(wish(entry))
    assert await desk.find("T1") is None


async def test_what_was_closed_before_the_money_came_takes_none(desk: DeskChannel) -> None:
    assert (await desk.close("T1")).state is OrderState.CLOSED
    with pytest.raises(ChannelRefused):
        await desk.place(wish())
    with pytest.raises(ChannelRefused):
        await desk.refund(RefundWish("R1", "T1", 100, 1200, "退费"))
    assert await desk.statement(DAY) == []


async def test_a_desk_gives_back_what_came_in_elsewhere_and_no_more(desk: DeskChannel) -> None:
    """withdrawMode 0, 2 and 5: cash or a transfer for what was paid by telephone."""
    assert (await desk.refund(RefundWish("R1", "T1", 800, 1200, "退费"))).state is RefundState.DONE
    assert (await desk.refund(RefundWish("R1", "T1", 800, 1200, "退费"))).amount == 800
    with pytest.raises(ChannelRefused):
        await desk.refund(RefundWish("R2", "T1", 401, 1200, "退费"))
    with pytest.raises(ChannelRefused):
        await desk.refund(RefundWish("R2", "T1", 401, 9999, "退费"))
    assert await desk.find("T1") is None
    assert [(line.kind, line.number, line.amount) for line in await desk.statement(DAY)] == [
        (StatementKind.REFUND, "R1", 800)
    ]


async def test_each_way_keeps_books_of_its_own(store: Store) -> None:
    desks = [DeskChannel(code, store, FixedClock(NOW)) for code in CODES]
    await desks[0].place(wish())
    assert [len(await one.statement(DAY)) for one in desks] == [1, 0, 0, 0, 0]
    assert [await one.find("T1") is None for one in desks] == [False, True, True, True, True]
