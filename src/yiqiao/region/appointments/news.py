"""What hospitals tell the platform of their schedules (2035), and what that means for appointments that stand.

A notice is believed so far that the hospital is asked how each of the orders stands: what follows, follows from its own
records, so a notice that is false, late or told twice does no harm.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.clock import Clock
from yiqiao.jobs.queue import revive
from yiqiao.ports.hospital.notices import Attends, ScheduleChange
from yiqiao.ports.hospital.values import Session
from yiqiao.region.appointments.messages import KEPT, Tell, silent
from yiqiao.region.appointments.saga import KIND
from yiqiao.region.appointments.states import ACTING, ORDER_STANDS, State
from yiqiao.storage import Write, appointments, ordinary
from yiqiao.storage.appointments import AppointmentRow, Course, EventRow

CONCERNED = (ORDER_STANDS | ACTING) - {State.LOCKING, State.RELEASING, State.CHECKING}
ASKED_ABOUT = ORDER_STANDS - ACTING | {State.PAYING}
"""States in which the hospital is asked at once. A step that is under way asks when its run turns out to be void."""


@dataclass(frozen=True)
class HospitalNews:
    """The desk at which hospitals' notices arrive."""

    clock: Clock
    tell: Tell = silent

    def schedule_changed(self, change: ScheduleChange) -> Write[int]:
        """Take a notice in; answers how many appointments it concerns."""
        session = None if change.session is Session.WHOLE_DAY else int(change.session)
        now = self.clock.now_ms()

        def work(connection: Connection) -> int:
            found = [
                row
                for doctor_id in {change.doctor_id, ""}
                for row in appointments.of_course(
                    connection,
                    Course(change.hospital_id, change.day, doctor_id, session),
                    [state.value for state in CONCERNED],
                )
                if doctor_id or row.dept_id == change.dept_id
            ]
            for row in found:
                self._tell(connection, row, change, now)
            return len(found)

        return ordinary(work)

    def _tell(self, connection: Connection, row: AppointmentRow, change: ScheduleChange, now: int) -> None:
        words = _WORDS[change.attends]
        told = f"{words}：{change.reason}" if change.reason else words
        asked = change.attends is Attends.STOPPED and row.state in ASKED_ABOUT
        after = State.CHECKING.value if asked else row.state
        following = row._replace(
            state=after,
            reason=told[:200] if change.attends is not Attends.NORMAL else "",
            tries=0 if asked else row.tries,
            next_at=now if asked or row.state in ACTING else row.next_at,
            version=row.version + 1,
            changed_at=now,
        )
        event = EventRow(
            row.person_id,
            row.order_id,
            following.version,
            now,
            row.state,
            after,
            "hospital",
            following.tries,
            told[:300],
        )
        appointments.change(connection, following, event)
        if change.attends is Attends.KEPT:
            self.tell(connection, following, KEPT, now)
        if following.next_at == now:
            revive(connection, now, KIND, row.order_id)


_WORDS = {
    Attends.NORMAL: "医院通知：恢复出诊",
    Attends.STOPPED: "医院通知：停诊",
    Attends.KEPT: "医院通知：医生停诊，您的预约保留，请留意医院安排",
}
