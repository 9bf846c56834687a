"""Comparisons in the console: made by an operator, applied by an approver, kept for everybody."""

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL
from tests.web.bookings import do, file, open_hospital, runtime_of
from tests.web.conftest import hub, sign_in
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.clock import beijing
from yiqiao.partners.roles import Role
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.region.appointments.reconcile import TITLES
from yiqiao.storage import appointments
from yiqiao.web.i18n import table

AT = "/console/reconciliation"
ORDER, JUST_NOW = "26112000000001", "26112000000002"
GONE_ON_WITHIN_S = 10
Opened = tuple[TestClient, dict[str, str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("reconciliation")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[Opened]:
    """A hub with two appointments of tomorrow, and the passwords of its people by their names."""
    with hub(folder, sandbox=True) as (client, password):
        store = runtime_of(client)
        do(client, open_hospital, store)
        do(client, file, store, ORDER)

        async def just_now() -> None:
            await file(store, JUST_NOW, changed_at=store.clock.now_ms())

        do(client, just_now)
        yield client, {role.value: add_operator(folder, role.value, role) for role in Role} | {"admin": password}


def seen_by(opened: Opened, name: str) -> TestClient:
    client, people = opened
    client.cookies.clear()
    sign_in(client, name, people[name])
    return client


@pytest.fixture
def console(opened: Opened) -> TestClient:
    """The administrator's browser."""
    return seen_by(opened, "admin")


def tomorrow(client: TestClient) -> str:
    return (beijing(runtime_of(client).clock.now_ms()).date() + timedelta(days=1)).isoformat()


def compare(client: TestClient, **changed: str) -> Response:
    sent = {"csrf": csrf_of(client.get(AT)), "hospital": HOSPITAL, "day": tomorrow(client)}
    answer: Response = client.post(AT, data=sent | changed)
    return answer


@pytest.mark.parametrize("path", [AT, f"{AT}/{HOSPITAL}/2026-11-20/1", f"{AT}/{HOSPITAL}/2026-11-20/1/apply"])
def test_reconciliation_asks_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303
    assert stranger.post(path).status_code in (303, 405)


def test_kinds_are_told_in_the_words_of_their_table() -> None:
    for kind, title in TITLES.items():
        assert table()[f"reconciliation.kind_{kind}"]["zh"] == title


def test_an_empty_room_says_what_to_do(console: TestClient) -> None:
    page = console.get(AT).text
    assert "请选择医院和日期开始核对" in page
    assert f"云桥县人民医院 {HOSPITAL}" in page
    yesterday = (beijing(runtime_of(console).clock.now_ms()).date() - timedelta(days=1)).isoformat()
    assert f'value="{yesterday}"' in page


def test_a_preview_is_kept_shown_and_changes_nothing(console: TestClient, folder: Path) -> None:
    answer = compare(console)
    link = answer.headers["location"]
    assert re.fullmatch(rf"{AT}/{HOSPITAL}/{tomorrow(console)}/\d+", link)
    page = console.get(link).text
    for text in (
        "医院无此订单 1",
        "在途 1",
        "挂号成功，已支付",
        "¥ 25.00",
        "应用后再向医院查询一次",
        "仅核对",
        "admin",
    ):
        assert text in page
    assert f'href="/console/appointments/{ORDER}"' in page
    assert page.index(ORDER) < page.index(JUST_NOW)
    assert f'href="{link}"' in console.get(AT).text
    act, target, detail = audited(folder)[0]
    assert (act, target) == ("reconciliation.preview", f"{HOSPITAL}/{tomorrow(console)}")
    assert detail == '{"missing_there":1,"in_flight":1}'
    assert "挂号成功" in console.get(f"/console/appointments/{ORDER}").text


def test_a_day_without_appointments_is_a_report_too(console: TestClient) -> None:
    page = console.get(compare(console, day="2026-01-01").headers["location"]).text
    assert "当天没有预约" in page
    assert "两边一致" in page
    assert "/apply" not in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"day": "x"}, "日期无法识别"), ({"hospital": "none"}, "医院不存在"), ({"day": ""}, "日期无法识别")],
)
def test_what_cannot_be_compared_is_told_on_the_page(changed: dict[str, str], told: str, console: TestClient) -> None:
    answer = compare(console, **changed)
    assert answer.status_code == 400
    assert told in answer.text
    assert "开始核对" in answer.text


def test_a_hospital_that_is_away_is_told_and_audited(
    console: TestClient, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = compare(console).headers["location"]

    def away(*_: object) -> None:
        raise HospitalUnreachable

    monkeypatch.setattr(runtime_of(console).hospitals, "of", away)
    answer = compare(console)
    assert answer.status_code == 400
    assert "医院系统暂时无法连接" in answer.text
    assert audited(folder)[0][2] == '{"refused":"HospitalUnreachable"}'
    refused = console.post(f"{link}/apply", data={"csrf": csrf_of(console.get(f"{link}/apply"))})
    assert refused.status_code == 400
    assert "医院系统暂时无法连接" in refused.text


def test_a_comparison_without_the_page_s_token_is_refused(console: TestClient) -> None:
    assert compare(console, csrf="x").status_code == 403
    link = compare(console).headers["location"]
    assert console.post(f"{link}/apply", data={"csrf": "x"}).status_code == 403


def test_viewers_see_operators_compare_approvers_apply(opened: Opened) -> None:
    link = compare(seen_by(opened, "operator")).headers["location"]
    csrf = csrf_of(opened[0].get(AT))
    assert "应用由审批员办理" in opened[0].get(link).text
    assert opened[0].get(f"{link}/apply").status_code == 403
    assert opened[0].post(f"{link}/apply", data={"csrf": csrf}).status_code == 403
    for role in ("viewer", "approver"):
        client = seen_by(opened, role)
        csrf = csrf_of(client.get("/console"))
        assert "新的对账由操作员发起" in client.get(AT).text
        assert client.post(AT, data={"csrf": csrf, "hospital": HOSPITAL, "day": "2026-01-01"}).status_code == 403
        assert (f'href="{link}/apply"' in client.get(link).text) == (role == "approver")


def test_applying_is_asked_for_twice_and_the_saga_goes_on(opened: Opened, folder: Path) -> None:
    link = compare(seen_by(opened, "operator")).headers["location"]
    client = seen_by(opened, "approver")
    asked = client.get(f"{link}/apply")
    assert "将处理 1 个预约，费用合计 ¥ 25.00" in asked.text
    answer = client.post(f"{link}/apply", data={"csrf": csrf_of(asked)})
    assert audited(folder)[0][:2] == ("reconciliation.apply", f"{HOSPITAL}/{tomorrow(client)}")
    page = client.get(answer.headers["location"]).text
    assert "已应用" in page
    assert "/apply" not in page
    store, until = runtime_of(client), time.monotonic() + GONE_ON_WITHIN_S
    while time.monotonic() < until:
        row = do(client, store.database.read, lambda c: appointments.find_by_order(c, ORDER))
        if row is not None and row.state == "stuck":
            break
        time.sleep(0.1)
    course = client.get(f"/console/appointments/{ORDER}").text
    assert "对账（approver）" in course
    assert "医院查无此订单，而费用已支付" in course


@pytest.mark.parametrize("path", [f"{HOSPITAL}/2026-11-20/1", f"{HOSPITAL}/x/1", f"%00/2026-11-20/{'9' * 30}"])
def test_a_report_that_is_not_there_is_not_found(path: str, console: TestClient) -> None:
    assert console.get(f"{AT}/{path}").status_code == 404
    assert console.get(f"{AT}/{path}/apply").status_code == 404
