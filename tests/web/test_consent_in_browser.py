"""The way of a consent in a real browser: a kiosk's link, a phone, one decision, and what the kiosk learns of it."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.hub import NOW_MS
from tests.support.needs import need
from tests.web.pictures import draw
from tests.web.test_consent import asking
from tests.web.test_in_browser import ARGUMENTS, CHROMIUM, STARTS_WITHIN_S, VIEWS, fits
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.dialects.ehealth_card.client import Client
from yiqiao.region.cards.consent import CONSENT_S
from yiqiao.web.asgi import application

HEAVIEST = 100_000
"""Bytes that the whole page may take, all of it counted as it comes over the wire."""
LARGE = [(360, "zh", "large"), (360, "en", "large")]
PHONE = {"width": 360, "height": 640}


@dataclass
class Kiosk:
    """A kiosk's client, and the hub's clock."""

    client: Client
    clock: FixedClock
    serials: int = 0

    def link(self) -> str:
        self.serials += 1
        return str(self.client.authurl(**asking(f"b{self.serials}"))["ehealth_authurl"])

    def status(self) -> object:
        return self.client.auth_query(out_authorize_no=f"b{self.serials}")["auth_status"]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kiosk]:
    """A sandbox on a free port of this machine, under a clock that stands still, and a kiosk that calls it."""
    clock = FixedClock(NOW_MS)
    with socket.socket() as listening, redirect_stderr(StringIO()):
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = application(
            Settings(data=str(tmp_path_factory.mktemp("hub")), sandbox=True, sandbox_hospitals=False, port=port), clock
        )
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        secret = app.state.runtime.demo.secret
        url = f"http://127.0.0.1:{port}"
        with Client(url, app_id="demo-hospital", secret=secret, term_id="10000000002", clock=clock) as client:
            yield Kiosk(client, clock)
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
def phone(chromium: Browser, complaints: list[str]) -> Iterator[Page]:
    """A phone that carries nothing."""
    context = chromium.new_context(viewport=PHONE)  # type: ignore[arg-type]
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()


def sign_in(phone: Page, person: int = 0) -> None:
    """From the page of a link to the same page, signed in."""
    phone.get_by_role("link", name="登录后继续").click()
    phone.locator(f"button[value='{person}']").click()
    phone.wait_for_url("**/a/*")


@pytest.mark.parametrize(
    ("button", "status", "said"),
    [
        ("同意授权", "succ", "已同意授权"),
        ("拒绝", "fail", "已拒绝授权"),
        ("扫错了，取消", "cancel", "已取消"),
    ],
)
def test_whole_way_from_the_link_to_the_kiosk(
    button: str, status: str, said: str, phone: Page, kiosk: Kiosk, complaints: list[str]
) -> None:
    """terminal.consent"""
    phone.goto(kiosk.link())
    assert kiosk.status() == "ing"
    sign_in(phone)
    phone.get_by_role("button", name=button, exact=True).click()
    phone.wait_for_selector(".done")
    assert said in phone.get_by_role("status").inner_text()
    assert "可以关闭本页" in phone.locator("main").inner_text()
    assert kiosk.status() == status
    assert complaints == []


def test_whole_way_without_script(chromium: Browser, kiosk: Kiosk) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)  # type: ignore[arg-type]
    phone = context.new_page()
    phone.goto(kiosk.link())
    sign_in(phone)
    assert "前完成操作" in phone.locator(".left").inner_text()
    phone.get_by_role("button", name="同意授权").click()
    assert "已同意授权" in phone.locator("h1").inner_text()
    context.close()
    assert kiosk.status() == "succ"


def test_time_runs_out_before_ones_eyes(phone: Page, kiosk: Kiosk) -> None:
    phone.clock.install(time="2001-01-01T00:00:00")  # what time the phone believes it is does not matter
    phone.goto(kiosk.link())
    sign_in(phone)
    assert phone.locator(".left b").inner_text() == str(CONSENT_S)
    phone.clock.run_for(15_000)
    assert phone.locator(".left b").inner_text() == str(CONSENT_S - 15)
    kiosk.clock.advance(CONSENT_S)
    phone.clock.run_for(46_000)
    phone.wait_for_selector(".done.expired")
    assert "重新扫描" in phone.locator("main").inner_text()
    assert kiosk.status() == "fail"


def test_phone_that_slept_asks_the_hub_again(phone: Page, kiosk: Kiosk) -> None:
    phone.goto(kiosk.link())
    kiosk.clock.advance(20)
    phone.evaluate("""() => {
        for (const hidden of [true, false]) {
            Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
            document.dispatchEvent(new Event("visibilitychange"));
        }
    }""")
    phone.wait_for_function(f"document.querySelector('.left b')?.textContent === '{CONSENT_S - 20}'")


def test_page_with_all_that_it_needs_is_light(phone: Page, kiosk: Kiosk) -> None:
    session = phone.context.new_cdp_session(phone)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    phone.goto(kiosk.link())
    sign_in(phone)
    sizes.clear()
    phone.reload()
    phone.wait_for_load_state("networkidle")
    assert len(sizes) >= 4  # the page, two style sheets, a script
    assert sum(sizes) < HEAVIEST


@pytest.mark.parametrize(("width", "language", "size"), [*((*view, "normal") for view in VIEWS), *LARGE])
def test_page_fits_its_window(
    width: int, language: str, size: str, phone: Page, kiosk: Kiosk, complaints: list[str], tmp_path: Path
) -> None:
    phone.goto(kiosk.link())
    sign_in(phone)
    phone.set_viewport_size({"width": width, "height": 640})
    phone.goto(f"{phone.url.partition('?')[0]}?lang={language}&size={size}")
    draw(phone, tmp_path / f"{language}-{size}-{width}.png")
    assert fits(phone)
    assert phone.evaluate("getComputedStyle(document.querySelector('.ticks')).fontSize") == (
        "18px" if size == "normal" else "22px"
    )
    yes, no = (phone.locator(f"button[value={value}]").bounding_box() for value in ("consent", "refuse"))
    assert yes is not None
    assert no is not None
    assert (yes["width"], yes["height"], yes["y"]) == (no["width"], no["height"], no["y"])
    assert yes["y"] + yes["height"] <= 640  # in sight without scrolling
    phone.locator(".ticks li").last.scroll_into_view_if_needed()
    assert complaints == []


def test_all_of_the_list_can_be_scrolled_into_sight_above_the_buttons(phone: Page, kiosk: Kiosk) -> None:
    phone.goto(kiosk.link() + "?size=large")
    sign_in(phone)
    phone.evaluate("scrollTo(0, document.body.scrollHeight)")
    last, act = phone.locator("main .card").last.bounding_box(), phone.locator(".act").bounding_box()
    assert last is not None
    assert act is not None
    assert last["y"] + last["height"] <= act["y"]


def test_keyboard_alone_is_enough(phone: Page, kiosk: Kiosk) -> None:
    phone.goto(kiosk.link())
    sign_in(phone)
    names = []
    for _ in range(8):
        phone.keyboard.press("Tab")
        names.append(phone.evaluate("document.activeElement.innerText"))
        assert phone.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
        if names[-1] == "拒绝":
            break
    assert names[0] == "跳到正文"
    assert names[-2:] == ["同意授权", "拒绝"]
    phone.keyboard.press("Enter")
    phone.wait_for_selector(".done.refused")
    assert kiosk.status() == "fail"


def test_impatient_finger_sends_one_decision(phone: Page, kiosk: Kiosk) -> None:
    phone.goto(kiosk.link())
    sign_in(phone)
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    phone.locator("button[value=consent]").dblclick(no_wait_after=True)
    phone.wait_for_selector(".done.given")
    assert len(sent) == 1
