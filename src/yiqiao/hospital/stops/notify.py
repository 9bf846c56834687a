"""The platform is told when a session is called off or takes place again: a job a change, kept until acknowledged.

What is told is how the schedule stands when it is told, not how it stood when the job was written. So notices that
overtake each other on a bad line still leave the platform with the truth.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from yiqiao.jobs import Backoff, Done, Job, Outcome
from yiqiao.jobs.queue import enqueue_many
from yiqiao.ports.hospital.notices import Attends, PlatformNotices, ScheduleChange
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import Database, stops

NOTICE = "hospital.notice"
NOTICE_BACKOFF = Backoff(waits_s=(5, 30, 120, 600, 1800), attempts=1000)
"""Some three weeks: longer than the days that can be booked ahead; then a person is called."""
EMERGENCY = 3
_ATTENDS = {"stopped": Attends.STOPPED, "kept": Attends.KEPT}


def enqueue_notices(connection: Connection, now_ms: int, hospital_id: str, schedule_ids: Collection[str]) -> None:
    """Put the notices on their way, in the transaction that changes the schedules."""
    jobs = [
        (f"{hospital_id}|{schedule_id}|{now_ms}", {"hospital_id": hospital_id, "schedule_id": schedule_id})
        for schedule_id in schedule_ids
    ]
    enqueue_many(connection, now_ms, NOTICE, jobs)


@dataclass(frozen=True)
class Notifier:
    """The handler of these jobs. What the platform does not acknowledge is raised, and tried again."""

    database: Database
    notices: PlatformNotices

    async def __call__(self, job: Job) -> Outcome:
        """Tell the platform how a schedule stands."""
        hospital_id, schedule_id = str(job.data["hospital_id"]), str(job.data["schedule_id"])
        found = await self.database.read(lambda c: stops.change(c, hospital_id, schedule_id))
        if found is not None:
            await self.notices.schedule_changed(
                ScheduleChange(
                    hospital_id=hospital_id,
                    hospital_name=found.hospital_name,
                    dept_id=found.dept_id,
                    dept_name=found.dept_name,
                    doctor_id=found.doctor_id or found.dept_id,  # a department's own schedule goes by its name
                    doctor_name=found.doctor_name or found.dept_name,
                    day=found.day,
                    session=Session(found.session),
                    attends=_ATTENDS.get(found.state, Attends.NORMAL),
                    fee=found.fee,
                    emergency=found.level == EMERGENCY,
                    reason=found.reason,
                )
            )
        return Done()
