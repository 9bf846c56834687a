"""The console: for those who are signed in, masked, and without a word of any key."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from tests.web.test_start import secret_of, send_message

ROOMS = ("/console", "/console/live", "/console?format=json")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the console's hub."""
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def console(folder: Path) -> Iterator[TestClient]:
    """A sandbox with two exchanges, a good one last, and its administrator signed in."""
    with hub(folder, sandbox=True) as (client, password):
        spoiled = client.get("/sandbox/message").content.replace(b'"sign":"', b'"sign":"0')
        client.post("/ehcService/gateway.do", content=spoiled, headers={"content-type": "application/json"})
        assert send_message(client)["ret_code"] == "0000"
        sign_in(client, "admin", password)
        yield client


def newest_message(client: TestClient) -> str:
    found = re.search(r'href="(/console/journal/[^"]+)"', client.get("/console").text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", [*ROOMS, "/console/journal/x/1"])
def test_console_asks_who_is_there(path: str, stranger: TestClient) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=%2Fconsole")


def test_day_is_counted_by_operation(console: TestClient) -> None:
    (today,) = console.get("/console?format=json").json()["today"]["operations"]
    assert (today["operation"], today["calls"], today["refused"]) == ("ehc.ehealthcode.verify", 2, 1)
    assert today["refused_percent"] == 50.0
    assert today["p95_ms"] > 0


def test_newest_exchanges_stand_first_and_lead_to_their_message(console: TestClient) -> None:
    lines = console.get("/console?format=json").json()["exchanges"]
    assert [line["outcome"] for line in lines] == ["0000", "9003"]
    assert [line["tone"] for line in lines] == ["good", "warn"]
    assert newest_message(console) == f"/console/journal/{lines[0]['chain']}/{lines[0]['seq']}"


def test_no_console_page_holds_a_secret(console: TestClient) -> None:
    secret = secret_of(console)
    for path in (*ROOMS, newest_message(console), newest_message(console) + "?format=json"):
        page = console.get(path)
        assert page.status_code == 200
        assert secret not in page.text


def test_message_shows_wire_decoded_fields_and_story(console: TestClient) -> None:
    page = console.get(newest_message(console)).text
    assert "ehc.ehealthcode.verify" in page  # on the wire
    assert "out_verify_no" in page  # decoded
    assert "010101" in page
    assert "000000  " in page  # as hexadecimal figures
    assert "demo-hospital" in page


def test_personal_data_of_a_message_is_masked(console: TestClient) -> None:
    message = console.get(newest_message(console) + "?format=json").json()
    fields = {field["path"]: field["value"] for field in message["response"]["fields"]}
    assert re.fullmatch(r"\S\*+", fields["user_name"])
    assert re.fullmatch(r"\d{3}\*{11}\d{3}[\dX]", fields["id_no"])
    assert re.fullmatch(r"\d{3}\*{4}\d{4}", fields["mobile_phone"])
    assert "…" in fields["ehealth_card_id"]
    shown = str(message)
    assert not re.search(r"(?<![0-9a-f])[1-9]\d{16}[\dX](?![0-9a-f])", shown)


def test_code_titles_stand_beside_codes(console: TestClient) -> None:
    message = console.get(newest_message(console) + "?format=json").json()
    meanings = {field["path"]: field["meaning"] for field in message["request"]["fields"]}
    assert meanings["treatment_code"]


def test_refused_message_says_why(console: TestClient) -> None:
    older = console.get(newest_message(console) + "?format=json").json()["older"]
    page = console.get(f"/console/journal/{older}")
    assert "验签失败" in page.text
    assert "SignatureMismatch" in page.text


def test_neighbours_are_reached_by_key(console: TestClient) -> None:
    page = console.get(newest_message(console)).text
    assert 'data-key="j"' in page
    assert 'data-key="k"' not in page


def test_looking_at_a_message_is_audited(console: TestClient, folder: Path) -> None:
    place = newest_message(console).removeprefix("/console/journal/")
    console.get(f"/console/journal/{place}")
    with closing(sqlite3.connect(folder / "yiqiao.db")) as database:
        acts = database.execute("SELECT operator, act, target FROM operator_audit ORDER BY id DESC").fetchall()
    assert acts[0] == ("admin", "journal.view", place)
    assert ("admin", "sign_in") in {act[:2] for act in acts}


@pytest.mark.parametrize("place", ["x/1", "x/999999", "x/notanumber"])
def test_message_that_is_not_there_is_not_found(place: str, console: TestClient) -> None:
    assert console.get(f"/console/journal/{place}").status_code == 404


def test_empty_hub_says_what_to_do(fresh_hub: tuple[TestClient, str]) -> None:
    client, password = fresh_hub
    sign_in(client, "admin", password)
    page = client.get("/console").text
    assert "今天还没有调用" in page
