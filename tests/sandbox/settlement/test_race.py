"""Two desks settle for one person at the same moment: the account never pays more than it holds."""

import asyncio

import pytest

from tests.sandbox.settlement.desk import Desk, line, somebody, visitor
from tests.support import race
from tests.support.race import at_the_same_moment
from yiqiao.ports.insurance_settlement import CentreRefused, Settlement
from yiqiao.sandbox.insurance_centre import SandboxCentre, change_account
from yiqiao.sandbox.settlement import years
from yiqiao.storage import open_database, shelves
from yiqiao.storage.migrate import upgrade
from yiqiao.storage.shelves import DatabaseStore, Store

EMPLOYEE = somebody(kind="310", person_kind="11", civil_servant=False)
WHO = visitor(EMPLOYEE)
BALANCE = 5_000


async def both_at_once(store: Store, patch: pytest.MonkeyPatch) -> tuple[bool, list[object]]:
    """Two visits, each reckoned with the whole account, settled while the other is about to be."""
    desk = Desk(store)
    await store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=BALANCE))
    visits = [await desk.visit(WHO, line(4_000)) for _ in range(2)]
    expected = [await desk.presettle(WHO, visit) for visit in visits]

    def settling(place: int) -> "asyncio.Future[Settlement]":
        how = desk.centre.settle(f"S{place}", WHO, visits[place], use_account=True, expected=expected[place])
        return asyncio.ensure_future(how)

    return await at_the_same_moment(patch, (years, "used"), [lambda: settling(0), lambda: settling(1)])


async def balance(store: Store) -> int:
    told = await SandboxCentre(store, Desk(store).clock).by_certificate("01", EMPLOYEE.who.id_no)
    return int(told.insurances[0].balance * 100)


async def test_the_second_waits_and_is_refused(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await upgrade(postgres_url)
    database = await open_database(postgres_url)
    try:
        store = DatabaseStore(database)
        waited, (first, second) = await both_at_once(store, monkeypatch)
        assert waited
        assert isinstance(first, Settlement)
        assert isinstance(second, CentreRefused)
        assert (first.account, await balance(store)) == (4_000, 1_000)
    finally:
        await database.close()


async def test_without_the_hold_the_account_would_pay_twice(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await upgrade(postgres_url)
    database = await open_database(postgres_url)
    rows = shelves._Rows
    monkeypatch.setattr(race, "A_WHILE_S", 10)
    monkeypatch.setattr(shelves, "_Rows", lambda connection, hold: rows(connection, hold=False))
    try:
        store = DatabaseStore(database)
        waited, (first, second) = await both_at_once(store, monkeypatch)
        assert not waited
        assert isinstance(first, Settlement)
        assert isinstance(second, Settlement)
        assert first.account + second.account > BALANCE
    finally:
        await database.close()


async def test_of_many_at_once_each_gets_what_is_there(store: Store) -> None:
    desk = Desk(store)
    await store.write(lambda book: change_account(book, EMPLOYEE, 1, balance=BALANCE))
    visits = [await desk.visit(WHO, line(2_000)) for _ in range(6)]
    expected = [await desk.presettle(WHO, visit) for visit in visits]
    ways = [
        desk.centre.settle(f"S{place}", WHO, visit, use_account=True, expected=expected[place])
        for place, visit in enumerate(visits)
    ]
    outcomes = await asyncio.gather(*ways, return_exceptions=True)
    settled = [one for one in outcomes if isinstance(one, Settlement)]
    refused = [one for one in outcomes if isinstance(one, CentreRefused)]
    assert (len(settled), len(refused)) == (2, 4), "the reckoning stands while the account holds a whole bill"
    assert await balance(store) == BALANCE - 4_000
