"""The cashier: what it says at every stage, who may do what there, and that nothing is paid twice."""

import asyncio
import re
from collections.abc import Iterator
from itertools import count

import pytest

from tests.region.payments.world import AWAY, LOST, MERCHANT, scripted
from tests.web.conftest import sign_in
from tests.web.counter import AMOUNT, Counter, counter
from yiqiao.partners.operators import Operators
from yiqiao.partners.passwords import Passwords
from yiqiao.partners.roles import Role
from yiqiao.ports.payment_channel import OrderState
from yiqiao.region.payments.cashier import desk_mark, is_desk
from yiqiao.region.payments.states import Act, Trade
from yiqiao.region.payments.trade import attempt_data
from yiqiao.region.payments.ways import way_of_code

WECHAT_CODE = "134512345678901234"
NUMBERS = count(1)


@pytest.fixture(scope="module")
def open_counter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with counter(tmp_path_factory.mktemp("hub")) as found:
        yield found


@pytest.fixture
def here(open_counter: Counter) -> Counter:
    """The counter, whose channels and HIS do as they should, seen by a browser that carries nothing."""
    open_counter.client.cookies.clear()
    open_counter.money = open_counter.ward = lambda _: None
    open_counter.his.refuses = set()
    for till in open_counter.tills.values():
        till.refuses, till.refunds, till.takes, till.shows = "", [], 0, "qr:"
    return open_counter


@pytest.fixture
def number(open_counter: Counter) -> str:
    """A number of the HIS's for this test alone."""
    return f"c{next(NUMBERS)}"


def test_payee_amount_and_patient_stand_first(here: Counter, number: str) -> None:
    """recharge.balance"""
    at = here.opened(number, 123_450, shown_balance=2500)
    text = here.client.get(at).text
    places = [
        text.index(words) for words in ("云桥县人民医院", "¥ 1,234.50", "门诊预交金充值", "黎**", "¥ 25.00", "微信支付")
    ]
    assert places == sorted(places)
    assert "黎若川" not in text
    assert "P000231" not in text
    answer = here.client.get(at)
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_balance_that_was_not_told_is_not_shown(here: Counter, number: str) -> None:
    """recharge.balance"""
    text = here.client.get(here.opened(number)).text
    assert "黎**" in text
    assert "充值前余额" not in text


def test_a_phone_offers_no_cash_and_a_desk_does(here: Counter, number: str) -> None:
    here.order(number)
    row = here.row(number)
    phone = f"/cashier/{row.token}"
    desk = f"{phone}?desk={desk_mark(here.runtime.keyring, row.token)}"
    assert [here.json(at)["takes"] for at in (phone, desk)] == [[], ["CASH", "POS"]]
    assert [here.json(at)["scans"] for at in (phone, desk)] == [False, True]


@pytest.mark.parametrize("mark", ["", "0" * 16, "desk", "ü"])
def test_a_desk_cannot_be_pretended(mark: str, here: Counter, number: str) -> None:
    at = f"{here.opened(number)}?desk={mark}"
    for values in ({"cash": "1", "received": "100"}, {"scan": "1", "code": WECHAT_CODE}, {"slip": "POS"}):
        assert here.press(at, **values).status_code == 404
    assert here.press(at, way="CASH/desk").status_code == 409
    assert here.attempts(number) == []


def test_one_trades_mark_is_not_anothers(here: Counter) -> None:
    keyring = here.runtime.keyring
    assert is_desk(keyring, "one", desk_mark(keyring, "one"))
    assert not is_desk(keyring, "another", desk_mark(keyring, "one"))


def test_codes_that_are_scanned_on_a_phone_carry_no_desk(here: Counter, number: str) -> None:
    shown = here.json(here.opened(number, desk=True))
    assert shown["desk"]
    assert "desk" not in shown["phone_address"]


def test_a_code_on_the_screen_is_scanned_and_the_page_tells_that_it_was_paid(here: Counter, number: str) -> None:
    at = here.opened(number)
    assert here.press(at, way="WECHAT/qr").headers["location"] == at
    shown = here.until(at, "scan")
    assert "<svg" in shown["code"]
    assert here.client.get(f"{shown['standing']}?seen={shown['mark']}").status_code == 204
    here.tills["WECHAT"].pay(shown["order_no"])
    done = here.until(at, "done")
    text = here.client.get(f"{shown['standing']}?seen={shown['mark']}").text
    for words in ("支付成功", "已通知医院入账", "可以关闭本页", here.row(number).trace_no, f"X{shown['order_no']}"):
        assert words in text
    assert (done["ask_ms"], done["give_up"], done["ways"]) == (0, "", [])


def test_while_the_his_is_away_it_is_said_that_it_was_paid(here: Counter, number: str) -> None:
    here.ward = lambda _: AWAY
    at = here.opened(number, desk=True)
    here.press(at, cash="1", received="100")
    assert here.until(at, "telling")["told"]["channel"] == "现金"
    assert "正在通知医院入账，不用重复支付" in here.client.get(at).text
    here.ward = lambda _: None
    here.until(at, "done")


def test_silence_of_the_channel_is_told_as_such_and_no_other_way_is_offered(here: Counter, number: str) -> None:
    here.money = scripted(("place", LOST), ("find", AWAY), ("find", AWAY), ("place", AWAY), ("place", AWAY))
    at = here.opened(number)
    here.press(at, way="WECHAT/qr")
    shown = here.until(at, "unsure", hurry=False)
    text = here.client.get(at).text
    assert "支付结果确认中，请勿重复支付" in text
    assert (shown["ways"], shown["change_to"], shown["give_up"]) == ([], "", "")
    assert shown["ask_ms"]
    here.until(at, "scan")


def test_who_says_that_they_have_paid_is_not_asked_to_pay_again(here: Counter, number: str) -> None:
    at = here.opened(number)
    here.press(at, way="WECHAT/qr")
    order_no = here.until(at, "scan")["order_no"]
    asked = here.press(at, ask="1").headers["location"]
    shown = here.json(asked)
    assert (shown["told"]["stage"], shown["code"], shown["change_to"]) == ("unsure", "", "")
    assert shown["back_to"] == at
    here.tills["WECHAT"].pay(order_no)
    here.until(asked, "done")


def test_a_refusal_is_told_in_words_and_another_way_can_be_chosen(here: Counter, number: str) -> None:
    here.tills["WECHAT"].refuses = "余额不足"
    at = here.opened(number)
    here.press(at, way="WECHAT/qr")
    here.when(at, lambda shown: shown["told"]["reason"])
    assert "余额不足" in here.client.get(at).text
    answer = here.press(at, way="ALIPAY/qr")
    assert answer.status_code == 303, answer.text
    here.until(at, "scan")
    here.tills["ALIPAY"].pay(here.row(number).order_no or "")
    here.until(at, "done")


def test_the_payer_may_change_their_mind(here: Counter, number: str) -> None:
    at = here.opened(number)
    here.press(at, way="WECHAT/qr")
    change = here.until(at, "scan")["change_to"]
    assert "原来的支付会关闭" in here.client.get(change).text
    here.press(change, way="ALIPAY/qr")
    assert here.until(at, "scan")["told"]["channel"] == "支付宝"
    first, second = here.attempts(number)
    orders = here.tills["WECHAT"].orders
    here.when(at, lambda _: orders[first.order_no].state is OrderState.CLOSED)
    assert second.channel == "ALIPAY"


@pytest.mark.parametrize("channel", ["CASH", "WECHAT"])
def test_a_button_that_is_pressed_twice_is_pressed_once(channel: str, here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    token = re.search(r'name="token" value="([^"]+)"', here.client.get(at).text)
    assert token is not None
    values = {"cash": "1", "received": "100"} if channel == "CASH" else {"way": "WECHAT/qr"}
    sent = {"token": token[1], "turn": "1", **values}
    assert [here.client.post(at, data=sent).status_code for _ in range(3)] == [303, 303, 303]
    here.until(at, "done" if channel == "CASH" else "scan")
    assert here.client.post(at, data=sent).status_code == 303  # the browser went back, and the same form comes again
    assert len(here.attempts(number)) == 1


def test_presses_at_the_same_time_make_one_attempt(here: Counter, number: str) -> None:
    row = here.order(number)

    async def both() -> None:
        choose = here.runtime.orders.choose
        await asyncio.gather(*(choose(MERCHANT, row.trace_no, "WECHAT", turn=1) for _ in range(5)))

    here.do(both)
    assert len(here.attempts(number)) == 1


def test_without_the_turn_each_press_would_make_one(here: Counter, number: str) -> None:
    """The negative control."""
    row = here.order(number)

    async def both() -> None:
        for _ in range(3):
            await here.runtime.orders.choose(MERCHANT, row.trace_no, "WECHAT")

    here.do(both)
    assert len(here.attempts(number)) == 3


@pytest.mark.parametrize("token", ["", "forged", "ü"])
def test_a_form_without_its_token_pays_nothing(token: str, here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    here.client.get(at)
    answer = here.client.post(at, data={"token": token, "turn": "1", "cash": "1", "received": "100"})
    assert answer.status_code == 403
    assert here.attempts(number) == []


def test_two_windows_do_not_spoil_each_others_forms(here: Counter) -> None:
    one, other = here.opened("w1"), here.opened("w2")
    token = re.search(r'name="token" value="([^"]+)"', here.client.get(one).text)
    here.client.get(other)
    assert token is not None
    assert here.client.post(one, data={"token": token[1], "turn": "1", "way": "WECHAT/qr"}).status_code == 303


def test_cash_is_counted_and_its_change_told(here: Counter, number: str) -> None:
    at = here.opened(number, 8_650, desk=True)
    here.press(at, cash="1", received="100")
    shown = here.until(at, "done")
    assert (shown["told"]["received"], shown["told"]["channel"]) == (10_000, "现金")
    text = here.client.get(at).text
    assert "找零 ¥ 13.50" in text
    assert "可以关闭本窗口" in text
    assert "找零" not in here.client.get(at.partition("?")[0]).text  # not the payer's to see


@pytest.mark.parametrize(
    ("received", "words"),
    [
        ("99.99", "实收不够，应收 ¥ 100.00"),
        ("", "请填实收的金额"),
        ("1e9", "请填实收"),
        ("100.001", "请填实收"),
        ("99999999", "请填实收"),
    ],
)
def test_cash_that_cannot_be_is_said_so(received: str, words: str, here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    answer = here.press(at, cash="1", received=received)
    assert answer.status_code == 400
    assert words in answer.text
    assert f'value="{received}"' in answer.text
    assert here.attempts(number) == []


def test_a_slip_is_written_down_with_the_ends_of_its_card_alone(here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    slip = {"BankCardNo": "6217 0012 3456 7890 123", "posConsultNo": "000123456789", "posVoucherNo": "004512"}
    here.press(at, slip="POS", BankCardType="借记卡", posIssuingBank="云桥银行", **slip)
    here.until(at, "done")
    kept = attempt_data(here.runtime.keyring, here.attempts(number)[0])
    assert kept["BankCardNo"] == "621700*********0123"
    assert (kept["posConsultNo"], kept["BankCardType"]) == ("000123456789", "借记卡")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"posConsultNo": ""}, "请照小票填写卡号、参考号和凭证号"),
        ({"BankCardNo": "12"}, "卡号不对"),
        ({"posVoucherNo": "1" * 21}, "填写的内容太长"),
    ],
)
def test_a_slip_that_cannot_be_is_said_so(changed: dict[str, str], words: str, here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    slip = {"BankCardNo": "621700*********0123", "posConsultNo": "000123456789", "posVoucherNo": "004512"}
    answer = here.press(at, slip="POS", **(slip | changed))
    assert answer.status_code == 400
    assert words in answer.text
    assert here.attempts(number) == []


def test_the_payers_code_says_itself_whose_it_is(here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    here.press(at, scan="1", code=f" {WECHAT_CODE} ")
    assert here.until(at, "confirm")["told"]["channel"] == "微信支付"
    assert here.attempts(number)[0].entry == "scanned"


@pytest.mark.parametrize("code", ["", "hello", "99" * 9, "1" * 17])
def test_a_code_that_is_nobodys_is_said_so(code: str, here: Counter, number: str) -> None:
    at = here.opened(number, desk=True)
    answer = here.press(at, scan="1", code=code)
    assert answer.status_code == 400
    assert "这个付款码认不出来" in answer.text


def test_payment_codes_are_told_apart_by_their_first_digits() -> None:
    found = {code: way_of_code(code, ("WECHAT", "ALIPAY", "CASH")) for code in (WECHAT_CODE, "28" + "1" * 16, "7" * 18)}
    assert [way.code if way else None for way in found.values()] == ["WECHAT", "ALIPAY", None]
    assert way_of_code(WECHAT_CODE, ("ALIPAY",)) is None


def test_a_phone_goes_to_where_it_pays(here: Counter, number: str) -> None:
    here.tills["WECHAT"].shows = "/sandbox/pay/"
    at = here.opened(number)
    here.press(at, way="WECHAT/phone")
    shown = here.until(at, "go")
    assert shown["go"] == f"/sandbox/pay/{shown['order_no']}"
    assert f'href="{shown["go"]}" data-go>' in here.client.get(at).text


def test_what_only_an_application_understands_is_no_link(here: Counter, number: str) -> None:
    here.tills["WECHAT"].shows = "javascript:"
    at = here.opened(number)
    here.press(at, way="WECHAT/phone")
    assert here.until(at, "go")["go"] == ""
    assert "javascript:" not in here.client.get(at).text


def test_giving_up_is_asked_for_and_closes(here: Counter, number: str) -> None:
    at = here.opened(number)
    question = here.json(at)["give_up"]
    assert "如果刚才已经付款，请选“返回”" in here.client.get(question).text
    token = re.search(r'name="token" value="([^"]+)"', here.client.get(question).text)
    assert token is not None
    assert here.client.post(at, data={"token": token[1], "give_up": "1"}).headers["location"] == at
    here.until(at, "closed")
    assert "没有收您的钱" in here.client.get(at).text
    assert here.client.get(question).headers["location"] == at
    stale = {"token": token[1], "turn": "1", "way": "WECHAT/qr"}  # a page that was made before
    answer = here.client.post(at, data=stale)
    assert answer.status_code == 409
    assert "请勿重复支付" in answer.text


def test_time_that_is_over_closes(here: Counter, number: str) -> None:
    at = here.opened(number)
    here.clock.advance(15 * 60)
    assert here.json(at)["told"]["stage"] in ("closing", "closed")
    here.until(at, "closed")


def test_what_the_his_refuses_goes_back(here: Counter, number: str) -> None:
    here.his.refuses = {"notify_recharge"}
    at = here.opened(number, desk=True)
    here.press(at, cash="1", received="100")
    here.until(at, "returned")
    text = here.client.get(at).text
    assert "账户已冻结" in text
    assert "已退回患者" in text
    assert "已退回。" in here.client.get(at.partition("?")[0]).text


def test_money_that_cannot_go_back_is_with_a_person(here: Counter, number: str) -> None:
    here.his.refuses = {"notify_recharge"}
    here.tills["CASH"].refunds = ["failed"] * 50
    at = here.opened(number, desk=True)
    here.press(at, cash="1", received="100")
    shown = here.until(at, "stuck")
    assert shown["ask_ms"] == 15_000
    assert "有据可查" in here.client.get(at).text
    here.do(here.runtime.orders.act, MERCHANT, here.row(number).trace_no, Act.SETTLE, "operator 王敏")
    here.until(at, "returned")


def test_money_paid_twice_is_told_and_goes_back(here: Counter, number: str) -> None:
    at = here.opened(number)
    here.press(at, way="WECHAT/qr")
    order_no = here.until(at, "scan")["order_no"]
    here.money = lambda name: AWAY if name == "close" else None
    here.press(here.json(at)["change_to"], way="ALIPAY/qr")
    here.until(at, "scan")
    here.tills["ALIPAY"].pay(here.row(number).order_no or "")
    here.tills["WECHAT"].pay(order_no)
    here.until(at, "done")
    here.money = lambda _: None
    here.when(at, lambda shown: [one for one in shown["told"]["surplus"] if one["becomes"] == "returned"])
    assert "重复支付" in here.client.get(at).text
    assert here.row(number).state == Trade.SUCCEEDED


def test_a_signed_in_operator_is_a_desk_and_is_audited(here: Counter, number: str) -> None:
    operators = Operators(here.runtime.database, here.runtime.wall, Passwords())
    passwords = {
        role: here.do(operators.add, "tests", f"{role.value}-{number}", role) for role in (Role.OPERATOR, Role.VIEWER)
    }
    at = here.opened(number)
    sign_in(here.client, f"viewer-{number}", passwords[Role.VIEWER])
    assert not here.json(at)["desk"]
    here.client.cookies.clear()
    sign_in(here.client, f"operator-{number}", passwords[Role.OPERATOR])
    assert here.json(at)["desk"]
    assert here.press(at, cash="1", received="100").status_code == 303
    here.until(at, "done")
    course = here.do(here.runtime.orders.course, MERCHANT, here.row(number).trace_no)
    assert f"operator-{number}" in {event.actor for event in course.events}


def test_an_address_that_is_nobodys_leads_on(here: Counter) -> None:
    for at in ("/cashier/nobody", "/cashier/nobody/now", "/cashier/nobody/give-up"):
        answer = here.client.get(at)
        assert answer.status_code == 404
        assert "没有找到这笔支付" in answer.text
    assert here.client.post("/cashier/nobody", data={"way": "WECHAT/qr"}).status_code == 404


def test_no_stage_is_a_dead_end(here: Counter, number: str) -> None:
    at = here.opened(number, amount=AMOUNT)
    for language in ("zh", "en"):
        text = here.client.get(f"{at}?lang={language}").text
        assert "<h1" in text
        assert "give-up" in text
