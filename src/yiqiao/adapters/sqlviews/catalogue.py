"""What a hospital shows to everybody, read from the views of its HIS.

What a view holds is what is shown: departments without duties, doctors who are away are left out by the view itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection

from yiqiao.adapters.sqlviews.bound import Bound, Values
from yiqiao.adapters.sqlviews.values import built
from yiqiao.adapters.sqlviews.views import Views
from yiqiao.clock import Clock
from yiqiao.ports.hospital.catalogue import (
    AboutDepartment,
    AboutDoctor,
    AboutHospital,
    Ages,
    DepartmentInfo,
    DepartmentLoad,
    DoctorInfo,
    DoctorPhoto,
    HospitalInfo,
    HospitalLoad,
    Level,
    Price,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.refusals import (
    NoSuchRecord,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import (
    Attendance,
    DaySchedules,
    DoctorSchedules,
    Fees,
    ScheduleInfo,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    StopInfo,
    UnitCounts,
    Units,
)
from yiqiao.ports.hospital.values import UNLIMITED, Page, Paging, Pool

T = TypeVar("T")
Where = Sequence[ColumnElement[bool]]


@dataclass(frozen=True)
class ViewsCatalogue:
    """`Catalogue` over the views of a HIS."""

    views: Views
    hospital_id: str
    clock: Clock

    async def hospital(self) -> HospitalInfo:
        """The hospital itself."""
        return await self.views.read(lambda bound: lambda c: self._hospital(bound, c), "hospital")

    async def departments(self, scope: Level | str, paging: Paging | None) -> Page[DepartmentInfo]:
        """Departments: all, of the first level, or one and those below it."""

        def read(view: Bound, connection: Connection) -> Page[DepartmentInfo]:
            if scope == Level.ALL:
                where = []
            elif scope == Level.FIRST:
                where = [view.nothing("parent_id")]
            else:
                where = [view.among("dept_id", _below(view, connection, scope))]
            return _page(view, connection, where, paging, _department)

        return await self.views.read(lambda bound: lambda c: read(bound["department"], c), "department")

    async def doctors(self, dept_id: str | None, doctor_id: str | None, paging: Paging | None) -> Page[DoctorInfo]:
        """Doctors, once for each department; who asks for one gets them in all their departments."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> Page[DoctorInfo]:
            view, among = bound["doctor"], None if doctor_id else dept_id
            where = [view.equals("dept_id", among), view.equals("doctor_id", doctor_id)]
            if not view.count(connection, *where):
                _known(bound, connection, among, doctor_id)
                raise UnknownDoctor("没有查到有排班的医生，请换科室或医生再查")
            return _page(view, connection, where, paging, _doctor)

        return await self.views.read(lambda bound: lambda c: read(bound, c), "doctor", "department")

    async def photo(self, doctor_id: str) -> DoctorPhoto:
        """A doctor's photo."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> DoctorPhoto:
            doctors = bound["doctor"].rows(connection, bound["doctor"].equals("doctor_id", doctor_id))
            if not doctors:
                raise UnknownDoctor
            photos = bound["photo"].rows(connection, bound["photo"].equals("doctor_id", doctor_id))
            return DoctorPhoto(doctor_id, doctors[0]["name"], photos[0]["jpeg"] if photos else None)

        return await self.views.read(lambda bound: lambda c: read(bound, c), "doctor", "photo")

    async def prices(self) -> tuple[Price, ...]:
        """The whole price board."""
        rows = await self.views.read(lambda bound: bound["price"].rows, "price")
        return tuple(Price(**row) for row in rows)

    async def load(self) -> HospitalLoad:
        """How busy the departments are."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> HospitalLoad:
            info = self._hospital(bound, connection)
            loads = tuple(DepartmentLoad(**row) for row in bound["load"].rows(connection))
            code = info.about.organization_code
            return HospitalLoad(self.hospital_id, info.name, code, loads, self.clock.now_ms())

        return await self.views.read(lambda bound: lambda c: read(bound, c), "hospital", "load")

    async def schedules(self, question: ScheduleQuestion, paging: Paging | None) -> Page[DoctorSchedules]:
        """Schedules by doctor and day; pages count doctors."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> Page[DoctorSchedules]:
            view = bound["schedule"]
            where = [
                view.equals("pool", question.pool),
                view.equals("dept_id", question.dept_id),
                view.equals("doctor_id", question.doctor_id),
                view.between("day", question.first_day, question.last_day),
            ]
            total, who = view.distinct(connection, "doctor_id", *where, paging=paging)
            if not total:
                _known(bound, connection, question.dept_id, question.doctor_id)
                raise UnknownSchedule("所问的日期没有排班，请换日期或医生再查")
            _beyond(total, who, paging)
            rows = view.rows(connection, *where, view.among("doctor_id", who))
            by_doctor = groupby(rows, lambda row: row["doctor_id"])
            return Page(total, tuple(_doctor_schedules(doctor, list(theirs)) for doctor, theirs in by_doctor))

        return await self.views.read(lambda bound: lambda c: read(bound, c), "schedule", "department", "doctor")

    async def time_slots(self, question: SlotQuestion) -> tuple[SlotInfo, ...]:
        """The time slots of a day."""

        def narrowed(view: Bound) -> Where:
            asked = question._asdict()
            names = ("dept_id", "doctor_id", "day", "session", "schedule_id", "pool")
            return [view.equals(name, asked[name]) for name in names]

        def read(bound: Mapping[str, Bound], connection: Connection) -> tuple[SlotInfo, ...]:
            rows = bound["slot"].rows(connection, *narrowed(bound["slot"]))
            if rows:
                return tuple(map(_slot, rows))
            if bound["schedule"].count(connection, *narrowed(bound["schedule"])):
                raise UnknownTimeSlot("该排班没有分时号源，不必查分时")
            _known(bound, connection, question.dept_id, question.doctor_id)
            raise UnknownSchedule("所问的日期没有排班，请换日期或医生再查")

        return await self.views.read(lambda bound: lambda c: read(bound, c), "slot", "schedule", "department", "doctor")

    async def stops(self, span: Span, paging: Paging | None) -> Page[StopInfo]:
        """Sessions that are called off."""

        def read(view: Bound, connection: Connection) -> Page[StopInfo]:
            where = _of_span(view, span)
            if not view.count(connection, *where):
                raise NoSuchRecord("所问的日期没有停诊记录")
            return _page(view, connection, where, paging, lambda row: StopInfo(**{**row, **_stopped(row)}))

        return await self.views.read(lambda bound: lambda c: read(bound["stop"], c), "stop")

    async def unit_counts(self, span: Span) -> UnitCounts:
        """How many units can be had; a pool without a limit counts as `UNLIMITED`."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> UnitCounts:
            _known(bound, connection, span.dept_id, span.doctor_id)
            view = bound["schedule"]
            rows = view.rows(connection, *_of_span(view, span), view.equals("attendance", Attendance.OPEN))
            referral = [row for row in rows if row["pool"] is Pool.REFERRAL]
            return UnitCounts(_sum(rows, "total"), _sum(rows, "free"), _sum(referral, "total"), _sum(referral, "free"))

        return await self.views.read(lambda bound: lambda c: read(bound, c), "schedule", "department", "doctor")

    def _hospital(self, bound: Mapping[str, Bound], connection: Connection) -> HospitalInfo:
        rows = bound["hospital"].rows(connection)
        if len(rows) != 1:
            raise NoSuchRecord("医院信息尚未登记")
        (row,) = rows
        rules = {name: row[name] for name in ("start_reg_time", "end_reg_time", "stop_book_time_am")}
        return HospitalInfo(
            hospital_id=self.hospital_id,
            name=row["name"],
            about=built(AboutHospital, row),
            max_reg_days=row["max_reg_days"],
            stop_book_time_pm=row["stop_book_time_pm"],
            **rules,
        )


def _page(view: Bound, connection: Connection, where: Where, paging: Paging | None, told: Any) -> Page[Any]:
    total = view.count(connection, *where)
    rows = view.rows(connection, *where, paging=paging)
    _beyond(total, rows, paging)
    return Page(total, tuple(map(told, rows)))


def _beyond(total: int, rows: Sequence[object], paging: Paging | None) -> None:
    """Raises NoSuchRecord beyond the last page."""
    if paging is not None and not rows:
        raise NoSuchRecord(f"第 {paging.page} 页没有记录：共 {total} 条，每页 {paging.size} 条")


def _known(bound: Mapping[str, Bound], connection: Connection, dept_id: str | None, doctor_id: str | None) -> None:
    """Raises UnknownDepartment, UnknownDoctor."""
    if dept_id and not bound["department"].count(connection, bound["department"].equals("dept_id", dept_id)):
        raise UnknownDepartment
    if doctor_id and not bound["doctor"].count(connection, bound["doctor"].equals("doctor_id", doctor_id)):
        raise UnknownDoctor


def _below(view: Bound, connection: Connection, dept_id: str) -> list[str]:
    """A department and all those below it. Raises UnknownDepartment."""
    if not view.count(connection, view.equals("dept_id", dept_id)):
        raise UnknownDepartment
    found, level = [dept_id], [dept_id]
    while level and view.has("parent_id"):
        _, below = view.distinct(connection, "dept_id", view.among("parent_id", level))
        level = [one for one in below if one not in found]
        found.extend(level)
    return found


def _of_span(view: Bound, span: Span) -> Where:
    return [
        view.equals("dept_id", span.dept_id),
        view.equals("doctor_id", span.doctor_id),
        view.between("day", span.first_day, span.last_day),
    ]


def _department(row: Values) -> DepartmentInfo:
    return DepartmentInfo(
        dept_id=row["dept_id"],
        name=row["name"],
        parent_id=row["parent_id"],
        kind=row["kind"],
        active=row["active"] is not False,
        sex=row["sex"],
        ages=row["ages"] or Ages.ALL,
        age_limit=row["age_limit"],
        about=built(AboutDepartment, row),
    )


def _doctor(row: Values) -> DoctorInfo:
    return DoctorInfo(
        dept_id=row["dept_id"],
        doctor_id=row["doctor_id"],
        name=row["name"],
        job_title=row["job_title"],
        active=row["active"] is not False,
        about=built(AboutDoctor, row),
        private=built(PrivateOfDoctor, row),
    )


def _doctor_schedules(doctor_id: str, rows: Sequence[Values]) -> DoctorSchedules:
    days = groupby(rows, lambda row: row["day"])
    first = rows[0]
    shown = tuple(DaySchedules(day, tuple(map(_schedule, theirs))) for day, theirs in days)
    return DoctorSchedules(doctor_id, first["doctor_name"], first["job_title"], shown)


def _schedule(row: Values) -> ScheduleInfo:
    fees = Fees(*(row[f"fee_{part}"] or 0 for part in Fees._fields))
    own = {name: row[name] for name in ScheduleInfo._fields if name in row}
    return ScheduleInfo(**{**own, "units": _units(row), "fees": fees, "numbers": (), "slotted": bool(row["slotted"])})


def _slot(row: Values) -> SlotInfo:
    own = {name: row[name] for name in SlotInfo._fields if name in row}
    return SlotInfo(**own, units=_units(row), numbers=())


def _units(row: Values) -> Units:
    """Without a total there is no limit; without a count of the free ones, none is known to be taken."""
    total, free = row["total"], row["free"]
    return Units(total, total if free is None else max(free, 0))


def _stopped(row: Values) -> dict[str, object]:
    return {"in_any_department": bool(row["in_any_department"])}


def _sum(rows: Iterable[Values], part: str) -> int:
    found = (getattr(_units(row), part) for row in rows)
    return sum(UNLIMITED if units is None else units for units in found)
