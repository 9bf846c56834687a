"""An appointment's page from the lock to every end: what it says, what can be done, and to whom it is shown."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from tests.support.hospital import HOSPITAL
from tests.web.town import FEE, TODAY, TOMORROW, Town, afternoon, morning, somebody, town
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital.refusals import HospitalUnreachable, SoldOut
from yiqiao.region.appointments.states import State
from yiqiao.web.i18n import table
from yiqiao.web.render import environment


@pytest.fixture
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town")) as found:
        yield found.as_(0)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town(tmp_path_factory.mktemp("town"), days=10) as found:
        yield found


def test_every_state_has_its_words_in_both_languages() -> None:
    for state in State:
        for words in ("title", "about", "short"):
            assert f"visit.{words}_{state}" in table()


def test_whole_way_from_lock_to_number_and_back(here: Town) -> None:
    at = here.locked()
    shown = here.client.get(at).text
    assert "号已留好，请确认" in shown
    assert "¥ 27.00" in shown
    assert 590_000 < here.json(at)["left_ms"] <= 600_000
    here.send(at, act="confirm", pays="here")
    page = here.settled(at)
    assert (page["told"]["state"], page["acts"], page["paying"]) == ("ordered", ["pay", "give_up"], "here")
    till = here.cashier(at)
    shown = here.client.get(at).text
    assert "支付结果确认中，请勿重复支付" in shown
    assert here.at_cashier(till, way="alipay").headers["location"] == at
    page = here.reaches(at, "registered")
    shown = here.client.get(at).text
    assert "挂号成功" in shown
    assert "门诊楼二楼 3 诊室" in shown
    assert re.search(r"取号密码</dt><dd><strong[^>]*>\d{6}<", shown)
    assert "07:30–11:30" in shown
    assert "请持就诊人证件到一楼大厅取号" in shown
    assert page["paying"] == "paid"
    sure = here.client.get(at + "/cancel").text
    assert "¥ 27.00 会按原路全部退回" in sure
    here.send(at, at + "/cancel", act="give_up")
    page = here.reaches(at, "refunded")
    assert (page["money"], page["acts"], page["paying"]) == ("refunded", [], "refunded")
    shown = here.client.get(at).text
    assert "已按原路退回" in shown
    assert f"/citizen/book/day?hospital={HOSPITAL}" in shown


def test_address_of_the_cashier_is_where_the_browser_is_sent_without_script(here: Town) -> None:
    at = here.ordered()
    till = here.cashier(at)
    assert f'content="0; url={till}"' in here.client.get(at + "/pay").text
    here.at_cashier(till, way="wechat")
    here.reaches(at, "registered")
    assert here.client.get(at + "/pay").headers["location"] == at


def test_paying_at_the_hospital_needs_no_cashier(here: Town) -> None:
    at = here.locked()
    here.send(at, act="confirm", pays="there")
    page = here.settled(at)
    assert (page["told"]["state"], page["paying"], page["acts"]) == ("booked", "there", ["give_up"])
    assert "先付费取号" in here.client.get(at).text
    assert "您还没有付款" in here.client.get(at + "/cancel").text
    here.send(at, at + "/cancel", act="give_up")
    assert here.settled(at)["told"]["state"] == "cancelled"
    assert here.json(at)["paying"] == "not"


def test_hub_without_a_cashier_offers_the_hospital_alone(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    object.__setattr__(here.runtime, "cashier", NoCashier())
    at = here.locked()
    shown = here.client.get(at).text
    assert "确认预约" in shown
    assert "现在付款" not in shown
    here.send(at, act="confirm", pays="here")
    assert here.settled(at)["told"]["state"] == "booked"


def test_lock_that_is_not_confirmed_goes_and_says_why(here: Town) -> None:
    at = here.locked()
    here.hurry(601)
    here.reaches(at, "released")
    shown = here.client.get(at).text
    assert "10 分钟内没有确认" in shown
    assert "重新选择" in shown


def test_button_pressed_too_late_is_answered_on_the_page(here: Town) -> None:
    at = here.locked()
    here.clock.advance(601)
    answer = here.send(at, act="confirm", pays="here")
    assert answer.status_code == 409
    assert "已超过时限" in answer.text or "请稍候" in answer.text


def test_giving_up_what_is_only_locked_asks_first_and_costs_nothing(here: Town) -> None:
    at = here.locked()
    assert "不约了" in here.client.get(at).text
    assert "取消后不收任何费用" in here.client.get(at + "/cancel").text
    here.send(at, at + "/cancel", act="give_up")
    assert here.settled(at)["told"]["state"] == "released"
    assert here.json(at)["told"]["reason"] == ""  # they know that it was themselves


def test_order_that_is_not_paid_in_time_is_cancelled(here: Town) -> None:
    at = here.ordered()
    here.hurry(1801)
    here.as_(0)  # half an hour is also what a session lasts
    assert here.settled(at)["told"]["state"] == "cancelled"
    assert "30 分钟内没有支付" in here.client.get(at).text


def test_payment_that_fails_is_said_and_can_be_made_again(here: Town) -> None:
    at = here.ordered()
    assert here.at_cashier(here.cashier(at), way="decline").headers["location"] == at
    page = here.reaches(at, "ordered")
    assert "支付渠道拒绝了这笔支付" in page["told"]["reason"]
    again = here.cashier(at)
    assert again.endswith("P2")
    here.at_cashier(again, way="wechat")
    here.reaches(at, "registered")


def test_payment_without_a_notice_is_found_by_asking(here: Town) -> None:
    at = here.ordered()
    till = here.cashier(at)
    answer = here.at_cashier(till, way="wechat", silent="1")
    assert answer.headers["location"] == till
    assert here.json(at)["told"]["state"] == "paying"
    assert here.send(at, act="ask").headers["location"] == at
    here.reaches(at, "registered", hurry=False)


def test_slow_refund_is_shown_as_under_way_until_it_is_done(here: Town) -> None:
    at = here.registered(refunds="slow")
    here.send(at, at + "/cancel", act="give_up")
    page = here.reaches(at, "refunding", hurry=False)
    assert page["money"] == "paid"
    assert "会按原路退回" in here.client.get(at).text
    here.reaches(at, "refunded")


def test_refund_that_fails_is_with_the_staff_and_the_page_says_so(here: Town) -> None:
    at = here.registered(refunds="failed")
    here.send(at, at + "/cancel", act="give_up")
    page = here.reaches(at, "stuck")
    assert page["acts"] == []
    shown = here.client.get(at).text
    assert "工作人员正在处理" in shown
    assert "有据可查" in shown


def test_hospital_that_has_no_unit_left_is_told_in_its_words(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise SoldOut

    monkeypatch.setattr(type(here.runtime.hospitals.of(HOSPITAL).booking), "lock", full)
    at = here.begin()
    page = here.reaches(at, "refused")
    assert page["told"]["tone"] == "bad"
    shown = here.client.get(at).text
    assert "号已满" in shown
    assert "没有向您收费" in shown
    assert "重新选择" in shown


def test_hospital_that_does_not_answer_keeps_the_page_asking(here: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise HospitalUnreachable

    booking = type(here.runtime.hospitals.of(HOSPITAL).booking)
    real = booking.lock
    monkeypatch.setattr(booking, "lock", away)
    at = here.begin()
    page = here.json(at)
    assert (page["told"]["state"], page["ask_ms"], page["acts"]) == ("locking", 1000, [])
    assert '<noscript><meta http-equiv="refresh" content="2">' in here.client.get(at).text
    monkeypatch.setattr(booking, "lock", real)
    here.reaches(at, "locked")


def test_session_called_off_gives_the_money_back(here: Town) -> None:
    at = here.registered()
    order_id = at.rpartition("/")[2]

    def stop(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE registration_order SET state = 'stopped' WHERE order_id = ?", (order_id,))
        connection.exec_driver_sql(
            "UPDATE appointment SET state = 'checking', next_at = 0, version = version + 1 WHERE order_id = ?",
            (order_id,),
        )
        connection.exec_driver_sql("UPDATE job SET run_at = 0 WHERE unique_key = ?", (order_id,))

    here.do(here.runtime.database.write, stop)
    here.reaches(at, "stopped")
    shown = here.client.get(at).text
    assert "医院停诊" in shown
    assert "已按原路退回" in shown


def test_what_is_new_is_told_once(shared: Town) -> None:
    shared.as_(1)
    at = shared.locked(morning())
    mark = shared.json(at)["mark"]
    assert shared.client.get(f"{at}/now?seen={mark}").status_code == 204
    fresh = shared.client.get(f"{at}/now?seen=older")
    assert fresh.status_code == 200
    assert fresh.text.lstrip().startswith('<div id="standing"')
    shared.client.cookies.clear()
    assert shared.client.get(f"{at}/now").status_code == 401


def test_appointment_of_somebody_else_is_not_found(shared: Town) -> None:
    at = shared.as_(2).locked(afternoon("1"))
    shared.as_(3)
    for address in (at, at + "/pay", at + "/cancel"):
        answer = shared.client.get(address)
        assert answer.status_code == 404
        assert somebody(2).name not in answer.text
        assert "没有这个预约" in answer.text
    assert shared.client.get(at + "/now").status_code == 404
    assert shared.client.post(at, data={"act": "give_up", "csrf": "x"}).status_code == 404
    assert shared.client.get("/citizen/appointments/nothing").status_code == 404
    assert at not in shared.client.get("/citizen/appointments").text
    shared.as_(2)
    assert shared.json(at)["told"]["state"] == "locked"


def test_button_without_the_token_does_nothing(shared: Town) -> None:
    at = shared.as_(4).locked(afternoon("2"))
    for act in ("confirm", "give_up", "pay", "ask"):
        answer = shared.client.post(at, data={"act": act, "csrf": "forged"})
        assert answer.status_code == 403
    assert shared.json(at)["told"]["state"] == "locked"
    assert shared.send(at, act="refund").status_code == 404  # an operator's


def test_list_has_the_newest_first_and_home_what_waits_or_comes_next(shared: Town) -> None:
    shared.as_(5)
    assert "您还没有预约" in shared.client.get("/citizen/appointments").text
    far = shared.locked(morning(TODAY + timedelta(days=3)))
    shared.send(far, act="confirm", pays="there")
    shared.settled(far)
    shared.hurry(1)
    soon = shared.locked(morning(TODAY + timedelta(days=2)))
    listed = shared.json("/citizen/appointments")["appointments"]
    assert [one["address"] for one in listed] == [soon, far]
    home = shared.json("/citizen")
    assert (home["next"]["address"], home["waits"]) == (soon, True)
    shared.send(soon, act="confirm", pays="there")
    shared.settled(soon)
    home = shared.json("/citizen")
    assert (home["next"]["address"], home["waits"]) == (soon, False)
    shown = shared.client.get("/citizen/appointments").text
    assert "预约成功，到院支付" in shown


def test_pages_hold_no_personal_number_and_addresses_nothing_personal(shared: Town) -> None:
    shared.as_(6)
    at = shared.locked(morning(TOMORROW + timedelta(days=3)))
    person = somebody(6)
    for address in ("/citizen", "/citizen/appointments", at, at + "/cancel"):
        shown = shared.client.get(address).text
        for value in (person.name, person.id_no, person.mobile_phone, person.birthday):
            assert value not in shown
    assert person.id_no not in at
    assert shared.json(at)["told"]["fee"] == FEE


def test_every_state_can_be_shown(shared: Town) -> None:
    at = shared.as_(8).locked(morning(TODAY + timedelta(days=5)))
    view = shared.json(at)
    template = environment().get_template("fragments/appointment.html")
    assert template is not None
    order_id = at.rpartition("/")[2]
    for state in State:

        def put(connection: Connection, state: State = state) -> None:
            later = shared.clock.now_ms() + 900_000
            connection.exec_driver_sql(
                "UPDATE appointment SET state = ?, next_at = ?, deadline = ? WHERE order_id = ?",
                (state.value, later, later, order_id),
            )

        shared.do(shared.runtime.database.write, put)
        for language in ("zh", "en"):
            answer = shared.client.get(f"{at}?lang={language}")
            assert answer.status_code == 200, state
            assert 'href="/citizen' in answer.text
    shared.client.cookies.delete("yiqiao_lang")
    assert view["told"]["state"] == "locked"
