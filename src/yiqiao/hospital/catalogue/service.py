"""What one of our own hospitals shows. Every answer is one reading of the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.hospital.catalogue import rows
from yiqiao.hospital.catalogue.departments import shown
from yiqiao.hospital.catalogue.schedules import by_doctor, slot, with_numbers
from yiqiao.hospital.house import House
from yiqiao.ports.hospital.catalogue import (
    DepartmentInfo,
    DepartmentLoad,
    DoctorInfo,
    DoctorPhoto,
    HospitalInfo,
    HospitalLoad,
    Level,
    Price,
)
from yiqiao.ports.hospital.refusals import (
    NoSuchRecord,
    UnknownDepartment,
    UnknownDoctor,
    UnknownSchedule,
    UnknownTimeSlot,
)
from yiqiao.ports.hospital.schedules import (
    DoctorSchedules,
    ScheduleQuestion,
    SlotInfo,
    SlotQuestion,
    Span,
    StopInfo,
    UnitCounts,
)
from yiqiao.ports.hospital.system import UnknownHospital
from yiqiao.ports.hospital.values import UNLIMITED, Page, Paging, Pool, Session
from yiqiao.storage import hospital, schedules, stops
from yiqiao.storage.hospital import HospitalRow
from yiqiao.storage.schedules import Sight

T = TypeVar("T")
HOUR_MS = 3_600_000
IN_ANY_DEPARTMENT = 2
NO_DUTY = "没有查到有排班的医生，请换科室或医生再查"
NO_SCHEDULES = "所问的日期没有排班，请换日期或医生再查"
NO_SLOTS = "该排班没有分时号源，不必查分时"


@dataclass(frozen=True)
class LocalCatalogue:
    """`Catalogue` over our own tables."""

    house: House
    hospital_id: str

    async def hospital(self) -> HospitalInfo:
        """The hospital itself."""
        return rows.hospital_info(await self.house.database.read(self._row))

    async def departments(self, scope: Level | str, paging: Paging | None) -> Page[DepartmentInfo]:
        """Departments that have schedules today or later, and those above them."""
        today = self._today()
        found = await self.house.database.read(lambda c: hospital.departments(c, self.hospital_id, today))
        return _page(shown(found, scope), paging)

    async def doctors(self, dept_id: str | None, doctor_id: str | None, paging: Paging | None) -> Page[DoctorInfo]:
        """Doctors who have schedules today or later; who asks for one gets them in all their departments."""
        today = self._today()

        def read(connection: Connection) -> Page[DoctorInfo]:
            self._known(connection, None if doctor_id else dept_id, doctor_id)
            among = None if doctor_id else dept_id
            duties = hospital.duties(connection, self.hospital_id, today, among, doctor_id)
            if not duties:
                raise UnknownDoctor(NO_DUTY)
            page = _page(duties, paging)
            people = hospital.doctors(connection, self.hospital_id, [who for _, who in page.rows])
            keyring = self.house.keyring
            shown = tuple([rows.doctor_info(keyring, dept, people[who]) for dept, who in page.rows])
            return Page(page.total, shown)

        return await self.house.database.read(read)

    async def photo(self, doctor_id: str) -> DoctorPhoto:
        """A doctor's photo."""

        def read(connection: Connection) -> DoctorPhoto:
            found = hospital.doctors(connection, self.hospital_id, [doctor_id]).get(doctor_id)
            if found is None:
                raise UnknownDoctor
            return DoctorPhoto(doctor_id, found.name, hospital.photo(connection, self.hospital_id, doctor_id))

        return await self.house.database.read(read)

    async def prices(self) -> tuple[Price, ...]:
        """The whole price board."""
        found = await self.house.database.read(lambda c: hospital.prices(c, self.hospital_id))
        return tuple(map(rows.price, found))

    async def load(self) -> HospitalLoad:
        """How busy the departments are, by the orders of today."""
        now = self.house.clock.now_ms()
        today = self._today()

        def read(connection: Connection) -> HospitalLoad:
            info = rows.hospital_info(self._row(connection))
            found = schedules.loads(connection, self.hospital_id, today, now - HOUR_MS)
            departments = tuple(DepartmentLoad(*load) for load in found)
            return HospitalLoad(self.hospital_id, info.name, info.about.organization_code, departments, now)

        return await self.house.database.read(read)

    async def schedules(self, question: ScheduleQuestion, paging: Paging | None) -> Page[DoctorSchedules]:
        """Schedules by doctor and day."""
        sight = self._sight(question.pool)
        first, last = question.first_day, question.last_day

        def read(connection: Connection) -> Page[DoctorSchedules]:
            on_duty = schedules.on_duty(connection, sight, first, last, question.dept_id, question.doctor_id)
            if not on_duty:
                self._known(connection, question.dept_id, question.doctor_id)
                raise UnknownSchedule(NO_SCHEDULES)
            page = _page(on_duty, paging)
            who = [one.doctor_id for one in page.rows]
            offers = schedules.offers(connection, sight, first, last, question.dept_id, who)
            held = schedules.numbers_held(connection, sight, with_numbers(offers))
            last_open = self._last_open(connection)
            return Page(page.total, tuple(by_doctor(page.rows, offers, held, last_open)))

        return await self.house.database.read(read)

    async def time_slots(self, question: SlotQuestion) -> tuple[SlotInfo, ...]:
        """The time slots of a day."""
        pool, dept_id, doctor_id, day, session, schedule_id = question
        sight = self._sight(pool)

        def read(connection: Connection) -> tuple[SlotInfo, ...]:
            found = schedules.slots(connection, sight, day, dept_id, doctor_id, session, schedule_id)
            if not found:
                self._known(connection, dept_id, doctor_id)
                raise UnknownSchedule(NO_SCHEDULES)
            offers = [(offer, offer.stock) for offer in found if offer.stock is not None]
            if not offers:
                raise UnknownTimeSlot(NO_SLOTS)
            held = schedules.numbers_held(connection, sight, {offer.schedule_id for offer, _ in offers})
            return tuple(slot(offer, stock, held) for offer, stock in offers)

        return await self.house.database.read(read)

    async def stops(self, span: Span, paging: Paging | None) -> Page[StopInfo]:
        """Sessions that are called off."""
        scope = stops.Scope(
            self.hospital_id, span.first_day, span.last_day, dept_id=span.dept_id, doctor_id=span.doctor_id
        )
        found = await self.house.database.read(lambda c: stops.stops(c, scope))
        if not found:
            raise NoSuchRecord("所问的日期没有停诊记录")
        page = _page(found, paging)
        return Page(
            page.total,
            tuple(
                StopInfo(
                    schedule_id=row.schedule_id,
                    dept_id=row.dept_id,
                    doctor_id=row.doctor_id,
                    doctor_name=name or "",
                    day=row.day,
                    session=Session(row.session),
                    in_any_department=row.flag == IN_ANY_DEPARTMENT,
                    reason=row.reason,
                )
                for row, name in page.rows
            ),
        )

    async def unit_counts(self, span: Span) -> UnitCounts:
        """How many units can be had; a pool without a limit counts as `UNLIMITED`."""
        now, days = self.house.clock.now_ms(), (span.first_day, span.last_day)

        def read(connection: Connection) -> UnitCounts:
            self._known(connection, span.dept_id, span.doctor_id)
            found = schedules.counts(connection, self.hospital_id, now, days, span.dept_id, span.doctor_id, UNLIMITED)
            referral = found.get(Pool.REFERRAL, (0, 0))
            return UnitCounts(
                sum(total for total, _ in found.values()), sum(free for _, free in found.values()), *referral
            )

        return await self.house.database.read(read)

    def _row(self, connection: Connection) -> HospitalRow:
        row = hospital.find(connection, self.hospital_id)
        if row is None:
            raise UnknownHospital(self.hospital_id)
        return row

    def _known(self, connection: Connection, dept_id: str | None, doctor_id: str | None) -> None:
        """Raises UnknownDepartment, UnknownDoctor."""
        known = hospital.known(connection, self.hospital_id, dept_id, doctor_id)
        if not known.dept:
            raise UnknownDepartment
        if not known.doctor:
            raise UnknownDoctor

    def _last_open(self, connection: Connection) -> str:
        """The last day that can be booked; today is the first."""
        days = self._row(connection).max_reg_days
        return (date.fromisoformat(self._today()) + timedelta(days=days - 1)).isoformat()

    def _today(self) -> str:
        return beijing(self.house.clock.now_ms()).date().isoformat()

    def _sight(self, pool: Pool) -> Sight:
        return Sight(self.hospital_id, pool, self.house.clock.now_ms())


def _page(found: Sequence[T], paging: Paging | None) -> Page[T]:
    """A page of what was found. Raises NoSuchRecord beyond the last one."""
    if paging is None:
        return Page(len(found), tuple(found))
    start = (paging.page - 1) * paging.size
    if start >= len(found):
        raise NoSuchRecord(f"第 {paging.page} 页没有记录：共 {len(found)} 条，每页 {paging.size} 条")
    return Page(len(found), tuple(found[start : start + paging.size]))
