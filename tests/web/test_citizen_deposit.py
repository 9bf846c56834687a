"""住院: the stay and its money, an amount that is pressed or typed, and what is shown of whose."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.support.hospital import HOSPITAL
from tests.web.care import add, care, charge_at, known_people, link, to_pay
from tests.web.town import Town, somebody
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered
from yiqiao.sandbox.visits import STAY_DAYS

DEPOSIT = "/citizen/deposit"
INSIDE = known_people()[-1]
"""By place among the sandbox's people: in hospital since four days, with nothing put down."""
CHARGED = 6900 * STAY_DAYS


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    with care(tmp_path) as found:
        yield found.as_(INSIDE)


def test_stay_is_shown_with_its_money_and_days(here: Town) -> None:
    page = here.json(DEPOSIT)
    assert (page["deposit"], page["charged"], page["balance"]) == (0, CHARGED, -CHARGED)
    assert [day["amount"] for day in page["days"]] == [6900] * STAY_DAYS
    assert page["days"] == sorted(page["days"], key=lambda day: day["day"], reverse=True)
    shown = here.client.get(DEPOSIT).text
    for words in ("预交金不够了，还差", "¥ 276.00", "一病区", "60 床", "床位费", "3000 元"):
        assert words in shown
    for value in (somebody(INSIDE).name, somebody(INSIDE).id_no, somebody(INSIDE).mobile_phone):
        assert value not in shown


@pytest.mark.parametrize(("field", "said"), [("amount", "500"), ("typed", "500"), ("typed", " 500元 ")])
def test_amount_is_put_down_and_stands_in_the_balance(field: str, said: str, here: Town) -> None:
    at = here.send(DEPOSIT, **{field: said}).headers["location"]
    assert here.at_cashier(to_pay(here, at), way="wechat").headers["location"] == at
    page = charge_at(here, at, "settled")
    assert page["told"]["amount"] == 50_000
    assert page["receipt_no"].startswith("YJ")
    shown = here.client.get(at).text
    assert "已记入住院预交金" in shown
    assert 'href="/citizen/deposit"' in shown
    assert here.json(DEPOSIT)["balance"] == 50_000 - CHARGED


@pytest.mark.parametrize("typed", ["", "0", "50001", "1.5", "-5", "abc", "１００", "1" * 30])
def test_what_is_no_amount_is_told_and_begins_nothing(typed: str, here: Town) -> None:
    answer = here.send(DEPOSIT, typed=typed)
    assert answer.status_code == 422
    assert "请填 1 到 50000 之间的整数" in answer.text
    assert here.json("/citizen/charges")["charges"] == []


def test_finger_that_presses_twice_begins_one_payment(here: Town) -> None:
    at = here.send(DEPOSIT, amount="100").headers["location"]
    assert here.send(DEPOSIT, amount="100").headers["location"] == at


def test_form_without_its_token_begins_nothing(here: Town) -> None:
    assert here.client.post(DEPOSIT, data={"amount": "100", "csrf": "forged"}).status_code == 403


def test_who_is_not_in_hospital_is_told_so(here: Town) -> None:
    assert "现在没有住院" in here.as_(0).client.get(DEPOSIT).text
    assert "现在没有住院" in here.send(DEPOSIT, page="/citizen", amount="100").text
    assert "现在没有住院" in here.client.get(f"{DEPOSIT}?hospital={HOSPITAL}&who=me").text


def test_family_member_is_paid_for_and_their_list_is_shown_with_their_card_alone(here: Town) -> None:
    who = add(here.as_(0), INSIDE)
    ask = here.json(DEPOSIT)
    assert len(ask["people"]) == 2
    assert somebody(INSIDE).name not in here.client.get(DEPOSIT).text
    at = ask["people"][1]["address"]
    page = here.json(at)
    assert (page["days"], page["balance"]) == ([], -CHARGED)
    assert "请先添加家人的就诊卡" in here.client.get(at).text
    began = here.send(at, amount="100").headers["location"]
    assert charge_at(here, began, "to_pay", hurry=False)["told"]["name"].endswith("*")
    link(here, "9800000060", who)
    assert len(here.json(at)["days"]) == STAY_DAYS


def test_stay_that_ends_meanwhile_gives_the_money_back(here: Town) -> None:
    at = here.send(DEPOSIT, amount="100").headers["location"]
    till = to_pay(here, at)

    def discharge(connection: Connection) -> None:
        connection.exec_driver_sql("UPDATE admission SET discharged_at = 1")

    here.do(here.runtime.database.write, discharge)
    here.at_cashier(till, way="wechat")
    page = charge_at(here, at)
    assert (page["told"]["stage"], page["again"]) == ("refunded", DEPOSIT)


@pytest.mark.parametrize(
    ("refusal", "told"), [(HospitalUnreachable(), "有的医院现在连不上"), (NotOffered(), "现在没有住院")]
)
def test_hospital_that_does_not_tell_is_a_sentence_with_a_way_on(
    refusal: Exception, told: str, here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise refusal

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).inpatient.__class__, "stay", refuse)
    answer = here.client.get(DEPOSIT)
    assert told in answer.text
    assert 'href="/citizen"' in answer.text


def test_hub_without_a_cashier_shows_the_stay_alone(here: Town) -> None:
    object.__setattr__(here.runtime, "cashier", NoCashier())
    shown = here.client.get(DEPOSIT).text
    assert "请到医院窗口或自助机缴费" in shown
    assert "3000 元" not in shown
