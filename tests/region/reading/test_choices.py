"""The patient's choice of how to be read: what can happen to it, on both engines."""

import asyncio

import pytest
from sqlalchemy import select

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.errors import DomainError
from yiqiao.ports.card_reader import Media
from yiqiao.region.reading.choices import CHOOSE_MS, LONGEST_MS, ChoiceOver, Choices, State
from yiqiao.storage import Database, Writer, reading_choices
from yiqiao.storage.tables.reading import reading_choice

MSGID = "H98510001001202611301200000001"


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(1_795_000_000_000)


@pytest.fixture
def choices(database: Database, clock: FixedClock) -> Choices:
    return Choices(database, KEYRING, clock, "https://hub.example")


class NoLedger:
    """A ledger that nothing is written into."""

    def append(self, *_: object) -> None:
        raise AssertionError

    def settle(self, committed: bool) -> None:
        raise AssertionError


async def finish(database: Database, choices: Choices, *tokens: str) -> list[object]:
    """Tell readings together; what became of each."""
    writer: Writer[None] = Writer(database, NoLedger())
    live = [await choices.find("his", token) for token in tokens]
    return await asyncio.gather(*(writer.perform(choices.finish(one), lambda found: (found, None)) for one in live))


async def test_the_same_message_finds_its_choice_again_and_another_makes_its_own(choices: Choices) -> None:
    first = await choices.begin("his", MSGID, "ZZJ-1")
    assert (first.state, first.media, first.desk, first.left_ms) == (State.OPEN, None, "ZZJ-1", CHOOSE_MS)
    assert (await choices.begin("his", MSGID, "ZZJ-1")).token == first.token
    assert (await choices.begin("his", MSGID[:-1] + "2", "ZZJ-1")).token != first.token
    assert (await choices.begin("other", MSGID, "ZZJ-1")).token != first.token
    assert choices.url(first) == f"https://hub.example/reader/{first.token}"
    assert len(first.token) == 32


async def test_a_choice_is_of_the_application_that_asked(choices: Choices) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    assert (await choices.find("his", token)).token == token
    for app_id, number in (("other", token), ("his", "0" * 32), ("his", "不是号")):
        with pytest.raises(ChoiceOver):
            await choices.find(app_id, number)


async def test_what_was_chosen_can_be_chosen_anew_and_is_told_once(database: Database, choices: Choices) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    await choices.choose(token, Media.FACE)
    await choices.choose(token, Media.CODE)
    assert (await choices.find("his", token)).media is Media.CODE
    assert await finish(database, choices, token) == [None]
    with pytest.raises(ChoiceOver, match="已经返回"):
        await choices.begin("his", MSGID, "ZZJ-1")
    with pytest.raises(ChoiceOver):
        await choices.choose(token, Media.CODE)


async def test_of_two_calls_that_come_together_one_is_told(database: Database, choices: Choices) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    await choices.choose(token, Media.CODE)
    outcomes = await finish(database, choices, token, token)
    assert sorted(isinstance(one, ChoiceOver) for one in outcomes) == [False, True]


async def test_a_choice_that_is_cancelled_while_the_card_is_read_tells_nothing(
    database: Database, choices: Choices
) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    await choices.choose(token, Media.CODE)
    live = await choices.find("his", token)
    await choices.cancel(token)
    writer: Writer[None] = Writer(database, NoLedger())
    outcome = await writer.perform(choices.finish(live), lambda found: (found, None))
    assert isinstance(outcome, ChoiceOver)
    assert "取消" in outcome.message


async def test_without_the_guard_of_the_state_both_would_be_told(
    database: Database, choices: Choices, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    await choices.choose(token, Media.CODE)
    kept = reading_choices.move
    monkeypatch.setattr(
        reading_choices, "move", lambda c, digest, _, state: kept(c, digest, tuple(map(str, State)), state)
    )
    outcomes = await finish(database, choices, token, token)
    assert not any(isinstance(one, DomainError) for one in outcomes)


async def test_a_choice_ends_when_its_time_is_over(choices: Choices, clock: FixedClock) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    clock.advance(CHOOSE_MS / 1000 - 1)
    assert (await choices.find("his", token)).left_ms == 1000
    clock.advance(1)
    seen = await choices.seen(token)
    assert seen is not None
    assert (seen.state, seen.left_ms) == (State.EXPIRED, 0)
    with pytest.raises(ChoiceOver, match="超时"):
        await choices.find("his", token)
    with pytest.raises(ChoiceOver):
        await choices.choose(token, Media.CODE)


async def test_choosing_gives_time_to_present_but_not_for_ever(choices: Choices, clock: FixedClock) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    spent = 0
    while spent + CHOOSE_MS - 10_000 < LONGEST_MS:
        clock.advance(CHOOSE_MS / 1000 - 10)
        spent += CHOOSE_MS - 10_000
        await choices.choose(token, Media.CODE)
        assert (await choices.find("his", token)).left_ms == min(CHOOSE_MS, LONGEST_MS - spent)
    clock.advance((LONGEST_MS - spent) / 1000)
    with pytest.raises(ChoiceOver):
        await choices.choose(token, Media.CODE)


async def test_a_patient_may_leave_it(choices: Choices) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    await choices.cancel(token)
    with pytest.raises(ChoiceOver, match="取消"):
        await choices.find("his", token)
    await choices.cancel("0" * 32)
    assert await choices.seen("0" * 32) is None


async def test_a_choice_holds_neither_its_address_nor_anything_of_the_patient(
    database: Database, choices: Choices
) -> None:
    token = (await choices.begin("his", MSGID, "ZZJ-1")).token
    row = await database.read(lambda connection: connection.execute(select(reading_choice)).one())
    assert set(row._fields) == {"token_digest", "app_id", "desk", "state", "media", "at", "expires_at"}
    assert token not in repr(row)
    assert MSGID not in repr(row)
