"""A hub with pages: a sandbox as this machine's browser sees it, and one of the console's operators."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from io import StringIO
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
    with browser(Settings(data=str(folder), sandbox=True, sandbox_hospitals=False)) as client:
        yield client


@pytest.fixture
def stranger(sandbox: TestClient) -> TestClient:
    """The sandbox, seen by a browser that carries nothing."""
    sandbox.cookies.clear()
    return sandbox


@contextmanager
def hub(
    folder: Path, *, sandbox: bool = False, sandbox_hospitals: bool = False, archive: str = "", base_url: str = HERE
) -> Iterator[tuple[TestClient, str]]:
    """A fresh hub, and the first administrator's password, which its terminal says once."""
    settings = Settings(
        data=str(folder), sandbox=sandbox, sandbox_hospitals=sandbox_hospitals, supervision_archive=archive
    )
    with redirect_stderr(StringIO()) as said, browser(settings, base_url) as client:
        found = re.search(r"password {2,}(\S+)", said.getvalue())
        assert found is not None
        yield client, found[1]


@pytest.fixture
def fresh_hub(tmp_path: Path) -> Iterator[tuple[TestClient, str]]:
    """A hub of the test's own."""
    with hub(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def shared_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    """A hub for tests that leave its accounts as they are."""
    with hub(tmp_path_factory.mktemp("hub")) as found:
        yield found


@pytest.fixture
def at_the_door(shared_hub: tuple[TestClient, str]) -> tuple[TestClient, str]:
    """The shared hub, seen by a browser that carries nothing, and the administrator's password."""
    shared_hub[0].cookies.clear()
    return shared_hub


def sign_in(client: TestClient, name: str, password: str, **more: str) -> Response:
    """Fill in the form and send it."""
    token = re.search(r'name="token" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    answer: Response = client.post("/sign-in", data={"token": token[1], "name": name, "password": password, **more})
    return answer
