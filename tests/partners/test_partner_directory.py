"""The partners at hand: seen at once by who changed them, soon by everybody else, and always as they stand now."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from yiqiao.clock import FixedClock
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import Directory, State, Terminal, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.store import NewPartner
from yiqiao.storage import Database, StorageUnreachable

DEMO = ("ehealth_card", "demo-hospital")
NEW = NewPartner(*DEMO, "示范医院", addresses=("10.0.0.0/8",), terminals=(Terminal("T01"),), settings={"demo": True})


@pytest.fixture
async def directory(database: Database, keyring: Keyring, clock: FixedClock) -> AsyncIterator[Directory]:
    opened = Directory(database, keyring, clock, refresh_s=0.01)
    await opened.open()
    yield opened
    await opened.close()


async def until_seen(directory: Directory, state: State) -> None:
    for _ in range(1000):
        found = directory.find(*DEMO)
        if found is not None and found.state is state:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"the directory never showed the partner as {state}")


async def test_a_partner_filed_here_is_found_at_once(directory: Directory, keyring: Keyring, clock: FixedClock) -> None:
    assert directory.find(*DEMO) is None
    secret = await directory.change(lambda c: store.add(c, keyring, clock.now_ms(), NEW))
    found = directory.find(*DEMO)
    assert found is not None
    assert (found.secrets, found.terminals) == ((secret,), frozenset({"T01"}))
    assert [str(network) for network in found.networks] == ["10.0.0.0/8"]
    assert found.settings == {"demo": True}
    assert directory.all() == (found,)
    assert directory.find("cmc", DEMO[1]) is None


async def test_a_change_made_elsewhere_is_seen_soon(
    directory: Directory, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await database.write(lambda c: store.add(c, keyring, clock.now_ms(), NEW))
    await until_seen(directory, State.ACTIVE)
    await database.write(lambda c: store.disable(c, clock.now_ms(), *DEMO))
    await until_seen(directory, State.DISABLED)


async def test_both_keys_of_a_rotation_are_live_until_its_end_to_the_millisecond(
    directory: Directory, keyring: Keyring, clock: FixedClock
) -> None:
    old = await directory.change(lambda c: store.add(c, keyring, clock.now_ms(), NEW))
    new = await directory.change(lambda c: store.rotate_key(c, keyring, clock.now_ms(), *DEMO, 60))
    clock.advance(59.999)
    assert (partner := directory.find(*DEMO))
    assert partner.secrets == (new, old)
    clock.advance(0.001)
    assert (partner := directory.find(*DEMO))
    assert partner.secrets == (new,)


async def test_a_refused_change_changes_nothing(directory: Directory, clock: FixedClock) -> None:
    with pytest.raises(UnknownPartner):
        await directory.change(lambda c: store.disable(c, clock.now_ms(), *DEMO))
    assert directory.all() == ()


async def test_one_unreadable_key_keeps_nobody_else_out(
    directory: Directory, database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    other = NewPartner("ehealth_card", "other-hospital", "另一医院")
    await database.write(lambda c: store.add(c, keyring, clock.now_ms(), other))
    await database.write(
        lambda c: c.execute(text("UPDATE partner_key SET key_id = 'lost' WHERE app_id = 'other-hospital'"))
    )
    secret = await directory.change(lambda c: store.add(c, keyring, clock.now_ms(), NEW))
    assert (found := directory.find(*DEMO))
    assert found.secrets == (secret,)
    assert (broken := directory.find("ehealth_card", "other-hospital"))
    assert broken.secrets == ()


async def test_the_last_known_partners_serve_while_the_database_is_away(
    directory: Directory, database: Database, keyring: Keyring, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await directory.change(lambda c: store.add(c, keyring, clock.now_ms(), NEW))
    asked = asyncio.Event()

    async def away(_work: object) -> object:
        asked.set()
        raise StorageUnreachable

    with monkeypatch.context() as patch:
        patch.setattr(database, "read", away)
        await asyncio.wait_for(asked.wait(), 10)
        assert directory.find(*DEMO) is not None
    await database.write(lambda c: store.disable(c, clock.now_ms(), *DEMO))
    await until_seen(directory, State.DISABLED)
