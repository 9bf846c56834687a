"""docs/qr-codes.md is true: its examples are what the platform makes, and each refusal is told as written there."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.region.cards.test_service import ISSUER, NoLedger, done, use
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister
from yiqiao.region.cards.acts import Registration, Serial
from yiqiao.region.cards.service import Cards
from yiqiao.region.identity.certificates import Certificate
from yiqiao.region.identity.person import Person
from yiqiao.spec import load
from yiqiao.storage import Database, Writer

DOCUMENT = (Path(__file__).parents[3] / "docs" / "qr-codes.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^\| ([a-z ]+) \| `([^`]+)` \|$", DOCUMENT, re.MULTILINE))
REFUSALS = re.findall(r"^\| .+ \| `(\w+)` \| (\d{4}) \| (.+) \|$", DOCUMENT, re.MULTILINE)
LAST_SECOND = 1_795_000_060
NOW_MS = 1_795_000_000_000
SOMEBODY = Person(Certificate("01", "110198199001010014"), "测试甲", "1", "15400000001")


def wish(serial: str) -> Registration:
    return Registration(Serial("app", serial, b""), SOMEBODY, "3", "01")


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def cards(clock: FixedClock) -> Cards:
    return Cards(replace(KEYRING, identity=bytes(range(32))), clock, NoRegister(), ISSUER)


async def refusal(
    writer: Writer[None], cards: Cards, example: str, *, static_will_do: bool = True
) -> tuple[str, str, str]:
    """(error, code, message) of showing an example."""
    shown = use(f"{example} {static_will_do}", EXAMPLES[example])._replace(static_will_do=static_will_do)
    with pytest.raises(DomainError) as caught:
        await done(writer, cards.verify(shown))
    error = caught.value
    return error.name, load("ehealth_card").code_for(error.name).code, error.message


async def test_every_example_is_answered_as_the_document_says(
    database: Database, cards: Cards, clock: FixedClock
) -> None:
    writer: Writer[None] = Writer(database, NoLedger())
    told = [await refusal(writer, cards, "dynamic")]  # nobody on file yet
    held = await done(writer, await cards.register(wish("1")))
    assert cards.static_code(held) == EXAMPLES["static"]
    for example in ("static", "dynamic"):
        assert (await done(writer, cards.verify(use(example, EXAMPLES[example])))).person == SOMEBODY
    told += [await refusal(writer, cards, example) for example in ("altered", "other issuer", "no code")]
    assert (await refusal(writer, cards, "other form"))[:2] == ("ForeignIssuer", "2002")
    told.append(await refusal(writer, cards, "static", static_will_do=False))
    clock.advance(LAST_SECOND - NOW_MS // 1000)
    assert await done(writer, cards.verify(use("in its last second", EXAMPLES["dynamic"])))
    clock.advance(1)
    told.append(await refusal(writer, cards, "dynamic", static_will_do=False))
    await done(writer, cards.upkeep.close(Serial("app", "1", b""), held.ehealth_card_id))
    told.append(await refusal(writer, cards, "static"))
    renewed = await done(writer, await cards.register(wish("2")))
    assert cards.static_code(renewed) == EXAMPLES["static of the next card"]
    clock.advance(1)
    older = use("older", EXAMPLES["static"])
    with pytest.raises(DomainError) as caught:
        await done(writer, cards.verify(older))
    told.append((caught.value.name, "2002", caught.value.message))
    assert sorted(told) == sorted(REFUSALS)


def test_the_document_gives_every_refusal_of_a_code_that_the_standard_has() -> None:
    spec = load("ehealth_card")
    named = {name for name, code in spec.errors.items() if code in ("2001", "2002")}
    assert {name for name, _, _ in REFUSALS} == named


def test_the_documents_profile_is_as_it_says() -> None:
    stages = load("ehealth_card", "dynamic-only").settings["dynamic_only"]
    assert isinstance(stages, list)
    listed = re.search(r"dynamic_only: \[(.+)\]", DOCUMENT)
    assert listed is not None
    assert [text.strip('" ') for text in listed[1].split(",")] == stages
