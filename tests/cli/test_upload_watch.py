"""`yiqiao upload rows --watch`, look by look: what is taken in, what is moved away, and what does not grow."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hospital.supervision.reporting import SPEC
from yiqiao.app.uploads import Account, Uploads, open_uploads
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
