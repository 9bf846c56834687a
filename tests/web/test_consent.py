"""The consent page as a phone without script sees it: who asks, who answers, and every way it can end."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from httpx import Response
from starlette.testclient import TestClient

from tests.support.hub import NOW_MS
from tests.web.conftest import HERE, hub, sign_in
from yiqiao.app.replay import NotReplayable, gateways_of, replay
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock, SystemClock
from yiqiao.dialects.ehealth_card.client import Client, Refused
from yiqiao.journal.reader import Reader, Reference, Search
from yiqiao.region.cards.consent import CONSENT_S
from yiqiao.sandbox.people import people
from yiqiao.spec import load
from yiqiao.storage import StorageFailed
from yiqiao.web.asgi import application
from yiqiao.web.citizen import COOKIE, LIFE_S
from yiqiao.web.exchanges import newest
from yiqiao.web.pages.consent import HANDED_OVER

HOLDER, STRANGER = 0, 199
"""By place among the sandbox's people: the last one holds no card."""


class Through(httpx.BaseTransport):
    """The way from a hospital's client to the hub that the browser is at."""

    def __init__(self, browser: TestClient) -> None:
        self._browser = browser

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._browser.post(request.url.path, content=request.read(), headers={"content-type": JSON})
        return httpx.Response(answer.status_code, content=answer.content)


JSON = "application/json; charset=utf-8"


class Hall:
    """A hospital's hall: the hub, its clock, the kiosk's client, and a phone."""

    def __init__(self, phone: TestClient, clock: FixedClock) -> None:
        self.phone, self.clock = phone, clock
        self.runtime = phone.app.state.runtime  # type: ignore[attr-defined]
        self.serials = 0
        self.kiosk = Client(
            HERE,
            app_id="demo-hospital",
            secret=self.runtime.demo.secret,
            term_id="10000000002",
            clock=clock,
            transport=Through(phone),
        )

    def ask(self, **more: object) -> str:
        """The path of a fresh link."""
        self.serials += 1
        link = self.kiosk.authurl(**{**asking(f"q{self.serials}"), **more})["ehealth_authurl"]
        return str(link).removeprefix(HERE)

    def status(self) -> object:
        """What the kiosk learns of the last link."""
        return self.kiosk.auth_query(out_authorize_no=f"q{self.serials}")["auth_status"]

    def be(self, person: int) -> None:
        """Sign in as one of the sandbox's people."""
        token = hidden(self.phone.get("/sandbox/sign-in"), "token")
        answer = self.phone.post("/sandbox/sign-in", data={"token": token, "next": "/", "person": str(person)})
        assert answer.status_code == 303

    def press(self, path: str, decision: str) -> Response:
        """Press a button of the page; answers the page that follows."""
        csrf = hidden(self.phone.get(path), "csrf")
        sent = self.phone.post(path, data={"csrf": csrf, "decision": decision})
        assert (sent.status_code, sent.headers["location"]) == (303, path)
        answer: Response = self.phone.get(path)
        return answer


def asking(serial: str) -> dict[str, object]:
    return {
        "out_authorize_no": serial,
        "out_authorize_time": "20261118192640",
        "operator_id": "0007",
        "operator_name": "测试员",
        "treatment_code": "010103",
        "ip_addr": "192.0.2.7",
        "office_code": "0300",
    }


def hidden(page: Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return found[1]


@pytest.fixture(scope="module")
def at_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    clock = FixedClock(NOW_MS)
    app = application(Settings(data=str(tmp_path_factory.mktemp("hall")), sandbox=True, sandbox_hospitals=False), clock)
    with TestClient(app, base_url=HERE, follow_redirects=False) as phone:
        yield Hall(phone, clock)


@pytest.fixture
def hall(at_hall: Hall) -> Hall:
    """The hall, with a phone that carries nothing."""
    at_hall.phone.cookies.clear()
    return at_hall


@pytest.fixture
def at_desk(tmp_path: Path) -> Iterator[Hall]:
    """A hall of its own, where the holder's browser is the administrator's as well."""
    with hub(tmp_path, sandbox=True) as (phone, password):
        hall = Hall(phone, FixedClock(SystemClock().now_ms()))
        hall.be(HOLDER)
        sign_in(phone, "admin", password)
        yield hall


# what the page says


def test_page_says_who_asks_where_and_for_what_before_anybody_signs_in(hall: Hall) -> None:
    page = hall.phone.get(hall.ask())
    for said in ("演示医院（大厅自助机 1 号）", "取药", "内科", "登录后继续"):
        assert said in page.text
    assert "同意授权" not in page.text


def test_page_lists_all_that_is_handed_over() -> None:
    answer = load("ehealth_card").operations["ehc.ehealthcard.auth.query"].response
    told = [name for names in HANDED_OVER.values() for name in names]
    assert sorted(told) == sorted(field.name for field in answer if field.name != "auth_status")


def test_page_names_the_holder_masked_and_shows_no_number(hall: Hall) -> None:
    hall.be(HOLDER)
    page = hall.phone.get(hall.ask()).text
    person = people()[HOLDER]
    assert person.name[0] + "*" in page
    for personal in (person.name, person.id_no, person.mobile_phone, person.address):
        assert personal not in page


def test_page_is_in_english_and_in_large_type_by_switch_and_stays_so(hall: Hall) -> None:
    path = hall.ask()
    assert 'data-size="normal"' in hall.phone.get(path).text
    hall.phone.get(f"{path}?lang=en")
    page = hall.phone.get(f"{path}?size=large").text
    assert "collecting medicine" in page
    assert 'data-size="large"' in hall.phone.get(path).text
    assert f'href="{path}?size=normal"' in page


def test_address_is_told_to_nobody_and_the_page_is_kept_nowhere(hall: Hall) -> None:
    headers = hall.phone.get(hall.ask()).headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "default-src 'self'" in headers["content-security-policy"]


def test_countdown_is_the_hubs_and_the_page_looks_again_without_script(hall: Hall) -> None:
    path = hall.ask()
    hall.clock.advance(12)
    page = hall.phone.get(path).text
    assert f'data-left-ms="{(CONSENT_S - 12) * 1000}"' in page
    assert f'<noscript><meta http-equiv="refresh" content="{CONSENT_S - 11}"></noscript>' in page


# how it ends


@pytest.mark.parametrize(
    ("decision", "status", "said"),
    [("consent", "succ", "已同意授权"), ("refuse", "fail", "已拒绝授权"), ("cancel", "cancel", "已取消")],
)
def test_answer_is_done_said_and_told_to_the_kiosk(decision: str, status: str, said: str, hall: Hall) -> None:
    """terminal.consent-3s: the terminal learns of it with its very next query"""
    hall.be(HOLDER)
    path = hall.ask()
    assert hall.status() == "ing"
    page = hall.press(path, decision)
    assert said in page.text
    assert "可以关闭本页" in page.text
    assert hall.status() == status


def test_kiosk_gets_the_person_and_the_card_once_it_was_consented(hall: Hall) -> None:
    """flow.consent, consent.places, other.consent: where nothing scans, the card's number comes by consent"""
    hall.be(HOLDER)
    hall.press(hall.ask(), "consent")
    answer = hall.kiosk.auth_query(out_authorize_no=f"q{hall.serials}")
    person = people()[HOLDER]
    assert (answer["id_no"], answer["user_name"]) == (person.id_no, person.name)
    assert (answer["card_type"], answer["card_no"]) == (person.cards[0].card_type, person.cards[0].card_no)
    assert answer["ehealth_card_id"]
    assert answer["mindex_id"]


def test_consent_is_a_use_on_the_holders_page_once_and_in_the_console(at_desk: Hall) -> None:
    """authurl.operator"""
    at_desk.press(at_desk.ask(), "consent")
    (use,) = (use for use in at_desk.phone.get("/card?format=json").json()["uses"] if use["decision"] == "consent")
    assert (use["kind"], use["stage"]) == ("consent", "取药")
    page = at_desk.phone.get("/console/monitoring").text
    person = re.search(r'href="(/console/cards/[0-9a-f]{32})"', page)
    assert person is not None
    for view in (page, at_desk.phone.get(person[1]).text):
        assert view.count("主扫授权</small>") == 1
        assert "测试员" in view
    export = at_desk.phone.get("/console/monitoring/uses.csv").text
    assert export.count("主扫授权") == 1
    assert f"q{at_desk.serials}" in export
    assert "consent given</small>" in at_desk.phone.get("/console/monitoring?lang=en").text


def test_too_late_is_said_and_nothing_is_given(hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    csrf = hidden(hall.phone.get(path), "csrf")
    hall.clock.advance(CONSENT_S)
    assert hall.phone.post(path, data={"csrf": csrf, "decision": "consent"}).status_code == 303
    page = hall.phone.get(path)
    assert page.status_code == 410
    assert "时间已过" in page.text
    assert hall.status() == "fail"


def test_second_answer_changes_nothing(hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    csrf = hidden(hall.phone.get(path), "csrf")
    for decision in ("refuse", "consent"):
        hall.phone.post(path, data={"csrf": csrf, "decision": decision})
    assert "已拒绝授权" in hall.phone.get(path).text
    assert hall.status() == "fail"


def test_somebody_else_learns_only_that_the_code_was_used(hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    hall.press(path, "consent")
    hall.be(HOLDER + 1)
    assert "已经用过" in hall.phone.get(path).text
    hall.phone.cookies.clear()
    assert "已经用过" in hall.phone.get(path).text


def test_unknown_link_is_told_as_such(hall: Hall) -> None:
    page = hall.phone.get("/a/" + "x" * 22)
    assert page.status_code == 404
    assert "没有找到这次授权" in page.text
    assert hall.phone.post("/a/" + "x" * 22, data={"decision": "consent"}).status_code == 303


def test_who_holds_no_card_is_told_where_to_get_one(hall: Hall) -> None:
    hall.be(STRANGER)
    path = hall.ask()
    page = hall.phone.get(path).text
    assert "还没有电子健康卡" in page
    assert 'value="consent"' not in page
    csrf = hidden(hall.phone.get(path), "csrf")
    hall.phone.post(path, data={"csrf": csrf, "decision": "consent"})
    assert hall.status() == "ing"


def test_nobody_signed_in_decides_nothing(hall: Hall) -> None:
    path = hall.ask()
    for decision in ("consent", "refuse", "cancel", "expire", ""):
        assert hall.phone.post(path, data={"decision": decision}).status_code == 303
    assert hall.status() == "ing"


@pytest.mark.parametrize("csrf", ["", "forged", "é"])
def test_form_of_another_page_decides_nothing(csrf: str, hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    answer = hall.phone.post(path, data={"csrf": csrf, "decision": "consent"})
    assert answer.status_code == 403
    assert "请再选一次" in answer.text
    assert hall.status() == "ing"


def test_looking_at_a_link_changes_nothing(hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    for _ in range(3):
        hall.phone.get(path)
        hall.phone.head(path)
    assert hall.status() == "ing"


def test_twin_in_json_says_the_same(hall: Hall) -> None:
    view = hall.phone.get(hall.ask() + "?format=json").json()
    assert (view["step"], view["asker"]["hospital"]) == ("sign_in", "演示医院")


# what is on record


async def decisions(hall: Hall, number: str) -> list[tuple[str, str, object]]:
    reader = Reader(hall.runtime.database, hall.runtime.keyring)
    found = await reader.search(Search(trace=number))
    records = [await reader.show(line.chain, line.seq) for line in found.lines]
    return [(r.line.operation, r.line.app_id, r.view.answer) for r in reversed(records)]


async def test_journal_has_the_decision_beside_the_two_calls_of_its_serial(hall: Hall) -> None:
    hall.be(HOLDER)
    hall.press(hall.ask(), "refuse")
    hall.status()
    assert [(operation, app_id) for operation, app_id, _ in await decisions(hall, f"q{hall.serials}")] == [
        ("ehc.ehealthcard.authurl", "demo-hospital"),
        ("consent", "demo-hospital"),
        ("ehc.ehealthcard.auth.query", "demo-hospital"),
    ]


async def test_journal_finds_the_decision_by_who_made_it(hall: Hall) -> None:
    hall.be(HOLDER)
    hall.press(hall.ask(), "consent")
    card = hall.kiosk.auth_query(out_authorize_no=f"q{hall.serials}")["ehealth_card_id"]
    reader = Reader(hall.runtime.database, hall.runtime.keyring)
    found = await reader.search(Search(card=str(card), operation="consent"))
    assert found.lines
    assert found.lines[0].outcome == "0000"


async def test_journal_calls_the_decision_by_name_and_does_not_send_it_again(hall: Hall) -> None:
    hall.be(HOLDER)
    hall.press(hall.ask(), "cancel")
    line = (await newest(Reader(hall.runtime.database, hall.runtime.keyring), hall.runtime.directory, 1))[0]
    assert (line.title, line.partner, line.tone) == ("用户用卡授权（本人在手机上）", "演示医院", "good")
    with pytest.raises(NotReplayable):
        await replay(hall.runtime, gateways_of(hall.runtime), Reference(line.chain, line.seq), dry_run=True)


# signing in as a citizen


def test_citizens_cookie_is_out_of_reach_sealed_and_short(hall: Hall) -> None:
    token = hidden(hall.phone.get("/sandbox/sign-in"), "token")
    answer = hall.phone.post("/sandbox/sign-in", data={"token": token, "next": "/x", "person": "0"})
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(COOKIE))
    for said in ("HttpOnly", "SameSite=lax", f"Max-Age={LIFE_S}"):
        assert said in cookie
    person = people()[0]
    assert person.id_no not in cookie
    assert answer.headers["location"] == "/x"


def test_citizens_session_ends_by_the_hubs_clock(hall: Hall) -> None:
    hall.be(HOLDER)
    hall.clock.advance(LIFE_S)
    assert "登录后继续" in hall.phone.get(hall.ask()).text


@pytest.mark.parametrize("spoil", [lambda v: v[:-4] + "AAAA", lambda v: "k9" + v, lambda v: "x", lambda v: ".é!"])
def test_made_up_cookie_signs_nobody_in(spoil: "type", hall: Hall) -> None:
    hall.be(HOLDER)
    value = hall.phone.cookies[COOKIE]
    hall.phone.cookies.clear()
    answer = hall.phone.get(hall.ask(), headers={"cookie": f"{COOKIE}={spoil(value)}".encode()})
    assert "登录后继续" in answer.text


def test_not_you_signs_out_and_comes_back(hall: Hall) -> None:
    hall.be(HOLDER)
    path = hall.ask()
    csrf = hidden(hall.phone.get(path), "csrf")
    assert hall.phone.post("/citizen/sign-out", data={"csrf": "forged", "next": path}).status_code == 403
    answer = hall.phone.post("/citizen/sign-out", data={"csrf": csrf, "next": path})
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "登录后继续" in hall.phone.get(path).text


@pytest.mark.parametrize("sent", [{"token": "forged"}, {"person": "200"}, {"person": "-1"}, {"person": "²"}, {}])
def test_sign_in_without_its_token_or_with_nobody_is_refused(sent: dict[str, str], hall: Hall) -> None:
    token = hidden(hall.phone.get("/sandbox/sign-in"), "token")
    answer = hall.phone.post("/sandbox/sign-in", data={"token": token, "next": "/", **sent})
    assert answer.status_code == 403
    assert COOKIE not in hall.phone.cookies


def test_prepared_sign_in_leads_nowhere_else(hall: Hall) -> None:
    assert hidden(hall.phone.get("/sandbox/sign-in?next=https://evil.example"), "next") == "/"


def test_sandbox_sign_in_is_for_this_machine_alone(tmp_path: Path) -> None:
    for settings, host in (
        (Settings(data=str(tmp_path), sandbox=True, sandbox_hospitals=False, host="0.0.0.0"), HERE),
        (Settings(data=str(tmp_path), sandbox=True, sandbox_hospitals=False), "http://hub.example"),
        (Settings(data=str(tmp_path)), HERE),
    ):
        with TestClient(application(settings), base_url=host) as phone:
            assert phone.get("/sandbox/sign-in").status_code == 404
            assert phone.post("/sandbox/sign-in", data={"person": "0"}).status_code == 404


# the gateway's own words


def test_rule_authurl_key_another_serial_is_not_found(hall: Hall) -> None:
    with pytest.raises(Refused) as refused:
        hall.kiosk.auth_query(out_authorize_no="never")
    assert refused.value.code == "3001"


def test_database_out_of_reach_is_a_page_and_no_stack(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    path = hall.ask()

    async def fail(*_: object) -> None:
        raise StorageFailed

    monkeypatch.setattr(type(hall.runtime.database), "read", fail)
    assert hall.phone.get(path).status_code == 503
