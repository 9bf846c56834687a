"""Registering and verifying on a real database: one person, one live card, every serial once."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister, Resident
from yiqiao.region.cards.acts import (
    CardClosed,
    CodeSuperseded,
    DuplicateSerial,
    HeldCard,
    IdentityConflict,
    Registration,
    Serial,
    Use,
)
from yiqiao.region.cards.codes import CodeInvalid
from yiqiao.region.cards.service import Cards
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.identifiers import CardRef
from yiqiao.region.identity.person import BoundCard, Person
from yiqiao.storage import Database, Write, Writer
from yiqiao.storage.tables.cards import card_use

R = TypeVar("R")
NOW_MS = 1_795_000_000_000
ISSUER = "00000000001"


class NoLedger:
    """A ledger that keeps nothing: the journal has tests of its own."""

    def append(self, connection: Connection, entries: Sequence[None]) -> None: ...

    def settle(self, committed: bool) -> None: ...


class Register:
    """A register that knows one person, with two cards."""

    async def find(self, id_type: str, id_no: str) -> Resident | None:
        known = id_no == "990001199001010018"
        return Resident("登记在册", (("01", "S0001"), ("05", "J0002"))) if known else None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def cards(clock: FixedClock) -> Cards:
    return Cards(KEYRING, clock, NoRegister(), ISSUER)


@pytest.fixture
def writer(database: Database) -> Writer[None]:
    return Writer(database, NoLedger())


def wish(serial: str, id_no: str = "990001195001010019", name: str = "甲某", content: bytes = b"same") -> Registration:
    return Registration(
        Serial("app", serial, content), Person(Certificate("99", id_no), name, "1", "10000000000"), "3", "01"
    )


def use(serial: str, code: str, content: bytes = b"same") -> Use:
    return Use(Serial("app", serial, content), code, "010101", "0300", "T1", "0007", None)


async def done(writer: Writer[None], write: Write[R]) -> R:
    outcome: R | DomainError = await writer.perform(write, lambda outcome: (outcome, None))
    if isinstance(outcome, DomainError):
        raise outcome
    return outcome


async def test_registering_issues_a_card_and_registering_again_finds_it(writer: Writer[None], cards: Cards) -> None:
    """card.system: an account is made once and kept"""
    first = await done(writer, await cards.register(wish("1")))
    again = await done(writer, await cards.register(wish("2")))
    assert first.newly_issued
    assert not again.newly_issued
    assert (first.ehealth_card_id, first.mindex_id) == (again.ehealth_card_id, again.mindex_id)


async def test_a_serial_takes_effect_once_and_the_refusal_says_whether_the_content_was_the_same(
    writer: Writer[None], cards: Cards
) -> None:
    await done(writer, await cards.register(wish("1")))
    with pytest.raises(DuplicateSerial, match="内容与首次请求一致"):
        await done(writer, await cards.register(wish("1")))
    with pytest.raises(DuplicateSerial, match="内容与首次请求不一致"):
        await done(writer, await cards.register(wish("1", id_no="OTHER", content=b"other")))


async def test_a_refused_serial_files_nobody(writer: Writer[None], cards: Cards, database: Database) -> None:
    await done(writer, await cards.register(wish("1")))
    with pytest.raises(DuplicateSerial):
        await done(writer, await cards.register(wish("1", id_no="NEWCOMER", content=b"other")))
    people = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM person").scalar())
    assert people == 1


async def test_the_same_serial_of_two_partners_are_two_serials(writer: Writer[None], cards: Cards) -> None:
    await done(writer, await cards.register(wish("1")))
    other = wish("1")._replace(serial=Serial("another app", "1", b"same"))
    assert not (await done(writer, await cards.register(other))).newly_issued


async def test_a_hundred_registrations_of_one_person_at_once_issue_one_card(
    writer: Writer[None], cards: Cards, database: Database
) -> None:
    writes = [await cards.register(wish(str(n))) for n in range(100)]
    held = await asyncio.gather(*(done(writer, write) for write in writes))
    assert len({card.ehealth_card_id for card in held}) == 1
    issued = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM health_card").scalar())
    assert issued == 1


async def test_a_hundred_calls_at_once_under_one_serial_take_effect_once(writer: Writer[None], cards: Cards) -> None:
    held = await done(writer, await cards.register(wish("1")))
    code = cards.static_code(held)
    calls = [writer.perform(cards.verify(use("same", code)), lambda outcome: (outcome, None)) for _ in range(100)]
    outcomes = await asyncio.gather(*calls)
    assert sum(isinstance(outcome, HeldCard) for outcome in outcomes) == 1
    assert sum(isinstance(outcome, DuplicateSerial) for outcome in outcomes) == 99


async def test_two_processes_cannot_both_use_a_serial(database: Database, cards: Cards) -> None:
    """Two writers stand for two processes; each has its own connection and its own batches."""
    writers = [Writer(database, NoLedger()) for _ in range(2)]
    held = await done(writers[0], await cards.register(wish("1")))
    code = cards.static_code(held)
    calls = [
        writer.perform(cards.verify(use(str(n), code)), lambda outcome: (outcome, None))
        for n in range(200)
        for writer in writers
    ]
    outcomes = await asyncio.gather(*calls)
    assert sum(isinstance(outcome, HeldCard) for outcome in outcomes) == 200
    rows = await database.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM card_use").scalar())
    assert rows == 200


@pytest.fixture
async def unguarded(database: Database) -> AsyncIterator[Database]:
    """A database whose uses of cards have no key; afterwards they have it again, since tests share a PostgreSQL."""
    await database.write(_drop_the_guard)
    yield database
    await database.write(_put_the_guard_back)


async def test_without_the_unique_key_a_serial_would_be_used_twice(unguarded: Database, cards: Cards) -> None:
    """The negative control of the two tests above: with the guard off, they would fail."""
    writers = [Writer(unguarded, NoLedger()) for _ in range(2)]
    held = await done(writers[0], await cards.register(wish("1")))
    code = cards.static_code(held)
    calls = [
        writer.perform(cards.verify(use("same", code)), lambda outcome: (outcome, None))
        for _ in range(20)
        for writer in writers
    ]
    await asyncio.gather(*calls)
    rows = await unguarded.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM card_use").scalar_one())
    assert rows > 1


def _drop_the_guard(connection: Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE unguarded AS SELECT * FROM card_use")
    connection.exec_driver_sql("DROP TABLE card_use")
    connection.exec_driver_sql("ALTER TABLE unguarded RENAME TO card_use")


def _put_the_guard_back(connection: Connection) -> None:
    card_use.drop(connection)
    card_use.create(connection)


async def test_somebody_elses_name_on_a_certificate_is_refused(writer: Writer[None], cards: Cards) -> None:
    await done(writer, await cards.register(wish("1", name="甲某")))
    with pytest.raises(IdentityConflict):
        await done(writer, await cards.register(wish("2", name="乙某")))
    # The refused serial was not used up.
    await done(writer, await cards.register(wish("2", name="甲某")))


async def test_two_names_for_one_new_certificate_in_one_moment_are_told_apart(
    writer: Writer[None], cards: Cards
) -> None:
    writes = [await cards.register(wish(str(n), name=name)) for n, name in enumerate(("甲某", "乙某", "甲某"))]
    outcomes = await asyncio.gather(*(done(writer, write) for write in writes), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [HeldCard, IdentityConflict, HeldCard]


async def test_the_registers_cards_are_linked_and_its_name_must_agree(clock: FixedClock, writer: Writer[None]) -> None:
    cards = Cards(KEYRING, clock, Register(), ISSUER)
    held = await done(writer, await cards.register(wish("1", id_no="990001199001010018", name="登记在册")))
    assert held.person.cards == (BoundCard("01", "S0001"), BoundCard("05", "J0002"))
    with pytest.raises(IdentityConflict):
        await cards.register(wish("2", id_no="990001199001010018", name="另有其人"))


async def test_a_verified_code_gives_the_person(writer: Writer[None], cards: Cards) -> None:
    """`card`: an account made of who somebody is, which a code stands for"""
    held = await done(writer, await cards.register(wish("1")))
    for number, code in enumerate((cards.static_code(held), cards.dynamic_code(held.ref, 60))):
        seen = await done(writer, cards.verify(use(str(number), code)))
        assert seen.person == held.person
        assert seen.ehealth_card_id == held.ehealth_card_id


async def test_a_genuine_code_of_nobody_on_file_is_invalid(writer: Writer[None], cards: Cards) -> None:
    held = await done(writer, await cards.register(wish("1")))
    stranger = held._replace(ref=CardRef("0" * 32, 1))
    with pytest.raises(CodeInvalid, match="未查到"):
        await done(writer, cards.verify(use("1", cards.dynamic_code(stranger.ref, 60))))


async def test_a_closed_cards_code_is_refused_and_an_older_cards_too(
    writer: Writer[None], cards: Cards, database: Database
) -> None:
    held = await done(writer, await cards.register(wish("1")))
    old = cards.static_code(held)
    await database.write(lambda c: c.exec_driver_sql("UPDATE health_card SET state = 'closed', closed_at = 1") and None)
    with pytest.raises(CardClosed):
        await done(writer, cards.verify(use("1", old)))
    renewed = await done(writer, await cards.register(wish("2")))
    assert renewed.mindex_id == held.mindex_id
    assert renewed.ehealth_card_id != held.ehealth_card_id
    with pytest.raises(CodeSuperseded):
        await done(writer, cards.verify(use("2", old)))
    assert await done(writer, cards.verify(use("3", cards.static_code(renewed))))


async def test_nothing_personal_stands_in_the_clear(writer: Writer[None], cards: Cards, database: Database) -> None:
    await done(writer, await cards.register(wish("1", id_no="SECRETNUMBER", name="可识别的姓名")))
    kept = await database.read(lambda c: [bytes(row[0]) for row in c.exec_driver_sql("SELECT sealed FROM person")])
    assert kept
    for blob in kept:
        assert b"SECRETNUMBER" not in blob
        assert "可识别的姓名".encode() not in blob
