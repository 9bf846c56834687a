"""The course of an appointment: a job a row, one step a run, each written down together with the job's own end.

Nothing else moves an appointment but this and the acts of people (`service`), and those only from states in which the
saga waits. A row that somebody has changed in the middle of a run makes that run void: it is done again on what is
there now, and asks first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from yiqiao.clock import BEIJING, Clock, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.errors import DomainError
from yiqiao.jobs import Again, Backoff, Done, Job, Outcome
from yiqiao.jobs.job import Writes
from yiqiao.region.appointments.appointment import Appointment, opened, seal
from yiqiao.region.appointments.messages import Tell, silent
from yiqiao.region.appointments.move import WAITS_S, Move, Run
from yiqiao.region.appointments.states import ACTING, FINAL, Ending, State, may_follow
from yiqiao.region.appointments.steps import Steps
from yiqiao.storage import Database, appointments
from yiqiao.storage.appointments import AppointmentRow, EventRow

KIND = "appointment"
BACKOFF = Backoff(waits_s=(0.2, 1, 5, 30, 60), attempts=10_000)
"""For runs that could not be written; what hospital and cashier do has waits of its own (`move`)."""
LOCK_S = 600
"""A lock of which nothing came is released by the platform (3.1.3.6)."""
PAY_S = 1800
"""An order that was to be paid here and was not is cancelled by the platform (3.1.3.10)."""
STUCK_S = 86_400
MOST_VERSIONS = 300
"""An appointment that goes round in circles is shown to a person, and again after as many more changes."""


class Moved(DomainError):
    """Somebody has changed the appointment since it was read; this run is void."""

    def __init__(self) -> None:
        super().__init__("预约在办理中有了变化，重新办理")


@dataclass(frozen=True)
class Saga:
    """The handler of these jobs."""

    database: Database
    keyring: Keyring
    clock: Clock
    steps: Steps
    tell: Tell = silent

    async def __call__(self, job: Job) -> Outcome:
        """Take the step that is due. Raises Moved, StorageUnreachable, StorageFailed."""
        person_id, order_id = str(job.data["person_id"]), str(job.data["order_id"])
        row = await self.database.read(lambda c: appointments.find(c, person_id, order_id))
        if row is None or row.state in FINAL:
            return Done()
        now = self.clock.now_ms()
        if now < row.next_at:
            return Again(row.next_at, writes=_unchanged(row))
        run = Run(now, beijing(now).date().isoformat(), again=job.attempts > 1)
        one = opened(self.keyring, row)
        move = await self._move(one, run)
        following, event = moved(self.keyring, one, move, "saga", self.clock.now_ms())
        writes = self._writing(following, event)
        return Done(writes) if following.state in FINAL else Again(following.next_at, writes=writes)

    def _writing(self, row: AppointmentRow, event: EventRow) -> Writes:
        def write(connection: Connection) -> None:
            if not appointments.change(connection, row, event):
                raise Moved
            if event.after != event.before:
                self.tell(connection, row, event.after, event.at)

        return write

    async def _move(self, one: Appointment, run: Run) -> Move:
        if one.row.version % MOST_VERSIONS == 0 and one.state in ACTING - {
            State.PAYING
        }:  # that one has an end of its own
            return Move(State.STUCK, "反复办理没有结果，请人工核对")
        if one.state in ACTING:
            return await self.steps.by_state[one.state](one, run)
        return _when_over(one.state)


def _when_over(state: State) -> Move:
    """What follows when what was waited for has not come."""
    if state is State.LOCKED:
        return Move(State.RELEASING, "锁号到时", ending=Ending.LAPSED, reason="10 分钟内没有确认，号源已释放")
    if state is State.ORDERED:
        return Move(State.CANCELLING, "支付超时", ending=Ending.UNPAID, reason="30 分钟内没有支付，预约已取消")
    return Move(State.CHECKING, "到时核对")


def moved(keyring: Keyring, one: Appointment, move: Move, actor: str, now: int) -> tuple[AppointmentRow, EventRow]:
    """The row after a move, and what is told of it. Raises ValueError for a move that the table does not have."""
    row, after = one.row, move.after or one.state
    if not may_follow(one.state, after):
        raise ValueError(f"{one.state} may not become {after}")
    values: dict[str, Any] = dict(move.changes)
    kept = one.slipped(**move.slip) if move.slip else one.kept
    if kept is not one.kept:
        values["key_id"], values["sealed"] = seal(keyring, row.person_id, row.order_id, kept)
    if move.ending is not None:
        values["ending"] = move.ending.value
    if move.reason is not None:
        values["reason"] = move.reason
    tries = row.tries + 1 if after is one.state else 0
    deadline = _deadline(row._replace(**values), one.state, after, now)
    if move.after is None:
        wait_s = move.wait_s if move.wait_s is not None else WAITS_S[min(tries, len(WAITS_S)) - 1]
        next_at = now + round(wait_s * 1000)
        if deadline is not None and after is State.PAYING:
            next_at = min(next_at, max(deadline, now))
    else:
        next_at = now if after in ACTING else deadline or now
    values |= {"state": after.value, "tries": tries, "next_at": next_at, "deadline": deadline}
    values |= {"version": row.version + 1, "changed_at": now}
    following = row._replace(**values)
    event = EventRow(
        row.person_id, row.order_id, following.version, now, row.state, following.state, actor, tries, move.told[:300]
    )
    return following, event


def _deadline(row: AppointmentRow, before: State, after: State, now: int) -> int | None:
    """When what is waited for in the state is over."""
    if after is State.LOCKED:
        return row.created_at + LOCK_S * 1000
    if after is State.ORDERED:
        return row.deadline if before is not State.ORDERING and row.deadline else now + PAY_S * 1000
    if after in (State.PAYING, State.CLOSING, State.CHECKING):
        return row.deadline
    if after in (State.BOOKED, State.REGISTERED):
        return _end_of(row.day)
    return now + STUCK_S * 1000 if after is State.STUCK else None


def _end_of(day: str) -> int:
    """Half an hour after a day is over, in Beijing."""
    over = datetime.combine(date.fromisoformat(day) + timedelta(days=1), time(0, 30), BEIJING)
    return round(over.timestamp() * 1000)


def _unchanged(row: AppointmentRow) -> Writes:
    """That nothing has changed since: else there is something to do now, and not only when this run has said."""

    def write(connection: Connection) -> None:
        found = appointments.find(connection, row.person_id, row.order_id)
        if found is None or found.version != row.version:
            raise Moved

    return write


def job_data(row: AppointmentRow) -> Mapping[str, object]:
    """What its job knows of an appointment."""
    return {"person_id": row.person_id, "order_id": row.order_id}
