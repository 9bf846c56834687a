"""缴费: what is due is shown and chosen, and what a form claims is never believed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hospital import HOSPITAL
from tests.web.care import CARD, PATIENT, RECORD, begin, care, charge_at, file_bill, known_people, link, paid, to_pay
from tests.web.town import Town, somebody
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital.refusals import HospitalUnreachable, NotOffered
from yiqiao.sandbox.visits import OWING

BILLS = "/citizen/bills"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Town]:
    """The first of the sandbox's people, whose card is linked."""
    with care(tmp_path) as found:
        link(found.as_(0))
        yield found


def due(here: Town) -> dict[str, list[str]]:
    """The numbers of what is due, by visit."""
    return {one["serial_no"]: [bill["presc_no"] for bill in one["bills"]] for one in here.json(BILLS)["visits"]}


def test_without_a_record_the_page_asks_for_a_card(here: Town) -> None:
    shown = here.as_(1).client.get(BILLS).text
    assert "还不知道您在哪家医院看过病" in shown
    assert "/citizen/records/link?next=%2Fcitizen%2Fbills" in shown
    assert here.client.get(f"{BILLS}?{RECORD}").status_code == 404


def test_appointment_makes_somebody_known(here: Town) -> None:
    here.as_(2).registered()
    page = here.json(BILLS)
    assert page["whose"] == {"hospital": "云桥县人民医院", "name": "", "change": ""}
    assert len(page["visits"]) == 1


def test_bills_are_shown_with_their_lines(here: Town) -> None:
    file_bill(here, "CF1", "10.00", "2.34")
    shown = here.client.get(BILLS).text
    for words in ("陶文静医生开的", "¥ 12.34", "¥ 2.34", "普通门诊诊察费", "去缴费"):
        assert words in shown
    assert somebody(0).name not in shown
    assert PATIENT not in shown
    assert CARD not in shown


def test_what_is_ticked_is_paid_and_the_rest_stays_due(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    file_bill(here, "CF2", "2.34")
    at = paid(here, "CF1")
    shown = here.client.get(at).text
    for words in ("缴费成功", "¥ 10.00", "药房 3 号窗", "SJ"):
        assert words in shown
    assert due(here)["LS1"] == ["CF2"]


def test_amount_is_asked_of_the_hospital_whatever_the_form_says(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    answer = here.send(f"{BILLS}?{RECORD}", visit="LS1", bill_CF1="0.01", amount="1", total="1")
    assert here.json(answer.headers["location"])["told"]["amount"] == 1000


def test_window_only_bill_is_said_and_cannot_be_paid_here(here: Town) -> None:
    file_bill(here, "CF1", "10.00", window_only=True)
    shown = here.client.get(BILLS).text
    assert "这张只能在医院窗口缴" in shown
    assert 'name="bill_CF1"' not in shown
    answer = here.send(f"{BILLS}?{RECORD}", visit="LS1", bill_CF1="1")
    assert answer.status_code == 422


def test_nothing_ticked_is_told(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    answer = here.send(f"{BILLS}?{RECORD}", visit="LS1")
    assert answer.status_code == 422
    assert "请至少勾选一张" in answer.text


def test_bills_of_two_visits_are_two_payments(here: Town) -> None:
    file_bill(here, "CF1", "10.00", visit="LS1")
    file_bill(here, "CF2", "2.34", visit="LS2")
    assert (due(here)["LS1"], due(here)["LS2"]) == (["CF1"], ["CF2"])
    at = begin(here, "CF1", "CF2", visit="LS2")
    assert here.json(at)["told"]["amount"] == 234


def test_somebody_elses_bill_cannot_be_paid_by_its_number(here: Town) -> None:
    file_bill(here, "CF9", "10.00", patient_id="P98000000002")
    assert here.send(f"{BILLS}?{RECORD}", visit="LS1", bill_CF9="1").status_code == 422


def test_finger_that_presses_twice_begins_one_payment(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    at = begin(here, "CF1")
    to_pay(here, at)
    assert begin(here, "CF1") == at
    shown = here.client.get(BILLS).text
    assert "这张正在缴费，请不要重复缴" in shown
    assert f'href="{at}"' in shown


def test_form_without_its_token_begins_nothing(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    answer = here.client.post(f"{BILLS}?{RECORD}", data={"visit": "LS1", "bill_CF1": "1", "csrf": "forged"})
    assert answer.status_code == 403
    assert here.json("/citizen/charges")["charges"] == []


def test_nothing_due_says_so_and_leads_on(here: Town) -> None:
    link(here.as_(known_people()[OWING]), f"98{OWING + 1:08}")
    shown = here.client.get(BILLS).text
    assert "现在没有要缴的费用" in shown
    assert 'href="/citizen/charges"' in shown


@pytest.mark.parametrize("refusal", [HospitalUnreachable(), NotOffered()])
def test_hospital_that_does_not_tell_is_a_sentence_with_a_way_on(
    refusal: Exception, here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def due(_: str) -> None:
        raise refusal

    monkeypatch.setattr(here.runtime.hospitals.of(HOSPITAL).outpatient.__class__, "due", lambda *_: due(""))
    answer = here.client.get(BILLS)
    assert answer.status_code == (503 if isinstance(refusal, HospitalUnreachable) else 409)
    assert refusal.message in answer.text  # type: ignore[attr-defined]
    assert 'href="/citizen' in answer.text


def test_hub_without_a_cashier_sends_to_the_hospital(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    object.__setattr__(here.runtime, "cashier", NoCashier())
    shown = here.client.get(BILLS).text
    assert "本平台还没有开通在线缴费" in shown
    assert "去缴费" not in shown


def test_price_that_changes_meanwhile_gives_the_money_back(here: Town) -> None:
    file_bill(here, "CF1", "10.00")
    at = begin(here, "CF1")
    till = to_pay(here, at)

    def dearer(connection: object) -> None:
        connection.exec_driver_sql("UPDATE bill SET amount = 1100 WHERE presc_no = 'CF1'")  # type: ignore[attr-defined]

    here.do(here.runtime.database.write, dearer)
    here.at_cashier(till, way="alipay")
    assert charge_at(here, at)["told"]["stage"] == "refunded"
    assert "金额不符" in here.client.get(at).text
