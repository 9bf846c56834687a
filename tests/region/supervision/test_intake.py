"""What is uploaded is kept in every version, valid or waiting; the newest valid one is in force. On both engines."""

from dataclasses import replace

import pytest

from tests.region.supervision.world import APP, DAY, Sent, World, needs
from yiqiao.region.supervision.intake import Refused
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.refusals import AntecedentMissing, NotOpened, RepeatedRandom
from yiqiao.storage import Database
from yiqiao.storage import supervision_records as stored

DEPARTMENT = Sent(Kind.DEPARTMENT, "0101")
DOCTOR = Sent(Kind.STAFF, "D07", needs=needs(department="0101", subject="0101"))
ORDER = Sent(Kind.ORDER, "O1", needs=needs(department="0101", staff="D07"), amount=150_000)


@pytest.fixture
async def world(database: Database) -> World:
    made = World(database)
    await made.open()
    return made


async def test_nothing_is_taken_in_before_the_institution_is_opened(database: Database) -> None:
    world = World(database)
    with pytest.raises(NotOpened):
        await world.send(DEPARTMENT)
    await world.open()
    assert (await world.send(DEPARTMENT)).waiting == {}
    await world.institutions.close("root", APP)
    with pytest.raises(NotOpened):
        await world.send(Sent(Kind.DEPARTMENT, "0102"))
    assert await world.standing(Kind.DEPARTMENT, "0102") == []


async def test_what_lacks_its_antecedent_waits_and_becomes_valid_when_that_comes(world: World) -> None:
    """ours.waiting"""
    taken = await world.send(ORDER)
    assert taken.waiting == {0: needs(department="0101", staff="D07")}
    assert await world.standing(Kind.ORDER, "O1") == [(1, "waiting", 0)]
    assert await world.totals(Kind.ORDER) == {DAY: (0, 1, 0)}
    await world.send(DOCTOR)
    await world.send(DEPARTMENT)
    await world.settle()
    assert await world.standing(Kind.STAFF, "D07") == [(1, "waiting", 0)]
    await world.institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")
    await world.settle()
    assert await world.standing(Kind.STAFF, "D07") == [(1, "valid", 1)]
    assert await world.standing(Kind.ORDER, "O1") == [(1, "valid", 1)]
    assert await world.totals(Kind.ORDER) == {DAY: (1, 0, 150_000)}
    assert (APP, {"order": {DAY}}) in world.days
    assert await world.database.read(lambda c: stored.wanting(c, APP, 9)) == []


async def test_the_same_content_again_changes_nothing(world: World) -> None:
    await world.send(DEPARTMENT)
    taken = await world.send(DEPARTMENT, Sent(Kind.DEPARTMENT, "0102"))
    assert taken.unchanged == {0}
    assert await world.standing(Kind.DEPARTMENT, "0101") == [(1, "valid", 1)]
    assert await world.standing(Kind.DEPARTMENT, "0102") == [(1, "valid", 1)]


async def test_a_batch_that_changes_nothing_keeps_no_pages(world: World) -> None:
    await world.send(DEPARTMENT)
    again = world.batch([DEPARTMENT])
    await world.intake.take(again)
    assert await world.database.read(lambda c: stored.page(c, APP, again.batch_id, 0)) is None


async def test_every_version_is_kept_and_the_one_sent_last_is_in_force(world: World) -> None:
    """ours.versions"""
    await world.send(Sent(Kind.DEPARTMENT, "0101", "二", at=20))
    await world.send(Sent(Kind.DEPARTMENT, "0101", "一", at=10))
    assert await world.content(Kind.DEPARTMENT, "0101") == "二"
    await world.send(Sent(Kind.DEPARTMENT, "0101", "三", at=30))
    assert await world.content(Kind.DEPARTMENT, "0101") == "三"
    assert await world.standing(Kind.DEPARTMENT, "0101") == [(1, "valid", 0), (2, "valid", 0), (3, "valid", 1)]
    await world.send(Sent(Kind.DEPARTMENT, "0101", "一", at=40))
    assert await world.content(Kind.DEPARTMENT, "0101") == "一"
    assert await world.totals(Kind.DEPARTMENT) == {DAY: (1, 0, 0)}


async def test_a_version_that_waits_leaves_the_valid_one_before_it_in_force(world: World) -> None:
    await world.send(Sent(Kind.ORDER, "O1", "旧", amount=100))
    await world.send(Sent(Kind.ORDER, "O1", "新", needs(department="0101"), at=10, amount=300, day="2026-11-21"))
    assert await world.content(Kind.ORDER, "O1") == "旧"
    assert await world.totals(Kind.ORDER) == {DAY: (1, 0, 100), "2026-11-21": (0, 1, 0)}
    await world.send(DEPARTMENT)
    await world.settle()
    assert await world.content(Kind.ORDER, "O1") == "新"
    assert await world.totals(Kind.ORDER) == {DAY: (0, 0, 0), "2026-11-21": (1, 0, 300)}


async def test_the_day_that_a_record_leaves_is_told_as_well_as_the_one_that_it_comes_to(world: World) -> None:
    await world.send(Sent(Kind.ORDER, "O1", "旧"))
    assert world.days == [(APP, {"order": {DAY}})]
    await world.send(Sent(Kind.ORDER, "O1", "新", at=10, day="2026-11-21"))
    assert world.days[1:] == [(APP, {"order": {DAY, "2026-11-21"}})]
    await world.send(Sent(Kind.ORDER, "O1", "晚到的旧版", at=5, day="2026-11-19"))
    assert len(world.days) == 2
    await world.send(Sent(Kind.ORDER, "O1", "再改", needs(department="0101"), at=20, day="2026-11-22"))
    await world.send(DEPARTMENT)
    await world.settle()
    assert world.days[-1] == (APP, {"order": {"2026-11-21", "2026-11-22"}})


async def test_a_record_names_the_attachments_of_its_version_in_force(world: World) -> None:
    one, two = Sent(Kind.VISIT, "O1", "一", at=10, names=("a1",)), Sent(Kind.VISIT, "O1", "二", at=20, names=("a2",))
    await world.send(one)
    await world.send(two)
    assert await world.names(Kind.VISIT, "O1") == ["a2"]
    await world.send(Sent(Kind.VISIT, "O1", "晚到的旧版", at=5, names=("a0",)))
    assert await world.names(Kind.VISIT, "O1") == ["a2"]
    assert (await world.send(replace(one, at=30))).unchanged == {0}
    assert await world.names(Kind.VISIT, "O1") == ["a1"]
    await world.send(Sent(Kind.VISIT, "O1", "三", needs(order="O1"), at=40, names=("a3", "a4")))
    assert await world.names(Kind.VISIT, "O1") == ["a1"]
    await world.send(Sent(Kind.ORDER, "O1"))
    await world.settle()
    assert await world.names(Kind.VISIT, "O1") == ["a3", "a4"]


async def test_a_record_that_waits_names_attachments_already(world: World) -> None:
    await world.send(Sent(Kind.VISIT, "O1", "新", needs(order="O2"), at=20, names=("a2",)))
    await world.send(Sent(Kind.VISIT, "O1", "旧", needs(order="O1"), at=10, names=("a1",)))
    assert await world.names(Kind.VISIT, "O1") == ["a2"]
    await world.send(Sent(Kind.ORDER, "O1"))
    await world.settle()
    assert await world.names(Kind.VISIT, "O1") == ["a1"]
    await world.send(Sent(Kind.ORDER, "O2"))
    await world.settle()
    assert await world.names(Kind.VISIT, "O1") == ["a2"]


async def test_a_record_twice_in_one_batch_has_two_versions_and_the_later_row_counts(world: World) -> None:
    taken = await world.send(Sent(Kind.DEPARTMENT, "0101", "一"), Sent(Kind.DEPARTMENT, "0101", "二"), DEPARTMENT)
    assert taken.unchanged == {2}
    assert await world.content(Kind.DEPARTMENT, "0101") == "二"
    assert await world.standing(Kind.DEPARTMENT, "0101") == [(1, "valid", 0), (2, "valid", 1)]


async def test_a_batch_that_is_taken_whole_is_refused_for_one_missing_antecedent(world: World) -> None:
    with pytest.raises(AntecedentMissing, match="第 2 条依赖的科室 0101 尚未上传或绑定"):
        await world.send(Sent(Kind.ORDER, "O1"), Sent(Kind.ORDER, "O2", needs=needs(department="0101")), whole=True)
    assert await world.standing(Kind.ORDER, "O1") == []
    assert await world.database.read(lambda c: stored.batches(c, APP, 9)) == []
    await world.send(DEPARTMENT)
    await world.send(Sent(Kind.ORDER, "O1"), Sent(Kind.ORDER, "O2", needs=needs(department="0101")), whole=True)
    assert await world.standing(Kind.ORDER, "O2") == [(1, "valid", 1)]


async def test_a_randomstr_is_taken_once(world: World) -> None:
    """ours.random"""
    await world.send(DEPARTMENT, nonce="twice")
    with pytest.raises(RepeatedRandom):
        await world.send(Sent(Kind.DEPARTMENT, "0102"), nonce="twice")
    assert await world.standing(Kind.DEPARTMENT, "0102") == []


async def test_an_institution_is_a_partner_of_its_own_and_others_are_bound(world: World) -> None:
    """A2010.bound"""
    own = Sent(Kind.CONSULTATION, "Z1", needs=needs(partner="H9851"))
    other = Sent(Kind.CONSULTATION, "Z2", needs=needs(partner="H9852"))
    assert (await world.send(own, other)).waiting == {1: needs(partner="H9852")}
    await world.institutions.bind_partner("root", APP, "H9852", "云桥县中医医院")
    await world.settle()
    assert await world.standing(Kind.CONSULTATION, "Z2") == [(1, "valid", 1)]


async def test_a_batch_is_filed_with_its_counts_and_what_was_refused(world: World) -> None:
    refused = [Refused(2, "O9", "PARAM_ERROR", "订单金额：缺少")]
    await world.send(Sent(Kind.ORDER, "O1"), Sent(Kind.ORDER, "O2", needs=needs(staff="D07")), refused=refused)
    (batch,) = await world.database.read(lambda c: stored.batches(c, APP, 9))
    assert (batch.accepted, batch.waiting, batch.refused, batch.unchanged) == (1, 1, 1, 0)
    (row,) = await world.database.read(lambda c: stored.refusals(c, APP, batch.batch_id))
    assert (row.position, row.code, row.told) == (2, "PARAM_ERROR", "订单金额：缺少")
    (day,) = await world.database.read(lambda c: stored.intake_by_day(c, APP, "2026-01-01", "2027-01-01"))
    assert day[3:] == (1, 1, 1, 1, 0)


async def test_more_waits_for_one_fact_than_a_transaction_judges(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiqiao.region.supervision.waiting.PORTION", 7)
    await world.send(*(Sent(Kind.ORDER, f"O{n:02}", needs=needs(department="0101")) for n in range(30)))
    await world.send(*(Sent(Kind.VISIT, f"O{n:02}", needs=needs(order=f"O{n:02}")) for n in range(30)))
    await world.send(DEPARTMENT)
    await world.settle()
    assert await world.totals(Kind.ORDER) == {DAY: (30, 0, 0)}
    assert await world.totals(Kind.VISIT) == {DAY: (30, 0, 0)}


async def test_the_button_finds_what_has_come_and_was_not_announced(world: World) -> None:
    await world.send(ORDER)
    await world.institutions.bind_subject("root", APP, "0101", "03.04", "心血管内科专业")
    await world.send(DEPARTMENT)
    await world.send(DOCTOR)
    await world.database.write(lambda c: c.exec_driver_sql("DELETE FROM supervision_arrived"))
    await world.settle()
    assert await world.standing(Kind.ORDER, "O1") == [(1, "waiting", 0)]
    assert await world.institutions.judge_again("root", APP) == 2
    await world.settle()
    assert await world.standing(Kind.ORDER, "O1") == [(1, "valid", 1)]
