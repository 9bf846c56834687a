"""A hub with pages: a sandbox as this machine's browser sees it, and one of the console's operators."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Response
from starlette.testclient import TestClient

from yiqiao.app.settings import Settings
from yiqiao.web.asgi import application

HERE = "http://127.0.0.1:8600"


def browser(settings: Settings, base_url: str = HERE) -> TestClient:
    """A browser on the hub's own machine; use it in a `with`, which opens the hub."""
    return TestClient(application(settings), base_url=base_url, follow_redirects=False)


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A sandbox; one a module, since people with cards take a moment."""
    folder = tmp_path_factory.mktemp("sandbox")
    with browser(Settings(data=str(folder), sandbox=True)) as client:
        yield client


@pytest.fixture
def stranger(sandbox: TestClient) -> TestClient:
    """The sandbox, seen by a browser that carries nothing."""
    sandbox.cookies.clear()
    return sandbox


@pytest.fixture
def first_password(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[tuple[TestClient, str]]:
    """A fresh hub (no sandbox), and the password that its terminal said once."""
    with browser(Settings(data=str(tmp_path))) as client:
        said = re.search(r"password {2,}(\S+)", capsys.readouterr().err)
        assert said is not None
        yield client, said[1]


def sign_in(client: TestClient, name: str, password: str, **more: str) -> Response:
    """Fill in the form and send it."""
    token = re.search(r'name="token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    return client.post("/sign-in", data={"token": token[1], "name": name, "password": password, **more})
