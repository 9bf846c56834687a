"""What became of orders at a hospital elsewhere is what its own tables say, as far as the standard carries it."""

from dataclasses import fields, replace
from typing import Any

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger
from tests.dialects.convenience.remote.test_booking import SLOT, number_wish, ordered
from tests.hospital.booking.clinic import TOMORROW, VISITOR, somebody
from yiqiao.ports.hospital.booking import Document, OrderState, Paid, Payment, Timing, Visitor
from yiqiao.ports.hospital.records import Choice, OrderNumbers, PatientWish, Record
from yiqiao.ports.hospital.values import Page, Paging, Pool, Sex

OF_ORDERS = {
    "serial",
    "from_number",
    "via",
    "vendor",
    "operator",
    "pool",
    "place",
    "booked",
    "extra",
    "insurance",
    "check_no",
    "registered_at",
    "visited_at",
    "visit_doctor_id",
    "visit_doctor_name",
    "registration_fee",
    "treatment_fee",
    "other_fee",
}
"""What QueryRegRecord does not carry; fees are one sum there."""
OF_BOOKINGS = {
    "order_no",
    "order_id",
    "from_number",
    "patient_id",
    "channel",
    "operator",
    "schedule_id",
    "pool",
    "dept_name",
    "doctor_name",
    "extra",
    "registration_fee",
    "treatment_fee",
    "other_fee",
    "pay_channel",
    "pay_side",
    "refund_side",
    "visitor",
    "visited_at",
    "visit_doctor_id",
    "visit_doctor_name",
    "registered_at",
    "via",
}
"""What GetGhInfo does not carry; the channel stands there in words."""
OF_REGISTRATIONS = {
    "order_id",
    "channel",
    "via",
    "schedule_id",
    "pool",
    "level",
    "ends",
    "place",
    "registration_fee",
    "treatment_fee",
    "other_fee",
    "pay_channel",
    "pay_side",
    "refund_side",
    "visitor",
    "check_no",
    "fetched_at",
    "paid_at",
    "visited_at",
    "begins",
    "insurance",
}
"""What GetGhRecord does not carry: not every level has a REGT_YPE, and there everybody has some insurance."""


def same(there: Record, here: Record, but: set[str]) -> None:
    """Compare all that the standard carries."""
    names = [one.name for one in fields(Record) if one.name not in but]
    assert {name: getattr(there, name) for name in names} == {name: getattr(here, name) for name in names}
    assert there.total == here.total
    assert there.payable == here.payable


async def some_orders(at: Elsewhere) -> list[str]:
    """Four people's orders: one each that stands, is paid, was cancelled, was a number of a platform."""
    first = await ordered(at, "DD1")
    await ordered(at, "DD2", SLOT, visitor=replace(VISITOR, **somebody(2)))  # type: ignore[arg-type]
    third = await ordered(at, "DD3", visitor=replace(VISITOR, **somebody(3)))  # type: ignore[arg-type]
    at.clinic.clock.advance(60)
    await at.there.booking.cancel(at.serial("DD3"), third.order_no)
    pay = Payment(2500, 1, at.clinic.clock.now_ms())
    await at.clinic.perform(await at.clinic.booking.pay(at.serial("DD1"), first.order_no, pay))
    await at.clinic.perform(await at.clinic.booking.fetch(at.serial("DD1"), None))
    return ["DD1", "DD2", "DD3"]


async def test_orders_by_number_are_what_they_are_here(either: Elsewhere) -> None:
    names = await some_orders(either)
    wanted = [OrderNumbers(name, None) for name in names]
    here = await either.here.records.by_numbers(wanted)
    there = {record.order_no: record for record in await either.there.records.by_numbers(wanted)}
    assert there.keys() == {record.order_no for record in here}
    for record in here:
        same(there[record.order_no], record, OF_ORDERS)


async def test_either_number_does_and_both_must_agree(either: Elsewhere) -> None:
    made = await ordered(either, "DD1")
    records = either.there.records
    for wanted in (OrderNumbers("DD1", made.order_no), OrderNumbers(None, made.order_no), OrderNumbers("DD1", None)):
        assert [record.order_no for record in await records.by_numbers([wanted])] == [made.order_no]
    for stranger in (OrderNumbers("DD2", made.order_no), OrderNumbers("DD9", None), OrderNumbers(None, None)):
        assert await records.by_numbers([stranger]) == ()
    assert await records.by_numbers([]) == ()


async def test_more_orders_than_one_question_may_be_about_are_asked_for_in_several(clinic: Elsewhere) -> None:
    made = await ordered(clinic, "DD250")
    wanted = [OrderNumbers(f"DD{n}", None) for n in range(251)]
    assert [one.order_no for one in await clinic.there.records.by_numbers(wanted)] == [made.order_no]


async def test_orders_of_a_day_are_what_they_are_here(either: Elsewhere) -> None:
    await some_orders(either)
    question = (TOMORROW, TOMORROW, Choice.ALL, None)
    for paging in (Paging(1, 20), Paging(1, 2), Paging(2, 2)):
        here = await either.here.records.by_day(*question, paging)
        there = await either.there.records.by_day(*question, paging)
        assert there.total == here.total == 3
        for one, other in zip(there.rows, here.rows, strict=True):
            same(one, other, OF_ORDERS)
    assert await either.there.records.by_day("2026-12-01", "2026-12-01", Choice.ALL, None, Paging(1, 20)) == Page(0, ())


async def test_orders_of_a_day_by_kind_and_person(either: Elsewhere) -> None:
    await some_orders(either)
    mine = await either.there.records.by_numbers([OrderNumbers("DD1", None)])
    certificate = VISITOR.certificate
    for choice, patient in (
        *((choice, None) for choice in Choice),
        (Choice.ALL, PatientWish(None, certificate)),
        (Choice.ALL, PatientWish(mine[0].patient_id, None)),
        (Choice.ALL, PatientWish(None, Document(1, "359851198503129999"))),
    ):
        question = (TOMORROW, TOMORROW, choice, patient, Paging(1, 20))
        here, there = await either.here.records.by_day(*question), await either.there.records.by_day(*question)
        assert [one.order_no for one in there.rows] == [one.order_no for one in here.rows]
        assert there.total == here.total


async def test_somebody_elses_order_is_never_told_of(stranger: Stranger) -> None:
    order = {"HOSP_ORDER_ID": "YD1", "ORDER_ID": "DD1", "ID_TYPE": "1", "ID_NO": "359851198503120134"}
    stranger.says("QueryRegRecord", COUNT="2", ORDER_LIST=[order, {**order, "HOSP_ORDER_ID": "YD2", "ID_NO": "x"}])
    records = stranger.hospital.records
    mine = PatientWish(None, Document(1, "359851198503120134"))
    page = await records.by_day(TOMORROW, TOMORROW, Choice.ALL, mine, Paging(1, 20))
    assert (page.total, [one.order_no for one in page.rows]) == (1, ["YD1"])
    assert [one.order_no for one in await records.by_numbers([OrderNumbers("DD1", "YD1")])] == ["YD1"]
    assert await records.by_numbers([OrderNumbers("DD2", None)]) == ()


async def test_bookings_of_a_day_are_what_they_are_here(clinic: Elsewhere) -> None:
    await some_orders(clinic)
    await clinic.there.booking.number(number_wish(clinic, "YY1", visitor=replace(VISITOR, **somebody(4))))  # type: ignore[arg-type]
    here = {record.serial: record for record in await clinic.here.records.booked_for(TOMORROW)}
    there = {record.serial: record for record in await clinic.there.records.booked_for(TOMORROW)}
    assert there.keys() == here.keys()
    for serial, record in here.items():
        same(there[serial], record, OF_BOOKINGS)
    assert there["YY1"].via == "网站"
    assert await clinic.there.records.booked_for("2026-12-01") == ()


async def test_registrations_of_a_time_are_what_they_are_here(clinic: Elsewhere) -> None:
    await ordered(clinic, "DD1", timing=Timing.AT_ONCE, paid=True)
    second = await ordered(clinic, "DD2", SLOT, visitor=replace(VISITOR, **somebody(2)), timing=Timing.AT_ONCE)  # type: ignore[arg-type]
    third = await ordered(clinic, "DD3", visitor=replace(VISITOR, **somebody(3)))  # type: ignore[arg-type]
    clinic.clinic.clock.advance(60)
    await clinic.there.booking.cancel(clinic.serial("DD2"), second.order_no)
    pay = Payment(2500, 2, clinic.clinic.clock.now_ms())
    await clinic.there.booking.transfer(clinic.serial("DD3"), third.order_no, pay)
    now = clinic.clinic.clock.now_ms()
    for asked in (
        (now - 3_600_000, now, None, None),
        (now - 3_600_000, now, "359851198503120134", None),
        (now - 3_600_000, now, None, third.patient_id),
        (now - 7_200_000, now - 3_600_000, None, None),
    ):
        here = {one.order_no: one for one in await clinic.here.records.registered_between(*asked)}
        there = {one.order_no: one for one in await clinic.there.records.registered_between(*asked)}
        assert there.keys() == here.keys()
        for order_no, record in here.items():
            same(there[order_no], record, OF_REGISTRATIONS)
            assert there[order_no].visitor.name == record.visitor.name
            assert there[order_no].visitor.certificate == record.visitor.certificate


@pytest.mark.parametrize(
    ("told", "state", "paid"),
    [
        ({"ORDER_STATUS": "2", "IS_STOP": "0"}, OrderState.REGISTERED, Paid.UNPAID),
        ({"ORDER_STATUS": "1", "IS_STOP": "0", "STOP_DATE": "2026-11-20"}, OrderState.STOPPED, Paid.UNPAID),
        ({"ORDER_STATUS": "06"}, OrderState.CANCELLED, Paid.UNPAID),
        ({"ORDER_STATUS": "已预约"}, OrderState.BOOKED, Paid.UNPAID),
        ({"ORDER_STATUS": "2", "PAY_FLAG": "0", "RETURN_FLAG": "0"}, OrderState.REGISTERED, Paid.UNPAID),
        ({"ORDER_STATUS": "2", "PAY_DATE": "1900-01-01 00:00:00"}, OrderState.REGISTERED, Paid.UNPAID),
        ({"ORDER_STATUS": "2", "PAY_DATE": "20261120093012"}, OrderState.REGISTERED, Paid.PAID),
        ({"ORDER_STATUS": "6", "PAY_FLAG": "1", "RETURN_FLAG": "2"}, OrderState.CANCELLED, Paid.REFUNDED),
    ],
)
async def test_an_order_is_read_whatever_a_hospital_leaves_out(
    stranger: Stranger, told: dict[str, Any], state: OrderState, paid: Paid
) -> None:
    order = {
        "HOSP_ORDER_ID": " YD1 ",
        "ORDER_ID": "DD1",
        "CHANNEL_ID": "98",
        "SEX": "9",
        "REG_DATE": "2026/11/21",
        **told,
    }
    stranger.says("QueryRegRecord", ORDER_LIST=order)
    (record,) = await stranger.hospital.records.by_numbers([OrderNumbers("DD1", None)])
    assert (record.order_no, record.channel, record.day) == ("YD1", 98, "2026-11-21")
    assert (record.state, record.paid, record.pool) == (state, paid, Pool.SHARED)
    assert record.visitor == Visitor("", Sex.SECRET, "", "")
