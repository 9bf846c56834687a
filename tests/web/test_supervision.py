"""The supervision's room: hospitals at a glance, the board, findings as page and file, a visit followed."""

from collections.abc import Iterator
from io import BytesIO

import openpyxl
import pytest
from starlette.testclient import TestClient

from tests.region.supervision.quality.day import DAY, good_day
from tests.region.supervision.quality.test_review import APP, Supervisor
from tests.web.conftest import hub, sign_in
from yiqiao.app.runtime import Runtime
from yiqiao.region.supervision.kinds import Kind
from yiqiao.spreadsheet import csv_of, plain

AT = "/console/supervision"
DAYS = f"first={DAY}&last={DAY}"


async def upload(runtime: Runtime) -> None:
    """A day with one fault, reviewed."""
    supervisor = Supervisor(runtime.database, keyring=runtime.keyring)
    await supervisor.open()
    day = good_day()
    day[Kind.RECIPE][0]["sign"] = day[Kind.RECIPE][0]["sign"][:1]
    await supervisor.take(day)
    await supervisor.reviewer.review(APP, DAY)


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A hub with one internet hospital, and its administrator signed in."""
    with hub(tmp_path_factory.mktemp("supervision")) as (client, password):
        runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
        client.portal.call(upload, runtime)  # type: ignore[union-attr]
        sign_in(client, "admin", password)
        yield client


@pytest.mark.parametrize("path", [AT, f"{AT}/findings", f"{AT}/findings.csv", f"{AT}/hospitals/{APP}"])
def test_supervision_asks_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303


def test_hospitals_at_a_glance(console: TestClient) -> None:
    page = console.get(f"{AT}?days=30")
    assert page.status_code == 200
    assert "云桥互联网医院" in page.text
    (glance,) = console.get(f"{AT}?days=30&format=json").json()["glances"]
    assert (glance["findings"], glance["serious"], glance["waiting"]) == (1, 1, 0)
    assert glance["counts"] == {"order": 1, "recipe": 1, "purchase": 1, "visit": 1, "staff": 1, "drugs": 1}


def test_findings_lead_to_the_visit_and_say_what_to_do(console: TestClient) -> None:
    page = console.get(f"{AT}/findings?{DAYS}").text
    assert "处方 C1 没有审核药师的签名" in page
    assert "请药师审核处方并签名" in page
    assert f"{AT}/hospitals/{APP}/flows?flow=F1" in page
    assert "没有发现问题" in console.get(f"{AT}/findings?{DAYS}&rule=late-upload").text


def test_findings_as_files(console: TestClient) -> None:
    text = console.get(f"{AT}/findings.csv?{DAYS}").content.decode("utf-8-sig")
    assert text.splitlines()[0].startswith("日期,医院,appid")
    assert "处方 C1 没有审核药师的签名" in text
    book = openpyxl.load_workbook(BytesIO(console.get(f"{AT}/findings.xlsx?{DAYS}").content))
    assert [row[7].value for row in book.worksheets[0].iter_rows()] == ["记录", "C1"]
    assert console.get(f"{AT}/findings.doc?{DAYS}").status_code == 404


def test_the_board_goes_along_the_calling_order(console: TestClient) -> None:
    view = console.get(f"{AT}/hospitals/{APP}?days=30&format=json").json()
    assert [step["kind"] for step in view["board"]["steps"]][:3] == ["hospital", "department", "staff"]
    assert console.get(f"{AT}/hospitals/{APP}").status_code == 200
    assert console.get(f"{AT}/hospitals/nobody").status_code == 404


def test_a_visit_is_followed_with_personal_values_hidden(console: TestClient) -> None:
    page = console.get(f"{AT}/hospitals/{APP}/flows?flow=F1").text
    places = [page.index(f"<small>{key}</small>") for key in ("D1", "C1", "G1")]
    assert places == sorted(places), "in the order in which it happened"
    assert "贺兰亭" not in page
    assert "医生您好" not in page
    assert "（内容已隐藏）" in page
    assert "359851199009110016" not in page


def test_in_full_it_is_shown_on_asking_and_written_down(console: TestClient) -> None:
    page = console.get(f"{AT}/hospitals/{APP}/flows?flow=F1&clear=1").text
    assert "贺兰亭" in page
    assert "医生您好" in page
    runtime: Runtime = console.app.state.runtime  # type: ignore[attr-defined]

    async def audited() -> list[str]:
        return await runtime.database.read(
            lambda c: [
                row[0] for row in c.exec_driver_sql("SELECT target FROM operator_audit WHERE act LIKE '%reveal'")
            ]
        )

    assert console.portal.call(audited) == [f"{APP}/F1"]  # type: ignore[union-attr]


@pytest.mark.parametrize("flow", ["", "F2", "%00"])
def test_a_visit_that_is_not_there(flow: str, console: TestClient) -> None:
    assert console.get(f"{AT}/hospitals/{APP}/flows?flow={flow}").status_code == 404


def test_a_cell_is_never_a_formula() -> None:
    assert [plain(cell) for cell in ("=1+1", "+1", "-1", "@x", "正常", "")] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "正常",
        "",
    ]
    assert csv_of([["=1"]]) == "\ufeff'=1\r\n".encode()
