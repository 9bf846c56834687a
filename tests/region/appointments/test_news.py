"""Notices of hospitals (2035): the orders of a session that was called off are closed, and their money goes back."""

import pytest
from sqlalchemy import Connection

from tests.region.appointments.test_saga import booked, paying, registered
from tests.region.appointments.world import HOSPITAL, PERSON, TOMORROW, World, scripted
from yiqiao.hospital.stops.service import Stops
from yiqiao.jobs import Job, Outcome
from yiqiao.ports.hospital.notices import Attends, ScheduleChange
from yiqiao.ports.hospital.values import Session
from yiqiao.region.appointments.news import HospitalNews
from yiqiao.storage import appointments as storage
from yiqiao.storage.appointments import AppointmentRow, EventRow
from yiqiao.storage.stops import Scope


def change(attends: Attends, **more: object) -> ScheduleChange:
    base = ScheduleChange(
        HOSPITAL,
        "云桥县人民医院",
        "D0101",
        "内科",
        "YS1",
        "陶文静",
        TOMORROW,
        Session.MORNING,
        attends,
        2500,
        False,
        "开会",
    )
    return base._replace(**more)  # type: ignore[arg-type]


async def hear(world: World, said: ScheduleChange) -> int:
    return await world.clinic.perform(HospitalNews(world.clock).schedule_changed(said))


async def stop(world: World) -> None:
    scope = Scope(HOSPITAL, TOMORROW, TOMORROW, doctor_id="YS1")
    await Stops(world.clinic.house, HOSPITAL).stop(scope, keep=False, reason="开会", operator="ops")


async def test_a_stop_closes_what_is_booked_and_gives_back_what_is_paid(world: World) -> None:
    paid = await registered(world)
    await stop(world)
    assert await hear(world, change(Attends.STOPPED)) == 1
    await world.settle(10)
    row = await world.row(paid)
    assert (row.state, row.paid) == ("stopped", "refunded")
    assert "停诊" in row.reason
    await world.must_be_true(over=True)


async def test_a_stop_while_somebody_pays_closes_the_trade_first(world: World) -> None:
    order_id = await paying(world)
    await stop(world)
    await hear(world, change(Attends.STOPPED))
    await world.settle(10)
    assert await world.state(order_id) == "stopped"
    assert [trade.state for trade in (await world.trades())[0]] == ["closed"]


async def test_an_order_that_is_gone_while_somebody_pays_closes_the_trade(world: World) -> None:
    order_id = await paying(world)
    await world.database.write(lambda c: c.exec_driver_sql("DELETE FROM registration_order"))
    await hear(world, change(Attends.STOPPED))
    await world.settle(30)
    assert await world.state(order_id) == "cancelled"
    assert [trade.state for trade in (await world.trades())[0]] == ["closed"]
    await world.must_be_true(over=True)


async def test_an_order_that_is_gone_once_it_is_paid_gives_the_money_back(world: World) -> None:
    order_id = await paying(world)
    await world.database.write(lambda c: c.exec_driver_sql("DELETE FROM registration_order"))
    await world.till.pay((await world.row(order_id)).trade_no or "")
    await hear(world, change(Attends.STOPPED))
    await world.settle(30)
    row = await world.row(order_id)
    assert (row.state, row.paid) == ("refunded", "refunded")


async def test_a_stop_that_is_false_changes_nothing_but_a_look(world: World) -> None:
    order_id = await registered(world)
    await hear(world, change(Attends.STOPPED))
    await world.settle(10)
    row = await world.row(order_id)
    assert (row.state, row.paid) == ("registered", "paid")


async def stopped_in_the_middle(world: World) -> tuple[str, list[int]]:
    """An order that is paid for, whose session is called off while the hospital's answer is on its way."""
    order_id = await paying(world)
    await world.till.pay((await world.row(order_id)).trade_no or "")
    original = world.saga
    told: list[int] = []

    async def interrupted(job: Job) -> Outcome:
        outcome = await original(job)
        order = await world.clinic.on_file(order_id)
        if order.paid == "paid" and not told:  # the hospital has it, and here it is not written down yet
            await stop(world)
            told.append(await hear(world, change(Attends.STOPPED)))
        return outcome

    world.saga = interrupted  # type: ignore[assignment]
    await world.settle(30)
    return order_id, told


async def test_a_stop_in_the_middle_of_a_step_makes_its_run_void(world: World) -> None:
    order_id, told = await stopped_in_the_middle(world)
    assert (told, await world.state(order_id)) == ([1], "stopped")
    await world.must_be_true(over=True)


async def test_without_the_guard_of_the_version_the_stop_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def unguarded(connection: Connection, row: AppointmentRow, _event: EventRow | None) -> bool:
        before = storage.find_by_order(connection, row.order_id)
        assert before is not None
        return guarded(connection, row._replace(version=before.version + 1), None)

    guarded = storage.change
    monkeypatch.setattr(storage, "change", unguarded)
    order_id, told = await stopped_in_the_middle(world)
    assert (told, await world.state(order_id)) == ([1], "registered")


@pytest.mark.parametrize("attends", [Attends.KEPT, Attends.NORMAL])
async def test_what_is_kept_or_resumed_is_told_and_stays(world: World, attends: Attends) -> None:
    order_id = await booked(world)
    assert await hear(world, change(attends)) == 1
    await world.settle(5)
    row = await world.row(order_id)
    assert row.state == "ordered"
    assert ("预约保留" in row.reason) == (attends is Attends.KEPT)


@pytest.mark.parametrize(
    "other",
    [{"day": "2026-11-22"}, {"doctor_id": "YS2"}, {"session": Session.AFTERNOON}, {"hospital_id": "9851002"}],
)
async def test_a_notice_concerns_its_own_session_alone(world: World, other: dict[str, object]) -> None:
    await booked(world)
    assert await hear(world, change(Attends.STOPPED, **other)) == 0


async def test_a_whole_day_is_every_session_of_it(world: World) -> None:
    await booked(world)
    assert await hear(world, change(Attends.STOPPED, session=Session.WHOLE_DAY)) == 1


async def test_a_hospital_that_cancels_by_itself_is_noticed_and_the_money_goes_back(world: World) -> None:
    order_id = await registered(world)
    await world.database.write(
        lambda c: c.exec_driver_sql("UPDATE registration_order SET state = 'cancelled', paid = 'refunded'")
    )
    world.fate = scripted()
    await hear(world, change(Attends.STOPPED))
    await world.settle(10)
    row = await world.row(order_id)
    assert (row.state, row.paid, row.ending) == ("refunded", "refunded", "hospital")
    assert row.person_id == PERSON


async def test_an_order_that_the_hospital_moved_is_moved_here(world: World) -> None:
    order_id = await registered(world)
    await world.database.write(
        lambda c: c.exec_driver_sql("UPDATE registration_order SET doctor_id = 'YS2', session = 2")
    )
    await hear(world, change(Attends.STOPPED))
    await world.settle(10)
    row = await world.row(order_id)
    assert (row.state, row.doctor_id, row.session) == ("registered", "YS2", 2)
