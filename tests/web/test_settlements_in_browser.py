"""A settlement's page and the console's room in a real browser: widths, both languages, on to the cashier and back."""

import asyncio
import re
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, cast

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from tests.region.insurance.world import CARD, RESIDENT
from tests.sandbox.settlement.desk import visitor
from tests.support.needs import need
from tests.web.counter import by_itself
from tests.web.pictures import draw
from tests.web.test_cards import add_operator
from tests.web.test_citizen_in_browser import good, head, opened
from tests.web.test_in_browser import CHROMIUM, STARTS_WITHIN_S, VIEWS, chromium, complaints, fits, signed_in
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.partners.roles import Role
from yiqiao.ports.his_billing import Patient, PendingCharge
from yiqiao.ports.insurance_settlement import FeeLine
from yiqiao.region.insurance.pages import address, desk_address
from yiqiao.region.insurance.service import Wish
from yiqiao.region.insurance.settlement import Facts
from yiqiao.region.insurance.states import State
from yiqiao.sandbox.his_billing import SandboxHis
from yiqiao.web.asgi import application

__all__ = ["chromium", "complaints"]

T = TypeVar("T")
AT = "/console/settlements"


@dataclass(frozen=True)
class Window:
    """A sandbox with a settlement to be paid: its address, the page's for the patient and the desk, the console's."""

    address: str
    password: str
    payer: str
    desk: str
    room: str


async def furnish(hub: Runtime) -> tuple[str, str, str]:
    """A bill of 1000 元 that waits for its payer."""
    merchant = hub.merchants_demo[0]
    fee = FeeLine("1", "MZ1", "X1", "治疗费", "01", Decimal(1000), Decimal(1), 100_000)
    his = cast(SandboxHis, hub.his_billing)
    await his.owe(merchant.merchant_id, Patient("01", CARD), PendingCharge("MZ1", "治疗费", 100_000, (fee,)))
    who = visitor(RESIDENT)
    facts = Facts(who, Patient("01", CARD, "03", CARD, who.name, who.certificate_no), (), ())
    wish = Wish("his", merchant.merchant_id, merchant.secret, True, "", facts)
    row = (await hub.database.write(by_itself(await hub.settlements.settle(wish)))).row
    while row.state != State.PAYING:
        hub.jobs.wake()
        await asyncio.sleep(0.05)
        row = (await hub.settlements.find(row.number)).row
    return address(row.token), desk_address(hub.keyring, row), f"{AT}/{row.number}"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Window]:
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
        pages = do(furnish(app.state.runtime))
        with ThreadPoolExecutor() as aside:  # the browser's own loop runs in this thread
            password = aside.submit(add_operator, folder, "admin2", Role.ADMINISTRATOR).result()
        yield Window(f"http://127.0.0.1:{port}", password, *pages)
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(chromium: Browser, window: Window, complaints: list[str]) -> Iterator[Page]:
    """A phone that complains aloud."""
    phone = opened(chromium, window.address)
    phone.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    phone.on("pageerror", lambda error: complaints.append(str(error)))
    yield phone
    phone.context.close()


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_pages_fit_their_window(
    width: int, language: str, page: Page, window: Window, complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    for name, at in (("payer", window.payer), ("desk", window.desk)):
        page.goto(f"{at}{'&' if '?' in at else '?'}lang={language}")
        good(page, tmp_path / f"{name}-{language}-{width}.png")
    signed_in(page, window.password, "admin2")
    for name, at in (("room", AT), ("one", window.room), ("ended", f"{AT}?group=ended")):
        page.goto(f"{at}{'&' if '?' in at else '?'}lang={language}")
        draw(page, tmp_path / f"{name}-{language}-{width}.png")
        assert fits(page), at
        assert page.locator("h1").count() == 1
    assert complaints == []


def test_a_desk_takes_the_personal_part_and_sees_the_end(page: Page, window: Window, complaints: list[str]) -> None:
    page.goto(window.desk)
    head(page, "请支付个人部分")
    page.get_by_role("link", name=re.compile("去收款")).click()
    head(page, "请选择支付方式")
    page.locator("summary", has_text="现金").click()
    page.locator("[name=received]").fill("600")
    page.locator("[name=received]").press("Enter")
    page.get_by_role("link", name="查看结算结果").click()
    head(page, "结算完成")
    expect(page.locator(".went .is-done")).to_have_count(6)
    good(page)
    assert complaints == []
