"""The console's rooms for appointments in a real browser: widths, the countdown, buttons by keyboard, no script."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.hospital import HOSPITAL, fill
from tests.support.needs import need
from tests.web.bookings import HOUR, file
from tests.web.pictures import draw
from tests.web.test_cards import add_operator
from tests.web.test_in_browser import ARGUMENTS, CHROMIUM, STARTS_WITHIN_S, VIEWS, fits, signed_in
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.clock import beijing
from yiqiao.partners.roles import Role
from yiqiao.web.asgi import application

AT = "/console/appointments"
STUCK, REFUNDING, ORDERED, BOOKED = (f"2611204821109376450{n}" for n in range(1, 5))
COURSE = (("paying", "citizen", "去支付"), ("refunding", "saga", "医院没有应答"), ("stuck", "saga", "支付渠道退款失败"))


async def furnish(settings: Settings) -> date:
    """A hospital and four appointments; answers for which day they are."""
    async with open_store(settings) as store:
        now = store.clock.now_ms()
        today = beijing(now).date()
        await store.database.write(lambda c: fill(c, today, 2, keyring=store.keyring))
        await file(store, STUCK, *COURSE, state="stuck", ending="silent", next_at=now + 20 * HOUR)
        await file(store, REFUNDING, state="refunding", tries=2, next_at=now + 3 * HOUR)
        unpaid = {"paid": "unpaid", "trade_no": None, "paid_at": None}
        await file(store, ORDERED, state="ordered", deadline=now + HOUR, next_at=now + HOUR, **unpaid)
        await file(store, BOOKED, state="booked", session=2, begins="13:30", ends="14:30", pays_here=0, **unpaid)
        return today + timedelta(days=1)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, date]]:
    """A hub on a free port of this machine: its address, the administrator's password, the day of its visits."""
    need(CHROMIUM, "chromium is not installed")
    folder = tmp_path_factory.mktemp("hub")
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        settings = Settings(data=str(folder), sandbox=True, sandbox_hospitals=False, port=port)
        with ThreadPoolExecutor() as aside:  # the browser's own loop runs in this thread
            day = aside.submit(lambda: asyncio.run(furnish(settings))).result()
            password = aside.submit(add_operator, folder, "admin", Role.ADMINISTRATOR).result()
        server = uvicorn.Server(uvicorn.Config(application(settings), log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{port}", password, day
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
def page(chromium: Browser, hub: tuple[str, str, date], complaints: list[str]) -> Iterator[Page]:
    """The administrator's page."""
    context = chromium.new_context(base_url=hub[0])
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    signed_in(opened, hub[1])
    yield opened
    context.close()


def compared(page: Page, day: date) -> str:
    """Compare a day; answers the report's address."""
    page.goto("/console/reconciliation")
    page.locator("#f-day").fill(day.isoformat())
    page.get_by_role("button", name="开始核对").press("Enter")
    page.wait_for_url(f"**/console/reconciliation/{HOSPITAL}/**")
    return page.url


@pytest.mark.parametrize(("width", "language"), [*VIEWS, (640, "zh")])  # 640: a window of 1280 at 200 %
def test_rooms_fit_their_window(
    width: int, language: str, page: Page, hub: tuple[str, str, date], complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    report = compared(page, hub[2]).removeprefix(hub[0])
    appointments = (AT, f"{AT}?group=stuck", f"{AT}/{STUCK}", f"{AT}/{STUCK}/refund", f"{AT}/{REFUNDING}")
    for path in ("/console", *appointments, "/console/reconciliation", report, f"{report}/apply"):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        name = re.sub(r"\W", "_", path)
        draw(page, tmp_path / f"{name}-{language}-{width}.png")
        assert fits(page), path
    assert complaints == []


def test_what_is_left_is_counted_down_by_the_hub_s_clock(page: Page, complaints: list[str]) -> None:
    page.clock.install()
    page.goto(f"{AT}/{ORDERED}")
    counted = page.locator("[data-countdown-ms]")
    first = counted.inner_text()
    assert re.fullmatch(r"\d\d:\d\d|1:00:00", first)
    page.clock.run_for(2000)
    assert counted.inner_text() < first or first == "1:00:00"
    assert complaints == []


def test_a_stuck_one_is_found_and_asked_about_by_keyboard(page: Page, complaints: list[str]) -> None:
    page.get_by_role("link", name="去处理").press("Enter")
    page.wait_for_url("**group=stuck")
    page.locator("tr.link a").first.press("Enter")
    page.get_by_role("link", name="关闭预约").press("Enter")
    assert page.get_by_text("请先退款，再关闭预约").is_visible()
    page.get_by_role("link", name="不办理，返回").press("Enter")
    page.get_by_role("button", name="向医院核对").press("Enter")
    page.wait_for_url("**done=check")
    assert page.get_by_text("已安排向医院核对").is_visible()
    assert page.locator(".course li").first.get_by_text("正在向医院核对").is_visible()
    assert complaints == []


def test_comparing_and_applying_need_no_script(chromium: Browser, hub: tuple[str, str, date]) -> None:
    context = chromium.new_context(base_url=hub[0], java_script_enabled=False)
    plain = context.new_page()
    signed_in(plain, hub[1])
    compared(plain, hub[2])
    plain.get_by_role("link", name="应用", exact=True).press("Enter")
    plain.get_by_role("button", name="确认应用").press("Enter")
    assert plain.get_by_text("已应用").is_visible()
    context.close()
