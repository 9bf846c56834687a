"""The monitoring page: figures, filters, the list, the export; masked, and only for who is signed in."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from tests.web.test_start import send_message
from yiqiao.web.chart import columns, round_above

AT = "/console/monitoring"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A sandbox with three uses of a card, and its administrator signed in."""
    with hub(tmp_path_factory.mktemp("monitoring"), sandbox=True) as (client, password):
        for _ in range(3):
            assert send_message(client)["ret_code"] == "0000"
        sign_in(client, "admin", password)
        yield client


@pytest.mark.parametrize("path", [AT, f"{AT}/uses.csv"])
def test_monitoring_asks_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303


def test_a_week_is_counted_by_day_and_by_everything_else(console: TestClient) -> None:
    """verify.stage"""
    view = console.get(f"{AT}?format=json").json()
    assert (view["figures"]["total"], view["figures"]["unit"], len(view["figures"]["slots"])) == (3, "day", 7)
    found = {ranking["by"]: [(row["key"], row["uses"]) for row in ranking["rows"]] for ranking in view["rankings"]}
    assert found == {
        "stage": [("010101", 3)],
        "office": [("0300", 3)],
        "partner": [("demo-hospital", 3)],
        "terminal": [("10000000001", 3)],
    }


def test_chart_has_a_title_a_description_and_its_figures_as_a_table(console: TestClient) -> None:
    page = console.get(AT).text
    assert re.search(r'<svg[^>]*role="img" aria-labelledby="chart-title chart-about">', page)
    assert "共 3 次" in page
    assert page.count('<rect class="slot"') == 7
    assert len(re.findall(r'<tr><td>\d\d-\d\d</td><td class="figure">\d+</td></tr>', page)) == 7


def test_titles_stand_beside_codes_and_persons_are_masked(console: TestClient) -> None:
    page = console.get(AT).text
    for title in ("挂号", "内科", "演示医院", "一楼挂号窗口", "演示操作员"):
        assert title in page
    (line, *_) = console.get(f"{AT}?format=json").json()["uses"]
    assert re.fullmatch(r"\S\*+", line["line"]["name"])
    assert re.fullmatch(r"\d{3}\*{11}\d{3}[\dX]", line["line"]["id_no"])


@pytest.mark.parametrize(
    ("asked", "total"),
    [("stage=010101", 3), ("stage=010102", 0), ("terminal=10000000001&partner=demo-hospital", 3), ("operator=x", 0)],
)
def test_filters_hold_for_figures_and_list(asked: str, total: int, console: TestClient) -> None:
    view = console.get(f"{AT}?format=json&{asked}").json()
    assert (view["figures"]["total"], len(view["uses"])) == (total, total)
    assert asked.split("=")[1].split("&")[0] in view["export"]


def test_nothing_found_says_what_to_do(console: TestClient) -> None:
    page = console.get(f"{AT}?office=0700").text
    assert "请调整日期或清除条件" in page
    assert "清除条件" in page


def test_days_that_make_no_period_are_told_where_they_are_typed(console: TestClient) -> None:
    answer = console.get(f"{AT}?first=2026-11-20&last=2026-11-01")
    assert answer.status_code == 400
    assert "开始日期晚于结束日期" in answer.text
    english = console.get(f"{AT}?first=x&lang=en")
    assert "make no period" in english.text
    console.cookies.delete("yiqiao_lang")


@pytest.mark.parametrize("after", ["x", "1.2.3", "9" * 40])
def test_a_place_that_is_none_is_refused(after: str, console: TestClient) -> None:
    assert console.get(f"{AT}?after={after}").status_code == 400


@pytest.mark.parametrize("asked", ["operator=%00", "terminal=%ED%A0%80", "partner=%22%3E%3Cscript%3E", "stage=%27"])
def test_strange_filters_do_no_harm(asked: str, console: TestClient) -> None:
    answer = console.get(f"{AT}?{asked}")
    assert answer.status_code == 200
    assert '"><script>' not in answer.text


def test_export_is_a_file_for_excel_and_is_audited(console: TestClient) -> None:
    answer = console.get(f"{AT}/uses.csv?stage=010101")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert re.search(r'attachment; filename="card-uses-\d{8}-\d{8}\.csv"', answer.headers["content-disposition"])
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert len(answer.text.splitlines()) == 4
    assert console.get(f"{AT}/uses.csv?first=x").status_code == 400


def test_export_is_written_down(tmp_path: Path) -> None:
    from tests.web.test_cards import audited

    with hub(tmp_path) as (client, password):
        sign_in(client, "admin", password)
        client.get(f"{AT}/uses.csv?first=2026-11-01&last=2026-11-02&stage=010101")
        ((act, target, detail), *_) = audited(tmp_path)
    assert (act, target, detail) == ("monitoring.export", "2026-11-01/2026-11-02", '{"stage":"010101"}')


def test_bars_stand_on_the_ground_and_the_highest_fits() -> None:
    chart = columns([("a", 0), ("b", 30), ("c", 60)])
    assert chart.top == 60
    assert [(one.y, one.height) for one in chart.columns] == [(100, 0), (50, 50), (0, 100)]
    assert chart.labelled == ("a", "b", "c")


def test_many_columns_have_labels_at_the_ends_and_in_the_middle() -> None:
    assert columns([(str(n), n) for n in range(31)]).labelled == ("0", "15", "30")


@pytest.mark.parametrize(("most", "top"), [(0, 2), (1, 2), (3, 4), (10, 10), (11, 20), (99, 100), (4001, 6000)])
def test_an_axis_ends_at_a_round_figure(most: int, top: int) -> None:
    assert round_above(most) == top
