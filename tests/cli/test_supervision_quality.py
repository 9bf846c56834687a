"""`yiqiao supervision rules|review|findings|archive|analyse` over one day with one fault."""

import asyncio
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.region.supervision.quality.day import DAY, good_day
from tests.region.supervision.quality.test_review import APP, Supervisor
from tests.support.command import yiqiao
from yiqiao.app.settings import load
from yiqiao.app.store import open_store
from yiqiao.region.supervision.kinds import Kind


async def upload(folder: Path) -> None:
    async with open_store(load({"data": str(folder)})) as store:
        supervisor = Supervisor(store.database, keyring=store.keyring)
        await supervisor.open()
        day = good_day()
        day[Kind.RECIPE][0]["sign"] = day[Kind.RECIPE][0]["sign"][:1]
        await supervisor.take(day)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hub")
    assert yiqiao("db", "upgrade", data=folder).returncode == 0
    assert yiqiao("partner", "list", data=folder).returncode == 0  # makes the keys
    asyncio.run(upload(folder))
    return folder


def told(hub: Path, *command: str) -> Any:
    done = yiqiao("supervision", *command, "--json", data=hub)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_findings_of_a_day_on_the_terminal_and_as_files(hub: Path, tmp_path: Path) -> None:
    assert "1 days reviewed, 1 findings" in yiqiao("supervision", "review", APP, "--from", DAY, data=hub).stderr
    (one,) = told(hub, "findings", APP)
    assert (one["day"], one["rule"], one["record"]) == (DAY, "recipe-unreviewed", "recipe C1")
    assert told(hub, "findings", APP, "--to", "2026-11-19") == told(hub, "findings", "IH0000") == []
    sheet, book = tmp_path / "f.csv", tmp_path / "f.xlsx"
    assert yiqiao("supervision", "findings", "--csv", str(sheet), "--xlsx", str(book), data=hub).returncode == 0
    assert "处方 C1 没有审核药师的签名" in sheet.read_text("utf-8-sig")
    assert [row[7].value for row in openpyxl.load_workbook(book).worksheets[0].iter_rows()] == ["记录", "C1"]
    assert yiqiao("supervision", "findings", "--rule", "nothing", data=hub).returncode == 1


def test_an_archive_is_written_and_asked(hub: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    assert told(hub, "archive", str(folder)) == {"days": 2, "records": 6, "files": 6}
    assert told(hub, "archive", str(folder), "--from", DAY) == {"days": 1, "records": 4, "files": 4}
    asked = ("analyse", str(folder))
    assert told(hub, *asked, "outcome-of-review") == [
        {"month": "2026-11", "approved": 0, "refused": 0, "not_reviewed": 1}
    ]
    assert "visits-by-hospital" in [one["name"] for one in told(hub, *asked)]
    question = tmp_path / "ours.sql"
    question.write_text('SELECT count(*) AS orders FROM "order"', "utf-8")
    assert told(hub, *asked, "--sql", str(question)) == [{"orders": 1}]
    assert yiqiao("supervision", *asked, "nothing", data=hub).returncode == 2
    question.write_text("DROP VIEW visit", "utf-8")
    done = yiqiao("supervision", *asked, "--sql", str(question), data=hub)
    assert (done.returncode, "SELECT" in done.stderr) == (1, True)


def test_rules_are_listed_shown_and_tried(hub: Path, tmp_path: Path) -> None:
    assert "recipe-unreviewed" in [one["id"] for one in told(hub, "rules")]
    columns = {(one["record"], one["column"]): one for one in told(hub, "rules", "--columns")}
    assert columns["order", "name"]["personal"]
    assert "signType" in columns["recipe", "sign"]["type"]
    assert "rules can be run" in yiqiao("supervision", "rules", "--check", data=hub).stderr
    (tmp_path / "ours.yaml").write_text(
        "{id: ours, title: 甲, sort: timeliness, weight: minor, record: order, tell: 乙, remedy: 丙, finds: SELECT 1}"
    )
    done = yiqiao("supervision", "rules", "--check", "--folder", str(tmp_path), data=hub)
    assert (done.returncode, "质控规则 ours 不能使用" in done.stderr) == (1, True)
