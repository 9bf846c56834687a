"""The cashier in a real browser: on a phone, at a desk, at every width, by keyboard alone, and without script."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from tests.region.payments.world import PATIENT
from tests.support.needs import need
from tests.web.counter import by_itself
from tests.web.pictures import draw
from tests.web.test_citizen_in_browser import good, head, opened
from tests.web.test_in_browser import CHROMIUM, STARTS_WITHIN_S, chromium, complaints, fits
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.region.payments import merchants
from yiqiao.region.payments.cashier import address, desk_address
from yiqiao.region.payments.merchants import MerchantSettings
from yiqiao.region.payments.orders import Orders, Wish
from yiqiao.region.payments.trade import Particulars
from yiqiao.web.asgi import application

__all__ = ["chromium", "complaints"]

MERCHANT, SECRET = "YQMZ0009", "secret-of-the-browser-tests"
OFFERED = ("SANDBOX", "CASH", "POS", "MISPOS")
AMOUNTS = {
    "phone": 12_350,
    "large": 8_050,
    "plain": 6_050,
    "cash": 8_650,
    "slip": 30_050,
    "code": 4_050,
    "refused": 8_602,
}
"""分; 02 at the end is what the sandbox's channel refuses."""
Till = tuple[str, dict[str, str], dict[str, str]]
"""The hub's address; each trade's address for its payer, and for its desk."""


async def furnish(settings: Settings) -> tuple[dict[str, str], dict[str, str]]:
    """A merchant, and a trade for each test."""
    payers, desks = {}, {}
    async with open_store(settings) as store:
        orders = Orders(store.database, store.keyring, store.clock, {})
        await store.database.write(
            lambda c: merchants.add(
                c,
                store.keyring,
                store.clock.now_ms(),
                merchant_id=MERCHANT,
                name="云桥县人民医院",
                hospital_id="1001",
                account_type="01",
                settings=MerchantSettings(OFFERED),
                secret=SECRET,
            )
        )
        for name, amount in AMOUNTS.items():
            kept = Particulars(PATIENT, shown_balance=2500)
            wish = Wish("his", MERCHANT, SECRET, name, name.encode(), amount, "门诊预交金充值", kept)
            done = await store.database.write(by_itself(orders.order(wish)))
            payers[name] = address(done.trade.token)
            desks[name] = desk_address(store.keyring, done.trade)
    return payers, desks


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    """A sandbox on a free port of this machine."""
    need(CHROMIUM, "chromium is not installed")
    with socket.socket() as listening, redirect_stderr(StringIO()):
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        settings = Settings(data=str(tmp_path_factory.mktemp("hub")), sandbox=True, sandbox_hospitals=False, port=port)
        with ThreadPoolExecutor() as aside:  # the browser's own loop runs in this thread
            payers, desks = aside.submit(lambda: asyncio.run(furnish(settings))).result()
        server = uvicorn.Server(uvicorn.Config(application(settings), log_config=None, access_log=False, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.started
        yield f"http://127.0.0.1:{port}", payers, desks
        server.should_exit = True
        thread.join()


@pytest.fixture
def phone(chromium: Browser, till: Till, complaints: list[str]) -> Iterator[Page]:
    """A phone that carries nothing."""
    page = opened(chromium, till[0])
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    page.context.close()


@pytest.fixture
def desk(phone: Page) -> Page:
    """The window beside the HIS."""
    phone.set_viewport_size({"width": 1440, "height": 900})
    return phone


@pytest.mark.parametrize("size", ["normal", "large"])
def test_a_phone_pays_and_comes_back_to_the_result(
    size: str, phone: Page, till: Till, complaints: list[str], tmp_path: Path
) -> None:
    phone.goto(f"{till[1]['phone' if size == 'normal' else 'large']}?size={size}")
    head(phone, "请选择支付方式")
    good(phone, tmp_path / "choose.png")
    assert phone.evaluate("getComputedStyle(document.body).fontSize") == ("18px" if size == "normal" else "22px")
    expect(phone.locator(".timer b").first).to_have_text(re.compile("14|15"))
    phone.get_by_role("button", name="沙箱支付").click()
    phone.wait_for_url("**/sandbox/pay/**")  # the page goes there by itself
    good(phone, tmp_path / "pay.png")
    phone.go_back()
    head(phone, "请付款")  # and does not go there again
    good(phone, tmp_path / "go.png")
    phone.get_by_role("button", name="我已付款，查结果").click()
    head(phone, "支付结果确认中，请勿重复支付")
    good(phone, tmp_path / "unsure.png")
    phone.get_by_role("link", name="还没有付，返回去付").click()
    phone.get_by_role("link", name="去付款").click()
    phone.get_by_role("button", name="确认付款").click()
    head(phone, "支付成功")
    expect(phone.get_by_text("已通知医院入账")).to_be_visible()
    good(phone, tmp_path / "done.png")
    phone.go_back()
    phone.go_back()
    head(phone, "支付成功")  # wherever the way back leads, there is nothing to pay any more
    assert complaints == []


def test_paying_and_giving_up_work_without_script(chromium: Browser, till: Till) -> None:
    page = opened(chromium, till[0], java_script_enabled=False)
    page.goto(till[1]["plain"])
    page.get_by_role("button", name="沙箱支付").click()
    head(page, "请付款")  # the page looks again by itself
    good(page)
    page.get_by_role("link", name="换一种支付方式").click()
    head(page, "换一种支付方式")
    good(page)
    page.get_by_role("link", name="不换了，返回").click()
    page.get_by_role("link", name="先不付了").click()
    head(page, "确定先不付吗？")
    good(page)
    page.get_by_role("button", name="先不付了").click()
    head(page, "没有付款，已经关闭")
    good(page)
    page.context.close()


def test_a_refusal_leads_to_another_try(phone: Page, till: Till, complaints: list[str], tmp_path: Path) -> None:
    phone.goto(till[1]["refused"])
    phone.get_by_role("button", name="沙箱支付").click()
    head(phone, "没有付成，请再选一次")
    expect(phone.get_by_text("付款银行拒绝了这笔支付")).to_be_visible()
    good(phone, tmp_path / "refused.png")
    assert complaints == []


def test_cash_is_taken_by_keyboard_and_its_change_is_told_at_once(
    desk: Page, till: Till, complaints: list[str], tmp_path: Path
) -> None:
    desk.goto(till[2]["cash"])
    assert desk.evaluate("document.activeElement.id") == "code"  # the scanner types where the page stands
    desk.locator("summary", has_text="现金").focus()
    desk.keyboard.press("Enter")
    desk.keyboard.press("Tab")
    desk.keyboard.type("50")
    assert not desk.locator("[data-change]").is_visible()
    desk.keyboard.press("Enter")
    expect(desk.get_by_text("实收不够，应收 ¥ 86.50")).to_be_visible()
    complaints.clear()  # that the form came back is an error to the browser's console
    desk.locator("#received").fill("100")
    expect(desk.locator("[data-change]")).to_have_text("找零 ¥ 13.50")
    draw(desk, tmp_path / "cash.png")
    desk.keyboard.press("Enter")
    head(desk, "支付成功")
    expect(desk.locator(".change")).to_contain_text("找零 ¥ 13.50")
    draw(desk, tmp_path / "done.png")
    assert complaints == []


def test_a_slip_is_copied_from_the_card_machine(desk: Page, till: Till, complaints: list[str], tmp_path: Path) -> None:
    desk.goto(till[2]["slip"])
    desk.locator("summary", has_text="银行卡（POS）").click()
    desk.locator("#POS-BankCardNo").fill("621700******4321")
    desk.locator("#POS-posConsultNo").fill("000123456789")
    desk.locator("#POS-posVoucherNo").fill("004512")
    draw(desk, tmp_path / "slip.png")
    desk.get_by_role("button", name="已刷卡 ¥ 300.50，确认").click()
    head(desk, "支付成功")
    assert complaints == []


def test_a_desk_sees_what_the_payer_does_on_their_phone(
    chromium: Browser, desk: Page, till: Till, complaints: list[str]
) -> None:
    desk.goto(till[2]["code"])
    other = opened(chromium, till[0])
    other.goto(till[1]["code"])
    other.get_by_role("button", name="沙箱支付").click()
    head(desk, "患者正在手机上付款")
    other.get_by_role("button", name="确认付款").click()
    head(desk, "支付成功")
    assert complaints == []
    other.context.close()


@pytest.mark.parametrize("width", [180, 360, 768, 1440])
def test_the_cashier_fits_every_window(width: int, phone: Page, till: Till, tmp_path: Path) -> None:
    """180: a phone at 200 %."""
    phone.set_viewport_size({"width": width, "height": 900})
    for face, trades in (("payer", till[1]), ("desk", till[2])):
        for language in ("zh", "en"):
            phone.goto(f"{trades['refused']}{'&' if '?' in trades['refused'] else '?'}lang={language}")
            for part in phone.locator("summary").all():
                part.click()
            draw(phone, tmp_path / f"{face}-{language}-{width}.png")
            assert fits(phone), (face, language)
