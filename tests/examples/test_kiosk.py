"""The terminal before a hub that really runs: what a patient does, and what the archive has afterwards."""

from itertools import count

import pytest

from archive import Card, How
from desk import DOCTOR, KIOSK, PHARMACY, REGISTRATION, Desk, Station
from kiosk import Work, advance
from terminal import ASK_EVERY_S, Chosen, Event, Page, Presented, Scanned, State, Swiped, Tick
from tests.examples import phone
from tests.examples.hospital import Town
from yiqiao.sandbox.people import people


class Terminal:
    """A terminal on a clock that moves when told to."""

    def __init__(self, desk: Desk) -> None:
        self.now = 0.0
        self.state = State()
        self._work = Work(desk, desk)

    def happen(self, *events: Event) -> State:
        for event in events:
            self.state = advance(self.state, event, lambda: self.now, self._work.do)
        return self.state

    def wait(self, seconds: float) -> State:
        self.now += seconds
        return self.happen(Tick())


@pytest.fixture
def terminal(town: Town) -> Terminal:
    return Terminal(town.desk(KIOSK))


def test_rule_flow_terminal_first_who_has_no_card_obtains_one_and_is_filed(town: Town, terminal: Terminal) -> None:
    who = town.patient()
    state = terminal.happen(Chosen(4), Presented(who))
    assert town.line.methods() == ["regquery", "register"]
    assert state.page is Page.PATIENT
    assert state.patient
    assert state.patient.name == who.name
    assert [patient["name"] for patient in town.archive.rows("patient")] == [who.name]
    assert len(town.links()) == 1


def test_rule_flow_terminal_first_who_has_a_card_gets_no_second_one(town: Town, terminal: Terminal) -> None:
    who = town.patient("02")
    town.phone(who)
    assert terminal.happen(Chosen(4), Presented(who)).page is Page.PATIENT
    assert town.line.methods() == ["regquery"]


def test_rule_flow_terminal_held_a_scanned_code_leads_to_the_filed_number_or_files(
    town: Town, terminal: Terminal
) -> None:
    who = town.patient("05")
    assert who.card
    for times in (1, 2):
        state = terminal.happen(Chosen(0), Chosen(1), Chosen(1), Chosen(1), Scanned(town.phone(who)))
        assert state.page is Page.PATIENT
        assert state.patient
        assert state.patient.card_no == who.card.card_no
        assert len(town.archive.rows("patient")) == 1
        assert len(town.archive.rows("visit")) == times


def test_rule_terminal_scan_expired_by_the_platforms_2001(town: Town, terminal: Terminal) -> None:
    code = town.phone(town.patient(), seconds=1)
    terminal.happen(Chosen(1), Chosen(1), Chosen(1))
    for _ in count():
        state = terminal.happen(Scanned(code))
        if state.page is not Page.PATIENT:
            break
        terminal.happen(Chosen(0), Chosen(1), Chosen(1), Chosen(1))
    assert state.page is Page.WAYS
    assert "过期" in state.message


def test_a_chip_card_finds_who_is_filed_and_nobody_else(town: Town, terminal: Terminal) -> None:
    town.archive.add("测试甲", Card("01", "K96"))
    assert terminal.happen(Chosen(1), Chosen(2), Swiped(Card("01", "K00"))).page is Page.CHIP
    state = terminal.happen(Swiped(Card("01", "K96")))
    assert state.patient
    assert (state.patient.name, state.patient.card_no) == ("测试甲", "K96")


def test_where_the_archive_cannot_decide_the_terminal_sends_to_a_window(town: Town, terminal: Terminal) -> None:
    who = town.patient("02")
    assert who.card
    town.archive.add("另一人", who.card)
    state = terminal.happen(Chosen(1), Chosen(1), Chosen(1), Scanned(town.phone(who)))
    assert (state.page, state.message) == (Page.SCAN, "请到人工窗口核对档案")


def test_when_nobody_answers_the_terminal_says_so_and_goes_on(town: Town, terminal: Terminal) -> None:
    town.line.lost = 99
    state = terminal.happen(Chosen(1), Chosen(1), Chosen(1), Scanned("no matter"))
    assert state.page is Page.SCAN
    assert "人工窗口" in state.message


# 主扫


def test_rule_terminal_consent_on_the_phone_leads_to_the_patient(town: Town, terminal: Terminal) -> None:
    state = terminal.happen(Chosen(1), Chosen(1), Chosen(2))
    assert state.page is Page.CONSENT
    assert terminal.wait(ASK_EVERY_S).page is Page.CONSENT
    phone.answer(state.link, "consent")
    state = terminal.wait(ASK_EVERY_S)
    assert (state.page, state.message) == (Page.PATIENT, "电子健康卡授权成功")
    assert state.patient
    assert state.patient.name == people()[0].name
    assert len(town.links()) == 1


@pytest.mark.parametrize("decision", ["refuse", "cancel"])
def test_rule_terminal_consent_refused_on_the_phone_keeps_the_page(terminal: Terminal, decision: str) -> None:
    link = terminal.happen(Chosen(1), Chosen(1), Chosen(2)).link
    phone.answer(link, decision)
    state = terminal.wait(ASK_EVERY_S)
    assert (state.page, state.left(terminal.now)) == (Page.CONSENT, 59)
    assert "未成功" in state.message


def test_rule_flow_consent_the_desk_asks_until_it_is_over_and_then_files(town: Town) -> None:
    desk = town.desk(DOCTOR)
    serial, link = desk.link()
    assert len(link) <= 128
    assert desk.consent(serial) == ("ing", None)
    phone.answer(link, "consent", person=1)
    status, reading = desk.consent(serial)
    assert status == "succ"
    assert reading
    assert reading.filed.how is How.CREATED
    assert reading.filed.patient
    assert reading.filed.patient.card_no == people()[1].cards[0].card_no
    assert town.line.methods() == ["authurl", "query", "query"]


@pytest.mark.parametrize("station", [REGISTRATION, PHARMACY], ids=["window", "pharmacy"])
def test_rule_consent_places_and_other_consent_every_desk_with_a_small_screen_can_ask(
    town: Town, station: Station
) -> None:
    desk = town.desk(station)
    serial, link = desk.link()
    phone.answer(link, "consent", person=2)
    _, reading = desk.consent(serial)
    assert reading
    assert (reading.filed.patient is not None) == desk.station.creates


def test_a_lost_link_is_asked_for_anew(town: Town) -> None:
    town.line.lost = 1
    serial, _ = town.desk().link()
    assert town.line.methods() == ["authurl", "authurl", "authurl"]
    assert town.desk().consent(serial) == ("ing", None)
