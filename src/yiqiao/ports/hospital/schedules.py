"""Schedules of a hospital and their units, as they are asked about and shown."""

from enum import IntEnum
from typing import NamedTuple

from yiqiao.ports.hospital.values import Pool, Session, Sex


class Attendance(IntEnum):
    """出诊状态."""

    STOPPED = 0
    OPEN = 1
    NOT_YET = 2


class Units(NamedTuple):
    """How many units there are, and how many are free; None: without a limit."""

    total: int | None
    free: int | None


class Fees(NamedTuple):
    """What a registration costs, 分."""

    registration: int
    treatment: int
    service: int
    other: int

    @property
    def total(self) -> int:
        """The sum, which is what is to be paid."""
        return self.registration + self.treatment + self.service + self.other


class ScheduleInfo(NamedTuple):
    """A doctor's half-day in a department, with the units of the pool that was asked about.

    `numbers` are visit numbers that can be chosen. `sex`, `age_min`, `age_max`: whom it is for.
    """

    schedule_id: str
    session: Session
    attendance: Attendance
    units: Units
    level: int
    fees: Fees
    sex: Sex | None
    age_min: int | None
    age_max: int | None
    visit_address: str | None
    number_address: str | None
    number_time: str | None
    numbers: tuple[int, ...]
    slotted: bool


class DaySchedules(NamedTuple):
    """The schedules of a doctor on a day."""

    day: str
    schedules: tuple[ScheduleInfo, ...]


class DoctorSchedules(NamedTuple):
    """The schedules of a doctor, in the order of time; without name and title where they are a department's own."""

    doctor_id: str
    name: str | None
    job_title: str | None
    days: tuple[DaySchedules, ...]


class ScheduleQuestion(NamedTuple):
    """Which schedules are asked for; None asks for all departments, all doctors."""

    pool: Pool
    dept_id: str | None
    doctor_id: str | None
    first_day: str
    last_day: str


class SlotQuestion(NamedTuple):
    """Which time slots are asked for; None asks for all."""

    pool: Pool
    dept_id: str | None
    doctor_id: str | None
    day: str
    session: Session | None
    schedule_id: str | None


class SlotInfo(NamedTuple):
    """A time slot, with the units of the pool that was asked about; times are HH:MM."""

    schedule_id: str
    session: Session
    begins: str
    ends: str
    units: Units
    time_id: str
    numbers: tuple[int, ...]


class Span(NamedTuple):
    """Days, and whose; None stands for all departments, all doctors."""

    dept_id: str | None
    doctor_id: str | None
    first_day: str
    last_day: str


class StopInfo(NamedTuple):
    """A session that was called off; `in_any_department`: the doctor's, wherever it was to be."""

    schedule_id: str
    dept_id: str
    doctor_id: str
    doctor_name: str
    day: str
    session: Session
    in_any_department: bool
    reason: str | None


class UnitCounts(NamedTuple):
    """How many units there are in all pools, and how many of them for referrals."""

    total: int
    free: int
    referral_total: int
    referral_free: int
