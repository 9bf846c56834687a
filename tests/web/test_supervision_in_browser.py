"""The supervision's rooms in a real browser: widths, charts drawn and named, the way to a visit by keyboard."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from tests.region.supervision.quality.day import DAY
from tests.region.supervision.quality.test_review import APP
from tests.support.needs import need
from tests.web.pictures import draw
from tests.web.test_cards import add_operator
from tests.web.test_in_browser import CHROMIUM, STARTS_WITHIN_S, VIEWS, chromium, complaints, fits, signed_in
from tests.web.test_supervision_analyses import archived
from yiqiao.app.settings import Settings
from yiqiao.partners.roles import Role
from yiqiao.web.asgi import application

__all__ = ["chromium", "complaints"]

T = TypeVar("T")
AT = "/console/supervision"
FINDINGS = f"{AT}/findings?first={DAY}&last={DAY}"
ROOMS = (
    AT,
    f"{AT}/hospitals/{APP}",
    FINDINGS,
    f"{AT}/hospitals/{APP}/flows?flow=F1",
    f"{AT}/analyses/charges-by-month",
)


@pytest.fixture(scope="module")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A hub with one hospital's day and its archive: its address, and an administrator's password."""
    need(CHROMIUM, "chromium is not installed")
    folder = tmp_path_factory.mktemp("hub")
    loops: list[asyncio.AbstractEventLoop] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = application(Settings(data=str(folder), port=port, supervision_archive=str(folder / "archive")))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve(sockets=[listening])

        def do(work: Coroutine[Any, Any, T]) -> T:
            return asyncio.run_coroutine_threadsafe(work, loops[0]).result(STARTS_WITHIN_S)

        thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        do(archived(app.state.runtime, folder / "archive"))
        with ThreadPoolExecutor() as aside:  # the browser's own loop runs in this thread
            password = aside.submit(add_operator, folder, "admin2", Role.ADMINISTRATOR).result()
        yield f"http://127.0.0.1:{port}", password
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(chromium: Browser, supervisor: tuple[str, str], complaints: list[str]) -> Iterator[Page]:
    """The administrator's page."""
    context = chromium.new_context(base_url=supervisor[0])
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    signed_in(opened, supervisor[1], "admin2")
    yield opened
    context.close()


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_rooms_fit_their_window_and_charts_are_drawn(
    width: int, language: str, page: Page, complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for path in ROOMS:
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        draw(page, tmp_path / f"{re.sub(r'[^a-z]', '_', path)}-{language}-{width}.png")
        assert fits(page), path
        assert page.locator("h1").count() == 1, path
        charts = page.locator("[data-chart]").count()
        assert page.locator("[data-chart] canvas").count() == charts, path
        assert page.locator(".legend").count() == charts, path
    assert complaints == [], "nothing that the content security policy forbids, either"


def test_a_table_s_heading_hides_none_of_its_rows(page: Page) -> None:
    page.goto(f"{AT}/hospitals/{APP}")
    heading, row = page.locator(".board thead").bounding_box(), page.locator(".board tbody tr").first.bounding_box()
    assert heading is not None
    assert row is not None
    assert row["y"] >= heading["y"] + heading["height"] - 1
    cell = page.locator(".board thead th").first.bounding_box()
    assert cell is not None
    assert cell["y"] < row["y"]


def test_a_finding_leads_to_its_visit_by_keyboard(page: Page, complaints: list[str]) -> None:
    page.goto(FINDINGS)
    page.locator("tr.link a").first.press("Enter")
    page.wait_for_url("**/flows?flow=F1")
    assert page.locator(".dialogue li").count() == 2
    assert complaints == []
