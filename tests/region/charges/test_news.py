"""Notices of hospitals on payments (6001, 6002 of `jkt`): their record decides whether money goes back."""

import pytest

from tests.hospital.billing.till import Till
from tests.hospital.booking.clinic import HOSPITAL, Clinic
from tests.region.appointments.world import AWAY, scripted
from tests.region.charges.test_charges import Desk
from yiqiao.ports.hospital.notices import Known, OrderNumbers, Refunding
from yiqiao.ports.hospital.refusals import NotOffered, UnknownOrder
from yiqiao.region.appointments.steps import APP_ID
from yiqiao.region.charges.news import ChargeNews
from yiqiao.storage import Database, sandbox_cashier


@pytest.fixture
async def desk(database: Database) -> Desk:
    clinic = Clinic(database)
    await clinic.open()
    return Desk(Till(database))


def news(desk: Desk) -> ChargeNews:
    return ChargeNews(desk.database, desk.clock)


async def settled(desk: Desk) -> str:
    charge_id = await desk.begun(await desk.bills("CF1"))
    await desk.cashier.pay(charge_id)
    await desk.driver.settle(10)
    assert (await desk.row(charge_id)).state == "settled"
    return charge_id


async def hear(desk: Desk, order: OrderNumbers) -> Known:
    known: Known = await desk.till.perform(news(desk).charge_refunded(order, "药房退药"))
    return known


def of(charge_id: str | None, receipt_no: str | None = None, hospital_id: str = HOSPITAL) -> OrderNumbers:
    return OrderNumbers(hospital_id, charge_id, receipt_no)


async def refunds(desk: Desk) -> int:
    return len(await desk.database.read(sandbox_cashier.refunds))


async def test_what_the_hospital_gave_back_goes_back_to_its_payer_once(desk: Desk) -> None:
    charge_id = await settled(desk)
    assert (await news(desk).refund(of(charge_id))).state is Refunding.NOT
    await desk.till.refund(charge_id, app_id=APP_ID)
    assert await hear(desk, of(charge_id)) == Known(charge_id, "缴费成功")
    assert (await desk.row(charge_id)).state == "checking"
    await desk.driver.settle(10)
    for _ in range(2):
        assert await hear(desk, of(charge_id)) == Known(charge_id, "未能缴费，已退款")
        await desk.driver.settle(10)
    row = await desk.row(charge_id)
    assert (row.state, row.paid, await refunds(desk)) == ("refunded", "refunded", 1)
    told = await news(desk).refund(of(None, row.receipt_no))
    assert told.state is Refunding.DONE
    assert (told.order_id, told.amount, told.refund_no, told.at) == (charge_id, 1234, f"{charge_id}R", row.refunded_at)
    await desk.must_be_true()


async def test_a_notice_that_is_false_changes_nothing(desk: Desk) -> None:
    charge_id = await settled(desk)
    before = await desk.row(charge_id)
    await hear(desk, of(charge_id, before.receipt_no))
    await desk.driver.settle(10)
    row = await desk.row(charge_id)
    assert (row.state, row.receipt_no, row.reason) == ("settled", before.receipt_no, "")
    assert await refunds(desk) == 0
    assert await desk.till.states("CF1") == ["paid"]
    await desk.must_be_true()


async def test_a_payment_that_is_not_there_any_more_is_never_told_again(desk: Desk) -> None:
    charge_id = await settled(desk)
    await desk.database.write(lambda c: c.exec_driver_sql("DELETE FROM bill_payment"))
    told: list[str] = []
    desk.fate = lambda name: told.append(name)
    await hear(desk, of(charge_id))
    await desk.driver.settle(30)
    assert told == ["payments", "payments"]
    row = await desk.row(charge_id)
    assert (row.state, row.paid, await refunds(desk)) == ("refunded", "refunded", 1)


async def test_a_hospital_that_cannot_be_asked_leaves_it_settled_and_to_be_looked_at(desk: Desk) -> None:
    charge_id = await settled(desk)
    desk.fate = scripted(("payments", NotOffered()))
    await hear(desk, of(charge_id))
    await desk.driver.settle(10)
    row = await desk.row(charge_id)
    assert (row.state, await refunds(desk)) == ("settled", 0)
    assert "无法核对" in row.reason
    assert (await news(desk).refund(of(charge_id))).state is Refunding.BY_HAND


async def test_a_hospital_that_does_not_answer_is_asked_until_it_does(desk: Desk) -> None:
    charge_id = await settled(desk)
    await desk.till.refund(charge_id, app_id=APP_ID)
    desk.fate = scripted(("payments", AWAY), ("payments", AWAY))
    await hear(desk, of(charge_id))
    await desk.driver.settle(60)
    assert (await desk.row(charge_id)).state == "refunded"


async def test_while_it_goes_back_it_is_told_to_be_under_way(desk: Desk) -> None:
    charge_id = await settled(desk)
    await desk.till.refund(charge_id, app_id=APP_ID)
    desk.money = lambda name: AWAY if name == "refund" else None
    await hear(desk, of(charge_id))
    await desk.driver.settle(5)
    assert (await news(desk).refund(of(charge_id))).state is Refunding.UNDER_WAY


async def test_what_is_being_paid_is_left_to_its_course(desk: Desk) -> None:
    charge_id = await desk.begun(await desk.bills("CF1"))
    before = await desk.row(charge_id)
    assert await hear(desk, of(charge_id)) == Known(charge_id, "支付结果确认中")
    assert await desk.row(charge_id) == before


async def test_a_payment_is_its_own_hospitals_alone(desk: Desk) -> None:
    charge_id = await settled(desk)
    receipt_no = (await desk.row(charge_id)).receipt_no
    for wrong in (of("none"), of(charge_id, "none"), of(None, "none"), of(None, receipt_no, "9859999")):
        with pytest.raises(UnknownOrder, match="请核对"):
            await hear(desk, wrong)
        with pytest.raises(UnknownOrder):
            await news(desk).refund(wrong)
    assert (await desk.row(charge_id)).state == "settled"
