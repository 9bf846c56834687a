"""Merchants in the console: filed and changed by right, their secret shown once, their books added up and closed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.region.payments.world import MERCHANT, SECRET
from tests.web.conftest import sign_in
from tests.web.counter import Counter, counter
from tests.web.test_cards import add_operator, audited, csrf_of
from yiqiao.partners.roles import Role
from yiqiao.web.desk_money import CannotBe, cash, slip
from yiqiao.web.i18n import table
from yiqiao.web.merchant_form import MerchantFaults, wish_of
from yiqiao.web.payment_money import account_name
from yiqiao.web.spoken import signed

AT = "/console/merchants"
BOOKS = f"{AT}/{MERCHANT}/accounts"
GOOD = {
    "name": "云桥县中医院（住院）",
    "merchant_id": "YQZY0002",
    "hospital_id": "9851002",
    "account_type": "02",
    "channel.CASH": "on",
    "approval_above": "5000",
    "pay_minutes": "30",
    "notify_urls": "https://his.example/pay\nhttps://his.example/again",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the hub."""
    return tmp_path_factory.mktemp("merchants")


@pytest.fixture(scope="module")
def opened(folder: Path) -> Iterator[tuple[Counter, dict[str, str]]]:
    """A hub with a merchant that has taken money and given some of it back, and its people."""
    with counter(folder) as here:
        people = {role.value: add_operator(folder, role.value, role) for role in Role}
        here.paid("C1", 10_000)
        here.give_back("F1", "C1", 4000)
        here.hurry(5)
        yield here, people


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


def send(client: TestClient, at: str, page: str = "", **values: str) -> Any:
    return client.post(at, data={"csrf": csrf_of(client.get(page or at)), **values})


def settings(client: TestClient, merchant_id: str = MERCHANT) -> Any:
    return client.get(f"{AT}/{merchant_id}?format=json").json()["settings"]


def test_a_merchant_is_filed_and_its_secret_is_shown_once(console: TestClient, folder: Path) -> None:
    answer = send(console, AT, f"{AT}/new", **GOOD)
    secret = re.search(r'id="merchant-secret">([0-9a-f]{32})<', answer.text)
    assert secret is not None
    assert audited(folder)[0][:2] == ("merchant.add", "YQZY0002")
    page = console.get(f"{AT}/YQZY0002").text
    assert secret[1] not in page + console.get(AT).text
    kept = settings(console, "YQZY0002")
    assert (kept["approval_above"], kept["pay_minutes"], kept["channels"]) == (500_000, 30, ["CASH"])
    again = send(console, AT, f"{AT}/new", **GOOD)
    assert again.status_code == 400
    assert "已经登记过" in again.text


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "1 至 64 个字"),
        ({"merchant_id": "a b"}, "4 至 32 位"),
        ({"hospital_id": ""}, "请填医院编号"),
        ({"account_type": "09"}, "请选择账户类型"),
        ({"approval_above": "many"}, "请填金额"),
        ({"approval_above": "9999999"}, "不超过 100 万元"),
        ({"pay_minutes": "0"}, "1 至 1440"),
        ({"notify_urls": "ftp://his.example/"}, "http 或 https"),
        ({"notify_urls": "https://user:word@his.example/"}, "http 或 https"),
        ({"notify_urls": "http://[his"}, "http 或 https"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(changed: dict[str, str], words: str, console: TestClient) -> None:
    answer = send(console, AT, f"{AT}/new", **(GOOD | {"merchant_id": "YQZY0003"} | changed))
    assert answer.status_code == 400
    assert words in answer.text
    assert console.get(f"{AT}/YQZY0003").status_code == 404


def test_every_fault_has_its_words() -> None:
    with pytest.raises(MerchantFaults) as found:
        wish_of({"approval_above": "x", "notify_urls": "x"}, new=True)
    assert {f"merchants.fault_{what}" for what in found.value.faults.values()} <= set(table())


def test_settings_are_changed_by_right_and_audited(opened: tuple[Counter, dict[str, str]], folder: Path) -> None:
    client = seen_by(opened, "administrator")
    shown = client.get(f"{AT}/{MERCHANT}?format=json").json()
    sent = {"act": "revise", "seen": str(shown["changed_at"]), "name": "云桥县人民医院", "approval_above": "88.50"}
    ticks = {f"channel.{code}": "on" for code in ("WECHAT", "ALIPAY", "CASH", "POS")}
    answer = send(client, f"{AT}/{MERCHANT}", **sent, **ticks, pay_minutes="20", notify_urls="")
    assert answer.status_code == 303
    kept = settings(client)
    assert (kept["approval_above"], kept["pay_minutes"]) == (8850, 20)
    assert audited(folder)[0][:2] == ("merchant.revise", MERCHANT)
    late = send(client, f"{AT}/{MERCHANT}", **sent, **ticks, pay_minutes="25", notify_urls="")
    assert late.status_code == 409
    assert "商户在此期间已被修改" in late.text
    assert settings(client)["pay_minutes"] == 20


def test_a_change_that_cannot_be_keeps_what_was_typed(console: TestClient) -> None:
    shown = console.get(f"{AT}/{MERCHANT}?format=json").json()
    sent = {"act": "revise", "seen": str(shown["changed_at"]), "name": "新名称", "pay_minutes": "forever"}
    answer = send(console, f"{AT}/{MERCHANT}", **sent)
    assert answer.status_code == 400
    assert 'value="forever"' in answer.text


def test_a_merchant_is_disabled_and_enabled_again(console: TestClient) -> None:
    for act, enabled in (("disable", False), ("enable", True)):
        assert send(console, f"{AT}/{MERCHANT}", act=act).status_code == 303
        assert console.get(f"{AT}/{MERCHANT}?format=json").json()["line"]["enabled"] is enabled
    assert send(console, f"{AT}/{MERCHANT}", act="nonsense").status_code == 400


@pytest.mark.parametrize("name", ["viewer", "operator", "approver"])
def test_others_look_and_change_nothing(name: str, opened: tuple[Counter, dict[str, str]]) -> None:
    client = seen_by(opened, name)
    csrf = csrf_of(client.get("/console"))
    text = client.get(AT).text + client.get(f"{AT}/{MERCHANT}").text
    assert "登记商户" not in text
    assert "修改" not in text
    assert SECRET not in text
    assert client.get(f"{AT}/new").status_code == 403
    assert client.post(AT, data={"csrf": csrf, **GOOD}).status_code == 403
    assert client.post(f"{AT}/{MERCHANT}", data={"csrf": csrf, "act": "disable"}).status_code == 403


def test_the_books_add_up_to_nothing(console: TestClient, opened: tuple[Counter, dict[str, str]]) -> None:
    shown = console.get(f"{BOOKS}?format=json").json()
    by_kind = {line["account"]["kind"]: line["balance"] for line in shown["lines"]}
    assert (by_kind["channel"], shown["deposits"], shown["total"]) == (6000, -6000, 0)
    assert shown["patients"] == 1
    assert "−¥ 60.00" in console.get(BOOKS).text


def test_an_account_tells_its_days(console: TestClient) -> None:
    link = next(one["link"] for one in console.get(f"{BOOKS}?format=json").json()["lines"] if one["balance"])
    shown = console.get(f"{link}&format=json").json()
    assert [one["amount"] for one in shown["entries"]] == [10_000, -4000]
    assert (shown["opening"], shown["closing"]) == (0, 6000)
    assert [one["balance"] for one in shown["entries"]] == [10_000, 6000]
    assert console.get(f"{link}&since=2026-13-01").status_code == 400
    assert console.get(f"{AT}/{MERCHANT}/statement").status_code == 404


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_a_statement_is_downloaded_in_either_encoding(encoding: str, console: TestClient) -> None:
    answer = console.get(f"{AT}/{MERCHANT}/statement.csv?encoding={encoding}")
    assert answer.status_code == 200
    text = answer.content.decode("gb18030" if encoding == "gbk" else "utf-8-sig")
    assert "CHANNEL_TRACENO" in text
    assert "C1" in text
    assert ".csv" in answer.headers["content-disposition"]
    assert console.get(f"{AT}/{MERCHANT}/statement.csv?since=x").status_code == 400


def test_a_day_is_closed_by_an_approver_once_it_is_over(opened: tuple[Counter, dict[str, str]], folder: Path) -> None:
    here, _ = opened
    approver = seen_by(opened, "approver")
    day = approver.get(f"{BOOKS}?format=json").json()["next_day"]
    early = approver.post(BOOKS, data={"csrf": csrf_of(approver.get("/console")), "day": day})
    assert early.status_code == 409
    assert "还没有结束" in early.text
    here.clock.advance(25 * 3600)
    approver = seen_by(opened, "approver")
    assert f"日结 {day}" in approver.get(BOOKS).text
    assert send(approver, BOOKS, day=day).status_code == 303
    assert [one["day"] for one in approver.get(f"{BOOKS}?format=json").json()["closings"]] == [day]
    assert audited(folder)[0][:2] == ("payment.close_day", f"{MERCHANT}/{day}")
    assert seen_by(opened, "operator").post(BOOKS, data={"csrf": "x", "day": day}).status_code == 403


def test_what_there_is_not_is_not_found(console: TestClient) -> None:
    for at in ("NOBODY", "NOBODY/accounts", "NOBODY/statement?account=x", "NOBODY/statement.csv"):
        assert console.get(f"{AT}/{at}").status_code == 404


def test_accounts_are_named_for_people() -> None:
    found = [
        account_name(one) for one in ("channel/WECHAT", "channel/HAND", "transit", "suspense", "deposit/01/abcdef0123")
    ]
    assert [(one.kind, one.name) for one in found] == [
        ("channel", "微信支付"),
        ("hand", ""),
        ("transit", ""),
        ("suspense", ""),
        ("deposit", "abcdef01"),
    ]
    assert {f"payments.account_{one.kind}" for one in found} <= set(table())


def test_amounts_below_nothing_have_a_sign() -> None:
    assert [signed(fen) for fen in (-123_450, 0, 5)] == ["−¥ 1,234.50", "¥ 0.00", "¥ 0.05"]


@pytest.mark.parametrize(("text", "fen"), [("100", 10_000), ("1,000.5", 100_050), (" 86.50 ", 8650)])
def test_cash_is_read_as_people_write_it(text: str, fen: int) -> None:
    assert cash(text, 1) == fen


def test_a_slip_keeps_what_it_was_told_and_no_more() -> None:
    told = slip({"BankCardNo": "6217001234567890", "posConsultNo": "1", "posVoucherNo": "2", "BankCardType": "x"})
    assert told == {"BankCardNo": "621700******7890", "posConsultNo": "1", "posVoucherNo": "2"}
    with pytest.raises(CannotBe):
        slip({})
