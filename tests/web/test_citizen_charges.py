"""A payment's page in every state, the way to the cashier and back, and to whom it is shown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.hospital import HOSPITAL
from tests.web.care import begin, care, charge_at, file_bill, link, paid, to_pay
from tests.web.town import Town, somebody
from yiqiao.ports.cashier import CashierSilent
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.region.charges.states import State
from yiqiao.web.i18n import table
from yiqiao.web.pages.citizen_charges import OPENING, TO_PAY

CHARGES = "/citizen/charges"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """The first of the sandbox's people, who owes two bills."""
    with care(tmp_path) as found:
        link(found.as_(0))
        file_bill(found, "CF1", "10.00")
        file_bill(found, "CF2", "2.34")
        yield found


def test_every_state_has_its_words() -> None:
    for stage in (*State, OPENING, TO_PAY):
        assert f"pay.title_{stage}" in table()
        assert f"pay.about_{stage}" in table() or stage is State.SETTLED
    assert all(f"pay.short_{state}" in table() for state in State)


def test_way_to_the_cashier_and_back(here: Town) -> None:
    at = begin(here, "CF1")
    till = to_pay(here, at)
    assert till == f"/sandbox/cashier/{at.rpartition('/')[2]}"
    shown = here.client.get(at).text
    for words in ("请付款", "去付款 ¥ 10.00", "不要重复支付", "先不缴了", f'href="{till}"'):
        assert words in shown
    assert 'http-equiv="refresh"' in shown
    shown = here.client.get(till).text
    assert "门诊费用" in shown or "门诊缴费" in shown
    assert f'href="{at}"' in shown
    assert here.at_cashier(till, way="wechat").headers["location"] == at
    page = charge_at(here, at, "settled", hurry=False)
    assert (page["ask_ms"], page["cashier"], page["windows"]) == (0, "", ["药房 3 号窗"])
    assert page["receipt_no"].startswith("SJ")


def test_payment_without_a_notice_is_found_on_asking(here: Town) -> None:
    at = begin(here, "CF1")
    here.at_cashier(to_pay(here, at), way="wechat", silent="1")
    shown = here.client.get(at).text
    assert "支付结果确认中，请勿重复支付" in shown
    assert "去付款" not in shown
    assert here.send(at, act="ask").headers["location"] == at
    assert charge_at(here, at, hurry=False)["told"]["stage"] == "settled"


def test_cashier_that_is_silent_leads_nobody_to_pay_again(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    at = begin(here, "CF1")
    to_pay(here, at)

    async def silent(*_: object) -> None:
        raise CashierSilent

    monkeypatch.setattr(here.runtime.cashier.__class__, "find", silent)
    shown = here.client.get(at).text
    assert "支付结果确认中，请勿重复支付" in shown
    assert "去付款" not in shown


def test_giving_up_asks_first_and_leaves_the_bill_due(here: Town) -> None:
    at = begin(here, "CF1")
    till = to_pay(here, at)
    assert "确定先不缴吗" in here.client.get(at + "/give-up").text
    here.send(at, at + "/give-up", act="give_up")
    page = charge_at(here, at)
    assert (page["told"]["stage"], page["again"]) == ("closed", "/citizen/bills")
    assert "没有付款，已经取消" in here.client.get(at).text
    assert "已关闭" in here.client.get(till).text
    assert here.client.get(at + "/give-up").headers["location"] == at
    assert begin(here, "CF1") != at


def test_bank_that_refuses_closes_it(here: Town) -> None:
    at = begin(here, "CF1")
    here.at_cashier(to_pay(here, at), way="decline")
    page = charge_at(here, at)
    assert page["told"]["stage"] == "closed"
    assert "重新缴费" in here.client.get(at).text


def test_button_pressed_too_late_is_answered_on_the_page(here: Town) -> None:
    at = paid(here, "CF1")
    answer = here.send(at, page=f"/citizen/bills?hospital={HOSPITAL}&who=me", act="give_up")
    assert answer.status_code == 409
    assert "缴费成功" in answer.text
    assert here.send(at, page="/citizen", act="nothing").status_code == 404


def test_pharmacy_is_left_out_where_the_hospital_cannot_be_asked(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    at = paid(here, "CF1")

    async def away(*_: object) -> None:
        raise HospitalUnreachable

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).outpatient.__class__, "payments", away)
    page = here.json(at)
    assert (page["told"]["stage"], page["windows"]) == ("settled", [])


def test_list_has_the_newest_first(here: Town) -> None:
    first = paid(here, "CF1")
    here.clock.advance(60)
    second = begin(here, "CF2")
    assert [one["address"] for one in here.json(CHARGES)["charges"]] == [second, first]
    shown = here.client.get(CHARGES).text
    assert "缴费成功" in shown
    assert "等待付款" in shown


def test_nobody_else_sees_it(here: Town) -> None:
    at = begin(here, "CF1")
    assert somebody(0).name not in here.client.get(at).text
    here.as_(1)
    for path in (at, at + "/give-up", at + "/now"):
        assert here.client.get(path).status_code == 404
    assert here.send(at, page="/citizen", act="give_up").status_code == 404
    assert here.json(CHARGES)["charges"] == []
    here.client.cookies.clear()
    assert "请先登录" in here.client.get(at).text
    assert here.client.get(at + "/now").status_code == 401


def test_what_is_seen_already_is_not_told_again(here: Town) -> None:
    at = begin(here, "CF1")
    to_pay(here, at)
    mark = here.json(at)["mark"]
    assert here.client.get(f"{at}/now?seen={mark}").status_code == 204
    assert "请付款" in here.client.get(f"{at}/now?seen=other").text


def test_every_state_can_be_shown(here: Town) -> None:
    at = begin(here, "CF1")
    to_pay(here, at)
    charge_id = at.rpartition("/")[2]
    for state in State:

        def put(connection: Connection, state: State = state) -> None:
            later = here.clock.now_ms() + 900_000
            connection.exec_driver_sql(
                "UPDATE charge SET state = ?, next_at = ? WHERE charge_id = ?", (state.value, later, charge_id)
            )

        here.do(here.runtime.database.write, put)
        for language in ("zh", "en"):
            answer = here.client.get(f"{at}?lang={language}")
            assert answer.status_code == 200, state
            assert 'href="/citizen' in answer.text
            assert here.client.get(f"{CHARGES}?lang={language}").status_code == 200
