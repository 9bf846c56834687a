"""Monitoring of card use (用卡监测): periods, figures, masked lines, and the names of operators at desks."""

from collections.abc import Sequence
from datetime import date

import pytest
from sqlalchemy import Connection, text

from tests.region.cards.test_service import ISSUER, NoLedger, use, wish
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister
from yiqiao.region.cards import monitoring as module
from yiqiao.region.cards.acts import HeldCard
from yiqiao.region.cards.monitoring import Monitoring, Period, PeriodUnfit, parse_place, place_of
from yiqiao.region.cards.service import Cards
from yiqiao.storage import Database, Write, Writer, desk_operators

NOON = parse_compact("20261120120000")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def cards(clock: FixedClock) -> Cards:
    return Cards(KEYRING, clock, NoRegister(), ISSUER)


@pytest.fixture
def writer(database: Database) -> Writer[None]:
    return Writer(database, NoLedger())


@pytest.fixture
def monitoring(database: Database, clock: FixedClock) -> Monitoring:
    return Monitoring(database, KEYRING, clock)


async def done(writer: Writer[None], write: Write[HeldCard]) -> HeldCard:
    outcome = await writer.perform(write, lambda outcome: (outcome, None))
    assert not isinstance(outcome, DomainError)
    return outcome


async def code(writer: Writer[None], cards: Cards) -> str:
    return cards.static_code(await done(writer, await cards.register(wish("1"))))


async def test_a_refused_verification_is_no_use_and_a_successful_one_is(
    writer: Writer[None], cards: Cards, monitoring: Monitoring
) -> None:
    """verify.stage"""
    shown = await code(writer, cards)
    await done(writer, cards.verify(use("v1", shown)))
    refused = await writer.perform(cards.verify(use("v1", shown)), lambda outcome: (outcome, None))
    assert isinstance(refused, DomainError)
    period = Period.of(NOON)
    figures = await monitoring.figures(period, period.filter())
    assert (figures.total, [count.key for count in figures.stages]) == (1, ["010101"])


async def test_stretches_without_uses_are_there_too(
    writer: Writer[None], cards: Cards, clock: FixedClock, monitoring: Monitoring
) -> None:
    shown = await code(writer, cards)
    await done(writer, cards.verify(use("v1", shown)))
    clock.advance(-2 * 86_400)
    await done(writer, cards.verify(use("v2", shown)))
    period = Period.of(NOON)
    figures = await monitoring.figures(period, period.filter())
    assert (figures.unit, [slot.uses for slot in figures.slots]) == ("day", [0, 0, 0, 0, 1, 0, 1])


@pytest.mark.parametrize(
    ("first", "last", "unit", "count"),
    [
        ("2026-11-20", "2026-11-20", "hour", 24),
        ("2026-11-19", "2026-11-20", "hour", 48),
        ("2026-11-18", "2026-11-20", "day", 3),
        ("2025-11-21", "2026-11-20", "month", 13),
    ],
)
async def test_the_longer_the_period_the_longer_its_stretches(
    first: str, last: str, unit: str, count: int, monitoring: Monitoring
) -> None:
    period = Period.of(NOON, first, last)
    figures = await monitoring.figures(period, period.filter())
    assert (figures.unit, len(figures.slots)) == (unit, count)


async def test_a_long_period_is_counted_at_most_once_a_minute(
    writer: Writer[None], cards: Cards, clock: FixedClock, monitoring: Monitoring
) -> None:
    shown = await code(writer, cards)
    period, week = Period.of(NOON, "2026-01-01", "2026-11-20"), Period.of(NOON)
    totals = []
    for number in range(3):
        await done(writer, cards.verify(use(f"v{number}", shown)))
        figures = [await monitoring.figures(one, one.filter()) for one in (period, week)]
        other = await monitoring.figures(period, period.filter(office_code="0300"))
        totals.append((*(one.total for one in figures), other.total))
        clock.advance(31)
    assert totals == [(1, 1, 1), (1, 2, 1), (3, 3, 3)]


def test_a_period_is_the_last_seven_days_unless_said_otherwise() -> None:
    assert Period.of(NOON) == Period(date(2026, 11, 14), date(2026, 11, 20))
    assert Period.of(NOON, last="2026-11-10") == Period(date(2026, 11, 4), date(2026, 11, 10))
    assert Period.of(NOON, first="2026-11-20").days == 1
    assert Period.of(parse_compact("20261120003000")).last == date(2026, 11, 20)  # UTC is a day behind


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-11-20", "2026-11-19"),
        ("2026-13-01", ""),
        ("20261120", ""),
        ("2026-W47-5", ""),
        ("", "9999-12-31"),
        ("2025-11-19", "2026-11-20"),
        ("昨天", ""),
    ],
)
def test_what_makes_no_period_is_refused(first: str, last: str) -> None:
    with pytest.raises(PeriodUnfit):
        Period.of(NOON, first, last)


async def test_persons_are_masked_in_the_list(writer: Writer[None], cards: Cards, monitoring: Monitoring) -> None:
    await done(writer, cards.verify(use("v1", await code(writer, cards))))
    (line,) = (await monitoring.uses(Period.of(NOON).filter())).lines
    assert (line.name, line.id_no) == ("甲*", "990***********0019")


async def test_everything_is_listed_once_a_portion_at_a_time(
    writer: Writer[None], cards: Cards, monitoring: Monitoring, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = await code(writer, cards)
    for number in range(7):
        await done(writer, cards.verify(use(f"v{number}", shown)))
    monkeypatch.setattr(module, "PORTION", 3)
    portions = [portion async for portion in monitoring.every_use(Period.of(NOON).filter())]
    assert [len(portion) for portion in portions] == [3, 3, 1]
    assert len({line.serial for portion in portions for line in portion}) == 7


async def test_a_place_in_the_list_survives_being_written(
    writer: Writer[None], cards: Cards, monitoring: Monitoring
) -> None:
    await done(writer, cards.verify(use("流水.1", await code(writer, cards))))
    (line,) = (await monitoring.uses(Period.of(NOON).filter())).lines
    assert parse_place(place_of(line)) == (NOON, "app", "scan", "流水.1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "1.2",
        "1.61.61",
        "1...zz",
        "1.00.61.61",
        "-1.61.61.61",
        "1" * 30 + ".61.61.61",
        "1.ff.61.61",
        "1.61.61.61.61",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"place|fromhex|decode"):
        parse_place(text)


# operators at desks


async def operators(monitoring: Monitoring) -> dict[str, str]:
    period = Period.of(NOON)
    return {count.operator_id: count.name for count in await monitoring.operators(period.filter())}


async def test_the_name_that_came_last_with_an_operator_s_number_is_kept(
    writer: Writer[None], cards: Cards, monitoring: Monitoring
) -> None:
    """authurl.operator, and the operator_name of a verification"""
    shown = await code(writer, cards)
    for number, name in enumerate(["旧名", "旧名", "旧名", "新名", None]):
        await done(writer, cards.verify(use(f"v{number}", shown)._replace(operator_name=name)))
    assert await operators(monitoring) == {"0007": "新名"}


async def test_names_are_sealed_at_rest(
    writer: Writer[None], cards: Cards, monitoring: Monitoring, database: Database
) -> None:
    await done(writer, cards.verify(use("v1", await code(writer, cards))._replace(operator_name="窗口某")))

    def stored(connection: Connection) -> str:
        return " ".join(map(repr, connection.execute(text("SELECT * FROM desk_operator")).one()))

    assert "窗口某" not in await database.read(stored)
    assert "窗口某".encode() not in (await database.read(stored)).encode("latin-1", "replace")


async def test_a_known_operator_costs_no_statement(
    writer: Writer[None], cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    real = desk_operators.name_indexes

    def watched(connection: Connection, operators: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
        asked.append(operators)
        return real(connection, operators)

    monkeypatch.setattr(desk_operators, "name_indexes", watched)
    shown = await code(writer, cards)
    for number in range(5):
        await done(writer, cards.verify(use(f"v{number}", shown)._replace(operator_name="窗口某")))
    assert len(asked) == 2  # once to find nobody, once to find what was written


async def test_a_name_that_was_written_and_undone_is_written_again(
    database: Database, writer: Writer[None], cards: Cards, monitoring: Monitoring
) -> None:
    class Undone(Exception):
        pass

    shown = await code(writer, cards)
    named = use("v1", shown)._replace(operator_name="窗口某")

    def work(connection: Connection) -> None:
        write = cards.verify(named)
        write.lane.execute(connection, [write.command])
        raise Undone

    with pytest.raises(Undone):
        await database.write(work)
    await done(writer, cards.verify(named))
    assert await operators(monitoring) == {"0007": "窗口某"}


@pytest.mark.parametrize("told", [True, False])
async def test_names_are_filed_anew_once_it_is_told_that_the_data_was_replaced(
    told: bool, database: Database, writer: Writer[None], cards: Cards, monitoring: Monitoring
) -> None:
    """Untold, as a control, the names of known operators stay lost."""
    shown = await code(writer, cards)
    for number in range(2):
        await done(writer, cards.verify(use(f"v{number}", shown)._replace(operator_name="窗口某")))
    await database.write(lambda connection: connection.execute(text("DELETE FROM desk_operator")).rowcount)
    if told:
        cards.forget()
    await done(writer, cards.verify(use("v2", shown)._replace(operator_name="窗口某")))
    assert await operators(monitoring) == {"0007": "窗口某" if told else ""}
