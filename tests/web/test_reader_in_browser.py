"""Choosing how to be read in a real browser: large buttons, the keyboard, no script, time that runs out."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.hub import NOW_MS
from tests.support.needs import need
from tests.web.pictures import draw
from tests.web.test_in_browser import ARGUMENTS, CHROMIUM, FOCUSED, STARTS_WITHIN_S, VIEWS, fits
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.region.reading.choices import CHOOSE_MS
from yiqiao.web.asgi import application

LARGE = [(360, "zh", "large"), (360, "en", "large")]
SMALLEST_BUTTON = 48


@dataclass
class Kiosk:
    """A hub that runs, and who begins readings at it."""

    url: str
    clock: FixedClock
    runtime: Any
    loop: asyncio.AbstractEventLoop
    messages: int = 0

    def does(self, made: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(made, self.loop).result(20)

    def begun(self) -> str:
        self.messages += 1
        choice = self.does(self.runtime.readings.choices.begin("his", str(self.messages), f"ZZJ-{self.messages}"))
        return f"{self.url}/reader/{choice.token}"

    def finished(self, address: str) -> None:
        """The call that waits has got its reading."""
        choices = self.runtime.readings.choices

        async def finish() -> None:
            choice = await choices.find("his", address.rpartition("/")[2])
            await self.runtime.writer.perform(choices.finish(choice), lambda found: (found, None))

        self.does(finish())


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A sandbox on a free port of this machine, under a clock that stands still."""
    need(CHROMIUM, "chromium is not installed")
    clock, loops = FixedClock(NOW_MS), []
    with socket.socket() as listening, redirect_stderr(StringIO()):
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        folder = str(tmp_path_factory.mktemp("hub"))
        app = application(Settings(data=folder, sandbox=True, sandbox_hospitals=False, port=port), clock)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))

        async def serve() -> None:
            loops.append(asyncio.get_running_loop())
            await server.serve(sockets=[listening])

        thread = threading.Thread(target=asyncio.run, args=[serve()], daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield Kiosk(f"http://127.0.0.1:{port}", clock, app.state.runtime, loops[0])
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A headless browser."""
    need(CHROMIUM, "chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser's console complained about."""
    return []


@pytest.fixture
def screen(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    """The screen of a terminal."""
    context = chromium.new_context(viewport={"width": 768, "height": 900})
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()


def test_whole_way_by_touch(screen: Page, kiosk: Kiosk, complaints: list[str]) -> None:
    address = kiosk.begun()
    screen.goto(address)
    screen.locator("button[value=social_security_card]").click()
    screen.locator("button[name=present]").first.click()
    screen.get_by_text("已检测到").wait_for()
    kiosk.finished(address)
    screen.get_by_text("读取完成").wait_for()
    assert "可以关闭本页" in screen.locator("main").inner_text()
    assert screen.locator("main button").count() == 0
    assert complaints == []


def test_whole_way_by_keyboard(screen: Page, kiosk: Kiosk) -> None:
    """terminal.first: the way by code, the health card's, comes before all others"""
    screen.goto(kiosk.begun())
    screen.locator("#content").focus()
    screen.keyboard.press("Tab")
    assert screen.evaluate(f"{FOCUSED}.value") == "code"
    screen.keyboard.press("Tab")
    screen.keyboard.press("Enter")
    screen.get_by_text("平放在感应区，不要移动").wait_for()
    screen.locator("button[name=present]").first.focus()
    screen.keyboard.press("Space")
    screen.get_by_text("已检测到").wait_for()


def test_whole_way_without_script(chromium: Browser, kiosk: Kiosk) -> None:
    context = chromium.new_context(viewport={"width": 768, "height": 900}, java_script_enabled=False)
    screen = context.new_page()
    screen.goto(kiosk.begun())
    assert "前完成" in screen.locator(".timer").inner_text()
    screen.locator("button[value=face]").click()
    screen.get_by_role("link", name="换一种方式").click()
    screen.locator("button[value=code]").click()
    screen.locator("button[name=present]").first.click()
    assert "已检测到" in screen.locator("main").inner_text()
    screen.get_by_role("button", name="取消读卡").click()
    assert "已取消" in screen.locator("h1").inner_text()
    context.close()


def test_time_runs_out_before_ones_eyes(screen: Page, kiosk: Kiosk) -> None:
    screen.clock.install(time="2001-01-01T00:00:00")  # what time the terminal believes it is does not matter
    screen.goto(kiosk.begun())
    screen.clock.run_for(15_000)
    assert "45" in screen.locator(".timer").inner_text()
    kiosk.clock.advance(CHOOSE_MS / 1000)
    screen.clock.run_for(50_000)
    screen.get_by_text("已超时").wait_for()


@pytest.mark.parametrize(("width", "language", "size"), [*((*view, "normal") for view in VIEWS), *LARGE])
def test_page_fits_its_window(
    width: int, language: str, size: str, screen: Page, kiosk: Kiosk, complaints: list[str], tmp_path: Path
) -> None:
    address = kiosk.begun()
    screen.set_viewport_size({"width": width, "height": 800})
    screen.goto(f"{address}?lang={language}&size={size}")
    draw(screen, tmp_path / f"choose-{language}-{size}-{width}.png")
    assert fits(screen)
    boxes = [button.bounding_box() for button in screen.locator("button[name=way]").all()]
    assert len(boxes) == 5
    assert all(box is not None and box["height"] >= SMALLEST_BUTTON for box in boxes)
    screen.locator("button[value=identity_card]").click()
    screen.locator("button[name=present]").first.wait_for()
    draw(screen, tmp_path / f"present-{language}-{size}-{width}.png")
    assert fits(screen)
    assert complaints == []
