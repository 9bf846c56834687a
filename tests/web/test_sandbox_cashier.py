"""The sandbox's cashier: what it says, what its buttons do, and that nobody else than this machine gets to it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.web.conftest import browser
from tests.web.town import Town, afternoon, morning, town
from yiqiao.app.settings import Settings
from yiqiao.web.pages.sandbox_cashier import order_of


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with town(tmp_path) as found:
        yield found.as_(0)


def test_payee_and_amount_stand_first(here: Town) -> None:
    till = here.cashier(here.ordered())
    shown = here.client.get(till).text
    assert re.search(r"<h1>云桥县人民医院</h1>\s*<p class=\"amount\">¥ 27.00</p>", shown)
    for words in ("微信支付", "支付宝", "模拟支付失败", "支付成功但不通知", "沙箱选项"):
        assert words in shown


def test_number_of_the_order_is_read_from_that_of_the_trade() -> None:
    assert order_of("26111812345678901234P2") == "26111812345678901234"


@pytest.mark.parametrize("way", ["wechat", "alipay"])
def test_paying_tells_who_collects_and_leads_back(way: str, here: Town) -> None:
    at = here.ordered()
    till = here.cashier(at)
    assert here.at_cashier(till, way=way).headers["location"] == at
    here.reaches(at, "registered", hurry=False)
    assert here.json(till)["state"] == "paid"
    assert "支付成功" in here.client.get(till).text


def test_nobody_pays_twice(here: Town) -> None:
    till = here.cashier(here.ordered())
    here.at_cashier(till, way="wechat", silent="1")
    answer = here.at_cashier(till, way="wechat")
    assert answer.status_code in (403, 409)  # no form is there any more


def test_form_of_an_older_page_pays_once_and_is_told_so(here: Town) -> None:
    till = here.cashier(here.ordered())
    token = re.search(r'name="token" value="([^"]+)"', here.client.get(till).text)
    assert token is not None
    sent = {"token": token[1], "way": "wechat", "silent": "1"}
    assert here.client.post(till, data=sent).status_code == 303
    answer = here.client.post(till, data=sent)
    assert answer.status_code == 409
    assert "请勿重复支付" in answer.text


def test_form_without_its_token_pays_nothing(here: Town) -> None:
    till = here.cashier(here.ordered())
    for token in ("", "forged"):
        answer = here.client.post(till, data={"token": token, "way": "wechat"})
        assert answer.status_code == 403
    assert here.json(till)["state"] == "open"
    assert here.at_cashier(till, way="nothing").status_code == 404


def test_trade_whose_time_is_over_cannot_be_paid(here: Town) -> None:
    till = here.cashier(here.ordered())
    here.clock.advance(1801)
    assert "已超过支付时限" in here.client.get(till).text


def test_trade_that_was_closed_says_so(here: Town) -> None:
    at = here.ordered(afternoon("1"))
    till = here.cashier(at)
    here.send(at, at + "/cancel", act="give_up")
    assert here.settled(at)["told"]["state"] == "cancelled"
    assert "已关闭" in here.client.get(till).text


def test_no_other_machine_and_no_other_name_gets_to_it(here: Town) -> None:
    till = here.cashier(here.ordered(morning()))
    app = here.client.app
    assert TestClient(app, base_url="http://elsewhere.example").get(till).status_code == 404
    assert here.client.get("/sandbox/cashier/0P1").status_code == 404


def test_hub_that_is_no_sandbox_has_no_such_page(tmp_path: Path) -> None:
    with browser(Settings(data=str(tmp_path / "hub"))) as client:
        assert client.get("/sandbox/cashier/0P1").status_code == 404
        assert "暂不支持在手机上登录" in client.get("/citizen").text
