"""Internet hospitals in the console: opened and bound by right, with what waits; every act audited."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import sign_in
from tests.web.counter import Counter, counter
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.partners.roles import Role

AT = "/console/supervision/institutions"
ONE = f"{AT}/IH9851"
GOOD = {"app_id": "IH9851", "hosp_id": "H9851", "name": "云桥互联网医院"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("supervised")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[Counter, dict[str, str]]]:
    """A hub and its people."""
    with counter(folder) as here:
        yield here, {role.value: add_operator(folder, role.value, role) for role in Role}


def seen_by(opened: tuple[Counter, dict[str, str]], role: Role) -> TestClient:
    """The browser, with somebody signed in."""
    here, people = opened
    here.client.cookies.clear()
    sign_in(here.client, role.value, people[role.value])
    return here.client


def send(client: TestClient, at: str, **values: str) -> Any:
    """The answer to a form; where that leads elsewhere, what stands there."""
    answer = client.post(at, data={"csrf": csrf_of(client.get(at)), **values})
    return client.get(answer.headers["location"]) if answer.status_code == 303 else answer


def test_an_institution_is_opened_bound_and_closed_and_each_act_is_audited(
    opened: tuple[Counter, dict[str, str]], folder: Path
) -> None:
    console = seen_by(opened, Role.ADMINISTRATOR)
    assert "还没有互联网医院" in console.get("/console/supervision/institutions").text
    assert "云桥互联网医院" in send(console, AT, **GOOD).text
    bound = send(console, ONE, act="bind_subject", code="0101", subject="03.04", name="心血管内科专业").text
    assert "心血管内科专业" in bound
    assert "云桥县中医医院" in send(console, ONE, act="bind_partner", code="H9852", name="云桥县中医医院").text
    assert "云桥县中医医院" not in send(console, ONE, act="unbind_partner", code="H9852").text
    assert "已停用" in send(console, ONE, act="close").text
    assert "已开通" in send(console, ONE, act="open").text
    acts = {act for act, target, _ in audited(folder) if target == "IH9851"}
    assert acts >= {"supervision.open", "supervision.close", "supervision.bind_subject", "supervision.unbind_partner"}


def test_what_cannot_be_is_refused_and_what_was_typed_stays(opened: tuple[Counter, dict[str, str]]) -> None:
    console = seen_by(opened, Role.ADMINISTRATOR)
    answer = send(console, AT, app_id="IH9852", hosp_id="H" * 33, name="云桥县中医医院")
    assert answer.status_code == 400
    assert "1 至 32 个可见字符" in answer.text
    assert 'value="IH9852"' in answer.text
    assert send(console, AT, **GOOD).status_code == 200
    answer = send(console, ONE, act="bind_subject", code="0102", subject="", name="内科")
    assert (answer.status_code, 'value="0102"' in answer.text) == (400, True)
    assert send(console, ONE, act="dance").status_code == 400
    assert console.get(f"{AT}/IH0000").status_code == 404


def test_who_may_only_look_finds_no_forms(opened: tuple[Counter, dict[str, str]]) -> None:
    seen_by(opened, Role.ADMINISTRATOR)
    send(opened[0].client, AT, **GOOD)
    viewer = seen_by(opened, Role.VIEWER)
    page = viewer.get(ONE)
    assert page.status_code == 200
    assert 'name="act"' not in page.text
    assert viewer.post(ONE, data={"csrf": "x", "act": "close"}).status_code == 403
