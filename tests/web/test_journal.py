"""The console's journal: filtered, found by sealed keys, live, and each message explained and sent again by right."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from starlette.testclient import TestClient

from tests.web.conftest import hub as fresh
from tests.web.conftest import sign_in
from tests.web.test_card import signed_in as card_of
from tests.web.test_in_browser import VIEWS, chromium, complaints, fits, hub, page, sent_message, signed_in
from tests.web.test_start import secret_of, send_message
from yiqiao.app.runtime import Runtime
from yiqiao.dialects.ehealth_card import trial
from yiqiao.partners import store
from yiqiao.partners.roles import Role
from yiqiao.sandbox.people import people
from yiqiao.spec import load

__all__ = ["chromium", "complaints", "hub", "page"]

GATEWAY = "/ehcService/gateway.do"
VERIFY = "ehc.ehealthcode.verify"
ASKING = "ehc.ehealthcard.authurl"
REGQUERY = "ehc.ehealthcard.regquery"
HEADERS = {"content-type": "application/json"}


def called(client: TestClient, operation: str, values: dict[str, object], *, at: int = 0, **caller: str) -> str:
    """Call as the demo partner; answers the return code."""
    known = {"app_id": "demo-hospital", "term_id": "10000000001", "secret": secret_of(client), **caller}
    now = client.app.state.runtime.clock.now_ms()  # type: ignore[attr-defined]
    made = trial.made(load("ehealth_card"), operation, values, trial.Caller(**known), at or now)
    code: str = client.post(GATEWAY, content=made.body, headers=HEADERS).json()["ret_code"]
    return code


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the journal's hub."""
    return tmp_path_factory.mktemp("journal")


@pytest.fixture(scope="module")
def console(folder: Path) -> Iterator[TestClient]:
    """A sandbox with exchanges of several kinds, its administrator signed in. The newest is a verification."""
    with fresh(folder, sandbox=True) as (client, password):
        assert called(client, VERIFY, {"treatment_code": "nonsense", "odd": "x"}) == "9001"
        assert called(client, VERIFY, {}, secret="0" * 32) == "9003"
        first = people()[0]
        asked = {"id_type": first.id_type, "id_no": first.id_no, "user_name": first.name}
        assert called(client, REGQUERY, dict(asked)) == "0000"
        assert send_message(client)["ret_code"] == "0000"
        sign_in(client, "admin", password)
        yield client


def listed(client: TestClient, query: str = "") -> list[dict[str, object]]:
    answer = client.get(f"/console/journal?format=json{query}")
    lines: list[dict[str, object]] = answer.json()["rows"]["lines"]
    return lines


def place(client: TestClient, query: str = "") -> str:
    line = listed(client, query)[0]
    return f"/console/journal/{line['chain']}/{line['seq']}"


def csrf(client: TestClient) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/console").text)
    assert found is not None
    return found[1]


def acts(folder: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(folder / "yiqiao.db")) as database:
        return list(database.execute("SELECT act, detail FROM operator_audit ORDER BY id"))


def found_by(client: TestClient, kind: str, text: str) -> str:
    answer = client.post("/console/journal/find", data={"csrf": csrf(client), "kind": kind, "text": text})
    assert answer.status_code == 303
    location: str = answer.headers["location"]
    return location


@pytest.mark.parametrize("path", ["/console/journal", "/console/journal/rows", "/console/journal/x/1/explain"])
def test_journal_asks_who_is_there(path: str, stranger: TestClient) -> None:
    answer = stranger.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")


def test_every_exchange_is_listed_newest_first(console: TestClient) -> None:
    assert [line["outcome"] for line in listed(console)] == ["0000", "0000", "9003", "9001"]


@pytest.mark.parametrize(
    ("query", "outcomes"),
    [
        ("&outcome=9003", ["9003"]),
        (f"&operation={REGQUERY}", ["0000"]),
        ("&app_id=nobody", []),
        ("&dialect=ehealth_card", ["0000", "0000", "9003", "9001"]),
        ("&since=2999-01-01T00:00", []),
        ("&until=2000-01-01", []),
        ("&since=2000-01-01&outcome=9001", ["9001"]),
    ],
)
def test_filter_bar_narrows_the_list(query: str, outcomes: list[str], console: TestClient) -> None:
    assert [line["outcome"] for line in listed(console, query)] == outcomes


@pytest.mark.parametrize("query", ["since=yesterday", "until=2026-13-01", "key=nonsense", "after=x"])
def test_what_cannot_be_asked_is_said_and_left_out(query: str, console: TestClient) -> None:
    answer = console.get(f"/console/journal?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "9003" in answer.text


def test_person_is_found_by_certificate_which_no_address_holds(console: TestClient) -> None:
    first = people()[0]
    location = found_by(console, first.id_type, first.id_no)
    assert first.id_no not in location
    lines = console.get(f"{location}&format=json").json()["rows"]["lines"]
    assert [line["operation"] for line in lines] == [VERIFY, REGQUERY]
    assert first.id_no not in console.get(location).text


def test_serial_and_card_are_found_too(console: TestClient) -> None:
    newest = console.get(place(console) + "?format=json").json()
    values = {field["path"]: field["value"] for field in newest["request"]["fields"]}
    located = found_by(console, "trace", values["out_verify_no"])
    assert values["out_verify_no"] not in located
    assert len(console.get(f"{located}&format=json").json()["rows"]["lines"]) == 1
    opened = console.post(place(console), data={"csrf": csrf(console)}).text
    card = re.search(r"ehealth_card_id</code>.*?<td>([0-9A-F]+)", opened, re.S)
    assert card is not None
    located = found_by(console, "card", card[1].lower())
    assert len(console.get(f"{located}&format=json").json()["rows"]["lines"]) == 2


def test_looking_for_somebody_is_audited_without_their_number(console: TestClient, folder: Path) -> None:
    first = people()[0]
    found_by(console, first.id_type, first.id_no)
    searches = [detail for act, detail in acts(folder) if act == "journal.search"]
    assert json.loads(searches[-1]) == {"by": "person"}


def test_certificate_that_cannot_be_is_refused_with_a_reason(console: TestClient) -> None:
    answer = console.post("/console/journal/find", data={"csrf": csrf(console), "kind": "01", "text": "123"})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_forms_without_their_token_are_refused(console: TestClient) -> None:
    at = place(console)
    for path in ("/console/journal/find", at, f"{at}/replay"):
        assert console.post(path, data={"kind": "trace", "text": "x"}).status_code == 403


def test_newer_exchanges_come_in_by_themselves(console: TestClient) -> None:
    seen = "/".join(place(console, f"&operation={REGQUERY}").split("/")[-2:])
    query = {"operation": REGQUERY, "seen": seen}
    assert console.get("/console/journal/rows", params=query).status_code == 204
    assert called(console, REGQUERY, {"ehealth_card_id": "0" * 78}) != "0000"
    answer = console.get("/console/journal/rows", params=query)
    assert answer.status_code == 200
    assert answer.text.count("fresh") == 1


def test_list_goes_on_page_by_page(console: TestClient) -> None:
    for _ in range(31):
        called(console, REGQUERY, {})
    whole = console.get("/console/journal?format=json").json()
    older = console.get(f"/console/journal{whole['older']}&format=json").json()
    assert not older["rows"]["live"]
    seen = [(line["chain"], line["seq"]) for line in whole["rows"]["lines"] + older["rows"]["lines"]]
    assert len(seen) == len(set(seen)) > 30


def test_neighbours_of_a_message_are_those_that_were_asked_for(console: TestClient) -> None:
    at = place(console, "&outcome=9003")
    alone = console.get(f"{at}?outcome=9003&format=json").json()
    among_all = console.get(f"{at}?format=json").json()
    assert (alone["newer"], alone["older"]) == ("", "")
    assert among_all["newer"]
    assert alone["suffix"] == "?outcome=9003"


@pytest.mark.parametrize("query", ["since=yesterday", "key=nonsense"])
def test_message_is_shown_whatever_was_asked_of_the_list(query: str, console: TestClient) -> None:
    assert console.get(f"{place(console)}?{query}").status_code == 200


async def answers_repeats(client: TestClient) -> None:
    """From now on the demo partner gets its first answer again for a repeat."""
    runtime: Runtime = client.app.state.runtime  # type: ignore[attr-defined]
    now = runtime.wall.now_ms()
    await runtime.directory.change(lambda c: store.set_profile(c, now, "ehealth_card", "demo-hospital", "replay"))


def test_answer_that_was_given_once_more_leads_to_the_entry_that_was_carried_out(tmp_path: Path) -> None:
    with fresh(tmp_path, sandbox=True) as (client, password):
        client.portal.call(answers_repeats, client)  # type: ignore[union-attr]
        body = client.get("/sandbox/message").content
        assert [client.post(GATEWAY, content=body, headers=HEADERS).json()["ret_code"] for _ in range(2)] == [
            "0000"
        ] * 2
        sign_in(client, "admin", password)
        repeated, carried_out = (f"{line['chain']}/{line['seq']}" for line in listed(client))
        shown = client.get(f"/console/journal/{repeated}").text
        assert f'重复自</dt><dd><a href="/console/journal/{carried_out}">' in shown
        assert "重复自" not in client.get(f"/console/journal/{carried_out}").text


def test_faults_stand_beside_their_fields(console: TestClient) -> None:
    message = console.get(place(console, f"&operation={VERIFY}&outcome=9001") + "?format=json").json()
    faults = {field["path"]: field["fault"] for field in message["request"]["fields"]}
    assert "代码表" in faults["treatment_code"]
    assert "必填" in faults["ehealth_code"]
    assert message["request"]["unknown"] == ["odd"]
    states = [step["state"] for step in message["steps"]]
    assert states == ["done"] * 5 + ["stopped", "missed"]


def test_story_shows_the_signed_string_without_the_secret(console: TestClient) -> None:
    message = console.get(place(console, f"&operation={VERIFY}&outcome=0000") + "?format=json").json()
    assert message["signed"].startswith("app_id=demo-hospital&biz_content=")
    assert message["signed"].endswith("〈密钥〉")
    assert {step["state"] for step in message["steps"]} == {"done"}


def test_personal_values_are_shown_by_right_on_asking_and_audited(console: TestClient, folder: Path) -> None:
    first, at = people()[0], place(console, f"&operation={VERIFY}&outcome=0000")
    masked = console.get(at).text
    assert first.id_no not in masked
    assert first.name not in masked
    clear = console.post(at, data={"csrf": csrf(console)}).text
    assert first.id_no in clear
    assert first.name in clear
    assert acts(folder)[-1][0] == "journal.view_clear"


def test_no_page_of_a_message_holds_the_partners_secret(console: TestClient) -> None:
    secret = secret_of(console)
    for query in ("&outcome=9003", f"&operation={VERIFY}&outcome=0000"):
        at = place(console, query)
        for text in (
            console.get(at).text,
            console.post(at, data={"csrf": csrf(console)}).text,
            console.get(f"{at}/explain").text,
            console.post(f"{at}/replay", data={"csrf": csrf(console)}).text,
        ):
            assert secret not in text


def test_explanation_names_the_cause_and_opens_no_content(console: TestClient) -> None:
    at = place(console, "&outcome=9003")
    assert "密钥不对" in console.get(f"{at}/explain").text
    assert "the key is" in console.get(f"{at}/explain?lang=en").text
    good = console.get(f"{place(console, f'&operation={VERIFY}&outcome=0000')}/explain?lang=zh").text
    assert "签名正确" in good
    assert people()[0].id_no not in good


def test_message_of_a_stranger_cannot_be_judged(console: TestClient) -> None:
    called(console, VERIFY, {}, app_id="stranger")
    at = place(console, "&app_id=stranger")
    assert console.get(f"{at}/explain?format=json").json()["verdict"] == ""


def test_write_that_took_effect_is_only_rehearsed(console: TestClient) -> None:
    at, form = place(console, f"&operation={VERIFY}&outcome=0000"), {"csrf": csrf(console)}
    dry = console.post(f"{at}/replay", data=form, params={"format": "json"}).json()
    assert (dry["code"], dry["may_go"], dry["would_write"]) == ("3002", False, False)
    assert console.post(f"{at}/replay", data={**form, "step": "go"}).status_code == 409


def test_refused_message_is_rehearsed_and_then_sent_as_a_new_exchange(console: TestClient, folder: Path) -> None:
    at, form = place(console, "&outcome=9001"), {"csrf": csrf(console)}
    before = len(listed(console, "&outcome=9001"))
    dry = console.post(f"{at}/replay", data=form, params={"format": "json"}).json()
    assert (dry["code"], dry["may_go"]) == ("9001", True)
    assert len(listed(console, "&outcome=9001")) == before
    done = console.post(f"{at}/replay", data={**form, "step": "go"})
    assert done.status_code == 303
    assert console.get(done.headers["location"] + "?format=json").json()["replay_of"] == "/".join(at.split("/")[-2:])
    assert [act for act, _ in acts(folder)].count("journal.replayed") >= 2


def test_old_message_can_be_signed_anew(console: TestClient) -> None:
    runtime = console.app.state.runtime  # type: ignore[attr-defined]
    assert called(console, REGQUERY, {"ehealth_card_id": "1"}) == "3001"
    assert called(console, REGQUERY, {"ehealth_card_id": "1"}, at=runtime.clock.now_ms() - 3_600_000) == "9001"
    at, form = place(console), {"csrf": csrf(console)}
    stale = console.post(f"{at}/replay", data=form)
    assert stale.status_code == 409
    assert "重新签名" in stale.text
    anew = console.post(f"{at}/replay", data={**form, "anew": "on"}, params={"format": "json"}).json()
    assert anew["anew"]
    assert anew["code"] == "3001"


def test_viewer_neither_replays_nor_sees_personal_values(tmp_path: Path) -> None:
    with fresh(tmp_path, sandbox=True) as (client, _):
        send_message(client)
        operators = client.app.state.desk.operators  # type: ignore[attr-defined]
        password = client.portal.call(operators.add, "-", "watcher", Role.VIEWER)  # type: ignore[union-attr]
        sign_in(client, "watcher", password)
        at, form = place(client), {"csrf": csrf(client)}
        assert "/replay" not in client.get(at).text
        assert client.post(at, data=form).status_code == 403
        assert client.post(f"{at}/replay", data=form).status_code == 403
        who = {**form, "kind": "01", "text": people()[0].id_no}
        assert client.post("/console/journal/find", data=who).status_code == 403


def test_keys_move_in_the_list_and_enter_opens(page: Page, hub: tuple[str, str], complaints: list[str]) -> None:
    for _ in range(3):
        sent_message(hub[0])
    signed_in(page, hub[1])
    page.goto("/console/journal")
    for key in "jjk":
        page.keyboard.press(key)
    first = page.locator("[data-rows] a").first
    assert page.evaluate("document.activeElement.href").endswith(first.get_attribute("href") or "-")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/console/journal/*/*")
    assert complaints == []


def test_new_exchange_comes_in_and_the_place_in_the_list_is_kept(
    page: Page, hub: tuple[str, str], complaints: list[str]
) -> None:
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.goto("/console/journal")
    page.keyboard.press("j")
    before = page.evaluate("document.activeElement.href")
    sent_message(hub[0])
    page.wait_for_selector("tr.fresh")
    assert page.evaluate("document.activeElement.href") == before
    assert complaints == []


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_journal_and_its_messages_fit_their_window(
    width: int, language: str, page: Page, hub: tuple[str, str], complaints: list[str]
) -> None:
    sent_message(hub[0])
    signed_in(page, hub[1])
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"/console/journal?lang={language}")
    assert fits(page)
    page.locator("[data-rows] a").first.click()
    page.wait_for_url("**/console/journal/*/*")
    assert fits(page)
    here = page.url
    page.goto(f"{here}/explain")
    assert fits(page)
    page.goto(here)
    page.locator("form[action$='/replay'] button").click()
    page.wait_for_selector("#h-dry")
    assert fits(page)
    assert complaints == []


def test_decision_on_a_page_of_ours_is_listed_and_neither_explained_nor_sent_again(tmp_path: Path) -> None:
    with fresh(tmp_path, sandbox=True) as (client, password):
        runtime = client.app.state.runtime  # type: ignore[attr-defined]
        asked = {"out_authorize_no": "Q1", "out_authorize_time": "20261121093000", "operator_id": "1"}
        asked |= {"operator_name": "测试员", "ip_addr": "127.0.0.1", "treatment_code": "010101", "office_code": "0300"}
        caller = trial.Caller("demo-hospital", "10000000001", secret_of(client))
        made = trial.made(load("ehealth_card"), ASKING, asked, caller, runtime.clock.now_ms())
        answer = client.post(GATEWAY, content=made.body, headers=HEADERS).content
        values = trial.answered(load("ehealth_card"), ASKING, answer, caller.secret).values or {}
        link = urlsplit(str(values["ehealth_authurl"])).path
        card_of(client, 0)
        token = re.search(r'name="csrf" value="([^"]+)"', client.get(link).text)
        assert token is not None
        client.post(link, data={"csrf": token[1], "decision": "consent"})
        sign_in(client, "admin", password)
        at = place(client, "&operation=consent")
        page = client.get(at).text
        assert "/explain" not in page
        assert "/replay" not in page
        assert "curl" not in page
        assert client.post(f"{at}/replay", data={"csrf": csrf(client)}).status_code == 409
