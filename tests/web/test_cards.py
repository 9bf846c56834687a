"""Cards in the console: whom an operator finds, what they see masked, and in full only by right and on asking."""

import asyncio
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.web.conftest import hub, sign_in
from tests.web.test_start import send_message
from yiqiao.cli.options import settings_from
from yiqiao.clock import SystemClock
from yiqiao.partners.operators import Operators
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.roles import Role
from yiqiao.sandbox.people import people
from yiqiao.storage import open_database

AT = "/console/cards"
SOMEBODY = people()[0]


def audited(folder: Path) -> list[tuple[str, str, str]]:
    """What operators did, the newest first: act, target, detail."""
    with closing(sqlite3.connect(folder / "yiqiao.db")) as database:
        return database.execute("SELECT act, target, detail FROM operator_audit ORDER BY id DESC").fetchall()


def csrf_of(page: Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def add_operator(folder: Path, name: str, role: Role) -> str:
    """File an operator; answers the password."""

    async def work() -> str:
        database = await open_database(settings_from(str(folder)).database)
        try:
            return await Operators(database, SystemClock(), Passwords()).add("test", name, role)
        finally:
            await database.close()

    return asyncio.run(work())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("cards")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[TestClient, str]]:
    """A sandbox with a use of the first person's card, and the administrator's password."""
    with hub(folder, sandbox=True) as (client, password):
        assert send_message(client)["ret_code"] == "0000"
        yield client, password


@pytest.fixture
def console(opened: tuple[TestClient, str]) -> TestClient:
    """The administrator's browser."""
    client, password = opened
    client.cookies.clear()
    sign_in(client, "admin", password)
    return client


def search(client: TestClient, text: str) -> Response:
    answer: Response = client.post(AT, data={"csrf": csrf_of(client.get(AT)), "text": text})
    return answer


def found(client: TestClient) -> str:
    """The address of the first person's page."""
    link = re.search(r'href="(/console/cards/[0-9a-f]{32})"', search(client, SOMEBODY.id_no).text)
    assert link is not None
    return link[1]


@pytest.mark.parametrize("path", [AT, f"{AT}/{'0' * 32}"])
def test_cards_ask_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303
    assert stranger.post(path).headers["location"] == "/sign-in"


@pytest.mark.parametrize("text", [SOMEBODY.id_no, SOMEBODY.name, SOMEBODY.mobile_phone])
def test_somebody_is_found_and_shown_masked(text: str, console: TestClient) -> None:
    page = search(console, text).text
    assert "/console/cards/" in page
    for value in (SOMEBODY.id_no, SOMEBODY.mobile_phone, SOMEBODY.name):
        assert value not in page


def test_what_was_searched_for_stands_in_no_address_and_no_audit(console: TestClient, folder: Path) -> None:
    answer = search(console, SOMEBODY.id_no)
    assert answer.status_code == 200
    assert audited(folder)[0] == ("person.search", "", '{"found":1}')


def test_nobody_found_says_what_to_do(console: TestClient) -> None:
    assert "没有找到" in search(console, "谁也不是").text


def test_a_search_without_the_page_s_token_is_refused(console: TestClient) -> None:
    assert console.post(AT, data={"text": SOMEBODY.id_no}).status_code == 403


def test_a_person_s_page_is_masked_and_has_cards_uses_and_exchanges(console: TestClient, folder: Path) -> None:
    path = found(console)
    page = console.get(path).text
    for value in (SOMEBODY.id_no, SOMEBODY.mobile_phone, SOMEBODY.name):
        assert value not in page
    assert "第 1 次发卡" in page
    assert "一楼挂号窗口" in page
    assert "/console/journal/" in page
    assert audited(folder)[0] == ("person.view", path.rpartition("/")[2], "{}")


def test_everything_is_shown_on_asking_which_is_audited(console: TestClient, folder: Path) -> None:
    path = found(console)
    page = console.post(path, data={"csrf": csrf_of(console.get(path))})
    for value in (SOMEBODY.id_no, SOMEBODY.mobile_phone, SOMEBODY.name):
        assert value in page.text
    assert page.headers["cache-control"] == "no-store"
    assert audited(folder)[0] == ("person.view_full", path.rpartition("/")[2], "{}")
    assert SOMEBODY.name not in console.get(path).text


def test_showing_in_full_needs_the_page_s_token(console: TestClient, folder: Path) -> None:
    path = found(console)
    assert console.post(path, data={"csrf": "x"}).status_code == 403
    assert audited(folder)[0][0] == "person.search"


def test_a_viewer_sees_masked_data_alone(console: TestClient, folder: Path) -> None:
    path = found(console)
    password = add_operator(folder, "viewer", Role.VIEWER)
    console.cookies.clear()
    sign_in(console, "viewer", password)
    page = console.get(path)
    assert page.status_code == 200
    assert "查看完整信息" not in page.text
    refused = console.post(path, data={"csrf": csrf_of(page)})
    assert refused.status_code == 403
    assert SOMEBODY.id_no not in refused.text


def test_somebody_who_is_not_there_is_not_found(console: TestClient) -> None:
    assert console.get(f"{AT}/{'0' * 32}").status_code == 404
    assert console.get(f"{AT}/nobody%00").status_code == 404


def test_json_twin_is_masked_alike(console: TestClient) -> None:
    file = console.get(f"{found(console)}?format=json").json()["file"]
    assert re.fullmatch(r"\d{3}\*{11}\d{3}[\dX]", file["person"]["certificate"]["id_no"])
    assert re.fullmatch(r"[0-9A-F]{12}…[0-9A-F]{6}", file["health_cards"][0]["ehealth_card_id"])
