"""A sandbox as a whole, on both engines: reset, copies, time; partners, keys and the journal stay."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from tests.support.hub import Hub, closing, open_hub, refused, registration, showing
from yiqiao.app.playground import NoPlayground, PartnerNotFiled, Playground, open_playground
from yiqiao.app.settings import Settings
from yiqiao.clock import readable
from yiqiao.dialects.ehealth_card.client import Refused
from yiqiao.journal.reader import Reader
from yiqiao.journal.verify import Verifier
from yiqiao.region.payments import books
from yiqiao.region.payments.course import Change
from yiqiao.sandbox.clock import TimeUnreadable
from yiqiao.sandbox.faults import parse
from yiqiao.storage import Busy, copies, payment_books
from yiqiao.storage.copies import SnapshotUnfit, UnknownSnapshot
from yiqiao.storage.payment_closing import DayClosed
from yiqiao.storage.tables import metadata
from yiqiao.storage.tables.sandbox import sandbox_state

METHOD = "ehc.ehealthcard.querywithreg"
Counts = dict[str, int]


@pytest.fixture
async def hub(tmp_path: Path, database_url: str) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path, database_url) as opened:
        yield opened


def playground(hub: Hub) -> Playground:
    assert hub.runtime.playground is not None
    return hub.runtime.playground


async def counts(hub: Hub, names: frozenset[str] | None = None) -> Counts:
    def work(connection: Connection) -> Counts:
        tables = [t for t in metadata.sorted_tables if (t.name in names if names else t.name not in copies.KEPT)]
        return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in tables if t.name != "job"}

    return await hub.runtime.database.read(work)


async def verified(hub: Hub) -> bool:
    report = await Verifier(hub.runtime.database, hub.runtime.keyring).verify([])
    return report.fault_count == 0 and report.entries > 0


async def used(hub: Hub) -> str:
    """A sandbox in use: somebody registered, a code shown. Answers the serial."""
    async with hub.client() as client:
        serial = hub.serial()
        made = await client.call(METHOD, registration(serial))
        await client.verify(**showing(hub.serial(), made["ehealth_code"]))
    return serial


async def test_a_reset_leads_back_to_what_a_fresh_sandbox_holds(hub: Hub) -> None:
    fresh = await counts(hub)
    serial = await used(hub)
    assert await counts(hub) != fresh
    await playground(hub).reset()
    assert await counts(hub) == fresh
    async with hub.client() as client:
        assert await client.call(METHOD, registration(serial)), "the serial is free again"


async def test_a_reset_keeps_the_partner_its_key_and_the_journal(hub: Hub) -> None:
    await used(hub)
    secret, kept = hub.secret, await counts(hub, frozenset({"journal", "partner", "partner_key", "operator"}))
    await playground(hub).reset()
    assert hub.secret == secret
    assert await counts(hub, frozenset({"journal", "partner", "partner_key", "operator"})) == kept
    await used(hub)
    assert await verified(hub)


async def test_a_reset_sets_the_clock_right_and_switches_faults_off(hub: Hub) -> None:
    await playground(hub).turn("+40d")
    await playground(hub).switch_on("*", "*", parse("lost"))
    await playground(hub).reset()
    assert hub.runtime.clock.now_ms() == hub.clock.now_ms()
    assert playground(hub).controls.idle
    assert await playground(hub).switches() == ()


async def test_after_a_reset_the_code_on_the_start_page_is_a_live_ones(hub: Hub) -> None:
    assert hub.runtime.demo is not None
    async with hub.client() as client:
        seen = await client.verify(**showing(hub.serial(), hub.runtime.demo.live_code().text))
        await client.close_card(**closing(hub.serial(), seen["ehealth_card_id"]))
    await playground(hub).reset()
    async with hub.client() as client:
        assert await client.verify(**showing(hub.serial(), hub.runtime.demo.live_code().text))


async def test_a_snapshot_is_put_back_and_the_journal_goes_on(hub: Hub) -> None:
    first = await used(hub)
    before = await counts(hub)
    await playground(hub).snapshot("one-card")
    async with hub.client() as client:
        second = hub.serial()
        await client.call(METHOD, registration(second, id_no="E00000002"))
    await playground(hub).restore("one-card")
    assert await counts(hub) == before
    assert (await refused(hub, METHOD, registration(first))).code == "3002"
    async with hub.client() as client:
        assert await client.call(METHOD, registration(second, id_no="E00000002"))
    assert await verified(hub)


async def test_a_snapshot_can_be_put_back_again_and_again(hub: Hub) -> None:
    await playground(hub).snapshot("a")
    before = await counts(hub)
    for _ in range(3):
        await used(hub)
        await playground(hub).restore("a")
        assert await counts(hub) == before


async def test_a_name_taken_again_is_replaced_and_dropped_is_gone(hub: Hub) -> None:
    await playground(hub).snapshot("a")
    await used(hub)
    await playground(hub).snapshot("a")
    await playground(hub).snapshot("b")
    changed = await counts(hub)
    await playground(hub).reset()
    await playground(hub).restore("a")
    assert await counts(hub) == changed
    assert [one.name for one in await playground(hub).copies.all()] == ["a", "b"]
    await playground(hub).drop("a")
    assert [one.name for one in await playground(hub).copies.all()] == ["b"]
    with pytest.raises(UnknownSnapshot):
        await playground(hub).restore("a")
    with pytest.raises(UnknownSnapshot):
        await playground(hub).drop("a")


@pytest.mark.parametrize("name", ["", "A", "../keys", "a/b", 'a"b', "-a", "x" * 33, "快照"])
async def test_a_name_that_could_be_a_path_or_a_statement_is_refused(name: str, hub: Hub) -> None:
    with pytest.raises(SnapshotUnfit):
        await playground(hub).snapshot(name)
    with pytest.raises(SnapshotUnfit):
        await playground(hub).restore(name)


async def test_messages_in_flight_are_answered_before_or_after_a_restore(hub: Hub) -> None:
    """Under fire: every answer is a documented one, no card without its holder stays, and the chain holds."""
    await playground(hub).snapshot("a")
    people = await counts(hub)
    codes: set[str] = set()
    done = asyncio.Event()

    async def fire(lane: int) -> None:
        number = 0
        async with hub.client() as client:
            while not done.is_set():
                number += 1
                try:
                    await client.call(METHOD, registration(f"f-{lane}-{number}", id_no=f"E1{lane}{number:06}"))
                    codes.add("0000")
                except Refused as refusal:
                    codes.add(refusal.code)

    firing = [asyncio.create_task(fire(lane)) for lane in range(4)]
    for _ in range(5):
        await asyncio.sleep(0.05)
        await playground(hub).restore("a")
        await playground(hub).reset()
    done.set()
    await asyncio.gather(*firing)
    assert "0000" in codes
    assert codes <= {"0000", "8005", "8006", "8009"}
    orphans = await hub.runtime.database.read(
        lambda c: c.exec_driver_sql(
            "SELECT count(*) FROM health_card WHERE person_id NOT IN (SELECT person_id FROM person)"
        ).scalar()
    )
    assert orphans == 0
    assert await verified(hub)
    await playground(hub).restore("a")
    assert await counts(hub) == people


async def test_who_holds_a_table_for_good_is_not_waited_for_in_vain(
    tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL; SQLite has one writer at a time."""
    monkeypatch.setattr(copies, "_TRIES", 2)
    other = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with open_hub(tmp_path, postgres_url) as hub, other.begin() as connection:
        before = await counts(hub)
        await connection.exec_driver_sql("LOCK TABLE person IN ROW EXCLUSIVE MODE")
        with pytest.raises(Busy):
            await playground(hub).reset()
        assert await counts(hub) == before
    await other.dispose()


async def test_every_table_is_data_or_kept_by_name() -> None:
    data = {table.name for table in copies.data_tables()}
    assert data | copies.KEPT == set(metadata.tables)
    assert "person" in data


async def test_time_moves_for_messages_and_the_refusal_names_both_clocks_and_says_why(hub: Hub) -> None:
    await playground(hub).turn("+2h")
    refusal = await refused(hub, METHOD, registration(hub.serial()))
    assert refusal.code == "9001"
    assert "沙箱时钟已拨动" in refusal.told
    assert "yiqiao sandbox time real" in refusal.told
    reader = Reader(hub.runtime.database, hub.runtime.keyring)
    (line,) = (await reader.search()).lines
    assert line.at == hub.clock.now_ms(), "the journal goes by the machine's clock"
    named = (await reader.show(line.chain, line.seq)).view.fault
    assert named == f"time={readable(hub.runtime.clock.now_ms())}"
    await playground(hub).turn("real")
    assert await used(hub)


async def test_a_code_expires_when_the_clock_is_moved_past_its_life(hub: Hub) -> None:
    assert hub.runtime.demo is not None
    code = hub.runtime.demo.live_code().text
    await playground(hub).turn("+90s")
    async with hub.client() as client:
        with pytest.raises(Refused) as refusal:
            await client.verify(**showing(hub.serial(), code))
    assert refusal.value.code == "2001"


async def test_keys_do_not_end_because_the_clock_is_moved(hub: Hub) -> None:
    for text in ("2001-01-01", "2099-01-01"):
        await playground(hub).turn(text)
        partner = hub.runtime.directory.find("ehealth_card", "demo-hospital")
        assert partner is not None
        assert partner.secrets


async def test_words_that_are_no_time_change_nothing(hub: Hub) -> None:
    with pytest.raises(TimeUnreadable):
        await playground(hub).turn("tomorrow")
    assert hub.runtime.clock.now_ms() == hub.clock.now_ms()


async def test_switches_strike_one_partner_or_everybody_and_a_header_goes_before_both(hub: Hub) -> None:
    controls = playground(hub).controls
    await playground(hub).switch_on("*", "*", parse("late=1"))
    await playground(hub).switch_on("ehealth_card", "demo-hospital", parse("key"))
    for app_id, asked, expected in (
        ("somebody", None, "late=1"),
        ("demo-hospital", None, "key"),
        ("demo-hospital", parse("twice"), "twice"),
    ):
        struck = await controls.striking("ehealth_card", app_id, asked)
        assert struck is not None
        assert struck.text() == expected
    assert await controls.striking("ehealth_card", "demo-hospital", parse("none")) is None
    assert await playground(hub).switch_off("ehealth_card", "demo-hospital")
    assert not await playground(hub).switch_off("ehealth_card", "demo-hospital")
    with pytest.raises(PartnerNotFiled):
        await playground(hub).switch_on("ehealth_card", "nobody", parse("key"))


async def test_a_switch_with_limits_is_used_up_by_number_and_by_time(hub: Hub) -> None:
    controls = playground(hub).controls

    async def strikes(count: int) -> int:
        found = [await controls.striking("ehealth_card", "demo-hospital", None) for _ in range(count)]
        return sum(one is not None for one in found)

    await playground(hub).switch_on("*", "*", parse("lost, times=3"))
    assert await strikes(5) == 3
    (used_up,) = await playground(hub).switches()
    assert (used_up.hit, used_up.over(hub.clock.now_ms())) == (3, True)
    await playground(hub).switch_on("*", "*", parse("database, for=5"))
    assert await strikes(2) == 2
    hub.clock.advance(5)
    assert await strikes(2) == 0


async def test_another_process_sees_what_was_changed_and_finds_its_way_after_a_reset(
    hub: Hub, tmp_path: Path, database_url: str
) -> None:
    async with open_playground(Settings(data=str(tmp_path), database_url=database_url)) as other:
        await other.switch_on("*", "*", parse("lost"))
        await other.turn("+2h")
    await playground(hub).controls.refresh()
    assert not playground(hub).controls.idle
    assert hub.runtime.clock.now_ms() > hub.clock.now_ms() + 3_600_000
    async with open_playground(Settings(data=str(tmp_path), database_url=database_url)) as other:
        await other.reset()
    await playground(hub).controls.refresh()
    assert playground(hub).controls.idle


async def test_an_operator_s_name_is_filed_again_after_another_process_has_reset_the_data(
    hub: Hub, tmp_path: Path, database_url: str
) -> None:
    filed = frozenset({"desk_operator"})
    for _ in range(2):  # known from the second use on
        await used(hub)
    assert await counts(hub, filed) == {"desk_operator": 1}
    async with open_playground(Settings(data=str(tmp_path), database_url=database_url)) as other:
        await other.reset()
    await playground(hub).controls.refresh()
    assert await counts(hub, filed) == {"desk_operator": 0}
    await used(hub)
    assert await counts(hub, filed) == {"desk_operator": 1}


async def test_a_change_by_another_process_is_noticed_without_being_told(
    hub: Hub, tmp_path: Path, database_url: str
) -> None:
    async with open_playground(Settings(data=str(tmp_path), database_url=database_url)) as other:
        await other.switch_on("*", "*", parse("lost"))
    for _ in range(200):
        if not playground(hub).controls.idle:
            break
        await asyncio.sleep(0.05)
    assert not playground(hub).controls.idle


async def test_a_hub_that_is_no_sandbox_any_more_cannot_be_reset(tmp_path: Path, database_url: str) -> None:
    async with open_hub(tmp_path, database_url) as hub:
        before = await counts(hub)
    async with open_hub(tmp_path, database_url, sandbox=False) as serious:
        assert serious.runtime.playground is None
        with pytest.raises(NoPlayground):
            async with open_playground(Settings(data=str(tmp_path), database_url=database_url)):
                pass
        assert await counts(serious) == before
        state = await serious.runtime.database.read(lambda c: c.scalar(select(sandbox_state.c.open)))
        assert state is False


async def test_a_sandbox_on_another_address_has_no_playground(tmp_path: Path) -> None:
    async with open_hub(tmp_path, host="0.0.0.0") as hub:
        assert hub.runtime.playground is None


async def test_days_that_were_closed_are_open_again_when_the_clock_goes_back(hub: Hub) -> None:
    runtime = hub.runtime
    merchant_id = runtime.merchants_demo[0].merchant_id

    def book(connection: Connection, act: str, at: int) -> None:
        kind = books.Kind(act, books.channel("CASH"), "deposit/01/a")
        Change(bookings=(books.booking(merchant_id, "T1", at, (kind, 100)),)).write(connection, at)

    now = runtime.clock.now_ms()
    await runtime.database.write(lambda c: book(c, "x/1", now))
    await playground(hub).turn("+3d")
    await runtime.closing.close_due()  # as the hub does by itself, sooner or later
    assert len(await runtime.closing.closings()) == 3
    with pytest.raises(DayClosed):
        await runtime.database.write(lambda c: book(c, "x/2", now))
    await playground(hub).turn("real")
    await runtime.database.write(lambda c: book(c, "x/2", now))
    assert await runtime.closing.closings() == []
    assert (await runtime.database.read(lambda c: payment_books.balances(c, merchant_id)))["channel/CASH"] == 200
