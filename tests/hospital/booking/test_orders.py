"""Making orders and what becomes of them (2007, 2008, 2009, 2034), on both engines."""

import asyncio
from typing import Any

import pytest

from tests.hospital.booking.clinic import HOSPITAL, VISITOR, Clinic, somebody
from yiqiao.errors import DomainError
from yiqiao.hospital.booking.archives import password
from yiqiao.hospital.booking.book import unseal
from yiqiao.hospital.booking.changing import Changing, Visit
from yiqiao.hospital.booking.desk import serve
from yiqiao.ports.hospital.booking import (
    LOCK_S,
    Document,
    NewVisitor,
    Ordered,
    OrderState,
    Paid,
    Payment,
    Timing,
)
from yiqiao.ports.hospital.refusals import (
    CardMismatch,
    DepartmentRuleViolated,
    DuplicateSerial,
    IdentityMismatch,
    OrderClosed,
    OrderPaid,
    OrderRefunded,
    PatientNotCreated,
    RuleViolated,
    SeveralArchives,
    SlotTaken,
    SoldOut,
    UnknownDepartment,
    UnknownDoctor,
    UnknownOrder,
    UnknownPatient,
    UnknownSchedule,
)
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.archives import add_passwords
from yiqiao.storage.tables.booking import concession
from yiqiao.storage.tables.hospital import department, hospital
from yiqiao.storage.tables.patients import patient

DAY_S = 86_400


async def test_order_lock__an_order_takes_the_unit_that_was_locked_for_it(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 1)
    lock = await clinic.lock("DD1")
    made = await clinic.order("DD1", hospital_lock_id=lock.hospital_lock_id, unit={"number": "1"})
    assert (made.number, await clinic.taken()) == ("1", 1)
    row = await clinic.on_file(made.order_no)
    assert (row.state, row.paid, row.order_id) == (OrderState.BOOKED, Paid.UNPAID, "DD1")


@pytest.mark.parametrize(
    "other", [{"unit": {"number": "2"}}, {"hospital_lock_id": "x"}, {"unit": {"schedule_id": "PB2"}}]
)
async def test_order_lock__another_unit_than_the_locked_one_is_refused(clinic: Clinic, other: dict[str, Any]) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB2", 5, doctor_id="YS2")
    await clinic.lock("DD1")
    with pytest.raises(SlotTaken):
        await clinic.order("DD1", **other)
    with pytest.raises(SlotTaken):
        await clinic.order("DD7", hospital_lock_id="never locked")
    assert (await clinic.taken("PB1"), await clinic.taken("PB2")) == (1, 0)


async def test_an_order_needs_no_lock(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 1)
    assert (await clinic.order("DD1")).number == "1"
    with pytest.raises(SoldOut):
        await clinic.order("DD2", visitor=somebody(2))
    assert await clinic.taken() == 1


async def test_an_order_on_a_lapsed_lock_takes_its_unit_again_while_it_is_free(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    await clinic.lock("DD1")
    clinic.clock.advance(LOCK_S)
    assert (await clinic.order("DD1")).number == "1"
    await clinic.lock("DD2")
    clinic.clock.advance(LOCK_S)
    assert (await clinic.lock("DD3")).number == "2"
    with pytest.raises(SoldOut):
        await clinic.order("DD2", visitor=somebody(2))
    await clinic.unlock("DD3")
    assert (await clinic.order("DD2", visitor=somebody(2))).number == "2"
    assert await clinic.taken() == 2


async def test_an_order_on_a_lapsed_lock_of_a_number_that_is_gone_is_refused(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    await clinic.lock("DD1", number="1")
    clinic.clock.advance(LOCK_S)
    await clinic.lock("DD2", number="1")
    with pytest.raises(SlotTaken):
        await clinic.order("DD1", unit={"number": "1"})
    assert (await clinic.order("DD1")).number == "2"


async def test_order_id__an_order_id_that_exists_is_refused(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.order("DD1")
    with pytest.raises(DuplicateSerial) as same:
        await clinic.order("DD1")
    with pytest.raises(DuplicateSerial) as other:
        await clinic.order("DD1", paid=True)
    assert (same.value.identical, other.value.identical) == (True, False)
    assert await clinic.taken() == 1


async def test_order_patient__an_archive_is_made_where_there_is_none_and_found_again(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB2", 5, doctor_id="YS2")
    first, second = await clinic.order("DD1"), await clinic.order("DD2", "PB2")
    assert first.patient_id == second.patient_id
    named = await clinic.order(
        "DD3", "PB2", patient_id=(await clinic.order("DD4", visitor=somebody(4))).patient_id, visitor=somebody(4)
    )
    assert named.patient_id != first.patient_id
    with pytest.raises(UnknownPatient):
        await clinic.order("DD5", patient_id="P0", visitor=somebody(5))


async def test_order_card__who_comes_first_gets_a_visit_card_and_keeps_it(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB2", 5, doctor_id="YS2")
    first, second = await clinic.order("DD1"), await clinic.order("DD2", "PB2")
    assert first.card is not None
    assert (first.card.kind, first.card) == (7, second.card)
    with pytest.raises(CardMismatch):
        await clinic.order("DD3", visitor=somebody(3) | {"card": first.card})
    with pytest.raises(CardMismatch):
        await clinic.order("DD4", "PB2", visitor={"card": Document(7, "0")})


async def test_a_password_is_held_against_the_one_on_file_with_a_card_of_the_hospitals_own(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB2", 5, doctor_id="YS2")
    made = await clinic.order("DD1")
    kept = (HOSPITAL, made.patient_id, password(clinic.keyring, HOSPITAL, made.patient_id, "120134"))
    await clinic.database.write(lambda c: add_passwords(c, [kept]))
    with pytest.raises(CardMismatch, match="密码"):
        await clinic.order("DD2", "PB2", visitor={"card": made.card, "card_password": "120135"})
    await clinic.order("DD3", "PB2", visitor={"card": made.card, "card_password": "120134"})


async def test_one_archive_is_made_for_two_orders_at_once(clinic: Clinic) -> None:
    other = Clinic(clinic.database, clinic.clock)
    await clinic.schedule("PB1", 9)
    await clinic.schedule("PB2", 9, doctor_id="YS2")
    made = await asyncio.gather(clinic.order("DD1"), other.order("DD2", "PB2"))
    assert len({one.patient_id for one in made}) == 1


async def test_a_name_that_is_not_the_archives_is_refused(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")
    with pytest.raises(IdentityMismatch):
        await clinic.order("DD2", visitor={"name": "柳成林"})
    with pytest.raises(IdentityMismatch):
        await clinic.order("DD3", patient_id=made.patient_id, visitor=somebody(3))


async def test_who_has_several_archives_is_sent_to_the_hospital(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")
    await clinic.cancel("DD1")

    await clinic.database.write(
        lambda c: c.execute(
            patient.insert().from_select(
                [column.name for column in patient.columns],
                patient.select()
                .with_only_columns(*(_other(column) for column in patient.columns))
                .where(patient.c.patient_id == made.patient_id),
            )
        )
    )
    with pytest.raises(SeveralArchives):
        await clinic.order("DD2")


def _other(column: Any) -> Any:
    return (column + "2").label("patient_id") if column.name == "patient_id" else column


CHILD: dict[str, Any] = {"certificate": None, "birthday": "2022-05-06", "name": "柳小满"}
GUARDIAN: dict[str, Any] = {"guardian": VISITOR.certificate, "guardian_name": "柳成荫"}


async def test_order_child__a_child_without_a_certificate_goes_by_the_guardians(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    parent = await clinic.order("DD1")
    child = await clinic.order("DD2", visitor=CHILD | GUARDIAN)
    brother = await clinic.order("DD3", visitor=CHILD | GUARDIAN | {"name": "柳大满"})
    assert len({parent.patient_id, child.patient_id, brother.patient_id}) == 3


@pytest.mark.parametrize(
    "stated",
    [
        CHILD,
        CHILD | {"guardian": VISITOR.certificate},
        {"certificate": Document(1, "359851198503130134")},
        {"certificate": Document(1, "35985119850312013")},
    ],
)
async def test_order_self__without_a_certificate_that_will_do_no_archive_is_made(
    clinic: Clinic, stated: dict[str, Any]
) -> None:
    await clinic.schedule("PB1", 5)
    with pytest.raises(PatientNotCreated):
        await clinic.order("DD1", visitor=stated)
    assert await clinic.taken() == 0


async def test_order_discount__what_the_hospital_takes_off_is_told_to_the_fen(clinic: Clinic) -> None:
    row = {"hospital_id": HOSPITAL, "title": "老年优惠", "age_min": 70, "age_max": None}
    percents = {"registration_percent": 0, "treatment_percent": 33}
    await clinic.database.write(lambda c: c.execute(concession.insert(), {**row, **percents, "concession_id": "1"}))
    await clinic.schedule("PB1", 5)
    old = {"birthday": "1950-03-12", "certificate": Document(1, "359851195003120134")}
    reduced = (await clinic.order("DD1", visitor=old)).concession
    assert reduced is not None
    assert (reduced.off, reduced.registration, reduced.treatment, reduced.total) == (2005, 0, 495, 495)
    assert (await clinic.order("DD2", visitor=somebody(2))).concession is None
    assert (await clinic.on_file("DD1")).payable == 495


async def test_one_booking_a_patient_doctor_and_session(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.order("DD1")
    with pytest.raises(RuleViolated):
        await clinic.order("DD2")
    await clinic.cancel("DD1")
    await clinic.order("DD3")


async def test_one_booking_from_two_processes_at_once(clinic: Clinic) -> None:
    other = Clinic(clinic.database, clinic.clock)
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB2", 5)
    found = await asyncio.gather(clinic.order("DD1"), other.order("DD2", "PB2"), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["Ordered", "RuleViolated"]


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ({"fee": 2400}, RuleViolated),
        ({"from_account": True}, RuleViolated),
        ({"timing": Timing.BOOKED_TODAY}, RuleViolated),
        ({"unit": {"dept_id": "D9"}}, UnknownDepartment),
        ({"unit": {"doctor_id": "YS9"}}, UnknownDoctor),
        ({"unit": {"day": "2026-11-23"}}, UnknownSchedule),
        ({"unit": {"schedule_id": "PB-far"}}, RuleViolated),
        ({"unit": {"schedule_id": "PB-today"}}, RuleViolated),
        ({"unit": {"schedule_id": "PB-women"}}, DepartmentRuleViolated),
        ({"unit": {"schedule_id": "PB-young"}}, DepartmentRuleViolated),
        ({"unit": {"schedule_id": "PB-old"}}, DepartmentRuleViolated),
    ],
)
async def test_order_rules__the_hospitals_rules_are_told_to_the_patient(
    clinic: Clinic, asked: dict[str, Any], refusal: type[DomainError]
) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.schedule("PB-far", 5, day="2026-11-27")
    await clinic.schedule("PB-today", 5, day="2026-11-20")
    await clinic.schedule("PB-women", 5, sex_limit=Sex.FEMALE)
    await clinic.schedule("PB-young", 5, age_max=30)
    await clinic.schedule("PB-old", 5, age_min=60)
    await clinic.database.write(
        lambda c: c.execute(hospital.update().values(stop_book_time_am="08:00", end_reg_time="08:00"))
    )
    with pytest.raises(refusal) as told:
        await clinic.order("DD1", **asked)
    assert told.value.message
    clinic.clock.advance(60)
    with pytest.raises(RuleViolated, match="00:00 至 08:00"):
        await clinic.order("DD2")
    await clinic.order("DD3", timing=Timing.AT_ONCE)


@pytest.mark.parametrize(
    ("limits", "visitor", "right"),
    [
        ({"sex_limit": 2}, {}, False),
        ({"sex_limit": 1}, {}, True),
        ({"baby_flag": 1, "baby_age": 14}, {}, False),
        ({"baby_flag": 2, "baby_age": 14}, {}, True),
        ({"baby_flag": 2, "baby_age": 14}, CHILD | GUARDIAN, False),
        ({"baby_flag": 1, "baby_age": 14}, CHILD | GUARDIAN, True),
    ],
)
async def test_a_department_has_rules_of_its_own(
    clinic: Clinic, limits: dict[str, int], visitor: dict[str, Any], right: bool
) -> None:
    await clinic.schedule("PB1", 5)
    await clinic.database.write(lambda c: c.execute(department.update().values(**limits)))
    if right:
        assert isinstance(await clinic.order("DD1", visitor=visitor), Ordered)
    else:
        with pytest.raises(DepartmentRuleViolated):
            await clinic.order("DD1", visitor=visitor)


async def test_cancel_again__cancelling_twice_succeeds_and_gives_back_one_unit(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 2)
    made = await clinic.order("DD1")
    await clinic.order("DD2", visitor=somebody(2))
    await clinic.cancel("DD1", made.order_no)
    await clinic.cancel("DD1", made.order_no)
    assert await clinic.taken() == 1
    assert (await clinic.order("DD3", visitor=somebody(3))).number == "1"


async def test_cancel_unpaid__what_is_paid_refunded_or_past_is_not_cancelled(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1", paid=True)
    await clinic.order("DD2", visitor=somebody(2))
    with pytest.raises(OrderPaid):
        await clinic.cancel("DD1")
    await clinic.perform(await clinic.booking.refund(clinic.serial("DD1"), made.order_no, 2500))
    with pytest.raises(OrderRefunded):
        await clinic.cancel("DD1")
    assert await clinic.taken() == 1
    clinic.clock.advance(2 * DAY_S)
    with pytest.raises(OrderClosed):
        await clinic.cancel("DD2")


async def test_only_who_made_an_order_cancels_it(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")
    other = await clinic.order("DD2", visitor=somebody(2))
    for wrong in ({"order_id": "DD9"}, {"order_id": "DD1", "app_id": "stranger"}):
        with pytest.raises(UnknownOrder):
            await clinic.cancel(**wrong)
    with pytest.raises(UnknownOrder):
        await clinic.cancel("DD1", other.order_no)
    await clinic.cancel("DD1", made.order_no)


async def test_transfer__a_booking_becomes_a_registration_once(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")

    async def transfer(fee: int) -> None:
        payment = Payment(fee, 1, clinic.clock.now_ms())
        await clinic.perform(await clinic.booking.transfer(clinic.serial("DD1"), made.order_no, payment))

    with pytest.raises(RuleViolated):
        await transfer(2400)
    await transfer(2500)
    row = await clinic.on_file("DD1")
    assert (row.state, row.paid, row.pay_channel) == (OrderState.REGISTERED, Paid.PAID, 1)
    with pytest.raises(DuplicateSerial):
        await transfer(2500)


async def test_a_number_is_fetched_and_then_the_platform_cancels_no_more(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")
    await clinic.perform(await clinic.booking.fetch(clinic.serial("DD1"), made.order_no))
    with pytest.raises(OrderClosed):
        await clinic.cancel("DD1")


async def test_who_was_seen_is_not_seen_again_and_cancels_no_more(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1", timing=Timing.AT_ONCE, paid=True)
    visit = Changing(HOSPITAL, clinic.serial("DD1"), made.order_no, Visit("D1"))
    (slip,) = await clinic.database.write(lambda c: serve(clinic.keyring, c, [visit]))
    assert slip.order_no == made.order_no
    row = await clinic.on_file("DD1")
    assert (row.state, row.visited_at, row.visit_doctor_id) == ("visited", clinic.clock.now_ms(), "D1")
    (again,) = await clinic.database.write(lambda c: serve(clinic.keyring, c, [visit]))
    assert isinstance(again, OrderClosed)
    with pytest.raises(OrderClosed):
        await clinic.perform(await clinic.booking.refund(clinic.serial("DD1"), made.order_no, row.payable))
    assert await clinic.taken() == 1


async def test_update_patient__the_last_change_holds(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 5)
    made = await clinic.order("DD1")
    for phone in ("15498510008", "15498510009"):
        new = NewVisitor("柳成阴", Sex.FEMALE, phone, "359851198503120142", 6, paid=True)
        await clinic.perform(await clinic.booking.update(clinic.serial(made.order_no), new))
    row = await clinic.on_file("DD1")
    visitor = unseal(clinic.house.keyring, row).visitor
    assert (visitor.name, visitor.sex, visitor.mobile) == ("柳成阴", Sex.FEMALE, "15498510009")
    assert (row.insurance, row.paid) == (6, Paid.PAID)
    with pytest.raises(UnknownOrder):
        await clinic.perform(await clinic.booking.update(clinic.serial("DD9"), new))


async def test_orders_at_once_take_each_a_unit_and_no_more_than_there_are(clinic: Clinic) -> None:
    await clinic.schedule("PB1", 20)
    other = Clinic(clinic.database, clinic.clock)
    calls = [desk.order(f"{n}", visitor=somebody(n)) for n in range(0, 60, 2) for desk in (clinic,)]
    calls += [other.order(f"{n}", visitor=somebody(n)) for n in range(1, 60, 2)]
    found = await asyncio.gather(*calls, return_exceptions=True)
    made = [one for one in found if isinstance(one, Ordered)]
    assert {type(one) for one in found} == {Ordered, SoldOut}
    assert sorted(int(one.number) for one in made) == list(range(1, 21))
    assert await clinic.taken() == 20


def test_nothing_personal_is_shown_by_what_is_handed_around() -> None:
    shown = repr(VISITOR) + repr(NewVisitor("柳成荫", Sex.MALE, "15498510001", "359851198503120134", 6, paid=True))
    assert "359851198503120134" not in shown
    assert "15498510001" not in shown
    assert "柳成荫" not in shown


async def test_whatever_two_processes_do_at_once_nobody_waits_in_a_circle_and_the_counts_are_true(
    clinic: Clinic,
) -> None:
    places = [f"PB{n}" for n in range(4)]
    for place in places:
        await clinic.schedule(place, 8)
    desks = clinic, Clinic(clinic.database, clinic.clock)

    async def caller(n: int) -> None:
        desk, place = desks[n % 2], places[n * 7 % 4]
        await desk.lock(f"{n}", place)
        if n % 3 == 0:
            await desk.unlock(f"{n}")
        else:
            await desk.order(f"{n}", place, visitor=somebody(n))
        if n % 5 == 0:
            await desk.cancel(f"{n}")

    found = await asyncio.gather(*(caller(n) for n in range(80)), return_exceptions=True)
    assert {type(one) for one in found} <= {type(None), SoldOut, UnknownOrder}
    for place in places:
        assert 0 < await clinic.taken(place) <= 8
