"""The workstation, its test page and its refusals in a real browser: widths, languages, the keyboard, no script."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.web.pictures import draw
from tests.web.test_in_browser import VIEWS, chromium, complaints, fits, hub, page
from yiqiao.cli.workstation import AGENT as CHROMIUM_49

__all__ = ["chromium", "complaints", "hub", "page"]


LAUNCHED: set[str] = set()


def launch(page: Page, query: str = "") -> str:
    """The address of a fresh launch, made by the test page; of the same second it would be one that was used before."""
    while True:
        page.goto(f"/sandbox/launch{query}")
        address = page.get_attribute("a.button[target]", "href")
        assert address is not None
        if address not in LAUNCHED:
            LAUNCHED.add(address)
            return address
        page.wait_for_timeout(100)


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_every_page_of_a_launch_fits_its_window(
    width: int, language: str, page: Page, complaints: list[str], tmp_path: Path
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/?lang={language}")
    address = launch(page)
    assert fits(page)
    page.goto(address)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/workstation", page.url)
    page.fill("#text", "血糖平稳，两周后复查。")
    page.click("main form .button")
    page.wait_for_url("**/workstation?kept=1*")
    draw(page, tmp_path / f"workstation-{language}-{width}.png")
    assert fits(page)
    page.goto("/workstation?plain=1")
    draw(page, tmp_path / f"plain-{language}-{width}.png")
    assert fits(page)
    assert complaints == []
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 409
    assert fits(page)
    assert [said for said in complaints if "409" not in said] == []


def test_the_workstation_is_worked_by_keyboard(page: Page, complaints: list[str]) -> None:
    page.goto(launch(page))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "text"
    page.keyboard.type("嘱低盐饮食。")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/workstation?kept=1*")
    assert page.get_by_text("嘱低盐饮食。").count() >= 1
    assert complaints == []


@pytest.fixture
def old_page(chromium: Browser, hub: tuple[str, str], complaints: list[str]) -> Iterator[Page]:
    """A browser that says it is the one built into the standard's client, and runs no script."""
    context = chromium.new_context(base_url=hub[0], user_agent=CHROMIUM_49, java_script_enabled=False)
    opened = context.new_page()
    opened.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    yield opened
    context.close()


def test_rule_qa_browser_without_script_a_note_is_kept_all_the_same(
    page: Page, old_page: Page, complaints: list[str]
) -> None:
    old_page.goto(launch(page))
    assert old_page.locator("script").count() == 0
    old_page.fill("#text", "老浏览器也能保存。")
    old_page.click(".card .button")
    old_page.wait_for_url(re.compile("kept=1"))
    assert "老浏览器也能保存。" in old_page.inner_text("body")
    assert complaints == []


def test_rule_bs_client_without_the_client_the_way_leads_on(page: Page, complaints: list[str]) -> None:
    page.goto(launch(page, "?way=client"))
    assert page.url.endswith("/workstation/client")
    assert (page.get_attribute("main a.button", "href") or "").startswith("jgt://open?a=jgt-hn-cs&t=")
    page.click("a.button.plain")
    page.wait_for_url("**/workstation")
    assert complaints == []
