"""The terminal's rules of the standard, judged by a clock that the tests hold."""

import pytest

from archive import Card
from desk import Certificate
from kiosk import screen, typed
from terminal import (
    ASK_EVERY_S,
    ASK_TIMEOUT_S,
    CHOICES,
    CONSENT_S,
    IDLE_S,
    TICK_S,
    Answered,
    Ask,
    Chosen,
    Declined,
    Event,
    Find,
    Identified,
    Linked,
    MakeLink,
    Obtain,
    Page,
    Patient,
    Presented,
    Scanned,
    State,
    Swiped,
    Tick,
    Verify,
    step,
)

WHO = Patient("测试甲", "K97")
LINK = "http://platform.example/a/1"
SHOWN_WITHIN_S = 3.0


def after(*events: Event, now: float = 0.0) -> State:
    """The terminal after these events, all in the same moment."""
    state = State(since=now)
    for event in events:
        state, _ = step(state, event, now)
    return state


def consenting(now: float = 0.0) -> State:
    """The authorisation page, its code shown just now."""
    return after(Chosen(1), Chosen(1), Chosen(2), Linked("Q1", LINK), now=now)


def scanning() -> State:
    return after(Chosen(1), Chosen(1), Chosen(1))


def test_rule_terminal_obtain_the_menu_has_a_button_that_reads_a_physical_card_and_registers() -> None:
    button = CHOICES[Page.MENU].index("领取电子健康卡") + 1
    state, task = step(State(), Chosen(button), 0)
    assert (state.page, task) == (Page.OBTAIN, None)
    read = Certificate("E970", "测试甲", "1", "15400000009", id_type="03")
    state, task = step(state, Presented(read), 1)
    assert task == Obtain(read)
    assert step(state, Identified(WHO, "电子健康卡已领取"), 2)[0].page is Page.PATIENT


@pytest.mark.parametrize("service", [1, 2, 3])
def test_rule_terminal_modes_a_service_that_needs_the_patient_lists_both_modes_then_both_ways(service: int) -> None:
    state = after(Chosen(service))
    assert (state.page, CHOICES[state.page]) == (Page.MODES, ("电子健康卡", "芯片卡"))
    state = after(Chosen(service), Chosen(1))
    assert state.page is Page.WAYS
    assert ["被扫" in way for way in CHOICES[state.page]] == [True, False]
    assert ["主扫" in way for way in CHOICES[state.page]] == [False, True]
    assert after(Chosen(service), Chosen(2)).page is Page.CHIP


def test_rule_terminal_first_the_health_card_stands_first() -> None:
    assert CHOICES[Page.MODES][0] == "电子健康卡"
    assert screen(after(Chosen(1)), 0)[1].split() == ["1", "电子健康卡"]


def test_rule_terminal_consent_the_code_is_shown_the_result_is_asked_for_and_success_shows_the_patient() -> None:
    state, task = step(after(Chosen(2), Chosen(1)), Chosen(2), 0)
    assert task == MakeLink()
    state, _ = step(state, Linked("Q1", LINK), 1)
    assert state.page is Page.CONSENT
    assert any("█" in line or "▀" in line for line in screen(state, 1))
    state, task = step(state, Tick(), 1 + ASK_EVERY_S)
    assert task == Ask("Q1")
    state, _ = step(state, Answered("Q1", "succ", WHO), 3)
    assert (state.page, state.patient, state.service) == (Page.PATIENT, WHO, "缴费")


def test_rule_terminal_consent_60s_the_countdown_begins_with_the_code_and_stands_in_the_upper_right_corner() -> None:
    assert CONSENT_S == 60
    state = consenting(now=1000)
    for gone, told in ((0, 60), (0.4, 60), (1, 59), (59.1, 1), (60, 0), (61, 0)):
        assert screen(state, 1000 + gone)[0].endswith(f"剩余 {told} 秒")
    assert not any("剩余" in line for line in screen(scanning(), 0))


def seen_after(consented_at: float, slow: float) -> float:
    """How long after consent the terminal shows success, where each answer takes `slow` seconds."""
    state, now = consenting(), 0.0
    while state.page is Page.CONSENT:
        now += TICK_S
        state, task = step(state, Tick(), now)
        if task is not None:
            asked, now = now, now + slow
            given = asked >= consented_at
            state, _ = step(state, Answered("Q1", "succ" if given else "ing", WHO if given else None), now)
        assert now < CONSENT_S + SHOWN_WITHIN_S, "it was never shown"
    assert state.message == "电子健康卡授权成功"
    return now - consented_at


@pytest.mark.parametrize("slow", [0.0, 0.3, ASK_TIMEOUT_S])
def test_rule_terminal_consent_3s_success_is_shown_within_three_seconds_of_consent(slow: float) -> None:
    assert max(seen_after(tenth / 10, slow) for tenth in range(560)) <= SHOWN_WITHIN_S


def test_rule_terminal_consent_timeout_without_consent_the_previous_page_comes_back() -> None:
    state, task = step(consenting(), Tick(), CONSENT_S)
    assert (state.page, task) == (Page.CONSENT, Ask("Q1")), "it asks once more: the last second counts"
    assert step(state, Answered("Q1", "ing"), CONSENT_S + 0.1)[0].page is Page.WAYS
    assert step(state, Answered("Q1", "fail"), CONSENT_S + 0.1)[0].page is Page.WAYS
    assert step(state, Declined("暂时无法连接平台"), CONSENT_S + 0.1)[0].page is Page.WAYS
    assert step(state, Tick(), CONSENT_S + ASK_TIMEOUT_S)[0].page is Page.WAYS


def test_rule_terminal_consent_timeout_it_asks_once_more_even_if_the_question_before_took_too_long() -> None:
    state, task = step(consenting(), Tick(), CONSENT_S + 5)
    assert (state.page, task) == (Page.CONSENT, Ask("Q1"))
    assert step(state, Tick(), CONSENT_S + 5 + ASK_TIMEOUT_S)[0].page is Page.WAYS


def test_rule_terminal_consent_timeout_who_consents_in_the_last_second_is_let_in() -> None:
    state, _ = step(consenting(), Tick(), CONSENT_S)
    assert step(state, Answered("Q1", "succ", WHO), CONSENT_S + 0.1)[0].page is Page.PATIENT


@pytest.mark.parametrize("status", ["fail", "cancel", "ing"])
def test_rule_terminal_consent_refused_the_page_stays_and_the_countdown_goes_on(status: str) -> None:
    state = consenting()
    for second in range(1, 60):
        state, task = step(state, Tick(), second)
        assert task == Ask("Q1")
        state, _ = step(state, Answered("Q1", status), second)
        assert state.page is Page.CONSENT
        assert state.left(second) == 60 - second
    assert bool(state.message) == (status != "ing")


def test_rule_terminal_consent_refused_only_cancelling_and_confirming_leaves_the_page() -> None:
    for button in (1, 2, 3):
        assert step(consenting(), Chosen(button), 5)[0].page is Page.CONSENT
    asked, _ = step(consenting(), Chosen(0), 5)
    assert (asked.page, asked.leaving, asked.left(5)) == (Page.CONSENT, True, 55)
    assert any("确定取消" in line for line in screen(asked, 5))
    stayed, _ = step(asked, Chosen(2), 6)
    assert (stayed.page, stayed.leaving) == (Page.CONSENT, False)
    assert step(asked, Chosen(1), 6)[0].page is Page.WAYS
    assert step(asked, Answered("Q1", "succ", WHO), 6)[0].page is Page.PATIENT


def test_rule_terminal_scan_the_code_is_verified_and_leads_to_the_patient() -> None:
    state, task = step(scanning(), Scanned("CODE"), 1)
    assert (state.page, task) == (Page.SCAN, Verify("CODE"))
    state, _ = step(state, Identified(WHO), 2)
    assert (state.page, state.patient) == (Page.PATIENT, WHO)


def test_rule_terminal_scan_expired_the_previous_page_comes_back_with_the_reason() -> None:
    state, _ = step(scanning(), Declined("二维码已过期，请刷新", "2001"), 1)
    assert (state.page, state.message) == (Page.WAYS, "二维码已过期，请刷新")


def test_any_other_refusal_stays_on_the_page_with_the_reason() -> None:
    state, _ = step(scanning(), Declined("不是电子健康卡", "2002"), 1)
    assert (state.page, state.message) == (Page.SCAN, "不是电子健康卡")


def test_an_answer_that_comes_too_late_or_to_another_question_changes_nothing() -> None:
    for page in (after(), after(Chosen(1), Chosen(1)), scanning()):
        assert step(page, Answered("Q1", "succ", WHO), 1) == (page, None)
    assert step(consenting(), Answered("Q0", "succ", WHO), 1)[0].page is Page.CONSENT


def test_a_chip_card_is_looked_up() -> None:
    state, task = step(after(Chosen(1), Chosen(2)), Swiped(Card("01", "K97")), 1)
    assert task == Find(Card("01", "K97"))
    assert step(state, Identified(WHO), 1)[0].page is Page.PATIENT


def test_nobody_finds_the_data_of_whoever_was_there_before() -> None:
    state, _ = step(scanning(), Identified(WHO), 10)
    assert step(state, Tick(), 10 + IDLE_S - 1)[0].patient == WHO
    assert step(state, Tick(), 10 + IDLE_S)[0] == State(since=10 + IDLE_S)


@pytest.mark.parametrize("chosen", [(1,), (1, 1), (1, 1, 1), (1, 2), (4,)])
def test_back_leads_to_the_page_before(chosen: tuple[int, ...]) -> None:
    before, here = (after(*map(Chosen, numbers)) for numbers in (chosen[:-1], chosen))
    assert step(here, Chosen(0), 0)[0].page is before.page


@pytest.mark.parametrize(
    ("page", "line", "event"),
    [
        (Page.MENU, "2", Chosen(2)),
        (Page.SCAN, "206CB2B5:1:::9851", Scanned("206CB2B5:1:::9851")),
        (Page.SCAN, "0", Chosen(0)),
        (Page.CHIP, "01 SB97000001", Swiped(Card("01", "SB97000001"))),
        (Page.OBTAIN, "E97 测试甲 1 154", Presented(Certificate("E97", "测试甲", "1", "154"))),
        (Page.OBTAIN, "E97", Tick()),
        (Page.MENU, "", Tick()),
    ],
)
def test_a_line_means_what_the_page_makes_of_it(page: Page, line: str, event: Event) -> None:
    assert typed(page, line) == event
