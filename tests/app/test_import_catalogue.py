"""What a hospital shows of itself and its departments, brought in: each column is kept, what does not fit is told."""

from pathlib import Path

import orjson
from sqlalchemy import text

from tests.support.importing import Importing, told
from yiqiao.hospital.imports.sheets import BY_NAME
from yiqiao.spec import load
from yiqiao.storage import Database

NEEDED = "name,short_name,address,phone,level,belong,type,category,max_reg_days"
HOSPITAL = "云桥县人民医院,县医院,云桥县梧桐路 1 号,0000-98510001,三乙,3,1,公立,14"
SHOWN = {
    "website": "https://hospital.example/",
    "weibo": "https://weibo.example/yunqiao",
    "bus_line": "3 路、12 路到梧桐路站",
    "longitude": "120.752000",
    "latitude": "-31.654",
    "organization_code": "12985100MB00000001",
}
DEPARTMENTS = (
    "dept_id,name,level,expertise\nD01,内科,一级,高血压、糖尿病\nD02,外科,2,\nD03,骨科,,\n"
    f"D04,儿科,4,\nD05,眼科,,{'长' * 129}\n"
)
QUERIES = {
    "hospital": "SELECT about FROM hospital",
    "department": "SELECT about FROM department ORDER BY dept_id",
}


async def test_what_a_hospital_shows_of_itself_is_kept(database: Database, tmp_path: Path) -> None:
    importing = Importing(database, tmp_path)
    columns, values = ",".join([NEEDED, *SHOWN]), ",".join([HOSPITAL, *SHOWN.values()])
    await importing.well(hospital=f"{columns}\n{values}\n")
    (kept,) = await _about(database, "hospital")
    assert {name: kept[name] for name in SHOWN} == SHOWN
    before = await importing.lying()
    await importing.well(hospital=f"{columns}\n{values}\n")
    assert await importing.lying() == before
    await importing.well(hospital=f"{NEEDED}\n{HOSPITAL}\n")
    (bare,) = await _about(database, "hospital")
    assert [bare[name] for name in SHOWN] == [None] * len(SHOWN), "they may be left out"


async def test_a_place_on_the_map_is_told_in_degrees(database: Database, tmp_path: Path) -> None:
    importing = Importing(database, tmp_path)
    for name, given in (
        ("longitude", "180.1"),
        ("longitude", "120°45′"),
        ("longitude", "120.7520000000"),
        ("latitude", "90.5"),
        ("latitude", "1e1"),
        ("latitude", "３１.6"),
    ):
        found = (await importing.bring(hospital=f"{NEEDED},{name}\n{HOSPITAL},{given}\n"))["hospital"]
        assert (told(found), found.filed) == ([(2, name)], 0)
    assert found.faults[0].message == "应为 -90 至 90 的度数，用小数，如 45.000000，最多 12 个字符"


async def test_what_a_department_treats_and_its_level_are_kept(database: Database, tmp_path: Path) -> None:
    found = (await Importing(database, tmp_path).bring(departments=DEPARTMENTS))["departments"]
    assert (told(found), found.filed) == ([(5, "level"), (6, "expertise")], 3)
    assert found.faults[0].message == "应为 0（无）、1（一级）、2（二级）、3（三级）"
    kept = [(one["level"], one["expertise"]) for one in await _about(database, "department")]
    assert kept == [(1, "高血压、糖尿病"), (2, None), (None, None)]


def test_no_text_is_taken_that_is_longer_than_the_standard_can_tell() -> None:
    spec = load("convenience")
    fields = {
        (sheet, field.name.lower()): field.length
        for sheet, operation in (("hospital", "GetHosInfo"), ("departments", "GetDeptInfo"))
        for field in spec.operations[operation].response
    }
    for sheet, names in (("hospital", SHOWN), ("departments", ("expertise",))):
        columns = {column.name: column for column in BY_NAME[sheet].columns}
        for name in names:
            length = fields.get((sheet, name))
            assert length is None or f"最多 {length} " in columns[name].form


async def _about(database: Database, table: str) -> list[dict[str, object]]:
    """What the rows of a table keep of what nothing hangs on."""
    query = text(QUERIES[table])
    return [orjson.loads(row[0]) for row in await database.read(lambda c: c.execute(query).all())]
