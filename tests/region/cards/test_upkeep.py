"""Changes of one person from many processes at once: each builds on the one before, and none is lost."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import orjson
import pytest
from sqlalchemy import Connection
from sqlalchemy.util import await_only

from tests.region.cards.test_service import ISSUER, NOW_MS, NoLedger, done, wish
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister
from yiqiao.region.cards.acts import CardClosed, DuplicateSerial, HeldCard, Serial
from yiqiao.region.cards.service import Cards
from yiqiao.region.cards.upkeep import Altered, Enquiry, NewData, change_context
from yiqiao.region.identity.person import BoundCard
from yiqiao.storage import Database, Writer
from yiqiao.storage import cards as store
from yiqiao.storage.cards import Holding

CALLS = 100
PROCESSES = 10


@pytest.fixture
def cards() -> Cards:
    return Cards(KEYRING, FixedClock(NOW_MS), NoRegister(), ISSUER)


@pytest.fixture
def writers(database: Database) -> list[Writer[None]]:
    """Each stands for a process: its own batches, on connections of its own."""
    return [Writer(database, NoLedger()) for _ in range(PROCESSES)]


def serial(number: object, content: bytes = b"same") -> Serial:
    return Serial("app", str(number), content)


async def change_a_hundred_times(cards: Cards, writers: list[Writer[None]]) -> HeldCard:
    """A hundred moves of one person, all at once."""
    held = await done(writers[0], await cards.register(wish("1")))
    moves = [
        writers[n % len(writers)].perform(
            cards.upkeep.alter(serial(n), held.ehealth_card_id, NewData(address=f"{n} 号")), lambda o: (o, None)
        )
        for n in range(CALLS)
    ]
    outcomes = await asyncio.gather(*moves)
    assert all(isinstance(outcome, Altered) for outcome in outcomes)
    return held


async def lost(database: Database, cards: Cards, writers: list[Writer[None]], held: HeldCard) -> int:
    """How many changes no later change (nor the file itself) has built on."""

    def moves(connection: Connection) -> list[list[object]]:
        rows = connection.exec_driver_sql("SELECT app_id, out_alter_no, key_id, sealed FROM person_change")
        return [
            orjson.loads(KEYRING.unseal(k, bytes(sealed), change_context(a, n)))["address"] for a, n, k, sealed in rows
        ]

    told = await database.read(moves)
    found = await writers[0].perform(cards.upkeep.find(Enquiry(held.ehealth_card_id)), lambda o: (o, None))
    assert not isinstance(found, DomainError)
    assert len(told) == CALLS
    return len({after for _, after in told} - {before for before, _ in told} - {found.card.person.address})


def pausing(connection: Connection, ids: Sequence[str]) -> dict[str, Holding]:
    """Reading who is on file, and dallying before anything is made of it (where others could come in between)."""
    found = HOLDINGS(connection, ids)
    if connection.dialect.name == "postgresql":
        await_only(asyncio.sleep(0.01))
    return found


HOLDINGS = store.holdings


async def test_a_hundred_changes_of_one_person_at_once_lose_none(
    database: Database, cards: Cards, writers: list[Writer[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "holdings", pausing)
    held = await change_a_hundred_times(cards, writers)
    assert await lost(database, cards, writers, held) == 0


@pytest.mark.parametrize("engine", ["postgresql"], indirect=True)
async def test_without_the_lock_on_the_person_changes_would_be_lost(
    database: Database, cards: Cards, writers: list[Writer[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control. SQLite needs no such lock: it lets one transaction write at a time."""
    monkeypatch.setattr(store, "holdings", pausing)
    monkeypatch.setattr(store, "lock_persons", lambda connection, ids: None)
    held = await change_a_hundred_times(cards, writers)
    assert await lost(database, cards, writers, held) > 0


async def test_twenty_cards_bound_at_once_by_ten_processes_are_all_bound(
    cards: Cards, writers: list[Writer[None]]
) -> None:
    def binding(n: int) -> BoundCard:
        return BoundCard("01", f"K{n}")

    wishes = [wish(str(n)) for n in range(20)]
    wishes = [w._replace(person=replace(w.person, cards=(binding(n),))) for n, w in enumerate(wishes)]
    held = await asyncio.gather(
        *[done(writers[n % PROCESSES], await cards.register(wanted)) for n, wanted in enumerate(wishes)]
    )
    assert len({card.ehealth_card_id for card in held}) == 1
    last = await done(writers[0], await cards.register(wish("last")))
    assert set(last.person.cards) == {binding(n) for n in range(20)}


async def test_a_hundred_closings_at_once_close_once(cards: Cards, writers: list[Writer[None]]) -> None:
    held = await done(writers[0], await cards.register(wish("1")))
    outcomes = await asyncio.gather(
        *(
            writers[n % PROCESSES].perform(cards.upkeep.close(serial(n), held.ehealth_card_id), lambda o: (o, None))
            for n in range(CALLS)
        )
    )
    assert sum(isinstance(outcome, HeldCard) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, CardClosed) for outcome in outcomes) == CALLS - 1


async def test_one_serial_for_two_persons_in_one_moment_takes_effect_once(
    cards: Cards, writers: list[Writer[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await done(writers[0], await cards.register(wish(str(n), id_no=f"N{n}"))) for n in range(PROCESSES)]
    monkeypatch.setattr(store, "holdings", pausing)
    outcomes = await asyncio.gather(
        *(
            writer.perform(
                cards.upkeep.alter(serial("same"), held.ehealth_card_id, NewData(sex="9")), lambda o: (o, None)
            )
            for writer, held in zip(writers, people, strict=True)
        )
    )
    assert sum(isinstance(outcome, Altered) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, DuplicateSerial) for outcome in outcomes) == PROCESSES - 1
