"""The page on which a patient chooses how to be read."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.hub import NOW_MS
from tests.web.conftest import HERE
from yiqiao.app.settings import Settings
from yiqiao.clock import FixedClock
from yiqiao.ports.card_reader import Media
from yiqiao.region.reading.choices import CHOOSE_MS, Choice
from yiqiao.sandbox.presenting import Kind, offers
from yiqiao.web.asgi import application

DESK = "ZZJ-98-01"


class Terminal:
    """A terminal's browser, and the hub behind it."""

    def __init__(self, client: TestClient, clock: FixedClock) -> None:
        self.client, self.clock, self.messages = client, clock, 0
        self.runtime: Any = client.app.state.runtime  # type: ignore[attr-defined]

    def does(self, act: Any, *args: Any) -> Any:
        assert self.client.portal is not None
        return self.client.portal.call(act, *args)

    def begun(self) -> str:
        """The path of a fresh choice."""
        self.messages += 1
        choice: Choice = self.does(self.runtime.readings.choices.begin, "his", str(self.messages), DESK)
        return f"/reader/{choice.token}"

    def json(self, path: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{path}?format=json").json()
        return found


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    clock = FixedClock(NOW_MS)
    app = application(Settings(data=str(tmp_path), sandbox=True, sandbox_hospitals=False), clock)
    with TestClient(app, base_url=HERE, follow_redirects=False) as client:
        yield Terminal(client, clock)


def test_the_ways_are_buttons_and_the_time_is_told(terminal: Terminal) -> None:
    path = terminal.begun()
    answer = terminal.client.get(path)
    assert answer.headers["referrer-policy"] == "no-referrer"
    for words in ("请选择读卡方式", "医保电子凭证、电子健康卡", "身份证", "社保卡", "刷脸", "取消读卡"):
        assert words in answer.text
    assert f'data-time-left-ms="{CHOOSE_MS}"' in answer.text
    assert 'http-equiv="refresh" content="61"' in answer.text


@pytest.mark.parametrize("media", list(Media))
def test_what_was_chosen_is_to_be_presented(terminal: Terminal, media: Media) -> None:
    path = terminal.begun()
    assert terminal.client.post(path, data={"way": media.value}).headers["location"] == path
    shown = terminal.json(path)
    assert (shown["step"], shown["media"], shown["presented"]) == ("chosen", media.value, False)
    assert shown["offers"], "a sandbox offers simulated ones"
    page = terminal.client.get(path).text
    assert "虚构居民" in page
    assert 'http-equiv="refresh" content="2"' in page


def test_a_simulated_card_is_laid_on_the_desks_device(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "identity_card"})
    mark = terminal.client.get(path).text.partition('data-mark="')[2][:12]
    assert terminal.client.get(f"{path}/now?seen={mark}").status_code == 204
    offer = next(one for one in offers() if one.kind is Kind.IDENTITY_CARD)
    terminal.client.post(path, data={"present": f"identity_card:{offer.certificate_no}"})
    read = terminal.does(terminal.runtime.readings.reader.read, DESK, Media.IDENTITY_CARD)
    assert read.name == offer.name
    answer = terminal.client.get(f"{path}/now?seen={mark}")
    assert (answer.status_code, "已检测到" in answer.text) == (200, True)
    assert 'class="card state' in answer.text


@pytest.mark.parametrize("kind", [Kind.VOUCHER, Kind.HEALTH_CARD])
def test_a_simulated_code_is_shown_to_the_scanner(terminal: Terminal, kind: Kind) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "code"})
    (first, *_) = (one for one in terminal.json(path)["offers"] if one["kind"] == kind)
    terminal.client.post(path, data={"present": first["value"]})
    read = terminal.does(terminal.runtime.readings.reader.read, DESK, Media.CODE)
    assert len(read.code) == 28 if kind is Kind.VOUCHER else ":1:::" in read.code


def test_another_way_may_be_chosen(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "code"})
    assert "请选择读卡方式" in terminal.client.get(f"{path}/anew").text
    terminal.client.post(path, data={"way": "face"})
    assert terminal.json(path)["media"] == "face"


def test_nothing_moves_after_the_end(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "cancel"})
    for way in ("code", "cancel"):
        terminal.client.post(path, data={"way": way})
        assert terminal.json(path)["step"] == "cancelled"
    assert "没有读取任何信息" in terminal.client.get(path).text
    terminal.client.post(path, data={"present": "identity_card:1"})
    assert terminal.does(terminal.runtime.readings.reader.lying, DESK) == {}


def test_time_is_over_and_the_page_says_so(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.clock.advance(CHOOSE_MS / 1000)
    answer = terminal.client.get(path)
    assert (answer.status_code, "已超时" in answer.text) == (410, True)
    assert "data-time-left-ms" not in answer.text


def test_an_address_that_was_never_given_out_leads_nowhere(terminal: Terminal) -> None:
    unknown = f"/reader/{'0' * 32}"
    assert terminal.client.get(unknown).status_code == 404
    terminal.client.post(unknown, data={"way": "code"})
    assert terminal.client.post(unknown, data={"present": "identity_card:1"}).status_code == 404
    assert terminal.client.post(terminal.begun(), data={"way": "telepathy"}).status_code == 400


def test_whom_there_is_not_is_refused_in_words(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "identity_card"})
    answer = terminal.client.post(path, data={"present": "identity_card:110101199001010000"})
    assert (answer.status_code, "没有这个证件号码" in answer.text) == (409, True)


def test_a_hub_that_others_reach_offers_no_simulated_cards(terminal: Terminal) -> None:
    path = terminal.begun()
    terminal.client.post(path, data={"way": "identity_card"})
    elsewhere = terminal.client.get(f"{path}?format=json", headers={"host": "hub.example"}).json()
    assert elsewhere["offers"] == []
    sent = terminal.client.post(path, data={"present": "identity_card:1"}, headers={"host": "hub.example"})
    assert sent.status_code == 404


def test_in_english_too(terminal: Terminal) -> None:
    assert "How do you want to be identified?" in terminal.client.get(terminal.begun() + "?lang=en").text
