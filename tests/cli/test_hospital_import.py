"""`yiqiao hospital import` and `columns`: a folder goes in, what does not fit is set aside, exit codes say which."""

import asyncio
import json
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.cli.hospital import app
from yiqiao.hospital.imports.sheets import LAYOUTS
from yiqiao.storage import hospital as stored
from yiqiao.storage.tables.hospital import department

HOSPITAL = "9801009"
JPEG = b"\xff\xd8\xff\xdbnot much of a picture\xff\xd9"


@pytest.fixture(autouse=True)
def _a_hub(tmp_path: Path) -> None:
    async def make() -> None:
        async with open_store(Settings(data=str(tmp_path / "hub"))):
            pass

    asyncio.run(make())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two departments, of which one has no name, a doctor, and her photo beside that of nobody."""
    made = tmp_path / "sheets"
    (made / "photos").mkdir(parents=True)
    (made / "departments.csv").write_text("dept_id,name\nD1,内科\nD2,\n", encoding="utf-8")
    (made / "doctors.csv").write_text("doctor_id,name,sex\nY1,沈青禾,女\n", encoding="utf-8")
    (made / "photos" / "Y1.jpg").write_bytes(JPEG)
    (made / "photos" / "Y9.jpg").write_bytes(JPEG)
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def bring_in(tmp_path: Path, folder: Path, *more: str) -> Result:
    return run("import", str(folder), "--hospital", HOSPITAL, "--data", str(tmp_path / "hub"), *more)


def names(tmp_path: Path) -> list[str]:
    async def read() -> list[str]:
        async with open_store(Settings(data=str(tmp_path / "hub"))) as store:
            found = await store.database.read(lambda c: c.scalars(select(department.c.name)).all())
            return list(found)

    return asyncio.run(read())


def test_a_folder_goes_in_and_what_does_not_fit_is_told(tmp_path: Path, folder: Path) -> None:
    done = bring_in(tmp_path, folder)
    assert done.exit_code == 1
    assert "departments.csv:3: name: 必填，请补齐" in done.stderr
    assert "Y9.jpg" in done.stderr
    assert names(tmp_path) == ["内科"]
    aside = (folder / "departments.rejected.csv").read_text("utf-8-sig")
    assert aside.splitlines() == ["dept_id,name,reason", "D2,,name: 必填，请补齐"]


def test_a_corrected_folder_ends_well_and_nothing_is_left_aside(tmp_path: Path, folder: Path) -> None:
    bring_in(tmp_path, folder)
    (folder / "departments.csv").write_text("dept_id,name\nD1,内科\nD2,外科\n", encoding="utf-8")
    (folder / "photos" / "Y9.jpg").unlink()
    assert bring_in(tmp_path, folder).exit_code == 0
    assert sorted(names(tmp_path)) == ["内科", "外科"]
    assert not (folder / "departments.rejected.csv").exists()


def test_photos_are_filed(tmp_path: Path, folder: Path) -> None:
    bring_in(tmp_path, folder)

    async def read() -> bytes | None:
        async with open_store(Settings(data=str(tmp_path / "hub"))) as store:
            return await store.database.read(lambda c: stored.photo(c, HOSPITAL, "Y1"))

    assert asyncio.run(read()) == JPEG


def test_a_dry_run_tells_and_changes_nothing(tmp_path: Path, folder: Path) -> None:
    done = bring_in(tmp_path, folder, "--dry-run", "--json")
    assert done.exit_code == 1
    told = {one["file"]: one for one in json.loads(done.stdout)}
    assert (told["departments.csv"]["rows"], len(told["departments.csv"]["faults"])) == (2, 1)
    assert names(tmp_path) == []
    assert not (folder / "departments.rejected.csv").exists()


def test_a_bill_is_set_aside_with_its_lines_and_one_fault_says_why(tmp_path: Path, folder: Path) -> None:
    (folder / "bills.csv").write_text(
        "presc_no,patient_id,serial_no,visit_no,visit_day,amount\nCF1,P9,LS1,MZ1,2026-11-20,3.50\n", encoding="utf-8"
    )
    without = bring_in(tmp_path, folder)
    assert without.exit_code == 1
    assert "缺少 bill_lines.csv" in without.stderr
    assert names(tmp_path) == []
    (folder / "bill_lines.csv").write_text(
        "presc_no,line_no,item_no,item_name,item_class,price,quantity\nCF1,1,X002,静脉采血,治疗费,3.50,1\n",
        encoding="utf-8",
    )
    done = bring_in(tmp_path, folder, "--json")
    told = {one["file"]: one for one in json.loads(done.stdout)}
    assert [(told[name]["filed"], len(told[name]["faults"])) for name in ("bills.csv", "bill_lines.csv")] == [
        (0, 1),
        (0, 0),
    ]
    assert (folder / "bill_lines.rejected.csv").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"dept_id,name,colour\n", "不认识的列 colour"),
        (b"dept_id\n", "缺少的列 name"),
        (b"dept_id,name,name\n", "有重复的列"),
        (b"\xff\xff\xff\xff", "既不是 UTF-8 也不是 GB18030"),
    ],
)
def test_a_file_that_is_no_such_sheet_is_told(tmp_path: Path, folder: Path, content: bytes, said: str) -> None:
    (folder / "departments.csv").write_bytes(content)
    done = bring_in(tmp_path, folder)
    assert done.exit_code == 1
    assert said in done.stderr


def test_a_wrong_folder_is_told(tmp_path: Path) -> None:
    assert bring_in(tmp_path, tmp_path / "nowhere").exit_code == 2
    empty = bring_in(tmp_path, tmp_path)
    assert empty.exit_code == 1
    assert "departments.csv" in empty.stderr


def test_columns_are_shown_for_every_file() -> None:
    listed = run("columns").stdout
    assert all(f"{name}.csv" in listed for name in LAYOUTS)
    assert "doctor_id" in run("columns", "doctors").stdout
    assert "line_no" in run("columns", "lab_items").stdout
    assert run("columns", "nurses").exit_code == 2
