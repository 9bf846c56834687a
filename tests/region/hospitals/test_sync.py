"""What hospitals show is looked at on its cadence, and what has changed is written down with before and after."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import orjson
import pytest

from tests.support.hospital import HOSPITAL, add_schedules, fill
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, beijing, parse_compact
from yiqiao.hospital.catalogue.service import LocalCatalogue
from yiqiao.hospital.house import House
from yiqiao.jobs import Again, Done, Job
from yiqiao.ports.hospital import UnknownHospital
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered
from yiqiao.region.hospitals.sync import EVERY_S, SYNC, Kind, Sync, enqueue_looks
from yiqiao.storage import Database, synced
from yiqiao.storage.synced import LookRow
from yiqiao.storage.tables.jobs import job

NOW = parse_compact("20261120080000")
TODAY = date(2026, 11, 20)


class Region:
    """One hospital, whose catalogue may be away."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.catalogue: Any = LocalCatalogue(House(database, KEYRING, clock), HOSPITAL)

    def of(self, hospital_id: str) -> object:
        if hospital_id != HOSPITAL:
            raise UnknownHospital(hospital_id)
        return SimpleNamespace(catalogue=self.catalogue)


@pytest.fixture
async def sync(database: Database) -> Sync:
    clock = FixedClock(NOW)
    await database.write(lambda c: fill(c, TODAY))
    return Sync(database, clock, Region(database, clock))  # type: ignore[arg-type]


async def sql(sync: Sync, statement: str) -> None:
    await sync.database.write(lambda c: c.exec_driver_sql(statement))


async def again(sync: Sync, kind: Kind) -> list[tuple[str, str, dict[str, tuple[object, object]]]]:
    """What a later look finds changed."""
    sync.clock.advance(900)  # type: ignore[attr-defined]
    changes = await sync.look(HOSPITAL, kind)
    return [
        (one.what, one.entry_id, {name: (old, new) for name, old, new in orjson.loads(one.differs)}) for one in changes
    ]


@pytest.mark.parametrize("kind", list(Kind))
async def test_what_is_seen_first_or_again_is_no_change(sync: Sync, kind: Kind) -> None:
    assert await sync.look(HOSPITAL, kind) == []
    assert await again(sync, kind) == []
    rows = await sync.database.read(lambda c: synced.entries(c, HOSPITAL, kind))
    assert rows
    assert {row.changed_at for row in rows} == {NOW}
    (look,) = await sync.database.read(synced.looks)
    assert (look.entries, look.trouble, look.seen_at) == (len(rows), "", NOW + 900_000)


async def test_a_fee_that_changed_is_told_with_before_and_after(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.SCHEDULE)
    await sql(sync, "UPDATE schedule SET fee_registration = 1500 WHERE doctor_id = 'YS8103' AND session = 1")
    changes = await again(sync, Kind.SCHEDULE)
    assert len(changes) == 3
    for what, _, differs in changes:
        assert what == "changed"
        before, after = differs["fees"]
        assert isinstance(before, dict)
        assert isinstance(after, dict)
        assert (before["registration"], after["registration"]) == (1000, 1500)


async def test_a_booking_is_no_change(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.SCHEDULE)
    await sql(sync, "UPDATE slot_pool SET taken = 1")
    assert await again(sync, Kind.SCHEDULE) == []


async def test_a_day_that_comes_into_reach_is_no_change_and_one_that_is_filled_up_is(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.SCHEDULE)
    await sync.database.write(lambda c: add_schedules(c, HOSPITAL, [TODAY + timedelta(days=3)]))
    assert await again(sync, Kind.SCHEDULE) == []
    await sql(sync, "UPDATE schedule SET schedule_id = 'PB-new' WHERE schedule_id = 'PB8104D0311211'")
    await sql(sync, "UPDATE slot_pool SET schedule_id = 'PB-new' WHERE schedule_id = 'PB8104D0311211'")
    found = {(what, entry) for what, entry, _ in await again(sync, Kind.SCHEDULE)}
    assert found <= {("added", "PB-new"), ("removed", "PB8104D0311211")}


async def test_doctors_come_and_go_and_nothing_private_of_them_is_kept(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.DOCTOR)
    rows = await sync.database.read(lambda c: synced.entries(c, HOSPITAL, Kind.DOCTOR))
    assert all("3598511980" not in row.content for row in rows)
    await sql(sync, "UPDATE doctor SET active = 0, name = '金秋实' WHERE doctor_id = 'YS8103'")
    assert [what for what, _, _ in await again(sync, Kind.DOCTOR)] in (["changed"], ["removed"])


async def test_a_price_that_is_gone_and_comes_back_is_told_both_times(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.PRICE)
    await sql(sync, "UPDATE price_item SET item_code = 'Y777' WHERE item_code = 'Y001'")
    assert {(what, entry) for what, entry, _ in await again(sync, Kind.PRICE)} == {
        ("added", "0|Y777"),
        ("removed", "0|Y001"),
    }
    await sql(sync, "UPDATE price_item SET item_code = 'Y001' WHERE item_code = 'Y777'")
    assert ("added", "0|Y001", {}) in await again(sync, Kind.PRICE)
    assert len(await sync.database.read(lambda c: synced.changes(c, HOSPITAL, 99))) == 4


async def test_days_that_are_over_are_forgotten(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.SCHEDULE)
    sync.clock.advance(86_400)  # type: ignore[attr-defined]
    assert await sync.look(HOSPITAL, Kind.SCHEDULE) == []
    rows = await sync.database.read(lambda c: synced.entries(c, HOSPITAL, Kind.SCHEDULE))
    assert min(row.day for row in rows) == beijing(sync.clock.now_ms()).date().isoformat()


async def test_a_hospital_that_is_away_keeps_what_was_seen_and_the_trouble_is_written_down(sync: Sync) -> None:
    await sync.look(HOSPITAL, Kind.PRICE)

    async def away() -> None:
        raise HospitalUnreachable

    sync.hospitals.catalogue = SimpleNamespace(prices=away)  # type: ignore[attr-defined]
    with pytest.raises(HospitalUnreachable):
        await again(sync, Kind.PRICE)
    (look,) = await sync.database.read(synced.looks)
    assert look == LookRow(HOSPITAL, "price", NOW + 900_000, NOW, 2, HospitalUnreachable().message)
    assert len(await sync.database.read(lambda c: synced.entries(c, HOSPITAL, Kind.PRICE))) == 2


async def test_what_a_hospital_does_not_show_is_nothing(sync: Sync) -> None:
    async def refused() -> None:
        raise NotOffered

    sync.hospitals.catalogue = SimpleNamespace(prices=refused)  # type: ignore[attr-defined]
    assert await sync.look(HOSPITAL, Kind.PRICE) == []


async def test_a_job_looks_again_on_its_cadence_and_ends_with_the_hospital(sync: Sync) -> None:
    for kind in Kind:
        outcome = await sync(Job(SYNC, "k", {"hospital_id": HOSPITAL, "kind": kind.value}, 0, 1, "", 0))
        assert outcome == Again(NOW + EVERY_S[kind] * 1000)
    gone = Job(SYNC, "k", {"hospital_id": "9859009", "kind": "price"}, 0, 1, "", 0)
    assert await sync(gone) == Done()
    for _ in range(2):
        await sync.database.write(lambda c: enqueue_looks(c, NOW, [HOSPITAL]))
    jobs = await sync.database.read(lambda c: c.execute(job.select().where(job.c.kind == SYNC)).all())
    assert len(jobs) == len(Kind)
