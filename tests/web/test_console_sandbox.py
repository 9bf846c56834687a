"""The console's room for the sandbox: who may change what, and that a stranger's form changes nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from yiqiao.app.runtime import Runtime
from yiqiao.partners.roles import Role
from yiqiao.web.desk import Desk

ROOM = "/console/sandbox"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A sandbox with its administrator signed in."""
    with hub(tmp_path_factory.mktemp("sandbox"), sandbox=True) as (client, password):
        sign_in(client, "admin", password)
        yield client


def press(client: TestClient, act: str, **fields: str) -> Response:
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(ROOM).text)
    assert token is not None
    answer: Response = client.post(f"{ROOM}/{act}", data={"csrf": token[1], **fields})
    return answer


def room(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(ROOM + "?format=json").json()
    return found


def test_faults_are_switched_on_for_everybody_and_off_again(console: TestClient) -> None:
    answer = press(console, "fault", partner="*/*", late="1500", answer="lost", times="3", percent="50")
    assert answer.headers["location"] == f"{ROOM}?done=fault"
    (switch,) = room(console)["switches"]
    assert switch["faults"] == "late=1500, lost, times=3, share=0.5"
    assert "沙箱有已打开的故障" in console.get("/console").text
    press(console, "fault_off", partner="*/*")
    assert room(console)["switches"] == []
    assert "沙箱有已打开的故障" not in console.get("/console").text


def test_a_partners_switch_strikes_its_messages_and_the_journal_names_it(console: TestClient) -> None:
    press(console, "fault", partner="ehealth_card/demo-hospital", key="on")
    body = console.get("/sandbox/message").content
    answer = console.post("/ehcService/gateway.do", content=body, headers={"content-type": "application/json"})
    assert answer.json()["ret_code"] == "9003"
    place = re.search(r'href="(/console/journal/[^"]+)"', console.get("/console").text)
    assert place is not None
    assert "沙箱按要求制造的故障：key" in console.get(place[1]).text
    press(console, "all_off")
    assert room(console)["switches"] == []


def test_what_is_filled_in_wrongly_is_told_and_stays_in_the_form(console: TestClient) -> None:
    answer = press(console, "fault", partner="*/*", late="soon")
    assert answer.status_code == 400
    assert "late 应为 1 至 120000 的整数" in answer.text
    assert 'value="soon"' in answer.text
    assert press(console, "fault", partner="*/*").status_code == 400
    assert press(console, "fault", partner="ehealth_card/nobody", key="on").status_code == 400
    assert press(console, "time", to="tomorrow").status_code == 400


def test_the_clock_is_moved_and_set_right(console: TestClient) -> None:
    press(console, "time", to="+1h")
    shown = room(console)
    assert shown["moved"]
    assert "平台时钟" in console.get(ROOM).text
    press(console, "time", to="freeze")
    assert room(console)["frozen"]
    press(console, "time", to="real")
    assert not room(console)["moved"]


def test_messages_are_refused_with_the_return_code_that_was_chosen(console: TestClient) -> None:
    offered = re.search(r'<select id="refuse".*?</select>', console.get(ROOM).text, re.S)
    assert offered is not None
    assert '<option value="8009">8009 内部异常</option>' in offered[0]
    assert 'value="0000"' not in offered[0]
    press(console, "fault", partner="*/*", refuse="8009", times="1")
    assert [one["faults"] for one in room(console)["switches"]] == ["refuse=8009, times=1"]
    body = console.get("/sandbox/message").content
    answer = console.post("/ehcService/gateway.do", content=body, headers={"content-type": "application/json"})
    assert answer.json()["ret_code"] == "8009"
    press(console, "all_off")


@pytest.mark.parametrize("typed", [{}, {"refuse": "80 09"}, {"refuse": "8009", "key": "on", "percent": "x"}])
def test_faults_that_cannot_be_stay_as_they_were_typed(typed: dict[str, str], console: TestClient) -> None:
    answer = press(console, "fault", partner="*/*", **typed)
    assert answer.status_code == 400
    assert room(console)["switches"] == []
    assert ('<option value="8009" selected>' in answer.text) == (typed.get("refuse") == "8009")


def test_an_operator_stays_signed_in_while_the_clock_is_moved_years_on(console: TestClient) -> None:
    press(console, "time", to="2090-01-01")
    assert console.get(ROOM).status_code == 200
    press(console, "time", to="real")


def test_data_is_copied_put_back_reset_and_the_copy_deleted(console: TestClient) -> None:
    press(console, "snapshot", name="before")
    assert [one["name"] for one in room(console)["snapshots"]] == ["before"]
    for act in ("restore", "drop"):
        assert press(console, act, name="before").headers["location"] == f"{ROOM}?done={act}"
    assert room(console)["snapshots"] == []
    assert press(console, "reset").headers["location"] == f"{ROOM}?done=reset"
    assert press(console, "restore", name="before").status_code == 400
    assert press(console, "snapshot", name="../x").status_code == 400


def test_the_year_behind_a_hospital_is_shown_until_it_is_filed(tmp_path: Path) -> None:
    with hub(tmp_path, sandbox=True, sandbox_hospitals=True) as (client, password):
        sign_in(client, "admin", password)
        first = room(client)["history"][0]
        assert (first["name"], first["days"]) == ("云桥县人民医院", 365)
        assert re.search(r"历史数据：云桥县人民医院已生成 \d+/365 天", client.get(ROOM).text)


@pytest.mark.parametrize("act", ["fault", "reset", "restore", "time", "snapshot", "drop", "all_off"])
def test_a_form_without_the_sessions_token_changes_nothing(act: str, console: TestClient) -> None:
    before = room(console)["switches"]
    answer = console.post(f"{ROOM}/{act}", data={"csrf": "guessed", "key": "on", "to": "+1h", "name": "a"})
    assert answer.status_code == 403
    assert room(console)["switches"] == before
    assert not room(console)["moved"]


def test_a_button_that_there_is_not_is_not_found(console: TestClient) -> None:
    assert press(console, "explode").status_code == 404


async def viewer(desk: Desk) -> str:
    return await desk.operators.add("admin", "looker", Role.VIEWER)


def test_who_may_only_look_sees_no_button(tmp_path: Path) -> None:
    with hub(tmp_path, sandbox=True) as (client, _):
        password = client.portal.call(viewer, client.app.state.desk)  # type: ignore[union-attr, attr-defined]
        sign_in(client, "looker", password)
        page = client.get(ROOM).text
        assert "沙箱控制" in page
        assert f'action="{ROOM}' not in page
        token = re.search(r'name="csrf" value="([^"]+)"', page)
        assert token is not None
        assert client.post(f"{ROOM}/reset", data={"csrf": token[1]}).status_code == 403


def test_a_hub_that_is_no_sandbox_has_no_such_room(fresh_hub: tuple[TestClient, str]) -> None:
    client, password = fresh_hub
    sign_in(client, "admin", password)
    assert client.get(ROOM).status_code == 404
    assert ROOM not in client.get("/console").text
    runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
    assert runtime.playground is None


def test_strangers_are_led_to_the_door(stranger: TestClient) -> None:
    assert stranger.get(ROOM).status_code == 303
    assert stranger.post(f"{ROOM}/reset", data={}).status_code == 303
