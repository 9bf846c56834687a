"""What citizens and operators do with appointments: an act is written down, and the saga goes on from there."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.jobs.queue import enqueue, revive
from yiqiao.ports.hospital.booking import Visitor
from yiqiao.region.appointments.appointment import (
    PAID,
    UNPAID,
    Appointment,
    Kept,
    NotNow,
    Place,
    Slip,
    UnknownAppointment,
    opened,
    seal,
)
from yiqiao.region.appointments.move import Move
from yiqiao.region.appointments.saga import KIND, job_data, moved
from yiqiao.region.appointments.states import ACTING, CITIZENS, FINAL, OPERATORS, STATES, Act, Ending, Owner, State
from yiqiao.storage import Database, appointments, turns
from yiqiao.storage.appointments import AppointmentRow, EventRow

SHOWN = 50
MOST_OPEN = 10
"""Appointments that one account may have open at a time: units are for patients."""


Beside = Callable[[Connection, AppointmentRow], None]
"""What somebody writes together with an act; the row is as it was before."""


def alone(connection: Connection, before: AppointmentRow) -> None:
    """Nothing is written beside the act."""


class TooMany(NotNow):
    """The account has as many open appointments as one may have."""

    def __init__(self) -> None:
        super().__init__(f"未就诊的预约最多 {MOST_OPEN} 个，请先就诊或取消已有的预约")


class Course(NamedTuple):
    """An appointment with all that has happened to it."""

    appointment: Appointment
    events: tuple[EventRow, ...]


@dataclass(frozen=True)
class Appointments:
    """The appointments of a region. `woken` is called when there is something for the saga to do now."""

    database: Database
    keyring: Keyring
    clock: Clock
    woken: Callable[[], None] = lambda: None

    async def begin(self, person_id: str, place: Place, visitor: Visitor, *, pays_here: bool) -> str:
        """Begin an appointment: the unit is locked next. Answers its order id. Raises TooMany."""
        now = self.clock.now_ms()
        order_id = new_order_id(now)
        row = self._row(person_id, order_id, place, visitor, pays_here=pays_here, now=now)
        event = EventRow(person_id, order_id, 1, now, "", row.state, "citizen", 0, "选定时间与就诊人")

        def write(connection: Connection) -> None:
            turns.one_at_a_time(connection, "appointment", person_id)
            open_states = [state.value for state in State if state not in FINAL]
            held = [one for one in appointments.of_person(connection, person_id, SHOWN) if one.state in open_states]
            if len(held) >= MOST_OPEN:
                raise TooMany
            appointments.add(connection, row, event)
            enqueue(connection, now, KIND, order_id, job_data(row))

        await self.database.write(write)
        self.woken()
        return order_id

    async def confirm(self, person_id: str, order_id: str, *, pays_here: bool | None = None) -> None:
        """Make the order of what is locked, to be paid where the citizen says by now. Raises UnknownAppointment,
        NotNow.
        """
        changes = {} if pays_here is None else {"pays_here": int(pays_here)}
        await self._act(
            person_id, order_id, Act.CONFIRM, "citizen", lambda _: Move(State.ORDERING, "确认预约", changes)
        )

    async def pay(self, person_id: str, order_id: str) -> None:
        """Open a payment for what is ordered. Raises UnknownAppointment, NotNow."""

        def move(one: Appointment) -> Move:
            trades = one.row.trades + 1
            fresh = {"trade_no": f"{order_id}P{trades}", "trades": trades}
            return Move(State.PAYING, "去支付", fresh, {"trade_address": ""}, reason="")

        await self._act(person_id, order_id, Act.PAY, "citizen", move)

    async def give_up(self, person_id: str, order_id: str) -> None:
        """Let go of it, whatever it has come to. Raises UnknownAppointment, NotNow."""

        def move(one: Appointment) -> Move:
            if one.state is State.REGISTERED and one.row.paid != PAID:
                raise NotNow("费用是在医院支付的，请到医院窗口退号退费")
            after = STATES[one.state].acts[Act.GIVE_UP]
            return Move(after, "本人取消", ending=Ending.CITIZEN, reason="本人取消")

        await self._act(person_id, order_id, Act.GIVE_UP, "citizen", move)

    async def operate(self, order_id: str, act: Act, operator: str, beside: Beside = alone) -> None:
        """An operator's button; `beside` is written in its transaction. Raises UnknownAppointment, NotNow."""
        if act not in OPERATORS:
            raise NotNow("没有这个操作")
        row = await self.database.read(lambda c: appointments.find_by_order(c, order_id))
        if row is None:
            raise UnknownAppointment

        def move(one: Appointment) -> Move:
            after = STATES[one.state].acts[act]
            if act is Act.REFUND and one.row.paid != PAID:
                raise NotNow("没有可退的款：费用未支付，或已退回")
            if act is Act.CLOSE and one.row.paid == PAID:
                raise NotNow("费用已支付，请先退款再关闭")
            if act is Act.CLOSE and one.row.paid == UNPAID and one.row.trade_no:
                raise NotNow("还有未关闭的支付交易，请先向医院核对")
            ending = Ending.OPERATOR if act in (Act.REFUND, Act.CLOSE) else None
            return Move(after, WORDS[act], ending=ending)

        await self._act(row.person_id, order_id, act, f"operator {operator}", move, beside)

    async def nudge(self, order_ids: Sequence[str]) -> None:
        """There is news for these from elsewhere (a payment's notice): their saga looks now."""

        def write(connection: Connection) -> None:
            now = self.clock.now_ms()
            for order_id in order_ids:
                row = appointments.find_by_order(connection, order_id)
                if row is not None and row.state in ACTING and row.next_at > now:
                    appointments.change(connection, row._replace(next_at=now, version=row.version + 1), None)
                    revive(connection, now, KIND, order_id)

        await self.database.write(write)
        self.woken()

    async def show(self, person_id: str, order_id: str) -> Course:
        """One appointment with its course. Raises UnknownAppointment."""

        def read(connection: Connection) -> tuple[AppointmentRow | None, list[EventRow]]:
            row = appointments.find(connection, person_id, order_id)
            return row, appointments.events(connection, person_id, order_id) if row else []

        row, events = await self.database.read(read)
        if row is None:
            raise UnknownAppointment
        return Course(opened(self.keyring, row), tuple(events))

    async def of_person(self, person_id: str) -> list[Appointment]:
        """Somebody's appointments, the newest first."""
        rows = await self.database.read(lambda c: appointments.of_person(c, person_id, SHOWN))
        return [opened(self.keyring, row) for row in rows]

    async def _act(
        self,
        person_id: str,
        order_id: str,
        act: Act,
        actor: str,
        make: Callable[[Appointment], Move],
        beside: Beside = alone,
    ) -> None:
        now = self.clock.now_ms()

        def write(connection: Connection) -> None:
            row = appointments.find(connection, person_id, order_id, for_update=True)
            if row is None:
                raise UnknownAppointment
            one = opened(self.keyring, row)
            if act not in STATES[one.state].acts:
                raise NotNow(_why_not(one.state))
            if act in CITIZENS and row.deadline is not None and now >= row.deadline and one.state in TIMED:
                raise NotNow("已超过时限，请重新预约")
            advance(connection, self.keyring, one, make(one), actor, now)
            beside(connection, row)

        await self.database.write(write)
        self.woken()

    def _row(
        self, person_id: str, order_id: str, place: Place, visitor: Visitor, *, pays_here: bool, now: int
    ) -> AppointmentRow:
        key_id, sealed = seal(self.keyring, person_id, order_id, Kept(visitor, Slip()))
        return AppointmentRow(
            person_id=person_id,
            order_id=order_id,
            hospital_id=place.hospital_id,
            schedule_id=place.schedule_id,
            time_id=place.time_id or "",
            pool=place.pool,
            dept_id=place.dept_id,
            doctor_id=place.doctor_id,
            day=place.day,
            session=place.session,
            begins=place.begins or "",
            ends=place.ends or "",
            hospital_name=place.hospital_name,
            dept_name=place.dept_name,
            doctor_name=place.doctor_name,
            fee=place.fee,
            pays_here=int(pays_here),
            state=State.LOCKING.value,
            ending=Ending.NOT.value,
            reason="",
            tries=0,
            next_at=now,
            deadline=None,
            trade_no=None,
            trades=0,
            paid=UNPAID,
            pay_channel=None,
            paid_at=None,
            refunded_at=None,
            order_no=None,
            number=None,
            order_open=0,
            key_id=key_id,
            sealed=sealed,
            version=1,
            created_at=now,
            changed_at=now,
        )


TIMED = frozenset({State.LOCKED, State.ORDERED})
WORDS = {Act.CHECK: "人工：向医院核对", Act.RETRY: "人工：立即重试", Act.REFUND: "人工：退款", Act.CLOSE: "人工：关闭"}


def advance(connection: Connection, keyring: Keyring, one: Appointment, move: Move, actor: str, now: int) -> None:
    """Write a move that somebody other than the saga makes, and have the saga go on from it now."""
    row, event = moved(keyring, one, move, actor, now)
    appointments.change(connection, row, event)
    revive(connection, now, KIND, row.order_id)


def new_order_id(now: int) -> str:
    """A number for an order: the day, and what nobody can guess."""
    return f"{beijing(now):%y%m%d}{secrets.randbelow(10**14):014}"


def _why_not(state: State) -> str:
    about = STATES[state]
    if about.owner is Owner.SAGA:
        return f"{about.title}，请稍候"
    return f"当前状态为“{about.title}”，不能进行此操作"
