"""Departments that are brought in: each below one that there is, in whichever order they stand, and none in a ring."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.importing import Importing, told
from yiqiao.hospital.imports.departments import unfit_parents
from yiqiao.storage import Database

HEADING = "dept_id,parent_id,name\n"


@pytest.fixture
def importing(database: Database, tmp_path: Path) -> Importing:
    return Importing(database, tmp_path)


async def filed(importing: Importing) -> dict[object, object]:
    """The parent of each department on file."""
    return {row[1]: row[2] for row in (await importing.lying()).get("department", [])}


async def test_a_parent_may_stand_earlier_later_or_be_on_file(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("yiqiao.app.hospital_import.PORTION", 1)
    await importing.well(departments=HEADING + "D0101,D01,心血管内科\nD01,,内科\nD0102,D01,消化内科\n")
    await importing.well(departments=HEADING + "D0103,D01,呼吸内科\n")
    assert await filed(importing) == {"D01": None, "D0101": "D01", "D0102": "D01", "D0103": "D01"}


async def test_a_parent_that_is_nowhere_is_told_with_all_that_hangs_on_it(importing: Importing) -> None:
    sheet = HEADING + "D0101,D01,心血管内科\nD01,D99,内科\nD02,,外科\nD0201,D03,普外科\nD03,,\n"
    for dry_run in (True, False):
        found = await importing.bring(dry_run, departments=sheet)
        assert sorted(told(found["departments"])) == [
            (2, "parent_id"),
            (3, "parent_id"),
            (5, "parent_id"),
            (6, "name"),
        ]
    assert await filed(importing) == {"D02": None}
    assert [row.split(",")[0] for row in importing.aside("departments")] == ["D0101", "D01", "D0201", "D03"]


async def test_a_ring_is_told_by_every_row_in_it(importing: Importing) -> None:
    found = await importing.bring(departments=HEADING + "D1,D2,甲科\nD2,D3,乙科\nD3,D1,丙科\nD4,D4,丁科\nD5,,戊科\n")
    assert [fault.line for fault in found["departments"].faults] == [2, 3, 4, 5]
    assert found["departments"].faults[0].message == "上级科室成环（D1 → D2 → D3 → D1），请更正"
    assert await filed(importing) == {"D5": None}


async def test_a_ring_through_what_is_on_file_is_told(importing: Importing) -> None:
    await importing.well(departments=HEADING + "D1,,甲科\nD2,D1,乙科\n")
    before = await importing.lying()
    found = await importing.bring(departments=HEADING + "D1,D2,甲科\n")
    assert told(found["departments"]) == [(2, "parent_id")]
    assert await importing.lying() == before
    await importing.well(departments=HEADING + "D1,D2,甲科\nD2,,乙科\n")
    assert await filed(importing) == {"D1": "D2", "D2": None}


_PARENTS = st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from([None, *"ABCDEFG"]), max_size=6)


@given(_PARENTS, _PARENTS)
def test_what_is_filed_hangs_on_the_top_whatever_is_given(
    first: dict[str, str | None], second: dict[str, str | None]
) -> None:
    on_file: dict[str, str | None] = {}
    for sheet in (first, second):
        unfit = unfit_parents(on_file, sheet)
        on_file |= {dept_id: parent_id for dept_id, parent_id in sheet.items() if dept_id not in unfit}
        for start in on_file:
            path: list[str] = []
            above: str | None = start
            while above is not None:
                assert above not in path
                path.append(above)
                above = on_file[above]
