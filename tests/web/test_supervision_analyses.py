"""Analyses in the console: how to set an archive up, each analysis with its chart's figures, and files."""

from collections.abc import Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from tests.web.test_supervision import upload
from yiqiao.app.runtime import Runtime
from yiqiao.app.supervision_quality import archive_of
from yiqiao.region.supervision.analysis import analyses

AT = "/console/supervision/analyses"


async def archived(runtime: Runtime, folder: Path) -> None:
    await upload(runtime)
    kept = archive_of(runtime, folder)
    for day in await kept.days("", "9999"):
        await kept.write(*day)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("analyses")
    with hub(folder, archive=str(folder / "archive")) as (client, password):
        runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
        client.portal.call(partial(archived, runtime, folder / "archive"))  # type: ignore[union-attr]
        sign_in(client, "admin", password)
        yield client


@pytest.mark.parametrize("path", [AT, f"{AT}/patients-by-age", f"{AT}/patients-by-age.csv"])
def test_analyses_ask_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303


@pytest.mark.parametrize("name", analyses())
def test_each_analysis_is_drawn_and_told_in_both_languages(name: str, console: TestClient) -> None:
    page = console.get(f"{AT}/{name}").text
    assert analyses()[name].title in page
    lacking = name == "minutes-to-review"  # the day's only prescription was not reviewed
    assert ('data-chart="answer"' in page, "归档里还没有这项数据" in page) == (not lacking, lacking)
    view = console.get(f"{AT}/{name}?format=json&lang=en").json()
    assert view["title"] == analyses()[name].english
    assert not [one for one in view["headings"] if "_" in one], "each column has its words"
    console.get(f"{AT}/{name}?lang=zh")


def test_an_analysis_as_a_file(console: TestClient) -> None:
    assert console.get(f"{AT}/charges-by-month.csv").content.decode("utf-8-sig") == (
        "月份,复诊（元）,购药（元）\r\n2026-11,20.0,31.0\r\n"
    )
    book = openpyxl.load_workbook(BytesIO(console.get(f"{AT}/charges-by-month.xlsx").content))
    assert [cell.value for cell in [*book.worksheets[0].iter_rows()][1]] == ["2026-11", "20.0", "31.0"]
    assert console.get(f"{AT}/charges-by-month.pdf").status_code == console.get(f"{AT}/nothing").status_code == 404


def test_without_an_archive_the_page_says_how_to_set_one_up(shared_hub: tuple[TestClient, str]) -> None:
    client, password = shared_hub
    sign_in(client, "admin", password)
    page = client.get(AT).text
    assert "yiqiao supervision archive" in page
    assert "supervision_archive=" in page
    assert client.get(f"{AT}/charges-by-month.csv").status_code == 404
