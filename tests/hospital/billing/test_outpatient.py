"""What an outpatient owes is paid once, to the 分, by whoever asks first; given back once; and the books add up."""

import asyncio

import pytest

from tests.hospital.billing.till import CAREFUL_ID_NO, INSURED_ID_NO, Till
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.outpatient import PaymentQuestion
from yiqiao.ports.hospital.refusals import (
    AmountMismatch,
    BillSettled,
    CodeMissing,
    DuplicateSerial,
    NoSuchRecord,
    RefundMismatch,
    UnknownBill,
    UnknownPatient,
)


async def test_bills_are_shown_paid_and_shown_no_more(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "1.3996", "30") + await till.bill("CF2", who, "0.0050")
    assert total == 140 + 3000 + 1
    assert [bill.presc_no for bill in await till.outpatient.due(who)] == ["CF1", "CF2"]
    paid = await till.pay("DD1", who, ("CF1", "CF2"), total)
    assert (paid.trade_no, paid.patient_id, paid.patient_name) == ("DD1", who, "柳成荫")
    with pytest.raises(NoSuchRecord):
        await till.outpatient.due(who)
    assert await till.books() == {"platform": total, "income": -total}
    (found,) = await till.outpatient.payments(PaymentQuestion(presc_no="CF2"))
    assert found.trade_no == "DD1"


async def test_a_repeat_is_refused_and_moves_nothing(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    await till.pay("DD1", who, ("CF1",), total)
    with pytest.raises(DuplicateSerial) as same:
        await till.pay("DD1", who, ("CF1",), total)
    assert same.value.identical
    await till.bill("CF2", who, "30")
    with pytest.raises(DuplicateSerial) as other:
        await till.pay("DD1", who, ("CF2",), total)
    assert not other.value.identical
    with pytest.raises(BillSettled):
        await till.pay("DD2", who, ("CF1",), total)
    assert await till.books() == {"platform": total, "income": -total}


@pytest.mark.parametrize("said", [-1, 1])
async def test_a_fen_too_much_or_too_little_is_refused(till: Till, said: int) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    with pytest.raises(AmountMismatch):
        await till.pay("DD1", who, ("CF1",), total + said)
    with pytest.raises(AmountMismatch):
        await till.pay("DD1", who, ("CF1",), total, amount=total + said)
    assert await till.states("CF1") == ["due"]
    assert await till.books() == {}


async def test_bills_of_others_unknown_ones_and_those_for_the_window_are_refused(till: Till) -> None:
    who, other = await till.patient(), await till.patient(INSURED_ID_NO)
    total = await till.bill("CF1", who, "30")
    theirs = await till.bill("CF2", other, "5")
    await till.bill("CF3", who, "7", window_only=True)
    for presc_nos, amount in ((("CF1", "CF2"), total + theirs), (("CF2",), theirs), (("CF9",), 1), ((), 0)):
        with pytest.raises(UnknownBill):
            await till.pay("DD1", who, presc_nos, amount)
    with pytest.raises(UnknownBill):
        await till.pay("DD1", None, ("CF1", "CF2"), total + theirs)
    with pytest.raises(BillSettled, match="窗口"):
        await till.pay("DD1", who, ("CF3",), 700)
    with pytest.raises(UnknownPatient):
        await till.pay("DD1", "P0", ("CF1",), total)
    assert await till.books() == {}


async def test_who_names_only_the_bills_pays_them_too(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    assert (await till.pay("DD1", None, ("CF1",), total)).patient_id == who


async def test_the_insurer_s_part_is_entered_as_the_insurer_s(till: Till) -> None:
    who = await till.patient(INSURED_ID_NO)
    total = await till.bill("CF1", who, "110")
    assert (await till.outpatient.presettle(who)).insured_part == 5500
    with pytest.raises(AmountMismatch):
        await till.pay("DD1", who, ("CF1",), total, insured=True)
    await till.pay("DD1", who, ("CF1",), total, amount=5500, insured=True)
    assert await till.books() == {"platform": 5500, "insurer": 5500, "income": -11_000}
    await till.refund("DD1")
    assert await till.books() == {}


async def test_a_code_that_the_insurer_wants_must_come(till: Till) -> None:
    who = await till.patient(CAREFUL_ID_NO)
    total = await till.bill("CF1", who, "100")
    with pytest.raises(CodeMissing):
        await till.pay("DD1", who, ("CF1",), total, amount=5000, insured=True)
    await till.pay("DD1", who, ("CF1",), total, amount=5000, insured=True, code="123456")


async def test_money_is_given_back_once_and_as_a_whole(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30") + await till.bill("CF2", who, "5")
    paid = await till.pay("DD1", who, ("CF1", "CF2"), total)
    for stated in (
        {"presc_nos": ("CF1",)}, {"receipt_no": "SJ0"}, {"patient_id": "P0"}, {"serial_no": "LS9"},
    ):  # fmt: skip
        with pytest.raises(RefundMismatch):
            await till.refund("DD1", **stated)
    with pytest.raises(NoSuchRecord):
        await till.refund("DD1", app_id="another")
    with pytest.raises(NoSuchRecord):
        await till.refund("DD9")
    assert await till.states("CF1", "CF2") == ["paid", "paid"]
    first = await till.refund("DD1", receipt_no=paid.receipt_no, presc_nos=("CF2", "CF1"))
    assert await till.refund("DD1") == first
    assert await till.states("CF1", "CF2") == ["refunded", "refunded"]
    assert await till.books() == {}


async def test_of_many_who_pay_a_bill_at_once_one_does(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    outcomes = await asyncio.gather(
        *(till.pay(f"DD{n}", who, ("CF1",), total) for n in range(24)), return_exceptions=True
    )
    refused = [one for one in outcomes if isinstance(one, DomainError)]
    assert len(refused) == 23
    assert all(isinstance(one, BillSettled) for one in refused)
    assert await till.books() == {"platform": total, "income": -total}


async def test_of_many_under_one_order_one_pays(till: Till) -> None:
    who = await till.patient()
    totals = [await till.bill(f"CF{n}", who, "30") for n in range(8)]
    outcomes = await asyncio.gather(
        *(till.pay("DD1", who, (f"CF{n}",), totals[n]) for n in range(8)), return_exceptions=True
    )
    assert sum(isinstance(one, DuplicateSerial) for one in outcomes) == 7
    assert await till.books() == {"platform": 3000, "income": -3000}


async def test_a_refund_beside_repeats_of_itself_moves_money_once(till: Till) -> None:
    who = await till.patient()
    total = await till.bill("CF1", who, "30")
    await till.pay("DD1", who, ("CF1",), total)
    await asyncio.gather(*(till.refund("DD1") for _ in range(16)))
    assert await till.books() == {}
