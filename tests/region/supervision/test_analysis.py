"""Analyses: each can be asked of an empty archive and of a full one, and none reads or changes anything else."""

from pathlib import Path

import pytest

from tests.region.supervision.quality.day import DAY, SHAPES, good_day
from tests.region.supervision.quality.test_review import APP, Supervisor
from tests.support.keys import KEYRING
from yiqiao.region.supervision.analysis import (
    OTHERS,
    SERIES,
    Analysis,
    AnalysisUnusable,
    Answer,
    analyses,
    ask,
    chart,
    read,
)
from yiqiao.region.supervision.archive import Archive
from yiqiao.storage import Database


@pytest.fixture
async def folder(database: Database, tmp_path: Path) -> Path:
    supervisor = Supervisor(database)
    await supervisor.open()
    await supervisor.take(good_day())
    archive = Archive(database, KEYRING, lambda: SHAPES, tmp_path / "it's an archive")
    for day in ("", DAY):
        await archive.write(APP, day)
    return archive.folder


ANSWERS = {
    "visits-by-department": [("2026-11", "9801", 1)],
    "visits-by-hospital": [("2026-11", APP, 1)],
    "prescriptions-by-drug": [("苯磺酸氨氯地平片", 1)],
    "visits-with-prescription": [("2026-11", 100.0)],
    "minutes-to-visit": [("2026-11", 5.0, 5.0)],
    "minutes-to-review": [("2026-11", 5.0, 5.0)],
    "patients-by-visits": [("1", 1)],
    "patients-by-age": [("30–39", 1)],
    "charges-by-month": [("2026-11", 20.0, 31.0)],
    "outcome-of-review": [("2026-11", 1, 0, 0)],
    "purchases-by-channel": [("2026-11", 1, "未填")],
}


async def test_each_analysis_answers(folder: Path) -> None:
    told = {name: list(ask(folder, SHAPES, one).rows) for name, one in analyses().items()}
    assert told == ANSWERS


def test_each_analysis_can_be_asked_of_an_empty_archive(tmp_path: Path) -> None:
    for one in analyses().values():
        assert ask(tmp_path, SHAPES, one).rows == (), one.name
        assert all((one.title, one.english, one.about, one.says)), one.name


def everything(folder: Path) -> list[Path]:
    """All files, of whatever name."""
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT * FROM read_text('/etc/passwd')", "disabled"),
        ("COPY (SELECT 1) TO '{folder}/x.csv'", "SELECT"),
        ("SELECT 1; DROP VIEW visit", "SELECT"),
        ("SELECT", "Parser"),
        ("SELECT nothing FROM visit", "nothing"),
    ],
)
async def test_a_question_reads_the_archive_and_nothing_else(folder: Path, sql: str, said: str) -> None:
    before = {path: path.read_bytes() for path in everything(folder)}
    assert before
    with pytest.raises(AnalysisUnusable, match=said):
        ask(folder, SHAPES, read("ours", sql.format(folder=str(folder).replace("'", "''"))))
    assert {path: path.read_bytes() for path in everything(folder)} == before


async def test_a_question_of_one_s_own(folder: Path) -> None:
    assert ask(folder, SHAPES, read("ours", 'SELECT createTime, amount FROM "order"')) == Answer(
        ("createTime", "amount"), (("2026-11-20 09:00:00", 2000.0),)
    )
    with pytest.raises(AnalysisUnusable, match="没有归档目录"):
        ask(folder / "nowhere", SHAPES, read("ours", "SELECT 1"))


def test_a_column_becomes_the_series_of_a_chart() -> None:
    by = Analysis(name="a", title="甲", sql="", by="department")
    rows = (("2026-10", "内科", 3), ("2026-11", "内科", 2), ("2026-11", "外科", 4))
    assert chart(by, Answer(("month", "department", "visits"), rows)) == Answer(
        ("month", "内科", "外科"), (("2026-10", 3, 0), ("2026-11", 2, 4))
    )
    many = tuple(("2026-11", f"科{number}", 100 - number) for number in range(SERIES + 3))
    drawn = chart(by, Answer(("month", "department", "visits"), many))
    assert (len(drawn.columns), drawn.columns[-1]) == (SERIES + 1, OTHERS)
    assert sum(one for one in drawn.rows[0][1:] if isinstance(one, int)) == sum(one[2] for one in many)
