"""What is owed, paid and put down at a hospital elsewhere, to the 分."""

from dataclasses import replace
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger, result
from tests.hospital.billing.till import ID_NO, INSURED_ID_NO, NAME, STAY, Till
from yiqiao.ports.hospital.booking import Serial
from yiqiao.ports.hospital.inpatient import DepositQuestion, DepositWish
from yiqiao.ports.hospital.outpatient import PaymentQuestion, PaymentState, PaymentWish, RefundWish
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    HospitalUnreachable,
    NoSuchRecord,
    NotOffered,
    TransactionFailed,
)
from yiqiao.ports.insured import Presettlement

ANY = Serial("", "DD1", b"", 0)


@pytest.fixture
def till(clinic: Elsewhere) -> Till:
    """The money of the clinic, by its own tables."""
    return Till(clinic.hub.runtime.database, clinic.hub.clock, clinic.hub.runtime.keyring)


def payment(at: Elsewhere, who: str | None, presc_nos: tuple[str, ...], total: int, **more: Any) -> PaymentWish:
    base = PaymentWish(at.serial("DD1"), who, "LS1", presc_nos, "2", total, total, insured=False)
    return replace(base, **more)


async def test_bills_are_what_they_are_here(clinic: Elsewhere, till: Till) -> None:
    who = await till.patient()
    await till.bill("CF1", who, "1.3996", "30")
    await till.bill("CF2", who, "7.05", window_only=True)
    here = await clinic.here.outpatient.due(who)
    assert await clinic.there.outpatient.due(who) == here
    assert len(here) == 2
    for nobody in ("P1", await till.patient(INSURED_ID_NO)):
        with pytest.raises(NoSuchRecord):
            await clinic.there.outpatient.due(nobody)


async def test_bills_are_paid_shown_and_given_back(clinic: Elsewhere, till: Till) -> None:
    """payments, payments.refund"""
    who = await till.patient()
    total = await till.bill("CF1", who, "1.3996", "30") + await till.bill("CF2", who, "2.5")
    paid = result(await clinic.there.outpatient.pay(payment(clinic, who, ("CF1", "CF2"), total)))
    (here,) = await clinic.here.outpatient.payments(PaymentQuestion(trade_no="DD1"))
    assert paid == replace(here, patient_name="")
    assert await till.books() == {"platform": total, "income": -total}
    for asked in (
        PaymentQuestion(trade_no="DD1"),
        PaymentQuestion(receipt_no=here.receipt_no),
        PaymentQuestion(presc_no="CF2"),
        PaymentQuestion(card_no=who, first_day="2026-11-20", last_day="2026-11-20"),
    ):
        assert await clinic.there.outpatient.payments(asked) == (here,)
    with pytest.raises(DuplicateSerial):
        await clinic.there.outpatient.pay(payment(clinic, who, ("CF1", "CF2"), total))
    wish = RefundWish(clinic.serial("DD1"), who, ("CF1", "CF2"), "LS1", here.receipt_no)
    back = result(await clinic.there.outpatient.refund(wish))
    assert back == replace(here, patient_name="", windows=(), amount=0, state=PaymentState.REFUNDED, paid_at=0)
    (now,) = await clinic.there.outpatient.payments(PaymentQuestion(trade_no="DD1"))
    assert now == replace(here, state=PaymentState.REFUNDED)
    assert await till.books() == {}
    assert result(await clinic.there.outpatient.refund(wish)) == back
    with pytest.raises(NoSuchRecord):
        await clinic.there.outpatient.payments(PaymentQuestion(trade_no="DD9"))
    with pytest.raises(NoSuchRecord, match="没有这笔缴费记录"):
        await clinic.there.outpatient.refund(RefundWish(clinic.serial("DD9")))


async def test_the_insurer_pays_its_part(clinic: Elsewhere, till: Till) -> None:
    who = await till.patient(INSURED_ID_NO)
    total = await till.bill("CF1", who, "100")
    settled = await clinic.there.outpatient.presettle(who)
    assert settled == await clinic.here.outpatient.presettle(who)
    assert 0 < settled.own_part < total
    wish = payment(clinic, who, ("CF1",), total, amount=settled.own_part, insured=True)
    assert result(await clinic.there.outpatient.pay(wish)).amount == settled.own_part
    assert (await till.books())["insurer"] == settled.insured_part


async def test_what_cannot_be_paid_says_why(clinic: Elsewhere, till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    for wish, told in (
        (payment(clinic, who, ("CF1",), total + 1), "金额不符"),
        (payment(clinic, who, ("CF9",), total), "没有这张处方"),
    ):
        with pytest.raises(TransactionFailed, match=told):
            await clinic.there.outpatient.pay(wish)
    assert await till.states("CF1") == ["due"]


@pytest.mark.parametrize("either", ["jkt"], indirect=True)
async def test_where_bills_alone_are_named_they_are_paid_too(either: Elsewhere) -> None:
    till = Till(either.hub.runtime.database, either.hub.clock, either.hub.runtime.keyring)
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    paid = result(await either.there.outpatient.pay(payment(either, None, ("CF1",), total)))
    (here,) = await either.here.outpatient.payments(PaymentQuestion(trade_no="DD1"))
    assert paid == replace(here, patient_id="", patient_name="", windows=())
    for asked in (
        either.there.outpatient.due(who),
        either.there.outpatient.presettle(who),
        either.there.outpatient.refund(RefundWish(ANY)),
        either.there.outpatient.pay(payment(either, who, ("CF1",), total, pay_mode="cash")),
        either.there.inpatient.stay(ID_NO, NAME),
        either.there.inpatient.daily(ID_NO, NAME),
    ):
        with pytest.raises(NotOffered, match="请到医院窗口办理"):
            await asked


def deposit(at: Elsewhere, order: str, amount: int, **more: Any) -> DepositWish:
    base = DepositWish(at.serial(order), STAY, amount, 2, "0007", certificate_no=ID_NO, name=NAME)
    return replace(base, **more)


async def test_a_stay_its_deposits_and_its_daily_lists(clinic: Elsewhere, till: Till) -> None:
    """deposit, deposit.records, daily-list"""
    await till.stay(await till.patient())
    inpatient, here = clinic.there.inpatient, clinic.here.inpatient
    made = result(await inpatient.put_down(deposit(clinic, "DD1", 100_050)))
    clinic.hub.clock.advance(60)
    await inpatient.put_down(deposit(clinic, "DD2", 1))
    for who in ((ID_NO, NAME), (ID_NO, None), (None, NAME)):
        assert await inpatient.stay(*who) == await here.stay(*who)
        assert await inpatient.daily(*who) == await here.daily(*who)
    for asked in (
        DepositQuestion(inpatient_no=STAY),
        DepositQuestion(trade_no="DD1"),
        DepositQuestion(certificate_no=ID_NO, first_day="2026-11-20", last_day="2026-11-20"),
    ):
        known = [replace(one, total=0, balance=0) for one in await here.deposits(asked)]
        assert list(await inpatient.deposits(asked)) == known
    assert (made.receipt_no, made.total, made.balance) == (known[-1].receipt_no, 100_050, 100_050 - 4_500)
    with pytest.raises(DuplicateSerial):
        await inpatient.put_down(deposit(clinic, "DD1", 100_050))
    with pytest.raises(TransactionFailed, match="姓名或身份证号与住院号不一致"):
        await inpatient.put_down(deposit(clinic, "DD3", 1, name="别人"))
    with pytest.raises(NoSuchRecord):
        await inpatient.deposits(DepositQuestion(trade_no="DD9"))
    with pytest.raises(NoSuchRecord):
        await inpatient.stay(INSURED_ID_NO, None)
    with pytest.raises(NoSuchRecord):
        await inpatient.daily(INSURED_ID_NO, None)


async def test_results_within_an_answer_are_read(stranger: Stranger) -> None:
    outpatient = stranger.hospital.outpatient
    wish = PaymentWish(ANY, "P1", "LS1", ("CF1",), "2", 100, 100, insured=False)
    stranger.says("opPay", Result_Code="0001", Error_Msg="处方已作废")
    with pytest.raises(TransactionFailed, match="处方已作废"):
        await outpatient.pay(wish)
    stranger.says("opPay", Result_Code="0", Result_Data={"RECEIPT_NO": "SJ1", "DRUG_WINDOWS": ""})
    assert result(await outpatient.pay(wish)).receipt_no == "SJ1"
    stranger.says("queryAppPayInfo", Result_Code="0001")
    with pytest.raises(TransactionFailed, match="未说明原因"):
        await outpatient.due("P1")
    stranger.says("queryAppPayInfo", Result_Code="0000", Result_Data="")
    with pytest.raises(NoSuchRecord):
        await outpatient.due("P1")
    line = {"PRESC_NO": "CF1", "PAY_COSTS": "12.3", "AMOUNT": "", "PRICE": "", "VISIT_DATE": "20261120"}
    stranger.says("queryAppPayInfo", Result_Data={"Record_List": {"Record_Info": [line, {**line, "PAY_COSTS": "1"}]}})
    (bill,) = await outpatient.due("P1")
    assert (bill.amount, bill.patient_id, bill.visit_day, len(bill.lines)) == (1330, "P1", "2026-11-20", 2)
    stranger.says("queryAppPayInfo", Result_Data={"Record_List": {"Record_Info": {**line, "PAY_COSTS": "约十元"}}})
    with pytest.raises(HospitalUnreachable, match="应答"):
        await outpatient.due("P1")


async def test_what_did_not_come_about_was_not_paid(stranger: Stranger) -> None:
    one = {"OUT_TRADE_NO": "DD1", "RECEIPT_NO": "SJ1", "AMOUNT": "1.00", "HIS_PAY_TIME": "2026-11-20 08:00:00"}
    stranger.says("PayMentRecords", **one, STATUS="2")
    asked = PaymentQuestion(trade_no="DD1")
    with pytest.raises(NoSuchRecord):
        await stranger.hospital.outpatient.payments(asked)
    stranger.says("PayMentRecords", **one, STATUS="1")
    (found,) = await stranger.hospital.outpatient.payments(asked)
    assert (found.trade_no, found.amount, found.state) == ("DD1", 100, PaymentState.PAID)
    stranger.says("HospitalPrefeeRecords", OUT_TRADE_NO="DD1", STATUS="0", DEPO_AMOUNT="5")
    with pytest.raises(NoSuchRecord):
        await stranger.hospital.inpatient.deposits(DepositQuestion(trade_no="DD1"))


async def test_sums_that_a_hospital_leaves_out_are_those_that_the_others_make(stranger: Stranger) -> None:
    inpatient, outpatient = stranger.hospital.inpatient, stranger.hospital.outpatient
    for told, sums in (
        ({"BALANCE": "5.5", "CHARGE_AMOUNT": "10"}, (1550, 1000)),
        ({"DEPO_AMOUNT": "20.00", "BALANCE": "5"}, (2000, 1500)),
        ({"DEPO_AMOUNT": "20", "CHARGE_AMOUNT": "-0.01"}, (2000, -1)),
    ):
        stranger.says("HospitalPrefee", INPATIENT_NO="ZY1", **told)
        stay = await inpatient.stay(ID_NO, None)
        assert (stay.deposit, stay.charged, stay.balance) == (*sums, sums[0] - sums[1])
    stranger.says("HospitalPrefee", INPATIENT_NO="ZY1")
    with pytest.raises(HospitalUnreachable):
        await inpatient.stay(ID_NO, None)
    stranger.says("HospitalPrefeePay", RECEIPT_NO="YJ1", DEPO_AMOUNT="1.00", BALANCE="3.00")
    wish = DepositWish(ANY, STAY, 100, 2, "", certificate_no=ID_NO, name=NAME)
    put = result(await inpatient.put_down(wish))
    assert (put.amount, put.total, put.balance, put.at) == (100, 0, 300, 0)
    for settled, told in (
        (Presettlement(1000, 400, code_due=True), {"AMOUNT": "10", "SELF_AMOUNT": "6", "DAE168": "1"}),
        (Presettlement(1000, 0, code_due=False), {"AMOUNT": "10"}),
    ):
        stranger.says("PresettleClinic", **told)
        assert await outpatient.presettle("P1") == settled
    stranger.says("PresettleClinic")
    with pytest.raises(HospitalUnreachable):
        await outpatient.presettle("P1")
