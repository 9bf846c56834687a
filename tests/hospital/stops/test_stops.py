"""停诊 and 停诊但保留预约, on each engine: sessions, their orders and units, and the notice in the same transaction."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.hospital.stops.patients import MORNING, NOW, OF_TODAY, THE_MORNING, TODAY, order, unit
from tests.support.hospital import HOSPITAL, fill
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.notify import NOTICE, Notifier
from yiqiao.hospital.stops.service import NothingToStop, Stops
from yiqiao.jobs import Done, Job
from yiqiao.jobs.queue import claim
from yiqiao.ports.hospital.notices import Attends, ScheduleChange
from yiqiao.ports.hospital.refusals import RuleViolated
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import Database, StorageFailed
from yiqiao.storage.booking import add_locks
from yiqiao.storage.orders import add_orders
from yiqiao.storage.stops import Scope, StopRow, add_stops


@pytest.fixture
async def stops(database: Database) -> Stops:
    """A hospital on whose morning three patients are expected, and one was seen already."""

    await database.write(lambda connection: fill(connection, TODAY, 2))
    states = ("booked", "registered", "fetched", "visited")
    orders = [order(number, state) for number, state in enumerate(states, 1)]
    await database.write(lambda c: add_orders(c, orders))
    await database.write(lambda c: add_locks(c, [unit(one) for one in orders]))
    taken = text("UPDATE slot_pool SET total = 9, taken = 4, next_number = 5 WHERE schedule_id = :id AND pool = 1")
    await database.write(lambda c: c.execute(taken, {"id": MORNING}))
    return Stops(House(database, KEYRING, FixedClock(NOW)), HOSPITAL)


async def _states(stops: Stops) -> dict[str, str]:
    sql = text("SELECT order_no, state FROM registration_order ORDER BY order_no")
    return {row[0]: row[1] for row in await stops.house.database.read(lambda c: c.execute(sql).all())}


async def _units(stops: Stops) -> tuple[int, int]:
    """What the pool counts, and what is held in truth."""
    sql = text(
        "SELECT taken, (SELECT COUNT(*) FROM slot_lock l WHERE l.schedule_id = p.schedule_id AND l.state = 'ordered')"
        " FROM slot_pool p WHERE p.schedule_id = :id AND p.pool = 1"
    )
    row = await stops.house.database.read(lambda c: c.execute(sql, {"id": MORNING}).one())
    return row[0], row[1]


async def _schedule_state(stops: Stops) -> str:
    sql = text("SELECT state FROM schedule WHERE schedule_id = :id")
    return str(await stops.house.database.read(lambda c: c.execute(sql, {"id": MORNING}).scalar_one()))


async def _notices(stops: Stops) -> list[Job]:
    now = stops.house.clock.now_ms()
    return await stops.house.database.write(lambda c: claim(c, "test", now, 100, [NOTICE]))


async def _stop(stops: Stops, scope: Scope = THE_MORNING, *, keep: bool = False) -> int:
    affected = await stops.stop(scope, keep=keep, reason="外出学习", operator="test")
    return sum(one.orders for one in affected)


async def test_stopping_closes_the_orders_and_gives_their_units_back(stops: Stops) -> None:
    assert await _stop(stops) == 3
    assert await _states(stops) == {"YD1": "stopped", "YD2": "stopped", "YD3": "stopped", "YD4": "visited"}
    assert await _units(stops) == (1, 1), "who was seen keeps the unit"
    assert await _schedule_state(stops) == "stopped"


async def test_keeping_leaves_the_orders_alone(stops: Stops) -> None:
    assert await _stop(stops, keep=True) == 0
    assert set((await _states(stops)).values()) == {"booked", "registered", "fetched", "visited"}
    assert await _units(stops) == (4, 4)
    assert await _schedule_state(stops) == "kept"


async def test_what_was_called_off_with_its_bookings_kept_can_be_called_off_for_good(stops: Stops) -> None:
    await _stop(stops, keep=True)
    _later(stops)
    assert await _stop(stops) == 3
    assert [stop.row.keeps for stop in await stops.standing(OF_TODAY)] == [0]
    with pytest.raises(NothingToStop):
        await _stop(stops, keep=True)


async def test_resuming_opens_the_session_and_leaves_closed_orders_closed(stops: Stops) -> None:
    await _stop(stops)
    await stops.resume(THE_MORNING)
    assert await _schedule_state(stops) == "open"
    assert (await _states(stops))["YD1"] == "stopped"
    assert await stops.standing(OF_TODAY) == []
    with pytest.raises(NothingToStop):
        await stops.resume(THE_MORNING)


async def test_a_session_that_was_not_open_yet_is_not_opened_by_resuming(stops: Stops) -> None:
    closed = text("UPDATE schedule SET state = 'closed' WHERE schedule_id = :id")
    await stops.house.database.write(lambda c: c.execute(closed, {"id": MORNING}))
    await _stop(stops, keep=True)
    _later(stops)
    await _stop(stops)
    await stops.resume(THE_MORNING)
    assert await _schedule_state(stops) == "closed"


async def test_a_doctor_is_stopped_in_every_department_for_a_session_or_for_days(stops: Stops) -> None:
    one = await stops.would_stop(OF_TODAY._replace(doctor_id="YS8102", session=Session.MORNING), keep=False)
    days = await stops.would_stop(
        OF_TODAY._replace(doctor_id="YS8102", last_day=(TODAY + timedelta(days=1)).isoformat()), keep=False
    )
    assert sorted({row.schedule.dept_id for row in one}) == ["D0101", "D0102"]
    assert (len(one), len(days)) == (2, 8)


async def test_looking_first_changes_nothing(stops: Stops) -> None:
    assert [one.orders for one in await stops.would_stop(THE_MORNING, keep=False)] == [3]
    assert [one.orders for one in await stops.would_stop(THE_MORNING, keep=True)] == [0]
    assert await _schedule_state(stops) == "open"
    assert await _notices(stops) == []


async def test_days_that_are_over_cannot_be_called_off(stops: Stops) -> None:
    yesterday = (TODAY - timedelta(days=1)).isoformat()
    with pytest.raises(RuleViolated):
        await _stop(stops, OF_TODAY._replace(first_day=yesterday))


async def test_rule_notice_push_every_change_is_told_once_it_is_written(stops: Stops) -> None:
    await _stop(stops, OF_TODAY._replace(doctor_id="YS8101"))
    assert len(await _notices(stops)) == 2
    _later(stops)
    await stops.resume(THE_MORNING)
    assert len(await _notices(stops)) == 1


async def test_a_stop_that_fails_tells_nobody(stops: Stops) -> None:
    in_the_way = StopRow(HOSPITAL, MORNING, NOW, "", "", "", 1, 1, 0, None, 0, "", "open", NOW)
    await stops.house.database.write(lambda c: add_stops(c, [in_the_way]))
    with pytest.raises(StorageFailed):
        await _stop(stops)
    assert await _notices(stops) == []
    assert await _schedule_state(stops) == "open"
    assert (await _states(stops))["YD1"] == "booked"


class Platform:
    """A platform that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[ScheduleChange] = []

    async def schedule_changed(self, change: ScheduleChange) -> None:
        """Keep it."""
        self.told.append(change)


async def test_the_platform_is_told_how_the_session_stands_when_it_is_told(stops: Stops) -> None:
    """Two notices that wait while the line is down both tell the truth of the moment: the session takes place."""
    await _stop(stops)
    _later(stops)
    await stops.resume(THE_MORNING)
    platform = Platform()
    for job in await _notices(stops):
        assert await Notifier(stops.house.database, platform)(job) == Done()
    assert [change.attends for change in platform.told] == [Attends.NORMAL, Attends.NORMAL]


@pytest.mark.parametrize(("keep", "attends"), [(False, Attends.STOPPED), (True, Attends.KEPT)])
async def test_the_notice_names_department_doctor_day_session_fee_and_reason(
    stops: Stops, keep: bool, attends: Attends
) -> None:
    await _stop(stops, keep=keep)
    platform = Platform()
    (job,) = await _notices(stops)
    await Notifier(stops.house.database, platform)(job)
    assert platform.told == [
        ScheduleChange(
            hospital_id=HOSPITAL,
            hospital_name="云桥县人民医院",
            dept_id="D0101",
            dept_name="心血管内科",
            doctor_id="YS8101",
            doctor_name="陶文静",
            day=TODAY.isoformat(),
            session=Session.MORNING,
            attends=attends,
            fee=2700,
            emergency=False,
            reason="外出学习",
        )
    ]


async def test_a_schedule_that_is_gone_by_then_is_nothing_to_tell_of(stops: Stops) -> None:
    await _stop(stops)
    platform = Platform()
    (job,) = await _notices(stops)
    nowhere = replace(job, data={"hospital_id": HOSPITAL, "schedule_id": "PB0"})
    assert await Notifier(stops.house.database, platform)(nowhere) == Done()
    assert platform.told == []


def _later(stops: Stops) -> None:
    clock = stops.house.clock
    assert isinstance(clock, FixedClock)
    clock.advance(30)
