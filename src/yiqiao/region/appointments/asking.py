"""Having the hospital asked how an order stands, from wherever the appointment has come to."""

from sqlalchemy import Connection

from yiqiao.jobs.queue import enqueue, reopen
from yiqiao.region.appointments.saga import KIND, job_data
from yiqiao.region.appointments.states import State
from yiqiao.storage import appointments
from yiqiao.storage.appointments import AppointmentRow, EventRow


def ask_again(connection: Connection, seen: AppointmentRow, actor: str, told: str, now: int) -> bool:
    """Have the saga ask the hospital, whatever end the appointment had come to; not where it has moved on since."""
    following = seen._replace(
        state=State.CHECKING.value, tries=0, next_at=now, version=seen.version + 1, changed_at=now
    )
    key = (seen.person_id, seen.order_id, following.version)
    event = EventRow(*key, now, seen.state, following.state, actor, 0, told[:300])
    if not appointments.change(connection, following, event):
        return False
    if not reopen(connection, now, KIND, seen.order_id):
        enqueue(connection, now, KIND, seen.order_id, job_data(seen))
    return True
