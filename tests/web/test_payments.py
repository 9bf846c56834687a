"""Payments in the console: what needs a hand first, everything found by its numbers, acted on by right and audited."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.region.payments.world import AWAY, MERCHANT, PATIENT
from tests.web.conftest import sign_in
from tests.web.counter import Counter, counter
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.clock import beijing
from yiqiao.partners.roles import Role
from yiqiao.region.payments.findings import Kind
from yiqiao.region.payments.notices import DROPPED, HEARD, NOTICE, UNHEARD
from yiqiao.region.payments.states import ATTEMPTS, REFUNDS, TRADES, Act
from yiqiao.storage import payments
from yiqiao.storage.payments import EventRow
from yiqiao.web.i18n import table
from yiqiao.web.pages import console_payments
from yiqiao.web.payment_acts import RIGHT
from yiqiao.web.payment_lines import REFUND_GROUPS, TRADE_GROUPS, course, timer_of

AT = "/console/payments"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("payments")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[Counter, dict[str, str]]]:
    """A hub with a trade that succeeded, one that waits, one that is stuck, a refund to approve, and its people."""
    with counter(folder, approval_above=5000) as here:
        people = {role.value: add_operator(folder, role.value, role) for role in Role}
        here.paid("paid")
        here.opened("waits")
        stuck(here, "stuck")
        here.give_back("big", "paid", 6000)
        yield here, people


def stuck(here: Counter, number: str) -> None:
    """A trade that the HIS refuses and whose money cannot go back."""
    here.his.refuses, here.tills["CASH"].refunds = {"notify_recharge"}, ["failed"]
    at = here.opened(number, desk=True)
    here.press(at, cash="1", received="100")
    here.until(at, "stuck")
    here.his.refuses, here.tills["CASH"].refunds = set(), []


def refund(here: Counter, number: str) -> Any:
    """A refund by the HIS's number."""
    return here.do(here.runtime.database.read, lambda c: payments.refund(c, MERCHANT, number))


def seen_by(opened: tuple[Counter, dict[str, str]], name: str) -> TestClient:
    """The browser, with somebody else signed in."""
    here, people = opened
    here.client.cookies.clear()
    sign_in(here.client, name, people[name])
    return here.client


@pytest.fixture
def console(opened: tuple[Counter, dict[str, str]]) -> TestClient:
    """The administrator's browser."""
    return seen_by(opened, "administrator")


@pytest.fixture
def here(opened: tuple[Counter, dict[str, str]]) -> Counter:
    return opened[0]


def trade_at(here: Counter, number: str) -> str:
    return f"{AT}/trades/{here.row(number).trace_no}"


def press(client: TestClient, at: str, page: str = "") -> Any:
    """Press the button of an act, with the token of the page on which it stands."""
    return client.post(at, data={"csrf": csrf_of(client.get(page or at))})


def test_what_needs_a_hand_stands_first_with_its_buttons(console: TestClient, here: Counter) -> None:
    shown = console.get(f"{AT}?format=json").json()
    found = {(one["standing"]["kind"], one["number"]): one for one in shown["hands"]}
    assert ("trade", here.row("stuck").trace_no) in found
    assert [one["act"] for one in found["refund", "big"]["choices"]["buttons"]] == ["approve", "reject"]
    text = console.get(AT).text
    assert text.index("需要处理") < text.index("筛选条件")


def test_the_first_room_counts_what_needs_a_hand(console: TestClient, here: Counter) -> None:
    found = console.get("/console?format=json").json()["hands"]["payments"]
    assert found["stuck"] >= 1
    assert found["approving"] >= 1
    text = console.get("/console").text
    assert "笔退款等待审批" in text
    assert "等待人工处理" in text


def test_nothing_personal_stands_in_the_lists(console: TestClient) -> None:
    for at in (AT, f"{AT}/refunds"):
        text = console.get(at).text
        for personal in (PATIENT.name, PATIENT.his_cust_id, PATIENT.id_no, PATIENT.card_no):
            assert personal not in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("group=stuck", {"stuck"}),
        ("group=waiting", {"waits"}),
        ("group=succeeded", {"paid"}),
        ("number=paid", {"paid"}),
        ("number=nobody", set()),
        (f"merchant={MERCHANT}", {"paid", "waits", "stuck"}),
        ("merchant=OTHER", set()),
        ("day=2001-01-01", set()),
    ],
)
def test_trades_are_found_by_what_is_known_of_them(query: str, expected: set[str], console: TestClient) -> None:
    lines = console.get(f"{AT}?format=json&{query}").json()["trade_lines"]
    assert {line["out_charge_no"] for line in lines} & {"paid", "waits", "stuck"} == expected


def test_a_trade_is_found_by_its_order_and_by_its_own_number(console: TestClient, here: Counter) -> None:
    row = here.row("paid")
    for number in (row.trace_no, row.order_no):
        lines = console.get(f"{AT}?format=json&number={number}").json()["trade_lines"]
        assert [line["trace_no"] for line in lines] == [row.trace_no]


def test_refunds_are_found_by_any_of_their_numbers(console: TestClient, here: Counter) -> None:
    row = refund(here, "big")
    for number in ("big", row.refund_no, row.trace_no):
        lines = console.get(f"{AT}/refunds?format=json&number={number}").json()["refund_lines"]
        assert [line["out_refund_no"] for line in lines] == ["big"]


def test_a_day_that_is_none_is_left_out_and_said_so(console: TestClient) -> None:
    answer = console.get(f"{AT}?day=2026-02-30")
    assert answer.status_code == 400
    assert "日期无法识别" in answer.text


def test_pages_of_a_list_follow_each_other(console: TestClient, here: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_payments, "SHOWN", 1)
    found, at = [], f"{AT}?number=&merchant={MERCHANT}"
    for _ in range(3):
        shown = console.get(f"{at}&format=json").json()
        found += [line["out_charge_no"] for line in shown["trade_lines"]]
        at = shown["older"]
    assert len(set(found)) == 3
    assert console.get(f"{AT}?after=nonsense").status_code == 400


def test_a_trade_is_told_with_its_attempts_refunds_books_and_course(console: TestClient, here: Counter) -> None:
    shown = console.get(f"{trade_at(here, 'paid')}?format=json").json()
    standing = shown["standing"]
    assert [one["line"]["channel"] for one in standing["attempts"]] == ["微信支付"]
    assert [one["out_refund_no"] for one in standing["refunds"]] == ["big"]
    assert {one["what"] for one in standing["transfers"]} == {"paid", "hold"}
    assert {step["subject"] for step in standing["steps"]} == {"trade", "attempt", "refund"}
    assert [one["told"] for one in standing["steps"] if one["subject"] == "trade" and not one["before"]] == ["下单"]
    text = console.get(trade_at(here, "paid")).text
    for words in ("微信支付", "患者预交金", "已支付，正在通知医院", "医院已入账"):
        assert words in text


def test_who_it_is_for_is_masked_until_somebody_asks_by_right(
    opened: tuple[Counter, dict[str, str]], folder: Path
) -> None:
    here, _ = opened
    at = trade_at(here, "paid")
    viewer = seen_by(opened, "viewer")
    text = viewer.get(at).text
    assert "黎**" in text
    assert PATIENT.name not in text
    assert "显示完整信息" not in text
    assert viewer.post(at, data={"csrf": csrf_of(viewer.get("/console"))}).status_code == 403
    operator = seen_by(opened, "operator")
    answer = press(operator, at)
    assert PATIENT.name in answer.text
    assert PATIENT.id_no in answer.text
    assert audited(folder)[0][:2] == ("payment.view_full", here.row("paid").trace_no)


def test_buttons_are_the_readers_own(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    for name, acts in {"viewer": [], "operator": ["tell"], "approver": ["give_back", "settle"]}.items():
        shown = seen_by(opened, name).get(f"{trade_at(here, 'stuck')}?format=json").json()
        assert [one["act"] for one in shown["standing"]["choices"]["buttons"]] == acts, name


def test_what_moves_money_is_asked_for_twice_and_refused_to_others(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    at = f"{trade_at(here, 'stuck')}/give_back"
    assert seen_by(opened, "operator").get(at).status_code == 403
    approver = seen_by(opened, "approver")
    assert "退回付款人" in approver.get(at).text
    assert approver.post(at, data={"csrf": "forged"}).status_code == 403
    assert here.row("stuck").state == "stuck"


def test_an_act_that_has_no_place_any_more_is_said_so(opened: tuple[Counter, dict[str, str]], folder: Path) -> None:
    here, _ = opened
    approver = seen_by(opened, "approver")
    at = f"{trade_at(here, 'paid')}/give_back"
    assert "现在不能进行这项操作" in approver.get(at).text
    answer = approver.post(at, data={"csrf": csrf_of(approver.get(trade_at(here, "stuck") + "/settle"))})
    assert answer.status_code == 409
    assert "现在不能这样操作" in answer.text
    assert audited(folder)[0][0] == "payment.trade.give_back"
    assert "NotNow" in audited(folder)[0][2]


def test_a_refund_is_approved_by_another_person_and_goes_on(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    here.paid("more")
    here.give_back("more-1", "more", 7000)
    row = refund(here, "more-1")
    at = f"{AT}/refunds/{row.refund_no}"
    approver = seen_by(opened, "approver")
    assert "等待审批" in approver.get(at).text
    assert press(approver, f"{at}/approve").headers["location"] == f"{at}?done=approve"
    for _ in range(100):
        if refund(here, "more-1").state == "succeeded":
            break
        here.hurry()
    shown = approver.get(f"{at}?format=json").json()["standing"]
    assert (shown["line"]["standing"]["state"], shown["line"]["approved_by"]) == ("succeeded", "approver")
    assert "approver" in {step["name"] for step in shown["steps"]}


def test_a_refund_is_rejected_and_the_money_stays(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    here.paid("stays")
    here.give_back("stays-1", "stays", 7000)
    at = f"{AT}/refunds/{refund(here, 'stays-1').refund_no}"
    approver = seen_by(opened, "approver")
    assert press(approver, f"{at}/reject").status_code == 303
    assert refund(here, "stays-1").state == "rejected"
    assert here.row("stays").left == 10_000


def test_a_stuck_trade_is_given_back_by_an_approver(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    stuck(here, "again")
    approver = seen_by(opened, "approver")
    at = trade_at(here, "again")
    assert press(approver, f"{at}/give_back").headers["location"] == f"{at}?done=give_back"
    for _ in range(100):
        if here.row("again").state == "returned":
            break
        here.hurry()
    assert here.row("again").state == "returned"
    assert "已安排原路退回" in approver.get(f"{at}?done=give_back").text


def test_money_paid_besides_is_settled_at_its_attempt(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    at = here.opened("besides")
    here.press(at, way="WECHAT/qr")
    first = here.until(at, "scan")["order_no"]
    here.money = lambda name: AWAY if name == "close" else None
    here.tills["WECHAT"].refunds = ["failed"] * 9
    here.press(here.json(at)["change_to"], way="ALIPAY/qr")
    here.until(at, "scan")
    here.tills["ALIPAY"].pay(here.row("besides").order_no or "")
    here.tills["WECHAT"].pay(first)
    here.until(at, "done")
    here.money = lambda _: None
    here.when(at, lambda shown: [one for one in shown["told"]["surplus"] if one["becomes"] == "stuck"])
    here.tills["WECHAT"].refunds = []
    approver = seen_by(opened, "approver")
    hands = approver.get(f"{AT}?format=json").json()["hands"]
    (mine,) = [one for one in hands if one["number"] == first]
    assert [one["act"] for one in mine["choices"]["buttons"]] == ["give_back", "settle"]
    assert press(approver, mine["choices"]["buttons"][1]["link"]).status_code == 303
    assert here.attempts("besides")[0].state == "returned"


def test_the_page_learns_of_what_is_new_and_only_of_that(console: TestClient, here: Counter) -> None:
    live = console.get(f"{trade_at(here, 'waits')}?format=json").json()["standing"]["live"]
    assert console.get(live).status_code == 204
    here.do(here.runtime.orders.choose, MERCHANT, here.row("waits").trace_no, "WECHAT")
    answer = console.get(live)
    assert answer.status_code == 200
    assert "<html" not in answer.text


def test_retrying_is_told_with_its_next_time_and_done_at_once(opened: tuple[Counter, dict[str, str]]) -> None:
    here, _ = opened
    here.ward = lambda _: AWAY
    at = here.opened("slow", desk=True)
    here.press(at, cash="1", received="100")
    here.when(at, lambda _: here.row("slow").tries > 2)
    operator = seen_by(opened, "operator")
    text = operator.get(trade_at(here, "slow")).text
    assert "重试中（第" in text
    assert "data-countdown-ms" in text
    here.ward = lambda _: None
    answer = operator.post(
        f"{trade_at(here, 'slow')}/retry", data={"csrf": csrf_of(operator.get(trade_at(here, "slow")))}
    )
    assert answer.status_code == 303
    here.until(at, "done", hurry=False)


@pytest.mark.parametrize("path", ["trades/0", "trades/0/live", "trades/0/settle", "refunds/0", "refunds/0/approve"])
def test_what_there_is_not_is_not_found(path: str, console: TestClient) -> None:
    assert console.get(f"{AT}/{path}").status_code == 404


def test_acts_that_there_are_not_are_not_found(console: TestClient, here: Counter) -> None:
    at = trade_at(here, "paid")
    for act in ("nonsense", "retry"):
        assert console.get(f"{at}/{act}").status_code == 404
    other = here.row("stuck").order_no
    assert console.get(f"{at}/attempts/{other}/settle").status_code == 404


def test_strangers_sign_in_first(here: Counter) -> None:
    here.client.cookies.clear()
    for at in (AT, f"{AT}/refunds", trade_at(here, "paid")):
        assert here.client.get(at).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(("kind", "states"), [("trade", TRADES), ("attempt", ATTEMPTS), ("refund", REFUNDS)])
def test_every_state_has_its_words_and_its_timer(kind: str, states: Any) -> None:
    for state, about in states.items():
        assert f"payments.{kind}_{state}" in table()
        assert f"payments.owner_{about.owner}" in table()


def test_every_fate_of_a_notice_has_its_words() -> None:
    assert {f"payments.{NOTICE}_{fate}" for fate in (HEARD, UNHEARD, DROPPED)} <= set(table())


def test_every_act_has_its_words_and_its_right() -> None:
    assert set(RIGHT) == set(Act)
    for kind, states in (("trade", TRADES), ("attempt", ATTEMPTS), ("refund", REFUNDS)):
        for state, about in states.items():
            for act in about.acts:
                suffixes = {"trade": [f"_{state}"], "attempt": [""], "refund": ["_in", "_out"]}[kind]
                if act is not Act.RETRY:
                    assert {f"payments.means_{kind}_{act}{suffix}" for suffix in suffixes} <= set(table())
                assert {f"payments.act_{act}", f"payments.done_{act}"} <= set(table())


def test_every_state_stands_in_one_group_of_the_lists() -> None:
    for groups, states in ((TRADE_GROUPS, TRADES), (REFUND_GROUPS, REFUNDS)):
        found = [state for group in groups.values() for state in group]
        assert sorted(found) == sorted(states)


def test_repeats_of_a_step_are_told_once_and_who_acted_by_name() -> None:
    def step(version: int, told: str, tries: int = 0) -> EventRow:
        return EventRow(MERCHANT, "trade/1", version, "1", version * 1000, "telling", "telling", "saga", tries, told)

    compared = course(
        [step(9, "对账")._replace(actor="reconciliation 王敏"), step(10, "通知")._replace(actor="WECHAT")]
    )
    assert [(one.actor, one.name) for one in compared] == [("channel", "微信支付"), ("reconciliation", "王敏")]
    (last, first) = course([step(1, "没有应答", 1), step(2, "没有应答", 2), step(3, "连不上", 3)])
    assert (first.times, first.tries, first.until, last.told) == (2, 2, 2000, "连不上")


def test_what_has_ended_has_no_timer(here: Counter) -> None:
    assert timer_of(here.row("paid"), 0) is None
    assert timer_of(here.row("stuck"), 0) is not None


def test_a_day_is_compared_and_what_differs_is_asked_again(
    opened: tuple[Counter, dict[str, str]], folder: Path
) -> None:
    here, _ = opened
    day = f"{beijing(here.clock.now_ms()):%Y-%m-%d}"
    operator = seen_by(opened, "operator")
    at = f"{AT}/reconciliation"
    answer = operator.post(at, data={"csrf": csrf_of(operator.get(at)), "merchant": MERCHANT, "day": day})
    assert answer.status_code == 303
    report = answer.headers["location"]
    shown = operator.get(f"{report}?format=json").json()
    assert sum(one["number"] for one in shown["line"]["counts"]) > 0
    assert audited(folder)[0][:2] == ("payment.reconcile", f"{MERCHANT}/{day}")
    assert operator.get(f"{report}/apply").status_code == 403
    approver = seen_by(opened, "approver")
    made = press(approver, f"{report}/apply", AT) if shown["applies"] else None
    if made is not None:
        assert approver.get(made.headers["location"] + "?format=json").json()["line"]["applied"]
    assert "对账报告" in approver.get(at).text
    assert report in approver.get(at).text


@pytest.mark.parametrize(("merchant", "day"), [("NOBODY", "2026-11-01"), (MERCHANT, "2026-13-01")])
def test_a_comparison_that_cannot_be_is_said_so(merchant: str, day: str, console: TestClient) -> None:
    at = f"{AT}/reconciliation"
    answer = console.post(at, data={"csrf": csrf_of(console.get(at)), "merchant": merchant, "day": day})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert console.get(f"{at}/{MERCHANT}/2026-11-01/1").status_code == 404


def test_every_kind_of_finding_has_its_words() -> None:
    assert {f"pay_check.kind_{kind}" for kind in Kind} <= set(table())
