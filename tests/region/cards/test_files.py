"""What the platform's operators find and see of somebody."""

from dataclasses import replace
from typing import TypeVar

import pytest

from tests.region.cards.test_service import ISSUER, NOW_MS, NoLedger, wish
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister
from yiqiao.region.cards import files as module
from yiqiao.region.cards.acts import HeldCard, NoSuchRecord, Serial
from yiqiao.region.cards.files import Files
from yiqiao.region.cards.service import Cards
from yiqiao.region.cards.upkeep import Altered, NewData
from yiqiao.region.identity.person import BoundCard
from yiqiao.storage import Database, Write, Writer

R = TypeVar("R", Altered, HeldCard)
TYPES = ("01", "99")
ID_NO, NAME, PHONE = "990001195001010019", "甲某", "10000000000"


@pytest.fixture
def cards() -> Cards:
    return Cards(KEYRING, FixedClock(NOW_MS), NoRegister(), ISSUER)


@pytest.fixture
def writer(database: Database) -> Writer[None]:
    return Writer(database, NoLedger())


@pytest.fixture
def files(database: Database) -> Files:
    return Files(database, KEYRING, FixedClock(NOW_MS))


@pytest.fixture
async def held(writer: Writer[None], cards: Cards) -> HeldCard:
    """Somebody on file, with a bound card."""
    asked = wish("1")
    person = replace(asked.person, cards=(BoundCard("01", "S00000001"),), address="云桥市城东区柳叶路 9 号")
    outcome = await writer.perform(await cards.register(asked._replace(person=person)), lambda o: (o, None))
    assert not isinstance(outcome, DomainError)
    return outcome


async def altered(writer: Writer[None], write: Write[R]) -> None:
    assert not isinstance(await writer.perform(write, lambda outcome: (outcome, None)), DomainError)


@pytest.mark.parametrize("key", ["number", "name", "phone", "card", "main index", "main index in small letters"])
async def test_somebody_is_found_by_whatever_names_them(key: str, held: HeldCard, files: Files) -> None:
    text = {
        "number": ID_NO,
        "name": NAME,
        "phone": PHONE,
        "card": held.ehealth_card_id,
        "main index": held.mindex_id,
        "main index in small letters": held.mindex_id.lower(),
    }[key]
    (found,) = await files.find(f" {text} ", TYPES)
    assert found.person_id == held.ref.person_id
    assert (found.name, found.id_no, found.mobile_phone, found.live) == (
        "甲*",
        "990***********0019",
        "100****0000",
        True,
    )


@pytest.mark.parametrize("text", ["", " ", "乙某", "990001195001010018", "A" * 500, "甲\0某", "' OR 1=1 --", "甲"])
async def test_what_names_nobody_finds_nobody(text: str, held: HeldCard, files: Files) -> None:
    assert await files.find(text, TYPES) == ()


async def test_a_name_that_many_share_shows_the_newest_few(
    writer: Writer[None], cards: Cards, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_FOUND", 2)
    for number in range(3):
        write = await cards.register(wish(str(number), id_no=f"99000119500101001{number}"))
        assert not isinstance(await writer.perform(write, lambda outcome: (outcome, None)), DomainError)
    assert len(await files.find(NAME, TYPES)) == 2


async def test_a_file_is_masked_unless_asked_for_in_full(held: HeldCard, files: Files) -> None:
    shown = (await files.show(held.ref.person_id)).person
    assert (shown.name, shown.certificate.id_no, shown.mobile_phone) == ("甲*", "990***********0019", "100****0000")
    assert shown.cards == (BoundCard("01", "S******01"),)
    assert shown.address == "云桥市******"
    full = (await files.show(held.ref.person_id, full=True)).person
    assert (full.name, full.certificate.id_no, full.mobile_phone) == (NAME, ID_NO, PHONE)


async def test_a_file_says_nothing_personal_in_its_repr(held: HeldCard, files: Files) -> None:
    told = repr(await files.show(held.ref.person_id, full=True))
    assert NAME not in told
    assert ID_NO not in told


async def test_changes_are_told_with_before_and_after_masked_alike(
    held: HeldCard, writer: Writer[None], cards: Cards, files: Files
) -> None:
    serial = Serial("app", "A1", b"x")
    await altered(
        writer, cards.upkeep.alter(serial, held.ehealth_card_id, NewData(mobile_phone="10000000001", sex="2"))
    )
    other = Serial("app", "A2", b"x")
    old, new = BoundCard("01", "S00000001"), BoundCard("01", "S00000002")
    await altered(writer, cards.upkeep.relink(other, held.ehealth_card_id, old, new))
    changes = {change.serial: change for change in (await files.show(held.ref.person_id)).changes}
    told = {one.what: (one.before, one.after) for change in changes.values() for one in change.changed}
    assert told == {
        "sex": ("1", "2"),
        "mobile_phone": ("100****0000", "100****0001"),
        "cards": ("S******01", "S******02"),
    }
    full = {change.serial: change for change in (await files.show(held.ref.person_id, full=True)).changes}
    assert {one.what: one.after for one in full["A1"].changed} == {"sex": "2", "mobile_phone": "10000000001"}
    assert full["A2"].changed[0].after == "S00000002"


def test_a_datum_that_nobody_has_thought_of_is_hidden() -> None:
    assert module._value("guardian_name", "丙某", full=False) == "***"
    assert module._value("guardian_name", "丙某", full=True) == "丙某"


async def test_closed_cards_stay_in_the_file(held: HeldCard, writer: Writer[None], cards: Cards, files: Files) -> None:
    await altered(writer, cards.upkeep.close(Serial("app", "C1", b"x"), held.ehealth_card_id))
    file = await files.show(held.ref.person_id)
    assert [(card.issue_no, card.state, card.closed_at) for card in file.health_cards] == [(1, "closed", NOW_MS)]
    (found,) = await files.find(NAME, TYPES)
    assert not found.live


async def test_somebody_who_is_not_on_file_is_told_as_such(files: Files) -> None:
    with pytest.raises(NoSuchRecord):
        await files.show("0" * 32)
