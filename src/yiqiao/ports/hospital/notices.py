"""What a hospital tells its region's platform of its own accord."""

from enum import StrEnum
from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import Write


class Attends(StrEnum):
    """What has become of a session."""

    NORMAL = "normal"
    STOPPED = "stopped"
    KEPT = "kept"
    """Called off, but what is booked stays booked (停诊但保留预约)."""


class ScheduleChange(NamedTuple):
    """A session that was called off, or takes place again."""

    hospital_id: str
    hospital_name: str
    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str
    day: str
    session: Session
    attends: Attends
    fee: int
    """What a registration costs, 分."""
    emergency: bool
    reason: str | None


class NotAcknowledged(DomainError):
    """The platform has answered, but does not accept the notice."""


class PlatformNotices(Protocol):
    """The way to the platform of a hospital. Telling the same again must do no harm."""

    async def schedule_changed(self, change: ScheduleChange) -> None:
        """Tell it, and have it acknowledged. Raises DomainErrors where that fails."""
        ...


class NewsDesk(Protocol):
    """The platform's desk at which notices arrive. The same notice again must do no harm."""

    def schedule_changed(self, change: ScheduleChange) -> Write[int]:
        """Take it in; answers how many appointments it concerns."""
        ...
