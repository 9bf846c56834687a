"""Trying an operation from a form: what it is filled with goes through, and everything that was seen is shown."""

import html
import re
import shlex
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient

from tests.web.conftest import browser
from tests.web.test_in_browser import chromium, complaints, fits, hub, page
from yiqiao.app.settings import Settings
from yiqiao.crypto import sm3
from yiqiao.spec import load

__all__ = ["chromium", "complaints", "hub", "page"]

HERE = "http://127.0.0.1:8600"
VERIFY = "/try/ehealth_card/ehc.ehealthcode.verify"
REGISTER = "/try/ehealth_card/ehc.ehealthcard.querywithreg"
ALTER = "/try/ehealth_card/ehc.ehealthcard.alterinfo"


def answered(client: httpx.Client) -> list[str]:
    """The operations that the start page offers to try."""
    found: list[str] = re.findall(r'href="(/try/[^"]+)"', client.get("/").text)
    return found


def filled(client: httpx.Client | TestClient, path: str) -> dict[str, str]:
    """What the form would send if nobody touched it."""
    view = client.get(path, params={"format": "json"}).json()
    return {one["name"]: one["value"] for one in (*view["public"], *view["inputs"])}


@pytest.fixture
def here(hub: tuple[str, str]) -> httpx.Client:
    """A client of a hub that really listens."""
    return httpx.Client(base_url=hub[0])


def test_every_operation_that_is_answered_can_be_tried_and_succeeds_as_filled_in(here: httpx.Client) -> None:
    paths = answered(here)
    assert len(paths) >= 7
    for path in paths:
        seen = here.post(path, data=filled(here, path), params={"format": "json"}).json()
        assert (path, seen["came"]["code"], seen["came"]["trusted"]) == (path, "0000", True)


def test_forms_of_writes_can_be_filled_in_and_sent_again_and_again(here: httpx.Client) -> None:
    for path in (REGISTER, ALTER, "/try/ehealth_card/ehc.ehealthcard.close"):
        for _ in range(2):
            seen = here.post(path, data=filled(here, path), params={"format": "json"}).json()
            assert seen["came"]["code"] == "0000", path


def test_card_that_is_closed_is_not_the_one_whose_code_is_shown(here: httpx.Client) -> None:
    path = "/try/ehealth_card/ehc.ehealthcard.close"
    here.post(path, data=filled(here, path))
    seen = here.post(VERIFY, data=filled(here, VERIFY), params={"format": "json"}).json()
    assert seen["came"]["code"] == "0000"


def test_string_that_is_shown_is_the_one_that_was_signed(here: httpx.Client) -> None:
    sent = here.post(VERIFY, data=filled(here, VERIFY), params={"format": "json"}).json()["sent"]
    assert sm3(sent["signed"].encode()).hex() == sent["digest"]
    assert f'"sign":"{sent["digest"]}"' in sent["body"]


def test_same_form_sent_twice_shows_what_a_repeat_gets(here: httpx.Client) -> None:
    values = filled(here, VERIFY)
    here.post(VERIFY, data=values)
    came = here.post(VERIFY, data=values, params={"format": "json"}).json()["came"]
    assert (came["code"], came["tone"]) == ("3002", "warn")
    assert came["cause"]
    assert came["remedy"]


def test_value_that_is_spoiled_goes_out_as_it_is_and_the_platform_says_what_is_wrong(here: httpx.Client) -> None:
    values = filled(here, VERIFY) | {"treatment_code": "nonsense", "operator_id": ""}
    came = here.post(VERIFY, data=values, params={"format": "json"}).json()["came"]
    assert came["code"] == "9001"
    assert "treatment_code" in came["message"]
    assert "operator_id" in came["message"]


def test_codes_in_the_answer_have_their_titles_beside_them(here: httpx.Client) -> None:
    came = here.post(VERIFY, data=filled(here, VERIFY), params={"format": "json"}).json()["came"]
    meanings = {field["path"]: field["meaning"] for field in came["fields"]}
    assert meanings["id_type"] == "居民身份证"
    assert meanings["user_sex"] in {"男", "女"}


def test_message_that_cannot_be_made_is_refused_with_a_reason(here: httpx.Client) -> None:
    answer = here.post(VERIFY, data=filled(here, VERIFY) | {"public.enc_type": "ROT13"})
    assert answer.status_code == 400
    assert "ROT13" in answer.text


def test_commands_name_the_operation_its_values_and_the_address(here: httpx.Client) -> None:
    sent = here.post(VERIFY, data=filled(here, VERIFY), params={"format": "json"}).json()["sent"]
    call, curl = shlex.split(sent["call"]), shlex.split(sent["curl"])
    assert call[1:4] == ["call", "ehealth_card", "ehc.ehealthcode.verify"]
    assert "treatment_code=010101" in call
    assert sent["body"] in curl
    assert curl[-1] == sent["url"]


def test_curl_command_sends_the_very_bytes(here: httpx.Client) -> None:
    sent = here.post(ALTER, data=filled(here, ALTER), params={"format": "json"}).json()["sent"]
    words = shlex.split(sent["curl"])
    body = words[words.index("--data-raw") + 1]
    again = httpx.post(words[-1], content=body.encode(), headers={"content-type": "application/json"})
    assert again.json()["ret_code"] == "3002"


def test_field_named_in_the_address_goes_before_the_sample(stranger: TestClient) -> None:
    asked = {"ehealth_code": "nonsense", "unknown": "x"}
    assert filled(stranger, f"{VERIFY}?{urlencode(asked)}") != filled(stranger, VERIFY)
    view = stranger.get(VERIFY, params={**asked, "format": "json"}).json()
    values = {one["name"]: one["value"] for one in view["inputs"]}
    assert values["ehealth_code"] == "nonsense"
    assert "unknown" not in values


def test_form_has_an_input_for_every_field_of_the_table(stranger: TestClient) -> None:
    form = html.unescape(stranger.get(REGISTER).text)
    for field in load("ehealth_card").operations["ehc.ehealthcard.querywithreg"].request:
        assert f'name="{field.name}"' in form
        assert field.title in form
    assert re.search(r'<select id="f-user_sex".*?value="1" selected>1 男|<select id="f-user_sex"', form, re.S)


def test_operation_page_leads_to_its_form(stranger: TestClient) -> None:
    assert f'href="{VERIFY}"' in stranger.get("/docs/ehealth_card/ehc.ehealthcode.verify").text
    assert "/try/" not in stranger.get("/docs/ehealth_card/VirtualCardTrans").text


@pytest.mark.parametrize("path", ["/try/ehealth_card/no.such", "/try/onetrans/verify", "/try/ehealth_card/VirtualCard"])
def test_what_this_hub_does_not_answer_cannot_be_tried(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 404
    assert stranger.post(path).status_code == 404


def test_foreign_page_cannot_send_messages_for_its_reader(stranger: TestClient) -> None:
    refused = stranger.post(VERIFY, data={}, headers={"origin": "https://elsewhere.example"})
    assert refused.status_code == 403


@pytest.mark.parametrize(("is_sandbox", "host"), [(False, "127.0.0.1"), (True, "192.0.2.7")])
def test_nothing_can_be_tried_outside_a_sandbox_on_this_machine(is_sandbox: bool, host: str, tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path), sandbox=is_sandbox, sandbox_hospitals=False, host=host)) as client:
        assert client.get(VERIFY).status_code == 404
        assert client.post(VERIFY).status_code == 404
        assert "/try/" not in client.get("/").text


def test_nothing_can_be_tried_under_a_foreign_name(stranger: TestClient) -> None:
    assert stranger.get(VERIFY, headers={"host": "hub.example.org"}).status_code == 404


@pytest.mark.parametrize("path", [VERIFY, REGISTER, ALTER])
def test_form_is_sent_in_a_browser_and_the_answer_appears_in_place(
    path: str, page: Page, complaints: list[str]
) -> None:
    page.goto(path)
    page.get_by_role("button", name="签名并发送").click()
    page.wait_for_selector('[data-code="0000"]')
    assert page.evaluate("document.activeElement.id") == "h-outcome"
    assert page.locator("#wire-signed").is_visible()
    assert complaints == []


def test_form_goes_through_without_script(page: Page, hub: tuple[str, str]) -> None:
    browser = page.context.browser
    assert browser is not None
    context = browser.new_context(base_url=hub[0], java_script_enabled=False)
    plain = context.new_page()
    plain.goto(VERIFY)
    plain.get_by_role("button", name="签名并发送").click()
    plain.wait_for_selector('[data-code="0000"]')
    context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [360, 768, 1440])
def test_form_and_answer_fit_their_window(width: int, language: str, page: Page, complaints: list[str]) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{REGISTER}?lang={language}")
    assert fits(page)
    page.locator("form.stack button.button").click()
    page.wait_for_selector("[data-code]")
    assert fits(page)
    assert complaints == []


def test_answer_leads_to_its_place_in_the_journal(here: httpx.Client) -> None:
    values = filled(here, VERIFY) | {"ehealth_code": "nonsense"}
    came = here.post(VERIFY, data=values, params={"format": "json"}).json()["came"]
    latest = here.get("/", params={"format": "json"}).json()["demo"]["exchanges"]["lines"][0]
    assert came["record"] == f"{latest['chain']}/{latest['seq']}"


def test_hub_that_cannot_reach_itself_says_so(stranger: TestClient) -> None:
    """In this test nobody listens at the address at which the request seems to arrive."""
    came = stranger.post(VERIFY, data=filled(stranger, VERIFY), params={"format": "json"}).json()["came"]
    assert (came["trouble"], came["code"]) == ("broken", "")
    assert "连接中断" in stranger.post(VERIFY, data=filled(stranger, VERIFY)).text


def test_outcome_of_a_consent_is_asked_for_under_the_serial_of_the_last_one(here: httpx.Client) -> None:
    asking, outcome = "/try/ehealth_card/ehc.ehealthcard.authurl", "/try/ehealth_card/ehc.ehealthcard.auth.query"
    values = filled(here, asking)
    assert here.post(asking, data=values, params={"format": "json"}).json()["came"]["code"] == "0000"
    asked = filled(here, outcome)
    assert asked["out_authorize_no"] == values["out_authorize_no"]
    came = here.post(outcome, data=asked, params={"format": "json"}).json()["came"]
    assert {field["path"]: field["meaning"] for field in came["fields"]}["auth_status"]
