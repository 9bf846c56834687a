"""Acts at a hospital elsewhere: each is seen there afterwards, in every profile that has it."""

from dataclasses import replace

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, result
from tests.hospital.booking.clinic import TOMORROW, VISITOR, somebody
from yiqiao.ports.hospital.booking import (
    Document,
    Existing,
    LockWish,
    NewVisitor,
    NumberWish,
    Ordered,
    OrderState,
    OrderWish,
    Origin,
    Paid,
    Payment,
    Slip,
    Timing,
    Unit,
)
from yiqiao.ports.hospital.records import OrderNumbers, Record
from yiqiao.ports.hospital.refusals import (
    DuplicateSerial,
    NotOffered,
    OrderPaid,
    RuleViolated,
    SlotTaken,
    SoldOut,
    UnknownLock,
    UnknownOrder,
    UnknownSchedule,
)
from yiqiao.ports.hospital.values import Pool, Session, Sex

MORNING = Unit("PB1", Pool.SHARED, None, None, "D0101", "YS1", TOMORROW, Session.MORNING)
SLOT = Unit("PB2", Pool.SHARED, "FS2", None, "D0101", "YS2", TOMORROW, Session.AFTERNOON)


def wish(at: Elsewhere, order_id: str, unit: Unit = MORNING, **more: object) -> OrderWish:
    """What a region orders."""
    base = OrderWish(at.serial(order_id), unit, Timing.BOOKED_AHEAD, VISITOR, Origin(3), 2500)
    return replace(base, **more)  # type: ignore[arg-type]


async def ordered(at: Elsewhere, order_id: str, unit: Unit = MORNING, **more: object) -> Ordered:
    made = result(await at.there.booking.order(wish(at, order_id, unit, **more)))
    assert isinstance(made, Ordered)
    return made


async def on_file(at: Elsewhere, order_id: str) -> Record:
    (record,) = await at.here.records.by_numbers([OrderNumbers(order_id, None)])
    return record


@pytest.mark.parametrize("unit", [MORNING, SLOT])
async def test_a_unit_is_locked_ordered_and_cancelled(either: Elsewhere, unit: Unit) -> None:
    booking = either.there.booking
    lock = result(await booking.lock(LockWish(either.serial("SH1"), unit)))
    assert await either.clinic.taken(unit.schedule_id) == 1
    made = await ordered(either, "SH1", unit, hospital_lock_id=lock.hospital_lock_id)
    assert await either.clinic.taken(unit.schedule_id) == 1
    record = await on_file(either, "SH1")
    assert (made.order_no, made.order_id, made.patient_id, made.number, made.check_no) == (
        record.order_no,
        "SH1",
        record.patient_id,
        record.number,
        record.check_no,
    )
    assert (record.schedule_id, record.begins) == (unit.schedule_id, "09:00" if unit is SLOT else None)
    assert record.visitor == VISITOR
    slip = result(await booking.cancel(either.serial("SH1"), made.order_no))
    assert slip.order_no == made.order_no
    assert (await on_file(either, "SH1")).state is OrderState.CANCELLED
    assert await either.clinic.taken(unit.schedule_id) == 0
    assert result(await booking.cancel(either.serial("SH1"), made.order_no)).order_no == made.order_no


async def test_a_lock_is_let_go(either: Elsewhere) -> None:
    booking = either.there.booking
    lock = result(await booking.lock(LockWish(either.serial("SH1"), MORNING._replace(pool=Pool.SHARED))))
    assert result(await booking.unlock(either.serial("SH1"), lock.hospital_lock_id)) is None
    assert await either.clinic.taken() == 0
    with pytest.raises(UnknownLock):
        await booking.unlock(either.serial("SH1"), lock.hospital_lock_id)


async def test_an_order_of_a_referral_is_of_the_units_for_referrals(clinic: Elsewhere) -> None:
    """pools"""
    await ordered(clinic, "DD1", MORNING._replace(pool=Pool.REFERRAL))
    assert (await on_file(clinic, "DD1")).pool is Pool.REFERRAL


async def test_all_that_is_stated_of_a_visitor_arrives(either: Elsewhere) -> None:
    child = replace(
        VISITOR,
        birthday="2020-05-01",
        certificate=None,
        guardian=Document(1, "359851198503120134"),
        guardian_name="柳成荫",
        card=Document(2, "SM980001"),
        card_password="1234",
        address="云桥县柳溪镇梧桐路 12 号",
        disease="感冒",
    )
    await ordered(either, "DD1", visitor=child)
    sayable = child if either.profile == "standard" else replace(child, card_password=None, disease=None)
    assert (await on_file(either, "DD1")).visitor == sayable


async def test_an_order_may_be_paid_already_and_cannot_be_cancelled_then(clinic: Elsewhere) -> None:
    made = await ordered(clinic, "DD1", timing=Timing.AT_ONCE, paid=True)
    record = await on_file(clinic, "DD1")
    assert (record.state, record.paid) == (OrderState.REGISTERED, Paid.PAID)
    with pytest.raises(OrderPaid, match="挂号订单已支付"):
        await clinic.there.booking.cancel(clinic.serial("DD1"), made.order_no)


async def test_the_price_is_the_schedules_where_the_caller_says_none(clinic: Elsewhere) -> None:
    await ordered(clinic, "DD1", fee=None)
    assert (await on_file(clinic, "DD1")).total == 2500


async def test_a_booking_becomes_a_registration(clinic: Elsewhere) -> None:
    made = await ordered(clinic, "DD1")
    payment = Payment(2500, 2, clinic.clinic.clock.now_ms())
    slip = result(await clinic.there.booking.transfer(clinic.serial("DD1"), made.order_no, payment))
    assert slip == Slip(made.order_no, "", "")
    record = await on_file(clinic, "DD1")
    assert (record.state, record.paid, record.pay_channel) == (OrderState.REGISTERED, Paid.PAID, 2)
    with pytest.raises(DuplicateSerial):
        await clinic.there.booking.transfer(clinic.serial("DD1"), made.order_no, payment)


async def test_the_patient_of_an_order_is_changed(clinic: Elsewhere) -> None:
    await ordered(clinic, "DD1")
    new = NewVisitor("柳成行", Sex.MALE, "15498510009", "359851198503120134", 6, paid=False)
    await clinic.there.booking.update(clinic.serial("DD1"), new)
    record = await on_file(clinic, "DD1")
    assert (record.visitor.name, record.visitor.mobile, record.insurance) == ("柳成行", "15498510009", 6)


def number_wish(at: Elsewhere, serial: str, **more: object) -> NumberWish:
    base = NumberWish(
        serial=at.serial(serial),
        dept_id="D0101",
        doctor_id="YS1",
        day=TOMORROW,
        session=Session.MORNING,
        begins=None,
        referral=False,
        visitor=VISITOR,
        origin=Origin(4, "网站", "云桥预约", ""),
        fee=2500,
        paid=False,
        pay_channel=None,
        insurance=6,
    )
    return replace(base, **more)  # type: ignore[arg-type]


async def test_a_number_is_given_once_and_taken_back_once(clinic: Elsewhere) -> None:
    booking = clinic.there.booking
    given = result(await booking.number(number_wish(clinic, "YY1")))
    record = await on_file(clinic, "YY1")
    assert (given.order_id, given.number, given.check_no) == ("YY1", record.number, record.check_no)
    assert (record.via, record.vendor, record.insurance, record.visitor) == ("网站", "云桥预约", 6, VISITOR)
    assert result(await booking.number(number_wish(clinic, "YY2"))) == Existing("YY1")
    await booking.give_back(clinic.serial("YY1"))
    assert (await on_file(clinic, "YY1")).state is OrderState.CANCELLED
    with pytest.raises(DuplicateSerial, match="已退"):
        await booking.give_back(clinic.serial("YY1"))
    with pytest.raises(UnknownOrder):
        await booking.give_back(clinic.serial("YY9"))


async def test_a_referral_brings_its_papers_and_a_foreigner_a_passport(clinic: Elsewhere) -> None:
    foreigner = replace(VISITOR, certificate=Document(5, "E9800001"))
    details = (("OUTHOSPITALNAME", "云桥县东栅卫生院"), ("EXAMITEM", "血常规"))
    await clinic.there.booking.number(
        number_wish(clinic, "YY1", referral=True, visitor=foreigner, details=details, begins="08:00")
    )
    record = await on_file(clinic, "YY1")
    assert record.pool is Pool.REFERRAL
    assert record.visitor.certificate == Document(5, "E9800001")


async def test_a_number_that_is_not_given_says_why(clinic: Elsewhere) -> None:
    with pytest.raises(UnknownSchedule):
        await clinic.there.booking.number(number_wish(clinic, "YY1", day="2026-11-25"))
    await clinic.clinic.schedule("PB3", 0, day="2026-11-22")
    with pytest.raises(SoldOut):
        await clinic.there.booking.number(number_wish(clinic, "YY1", day="2026-11-22"))


async def test_what_the_standard_has_no_function_for_is_not_offered(clinic: Elsewhere) -> None:
    booking, serial = clinic.there.booking, clinic.serial("DD1")
    with pytest.raises(NotOffered, match="医院接口不支持挂号支付，请到医院窗口办理"):
        await booking.pay(serial, "1", Payment(1, 1, 0))
    with pytest.raises(NotOffered, match="医院接口不支持挂号退款，"):
        await booking.refund(serial, "1", 1)
    with pytest.raises(NotOffered, match="医院接口不支持取号，"):
        await booking.fetch(serial, None)


@pytest.mark.parametrize("either", ["jkt"], indirect=True)
async def test_where_orders_are_paid_afterwards_they_are(either: Elsewhere) -> None:
    booking, serial = either.there.booking, either.serial("DD1")
    made = await ordered(either, "DD1")
    at = either.clinic.clock.now_ms()
    with pytest.raises(UnknownOrder):
        await booking.pay(either.serial("DD9"), made.order_no, Payment(2500, 1, at))
    with pytest.raises(RuleViolated, match="支付金额与应付金额不一致"):
        await booking.pay(serial, made.order_no, Payment(100, 1, at))
    with pytest.raises(NotOffered, match="挂号支付"):
        await booking.pay(serial, made.order_no, Payment(2500, 12, at))
    paid = result(await booking.pay(serial, made.order_no, Payment(2500, 7, at)))
    assert paid == Slip(made.order_no, made.number, made.patient_id)
    assert ((await on_file(either, "DD1")).paid, (await on_file(either, "DD1")).pay_channel) == (Paid.PAID, 1)
    assert result(await booking.fetch(serial, made.order_no)) == Slip(made.order_no, made.number, "")
    either.clinic.clock.advance(3 * 86_400)
    with pytest.raises(RuleViolated, match="退费金额"):
        await booking.refund(serial, made.order_no, 1)


@pytest.mark.parametrize("either", ["jkt"], indirect=True)
async def test_where_orders_are_paid_afterwards_their_money_goes_back_too(either: Elsewhere) -> None:
    booking, serial = either.there.booking, either.serial("DD1")
    made = await ordered(either, "DD1")
    await booking.pay(serial, made.order_no, Payment(2500, 2, either.clinic.clock.now_ms()))
    await booking.refund(serial, made.order_no, 2500)
    assert (await on_file(either, "DD1")).paid is Paid.REFUNDED
    with pytest.raises(NotOffered, match="先下单再支付"):
        await booking.order(wish(either, "DD2", paid=True))
    for act in (booking.transfer(serial, "1", Payment(1, 1, 0)), booking.give_back(serial)):
        with pytest.raises(NotOffered):
            await act


async def test_refusals_come_back_as_what_they_were_with_their_words(either: Elsewhere) -> None:
    booking = either.there.booking
    await booking.lock(LockWish(either.serial("SH1"), MORNING))
    with pytest.raises(DuplicateSerial, match="锁号 ID 已存在"):
        await booking.lock(LockWish(either.serial("SH1"), MORNING))
    with pytest.raises(UnknownSchedule):
        await booking.lock(LockWish(either.serial("SH2"), MORNING._replace(schedule_id="PB9")))
    await ordered(either, "DD1")
    with pytest.raises(RuleViolated, match="同一患者同一天同一时段"):
        await ordered(either, "DD2")
    await booking.lock(LockWish(either.serial("SH3"), SLOT))
    with pytest.raises(SlotTaken):
        await booking.lock(LockWish(either.serial("SH4"), SLOT))
    with pytest.raises(UnknownOrder):
        await booking.cancel(either.serial("DD7"), "YD1")
    with pytest.raises(UnknownOrder):
        await booking.cancel(either.serial("DD7"), None)


async def test_a_chosen_number_is_taken_or_somebody_elses(clinic: Elsewhere) -> None:
    made = await ordered(clinic, "DD1", MORNING._replace(number="4"))
    assert made.number == "4"
    with pytest.raises(SlotTaken):
        await ordered(clinic, "DD2", MORNING._replace(number="4"), visitor=replace(VISITOR, **somebody(2)))  # type: ignore[arg-type]


async def test_an_order_is_cancelled_by_the_platforms_number_alone(either: Elsewhere) -> None:
    made = await ordered(either, "DD1")
    assert result(await either.there.booking.cancel(either.serial("DD1"), None)) == Slip(
        made.order_no, made.number, made.patient_id
    )
    assert (await on_file(either, "DD1")).state is OrderState.CANCELLED


async def test_a_unit_without_a_doctor_is_locked(clinic: Elsewhere) -> None:
    await clinic.clinic.schedule("PB3", 2, doctor_id="")
    unit = MORNING._replace(schedule_id="PB3", doctor_id=None)
    await clinic.there.booking.lock(LockWish(clinic.serial("SH1"), unit))
    assert await clinic.clinic.taken("PB3") == 1


async def test_a_certificate_that_the_tables_do_not_have_is_another(clinic: Elsewhere) -> None:
    await ordered(clinic, "DD1", visitor=replace(VISITOR, certificate=Document(11, "SM980001")))
    assert (await on_file(clinic, "DD1")).visitor.certificate == Document(99, "SM980001")
