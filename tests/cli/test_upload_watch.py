"""`yiqiao upload rows --watch`, look by look: what is taken in, what is moved away, and what does not grow."""

import sqlite3
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import typer

from tests.hospital.supervision.reporting import SPEC
from yiqiao.app.uploads import Account, Uploads, open_uploads
from yiqiao.cli.exits import UNREACHABLE
from yiqiao.cli.options import settings_from
from yiqiao.cli.upload import _progress, _Run
from yiqiao.hospital.supervision.sending import Pace

NOWHERE = Account("http://127.0.0.1:9", "IH9851", "an invented key", "reconstructed")
WRONG = "deptCode,deptName,parentId,hasChild,status\n9,外科,-1,7,0\n"


@pytest.fixture
async def uploads(tmp_path: Path) -> AsyncIterator[Uploads]:
    async with open_uploads(settings_from(str(tmp_path / "box")), NOWHERE) as opened:
        yield opened


@pytest.fixture
def his(tmp_path: Path) -> Path:
    with sqlite3.connect(tmp_path / "his.db") as connection:
        connection.execute("CREATE TABLE d (deptCode, deptName, parentId, hasChild, status)")
        connection.execute("INSERT INTO d VALUES ('9', '外科', '-1', 7, 0)")
    return tmp_path / "his.db"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def watching(paths: list[Path], view: tuple[str, str] | None = None) -> _Run:
    return _Run(
        account=NOWHERE,
        spec=SPEC,
        paths=paths,
        operation="A1001",
        view=view,
        skip_wrong=True,
        again=False,
        pace=Pace(patience=1),
        report=None,
        as_json=False,
    )


async def looked(run: _Run, uploads: Uploads, times: int = 2) -> None:
    looks: dict[Path, tuple[int, int]] = {}
    with _progress() as progress:
        for _ in range(times):
            looks = await run._look(uploads, looks, progress)


async def test_a_file_of_any_name_is_taken_where_the_operation_is_given(uploads: Uploads, folder: Path) -> None:
    (folder / "departments.csv").write_text(WRONG, encoding="utf-8")
    await looked(watching([folder]), uploads)
    kept = sorted(path.name for path in (folder / "done").iterdir())
    assert kept == ["departments.csv", "departments.csv.wrong.csv"]


async def test_what_was_wrong_in_a_file_is_no_formula_where_it_is_told(uploads: Uploads, folder: Path) -> None:
    (folder / "=1+1.csv").write_text(WRONG, encoding="utf-8")
    await looked(watching([folder]), uploads)
    told = (folder / "done" / "=1+1.csv.wrong.csv").read_bytes().decode("utf-8-sig")
    assert told.startswith("source,field,message\r\n'=1+1.csv:2,hasChild,")


async def test_a_damaged_workbook_is_moved_away_and_the_others_are_taken(uploads: Uploads, folder: Path) -> None:
    (folder / "departments.csv").write_text(WRONG, encoding="utf-8")
    with zipfile.ZipFile(folder / "damaged.xlsx", "w") as parts:
        for name in ("[Content_Types].xml", "xl/workbook.xml"):
            parts.writestr(name, "<Types")
    await looked(watching([folder]), uploads)
    assert [path.name for path in (folder / "unfit").iterdir()] == ["damaged.xlsx"]
    assert (folder / "done" / "departments.csv").exists()


async def test_nothing_of_a_look_is_kept_for_the_next(uploads: Uploads, his: Path) -> None:
    run = watching([], (f"sqlite:///{his}", "d"))
    with _progress() as progress:
        for _ in range(3):
            await run._look(uploads, {}, progress)
            assert [field for _, field, _ in run._wrong] == ["hasChild"]
            assert progress.task_ids == []


async def test_a_view_that_cannot_be_read_is_told_and_read_at_the_next_look(
    uploads: Uploads, his: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = watching([], (f"sqlite:///{his}", "d"))
    with sqlite3.connect(his) as connection:
        connection.execute("ALTER TABLE d RENAME TO gone")
    await looked(run, uploads)
    assert capsys.readouterr().err.count("视图 d 未能读取") == 2
    with sqlite3.connect(his) as connection:
        connection.execute("ALTER TABLE gone RENAME TO d")
    await looked(run, uploads, 1)
    assert len(run._wrong) == 1


async def test_a_platform_for_which_one_has_no_patience_ends_the_watch(uploads: Uploads, his: Path) -> None:
    with sqlite3.connect(his) as connection:
        connection.execute("UPDATE d SET hasChild = 0")
    run = watching([], (f"sqlite:///{his}", "d"))
    with _progress() as progress:
        with pytest.raises(typer.Exit) as left:
            await run._look(uploads, {}, progress)
        assert progress.task_ids == []
    assert left.value.exit_code == UNREACHABLE
