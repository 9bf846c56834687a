"""A citizen of eighty books on a phone, in a real browser: from the sign-in to the number, and back to the money."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.needs import need
from tests.web.pictures import draw
from tests.web.test_in_browser import CHROMIUM, STARTS_WITHIN_S, chromium, complaints, fits
from yiqiao.app.settings import Settings
from yiqiao.clock import SystemClock, beijing
from yiqiao.sandbox.staff import PLANS
from yiqiao.web.asgi import application

__all__ = ["chromium", "complaints"]

PHONE = {"width": 360, "height": 740}
SMALLEST = 48
TARGETS = (
    "main a, main button, .bar a, main summary, main label.tick, "
    "main input:not([type=radio], [type=checkbox], [type=hidden])"
)
WAITS_MS = 15_000


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A sandbox with its hospitals on a free port of this machine."""
    need(CHROMIUM, "chromium is not installed")
    with socket.socket() as listening, redirect_stderr(StringIO()):
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = application(Settings(data=str(tmp_path_factory.mktemp("hub")), sandbox=True, port=port))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + 3 * STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{port}"
        server.should_exit = True
        thread.join()


def opened(chromium: Browser, address: str, **more: object) -> Page:
    """A phone that carries nothing."""
    context = chromium.new_context(base_url=address, viewport=PHONE, locale="zh-CN", **more)  # type: ignore[arg-type]
    context.set_default_timeout(WAITS_MS)
    return context.new_page()


@pytest.fixture
def phone(chromium: Browser, address: str, complaints: list[str]) -> Iterator[Page]:
    page = opened(chromium, address)
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()


def sign_in(page: Page, person: int = 0, size: str = "normal") -> None:
    page.goto(f"/citizen?size={size}")
    page.get_by_role("link", name="登录", exact=True).click()
    page.locator(f".people button[value='{person}']").click()
    page.wait_for_url("**/citizen**")


def good(page: Page, picture: Path | None = None) -> None:
    """What holds for every page: no scrolling sideways, nothing too small to press, a heading, a way home."""
    assert fits(page), page.url
    small = page.evaluate(
        """([targets, least]) => [...document.querySelectorAll(targets)]
          .filter((one) => one.offsetParent && one.getBoundingClientRect().height < least)
          .map((one) => one.outerHTML.slice(0, 120))""",
        [TARGETS, SMALLEST],
    )
    assert small == [], page.url
    assert page.locator("h1").count() == 1
    if picture is not None:
        draw(page, picture)


def head(page: Page, words: str) -> None:
    """Wait for a page's heading."""
    expect(page.locator("h1")).to_have_text(words, timeout=WAITS_MS)


def first(page: Page) -> Locator:
    return page.locator(".choices a").first


def to_the_patient(page: Page, nth_day: int = 1) -> None:
    """From the home page to the question for whom."""
    page.get_by_role("link", name=re.compile("预约挂号")).click()
    head(page, "去哪家医院？")
    first(page).click()
    head(page, "看哪个科？")
    first(page).click()
    first(page).click()
    head(page, "找哪位医生？")
    first(page).click()
    head(page, "哪一天去？")
    page.locator(".choices a").nth(nth_day).click()
    if "/time" in page.url:
        head(page, "几点去？")
        first(page).click()
    head(page, "谁去看病？")


@pytest.mark.parametrize("size", ["normal", "large"])
def test_from_sign_in_to_the_number_and_back_to_the_money(
    size: str, phone: Page, complaints: list[str], tmp_path: Path
) -> None:
    sign_in(phone, 0 if size == "normal" else 1, size)
    good(phone, tmp_path / "home.png")
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == ("18px" if size == "normal" else "22px")
    to_the_patient(phone)
    good(phone)
    phone.locator("button[value=me]").click()
    head(phone, "号已留好，请确认")
    good(phone)
    expect(phone.locator(".timer b").first).to_have_text(re.compile(r"9|10"))
    phone.get_by_role("button", name="确认，现在付款").click()
    head(phone, "约好了，请支付")
    good(phone)
    phone.get_by_role("button", name=re.compile("去付款")).click()
    phone.wait_for_url("**/sandbox/cashier/**")
    good(phone)
    phone.locator("summary").click()
    good(phone)
    phone.get_by_role("button", name="微信支付").click()
    head(phone, "挂号成功")
    good(phone)
    for words in ("取号密码", "就诊序号", "就诊时请带上"):
        assert phone.get_by_text(words).first.is_visible()
    phone.get_by_role("link", name="退号退款").click()
    head(phone, "确定要取消吗？")
    good(phone)
    phone.get_by_role("button", name="确定取消").click()
    head(phone, "已退号退款")
    good(phone)
    assert phone.get_by_text("已按原路退回").is_visible()
    assert complaints == []


def test_keyboard_alone_is_enough(phone: Page) -> None:
    sign_in(phone, 2)

    def press(words: str) -> None:
        for _ in range(60):
            phone.keyboard.press("Tab")
            found = phone.evaluate("document.activeElement.innerText")
            if found and words in found:
                assert phone.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'")
                phone.keyboard.press("Enter")
                return
        raise AssertionError(f"{words} cannot be reached at {phone.url}")

    press("预约挂号")
    head(phone, "去哪家医院？")
    press(PLANS[0].name)
    head(phone, "看哪个科？")
    press("外科")
    phone.wait_for_url("**department=D02")
    press("骨科")
    head(phone, "找哪位医生？")
    press("个号")
    head(phone, "哪一天去？")
    press("还有")
    phone.wait_for_url(re.compile("/(time|patient)"))
    if "/time" in phone.url:
        press("还有")
    head(phone, "谁去看病？")
    press("本人")
    head(phone, "号已留好，请确认")
    press("确认，到医院付款")
    head(phone, "预约成功")
    press("取消预约")
    head(phone, "确定要取消吗？")
    press("确定取消")
    head(phone, "预约已取消")


def test_whole_way_works_without_script(chromium: Browser, address: str) -> None:
    page = opened(chromium, address, java_script_enabled=False)
    sign_in(page, 3)
    to_the_patient(page, 2)
    page.locator("button[value=me]").click()
    head(page, "号已留好，请确认")  # the page looks again by itself
    assert page.get_by_text("前办理").is_visible()
    page.get_by_role("button", name="确认，现在付款").click()
    head(page, "约好了，请支付")
    page.get_by_role("button", name=re.compile("去付款")).click()
    page.wait_for_url("**/sandbox/cashier/**")
    page.get_by_role("button", name="支付宝").click()
    head(page, "挂号成功")
    page.context.close()


@pytest.mark.parametrize(("width", "size"), [(180, "normal"), (320, "large")])
def test_twice_the_size_needs_no_scrolling_sideways(width: int, size: str, phone: Page) -> None:
    """200 % zoom of a phone of 360 pixels leaves 180 of them; of a window of 640 it leaves 320."""
    sign_in(phone, 4 if size == "large" else 7)
    to_the_patient(phone, 3)
    chosen = phone.url
    phone.locator("button[value=me]").click()
    head(phone, "号已留好，请确认")
    at = phone.url
    phone.set_viewport_size({"width": width, "height": 640})
    adding = "/citizen/family/add/child"
    steps = [chosen.replace("/patient?", f"/{step}?") for step in ("doctor", "day", "time", "patient")]
    for path in (
        "/citizen",
        "/citizen/book",
        *steps,
        at,
        at + "/cancel",
        "/citizen/appointments",
        adding,
    ):
        for language in ("zh", "en"):
            phone.goto(f"{path}{'&' if '?' in path else '?'}lang={language}&size={size}")
            assert fits(phone), (path, language)


@pytest.mark.parametrize("width", [768, 1440])
def test_broad_windows_show_the_same(width: int, phone: Page) -> None:
    phone.set_viewport_size({"width": width, "height": 900})
    sign_in(phone, 5)
    for path in ("/citizen", "/citizen/book", "/citizen/appointments", "/citizen/family", "/citizen/family/add/other"):
        phone.goto(path)
        good(phone)


def test_impatient_finger_begins_one_appointment(phone: Page) -> None:
    sign_in(phone, 6)
    to_the_patient(phone, 4)
    phone.locator("button[value=me]").dblclick(no_wait_after=True)
    head(phone, "号已留好，请确认")
    phone.goto("/citizen/appointments")
    assert phone.locator(".choices li").count() == 1


def test_payment_without_a_notice_is_found_by_itself(phone: Page) -> None:
    sign_in(phone, 8)
    to_the_patient(phone, 5)
    phone.locator("button[value=me]").click()
    head(phone, "号已留好，请确认")
    phone.get_by_role("button", name="确认，现在付款").click()
    head(phone, "约好了，请支付")
    phone.get_by_role("button", name=re.compile("去付款")).click()
    phone.wait_for_url("**/sandbox/cashier/**")
    phone.locator("summary").click()
    phone.get_by_label("支付成功但不通知").check()
    phone.get_by_role("button", name="微信支付").click()
    expect(phone.get_by_text("支付成功。")).to_be_visible()
    phone.get_by_role("link", name="返回", exact=True).click()
    head(phone, "挂号成功")


def test_days_begin_no_earlier_than_today(phone: Page) -> None:
    sign_in(phone, 9)
    to_the_patient(phone, 0)
    day = re.search(r"day=(\d{4}-\d\d-\d\d)", phone.url)
    assert day is not None
    today = beijing(SystemClock().now_ms()).date()
    assert today.isoformat() <= day[1] <= (today + timedelta(days=7)).isoformat()
