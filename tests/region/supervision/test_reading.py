"""What operators read of uploads: versions with their contents, a medical service, what waits, what is counted."""

import pytest

from tests.region.supervision.world import APP, DAY, NOW, Sent, World, needs
from tests.support.keys import KEYRING
from yiqiao.partners.audit import acts
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.reading import Readings, UnknownRecord
from yiqiao.storage import Database
from yiqiao.storage.supervision_records import Fact


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.open()
    await made.send(Sent(Kind.ORDER, "O1", "一"), *(Sent(Kind.ORDER, f"P{n}", f"第 {n} 行") for n in range(200)))
    made.clock.advance(1)
    await made.send(Sent(Kind.ORDER, "O1", "二", needs(staff="D07"), at=5))
    return made


@pytest.fixture
def readings(world: World) -> Readings:
    return Readings(world.database, KEYRING, world.clock)


async def test_a_record_is_read_with_all_its_versions_and_that_is_written_down(readings: Readings) -> None:
    new, old = await readings.record("root", APP, "order", "O1")
    assert (new.row.state, new.wants, new.content["content"]) == ("waiting", (Fact("staff", "D07"),), "二")
    assert (old.row.in_force, old.wants, old.content["content"]) == (1, (), "一")
    told = await readings.database.read(lambda c: acts(c, operator="root"))
    assert (told[0].act, told[0].target, dict(told[0].detail)) == ("supervision.read", APP, {"kind": "order"})
    with pytest.raises(UnknownRecord):
        await readings.record("root", APP, "order", "O9")


async def test_a_row_is_found_on_the_page_on_which_it_stands(readings: Readings) -> None:
    for n in (0, 62, 63, 64, 199):
        (one,) = await readings.record("root", APP, "order", f"P{n}")
        assert (one.content["key"], one.content["content"]) == (f"P{n}", f"第 {n} 行")


async def test_what_waits_what_came_in_and_what_is_counted(readings: Readings) -> None:
    (wanted,) = await readings.wanted(APP)
    assert (wanted.fact, wanted.number, wanted.since) == (Fact("staff", "D07"), 1, NOW + 1_000)
    assert [one.accepted for one in await readings.batches(APP)] == [0, 201]
    (total,) = await readings.totals("", "9999")
    assert (total.app_id, total.kind, total.in_force, total.waiting) == (APP, "order", 201, 1)
    assert [one[3:] for one in await readings.totals_by_day(None, DAY, DAY)] == [(201, 1, 0)]
    (day,) = await readings.intake(APP, "2026-01-01", "2027-01-01")
    assert (day.batches, day.accepted, day.waiting) == (2, 201, 1)
    assert [one.record_key for one in await readings.flow(APP, "F-O1")] == ["O1"]
