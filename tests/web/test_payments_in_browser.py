"""The console's rooms for payments in a real browser: widths, the countdown, buttons by keyboard, no script."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import uvicorn
from playwright.sync_api import Browser, Page

from tests.region.payments.world import PATIENT
from tests.support.needs import need
from tests.web.counter import by_itself
from tests.web.pictures import draw
from tests.web.test_cards import add_operator
from tests.web.test_in_browser import CHROMIUM, STARTS_WITHIN_S, VIEWS, chromium, complaints, fits, signed_in
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.partners.roles import Role
from yiqiao.ports.payment_channel import Entry
from yiqiao.region.payments.orders import Wish
from yiqiao.region.payments.refunds import RefundOrder
from yiqiao.region.payments.trade import Particulars
from yiqiao.storage import payments
from yiqiao.storage.payments import TradeRow
from yiqiao.web.asgi import application

__all__ = ["chromium", "complaints"]

T = TypeVar("T")
AT = "/console/payments"
BIG = 600_000
"""分: more of it given back than the demo merchants let pass without a second signature."""


@dataclass(frozen=True)
class Bank:
    """A sandbox that has taken some money: its address, the administrator's password, and its pages."""

    address: str
    password: str
    trade: str
    refund: str
    merchant: str


async def furnish(hub: Runtime) -> tuple[str, str, str]:
    """A trade paid in cash with a refund to approve, one that waits, one that the bank refuses."""
    merchant = hub.merchants_demo[0]

    async def ordered(number: str, amount: int, channel: str, entry: Entry | None = None) -> TradeRow:
        kept = Particulars(PATIENT)
        head = ("his", merchant.merchant_id, merchant.secret, number, number.encode(), amount, "门诊预交金充值", kept)
        return (await hub.database.write(by_itself(hub.orders.order(Wish(*head, channel, entry))))).trade

    for number, amount in (("H1001", 5_050), ("H1002", 12_302)):
        await ordered(number, amount, "SANDBOX")
    row = await ordered("H1003", BIG, "CASH", Entry.DESK)
    trace_no = row.trace_no
    while row.state != "succeeded":
        hub.jobs.wake()
        await asyncio.sleep(0.05)
        found = await hub.database.read(lambda c: payments.trade_by_trace_no(c, trace_no))
        row = found or row
    head = ("his", merchant.merchant_id, merchant.secret, "T1001", b"T1001", BIG, "1", "direct", trace_no, None)
    asked = await hub.database.write(
        by_itself(hub.refunds.ask(RefundOrder(*head, PATIENT.his_cust_id, PATIENT.name, "W1")))
    )
    return trace_no, asked.refund.refund_no, merchant.merchant_id


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    """The sandbox on a free port of this machine."""
    need(CHROMIUM, "chromium is not installed")
    folder = tmp_path_factory.mktemp("hub")
    loops: list[asyncio.AbstractEventLoop] = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = listening.getsockname()[1]
        app = application(Settings(data=str(folder), sandbox=True, sandbox_hospitals=False, port=port))
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
        trace_no, refund_no, merchant_id = do(furnish(app.state.runtime))
        with ThreadPoolExecutor() as aside:  # the browser's own loop runs in this thread
            password = aside.submit(add_operator, folder, "admin2", Role.ADMINISTRATOR).result()
        yield Bank(
            f"http://127.0.0.1:{port}",
            password,
            f"{AT}/trades/{trace_no}",
            f"{AT}/refunds/{refund_no}",
            f"/console/merchants/{merchant_id}",
        )
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(chromium: Browser, bank: Bank, complaints: list[str]) -> Iterator[Page]:
    """The administrator's page."""
    context = chromium.new_context(base_url=bank.address)
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    signed_in(opened, bank.password, "admin2")
    yield opened
    context.close()


@pytest.mark.parametrize(("width", "language"), [*VIEWS, (640, "zh")])  # 640: a window of 1280 at 200 %
def test_rooms_fit_their_window(
    width: int, language: str, page: Page, bank: Bank, complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    payments_of = (AT, f"{AT}/refunds", f"{AT}/reconciliation", bank.trade, bank.refund, f"{bank.refund}/approve")
    account = f"{bank.merchant}/statement?account=channel/CASH"
    merchants = ("/console/merchants", "/console/merchants/new", bank.merchant, f"{bank.merchant}/accounts", account)
    for path in ("/console", *payments_of, *merchants):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        name = re.sub(r"\W", "_", path)
        draw(page, tmp_path / f"{name}-{language}-{width}.png")
        assert fits(page), path
        assert page.locator("h1").count() == 1, path
    assert complaints == []


def test_what_is_left_is_counted_down_by_the_hub_s_clock(page: Page, bank: Bank, complaints: list[str]) -> None:
    page.goto(f"{AT}?group=waiting")
    page.locator("tr.link a").first.press("Enter")
    page.wait_for_url("**/trades/**")
    deadline = time.monotonic() + STARTS_WITHIN_S
    while page.locator("[data-countdown-ms]").count() != 1 and time.monotonic() < deadline:
        page.reload()  # its time had just come, and somebody was at it
    assert page.locator("[data-countdown-ms]").count() == 1
    assert complaints == []


def test_a_day_is_compared_by_keyboard(page: Page, complaints: list[str]) -> None:
    page.goto(f"{AT}/reconciliation")
    page.get_by_role("button", name="开始核对").press("Enter")
    page.wait_for_url(f"**{AT}/reconciliation/**")
    assert page.get_by_role("heading", name=re.compile("支付对账")).is_visible()
    assert complaints == []


def test_a_refund_is_approved_without_script(chromium: Browser, bank: Bank) -> None:
    context = chromium.new_context(base_url=bank.address, java_script_enabled=False)
    plain = context.new_page()
    signed_in(plain, bank.password, "admin2")
    plain.get_by_role("link", name="去审批").press("Enter")
    plain.locator("tr.link a").first.press("Enter")
    plain.get_by_role("link", name="批准").press("Enter")
    assert plain.get_by_text("不能撤回").is_visible()
    plain.get_by_role("button", name=re.compile("批准退款")).press("Enter")
    assert plain.get_by_text("已批准，退款正在办理").is_visible()
    context.close()
