"""The sandbox's cashier: a trade that was never opened is closed for good, and is no trade of anybody's money."""

import pytest

from tests.support.race import at_the_same_moment
from yiqiao.clock import FixedClock
from yiqiao.ports.cashier import CashierRefused, Trade, TradeState, TradeWish
from yiqiao.sandbox.cashier import SandboxCashier
from yiqiao.storage import Database, sandbox_cashier, turns

NOW = 1_795_000_000_000
WISH = TradeWish("26112000000000000001P1", 2500, "云桥县人民医院", "内科 2026-11-21", NOW + 60_000)


@pytest.fixture
def till(database: Database) -> SandboxCashier:
    return SandboxCashier(database, FixedClock(NOW))


async def test_a_trade_that_was_never_opened_is_closed_and_cannot_be_opened(till: SandboxCashier) -> None:
    for _ in range(2):
        closed = await till.close(WISH.trade_no)
        assert (closed.state, closed.amount, closed.paid_at) == (TradeState.CLOSED, 0, None)
    assert await till.database.read(sandbox_cashier.trades) == []
    found, opened = await till.find(WISH.trade_no), await till.open(WISH)
    assert found == closed
    assert (opened.state, opened.amount) == (TradeState.CLOSED, WISH.amount)
    with pytest.raises(CashierRefused):
        await till.pay(WISH.trade_no)
    assert await till.find("26112000000000000002P1") is None


async def test_a_trade_that_is_open_is_closed_and_one_that_is_paid_stays_so(till: SandboxCashier) -> None:
    await till.open(WISH)
    assert (await till.close(WISH.trade_no)).state is TradeState.CLOSED
    other = WISH._replace(trade_no="26112000000000000001P2")
    await till.open(other)
    await till.pay(other.trade_no)
    assert (await till.close(other.trade_no)).state is TradeState.PAID


async def closed_while_opened(till: SandboxCashier, patch: pytest.MonkeyPatch) -> tuple[bool, set[TradeState]]:
    """A trade is closed while it is being opened; answers what both were told."""
    acts = [lambda: till.open(WISH), lambda: till.close(WISH.trade_no)]
    waited, told = await at_the_same_moment(patch, (sandbox_cashier, "is_never"), acts)
    states = {one.state for one in told if isinstance(one, Trade)}
    left = await till.find(WISH.trade_no)
    assert left is not None
    return waited, {left.state} if len(states) == 2 else states | {left.state}


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_what_is_told_to_be_closed_is_closed(till: SandboxCashier, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await closed_while_opened(till, monkeypatch) == (True, {TradeState.CLOSED})


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_control_without_turns_it_would_stay_open(till: SandboxCashier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "one_at_a_time", lambda *_: None)
    assert await closed_while_opened(till, monkeypatch) == (False, {TradeState.OPEN})
