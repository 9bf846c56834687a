"""The pages in a real browser: widths, languages, the keyboard, and what the console of the browser complains about."""

import re
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright

from tests.support.needs import need
from tests.web.pictures import draw
from yiqiao.app.settings import Settings
from yiqiao.web.asgi import application

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDTHS = (360, 768, 1440)
VIEWS = [*((width, "zh") for width in WIDTHS), (WIDTHS[0], "en")]
"""Every width once; English, whose words are the longer ones, where there is least room for them."""
FOCUSED = "document.activeElement"
STARTS_WITHIN_S = 20


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A sandbox on a free port of this machine: its address, and the first administrator's password."""
    need(CHROMIUM, "chromium is not installed")
    with socket.socket() as listening, redirect_stderr(StringIO()) as said:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        settings = Settings(data=str(tmp_path_factory.mktemp("hub")), sandbox=True, sandbox_hospitals=False, port=port)
        config = uvicorn.Config(application(settings), log_config=None, access_log=False, lifespan="on")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        password = re.search(r"password {2,}(\S+)", said.getvalue())
        assert password is not None
        yield f"http://127.0.0.1:{port}", password[1]
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
def page(chromium: Browser, hub: tuple[str, str], complaints: list[str]) -> Iterator[Page]:
    """An empty page of a browser that carries nothing."""
    context = chromium.new_context(base_url=hub[0])
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()


def sent_message(address: str) -> None:
    body = httpx.get(f"{address}/sandbox/message").content
    answer = httpx.post(f"{address}/ehcService/gateway.do", content=body, headers={"content-type": "application/json"})
    assert answer.json()["ret_code"] == "0000"


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def fits_everywhere(page: Page, picture: Path) -> bool:
    """Whether what is on the page now fits each width; each is drawn beside `picture`."""
    fitting = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        draw(page, picture.with_name(f"{picture.name}-{width}.png"))
        fitting.append(fits(page))
    return all(fitting)


def signed_in(page: Page, password: str, name: str = "admin") -> None:
    page.goto("/sign-in")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/console")


@pytest.mark.parametrize(("width", "language"), VIEWS)
@pytest.mark.parametrize("path", ["/", "/sign-in", "/docs/ehealth_card/ehc.ehealthcode.verify"])
def test_page_fits_its_window(
    path: str, width: int, language: str, page: Page, complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{path}?lang={language}")
    page.wait_for_load_state("networkidle")
    draw(page, tmp_path / f"{language}-{width}.png")
    assert fits(page)
    assert complaints == []


@pytest.mark.parametrize(("width", "language"), VIEWS)
@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/docs/ehealth_card",
        "/docs/ehealth_card/ehc.ehealthcard.querywithreg",
        "/docs/ehealth_card/envelope",
        "/docs/ehealth_card/codes",
        "/docs/ehealth_card/codes/office_code",
        "/docs/ehealth_card/returns",
    ],
)
def test_page_of_the_reference_fits_its_window(
    path: str, width: int, language: str, page: Page, complaints: list[str]
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{path}?lang={language}")
    assert fits(page)
    assert complaints == []


def test_codes_are_searched_and_the_profile_changed_by_keyboard(page: Page, complaints: list[str]) -> None:
    page.goto("/docs/ehealth_card/codes")
    page.locator("#q").focus()
    page.keyboard.type("挂号")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=*")
    assert page.get_by_role("link", name="010101").is_visible()
    page.goto("/docs/ehealth_card/envelope")
    page.locator(".profile summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="签名参数名为 digest").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**profile=digest-names")
    assert page.locator("#request-sign code").first.inner_text() == "digest"
    assert complaints == []


@pytest.mark.parametrize("width", WIDTHS)
def test_console_fits_its_window(
    width: int, page: Page, hub: tuple[str, str], complaints: list[str], tmp_path: Path
) -> None:
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.set_viewport_size({"width": width, "height": 900})
    assert fits(page)
    page.locator("tr.link a").first.click()
    page.wait_for_url("**/console/journal/**")
    draw(page, tmp_path / f"message-{width}.png")
    assert fits(page)
    assert complaints == []


@pytest.mark.parametrize(("width", "language"), [*VIEWS, (640, "zh")])  # 640: a window of 1280 at 200 %
def test_rooms_of_the_console_fit_their_window(
    width: int, language: str, page: Page, hub: tuple[str, str], complaints: list[str], tmp_path: Path
) -> None:
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.set_viewport_size({"width": width, "height": 900})
    partner = "/console/partners/ehealth_card/demo-hospital"
    partners = ("/console/partners", "/console/partners/new", "/console/partners/new?dialect=convenience", partner)
    for path in ("/console/monitoring", "/console/cards", *partners):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        name = re.sub(r"\W", "_", path)
        draw(page, tmp_path / f"{name}-{language}-{width}.png")
        assert fits(page), path
    page.goto("/console/monitoring")
    page.locator("tr.link a[href^='/console/cards/']").first.click()
    page.wait_for_url("**/console/cards/*")
    assert fits(page)
    assert complaints == []


@pytest.mark.parametrize("path", ["/console/journal", "/console/monitoring"])
def test_filters_are_folded_on_a_phone_and_open_where_there_is_room(
    path: str, page: Page, hub: tuple[str, str]
) -> None:
    signed_in(page, hub[1])
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(path)
    button = page.get_by_role("button", name="筛选", exact=True)
    assert not button.is_visible()
    page.locator(".folded summary").press("Enter")
    assert button.is_visible()
    page.locator(".folded summary").press("Enter")
    page.set_viewport_size({"width": 1440, "height": 800})
    button.wait_for()
    assert not page.locator(".folded summary").is_visible()


def test_rail_shows_the_room_that_one_is_in_on_a_phone(page: Page, hub: tuple[str, str]) -> None:
    signed_in(page, hub[1])
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto("/console/sandbox")
    here = page.locator(".rail [aria-current]").bounding_box()
    assert here is not None
    assert here["x"] >= 0
    assert here["x"] + here["width"] <= 360


def test_somebody_s_data_is_shown_in_full_by_keyboard_and_masked_again(
    page: Page, hub: tuple[str, str], complaints: list[str]
) -> None:
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.goto("/console/monitoring")
    page.locator("tr.link a[href^='/console/cards/']").first.press("Enter")
    page.get_by_role("button", name="查看完整信息").press("Enter")
    page.get_by_role("link", name="恢复脱敏").wait_for()
    assert "*" not in page.locator("h1").inner_text()
    page.get_by_role("link", name="恢复脱敏").press("Enter")
    page.get_by_role("button", name="查看完整信息").wait_for()
    assert "*" in page.locator("h1").inner_text()
    assert complaints == []


def test_vendor_is_connected_changed_and_given_another_key_by_keyboard_and_without_script(
    chromium: Browser, hub: tuple[str, str], tmp_path: Path
) -> None:
    context = chromium.new_context(base_url=hub[0], java_script_enabled=False)
    page = context.new_page()
    signed_in(page, hub[1])
    page.goto("/console/partners/new")
    page.get_by_role("link", name="CMC 工作台").press("Enter")
    page.get_by_label("单位名称").press_sequentially("云桥软件")
    page.get_by_label("来源地址").press_sequentially("10.1.2.3/8")
    page.get_by_role("button", name="登记并生成密钥").press("Enter")
    assert fits_everywhere(page, tmp_path / "refused")
    page.get_by_role("alert").get_by_role("link", name="来源地址").press("Enter")
    assert "主机位须为 0" in page.locator("#fault-addresses").inner_text()
    page.get_by_label("来源地址").fill("10.1.2.3")
    page.get_by_role("button", name="登记并生成密钥").press("Enter")
    assert fits_everywhere(page, tmp_path / "slip")
    link, app_id = page.locator("#slip-link").inner_text(), page.locator("#slip-app-id").inner_text()
    page.get_by_role("link", name="已交给对方").press("Enter")
    page.locator("summary", has_text="修改登记信息").press("Enter")
    page.get_by_label("对接方案").select_option("client")
    page.get_by_label("仅以下接口").press(" ")
    page.get_by_label("launch.insured").press(" ")
    assert fits_everywhere(page, tmp_path / "changing")
    page.get_by_role("button", name="保存修改").press("Enter")
    assert page.locator(".facts").get_by_text("launch.insured").is_visible()
    assert not page.get_by_label("旧密钥并用").is_visible()
    page.locator("summary", has_text="更换密钥").press("Enter")
    page.get_by_role("button", name="更换密钥").press("Enter")
    assert page.locator("#slip-app-id").inner_text() == app_id
    newer = page.locator("#slip-link").inner_text()
    page.get_by_role("link", name="已交给对方").press("Enter")
    both = page.locator("td", has_text="并用中")
    both.wait_for()
    assert both.count() == 1
    page.goto(link)
    assert page.get_by_text("链接已失效").first.is_visible()
    page.goto(newer)
    page.get_by_role("button", name="显示密钥").press("Enter")
    assert page.locator("#slip-secret").is_visible()
    context.close()


@pytest.mark.parametrize("path", ["/", "/sign-in"])
def test_page_fits_at_twice_the_size(path: str, page: Page) -> None:
    """200 % zoom of a window of 1280 pixels leaves 640 of them."""
    page.set_viewport_size({"width": 640, "height": 450})
    page.goto(path)
    assert fits(page)


def test_keyboard_reaches_everything_in_reading_order_and_shows_where_it_is(page: Page) -> None:
    page.goto("/")
    reached = []
    outlined = []
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
        outlined.append(page.evaluate("getComputedStyle(document.activeElement).outlineStyle !== 'none'"))
    labels = [text.strip().splitlines()[0] for text in reached]
    assert labels[0] == "跳到正文"
    expected = ["首页", "登录", "English", "复制接口网关", "复制应用编号", "复制应用密钥"]
    places = [labels.index(text) for text in expected]
    assert places == sorted(places)
    assert all(outlined)


def test_skip_link_moves_the_focus_past_the_head(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_secret_shows_only_when_asked_for(page: Page) -> None:
    page.goto("/")
    secret = page.locator("#secret")
    assert not secret.is_visible()
    page.locator("summary").first.press("Enter")
    assert re.fullmatch(r"[0-9a-f]{32}", secret.inner_text())


def test_copy_button_copies_and_says_so(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/")
    page.get_by_role("button", name="复制应用密钥").click()
    page.wait_for_function("document.getElementById('said').textContent === '已复制'")
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#secret").text_content()


def test_code_renews_itself_before_it_expires(page: Page, complaints: list[str]) -> None:
    page.clock.install()
    page.goto("/")
    first = page.locator("#code-text").inner_text()
    page.clock.run_for(30_000)
    assert page.locator("#code-text").inner_text() == first
    assert int(page.locator(".ring b").inner_text()) <= 31
    with page.expect_response("**/sandbox/code"):
        page.clock.run_for(29_000)
    page.wait_for_function("first => document.getElementById('code-text').textContent !== first", arg=first)
    assert complaints == []


def test_code_that_cannot_be_renewed_is_marked_as_expired(page: Page) -> None:
    page.clock.install()
    page.goto("/")
    page.route("**/sandbox/code", lambda route: route.abort())
    page.clock.run_for(61_000)
    assert page.get_by_text("二维码已过期").is_visible()


def test_exchange_appears_by_itself(page: Page, hub: tuple[str, str], complaints: list[str]) -> None:
    page.goto("/")
    sent_message(hub[0])
    page.wait_for_selector("tr.fresh")
    assert "验证电子健康卡二维码" in page.locator("tr.fresh").first.inner_text()
    assert complaints == []


def test_console_left_alone_stops_asking_so_that_its_session_can_end(page: Page, hub: tuple[str, str]) -> None:
    page.clock.install()
    signed_in(page, hub[1])
    with page.expect_request("**/console/live"):
        page.clock.run_for(6_000)
    page.clock.run_for(11 * 60_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    assert asked == []


def test_dark_mode_keeps_the_code_dark_on_white(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 23, 28)"
    assert page.evaluate("getComputedStyle(document.querySelector('.qr')).backgroundColor") == "rgb(255, 255, 255)"


def test_keys_turn_the_pages_of_the_journal(page: Page, hub: tuple[str, str]) -> None:
    sent_message(hub[0])
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.locator("tr.link a").first.click()
    page.wait_for_url("**/console/journal/**")
    newest = page.url
    page.keyboard.press("j")
    page.wait_for_url(lambda url: url != newest)
    page.keyboard.press("k")
    page.wait_for_url(newest)


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_sandbox_room_fits_its_window(
    width: int, language: str, page: Page, hub: tuple[str, str], complaints: list[str], tmp_path: Path
) -> None:
    signed_in(page, hub[1])
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/console/sandbox?lang={language}")
    page.locator("details summary").click()
    draw(page, tmp_path / f"sandbox-{language}-{width}.png")
    assert fits(page)
    assert complaints == []


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_room_of_card_readers_fits_its_window(
    width: int, language: str, page: Page, hub: tuple[str, str], complaints: list[str], tmp_path: Path
) -> None:
    signed_in(page, hub[1])
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/console/sandbox/readers?lang={language}")
    page.get_by_role("button", name="出一个码" if language == "zh" else "Make a code").click()
    page.locator(".note code").wait_for()
    draw(page, tmp_path / f"readers-{language}-{width}.png")
    assert fits(page)
    assert complaints == []


def test_sandbox_is_told_what_to_do_by_the_keyboard_alone(page: Page, hub: tuple[str, str]) -> None:
    signed_in(page, hub[1])
    page.goto("/console/sandbox")
    page.locator("#late").press_sequentially("5")
    page.keyboard.press("Enter")
    page.wait_for_url("**done=fault")
    assert page.locator("td code").first.inner_text() == "late=5"
    page.get_by_role("button", name="关闭故障：late=5").press("Enter")
    page.wait_for_url("**done=fault_off")
    assert page.get_by_text("没有打开任何故障").is_visible()
