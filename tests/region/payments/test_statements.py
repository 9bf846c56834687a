"""Statements say what happened, by the names of the electronic reconciliation, and add up."""

import csv
import io
from functools import partial

import pytest

from tests.region.payments.world import MERCHANT, NOW, World
from yiqiao.clock import beijing
from yiqiao.ports.payment_channel import NoticeKind
from yiqiao.region.payments import statements
from yiqiao.region.payments.statements import COLUMNS, DaysUnfit, Encoding, Line, LineKind, Statements
from yiqiao.storage import payment_movements

TODAY = f"{beijing(NOW):%Y-%m-%d}"


async def lines_of(world: World) -> list[Line]:
    """All lines of the day."""
    return [line async for part in Statements(world.database).lines(MERCHANT, TODAY, TODAY) for line in part]


async def eventful(world: World) -> None:
    """A payment with a refund, a trade that the HIS refuses, and one that is paid twice."""
    await world.paid("C1", 10_000)
    await world.give_back("F1", "C1", 2_500)
    await world.settle(5)
    world.his.refuses.add("notify_recharge")
    await world.order("C2", 300, "CASH")
    await world.settle(5)
    world.his.refuses.clear()
    await world.order("C3", 700)
    await world.settle()
    first = (await world.trade("C3")).order_no or ""
    await world.orders.choose(MERCHANT, (await world.trade("C3")).trace_no, "ALIPAY")
    await world.settle()
    world.tills["ALIPAY"].pay((await world.trade("C3")).order_no or "")
    await world.settle(5)
    world.tills["WECHAT"].pay(first)  # which was closed already
    await world.orders.noticed(NoticeKind.ORDER, first)
    await world.settle(3600)


async def test_a_merchants_statement_names_every_movement(world: World) -> None:
    """recharge.number, refund.echo"""
    await eventful(world)
    found = {(one.channel_traceno, one.kind): (one.channel, one.amount) for one in await lines_of(world)}
    assert found[("C1", LineKind.PAYMENT)] == ("WECHAT", 10_000)
    assert found[("F1", LineKind.REFUND)] == ("WECHAT", 2_500)
    assert found[("C2", LineKind.PAYMENT)] == found[("C2", LineKind.RETURNED)] == ("CASH", 300)
    assert {kind for number, kind in found if number == "C3"} == {
        LineKind.PAYMENT,
        LineKind.SURPLUS,
        LineKind.SURPLUS_RETURNED,
    }


async def test_what_the_statement_says_is_what_the_channels_hold(world: World) -> None:
    await eventful(world)
    lines = await lines_of(world)
    taken = sum(one.amount for one in lines if one.kind in (LineKind.PAYMENT, LineKind.SURPLUS))
    back = sum(one.amount for one in lines) - taken
    assert taken - back == sum(till.kept for till in world.tills.values())
    assert len(lines) == len({(one.channel_traceno, one.kind) for one in lines})


async def test_pages_leave_nothing_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await eventful(world)
    whole = await lines_of(world)
    monkeypatch.setattr(statements, "PAGE", 2)
    real = payment_movements.page
    monkeypatch.setattr(payment_movements, "page", partial(real, limit=2))
    assert await lines_of(world) == whole
    assert len(whole) > 4


@pytest.mark.parametrize(("encoding", "codec"), [(Encoding.GBK, "gbk"), (Encoding.UTF8, "utf-8-sig")])
async def test_the_file_is_in_yuan_and_in_the_encoding_that_was_chosen(
    world: World, encoding: Encoding, codec: str
) -> None:
    """money"""
    await world.paid("=C1", 10_005)
    written = b"".join([part async for part in Statements(world.database).csv(MERCHANT, TODAY, TODAY, encoding)])
    head, row = csv.reader(io.StringIO(written.decode(codec)))
    assert tuple(head) == COLUMNS
    assert row[0] == "'=C1"  # no formula for who opens it
    assert row[2:4] + row[5:7] == ["收款", "微信支付", "100.05", "交易成功"]


async def test_an_accounts_statement_leads_from_its_opening_to_its_closing(world: World) -> None:
    await eventful(world)
    account = (await world.trade("C1")).account
    found = await Statements(world.database).account(MERCHANT, account, TODAY, TODAY)
    assert found.opening == 0
    assert found.whole
    assert found.closing == sum(one.amount for one in found.entries) == (await world.balances())["deposit"]
    after = await Statements(world.database).account(MERCHANT, account, "2027-01-01", "2027-01-02")
    assert (after.opening, after.entries, after.closing) == (found.closing, (), found.closing)


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-02", "2026-11-01"),
        ("2026-13-01", "2026-13-02"),
        ("20261101", "20261101"),
        ("2020-01-01", "2026-01-01"),
    ],
)
async def test_days_that_cannot_be_meant_are_refused(world: World, since: str, until: str) -> None:
    with pytest.raises(DaysUnfit):
        await Statements(world.database).account(MERCHANT, "transit", since, until)
