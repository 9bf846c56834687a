"""The citizen's card on their phone: theirs alone, never out of date, whatever the phone believes the time is."""

import re
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import segno
from playwright.sync_api import Page
from starlette.testclient import TestClient

from tests.web.conftest import browser
from tests.web.test_in_browser import chromium, complaints, fits, hub, page, sent_message
from tests.web.test_start import secret_of
from yiqiao.app.settings import Settings
from yiqiao.dialects.ehealth_card import trial
from yiqiao.sandbox.people import people
from yiqiao.spec import load
from yiqiao.web.citizen import COOKIE

__all__ = ["chromium", "complaints", "hub", "page"]

WITHOUT_CARD = 199


def signed_in(client: TestClient, number: int = 0) -> TestClient:
    """Sign in as one of the sandbox's people, as the page does."""
    client.cookies.clear()
    page = client.get("/sandbox/sign-in?next=/card").text
    token = re.search(r'name="token" value="([^"]+)"', page)
    assert token is not None
    answer = client.post("/sandbox/sign-in", data={"token": token[1], "next": "/card", "person": str(number)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/card")
    return client


def pick(page: Page) -> None:
    """Sign in as the first of the people, by hand."""
    page.goto("/card")
    page.locator("a.button").click()
    page.locator(".people button").first.click()
    page.wait_for_url("**/card")


def test_stranger_is_asked_to_sign_in_and_sees_no_code(stranger: TestClient) -> None:
    shown = stranger.get("/card").text
    assert "/sandbox/sign-in?next=%2Fcard" in shown
    assert "<svg" not in shown
    assert stranger.get("/card/code").status_code == 401


def test_hub_without_a_sign_in_says_where_to_go_instead(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path))) as client:
        assert "窗口或自助机" in client.get("/card").text
        assert client.get("/card?format=json").json()["step"] == "no_way"


def test_card_shows_its_holders_name_masked_and_no_number(sandbox: TestClient) -> None:
    shown = signed_in(sandbox).get("/card").text
    first = people()[0]
    assert first.name[0] + "*" in shown
    assert first.name not in shown
    assert first.id_no not in shown
    assert first.mobile_phone not in shown


def test_who_has_no_card_is_told_how_to_get_one(sandbox: TestClient) -> None:
    signed_in(sandbox, WITHOUT_CARD)
    assert "还没有电子健康卡" in sandbox.get("/card").text
    assert sandbox.get("/card/code").status_code == 401


def test_code_is_fresh_each_time_and_the_platform_takes_it(
    sandbox: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """terminal.scan: the code that somebody shows is verified at a terminal"""
    texts: list[str] = []
    real = segno.make_qr

    def drawn(text: str, error: str) -> segno.QRCode:
        texts.append(text)
        return real(text, error=error)

    monkeypatch.setattr(segno, "make_qr", drawn)
    signed_in(sandbox).get("/card")
    sandbox.get("/card/code")
    one, two = texts
    assert one != two
    caller = trial.Caller("demo-hospital", "10000000001", secret_of(sandbox))
    now = sandbox.app.state.runtime.clock.now_ms()  # type: ignore[attr-defined]
    for number, text in enumerate((one, two)):
        values = {
            "ehealth_code": text,
            "out_verify_no": f"card-{now}-{number}",
            "out_verify_time": "20261121093000",
            "operator_id": "1",
            "operator_name": "测试员",
            "ip_addr": "127.0.0.1",
            "treatment_code": "010103",
            "office_code": "0300",
        }
        made = trial.made(load("ehealth_card"), "ehc.ehealthcode.verify", values, caller, now)
        headers = {"content-type": "application/json"}
        assert sandbox.post("/ehcService/gateway.do", content=made.body, headers=headers).json()["ret_code"] == "0000"
    uses = sandbox.get("/card?format=json").json()["uses"]
    assert (uses[0]["hospital"], uses[0]["kind"], uses[0]["stage"]) == ("演示医院", "shown", "取药")


def test_life_of_a_code_is_told_by_the_hubs_clock(sandbox: TestClient) -> None:
    code = signed_in(sandbox).get("/card?format=json").json()["code"]
    assert code["life_ms"] == 60_000
    assert 58_000 < code["left_ms"] <= 60_000


def test_decision_on_a_consent_is_among_the_uses(sandbox: TestClient) -> None:
    now = sandbox.app.state.runtime.clock.now_ms()  # type: ignore[attr-defined]
    asked = {
        "out_authorize_no": f"card-{now}",
        "out_authorize_time": "20261121093000",
        "operator_id": "1",
        "operator_name": "测试员",
        "ip_addr": "127.0.0.1",
        "treatment_code": "010105",
        "office_code": "0300",
    }
    secret, spec, method = secret_of(sandbox), load("ehealth_card"), "ehc.ehealthcard.authurl"
    made = trial.made(spec, method, asked, trial.Caller("demo-hospital", "10000000001", secret), now)
    answer = sandbox.post("/ehcService/gateway.do", content=made.body, headers={"content-type": "application/json"})
    values = trial.answered(spec, method, answer.content, secret).values
    link = urlsplit(str((values or {})["ehealth_authurl"])).path
    signed_in(sandbox, 5)
    token = re.search(r'name="csrf" value="([^"]+)"', sandbox.get(link).text)
    assert token is not None
    sandbox.post(link, data={"csrf": token[1], "decision": "refuse"})
    use = sandbox.get("/card?format=json").json()["uses"][0]
    assert (use["kind"], use["decision"], use["stage"]) == ("consent", "refuse", "收费")
    assert "您拒绝了用卡授权" in sandbox.get("/card").text


def test_uses_of_somebody_else_are_not_shown(sandbox: TestClient) -> None:
    signed_in(sandbox, 3)
    kinds = {use["kind"] for use in sandbox.get("/card?format=json").json()["uses"]}
    assert "shown" not in kinds


def test_signing_out_takes_the_card_from_the_phone(sandbox: TestClient) -> None:
    shown = signed_in(sandbox).get("/card").text
    token = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert token is not None
    answer = sandbox.post("/citizen/sign-out", data={"csrf": token[1], "next": "/card"})
    assert answer.headers["location"] == "/card"
    assert COOKIE not in sandbox.cookies
    assert "<svg" not in sandbox.get("/card").text


def test_code_renews_itself_before_it_runs_out_whatever_time_the_phone_has(page: Page, complaints: list[str]) -> None:
    page.clock.install(time=datetime(2001, 1, 1, tzinfo=UTC))
    pick(page)
    picture = "document.querySelector('.qr').innerHTML"
    first = page.evaluate(picture)
    page.clock.run_for(40_000)
    assert page.evaluate(picture) == first
    assert 15 <= int(page.locator(".ring b").inner_text()) <= 21
    with page.expect_response("**/card/code"):
        page.clock.run_for(15_000)
    page.wait_for_function(f"first => {picture} !== first", arg=first)
    assert int(page.locator(".ring b").inner_text()) > 45
    assert complaints == []


def test_code_that_cannot_be_renewed_is_not_shown_as_good_and_comes_back_by_itself(page: Page) -> None:
    page.clock.install()
    pick(page)
    page.route("**/card/code", lambda route: route.abort())
    page.clock.run_for(61_000)
    assert page.locator("[data-when-late]").is_visible()
    assert page.locator("[data-late] .qr").count() == 1
    page.unroute("**/card/code")
    with page.expect_response("**/card/code"):
        page.clock.run_for(4_000)
    page.wait_for_function("!document.querySelector('[data-late]')")
    assert not page.locator("[data-when-late]").is_visible()


def test_page_whose_session_is_over_leads_to_the_sign_in(page: Page) -> None:
    page.clock.install()
    pick(page)
    page.context.clear_cookies()
    page.clock.run_for(58_000)
    page.wait_for_selector("a.button")
    assert "/sandbox/sign-in" in (page.locator("a.button").get_attribute("href") or "")


def test_card_works_without_script(page: Page, hub: tuple[str, str]) -> None:
    browser_ = page.context.browser
    assert browser_ is not None
    context = browser_.new_context(base_url=hub[0], java_script_enabled=False)
    plain = context.new_page()
    pick(plain)
    assert plain.locator(".qr svg").is_visible()
    assert plain.locator("noscript a").or_(plain.get_by_role("link", name="换一个新码")).first.is_visible()
    assert 'http-equiv="refresh"' in plain.content()
    context.close()


@pytest.mark.parametrize("size", ["normal", "large"])
@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_card_fits_its_window_in_both_sizes(
    width: int, language: str, size: str, page: Page, hub: tuple[str, str], complaints: list[str]
) -> None:
    sent_message(hub[0])
    page.set_viewport_size({"width": width, "height": 740})
    pick(page)
    page.goto(f"/card?lang={language}&size={size}")
    assert fits(page)
    assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == {"normal": "18px"}.get(size, "22px")
    page.locator("summary").click()
    assert page.locator(".used li").first.is_visible()
    assert fits(page)
    assert complaints == []


def test_code_and_what_to_do_with_it_stand_on_the_first_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    pick(page)
    for what in (".qr", ".live .lead"):
        box = page.locator(what).bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 640
