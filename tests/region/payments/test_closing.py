"""Days are closed in order and once; nothing is booked on them afterwards; balances are the same with and without."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.region.payments.world import MERCHANT, NOW, World
from tests.support.databases import Place
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, beijing
from yiqiao.region.payments import books, closing, merchants
from yiqiao.region.payments.closing import AFTER_S, BooksBroken, Closing, DayNotOver, NotNextDay
from yiqiao.region.payments.course import Change, write_many
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.storage import Database, payment_books, payment_closing
from yiqiao.storage.payment_closing import DayClosed

DAY_MS = 86_400_000
TODAY = f"{beijing(NOW):%Y-%m-%d}"


def later(days: int) -> str:
    """The day so many days from the first."""
    return f"{date.fromisoformat(TODAY) + timedelta(days=days)}"


def moving(at: int, act: str, amount: int = 100, to: str = "a", merchant_id: str = MERCHANT) -> books.Booking:
    """A transfer from one deposit account into the drawer."""
    return books.booking(merchant_id, "T1", at, (books.Kind(act, books.channel("CASH"), f"deposit/01/{to}"), amount))


def book(booking: books.Booking) -> Callable[[Connection], None]:
    """The work that books it."""

    def work(connection: Connection) -> None:
        payment_books.open_accounts(connection, booking.accounts)
        closed = payment_closing.held_open(connection, {one.merchant_id for one in booking.transfers})
        payment_books.book(connection, booking.transfers, closed)

    return work


def closing_at(database: Database, days: float, after_s: int = AFTER_S) -> tuple[Closing, FixedClock]:
    """A closing, so many days after the midnight that ends the first day."""
    midnight = NOW - (NOW + 8 * 3_600_000) % DAY_MS + DAY_MS
    clock = FixedClock(round(midnight + days * DAY_MS + after_s * 1000))
    return Closing(database, clock), clock


async def test_a_day_is_closed_once_it_is_over_and_left_alone_for_ten_minutes(database: Database) -> None:
    await database.write(book(moving(NOW, "x/1")))
    early, clock = closing_at(database, 0, AFTER_S - 1)
    with pytest.raises(DayNotOver):
        await early.close_day(MERCHANT, TODAY, "op")
    clock.advance(1)
    row = await early.close_day(MERCHANT, TODAY, "op")
    assert (row.day, row.transfers, row.turnover, row.operator) == (TODAY, 1, 100, "op")
    with pytest.raises(NotNextDay, match="已经日结"):
        await early.close_day(MERCHANT, TODAY, "op")
    assert await early.next_day(MERCHANT) == later(1)


async def test_days_are_closed_in_order_with_those_on_which_nothing_was_booked(database: Database) -> None:
    await database.write(book(moving(NOW, "x/1")))
    await database.write(book(moving(NOW + 2 * DAY_MS, "x/2", 30)))
    closings, _ = closing_at(database, 3)
    with pytest.raises(NotNextDay, match=TODAY):
        await closings.close_day(MERCHANT, later(1), "op")
    await database.write(_merchant)
    done = await closings.close_due()
    assert [(one.day, one.transfers, one.turnover) for one in done] == [
        (TODAY, 1, 100),
        (later(1), 0, 0),
        (later(2), 1, 30),
        (later(3), 0, 0),
    ]
    assert await closings.close_due() == []
    assert [one.day for one in await closings.closings(MERCHANT)] == [later(3), later(2), later(1), TODAY]


async def test_nothing_is_booked_on_a_day_that_is_closed(database: Database) -> None:
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    await closings.close_due(merchant_id=MERCHANT)
    with pytest.raises(DayClosed):
        await database.write(book(moving(NOW, "x/2")))
    await database.write(book(moving(NOW + DAY_MS, "x/2")))
    await database.write(book(moving(NOW, "x/1", merchant_id="YQZY0002")))
    assert (await database.read(lambda c: payment_books.balances(c, MERCHANT)))["channel/CASH"] == 200


async def race(database: Database) -> tuple[bool, int, int]:
    """Somebody books on the day while it is closed: (whether it was booked, its sum in the closing, in the books)."""
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    for turn in range(30):  # more to sum up, so that there is time to get in between
        await database.write(book(moving(NOW, f"y/{turn}", 1, f"b{turn}")))
    booked = False

    async def late() -> None:
        nonlocal booked
        with suppress(DayClosed):
            await database.write(book(moving(NOW, "x/2")))
            booked = True

    closed, _ = await asyncio.gather(closings.close_day(MERCHANT, TODAY, "op"), late())
    struck = await database.read(lambda c: payment_closing.balance_at(c, MERCHANT, "channel/CASH", TODAY))
    held = await database.read(lambda c: _by_transfers(c)["channel/CASH"])
    assert closed.day == TODAY
    return booked, struck, held


async def test_who_books_while_the_day_is_closed_is_in_its_balances_or_refused(database: Database) -> None:
    booked, struck, held = await race(database)
    assert struck == held == 130 + 100 * booked


async def test_without_the_row_that_is_held_a_booking_slips_in_behind_the_closing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: who does not hold the ledger's row books on a day that is closed by then."""
    monkeypatch.setattr(payment_closing, "held_open", lambda _, merchants: dict.fromkeys(merchants, ""))
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    await closings.close_day(MERCHANT, TODAY, "op")
    await database.write(book(moving(NOW, "x/2")))
    struck = await database.read(lambda c: payment_closing.balance_at(c, MERCHANT, "channel/CASH", TODAY))
    assert struck == 100 != (await database.read(_by_transfers))["channel/CASH"]


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_closing_waits_for_who_is_booking_and_has_it_in_its_balances(database: Database, place: Place) -> None:
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    engine = create_async_engine(make_url(place.url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as slow:
        await slow.run_sync(book(moving(NOW, "x/2")))
        closing_it = asyncio.create_task(closings.close_day(MERCHANT, TODAY, "op"))
        done, _ = await asyncio.wait({closing_it}, timeout=0.3)
        assert not done
        await slow.commit()
        assert (await closing_it).turnover == 200
    await engine.dispose()


@pytest.mark.parametrize("engine", ["postgresql"])
async def test_a_closing_that_does_not_wait_leaves_out_who_is_booking(
    database: Database, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: nobody holds the ledger's row, so the day is struck without what commits after it."""
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    engine = create_async_engine(make_url(place.url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as slow:
        with monkeypatch.context() as without:
            without.setattr(payment_closing, "held_open", lambda _, merchants: dict.fromkeys(merchants, ""))
            await slow.run_sync(book(moving(NOW, "x/2")))
        assert (await closings.close_day(MERCHANT, TODAY, "op")).turnover == 100
        await slow.commit()
    await engine.dispose()
    assert (await database.read(_by_transfers))["channel/CASH"] == 200
    assert await database.read(lambda c: payment_closing.balance_at(c, MERCHANT, "channel/CASH", TODAY)) == 100


async def test_property_balances_with_closings_are_those_without(database: Database) -> None:
    dice = random.Random(20261128)
    for n in range(120):
        at = NOW + dice.randrange(6) * DAY_MS
        kind = dice.choice(
            (
                books.paid(f"{n}", "WECHAT", f"deposit/01/{n % 7}"),
                books.held(f"{n}", 1, f"deposit/01/{n % 7}"),
                books.paid_out(f"{n}", "WECHAT"),
                books.surplus(f"{n}", "ALIPAY"),
            )
        )
        booking = books.booking(MERCHANT, f"T{n}", at, (kind, dice.randrange(1, 1000)))
        await database.write(book(booking))
    before = await database.read(_by_transfers)
    closings, clock = closing_at(database, 0)
    for day in range(6):
        await closings.close_due(merchant_id=MERCHANT)
        assert {name: amount for name, amount in (await _balances(database)).items() if amount} == before, day
        for account in before:
            struck = await database.read(
                lambda c, account=account: payment_closing.balance_at(c, MERCHANT, account, later(5))  # type: ignore[misc]
            )
            assert struck == before[account]
        clock.advance(86_400)
    assert await database.read(payment_books.sum_of_all) == 0


async def test_old_balances_are_thinned_out_and_follow_from_earlier_ones(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "BALANCE_DAYS", 2)
    for day in range(-1, 4):
        await database.write(book(moving(NOW + day * DAY_MS, f"x/{day}")))
    closings, _ = closing_at(database, 3)
    await closings.close_due(merchant_id=MERCHANT)
    kept = await database.read(lambda c: c.execute(text("SELECT DISTINCT day FROM pay_balance ORDER BY day")).all())
    assert later(-1).endswith("10-31")  # the end of a month stays
    assert [row[0] for row in kept] == [later(-1), later(2), later(3)]
    for day in range(-1, 4):
        struck = await database.read(
            lambda c, day=day: payment_closing.balance_at(c, MERCHANT, "channel/CASH", later(day))  # type: ignore[misc]
        )
        assert struck == 100 * (day + 2)


async def test_books_that_do_not_add_up_are_not_closed(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await database.write(book(moving(NOW, "x/1")))
    closings, _ = closing_at(database, 0)
    monkeypatch.setattr(payment_closing, "sum_at", lambda *_: 1)
    with pytest.raises(BooksBroken):
        await closings.close_day(MERCHANT, TODAY, "op")
    monkeypatch.undo()
    assert await closings.closings() == []
    await database.write(book(moving(NOW, "x/2")))


async def test_a_step_that_comes_too_late_is_taken_again_on_the_new_day(world: World) -> None:
    await world.order(channel="CASH")
    closings = Closing(world.database, FixedClock(NOW + 2 * DAY_MS))
    await world.database.write(book(moving(NOW, "x/1")))
    await closings.close_day(MERCHANT, TODAY, "op")
    await world.settle()
    assert (await world.trade()).state == "placing"
    world.clock.advance(86_400)
    await world.settle(5)
    row = await world.trade()
    assert row.state == "succeeded"
    booked = await world.database.read(lambda c: payment_books.of_trade(c, MERCHANT, row.trace_no))
    assert [one.day for one in booked] == [later(1)]


async def test_of_many_changes_those_of_a_closed_day_are_refused_alone(world: World) -> None:
    await world.database.write(book(moving(NOW, "x/1")))
    await Closing(world.database, FixedClock(NOW + 2 * DAY_MS)).close_day(MERCHANT, TODAY, "op")
    changes = [(Change(bookings=(moving(NOW + day * DAY_MS, f"z/{day}"),)), NOW) for day in (0, 1)]
    refusals = await world.database.write(lambda c: write_many(c, changes))
    assert [type(one) for one in refusals] == [DayClosed, type(None)]
    assert (await world.balances())["channel/CASH"] == 200


def _by_transfers(connection: Connection) -> dict[str, int]:
    """The balances as the transfers alone give them."""
    found: Counter[str] = Counter()
    rows = connection.execute(
        text("SELECT debit, credit, amount FROM pay_transfer WHERE merchant_id = :m"), {"m": MERCHANT}
    )
    for debit, credit, amount in rows:
        found[debit] += amount
        found[credit] -= amount
    return {name: amount for name, amount in found.items() if amount}


async def _balances(database: Database) -> dict[str, int]:
    return dict(await database.read(lambda c: payment_books.balances(c, MERCHANT)))


def _merchant(connection: Connection) -> None:
    merchants.add(
        connection,
        KEYRING,
        NOW,
        merchant_id=MERCHANT,
        name="云桥县人民医院",
        hospital_id="1001",
        account_type="01",
        settings=MerchantSettings(),
    )
