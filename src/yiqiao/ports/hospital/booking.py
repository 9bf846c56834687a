"""Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""

from typing import NamedTuple, Protocol

from yiqiao.ports.hospital.values import Pool, Session
from yiqiao.storage import Write

LOCK_S = 900
"""How long a lock lives by the hospital's own rule: a safety net; the platform unlocks after 10 minutes."""


class Serial(NamedTuple):
    """The caller's serial of an act, with a fingerprint of what was asked for under it, and when."""

    app_id: str
    number: str
    fingerprint: bytes
    at: int


class Unit(NamedTuple):
    """Which unit of which schedule is asked for. What is stated beside the schedule has to go with it.

    `number` is a visit number (就诊序号) that was chosen from those shown; without it the hospital gives one.
    """

    schedule_id: str
    pool: Pool
    time_id: str | None = None
    number: str | None = None
    dept_id: str | None = None
    doctor_id: str | None = None
    day: str | None = None
    session: Session | None = None


class LockWish(NamedTuple):
    """A unit to be kept for a while, under the caller's LOCK_ID."""

    serial: Serial
    unit: Unit
    lasts_s: int = LOCK_S


class Lock(NamedTuple):
    """A unit that is kept."""

    hospital_lock_id: str
    number: str


class Booking(Protocol):
    """Units of schedules held, ordered, given back: lock, order, cancel, and their kin."""

    async def lock(self, wish: LockWish) -> Write[Lock]:
        """Keep a unit. Raises DuplicateSerial, SoldOut, SlotTaken, ScheduleStopped, UnknownSchedule,
        UnknownTimeSlot, UnknownDepartment, UnknownDoctor.
        """
        ...

    async def unlock(self, serial: Serial, hospital_lock_id: str | None) -> Write[None]:
        """Let go of the unit that is kept under LOCK_ID `serial.number`. Raises UnknownLock."""
        ...
