"""Appointments in the console: found by what there is to do, shown masked, and acted on by right, which is audited."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.support.hospital import HOSPITAL
from tests.web.bookings import HOUR, VISITOR, do, file, open_hospital, row_of, runtime_of
from tests.web.conftest import hub, sign_in
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.partners.roles import Role
from yiqiao.region.appointments.groups import GROUPS
from yiqiao.region.appointments.states import ACTING, OPERATORS, STATES, State
from yiqiao.storage import appointments
from yiqiao.storage.appointments import EventRow
from yiqiao.web.appointment_lines import course, timer_of
from yiqiao.web.i18n import table

AT = "/console/appointments"
STUCK, REFUNDING, ORDERED, REGISTERED, REFUNDED = (f"2611200000000{n}" for n in range(1, 6))
COURSE = (
    ("paying", "citizen", "去支付"),
    ("paying", "saga", "等待支付"),
    ("paying", "saga", "等待支付"),
    ("refunding", "saga", "医院没有应答"),
    ("stuck", "saga", "支付渠道退款失败"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("appointments")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """A hub with five appointments, and the passwords of its people by their names."""
    with hub(folder, sandbox=True) as (client, password):
        store = runtime_of(client)
        now = store.clock.now_ms()
        do(client, open_hospital, store)

        async def seed() -> None:
            await file(store, STUCK, *COURSE, state="stuck", ending="silent", next_at=now + 20 * HOUR)
            await file(store, REFUNDING, state="refunding", tries=2, next_at=now + 3 * HOUR)
            due = {"paid": "unpaid", "trade_no": None, "deadline": now + HOUR, "next_at": now + HOUR}
            await file(store, ORDERED, state="ordered", day="2031-01-01", **due)
            await file(store, REGISTERED, hospital_id="9851999", hospital_name="云桥县中医院", fee=123450)
            await file(store, REFUNDED, state="refunded", paid="refunded", refunded_at=now)

        do(client, seed)
        people = {role.value: add_operator(folder, role.value, role) for role in Role}
        yield client, people | {"admin": password}


def seen_by(opened: tuple[TestClient, dict[str, str]], name: str) -> TestClient:
    """The browser, with somebody else signed in."""
    client, people = opened
    client.cookies.clear()
    sign_in(client, name, people[name])
    return client


@pytest.fixture
def console(opened: tuple[TestClient, dict[str, str]]) -> TestClient:
    """The administrator's browser."""
    return seen_by(opened, "admin")


def listed(client: TestClient, query: str = "") -> list[str]:
    return [line["order_id"] for line in client.get(f"{AT}?format=json&{query}").json()["lines"]]


def put_back(client: TestClient, order_id: str, **changed: object) -> None:
    """Make an appointment what it was, whatever a test has made of it."""
    store = runtime_of(client)

    async def work() -> None:
        row = await store.database.read(lambda c: appointments.find_by_order(c, order_id))
        assert row is not None
        fresh = row_of(store, order_id, version=row.version + 1, **changed)
        await store.database.write(lambda c: appointments.change(c, fresh, None))

    do(client, work)


def stuck_again(client: TestClient) -> None:
    """Make the stuck appointment what it was."""
    put_back(client, STUCK, state="stuck", ending="silent", next_at=runtime_of(client).clock.now_ms() + 20 * HOUR)


@pytest.mark.parametrize("path", [AT, f"{AT}/{STUCK}", f"{AT}/{STUCK}/live", f"{AT}/{STUCK}/refund"])
def test_appointments_ask_who_is_there(path: str, stranger: TestClient) -> None:
    assert stranger.get(path).status_code == 303
    assert stranger.post(f"{AT}/{STUCK}/check").status_code == 303


def test_states_are_told_in_the_words_of_their_table() -> None:
    for state, about in STATES.items():
        assert table()[f"appointments.state_{state}"]["zh"] == about.title
    assert frozenset().union(*GROUPS.values()) == set(State)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("group=stuck", [STUCK]),
        ("group=acting", [REFUNDING]),
        ("group=waiting", [REGISTERED, ORDERED]),
        ("group=ended", [REFUNDED]),
        ("", [REFUNDED, REGISTERED, ORDERED, REFUNDING, STUCK]),
        ("hospital=9851999", [REGISTERED]),
        ("day=2031-01-01", [ORDERED]),
        (f"day=2031-01-01&hospital={HOSPITAL}", [ORDERED]),
        ("day=2031-01-01&hospital=9851999", []),
        (f"order={REFUNDING}", [REFUNDING]),
        (f"order={REFUNDING}&group=stuck", []),
        ("group=none", [REFUNDED, REGISTERED, ORDERED, REFUNDING, STUCK]),
        ("order=%00&hospital=%27", []),
    ],
)
def test_list_shows_what_is_asked_for(query: str, found: list[str], console: TestClient) -> None:
    assert listed(console, query) == found


def test_list_tells_state_retries_and_money_and_nobody_s_name(console: TestClient) -> None:
    page = console.get(AT).text
    for text in ("需要人工处理", "普外科 金秋月", "云桥县人民医院", "¥ 1,234.50", "已退款", "上午"):
        assert text in page
    assert re.search(r"第 2 次重试，下次 (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d", page)
    assert f'<tr class="link">\n      <td class="nowrap"><a href="{AT}/{STUCK}">' in page
    assert VISITOR.name[0] + "**" not in page
    assert VISITOR.name not in page


def test_list_goes_on_where_a_page_ended(console: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("yiqiao.web.pages.console_appointments.SHOWN", 2)
    seen, path = [], f"{AT}?format=json"
    while path:
        view = console.get(path).json()
        seen += [line["order_id"] for line in view["lines"]]
        path = view["older"] and f"{view['older']}&format=json"
    assert seen == [REFUNDED, REGISTERED, ORDERED, REFUNDING, STUCK]
    assert "回到第一页" in console.get(f"{AT}?after=9.9").text


def test_a_day_that_is_none_is_told_and_left_out(console: TestClient) -> None:
    answer = console.get(f"{AT}?day=tomorrow")
    assert answer.status_code == 400
    assert "就诊日期无法识别" in answer.text
    assert STUCK in answer.text


@pytest.mark.parametrize("after", ["x", ".1", "-1.2", "9" * 40, "1.%00", "٣.1"])
def test_a_place_that_is_none_is_refused(after: str, console: TestClient) -> None:
    assert console.get(f"{AT}?after={after}").status_code == 400


def test_nothing_that_needs_a_hand_is_good_news(console: TestClient) -> None:
    assert "请调整或清除条件" in console.get(f"{AT}?group=stuck&hospital=x").text
    assert "没有需要人工处理的预约" not in console.get(f"{AT}?group=stuck").text


def test_an_appointment_shows_its_facts_its_course_and_what_follows(console: TestClient, folder: Path) -> None:
    page = console.get(f"{AT}/{STUCK}").text
    for text in ("柳**", "由操作员处理", "再向医院核对一次", "医院没有应答", "微信支付", "支付渠道退款失败", "共 2 次"):
        assert text in page
    assert re.search(r'data-countdown-ms="\d+">(20:00:00|19:\d\d:\d\d)<', page)
    assert page.index("支付渠道退款失败") < page.index("去支付")
    for personal in (VISITOR.name, VISITOR.mobile, "359851198503120134"):
        assert personal not in page
    assert audited(folder)[0] == ("appointment.view", STUCK, "{}")


def test_json_twin_is_masked_alike(console: TestClient) -> None:
    text = console.get(f"{AT}/{STUCK}?format=json").text
    assert '"patient":"柳**"' in text
    assert VISITOR.name not in text


def test_what_changes_is_told_without_another_look_at_a_person(console: TestClient, folder: Path) -> None:
    live = console.get(f"{AT}/{STUCK}?format=json").json()["standing"]["live"]
    before = audited(folder)
    assert console.get(live).status_code == 204
    fragment = console.get(f"{AT}/{STUCK}/live?seen=0")
    assert "办理过程" in fragment.text
    assert "柳" not in fragment.text
    assert audited(folder) == before
    assert "hx-get" not in console.get(f"{AT}/{REFUNDED}").text


@pytest.mark.parametrize("order_id", [STUCK, REFUNDING, ORDERED, REGISTERED, REFUNDED])
def test_buttons_are_those_of_the_state(order_id: str, console: TestClient) -> None:
    view = console.get(f"{AT}/{order_id}?format=json").json()["standing"]
    about = STATES[State(view["line"]["state"])]
    assert {button["act"] for button in view["buttons"]} == {act.value for act in about.acts if act in OPERATORS}


@pytest.mark.parametrize(
    ("role", "may", "told"),
    [
        ("viewer", [], ["核对与重试由操作员办理", "退款与关闭由审批员办理"]),
        ("operator", ["check"], ["退款与关闭由审批员办理"]),
        ("approver", ["refund", "close"], ["核对与重试由操作员办理"]),
        ("administrator", ["check", "refund", "close"], []),
    ],
)
def test_buttons_are_those_of_the_role(
    role: str, may: list[str], told: list[str], opened: tuple[TestClient, dict[str, str]]
) -> None:
    client = seen_by(opened, role)
    page = client.get(f"{AT}/{STUCK}")
    csrf = csrf_of(page)
    assert re.findall(rf'(?:href|action)="{AT}/{STUCK}/(\w+)"', page.text) == may
    assert [text for text in ("核对与重试由操作员办理", "退款与关闭由审批员办理") if text in page.text] == told
    for act in {"check", "refund", "close"} - set(may):
        assert client.get(f"{AT}/{STUCK}/{act}").status_code == (404 if act == "check" else 403)
        assert client.post(f"{AT}/{STUCK}/{act}", data={"csrf": csrf}).status_code == 403


def test_a_button_without_the_page_s_token_is_refused(console: TestClient, folder: Path) -> None:
    before = audited(folder)
    assert console.post(f"{AT}/{STUCK}/check", data={"csrf": "x"}).status_code == 403
    assert audited(folder) == before


def test_pressing_a_button_is_done_told_and_audited(console: TestClient, folder: Path) -> None:
    answer = console.post(f"{AT}/{STUCK}/check", data={"csrf": csrf_of(console.get(f"{AT}/{STUCK}"))})
    assert answer.headers["location"] == f"{AT}/{STUCK}?done=check"
    assert audited(folder)[0] == ("appointment.check", STUCK, '{"state":"stuck"}')
    page = console.get(answer.headers["location"]).text
    assert "已安排向医院核对" in page
    assert "操作员 admin" in page
    assert "正在向医院核对" in page
    stuck_again(console)


def test_a_refund_is_asked_for_twice(console: TestClient, folder: Path) -> None:
    asked = console.get(f"{AT}/{STUCK}/refund")
    assert "¥ 25.00 将原路退回付款人" in asked.text
    assert "确认退款 ¥ 25.00" in asked.text
    answer = console.post(f"{AT}/{STUCK}/refund", data={"csrf": csrf_of(asked)})
    assert answer.status_code == 303
    assert audited(folder)[0] == ("appointment.refund", STUCK, '{"state":"stuck"}')
    assert "正在退款" in console.get(f"{AT}/{STUCK}").text
    stuck_again(console)


def test_what_was_paid_is_not_closed_but_refunded_first(console: TestClient, folder: Path) -> None:
    asked = console.get(f"{AT}/{STUCK}/close").text
    assert "请先退款，再关闭预约" in asked
    assert '<form method="post"><input' not in asked
    answer = console.post(f"{AT}/{STUCK}/close", data={"csrf": csrf_of(console.get(f"{AT}/{STUCK}"))})
    assert answer.status_code == 409
    assert "费用已支付，请先退款再关闭" in answer.text
    assert ("appointment.close", STUCK, '{"state":"stuck","refused":"NotNow"}') in audited(folder)[:2]


def test_closing_says_what_it_leaves_undone(console: TestClient) -> None:
    put_back(console, STUCK, state="stuck", paid="refunded", refunded_at=row_of(runtime_of(console), STUCK).paid_at)
    asked = console.get(f"{AT}/{STUCK}/close")
    assert "关闭不再涉及资金" in asked.text
    assert "请先与医院核实并由医院取消" in asked.text
    assert console.post(f"{AT}/{STUCK}/close", data={"csrf": csrf_of(asked)}).status_code == 303
    assert "已取消" in console.get(f"{AT}/{STUCK}").text
    assert "状态已有变化" in console.get(f"{AT}/{STUCK}/refund").text
    stuck_again(console)


def test_what_may_still_be_paid_is_not_closed(console: TestClient) -> None:
    put_back(console, STUCK, state="stuck", paid="unpaid", paid_at=None)
    asked = console.get(f"{AT}/{STUCK}/close").text
    assert "患者仍可能付款" in asked
    assert '<form method="post"><input' not in asked
    assert "没有可退的费用" in console.get(f"{AT}/{STUCK}/refund").text
    stuck_again(console)


def test_a_button_that_comes_too_late_says_so(console: TestClient) -> None:
    csrf = csrf_of(console.get(f"{AT}/{ORDERED}"))
    answer = console.post(f"{AT}/{ORDERED}/retry", data={"csrf": csrf})
    assert answer.status_code == 409
    assert "当前状态为“已预约，待支付”，不能进行此操作" in answer.text


@pytest.mark.parametrize("path", ["none", "%00", "%ED%A0%80", f"{STUCK}/pay", f"{STUCK}/confirm", f"{STUCK}/nothing"])
def test_what_is_not_there_is_not_found(path: str, console: TestClient) -> None:
    assert console.get(f"{AT}/{path}").status_code == 404
    csrf = csrf_of(console.get(f"{AT}/{STUCK}"))
    assert console.post(f"{AT}/{path}", data={"csrf": csrf}).status_code in (404, 405)


def test_english_speaks_of_states_too(console: TestClient) -> None:
    page = console.get(f"{AT}/{STUCK}?lang=en").text
    for text in ("Needs a hand", "An operator", "Ask the hospital", "asked once more at"):
        assert text in page
    console.cookies.delete("yiqiao_lang")


@pytest.mark.parametrize("state", sorted(set(State) - {state for state in STATES if STATES[state].final}))
def test_every_state_says_what_happens_by_itself(state: State, opened: tuple[TestClient, dict[str, str]]) -> None:
    row = row_of(runtime_of(opened[0]), "1", state=state.value, deadline=2, next_at=61_001)
    timer = timer_of(row, 1001)
    assert timer is not None
    assert (timer.left, bool(timer.until)) == ("1:00", state is State.PAYING)
    assert timer.what == "step" if state in ACTING else f"appointment.timer_{timer.what}" in table()


def test_course_tells_who_did_what_and_repeats_once() -> None:
    def event(version: int, actor: str, before: str = "checking", told: str = "医院没有应答") -> EventRow:
        return EventRow("p", "1", version, version * 1000, before, "checking", actor, version, told)

    actors = ["saga", "saga", "saga", "operator 王", "operator (command line)", "reconciliation system", "stranger x"]
    steps = course([event(n, actor, before="stuck" if n == 0 else "checking") for n, actor in enumerate(actors)])
    assert [(step.actor, step.name, step.times) for step in reversed(steps)] == [
        ("saga", "", 1),
        ("saga", "", 2),
        ("operator", "王", 1),
        ("operator_command", "", 1),
        ("reconciliation_daily", "", 1),
        ("other", "stranger x", 1),
    ]
    assert {f"appointment.actor_{step.actor}" for step in steps} <= set(table())
    assert (steps[-2].at, steps[-2].until, steps[-2].tries) == (1000, 2000, 2)


def test_today_says_what_needs_a_hand(console: TestClient) -> None:
    hands = console.get("/console?format=json").json()["hands"]
    assert (hands["stuck"], hands["retrying"], hands["late"]) == (1, 1, "")
    for path in ("/console", "/console/live"):
        page = console.get(path).text
        assert "1 个预约等待人工处理" in page
        assert f'href="{AT}?group=stuck"' in page
        assert "1 个预约正在重试，下一次在" in page
        assert "逾期未办" not in page


def test_today_says_that_nobody_goes_on(console: TestClient) -> None:
    due = runtime_of(console).clock.now_ms() - HOUR
    put_back(console, REFUNDING, state="refunding", tries=2, next_at=due)
    assert "最早的一步应在" in console.get("/console").text
    put_back(console, REFUNDING, state="registered")
    put_back(console, STUCK, state="registered")
    assert "需要处理" not in console.get("/console").text
    put_back(console, REFUNDING, state="refunding", tries=2, next_at=due + 4 * HOUR)
    stuck_again(console)
