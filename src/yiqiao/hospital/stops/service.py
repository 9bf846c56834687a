"""停诊: sessions called off, with their orders or without, taken up again, and the platform's notice put on its way.

All of an act is one transaction, the notice's job with it: the platform is told of what has happened and nothing else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.notify import enqueue_notices
from yiqiao.ports.hospital.refusals import NoSuchRecord, RuleViolated
from yiqiao.storage import stops
from yiqiao.storage.hospital import ScheduleRow
from yiqiao.storage.stops import NamedStop, Scope, StopRow

OPEN, CLOSED, STOPPED, KEPT = "open", "closed", "stopped", "kept"
IN_DEPARTMENT, IN_ANY_DEPARTMENT = 1, 2
TO_STOP = (OPEN, CLOSED, KEPT)
TO_KEEP = (OPEN, CLOSED)
TO_RESUME = (STOPPED, KEPT)


class NothingToStop(NoSuchRecord):
    """No schedule is meant that could be called off, or taken up again."""


class Affected(NamedTuple):
    """A schedule that is called off or taken up again, and how many orders that closes."""

    schedule: ScheduleRow
    orders: int


@dataclass(frozen=True)
class Stops:
    """What the hospital's own staff may do with its sessions."""

    house: House
    hospital_id: str

    async def would_stop(self, scope: Scope, *, keep: bool) -> list[Affected]:
        """What `stop` would do. Raises NothingToStop, RuleViolated."""
        self._not_in_the_past(scope)

        def read(connection: Connection) -> list[Affected]:
            found = _meant(stops.schedules(connection, scope, TO_KEEP if keep else TO_STOP))
            ids = [row.schedule_id for row in found]
            orders = {} if keep else stops.standing_orders(connection, self.hospital_id, ids)
            return [Affected(row, orders.get(row.schedule_id, 0)) for row in found]

        return await self.house.database.read(read)

    async def stop(self, scope: Scope, *, keep: bool, reason: str | None, operator: str) -> list[Affected]:
        """Call sessions off; with `keep` what is booked stays booked (停诊但保留预约).

        One that was called off with `keep` can be called off for good. Raises NothingToStop, RuleViolated.
        """
        self._not_in_the_past(scope)
        now = self.house.clock.now_ms()

        def write(connection: Connection) -> list[Affected]:
            found = _meant(stops.schedules(connection, scope, TO_KEEP if keep else TO_STOP, lock=True))
            ids = [row.schedule_id for row in found]
            flag = IN_ANY_DEPARTMENT if scope.doctor_id and not (scope.dept_id or scope.schedule_id) else IN_DEPARTMENT
            orders = call_off(connection, found, CallingOff(now, flag, keep, reason, operator))
            enqueue_notices(connection, now, self.hospital_id, ids)
            return [Affected(row, orders.get(row.schedule_id, 0)) for row in found]

        return await self.house.database.write(write)

    async def would_resume(self, scope: Scope) -> list[Affected]:
        """What `resume` would do. Raises NothingToStop, RuleViolated."""
        self._not_in_the_past(scope)
        found = await self.house.database.read(lambda c: stops.schedules(c, scope, TO_RESUME))
        return [Affected(row, 0) for row in _meant(found)]

    async def resume(self, scope: Scope) -> list[Affected]:
        """Let sessions take place again; orders that were closed stay so. Raises NothingToStop, RuleViolated."""
        self._not_in_the_past(scope)
        now = self.house.clock.now_ms()

        def write(connection: Connection) -> list[Affected]:
            found = _meant(stops.schedules(connection, scope, TO_RESUME, lock=True))
            ids = [row.schedule_id for row in found]
            before = stops.end_stops(connection, self.hospital_id, ids, now)
            closed = [one for one in ids if before.get(one) == CLOSED]
            stops.set_state(connection, self.hospital_id, closed, CLOSED, now)
            stops.set_state(connection, self.hospital_id, [one for one in ids if one not in closed], OPEN, now)
            enqueue_notices(connection, now, self.hospital_id, ids)
            return [Affected(row, 0) for row in found]

        return await self.house.database.write(write)

    async def standing(self, scope: Scope) -> list[NamedStop]:
        """The sessions that are called off."""
        return await self.house.database.read(lambda c: stops.stops(c, scope))

    def _not_in_the_past(self, scope: Scope) -> None:
        today = beijing(self.house.clock.now_ms()).date().isoformat()
        if scope.first_day < today:
            raise RuleViolated("出诊日期已过的排班不能停诊或恢复，请从今天起指定日期")


class CallingOff(NamedTuple):
    """How sessions are called off, and by whom."""

    at: int
    flag: int
    keep: bool
    reason: str | None
    operator: str


def call_off(connection: Connection, sessions: Sequence[ScheduleRow], how: CallingOff) -> dict[str, int]:
    """Call off sessions of one hospital; answers how many orders that closed, by schedule. The platform is not told."""
    hospital_id, ids = sessions[0].hospital_id, [row.schedule_id for row in sessions]
    before = stops.end_stops(connection, hospital_id, ids, how.at)
    stops.set_state(connection, hospital_id, ids, KEPT if how.keep else STOPPED, how.at)
    orders = {} if how.keep else stops.stop_orders(connection, hospital_id, ids, how.at)
    rows = [
        StopRow(
            hospital_id=row.hospital_id,
            schedule_id=row.schedule_id,
            stopped_at=how.at,
            dept_id=row.dept_id,
            doctor_id=row.doctor_id,
            day=row.day,
            session=row.session,
            flag=how.flag,
            keeps=int(how.keep),
            reason=how.reason,
            orders=orders.get(row.schedule_id, 0),
            operator=how.operator,
            was=before.get(row.schedule_id, row.state),
        )
        for row in sessions
    ]
    stops.add_stops(connection, rows)
    return orders


def _meant(found: list[ScheduleRow]) -> list[ScheduleRow]:
    if not found:
        raise NothingToStop("没有符合条件的排班，请核对医院、日期、科室、医生与当前状态")
    return found
