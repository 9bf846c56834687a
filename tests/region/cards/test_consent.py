"""Consents on a real database: each ends once, whoever comes at the same moment, and is told to who asked for it."""

import asyncio
from collections.abc import Sequence

import pytest
from sqlalchemy import Connection

from tests.region.cards.test_service import ISSUER, NOW_MS, NoLedger, done, use, wish
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.errors import DomainError
from yiqiao.ports.residents import NoRegister
from yiqiao.region.cards.acts import CardClosed, DuplicateSerial, HeldCard, NoSuchRecord, Serial
from yiqiao.region.cards.consent import (
    CONSENT_S,
    READABLE_S,
    STEPS,
    Asking,
    Concluded,
    ConsentOver,
    Event,
    Standing,
    State,
    consent_context,
)
from yiqiao.region.cards.monitoring import Monitoring, UseLine
from yiqiao.region.cards.service import Cards
from yiqiao.storage import Database, Write, Writer
from yiqiao.storage import consents as store
from yiqiao.storage.card_uses import UseFilter
from yiqiao.storage.consents import ConsentRow

ADDRESS = "https://hub.example"
PROCESSES = 8
ANSWERS = (Event.CONSENT, Event.REFUSE, Event.CANCEL)
LAST_MS = CONSENT_S * 1000 - 1


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW_MS)


@pytest.fixture
def cards(clock: FixedClock) -> Cards:
    return Cards(KEYRING, clock, NoRegister(), ISSUER, ADDRESS)


@pytest.fixture
def writers(database: Database) -> list[Writer[None]]:
    """Each stands for a process: its own batches, on connections of its own."""
    return [Writer(database, NoLedger()) for _ in range(PROCESSES)]


@pytest.fixture
def writer(writers: list[Writer[None]]) -> Writer[None]:
    return writers[0]


def asking(number: str = "q1", content: bytes = b"same", app_id: str = "app") -> Asking:
    return Asking(Serial(app_id, number, content), "010101", "0300", "T1", "0007", "测试员", "192.0.2.7")


async def asked(cards: Cards, writer: Writer[None], number: str = "q1") -> str:
    """The token of a link just given out."""
    return (await done(writer, cards.consents.ask(asking(number)))).rpartition("/")[2]


async def outcome(writer: Writer[None], write: Write[Concluded]) -> Concluded | DomainError:
    return await writer.perform(write, lambda o: (o, None))


async def stands(cards: Cards, writer: Writer[None], number: str = "q1", app_id: str = "app") -> Standing | DomainError:
    return await writer.perform(cards.consents.find(app_id, number), lambda o: (o, None))


async def registered(cards: Cards, writer: Writer[None], serial: str = "r1") -> HeldCard:
    return await done(writer, await cards.register(wish(serial)))


def decision(cards: Cards, token: str, event: Event, held: HeldCard) -> Write[Concluded]:
    return cards.consents.decide(token, event, held.person.certificate)


# the steps


def test_every_answer_leads_on_from_ing_and_nothing_leads_on_from_an_end() -> None:
    assert set(STEPS) == {(State.ING, event) for event in Event}
    assert set(STEPS.values()) == set(State) - {State.ING}


@pytest.mark.parametrize("event", ANSWERS)
async def test_rule_auth_query_states_the_answer_is_what_the_application_sees(
    event: Event, cards: Cards, writer: Writer[None]
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    assert await stands(cards, writer) == Standing(State.ING)
    concluded = await done(writer, decision(cards, token, event, held))
    state = STEPS[State.ING, event]
    assert (concluded.state, concluded.number, concluded.person_id) == (state, "q1", held.ref.person_id)
    expected = Standing(state, held if event is Event.CONSENT else None)
    for _ in range(2):  # asking again is reading
        seen = await stands(cards, writer)
        assert isinstance(seen, Standing)
        assert seen.state == expected.state
        assert (seen.card and seen.card.ehealth_card_id) == (expected.card and expected.card.ehealth_card_id)


@pytest.mark.parametrize("second", ANSWERS)
@pytest.mark.parametrize("first", ANSWERS)
async def test_who_has_answered_cannot_answer_again(
    first: Event, second: Event, cards: Cards, writer: Writer[None]
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    await done(writer, decision(cards, token, first, held))
    assert isinstance(await outcome(writer, decision(cards, token, second, held)), ConsentOver)
    seen = await stands(cards, writer)
    assert isinstance(seen, Standing)
    assert seen.state == STEPS[State.ING, first]


# the link


async def test_link_fits_its_field_and_its_token_is_kept_as_a_digest_only(
    cards: Cards, writer: Writer[None], database: Database
) -> None:
    link = await done(writer, cards.consents.ask(asking()))
    token = link.rpartition("/")[2]
    assert link.startswith(f"{ADDRESS}/a/")
    assert len(link) <= 128
    assert len(token) * 6 >= 128  # bits, six a character
    rows = await database.read(lambda c: store.consents(c, [("app", "q1")]))
    row = rows["app", "q1"]
    assert bytes(row.token_digest) == sm3(token.encode())
    assert all(token not in str(value) for value in row)
    assert KEYRING.unseal(row.key_id, bytes(row.sealed), consent_context("app", "q1")).decode() == "测试员"


@pytest.mark.parametrize("content", [b"same", b"other"])
async def test_rule_serial_a_serial_asks_once(content: bytes, cards: Cards, writer: Writer[None]) -> None:
    first = await asked(cards, writer)
    again = await writer.perform(cards.consents.ask(asking(content=content)), lambda o: (o, None))
    assert isinstance(again, DuplicateSerial)
    assert ("一致，首次请求已生效" in again.message) == (content == b"same")
    held = await registered(cards, writer)
    assert (await done(writer, decision(cards, first, Event.CONSENT, held))).state is State.SUCC


async def test_one_serial_asked_with_many_times_at_once_gives_one_link(
    cards: Cards, writers: list[Writer[None]]
) -> None:
    links = await asyncio.gather(
        *(w.perform(cards.consents.ask(asking()), lambda o: (o, None)) for w in writers for _ in range(3))
    )
    assert sum(isinstance(link, str) for link in links) == 1
    assert sum(isinstance(link, DuplicateSerial) for link in links) == len(links) - 1


async def test_unknown_link_changes_nothing(cards: Cards, writer: Writer[None], database: Database) -> None:
    held = await registered(cards, writer)
    assert isinstance(await outcome(writer, decision(cards, "made-up", Event.CONSENT, held)), NoSuchRecord)
    assert await database.read(lambda c: cards.consents.seen(c, "made-up")) is None


# who may ask, and for how long


async def test_rule_auth_query_poll_another_application_learns_nothing(cards: Cards, writer: Writer[None]) -> None:
    await asked(cards, writer)
    other, unknown = await stands(cards, writer, app_id="other"), await stands(cards, writer, "q2")
    assert isinstance(other, NoSuchRecord)
    assert isinstance(unknown, NoSuchRecord)
    assert other.message == unknown.message


async def test_time_is_over_for_good(cards: Cards, writer: Writer[None], clock: FixedClock) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    clock.advance(CONSENT_S)
    assert isinstance(await outcome(writer, decision(cards, token, Event.CONSENT, held)), ConsentOver)
    assert await stands(cards, writer) == Standing(State.FAIL)
    clock.advance(-CONSENT_S)  # whatever a clock says later: a failure that was told stays one
    assert isinstance(await outcome(writer, decision(cards, token, Event.CONSENT, held)), ConsentOver)
    assert await stands(cards, writer) == Standing(State.FAIL)


async def test_last_moment_still_counts(cards: Cards, writer: Writer[None], clock: FixedClock) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    clock.advance(LAST_MS / 1000)
    assert (await done(writer, decision(cards, token, Event.CONSENT, held))).state is State.SUCC
    clock.advance(CONSENT_S)
    seen = await stands(cards, writer)
    assert isinstance(seen, Standing)
    assert seen.state is State.SUCC


async def test_consent_is_for_one_use_and_not_for_good(cards: Cards, writer: Writer[None], clock: FixedClock) -> None:
    held = await registered(cards, writer)
    await done(writer, decision(cards, await asked(cards, writer), Event.CONSENT, held))
    clock.advance(READABLE_S - 1)
    assert isinstance(await stands(cards, writer), Standing)
    clock.advance(1)
    assert isinstance(await stands(cards, writer), NoSuchRecord)


async def test_nobody_without_a_card_in_force_consents(cards: Cards, writer: Writer[None]) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    await done(writer, cards.upkeep.close(Serial("app", "c1", b""), held.ehealth_card_id))
    assert isinstance(await outcome(writer, decision(cards, token, Event.CONSENT, held)), NoSuchRecord)
    assert await stands(cards, writer) == Standing(State.ING)  # with another card it would still go
    assert (await done(writer, decision(cards, token, Event.CANCEL, held))).state is State.CANCEL


async def test_card_that_was_closed_after_the_consent_is_not_told(cards: Cards, writer: Writer[None]) -> None:
    held = await registered(cards, writer)
    await done(writer, decision(cards, await asked(cards, writer), Event.CONSENT, held))
    await done(writer, cards.upkeep.close(Serial("app", "c1", b""), held.ehealth_card_id))
    assert isinstance(await stands(cards, writer), CardClosed)


# what monitoring counts


async def used(database: Database) -> list[UseLine]:
    """All uses of cards, as monitoring lists them."""
    monitoring = Monitoring(database, KEYRING, FixedClock(NOW_MS))
    return list((await monitoring.uses(UseFilter(0, 1 << 50))).lines)


async def test_rule_authurl_operator_a_consent_that_was_given_is_a_use_of_the_card(
    cards: Cards, writer: Writer[None], database: Database, clock: FixedClock
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    assert await used(database) == []
    clock.advance(5)
    await done(writer, decision(cards, token, Event.CONSENT, held))
    (line,) = await used(database)
    assert (line.way, line.code_kind, line.app_id, line.serial) == ("consent", "consent", "app", "q1")
    assert (line.person_id, line.issue_no, line.at) == (held.ref.person_id, 1, NOW_MS + 5_000)
    assert (line.treatment_code, line.office_code, line.term_id) == ("010101", "0300", "T1")
    assert (line.operator_id, line.operator_name, line.ip_addr) == ("0007", "测试员", "192.0.2.7")


@pytest.mark.parametrize("event", [Event.REFUSE, Event.CANCEL])
async def test_consent_that_was_not_given_is_no_use(
    event: Event, cards: Cards, writer: Writer[None], database: Database
) -> None:
    held = await registered(cards, writer)
    await done(writer, decision(cards, await asked(cards, writer), event, held))
    assert await used(database) == []


async def test_consent_that_came_too_late_is_no_use(
    cards: Cards, writer: Writer[None], database: Database, clock: FixedClock
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    clock.advance(CONSENT_S)
    assert isinstance(await outcome(writer, decision(cards, token, Event.CONSENT, held)), ConsentOver)
    assert await used(database) == []


@pytest.mark.parametrize("consent_first", [True, False])
async def test_consent_and_code_may_have_the_same_number_and_both_are_uses(
    consent_first: bool, cards: Cards, writer: Writer[None], database: Database
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer, "same")
    if consent_first:
        await done(writer, decision(cards, token, Event.CONSENT, held))
    await done(writer, cards.verify(use("same", cards.static_code(held))))
    if not consent_first:
        await done(writer, decision(cards, token, Event.CONSENT, held))
    assert sorted((line.serial, line.way) for line in await used(database)) == [("same", "consent"), ("same", "scan")]


async def test_consents_given_in_one_moment_are_a_use_each(
    cards: Cards, writer: Writer[None], database: Database
) -> None:
    held = await registered(cards, writer)
    tokens = [await asked(cards, writer, f"q{n}") for n in range(20)]
    await asyncio.gather(
        *(done(writer, decision(cards, token, ANSWERS[n % 2], held)) for n, token in enumerate(tokens))
    )
    assert sorted(line.serial for line in await used(database)) == sorted(f"q{n}" for n in range(0, 20, 2))


async def test_operator_whose_name_cannot_be_read_keeps_nobody_from_consenting(
    cards: Cards, writer: Writer[None], database: Database
) -> None:
    held = await registered(cards, writer)
    token = await asked(cards, writer)
    await database.write(lambda c: c.exec_driver_sql("UPDATE card_consent SET operator_id = '0008', key_id = 'lost'"))
    await done(writer, decision(cards, token, Event.CONSENT, held))
    (line,) = await used(database)
    assert (line.operator_id, line.operator_name) == ("0008", "")


# all at once


async def race(
    cards: Cards, writers: list[Writer[None]], events: Sequence[Event]
) -> tuple[list[Concluded], Standing | DomainError]:
    """These answers at once, from all processes; and how it stands afterwards."""
    held = await registered(cards, writers[0])
    token = await asked(cards, writers[0])
    outcomes = await asyncio.gather(
        *(outcome(writer, decision(cards, token, event, held)) for writer in writers for event in events)
    )
    assert all(isinstance(o, Concluded | ConsentOver) for o in outcomes)
    return [o for o in outcomes if isinstance(o, Concluded)], await stands(cards, writers[0])


@pytest.mark.parametrize("events", [(Event.CONSENT, Event.CONSENT), (Event.CONSENT, Event.REFUSE), ANSWERS])
async def test_answers_at_once_have_one_outcome(
    events: Sequence[Event], cards: Cards, writers: list[Writer[None]]
) -> None:
    effective, seen = await race(cards, writers, events)
    assert len(effective) == 1
    assert isinstance(seen, Standing)
    assert seen.state == effective[0].state


async def test_consent_given_many_times_at_once_is_one_use(
    cards: Cards, writers: list[Writer[None]], database: Database
) -> None:
    await race(cards, writers, (Event.CONSENT, Event.CONSENT))
    assert len(await used(database)) == 1


async def test_without_the_condition_there_there_would_be_more_than_one(
    cards: Cards, writers: list[Writer[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control."""
    monkeypatch.setattr(store, "STILL_OPEN", "1 = 1")
    effective, _ = await race(cards, writers, (Event.CONSENT, Event.CANCEL))
    assert len(effective) > 1


class Striking(FixedClock):
    """A clock that jumps over the end of the minute and back at every look: processes whose clocks disagree."""

    def now_ms(self) -> int:
        self.ms ^= 1
        return self.ms


async def last_second(
    cards: Cards, writers: list[Writer[None]], clock: FixedClock
) -> tuple[list[Concluded], list[str]]:
    """A consent in the last second, while the application asks; what took effect, and all that the application saw."""
    held = await registered(cards, writers[0])
    link = await asked(cards, writers[0])
    clock.ms = NOW_MS + CONSENT_S * 1000
    calls = [outcome(w, decision(cards, link, Event.CONSENT, held)) for w in writers for _ in range(4)]
    queries = [stands(cards, w) for w in writers for _ in range(4)]
    found = await asyncio.gather(*(call for pair in zip(calls, queries, strict=True) for call in pair))
    seen = [str(o.state) for o in (*found, await stands(cards, writers[0])) if isinstance(o, Standing)]
    return [o for o in found if isinstance(o, Concluded)], seen


async def test_consent_in_the_last_second_is_given_or_is_not(database: Database, writers: list[Writer[None]]) -> None:
    clock = Striking(NOW_MS)
    effective, seen = await last_second(Cards(KEYRING, clock, NoRegister(), ISSUER, ADDRESS), writers, clock)
    ends = set(seen) - {"ing"}
    assert len(effective) == (1 if ends == {"succ"} else 0)
    assert len(ends) == 1


async def test_if_failing_were_not_written_down_it_could_be_taken_back(
    database: Database, writers: list[Writer[None]], clock: FixedClock, cards: Cards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the last second: the application is told a failure, and then a consent."""

    def unwritten(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], ConsentRow]:
        rows = CONSENTS(connection, serials)
        return {key: row._replace(state="fail") if told_late(row) else row for key, row in rows.items()}

    def told_late(row: ConsentRow) -> bool:
        return row.state == "ing" and clock.now_ms() >= row.expires_at

    monkeypatch.setattr(store, "consents", unwritten)
    held = await registered(cards, writers[0])
    link = await asked(cards, writers[0])
    clock.advance(CONSENT_S)
    assert await stands(cards, writers[0]) == Standing(State.FAIL)
    clock.advance(-1)
    assert isinstance(await outcome(writers[1], decision(cards, link, Event.CONSENT, held)), Concluded)


CONSENTS = store.consents
