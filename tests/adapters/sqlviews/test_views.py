"""A HIS database that is read: the example's views on PostgreSQL, and the same on SQLite."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from structlog.testing import capture_logs

from tests.support.databases import Engine
from tests.support.postgres import Cluster
from tests.support.tree import ROOT
from yiqiao.adapters.sqlviews.catalogue import ViewsCatalogue
from yiqiao.adapters.sqlviews.records import ViewsRecords
from yiqiao.adapters.sqlviews.views import Views, open_views
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.ports.hospital.booking import Document, OrderState, Paid
from yiqiao.ports.hospital.catalogue import Level
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish
from yiqiao.ports.hospital.refusals import (
    HospitalUnreachable,
    NoSuchRecord,
    NotOffered,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import ScheduleQuestion, SlotQuestion, Span, UnitCounts, Units
from yiqiao.ports.hospital.values import Paging, Pool, Session, Sex

HOSPITAL = "9851002"
EXAMPLE = ROOT / "examples" / "existing_his.yaml"
TABLES = """
CREATE TABLE ks (ksdm char(8), ksmc text, sjks text);
CREATE TABLE ys (ysdm text, xm text, xb text, zc text, ksdm text, sfz text);
CREATE TABLE pb (id text, ksdm text, ysdm text, czrq text, sxw text, ghf numeric(8, 2), zs integer, sy integer);
CREATE TABLE fs (id text, pb text, ksdm text, ysdm text, czrq text, sxw text, kssj text, jssj text, zs integer);
CREATE TABLE tz (pb text, ksdm text, ysdm text, xm text, czrq date, sxw text, yy text);
CREATE TABLE gh (no text, order_id text, pb text, xm text, lxdh text, sfz text, zt text, fk text, yyf integer,
    czrq text, xdsj text, ghsj timestamp);
INSERT INTO ks VALUES ('D01', '内科', '0'), ('D0101', '心血管内科', 'D01'), ('D010101', '房颤门诊', 'D0101'),
    ('D02', '外科', '0');
INSERT INTO ys VALUES ('YS1', '陶文静', '女', '主任医师', 'D0101', NULL), ('YS2', '石磊', '男', NULL, 'D02', '0001'),
    ('YS2', '石磊', '男', NULL, 'D0101', '0001');
INSERT INTO pb VALUES ('A1', 'D0101', 'YS1', '20261130', '上午', 27.50, 3, 1), ('A2', 'D0101', 'YS1', '20261130',
    '下午', 27.50, NULL, NULL), ('A3', 'D0101', 'YS1', '20261201', '上午', 27.50, 3, 3),
    ('B1', 'D02', 'YS2', '20261130', '上午', 9, 5, -1);
INSERT INTO fs VALUES ('A21', 'A2', 'D0101', 'YS1', '20261130', '下午', '1330', '1430', 4);
INSERT INTO tz VALUES ('C1', 'D02', 'YS2', '石磊', '2026-12-02', '上午', '会议');
INSERT INTO gh VALUES
    ('G1', 'P1', 'A1', '测试甲', '15400000001', '359851199001010027', '预约', '未付', 1, '20261130',
        '2026-11-28 09:00:00', NULL),
    ('G2', NULL, 'A3', '测试甲', '15400000001', '359851199001010027', '取消', '已退', 0, '20261201',
        '2026-11-28 09:10:00', '2026-11-28 09:20:00'),
    ('G3', 'P3', 'B1', '测试乙', '15400000002', NULL, '预约', '已付', 1, '20261130', '2026-11-28 10:00:00', NULL)
"""
VISIT = {
    "dept_id": "ksdm",
    "doctor_id": "YSDM",
    "session": {"column": "sxw", "codes": {"上午": "morning", "下午": "afternoon"}},
}


def mapping() -> dict[str, object]:
    """The example's, over these tables, with slots, stops and what else it has not."""
    told: dict[str, object] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    views = told["views"]
    assert isinstance(views, dict)
    for row, name in {
        "hospital": "(one)",
        "department": "ks",
        "doctor": "ys",
        "schedule": "pb",
        "record": "gh",
    }.items():
        views[row]["view"] = name
    views["hospital"] = {"view": "yy", "columns": {**views["hospital"]["columns"], "name": "mc", "short_name": "mc"}}
    views["doctor"]["columns"]["id_number"] = "sfz"
    del views["schedule"]["columns"]["doctor_name"]
    day = {"column": "czrq", "format": "%Y%m%d"}
    views["slot"] = {
        "view": "fs",
        "columns": {
            **VISIT,
            "day": day,
            "schedule_id": "pb",
            "time_id": "id",
            "pool": {"constant": 1},
            "begins": "kssj",
            "ends": "jssj",
            "total": "zs",
        },
    }
    views["stop"] = {
        "view": "tz",
        "columns": {**VISIT, "day": "czrq", "schedule_id": "pb", "doctor_name": "xm", "reason": "yy"},
    }
    same = {"constant": "?"}
    views["record"]["columns"] |= {
        "dept_id": same,
        "dept_name": same,
        "doctor_id": same,
        "doctor_name": same,
        "session": {"constant": 1},
        "registration_fee": {"constant": 900},
        "booked": "yyf",
        "id_number": "sfz",
        "registered_at": "ghsj",
        "stopped_at": {"constant": None},
    }
    return told


async def make(url: str) -> None:
    statements = [*TABLES.split(";"), "CREATE VIEW yy AS SELECT '云桥县中医院' AS mc"]
    if url.startswith("sqlite"):
        engine = create_engine(url)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()
        return
    opened = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with opened.begin() as bridge:
        for statement in statements:
            await bridge.execute(text(statement))
    await opened.dispose()


@pytest.fixture
async def views(engine: Engine, database_url: str, tmp_path: Path) -> AsyncIterator[Views]:
    await make(database_url)
    (tmp_path / "url").write_text(database_url, encoding="utf-8")
    path = tmp_path / "views.yaml"
    path.write_text(yaml.safe_dump({**mapping(), "database": "file:url"}), encoding="utf-8")
    opened = open_views(path)
    yield opened
    await opened.close()


async def test_what_a_hospital_shows_is_read(views: Views) -> None:
    assert await views.check() == []
    catalogue = ViewsCatalogue(views, HOSPITAL, FixedClock(parse_compact("20261128080000")))
    hospital = await catalogue.hospital()
    assert (hospital.name, hospital.hospital_id, hospital.about.level) == ("云桥县中医院", HOSPITAL, 5)
    await departments(catalogue)
    await doctors(catalogue)
    await schedules(catalogue)
    await slots_stops_and_counts(catalogue)
    with pytest.raises(NotOffered):
        await catalogue.prices()


async def departments(catalogue: ViewsCatalogue) -> None:
    every = await catalogue.departments(Level.ALL, Paging(2, 3))
    assert (every.total, [one.dept_id for one in every.rows]) == (4, ["D02"])
    first = await catalogue.departments(Level.FIRST, None)
    assert [(one.dept_id, one.parent_id) for one in first.rows] == [("D01", None), ("D02", None)]
    below = await catalogue.departments("D01", None)
    assert [one.dept_id for one in below.rows] == ["D01", "D0101", "D010101"]
    with pytest.raises(UnknownDepartment):
        await catalogue.departments("D' OR '1'='1", None)
    with pytest.raises(NoSuchRecord):
        await catalogue.departments(Level.ALL, Paging(3, 3))


async def doctors(catalogue: ViewsCatalogue) -> None:
    found = await catalogue.doctors("D0101", None, None)
    assert [(one.name, one.about.sex, one.job_title) for one in found.rows] == [
        ("陶文静", Sex.FEMALE, "231"),
        ("石磊", Sex.MALE, None),
    ]
    everywhere = await catalogue.doctors("D02", "YS2", None)
    assert [(one.dept_id, one.private.id_number) for one in everywhere.rows] == [("D0101", "0001"), ("D02", "0001")]
    with pytest.raises(UnknownDoctor):
        await catalogue.doctors("D01", None, None)
    with pytest.raises(UnknownDepartment):
        await catalogue.doctors("D99", None, None)


async def schedules(catalogue: ViewsCatalogue) -> None:
    week = ScheduleQuestion(Pool.SHARED, None, None, "2026-11-28", "2026-12-04")
    first = await catalogue.schedules(week, Paging(1, 1))
    assert (first.total, first.rows[0].doctor_id, [day.day for day in first.rows[0].days]) == (
        2,
        "YS1",
        ["2026-11-30", "2026-12-01"],
    )
    morning, afternoon = sorted(first.rows[0].days[0].schedules, key=lambda one: one.session)
    assert (morning.units, afternoon.units) == (Units(3, 1), Units(None, None))
    assert (morning.fees.registration, morning.fees.total) == (2750, 2750)
    second = await catalogue.schedules(week, Paging(2, 1))
    assert second.rows[0].days[0].schedules[0].units == Units(5, 0)
    with pytest.raises(UnknownSchedule):
        await catalogue.schedules(week._replace(pool=Pool.REFERRAL), None)
    with pytest.raises(UnknownDoctor):
        await catalogue.schedules(week._replace(doctor_id="YS9"), None)


async def slots_stops_and_counts(catalogue: ViewsCatalogue) -> None:
    asked = SlotQuestion(Pool.SHARED, "D0101", "YS1", "2026-11-30", Session.AFTERNOON, None)
    (slot,) = await catalogue.time_slots(asked)
    assert (slot.schedule_id, slot.time_id, slot.begins, slot.units) == ("A2", "A21", "13:30", Units(4, 4))
    with pytest.raises(UnknownTimeSlot):
        await catalogue.time_slots(asked._replace(session=Session.MORNING))
    with pytest.raises(UnknownSchedule):
        await catalogue.time_slots(asked._replace(day="2026-11-29"))
    stops = await catalogue.stops(Span(None, "YS2", "2026-12-01", "2026-12-02"), Paging(1, 10))
    assert [(one.schedule_id, one.reason, one.in_any_department) for one in stops.rows] == [("C1", "会议", False)]
    with pytest.raises(NoSuchRecord):
        await catalogue.stops(Span(None, None, "2026-12-03", "2026-12-09"), None)
    counts = await catalogue.unit_counts(Span("D0101", None, "2026-11-30", "2026-12-01"))
    assert counts == UnitCounts(3 + 99 + 3, 1 + 99 + 3, 0, 0)


async def test_what_became_of_bookings_is_read(views: Views) -> None:
    records = ViewsRecords(views)
    found = await records.by_numbers([OrderNumbers("P1", None), OrderNumbers(None, "G2"), OrderNumbers("P3", "G1")])
    assert [(one.order_no, one.state, one.paid, one.booked) for one in found] == [
        ("G1", OrderState.BOOKED, Paid.UNPAID, True),
        ("G2", OrderState.CANCELLED, Paid.REFUNDED, False),
    ]
    assert found[0].ordered_at == parse_compact("20261128090000")
    assert (found[0].serial, found[0].visitor.name, found[0].payable) == ("G1", "测试甲", 900)
    days, all_ = ("2026-11-30", "2026-12-01"), Paging(1, 10)
    by_day = await records.by_day(*days, Choice.ALL, None, Paging(2, 2))
    assert (by_day.total, len(by_day.rows)) == (3, 1)
    paid = await records.by_day(*days, Choice.PAID, None, all_)
    assert [one.order_no for one in paid.rows] == ["G3"]
    wish = PatientWish(None, Document(1, "359851199001010027"))
    hers = await records.by_day(*days, Choice.ALL, wish, all_)
    assert [one.order_no for one in hers.rows] == ["G1", "G2"]
    theirs = await records.by_day(*days, Choice.ALL, PatientWish("15400000002", None), all_)
    assert [one.order_no for one in theirs.rows] == ["G3"]
    assert [one.order_no for one in await records.booked_for("2026-11-30")] == ["G1", "G3"]
    ten_minutes = (parse_compact("20261128091500"), parse_compact("20261128092500"))
    (registered,) = await records.registered_between(*ten_minutes, None, None)
    assert (registered.order_no, registered.registered_at) == ("G2", parse_compact("20261128092000"))
    assert await records.by_numbers([]) == ()


async def test_nothing_is_ever_written(views: Views) -> None:
    def write(_: object) -> object:
        return lambda connection: connection.execute(text("DELETE FROM ks"))

    with pytest.raises(HospitalUnreachable):
        await views.read(write, "department")  # type: ignore[arg-type]
    assert (await ViewsCatalogue(views, HOSPITAL, FixedClock(0)).departments(Level.ALL, None)).total == 4


async def test_a_check_names_view_column_and_fault_without_a_value(views: Views, tmp_path: Path) -> None:
    told = yaml.safe_load((tmp_path / "views.yaml").read_text(encoding="utf-8"))
    rows = told["views"]
    rows["department"]["columns"]["name"] = "KSM"
    rows["slot"]["view"] = "his.fsd"
    rows["doctor"]["columns"]["sex"]["codes"] = {"男": "male"}
    rows["stop"]["columns"]["reason"] = {"column": "yy", "codes": {"会议": None}}
    path = tmp_path / "wrong.yaml"
    path.write_text(yaml.safe_dump(told), encoding="utf-8")
    wrong = open_views(path)
    faults = sorted(await wrong.check())
    with capture_logs() as logs, pytest.raises(HospitalUnreachable):
        await ViewsCatalogue(wrong, HOSPITAL, FixedClock(0)).departments(Level.ALL, None)
    await wrong.close()
    assert [fault.split(":")[0] for fault in faults] == [
        "views.department.columns.name",
        "views.doctor",
        "views.slot.view",
    ]
    assert "it has ksdm, ksmc, sjks" in faults[0]
    assert "ys.xb (sex)" in faults[1]
    assert "女" not in faults[1]
    assert "KSM" in logs[0]["why"]


async def test_a_database_that_is_gone_is_unreachable(postgres_cluster: Cluster, tmp_path: Path) -> None:
    path = tmp_path / "views.yaml"
    shutil.copy(EXAMPLE, path)
    path.write_text(path.read_text(encoding="utf-8").replace("env:HIS_URL", "file:url"), encoding="utf-8")
    url = postgres_cluster.create_database()
    (tmp_path / "url").write_text(url, encoding="utf-8")
    opened = open_views(path)
    postgres_cluster.drop_database(url)
    with capture_logs() as logs, pytest.raises(HospitalUnreachable):
        await ViewsCatalogue(opened, HOSPITAL, FixedClock(0)).hospital()
    await opened.close()
    assert url not in str(logs)


async def test_a_question_that_takes_too_long_is_given_up(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "url").write_text(postgres_url, encoding="utf-8")
    path = tmp_path / "views.yaml"
    view = {"view": "slow", "columns": {"doctor_id": "ysdm", "jpeg": "tp"}}
    content = {"database": "file:url", "timeout_seconds": 0.2, "views": {"photo": view}}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    slow = "CREATE VIEW slow AS SELECT 'YS1' AS ysdm, ''::bytea AS tp, pg_sleep(30) IS NULL AS waited"
    opened = create_async_engine(postgres_url.replace("postgresql://", "postgresql+asyncpg://"))
    async with opened.begin() as bridge:
        await bridge.execute(text(slow))
    await opened.dispose()
    views = open_views(path)
    with pytest.raises(HospitalUnreachable):
        await views.read(lambda bound: bound["photo"].rows, "photo")
    await views.close()
