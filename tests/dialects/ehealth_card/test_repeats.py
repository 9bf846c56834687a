"""What a repeat of a write gets: refused as the standard has it, or, by profile, the first answer once more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.hub import Hub, alteration, closing, open_hub, refused, registration, showing
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.journal.reader import Reader, Record, Search
from yiqiao.partners import Terminal, store

REGISTER = "ehc.ehealthcard.register"
QUERYWITHREG = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"
AT_ONCE = 20


async def speak(hub: Hub, profile: str) -> None:
    """From now on the hub hears the demo partner in this profile."""
    now = hub.clock.now_ms()
    await hub.runtime.directory.change(lambda c: store.set_profile(c, now, "ehealth_card", "demo-hospital", profile))


@pytest.fixture
async def replaying(hub: Hub) -> Hub:
    """A hub that repeats its first answers."""
    await speak(hub, "replay")
    return hub


async def twice(hub: Hub, method: str, values: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    async with hub.client() as caller:
        return await caller.call(method, values), await caller.call(method, values)


async def opened(hub: Hub) -> str:
    wish = registration(hub.serial(), card_list=[{"card_type": "01", "card_no": "K1"}])
    async with hub.client() as caller:
        return str((await caller.register(**wish))["ehealth_card_id"])


async def count(hub: Hub, table: str) -> int:
    return await hub.runtime.database.read(lambda c: len(c.exec_driver_sql(f"SELECT at FROM {table}").all()))


async def records(hub: Hub, serial: str) -> list[Record]:
    """What the journal has under a serial, oldest first."""
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    lines = (await reader.search(Search(trace=serial))).lines
    return [await reader.show(line.chain, line.seq) for line in reversed(lines)]


async def test_each_write_repeats_its_first_answer_and_is_done_once(replaying: Hub) -> None:
    hub = replaying
    before = {
        name: await count(hub, name) for name in ("card_registration", "person_change", "card_closing", "card_use")
    }
    card = await opened(hub)
    async with hub.client() as caller:
        code = (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]
    link = {"card_type": "01", "card_no": "K1", "new_card_no": "K2"}
    acts = {
        QUERYWITHREG: registration(hub.serial(), generate_type="dynamic", time_expire="60"),
        REGISTER: registration(hub.serial()),
        VERIFY: showing(hub.serial(), code),
        "ehc.ehealthcard.alterinfo": alteration(hub.serial(), card, address="样例路 1 号"),
        "ehc.ehealthcard.alterlink": alteration(hub.serial(), card, **link),
        "ehc.ehealthcard.close": closing(hub.serial(), card),
    }
    for method, values in acts.items():
        first, second = await twice(hub, method, values)
        assert first == second, method
    after = {name: await count(hub, name) for name in before}
    done = {name: after[name] - before[name] for name in before}
    assert done == {"card_registration": 4, "person_change": 2, "card_closing": 1, "card_use": 1}


async def test_a_repeat_is_an_exchange_of_its_own_that_names_the_first(replaying: Hub) -> None:
    wish = registration(replaying.serial())
    await twice(replaying, REGISTER, wish)
    await twice(replaying, REGISTER, wish)
    first, *others = await records(replaying, str(wish["out_register_no"]))
    assert first.view.repeat_of is None
    assert [one.view.repeat_of for one in others] == [first.line.reference] * 3
    assert {one.line.outcome for one in others} == {"0000"}
    assert len({one.line.request_id for one in others}) == 3


async def test_other_content_under_the_serial_is_refused_all_the_same(replaying: Hub) -> None:
    wish = registration(replaying.serial())
    async with replaying.client() as caller:
        await caller.register(**wish)
    refusal = await refused(replaying, REGISTER, {**wish, "address": "别处"})
    assert refusal.code == "3002"
    assert "不一致" in refusal.told
    # The same content under the same serial by the other way of registering: its first answer was of another form.
    assert (await refused(replaying, QUERYWITHREG, wish)).code == "3002"


async def test_another_partners_serial_is_no_repeat(replaying: Hub) -> None:
    def add(connection: Connection) -> str:
        new = store.NewPartner("ehealth_card", "other", "另一家", "replay", terminals=(Terminal("T1", "窗口"),))
        return store.add(connection, replaying.runtime.keyring, replaying.clock.now_ms(), new)

    secret = await replaying.runtime.directory.change(add)
    wish = registration(replaying.serial())
    async with replaying.client() as caller, replaying.client(secret, app_id="other", term_id="T1") as other:
        await caller.register(**wish)
        await other.register(**wish)
    mine, theirs = await records(replaying, str(wish["out_register_no"]))
    assert (mine.view.repeat_of, theirs.view.repeat_of) == (None, None)


async def test_a_verification_is_repeated_after_its_code_has_expired_and_its_card_was_closed(replaying: Hub) -> None:
    hub = replaying
    async with hub.client() as caller:
        wish = registration(hub.serial(), generate_type="dynamic", time_expire="60")
        opened = await caller.querywithreg(**wish)
        use = showing(hub.serial(), opened["ehealth_code"])
        first = await caller.verify(**use)
        hub.clock.advance(61)
        assert await caller.verify(**use) == first
        await caller.close_card(**closing(hub.serial(), opened["ehealth_card_id"]))
        assert await caller.verify(**use) == first
    assert (await refused(hub, VERIFY, {**use, "out_verify_no": hub.serial()})).code == "2001"


async def test_what_was_refused_is_judged_anew(replaying: Hub) -> None:
    use = showing(replaying.serial(), "0" * 48 + ":1:::00000000001")
    assert [(await refused(replaying, VERIFY, use)).code for _ in range(2)] == ["2002", "2002"]


async def test_when_the_journal_was_pruned_a_repeat_is_refused(replaying: Hub) -> None:
    wish = registration(replaying.serial())
    await twice(replaying, REGISTER, wish)
    await replaying.runtime.database.write(forget_the_journal)
    refusal = await refused(replaying, REGISTER, wish)
    assert refusal.code == "3002"
    assert "首次请求已生效" in refusal.told


def forget_the_journal(connection: Connection) -> None:
    connection.exec_driver_sql("DELETE FROM journal")


@asynccontextmanager
async def two_processes(folder: Path, database_url: str) -> AsyncIterator[tuple[Hub, Hub]]:
    """Two hubs over one database, as two workers are."""
    async with open_hub(folder, database_url) as one, open_hub(folder, database_url) as other:
        yield one, other


async def duplicates(hubs: tuple[Hub, Hub], profile: str) -> list[dict[str, object] | BaseException]:
    """The same registration many times at once, at both."""
    for hub in hubs:
        await speak(hub, profile)
        await hub.runtime.directory.refresh()
    wish = registration("the same for all")
    async with hubs[0].client() as one, hubs[1].client() as other:
        calls = [caller.register(**wish) for _ in range(AT_ONCE) for caller in (one, other)]
        return await asyncio.gather(*calls, return_exceptions=True)


@pytest.fixture
def shared_url(database_url: str, tmp_path: Path) -> str:
    return database_url if database_url.startswith("postgresql") else f"sqlite:///{tmp_path / 'shared.db'}"


async def test_duplicates_at_once_are_done_once_and_all_have_the_one_answer(tmp_path: Path, shared_url: str) -> None:
    async with two_processes(tmp_path, shared_url) as hubs:
        before = await count(hubs[0], "card_registration")
        answers = await duplicates(hubs, "replay")
        assert len({str(answer) for answer in answers}) == 1
        assert isinstance(answers[0], dict)
        assert await count(hubs[0], "card_registration") == before + 1
        told = await records(hubs[0], "the same for all")
        assert [record.line.outcome for record in told] == ["0000"] * 2 * AT_ONCE
        assert sum(record.view.repeat_of is None for record in told) == 1


async def test_without_the_profile_all_but_one_are_refused(tmp_path: Path, shared_url: str) -> None:
    """The negative control: it is the profile that turns refusals into answers."""
    async with two_processes(tmp_path, shared_url) as hubs:
        answers = await duplicates(hubs, "standard")
        assert sum(isinstance(answer, dict) for answer in answers) == 1
        assert {answer.code for answer in answers if isinstance(answer, Refused)} == {"3002"}
