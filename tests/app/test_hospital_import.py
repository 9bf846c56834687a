"""Sheets of a hospital's data, brought in on each engine: what fits goes in once, what does not is told by row."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text

from tests.hospital.booking.clinic import HOSPITAL, NOW, Clinic
from tests.support.keys import KEYRING
from yiqiao.app.hospital_import import bring_in
from yiqiao.clock import FixedClock
from yiqiao.hospital.imports.columns import LONGEST_ID
from yiqiao.hospital.imports.files import Result
from yiqiao.hospital.imports.sheets import BY_NAME
from yiqiao.spec import load
from yiqiao.storage import Database

SHEETS = {
    "departments": "dept_id,name\nD01,内科\n,外科\nD01,又一个\n",
    "doctors": "doctor_id,name,sex,mobile\nYS1,石磊,男,15498510001\nYS2,宁远,9,\n",
    "schedules": "schedule_id,dept_id,doctor_id,day,session,level,fee_treatment\n"
    "PB1,D01,YS1,2026-11-19,1,2,15.00\nPB2,D77,YS1,2026-11-19,上午,2,15\nPB3,D01,YS1,2026-11-31,1,2,1.234\n",
    "pools": "schedule_id,pool,total\nPB1,共享,10\nPB1,2,3\n",
    "patients": "patient_id,name,sex,birthday,mobile,certificate_type,certificate_no\n"
    "P1,柳成荫,1,1985-03-12,15498510002,1,359851198503120134\nP2,金秋月,2,1990-01-01,15498510003,,\n",
    "cards": "patient_id,card_type,card_no\nP1,7,0000000001\nP9,7,0000000002\n",
}


async def _run(database: Database, folder: Path, encoding: str) -> dict[str, Result]:
    store: Any = SimpleNamespace(database=database, keyring=KEYRING, clock=FixedClock(1_795_000_000_000))
    found = {}
    for name, content in SHEETS.items():
        path = folder / f"{name}.csv"
        path.write_bytes(content.encode(encoding))
        (found[name],) = await bring_in(store, "9851001", BY_NAME[name], path)
    return found


async def test_what_fits_goes_in_and_the_rest_is_told_by_row(database: Database, tmp_path: Path) -> None:
    found = await _run(database, tmp_path, "gb18030")
    assert {name: (one.rows, one.filed) for name, one in found.items()} == {
        "departments": (3, 1),
        "doctors": (2, 1),
        "schedules": (3, 1),
        "pools": (2, 2),
        "patients": (2, 1),
        "cards": (2, 1),
    }
    assert [(fault.line, fault.column) for fault in found["schedules"].faults] == [(3, "dept_id"), (4, "day")]
    assert found["departments"].faults[1].message == "与第 2 行重复，请删去其中一行"
    aside = (tmp_path / "cards.rejected.csv").read_text("utf-8-sig")
    assert aside.splitlines()[1:] == ["P9,7,0000000002,patient_id: 没有登记这个患者，请先导入或更正"]


async def test_a_second_run_changes_nothing_and_keeps_what_was_booked(database: Database, tmp_path: Path) -> None:
    await _run(database, tmp_path, "utf-8-sig")
    taken = text("UPDATE slot_pool SET taken = 10, next_number = 11 WHERE pool = 1")
    await database.write(lambda connection: connection.execute(taken))
    fewer = SHEETS["pools"].replace("共享,10", "共享,4")
    (tmp_path / "fewer").mkdir()
    await _run(database, tmp_path, "utf-8")
    path = tmp_path / "fewer" / "pools.csv"
    path.write_text(fewer, encoding="utf-8")
    store: Any = SimpleNamespace(database=database, keyring=KEYRING, clock=FixedClock(1_795_000_000_001))
    await bring_in(store, "9851001", BY_NAME["pools"], path)
    pools = text("SELECT pool, total, taken, next_number FROM slot_pool ORDER BY pool")
    assert [tuple(row) for row in await database.read(lambda c: c.execute(pools).all())] == [
        (1, 10, 10, 11),
        (2, 3, 0, 1),
    ]


async def test_a_code_that_the_standard_does_not_have_is_told_and_its_title_is_read(
    database: Database, tmp_path: Path
) -> None:
    """One row with such a code would keep the whole list from being answered."""
    sheets = {
        "departments": "dept_id,name,kind\nD01,内科,普通挂号科室\nD02,外科,99\n",
        "doctors": "doctor_id,name,sex,job_title\nYS1,石磊,男,副主任医师\nYS2,宁远,女,教授\n",
        "schedules": "schedule_id,dept_id,doctor_id,day,session,level\n"
        "PB1,D01,YS1,2026-11-19,1,专家\nPB2,D01,YS1,2026-11-20,1,77\n",
        "patients": "patient_id,name,sex,birthday,mobile,certificate_type,certificate_no\n"
        "P1,柳成荫,1,1985-03-12,15498510002,护照,X98510001\nP2,金秋月,2,1990-01-01,15498510003,4,1\n",
        "cards": "patient_id,card_type,card_no\nP1,就诊卡,1\nP1,13,2\n",
    }
    store: Any = SimpleNamespace(database=database, keyring=KEYRING, clock=FixedClock(1_795_000_000_000))
    faults = {}
    for name, content in sheets.items():
        path = tmp_path / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        (found,) = await bring_in(store, "9851001", BY_NAME[name], path)
        (faults[name],) = found.faults
        assert found.filed == 1
    assert {name: (one.line, one.column) for name, one in faults.items()} == {
        "departments": (3, "kind"),
        "doctors": (3, "job_title"),
        "schedules": (3, "level"),
        "patients": (3, "certificate_type"),
        "cards": (3, "card_type"),
    }
    assert faults["schedules"].message == (
        "应为 1（普通）、2（专家）、3（急诊）、4（专病门诊）、5（特需门诊）、6（膏方）、7（挂号到科室）"
    )
    assert faults["doctors"].message.endswith("等，全部代码见 yiqiao hospital columns")
    kept = text("SELECT d.kind, p.level, y.job_title FROM department d, schedule p, doctor y")
    assert [tuple(row) for row in await database.read(lambda c: c.execute(kept).all())] == [(1, 2, "232")]


async def test_a_number_that_no_question_has_room_for_is_told(database: Database, tmp_path: Path) -> None:
    """What is shown under it could be seen, and never be booked."""
    path = tmp_path / "departments.csv"
    path.write_text(f"dept_id,name\n{'D' * 32},内科\n{'D' * 33},外科\n", encoding="utf-8")
    store: Any = SimpleNamespace(database=database, keyring=KEYRING, clock=FixedClock(1_795_000_000_000))
    (found,) = await bring_in(store, "9851001", BY_NAME["departments"], path)
    assert [(one.line, one.column, one.message) for one in found.faults] == [(3, "dept_id", "最多 32 个字符，请缩短")]
    asked = load("convenience").operations["LockReg"].request
    named = {"DEPT_ID", "DOCTOR_ID", "REG_ID", "TIME_ID"}
    assert {one.name: one.length for one in asked if one.name in named} == dict.fromkeys(named, LONGEST_ID)


async def test_what_a_hospital_takes_off_is_brought_in_and_orders_get_it(database: Database, tmp_path: Path) -> None:
    clinic = Clinic(database)
    await clinic.open()
    await clinic.schedule("PB1", 5)
    path = tmp_path / "concessions.csv"
    heading = "concession_id,title,age_min,age_max,registration_percent,treatment_percent\n"
    path.write_text(f"{heading}1,中年优惠,40,59,50,100\n2,老年优惠,70,60,0,0\n3,儿童优惠,,14,0,101\n", encoding="utf-8")
    store: Any = SimpleNamespace(database=database, keyring=KEYRING, clock=FixedClock(NOW))
    (found,) = await bring_in(store, HOSPITAL, BY_NAME["concessions"], path)
    assert [(one.line, one.column) for one in found.faults] == [(3, ""), (4, "treatment_percent")]
    told = (await clinic.order("DD1")).concession
    assert told is not None
    assert (told.title, told.off, told.total) == ("中年优惠", 500, 2000)
    path.write_text(f"{heading}1,中年优惠,40,59,100,100\n", encoding="utf-8")
    await bring_in(store, HOSPITAL, BY_NAME["concessions"], path)
    await clinic.cancel("DD1")
    assert (await clinic.order("DD2")).concession is None, "one that has ended is none"
