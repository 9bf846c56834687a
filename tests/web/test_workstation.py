"""The doctor's workstation as a browser sees it: opened by a launch, in two dresses, and closed again."""

import itertools
import re

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import HERE
from yiqiao.cli.workstation import AGENT as CHROMIUM_49
from yiqiao.dialects.cmc.client import Launcher
from yiqiao.sandbox.launching import patients

PERSON = patients()[0]
NAMELESS = patients()[3]
SERIALS = itertools.count()
"""No two launches of a second may be the same."""


def launched(browser: TestClient, patient: int = 0, way: int = 0, **more: str) -> str:
    """The address of a fresh launch of the sandbox's demo HIS."""
    runtime = browser.app.state.runtime  # type: ignore[attr-defined]
    partner, who = runtime.launch_demo[way], patients()[patient]
    launcher = Launcher(partner.app_key, partner.secret, profile=partner.profile)
    serial = f"V{next(SERIALS)}"
    values = {**who.values, "jzsxh": serial, **more} | ({"mzsxh": serial} if who.insured else {})
    return (launcher.insured(**values) if who.insured else launcher.selfpay(**values)).url(HERE)


def opened(browser: TestClient, *args: int, **headers: str) -> str:
    """The workstation's page after a launch."""
    answer = browser.get(launched(browser, *args), headers=headers)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/workstation"
    shown = browser.get("/workstation", headers=headers)
    assert shown.status_code == 200
    text: str = shown.text
    return text


def field(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_the_page_shows_the_patient_what_the_hub_knows_and_the_codes(stranger: TestClient) -> None:
    page = opened(stranger)
    assert PERSON.values["xm"] in page
    assert PERSON.values["sfzh"] not in page
    assert PERSON.values["sfzh"][-4:] in page
    for told in ("使用中", "糖尿病", "M01600", "人头付费", "RT003", "城镇职工", "演示医院", "演示医师"):
        assert told in page, told
    assert "未领卡" in opened(stranger, 1)


def test_a_patient_without_a_number_is_told_as_such(stranger: TestClient) -> None:
    page = opened(stranger, 3)
    assert NAMELESS.values["xm"] in page
    assert "未提供" in page
    assert "只显示本次就诊" in page
    assert "无法查询" in page


def test_nothing_personal_stands_in_an_address(stranger: TestClient) -> None:
    page = opened(stranger)
    addresses = re.findall(r'(?:href|action|src)="([^"]*)"', page)
    assert addresses
    assert all(re.fullmatch(r"[\w/.?=&;#-]*", address) for address in addresses)
    assert not any(PERSON.values["sfzh"][-6:] in address for address in addresses)


def test_without_a_launch_there_is_no_workstation(stranger: TestClient) -> None:
    answer = stranger.get("/workstation")
    assert answer.status_code == 403
    assert "HIS" in answer.text
    assert stranger.post("/workstation/notes", data={"text": "x"}).status_code == 403
    assert stranger.get("/workstation/client").status_code == 403
    assert stranger.get("/workstation/enter/nothing-of-ours-is-here").status_code == 403


@pytest.mark.parametrize("agent", [CHROMIUM_49, "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0)"])
def test_rule_qa_browser_an_old_browser_gets_the_same_facts_without_script(agent: str, stranger: TestClient) -> None:
    page = opened(stranger, **{"user-agent": agent})
    assert "<script" not in page
    assert "plain.css" in page
    for told in (PERSON.values["xm"], "使用中", "糖尿病", "人头付费", "随访记录", "打开记录"):
        assert told in page


def test_the_plain_style_sheet_asks_nothing_that_chromium_49_lacks(stranger: TestClient) -> None:
    page = opened(stranger, **{"user-agent": CHROMIUM_49})
    address = re.search(r'href="(/static/plain.css[^"]*)"', page)
    assert address is not None
    sheet = stranger.get(address[1]).text
    for later in ("grid", "var(", "gap:", "inset:", "clamp(", "min(", ":is(", ":where(", "aspect-ratio", "sticky"):
        assert later not in sheet.replace("no grid", ""), later


def test_a_note_is_kept_and_shown_as_text(stranger: TestClient) -> None:
    page = opened(stranger, 1)
    sent = {"csrf": field(page, "csrf"), "note_id": field(page, "note_id"), "text": "<b>复查</b>\n空腹血糖"}
    for _ in range(2):
        answer = stranger.post("/workstation/notes", data=sent)
        assert answer.status_code == 303
    shown = stranger.get(answer.headers["location"]).text
    assert shown.count("&lt;b&gt;复查&lt;/b&gt;") == 1
    assert "已保存" in shown


@pytest.mark.parametrize("spoiled", [{"csrf": ""}, {"csrf": "x" * 32}])
def test_a_form_that_is_not_the_sessions_own_keeps_nothing(spoiled: dict[str, str], stranger: TestClient) -> None:
    page = opened(stranger, 2)
    sent = {"csrf": field(page, "csrf"), "note_id": "n", "text": "不该保存的记录"} | spoiled
    assert stranger.post("/workstation/notes", data=sent).status_code == 400
    assert stranger.post("/workstation/close", data=spoiled).status_code == 400
    assert "不该保存的记录" not in stranger.get("/workstation").text


def test_a_note_that_is_too_long_comes_back_with_what_was_typed(stranger: TestClient) -> None:
    page = opened(stranger)
    sent = {"csrf": field(page, "csrf"), "note_id": "n", "text": "长" * 1001}
    answer = stranger.post("/workstation/notes?lang=en", data=sent)
    assert answer.status_code == 400
    assert "长" * 1001 in answer.text
    assert "1,000" in answer.text


def test_closing_ends_the_session(stranger: TestClient) -> None:
    page = opened(stranger)
    token = stranger.cookies["yiqiao_workstation"]
    assert "已关闭" in stranger.post("/workstation/close", data={"csrf": field(page, "csrf")}).text
    stranger.cookies.set("yiqiao_workstation", token, path="/workstation")
    assert stranger.get("/workstation").status_code == 403


def test_rule_bs_client_the_page_starts_the_client_or_goes_on_without_it(stranger: TestClient) -> None:
    answer = stranger.get(launched(stranger, 0, 1))
    assert answer.headers["location"] == "/workstation/client"
    page = stranger.get("/workstation/client").text
    link = re.search(r'href="(jgt://open\?a=jgt-hn-cs&amp;t=([\w-]+))"', page)
    assert link is not None
    assert 'href="/workstation"' in page
    assert "Qt5Core.dll" in page
    stranger.cookies.clear()
    entered = stranger.get(f"/workstation/enter/{link[2]}")
    assert entered.status_code == 303
    assert PERSON.values["xm"] in stranger.get("/workstation").text
    stranger.cookies.clear()
    assert stranger.get(f"/workstation/enter/{link[2]}").status_code == 403


@pytest.mark.parametrize(("language", "says"), [("zh", "打开过"), ("en", "opened before")])
def test_rule_once_a_doctor_reads_why_a_copied_link_does_not_open(
    language: str, says: str, stranger: TestClient
) -> None:
    address = launched(stranger)
    assert stranger.get(address, headers={"accept": "text/html"}).status_code == 303
    stranger.cookies.set("yiqiao_lang", language)
    answer = stranger.get(address, headers={"accept": "text/html"})
    assert answer.status_code == 409
    assert answer.headers["content-type"].startswith("text/html")
    assert says in answer.text
    assert "40901" in answer.text
    assert "jgtParamSign" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert stranger.get(address, headers={"accept": "application/json"}).json()["code"] == "40901"


def test_every_code_of_the_standard_has_its_words_in_english() -> None:
    from yiqiao.spec import load
    from yiqiao.web.i18n import table

    for code in load("cmc").return_codes:
        if code != "20000":
            assert {f"launch_refused.code_{code}", f"launch_refused.remedy_{code}"} <= set(table())


def test_the_test_page_makes_launches_that_open(stranger: TestClient) -> None:
    for patient in patients():
        page = stranger.get(f"/sandbox/launch?patient={patient.key}").text
        address = re.search(r'href="([^"]*jgtParamSign=[^"]*)"', page)
        assert address is not None
        assert r"C:\jgt\jgt.exe -a jgt-hn-cs -p " in page
        assert stranger.get(address[1]).status_code == 303


def test_the_test_page_is_for_this_machine_alone(sandbox: TestClient) -> None:
    assert sandbox.get("/sandbox/launch", headers={"host": "hub.example"}).status_code == 404


def test_the_operations_page_knows_the_launches(stranger: TestClient) -> None:
    page = stranger.get("/docs/cmc/launch.insured").text
    assert "医保人员编码" in page
    assert "biz_content" not in page
    assert "/docs/cmc/launch.selfpay" in stranger.get("/").text


def test_the_journals_page_masks_the_parameter(stranger: TestClient) -> None:
    from yiqiao.spec import load
    from yiqiao.web.masked import wire_text

    query = launched(stranger).partition("?")[2]
    shown = wire_text(load("cmc"), query.encode())
    assert shown == f"jgtParamSign={query.partition('=')[2][:3]}******"
