"""What needs a hand today: appointments that are stuck, that had to try again, or that nobody has gone on with."""

from dataclasses import dataclass

from yiqiao.clock import Clock
from yiqiao.region.appointments.states import ACTING, State
from yiqiao.storage import Database, appointments
from yiqiao.web.appointment_lines import soon

LATE_MS = 60_000
"""A step that is due longer than this is not being taken."""
LOOKED_AT = (*ACTING, State.STUCK)


@dataclass(frozen=True)
class Hands:
    """How many appointments wait for a person, and how many try again, the first of these at `next`. `late`: since when
    the step that is due first has not been taken; empty where all is in time. Both are texts.
    """

    stuck: int = 0
    retrying: int = 0
    next: str = ""
    late: str = ""

    @property
    def needed(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.stuck or self.retrying or self.late)


async def hands(database: Database, clock: Clock) -> Hands:
    """What needs a hand now. Raises StorageUnreachable, StorageFailed."""
    rows = await database.read(lambda c: appointments.backlog(c, LOOKED_AT))
    now = clock.now_ms()
    acting = [row for row in rows if row.state != State.STUCK]
    # Who pays takes their time: that is asked for again and again, and is no failure.
    retrying = [row for row in acting if row.retrying and row.state != State.PAYING]
    first = min((row.next_at for row in acting), default=now)
    return Hands(
        stuck=sum(row.number for row in rows if row.state == State.STUCK),
        retrying=sum(row.retrying for row in retrying),
        next=soon(min(row.next_at for row in retrying), now) if retrying else "",
        late=soon(first, now) if now - first > LATE_MS else "",
    )
