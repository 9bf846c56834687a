"""A citizen of eighty pays a bill on a phone, in a real browser, with script and without; and looks into every room."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.test_citizen_in_browser import address, chromium, complaints, good, head, opened, phone, sign_in
from tests.web.test_in_browser import fits

__all__ = ["address", "chromium", "complaints", "phone"]

HOSPITALS = ("9851001", "9851002")
INSIDE = 61
"""By place among the sandbox's people: in hospital."""


def link(page: Page, hospital: str = HOSPITALS[0]) -> None:
    """Link the card whose number the page offers in a sandbox."""
    page.goto(f"/citizen/records/link?hospital={hospital}&who=me&next=/citizen/bills")
    good(page)
    found = re.search(r"演示用的卡号：(\d+)", page.locator("form").inner_text())
    assert found is not None
    page.get_by_label("号码", exact=True).fill(found[1])
    page.get_by_role("button", name="添加", exact=True).click()
    head(page, "缴费")


@pytest.fixture
def plain(chromium: Browser, address: str) -> Iterator[Page]:
    """A phone without script."""
    page = opened(chromium, address, java_script_enabled=False)
    yield page
    page.context.close()


@pytest.mark.parametrize("size", ["normal", "large"])
def test_from_the_bill_to_the_pharmacy(size: str, phone: Page, complaints: list[str], tmp_path: Path) -> None:
    sign_in(phone, 0 if size == "normal" else 1, size)
    phone.get_by_role("link", name=re.compile("^缴费")).click()
    expect(phone.get_by_text("还不知道您在哪家医院看过病")).to_be_visible()
    good(phone)
    phone.get_by_role("link", name="添加就诊卡").click()
    head(phone, "哪家医院的卡？")
    good(phone)
    link(phone)
    good(phone, tmp_path / "bills.png")
    total = phone.locator("[data-total]").inner_text()
    phone.locator("[data-fen]").uncheck()
    expect(phone.locator("[data-total]")).to_have_text("¥ 0.00")
    phone.get_by_role("button", name="去缴费").click()
    expect(phone.get_by_text("请至少勾选一张")).to_be_visible()
    complaints.clear()  # that the form came back is an error to the browser's console
    expect(phone.locator("[data-total]")).to_have_text(total)
    phone.get_by_role("button", name="去缴费").click()
    head(phone, "请付款")
    good(phone)
    phone.get_by_role("link", name=f"去付款 {total}").click()
    phone.wait_for_url("**/sandbox/cashier/**")
    good(phone)
    phone.get_by_role("button", name="微信支付").click()
    head(phone, "缴费成功")
    good(phone, tmp_path / "paid.png")
    for words in ("收据号", "取药窗口", "门诊药房 3 号窗"):
        assert phone.get_by_text(words).first.is_visible()
    phone.get_by_role("link", name="缴费记录").click()
    head(phone, "缴费记录")
    good(phone)
    assert complaints == []


def test_paying_and_giving_up_work_without_script(plain: Page) -> None:
    sign_in(plain, 2)
    link(plain)
    plain.get_by_role("button", name="去缴费").click()
    head(plain, "请付款")  # the page looks again by itself
    assert plain.get_by_text("前付款").is_visible()
    plain.get_by_role("link", name="先不缴了").click()
    head(plain, "确定先不缴吗？")
    plain.get_by_role("button", name="先不缴了").click()
    head(plain, "没有付款，已经取消")
    plain.get_by_role("link", name="重新缴费").click()
    plain.get_by_role("button", name="去缴费").click()
    head(plain, "请付款")
    plain.get_by_role("link", name=re.compile("去付款")).click()
    plain.get_by_role("button", name="支付宝").click()
    head(plain, "缴费成功")


def test_payment_without_a_notice_is_found_by_itself(phone: Page) -> None:
    sign_in(phone, 3)
    link(phone)
    phone.get_by_role("button", name="去缴费").click()
    head(phone, "请付款")
    phone.get_by_role("link", name=re.compile("去付款")).click()
    phone.locator("summary").click()
    phone.get_by_label("支付成功但不通知").check()
    phone.get_by_role("button", name="微信支付").click()
    expect(phone.get_by_text("支付成功。")).to_be_visible()
    phone.get_by_role("link", name="返回", exact=True).click()
    head(phone, "缴费成功")


def test_every_room_fits_a_phone_and_twice_the_size(phone: Page, tmp_path: Path) -> None:
    sign_in(phone, 5)
    for hospital in HOSPITALS:
        link(phone, hospital)
    one = f"?hospital={HOSPITALS[0]}&who=me"
    phone.goto(f"/citizen/reports{one}")
    report = phone.locator(".choices a").first.get_attribute("href")
    assert report is not None
    rooms = ["bills", f"bills{one}", f"reports{one}", f"prescriptions{one}", "queue", "deposit", "records", "charges"]
    paths = ["/citizen", report, *(f"/citizen/{room}" for room in rooms)]
    for number, path in enumerate(paths):
        phone.goto(path)
        good(phone, tmp_path / f"{number}.png")
    phone.set_viewport_size({"width": 180, "height": 640})
    for path in paths:
        for language in ("zh", "en"):
            phone.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert fits(phone), (path, language)


def test_deposit_is_put_down_without_script(plain: Page) -> None:
    plain.goto("/sandbox/sign-in?next=/citizen")  # whose page does not offer anybody who is in hospital
    found = re.search(r'name="token" value="([^"]+)"', plain.content())
    assert found is not None
    sent = {"token": found[1], "next": "/citizen", "person": str(INSIDE)}
    plain.context.request.post("/sandbox/sign-in", form=sent)
    plain.goto("/citizen/deposit")
    head(plain, "住在哪家医院？")
    plain.locator(".choices a").first.click()
    head(plain, "住院")
    good(plain)
    plain.get_by_role("button", name="500 元", exact=True).click()
    head(plain, "请付款")
    plain.get_by_role("link", name=re.compile("去付款")).click()
    plain.get_by_role("button", name="微信支付").click()
    head(plain, "缴费成功")
    plain.get_by_role("link", name="查看余额").click()
    plain.locator(".choices a").first.click()
    expect(plain.get_by_text("预交金还剩")).to_be_visible()
    expect(plain.locator(".amount")).to_have_text("¥ 224.00")
