"""What a hospital shows to everybody: itself, its departments, doctors, schedules and prices.

Kinds and grades on which nothing hangs here are numbers of the regions' common tables; who speaks another tongue
translates them.
"""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple, Protocol

from yiqiao.ports.hospital.schedules import (
    DoctorSchedules,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    StopInfo,
    UnitCounts,
)
from yiqiao.ports.hospital.values import Page, Paging, Sex


@dataclass(frozen=True)
class AboutHospital:
    """What is told of a hospital and nothing hangs on."""

    short_name: str
    address: str
    phone: str
    level: int
    belong: int
    type: int
    category: int
    website: str | None = None
    weibo: str | None = None
    rule: str | None = None
    bus_line: str | None = None
    honour: str | None = None
    intro: str | None = None
    special: str | None = None
    longitude: str | None = None
    latitude: str | None = None
    organization_code: str | None = None


@dataclass(frozen=True)
class HospitalInfo:
    """A hospital and its own rules for booking; times are HH:MM."""

    hospital_id: str
    name: str
    about: AboutHospital
    max_reg_days: int
    """How many days ahead can be booked; today is the first."""
    start_reg_time: str | None
    end_reg_time: str | None
    stop_book_time_am: str | None
    stop_book_time_pm: str | None


class Ages(IntEnum):
    """Whom a department sees (儿科标志)."""

    ALL = 0
    CHILDREN = 1  # not older than its limit
    ADULTS = 2  # not younger than its limit


@dataclass(frozen=True)
class AboutDepartment:
    """What is told of a department and nothing hangs on."""

    intro: str | None = None
    expertise: str | None = None
    level: int | None = None
    address: str | None = None
    rule: str | None = None
    offers: int | None = None  # 1 booking, 2 registration
    special: bool = False
    phone: str | None = None
    notice: str | None = None


@dataclass(frozen=True)
class DepartmentInfo:
    """A department."""

    dept_id: str
    name: str
    parent_id: str | None
    """None: of the first level."""
    kind: int
    active: bool
    sex: Sex | None
    ages: Ages
    age_limit: int | None
    about: AboutDepartment


class Level(StrEnum):
    """Which departments are asked for where no single one is."""

    ALL = "all"
    FIRST = "first"


@dataclass(frozen=True)
class AboutDoctor:
    """What everybody may know of a doctor."""

    sex: Sex
    intro: str | None = None
    special: str | None = None
    phone: str | None = None  # of the office
    expert: bool = False
    famous: bool = False
    education: str | None = None
    experience: str | None = None


@dataclass(frozen=True)
class PrivateOfDoctor:
    """What of a doctor is kept sealed. `birthday` is YYYY-MM-DD."""

    id_number: str | None = field(default=None, repr=False)
    birthday: str | None = field(default=None, repr=False)
    mobile: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class DoctorInfo:
    """A doctor in one of the departments where they work."""

    dept_id: str
    doctor_id: str
    name: str
    job_title: str | None
    active: bool
    about: AboutDoctor
    private: PrivateOfDoctor


class DoctorPhoto(NamedTuple):
    """A doctor's photo; without a JPEG where there is none."""

    doctor_id: str
    name: str
    jpeg: bytes | None


class PriceKind(IntEnum):
    """What a price is for."""

    DRUG = 0
    SERVICE = 1


@dataclass(frozen=True)
class Price:
    """An item of the price board, in 元."""

    kind: PriceKind
    item_code: str
    name: str
    price: Decimal | None
    category: str | None
    unit: str | None
    maker: str | None
    instructions: str | None
    form: str | None
    remark: str | None


@dataclass(frozen=True)
class DepartmentLoad:
    """How busy a department is now."""

    dept_id: str
    dept_name: str
    open: bool
    waiting: int
    seen_last_hour: int
    registered_today: int


@dataclass(frozen=True)
class HospitalLoad:
    """How busy a hospital is, at a moment (epoch ms)."""

    hospital_id: str
    name: str
    organization_code: str | None
    departments: tuple[DepartmentLoad, ...]
    at: int


class Catalogue(Protocol):
    """What a hospital shows to everybody: itself, its departments, doctors, schedules and prices.

    Where no paging is given, all is answered.
    """

    async def hospital(self) -> HospitalInfo:
        """The hospital itself."""
        ...

    async def departments(self, scope: Level | str, paging: Paging | None) -> Page[DepartmentInfo]:
        """Departments that have schedules, and those above them: all, of the first level, or one and those below it.

        Raises UnknownDepartment, NoSuchRecord.
        """
        ...

    async def doctors(self, dept_id: str | None, doctor_id: str | None, paging: Paging | None) -> Page[DoctorInfo]:
        """Doctors who have schedules, once for each department: of one department, of all, or one doctor in all.

        Raises UnknownDepartment, UnknownDoctor.
        """
        ...

    async def photo(self, doctor_id: str) -> DoctorPhoto:
        """A doctor's photo. Raises UnknownDoctor."""
        ...

    async def prices(self) -> tuple[Price, ...]:
        """The whole price board."""
        ...

    async def load(self) -> HospitalLoad:
        """How busy the departments are."""
        ...

    async def schedules(self, question: ScheduleQuestion, paging: Paging | None) -> Page[DoctorSchedules]:
        """Schedules by doctor and day; pages count doctors.

        Raises UnknownDepartment, UnknownDoctor, UnknownSchedule where there is none.
        """
        ...

    async def time_slots(self, question: SlotQuestion) -> tuple[SlotInfo, ...]:
        """The time slots of a day. Raises UnknownDepartment, UnknownDoctor, UnknownSchedule, UnknownTimeSlot."""
        ...

    async def stops(self, span: Span, paging: Paging | None) -> Page[StopInfo]:
        """Sessions that are called off. Raises NoSuchRecord."""
        ...

    async def unit_counts(self, span: Span) -> UnitCounts:
        """How many units can be had, sums over schedules that take place. Raises UnknownDepartment, UnknownDoctor."""
        ...
