"""Partners on file, on both engines: adding, rotating, changing, and what is never written in the clear."""

from dataclasses import replace

import pytest
from sqlalchemy import select, text

from yiqiao.clock import FixedClock
from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import State, Terminal, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.particulars import PartnerExists, PartnerUnfit
from yiqiao.partners.secret_kinds import SecretUnfit
from yiqiao.partners.store import NewPartner
from yiqiao.storage import Database
from yiqiao.storage.tables.partners import partner_key

DEMO = ("ehealth_card", "demo-hospital")
NEW = NewPartner(*DEMO, "示范医院", terminals=(Terminal("T02", "收费窗口"), Terminal("T01", "挂号窗口")))


async def filed(database: Database, keyring: Keyring, clock: FixedClock, new: NewPartner = NEW) -> str:
    return await database.write(lambda c: store.add(c, keyring, clock.now_ms(), new))


async def test_a_filed_partner_is_shown_with_everything_but_its_secret(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    secret = await filed(database, keyring, clock)
    file = await database.read(lambda c: store.show(c, *DEMO))
    assert (file.name, file.profile, file.state) == ("示范医院", "standard", State.ACTIVE)
    assert [terminal.term_id for terminal in file.terminals] == ["T01", "T02"]
    assert (file.operations, file.addresses, file.clock_window_s) == (("*",), (), 600)
    assert len(file.keys) == 1
    assert secret not in repr(file)


async def test_the_same_app_id_is_filed_once_a_dialect(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    await filed(database, keyring, clock)
    await filed(database, keyring, clock, replace(NEW, dialect="cmc"))
    with pytest.raises(PartnerExists):
        await filed(database, keyring, clock)
    assert len(await database.read(store.list_partners)) == 2
    assert len(await database.read(lambda c: store.list_partners(c, "cmc"))) == 1


async def test_the_secret_is_sealed_to_its_own_row(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    secret = await filed(database, keyring, clock)
    row = (await database.read(lambda c: c.execute(select(partner_key)).all()))[0]
    assert secret.encode() not in row.sealed
    assert keyring.unseal(row.key_id, row.sealed, store.key_context(*DEMO, 1)).decode() == secret
    with pytest.raises(DecryptionFailed):
        keyring.unseal(row.key_id, row.sealed, store.key_context("ehealth_card", "another", 1))


async def test_a_secret_may_be_brought_along_if_the_dialect_can_use_it(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    brought = "00112233445566778899AABBCCDDEEFF"
    assert await database.write(lambda c: store.add(c, keyring, clock.now_ms(), NEW, brought)) == brought
    with pytest.raises(SecretUnfit):
        await database.write(lambda c: store.rotate_key(c, keyring, clock.now_ms(), *DEMO, 0, "too short"))
    file = await database.read(lambda c: store.show(c, *DEMO))
    assert [key.valid_to for key in file.keys] == [None], "the refused rotation must leave the old key alone"


async def test_a_rotation_keeps_the_old_key_for_the_overlap(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    first = await filed(database, keyring, clock)
    start = clock.now_ms()
    second = await database.write(lambda c: store.rotate_key(c, keyring, start, *DEMO, 3600))
    old, new = (await database.read(lambda c: store.show(c, *DEMO))).keys
    assert first != second
    assert old.live(start + 3_599_999)
    assert not old.live(start + 3_600_000)
    assert (old.retired_at, new.key_no, new.valid_to, new.retired_at) == (start, 2, None, None)


async def test_a_rotation_never_lengthens_the_life_of_an_older_key(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await filed(database, keyring, clock)
    start = clock.now_ms()
    await database.write(lambda c: store.rotate_key(c, keyring, start, *DEMO, 60))
    await database.write(lambda c: store.rotate_key(c, keyring, start + 1000, *DEMO, 86_400))
    keys = (await database.read(lambda c: store.show(c, *DEMO))).keys
    assert [key.valid_to for key in keys] == [start + 60_000, start + 1000 + 86_400_000, None]
    assert [key.retired_at for key in keys] == [start, start + 1000, None]


async def test_a_rotation_without_overlap_ends_the_old_key_at_once(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    await filed(database, keyring, clock)
    await database.write(lambda c: store.rotate_key(c, keyring, clock.now_ms(), *DEMO, 0))
    old, new = (await database.read(lambda c: store.show(c, *DEMO))).keys
    assert not old.live(clock.now_ms())
    assert new.live(clock.now_ms())


async def test_a_negative_overlap_is_refused(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    await filed(database, keyring, clock)
    with pytest.raises(PartnerUnfit):
        await database.write(lambda c: store.rotate_key(c, keyring, clock.now_ms(), *DEMO, -1))


async def test_particulars_change_one_by_one(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    await filed(database, keyring, clock)
    clock.advance(5)
    now = clock.now_ms()
    await database.write(lambda c: store.disable(c, now, *DEMO))
    await database.write(lambda c: store.grant(c, now, *DEMO, ["b", "a", "b"]))
    await database.write(lambda c: store.list_addresses(c, now, *DEMO, ["10.0.0.0/8", "192.0.2.7"]))
    await database.write(lambda c: store.set_profile(c, now, *DEMO, "tail-key"))
    await database.write(lambda c: store.set_clock_window(c, now, *DEMO, 120))
    await database.write(lambda c: store.set_settings(c, now, *DEMO, {"notify": ["https://his.example/notify"]}))
    await database.write(lambda c: store.add_terminal(c, now, *DEMO, Terminal("T01", "自助机")))
    await database.write(lambda c: store.remove_terminal(c, now, *DEMO, "T02"))
    file = await database.read(lambda c: store.show(c, *DEMO))
    assert (file.state, file.operations, file.profile) == (State.DISABLED, ("a", "b"), "tail-key")
    assert (file.addresses, file.clock_window_s) == (("10.0.0.0/8", "192.0.2.7/32"), 120)
    assert file.settings == {"notify": ["https://his.example/notify"]}
    assert file.terminals == (Terminal("T01", "自助机"),)
    assert file.changed_at == now > file.created_at
    await database.write(lambda c: store.enable(c, now, *DEMO))
    assert (await database.read(lambda c: store.show(c, *DEMO))).state is State.ACTIVE


async def test_every_change_counts_the_version_up_and_a_refused_one_does_not(
    database: Database, keyring: Keyring, clock: FixedClock
) -> None:
    assert await database.read(store.version) == 0
    await filed(database, keyring, clock)
    await database.write(lambda c: store.disable(c, clock.now_ms(), *DEMO))
    assert await database.read(store.version) == 2
    with pytest.raises(UnknownPartner):
        await database.write(lambda c: store.disable(c, clock.now_ms(), "ehealth_card", "nobody"))
    assert await database.read(store.version) == 2


async def test_nobody_is_shown_for_an_unknown_app_id(database: Database) -> None:
    with pytest.raises(UnknownPartner):
        await database.read(lambda c: store.show(c, *DEMO))


@pytest.mark.parametrize(
    "unfit",
    [
        replace(NEW, dialect="fax"),
        replace(NEW, app_id=""),
        replace(NEW, app_id="has blank"),
        replace(NEW, app_id="a" * 65),
        replace(NEW, name="  "),
        replace(NEW, clock_window_s=0),
        replace(NEW, addresses=("10.1.2.3/8",)),
        replace(NEW, addresses=("his.example",)),
        replace(NEW, terminals=(Terminal("终端"),)),
    ],
)
async def test_particulars_that_cannot_be_are_refused(
    database: Database, keyring: Keyring, clock: FixedClock, unfit: NewPartner
) -> None:
    with pytest.raises(PartnerUnfit):
        await filed(database, keyring, clock, unfit)
    assert await database.read(store.list_partners) == ()


async def test_there_is_one_row_of_the_version(database: Database, keyring: Keyring, clock: FixedClock) -> None:
    await filed(database, keyring, clock)
    await filed(database, keyring, clock, replace(NEW, app_id="second"))
    assert await database.read(lambda c: c.scalar(text("SELECT count(*) FROM partner_version"))) == 1
