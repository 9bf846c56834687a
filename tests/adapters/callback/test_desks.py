"""Patients, bills and deposits are asked of the HIS, and its answers read."""

import pytest

from tests.adapters.callback.scripted import Scripted
from tests.adapters.callback.test_documented import blocks
from tests.support.keys import KEYRING
from yiqiao.adapters.callback.acts import Acts, Patience
from yiqiao.adapters.callback.booking import CallbackBooking
from yiqiao.adapters.callback.desks import CallbackInpatient, CallbackOutpatient, CallbackPatients
from yiqiao.adapters.callback.line import Answer
from yiqiao.adapters.callback.samples import SAMPLES
from yiqiao.adapters.callback.wording import READERS
from yiqiao.adapters.lines import NoAnswer
from yiqiao.clock import FixedClock
from yiqiao.ports.hospital.booking import Document, NewVisitor, Payment, Serial, Slip, Visitor
from yiqiao.ports.hospital.inpatient import DepositWish
from yiqiao.ports.hospital.outpatient import PaymentState, PaymentWish, RefundWish
from yiqiao.ports.hospital.patients import NewPatient
from yiqiao.ports.hospital.refusals import AmountMismatch, DuplicateSerial
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import Database, Write

NOW = 1_795_000_000_000
SERIAL = Serial("platform", "P1", b"same", NOW)


@pytest.fixture
def his() -> Scripted:
    return Scripted({kind: Answer("OK", data=blocks(kind)[1]["data"]) for kind in SAMPLES})


@pytest.fixture
def acts(database: Database, his: Scripted) -> Acts:
    return Acts("9851002", his, database, KEYRING, FixedClock(NOW), Patience(5, (0,)))


def result(write: Write[object]) -> object:
    """What a write that was done elsewhere hands on."""
    (told,) = write.lane.execute(None, [write.command])  # type: ignore[arg-type]
    return told


async def test_patients_bills_and_deposits(acts: Acts, his: Scripted) -> None:
    visitor = Visitor("测试甲", Sex.FEMALE, "1990-01-01", "15400000001", Document(1, "359851199001010027"))
    filed = (await CallbackPatients(acts).create(NewPatient(SERIAL, visitor))).command
    assert (filed.patient_id, filed.card) == ("8102", Document(1, "K0001"))  # type: ignore[attr-defined]
    bills = PaymentWish(SERIAL, "8102", "LS0001", ("CF0001",), "2", 4600, 4600, insured=False)
    outpatient = CallbackOutpatient(acts)
    paid = (await outpatient.pay(bills)).command
    assert (paid.amount, paid.state) == (4600, PaymentState.PAID)  # type: ignore[attr-defined]
    with pytest.raises(DuplicateSerial):
        await outpatient.pay(bills)
    for _ in range(2):
        back = (await outpatient.refund(RefundWish(SERIAL, "8102"))).command
        assert back.state is PaymentState.REFUNDED  # type: ignore[attr-defined]
    put = DepositWish(SERIAL, "ZY0001", 100_000, 2, "0007", "359851199001010027", "测试甲")
    deposit = (await CallbackInpatient(acts).put_down(put)).command
    assert deposit.balance == 120_000  # type: ignore[attr-defined]
    assert his.did == ["create_patient", "pay_bills", "refund_bills", "refund_bills", "put_down"]


async def test_what_is_done_to_an_order(acts: Acts, his: Scripted) -> None:
    booking, payment = CallbackBooking(acts), Payment(2700, 2, NOW)
    new = NewVisitor("测试甲", Sex.FEMALE, "15400000002", "359851199001010027", 1, paid=False)
    writes = [
        await booking.transfer(SERIAL, "G0001", payment),
        await booking.pay(SERIAL, "G0001", payment),
        await booking.refund(SERIAL, "G0001", 2700),
        await booking.fetch(SERIAL, None),
        await booking.update(SERIAL, new),
        await booking.give_back(SERIAL),
    ]
    assert [result(write) for write in writes] == [Slip("G0001", "7", "8102")] * 6  # type: ignore[arg-type]
    assert his.did == ["transfer", "pay", "refund", "fetch", "update", "give_back"]


async def test_a_refusal_that_is_made_of_figures_is_told_in_the_his_s_words(acts: Acts, his: Scripted) -> None:
    his.answers["pay_bills"] = Answer("AmountMismatch", "应付 46.00 元")
    with pytest.raises(AmountMismatch, match=r"应付 46\.00 元"):
        await CallbackOutpatient(acts).pay(PaymentWish(SERIAL, None, "LS1", (), "2", 1, 1, insured=False))


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in SAMPLES if kind != "outcome" for name in blocks(kind)[1]["data"]],
)
def test_data_of_another_kind_are_no_answer(kind: str, name: str) -> None:
    data = {**blocks(kind)[1]["data"], name: 0.5}
    ignored = {"card", "concession"} if kind in ("order", "number") else set()
    if name in ignored:
        READERS[kind](data)  # may be missing, and is only looked at where it is an object
    else:
        with pytest.raises(NoAnswer):
            READERS[kind](data)
