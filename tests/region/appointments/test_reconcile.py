"""The daily comparison with the hospital: every kind of difference is named, and applied it is put right."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.hospital.booking.clinic import VISITOR
from tests.region.appointments.test_saga import booked, registered
from tests.region.appointments.world import AWAY, HOSPITAL, PERSON, TOMORROW, World, scripted
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.region.appointments.reconcile import Kind, Reconciliation, Report, in_words
from yiqiao.storage import Database

DAY = date.fromisoformat(TOMORROW)
LATER_S = 900


def desk(world: World) -> Reconciliation:
    return Reconciliation(world.database, world.clock, world)  # type: ignore[arg-type]


async def compare(world: World, *, apply: bool = False) -> Report:
    await world.settle(LATER_S)
    return await desk(world).run(HOSPITAL, DAY, "ops", apply=apply)


async def sql(database: Database, statement: str) -> None:
    await database.write(lambda c: c.exec_driver_sql(statement))


def kinds(report: Report) -> dict[str, str]:
    return {one.order_id: one.kind.value for one in report.findings}


async def other(world: World, number: int) -> str:
    visitor = replace(VISITOR, name=f"患者{number}", certificate=Document(1, f"35985119850312{number:04}"))
    order_id = await world.begin(visitor=visitor, pays_here=False)
    await world.settle()
    await world.appointments.confirm(PERSON, order_id)
    await world.settle()
    return order_id


async def test_where_both_sides_agree_there_is_nothing_to_tell(world: World) -> None:
    await registered(world)
    await other(world, 1)
    ended = await world.begin("PB2")
    await world.appointments.give_up(PERSON, await other(world, 2))
    await world.settle(LATER_S)  # and the lock of `ended` has lapsed
    report = await compare(world)
    assert (report.counts, report.findings) == ({"matched": 3}, ())
    assert await world.state(ended) == "released"


async def test_what_changed_just_now_is_in_flight(world: World) -> None:
    order_id = await registered(world)
    report = await desk(world).run(HOSPITAL, DAY, "ops")
    assert kinds(report) == {order_id: "in_flight"}
    assert not report.findings[0].remedy


async def test_a_payment_that_the_hospital_has_lost_is_told_again(world: World) -> None:
    order_id = await registered(world)
    await sql(
        world.database,
        "UPDATE registration_order SET paid = 'unpaid', state = 'booked', registered_at = NULL, paid_at = NULL",
    )
    preview = await compare(world)
    assert kinds(preview) == {order_id: "state"}
    await world.settle(5)
    assert await world.state(order_id) == "registered"  # looked at only
    assert (await world.clinic.on_file(order_id)).paid == "unpaid"
    await compare(world, apply=True)
    await world.settle(10)
    assert (await world.clinic.on_file(order_id)).paid == "paid"
    assert not (await compare(world)).findings


async def test_an_order_that_stands_there_after_its_end_here_is_cancelled_there(world: World) -> None:
    order_id = await booked(world)
    await world.appointments.give_up(PERSON, order_id)
    await world.settle()
    await sql(world.database, "UPDATE registration_order SET state = 'booked', cancelled_at = NULL")
    assert kinds(await compare(world, apply=True)) == {order_id: "state"}
    await world.settle(10)
    assert (await world.clinic.on_file(order_id)).state == "cancelled"
    assert await world.state(order_id) == "cancelled"


async def test_an_order_that_was_cancelled_there_gives_its_money_back(world: World) -> None:
    order_id = await registered(world)
    await sql(world.database, "UPDATE registration_order SET state = 'cancelled', paid = 'refunded'")
    await compare(world, apply=True)
    await world.settle(10)
    assert await world.state(order_id) == "refunded"
    await world.must_be_true(over=True)


async def test_an_order_that_is_not_there_is_a_persons_task_once_it_was_paid(world: World) -> None:
    order_id = await registered(world)
    await sql(world.database, "DELETE FROM registration_order")
    report = await compare(world, apply=True)
    assert kinds(report) == {order_id: "missing_there"}
    await world.settle(10)
    assert await world.state(order_id) == "stuck"


async def test_another_amount_is_shown_and_never_guessed(world: World) -> None:
    order_id = await registered(world)
    await sql(world.database, "UPDATE registration_order SET discount = 500")
    report = await compare(world, apply=True)
    (found,) = report.findings
    assert (found.kind, found.amount_here, found.amount_there) == (Kind.AMOUNT, 2500, 2000)
    await world.settle(10)
    assert await world.state(order_id) == "registered"


async def test_an_order_that_is_known_to_the_hospital_alone_is_shown(world: World) -> None:
    await world.clinic.order("P-STRANGE")
    report = await compare(world)
    assert kinds(report) == {"P-STRANGE": "missing_here"}


async def test_reports_are_kept_and_read_as_they_were(world: World) -> None:
    await world.clinic.order("P-STRANGE")
    first = await compare(world)
    second = await compare(world, apply=True)
    assert await desk(world).kept() == [second, first]
    (line,) = in_words(first.findings)
    assert "平台无此订单" in line
    assert "P-STRANGE" in line


async def test_reports_of_one_moment_are_all_kept_and_found(world: World) -> None:
    made = [await desk(world).run(HOSPITAL, DAY, "ops") for _ in range(3)]
    assert len({one.at for one in made}) == 3
    assert [await desk(world).find(HOSPITAL, one.day, one.at) for one in made] == made
    assert await desk(world).find(HOSPITAL, made[0].day, 1) is None


async def test_a_hospital_that_is_away_leaves_no_report(world: World) -> None:
    await registered(world)
    world.fate = scripted(("by_numbers", AWAY))
    with pytest.raises(HospitalUnreachable):
        await compare(world)
    assert await desk(world).kept() == []


async def test_a_day_without_appointments_is_an_empty_report(world: World) -> None:
    report = await desk(world).run(HOSPITAL, DAY - timedelta(days=9), "ops")
    assert (report.counts, report.findings) == ({}, ())
