"""The console's room for simulated card readers: who may change what, and what comes of it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from yiqiao.partners.roles import Role
from yiqiao.sandbox.insurance import residents_by_number
from yiqiao.sandbox.presenting import Kind, offers
from yiqiao.web.desk import Desk

ROOM = "/console/sandbox/readers"
DESK = "ZZJ-98-01"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A sandbox with its administrator signed in."""
    with hub(tmp_path_factory.mktemp("sandbox"), sandbox=True) as (client, password):
        sign_in(client, "admin", password)
        yield client


def press(client: TestClient, act: str, **fields: str) -> Response:
    token = re.search(r'name="csrf" value="([^"]+)"', client.get(ROOM).text)
    assert token is not None
    answer: Response = client.post(f"{ROOM}/{act}", data={"csrf": token[1], "desk": DESK, **fields})
    return answer


def room(client: TestClient, desk: str = DESK) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{ROOM}?{urlencode({'desk': desk, 'format': 'json'})}").json()
    return found


def device(client: TestClient, media: str, desk: str = DESK) -> dict[str, Any]:
    return next(one for one in room(client, desk)["devices"] if one["media"] == media)


def value(kind: Kind) -> tuple[str, str]:
    offer = next(one for one in offers() if one.kind is kind)
    return f"{kind}:{offer.certificate_no}", offer.name


def test_a_card_is_laid_on_one_desks_reader(console: TestClient) -> None:
    what, name = value(Kind.IDENTITY_CARD)
    answer = press(console, "put", what=what)
    assert answer.headers["location"] == f"{ROOM}?desk={DESK}&done=put"
    assert device(console, "identity_card") == {
        "media": "identity_card",
        "state": "present",
        "name": name,
        "code": "",
    }
    assert device(console, "identity_card", "ZZJ-98-02")["state"] == "empty"
    assert "已放上" in console.get(answer.headers["location"]).text


def test_any_resident_may_be_named(console: TestClient) -> None:
    number, one = list(residents_by_number().items())[-1]
    press(console, "put", what=value(Kind.IDENTITY_CARD)[0], who=number)
    assert device(console, "identity_card")["name"] == one.name
    refused = press(console, "put", what=value(Kind.IDENTITY_CARD)[0], who="110101199001010000")
    assert (refused.status_code, "没有这个证件号码" in refused.text) == (400, True)


def test_a_code_is_shown_to_the_scanner_or_told(console: TestClient) -> None:
    press(console, "put", what=value(Kind.VOUCHER)[0])
    assert re.fullmatch(r"\d{28}", device(console, "code")["code"])
    answer = press(console, "code", what=value(Kind.HEALTH_CARD)[0])
    assert (answer.status_code, bool(re.search(r"<code>[0-9A-F]{64}:1:::", answer.text))) == (200, True)


def test_a_device_fails_and_is_mended_by_presenting_something(console: TestClient) -> None:
    press(console, "device", media="face", state="absent")
    assert device(console, "face")["state"] == "absent"
    press(console, "put", what=value(Kind.FACE)[0])
    assert device(console, "face")["state"] == "present"
    assert press(console, "device", media="face", state="broken").status_code == 400


def test_the_centre_is_made_slow_or_silent(console: TestClient) -> None:
    press(console, "centre", delay_ms="1500")
    assert (room(console)["reachable"], room(console)["delay_ms"]) == (True, 1500)
    assert "慢 1,500 毫秒" in console.get(ROOM).text
    press(console, "centre", unreachable="on", delay_ms="soon")
    assert (room(console)["reachable"], room(console)["delay_ms"]) == (False, 0)
    press(console, "centre")
    assert room(console)["reachable"] is True


def test_the_sandboxs_room_leads_here_and_back(console: TestClient) -> None:
    assert f'href="{ROOM}"' in console.get("/console/sandbox").text
    assert 'href="/console/sandbox"' in console.get(ROOM).text


def test_a_strangers_form_changes_nothing(console: TestClient) -> None:
    sent = {"csrf": "x", "desk": "ZZJ-98-09", "what": value(Kind.IDENTITY_CARD)[0]}
    assert console.post(f"{ROOM}/put", data=sent).status_code == 403
    assert device(console, "identity_card", "ZZJ-98-09")["state"] == "empty"
    assert press(console, "shred").status_code == 404


def test_who_may_only_look_changes_nothing(tmp_path: Path) -> None:
    with hub(tmp_path, sandbox=True) as (client, _):
        desk: Desk = client.app.state.desk  # type: ignore[attr-defined]
        assert client.portal is not None
        made = client.portal.call(desk.operators.add, "admin", "seer", Role.VIEWER)
        sign_in(client, "seer", made)
        text = client.get(ROOM).text
        assert "模拟读卡设备" in text
        assert "放卡或出示码" not in text
        assert press(client, "put", what=value(Kind.IDENTITY_CARD)[0]).status_code == 403
        assert device(client, "identity_card")["state"] == "empty"


def test_there_is_no_such_room_outside_a_sandbox(tmp_path: Path) -> None:
    with hub(tmp_path) as (client, password):
        sign_in(client, "admin", password)
        assert client.get(ROOM).status_code == 404
