"""What a hospital elsewhere shows of itself (3.1.1.2, 3.1.3.1 to 3.1.3.3, 3.1.8, 3.1.9)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from yiqiao.dialects.convenience.remote.schedules import RemoteSchedules
from yiqiao.dialects.convenience.remote.told import Told
from yiqiao.dialects.convenience.remote.visitors import SEXES
from yiqiao.dialects.convenience.wording import ALL, FIRST_LEVEL, NONE
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
    PriceKind,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.refusals import NoSuchRecord, UnknownDepartment, UnknownDoctor
from yiqiao.ports.hospital.values import Page, Paging, Sex

SCOPES: Mapping[str, str] = {Level.ALL: ALL, Level.FIRST: FIRST_LEVEL}
NO_PARENT = ("", "0", ALL)
AGES: Mapping[str, Ages] = {str(int(ages)): ages for ages in Ages}
CLOSED = "2"
"""STATUS of a department or doctor that is no more."""
SERVICE = "1"
"""BOARD_STYLE."""
NOT_OPEN = ("未", "停")
"""What stands in the words for a department that sees nobody now; the words of one that does are many."""
DAYS_AHEAD = 7
"""How many days can be booked where the hospital does not say."""


@dataclass(frozen=True)
class RemoteCatalogue(RemoteSchedules):
    """`Catalogue` by asking the hospital."""

    async def hospital(self) -> HospitalInfo:
        """The hospital itself."""
        return await self.calls.ask("GetHosInfo", {}, self._hospital)

    async def departments(self, scope: Level | str, paging: Paging | None) -> Page[DepartmentInfo]:
        """Departments: all, of the first level, or one and those below it."""

        def read(told: Told) -> tuple[DepartmentInfo, ...]:
            return tuple(_department(row) for row in told.rows("DEPT_LIST"))

        try:
            page = await self.calls.pages("GetDeptInfo", {"DEPT_ID": SCOPES.get(scope, scope)}, paging, read)
        except UnknownDepartment as nothing:
            if isinstance(scope, Level):
                raise NoSuchRecord(nothing.message) from None
            raise
        if not page.total:
            raise NoSuchRecord
        return page

    async def doctors(self, dept_id: str | None, doctor_id: str | None, paging: Paging | None) -> Page[DoctorInfo]:
        """Doctors who have schedules."""

        def read(told: Told) -> tuple[DoctorInfo, ...]:
            return tuple(_doctor(row) for row in told.rows("DOCTOR_LIST"))

        asked = {"DEPT_ID": dept_id or ALL, "DOCTOR_ID": doctor_id or ALL}
        page = await self.calls.pages("GetDoctorInfo", asked, paging, read)
        if not page.total:
            raise UnknownDoctor
        return page

    async def photo(self, doctor_id: str) -> DoctorPhoto:
        """A doctor's photo."""

        def read(told: Told) -> DoctorPhoto:
            return DoctorPhoto(doctor_id, told.text("DOCTOR_NAME"), _jpeg(told.text("DOCTORPHOTO")))

        try:
            return await self.calls.ask("GetDoctorPhoto", {"DOCTOR_ID": doctor_id}, read)
        except NoSuchRecord:
            raise UnknownDoctor from None

    async def prices(self) -> tuple[Price, ...]:
        """The whole price board."""

        def read(told: Told) -> tuple[Price, ...]:
            return tuple(_price(row) for row in told.rows("TIME_REG_LIST"))

        try:
            return await self.calls.ask("queryPriceBoardInfo", {}, read)
        except NoSuchRecord:
            return ()

    async def load(self) -> HospitalLoad:
        """How busy the departments are."""
        return await self.calls.ask("queryRegistrationState", {}, self._load)

    def _hospital(self, told: Told) -> HospitalInfo:
        return HospitalInfo(
            hospital_id=self.calls.hospital_id,
            name=told.text("NAME"),
            about=_about(told),
            max_reg_days=told.number("MAX_REG_DAYS") or DAYS_AHEAD,
            start_reg_time=told.clock("START_REG_TIME"),
            end_reg_time=told.clock("END_REG_TIME"),
            stop_book_time_am=told.clock("STOP_BOOK_TIMEA"),
            stop_book_time_pm=told.clock("STOP_BOOK_TIMEP"),
        )

    def _load(self, told: Told) -> HospitalLoad:
        """A hospital of several houses may tell of all of them: ours are those under its id, or under none."""
        hospital_id = self.calls.hospital_id
        rows = [row for row in told.rows("TIME_REG_LIST") if row.text("HOSPITAL_ID") in ("", hospital_id)]
        head = rows[0] if rows else Told({})
        made_at = head.moment("CREATE_TIME")
        return HospitalLoad(
            hospital_id=hospital_id,
            name=head.text("HOSPITAL_NAME"),
            organization_code=head.maybe("ORGANIZATION_CODE"),
            departments=tuple(_department_load(row) for row in rows),
            at=self.calls.clock.now_ms() if made_at is None else made_at,
        )


def _about(told: Told) -> AboutHospital:
    return AboutHospital(
        short_name=told.text("SHORT_NAME"),
        address=told.text("ADDRESS"),
        phone=told.text("TEL"),
        level=told.count("LEVEL"),
        belong=told.count("BELONG"),
        type=told.count("TYPE"),
        category=told.count("CATEGORY"),
        website=told.maybe("WEBSITE"),
        weibo=told.maybe("WEIBO"),
        rule=told.maybe("RULE"),
        bus_line=told.maybe("BUS_LINE"),
        honour=told.maybe("HONOUR"),
        intro=told.maybe("DESC"),
        special=told.maybe("SPECIAL"),
        longitude=told.maybe("LONGITUDE"),
        latitude=told.maybe("LATITUDE"),
    )


def _department(told: Told) -> DepartmentInfo:
    parent_id = told.text("PARENT_ID")
    return DepartmentInfo(
        dept_id=told.text("DEPT_ID"),
        name=told.text("DEPT_NAME"),
        parent_id=None if parent_id in NO_PARENT else parent_id,
        kind=told.number("DEPART_TYPE") or 1,
        active=told.text("STATUS") != CLOSED,
        sex=SEXES.get(told.text("DEPART_SEX")),
        ages=told.code("BABY_FLAG", AGES, Ages.ALL),
        age_limit=told.number("BABY_AGE"),
        about=AboutDepartment(
            intro=told.maybe("DESC"),
            expertise=told.maybe("EXPERTISE"),
            level=told.number("LEVEL"),
            address=told.maybe("ADDRESS"),
            rule=told.maybe("RULE"),
            offers=told.number("DEPT_TYPE"),
            special=told.yes("IS_SPECIALDEPART"),
            phone=told.maybe("PHONE"),
            notice=told.maybe("NOTICE"),
        ),
    )


def _doctor(told: Told) -> DoctorInfo:
    return DoctorInfo(
        dept_id=told.text("DEPT_ID"),
        doctor_id=told.text("DOCTOR_ID"),
        name=told.text("NAME"),
        job_title=told.maybe("JOB_TITLE"),
        active=told.text("STATUS") != CLOSED,
        about=AboutDoctor(
            sex=told.code("SEX", SEXES, Sex.SECRET),
            intro=told.maybe("DESC"),
            special=told.maybe("SPECIAL"),
            phone=told.maybe("TEL"),
            expert=told.yes("IS_EXPERT"),
            famous=told.yes("IS_FAMOUS"),
            education=told.maybe("EDUCATION"),
            experience=told.maybe("EXPERIENCE"),
        ),
        private=PrivateOfDoctor(
            id_number=told.maybe("IDCARD"),
            birthday=told.day("BIRTHDAY") or None,
            mobile=told.maybe("MOBILE"),
        ),
    )


def _jpeg(text: str) -> bytes | None:
    """A picture in BASE64, with or without `data:image/jpg;base64,` before it; None for what is no such thing."""
    try:
        return base64.b64decode("".join(text.rpartition(",")[2].split()), validate=True) or None
    except binascii.Error:
        return None


def _price(told: Told) -> Price:
    """What a service has none of is told as 无."""
    maker, form, remark = (told.text(name) for name in ("MANUFACTORY", "FORMATS", "REMARK"))
    return Price(
        kind=PriceKind.SERVICE if told.text("BOARD_STYLE") == SERVICE else PriceKind.DRUG,
        item_code=told.text("ITEM_CODE"),
        name=told.text("ITEM_NAME"),
        price=told.decimal("ITEM_PRICE"),
        category=told.maybe("ITEM_CATEGORY"),
        unit=told.maybe("ITEM_MEASURE_UNIT"),
        maker=_some(maker),
        instructions=told.maybe("INSTRUCTIONS"),
        form=_some(form),
        remark=_some(remark),
    )


def _some(text: str) -> str | None:
    return None if text in ("", NONE) else text


def _department_load(told: Told) -> DepartmentLoad:
    state = told.text("DEPT_TYPE")
    return DepartmentLoad(
        dept_id=told.text("DEPT_CODE"),
        dept_name=told.text("DEPT_NAME"),
        open=bool(state) and not state.startswith(NOT_OPEN),
        waiting=told.count("WAITING_CALL_NUMBER"),
        seen_last_hour=told.count("IN_ONE_HOUR_DIAGNOSIS"),
        registered_today=told.count("REGIST_TOTAL_NUMBER"),
    )
