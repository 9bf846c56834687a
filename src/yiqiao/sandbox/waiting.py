"""The queues of a sandbox's hospitals: while doctors see patients, numbers are taken and called at a few doors.

A job for each hospital, a turn every few minutes by the sandbox's clock. Who has an order for today comes first; the
others are regulars, the same at each door, so that who asks for their places finds somebody.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.hospital.booking import changing
from yiqiao.hospital.booking.changing import Act, Changing, Visit
from yiqiao.hospital.booking.desk import serve
from yiqiao.hospital.house import House
from yiqiao.hospital.queue.service import Door, LocalQueue
from yiqiao.jobs import Again, Job, Outcome, enqueue
from yiqiao.jobs.job import Handler
from yiqiao.ports.hospital.booking import OrderState, Serial
from yiqiao.ports.hospital.values import Session
from yiqiao.sandbox.history.orders import is_made_up
from yiqiao.sandbox.residents import Resident, may_be_seen, residents
from yiqiao.sandbox.sessions import session_of
from yiqiao.sandbox.staff import CHILDREN, PLANS, WOMEN, Doctor, Plan, doctors, doctors_by_department
from yiqiao.sandbox.treatment import MINUTE_MS, moment
from yiqiao.storage import Write, queues, records
from yiqiao.storage.orders import OrderRow
from yiqiao.storage.queues import LineKey
from yiqiao.storage.records import DayFilter

QUEUE = "sandbox.queue"
TURN_MS = 4 * MINUTE_MS
HOURS = {Session.MORNING: ("08:00", "11:30"), Session.AFTERNOON: ("13:30", "17:00")}
DOORS, REGULARS = 5, 10
"""How many doors there are, and how many come to each of them again and again."""
FIRST = 4
"""So many are there when a door opens."""
_KEPT = timedelta(days=1)


def begin(connection: Connection, plan: Plan, now_ms: int) -> None:
    """Put in the job of a hospital."""
    enqueue(connection, now_ms, QUEUE, plan.hospital_id, {})


def queueing(house: House) -> Handler:
    """The job's handler."""

    async def turn(job: Job) -> Outcome:
        now = house.clock.now_ms()
        session = session_at(now)
        if session is None:
            return Again(next_opening(now))
        plan = next(one for one in PLANS if one.hospital_id == job.key)
        return Again(now + TURN_MS, writes=lambda connection: _turn(connection, house, plan, session))

    return turn


def session_at(now_ms: int) -> Session | None:
    """In which session doctors see patients at a moment."""
    day = beijing(now_ms).date()
    return next(
        (session for session, (begins, ends) in HOURS.items() if moment(day, begins) <= now_ms < moment(day, ends)),
        None,
    )


def next_opening(now_ms: int) -> int:
    """When the next session begins."""
    today = beijing(now_ms).date()
    openings = [moment(today + timedelta(days=n), begins) for n in range(2) for begins, _ in HOURS.values()]
    return next(at for at in openings if at > now_ms)


class _Room(NamedTuple):
    """A door in one of the day's turns: its doctor, who has an order for it, and who else comes to it."""

    hospital_id: str
    day: date
    turn: int
    doctor: Doctor
    orders: Sequence[OrderRow]
    regulars: Sequence[Resident]

    @property
    def line(self) -> LineKey:
        return LineKey(self.hospital_id, self.day.isoformat(), self.doctor.dept.dept_id, self.doctor.doctor_id)


def _turn(connection: Connection, house: House, plan: Plan, session: Session) -> None:
    now = house.clock.now_ms()
    day = beijing(now).date()
    queues.forget_before(connection, plan.hospital_id, (day - _KEPT).isoformat())
    for room in _rooms(connection, plan, day, session, now // TURN_MS):
        _finish(connection, house, room)
        newcomers = 1 if queues.entry(connection, room.line, 1) else FIRST
        for one in islice(_coming(connection, room), newcomers):
            _take(connection, house, room, one)
        _do(connection, LocalQueue(house, plan.hospital_id).call(*room.line[2:]))


def _rooms(connection: Connection, plan: Plan, day: date, session: Session, turn: int) -> Iterator[_Room]:
    """The doors that are open: those with orders first."""
    _, found = records.by_day(connection, plan.hospital_id, DayFilter(str(day), str(day)), 0, records.MOST)
    orders = [row.order for row in found if row.order.session == session and is_made_up(row.order)]
    awaited = {order.doctor_id for order in orders}
    here = [one for one in doctors(plan) if session_of(one, day) is session and one.dept.name not in WOMEN | CHILDREN]
    first = {names[0].doctor_id for names in doctors_by_department(plan).values()}
    chosen = sorted(here, key=lambda one: (one.doctor_id not in awaited, one.doctor_id not in first, one.turn))[:DOORS]
    for place, doctor in enumerate(chosen, 1):
        own = [order for order in orders if order.doctor_id == doctor.doctor_id]
        regulars = residents()[place - 1 : DOORS * REGULARS : DOORS]
        suited = [one for one in regulars if may_be_seen(one, doctor.dept.name, day)]
        yield _Room(plan.hospital_id, day, turn, doctor, own, suited)


def _finish(connection: Connection, house: House, room: _Room) -> None:
    """Whoever was called in the turn before has been seen."""
    called = queues.called(connection, room.line)
    if called is None:
        return
    _do(connection, LocalQueue(house, room.hospital_id).finish(*room.line[2:], called.number))
    for order in room.orders:
        if order.patient_id == called.patient_id and order.state == OrderState.FETCHED:
            _change(connection, house, order, Visit(room.doctor.doctor_id))


def _coming(connection: Connection, room: _Room) -> Iterator[Resident]:
    """Who comes: those with an order, then regulars who wait nowhere, each time another first."""
    expected = {order.patient_id for order in room.orders if order.state == OrderState.REGISTERED}
    yield from (one for one in residents() if one.patient_id in expected)
    turn = room.turn % max(1, len(room.regulars))
    for one in (*room.regulars[turn:], *room.regulars[:turn]):
        if not queues.waiting(connection, *room.line[:2], one.patient_id):
            yield one


def _take(connection: Connection, house: House, room: _Room, one: Resident) -> None:
    door = Door(*room.line[2:])
    _do(connection, LocalQueue(house, room.hospital_id).take(door, one.patient_id, one.visitor.name))
    for order in room.orders:
        if order.patient_id == one.patient_id and order.state == OrderState.REGISTERED:
            _change(connection, house, order, changing.fetch)


def _change(connection: Connection, house: House, order: OrderRow, act: Act) -> None:
    serial = Serial(order.app_id, order.order_id, b"", house.clock.now_ms())
    serve(house.keyring, connection, [Changing(order.hospital_id, serial, order.order_no, act)])


def _do(connection: Connection, write: Write[Any]) -> None:
    """Do what a desk or a doctor does at a door; what is refused (nobody waits) leaves all as it is."""
    write.lane.execute(connection, [write.command])
