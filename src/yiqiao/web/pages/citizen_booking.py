"""Booking, the first half: at which hospital, in which department, with which doctor. One decision a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.catalogue import DepartmentInfo, Level
from yiqiao.ports.hospital.refusals import NoSuchRecord, UnknownDoctor
from yiqiao.ports.hospital.values import Paging
from yiqiao.spec import load
from yiqiao.web.choices import PATH, Choice, Counter, Doctor, Standing, choice_of, left
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens
from yiqiao.web.render import page

DIALECT = "convenience"
"""Whose tables have the words for job titles."""
SOON_DAYS = 7
"""So many days' units are counted for each doctor."""


@dataclass(frozen=True)
class Row:
    """Something to choose; `address` is empty where it cannot be."""

    title: str
    about: str = ""
    address: str = ""


@dataclass(frozen=True)
class ListPage:
    """A list of things to choose from: hospitals or departments; `chosen` was chosen before, `back` leads there."""

    what: str
    rows: tuple[Row, ...]
    back: str
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class DoctorLine:
    """A doctor to choose; `fee` is 分, the least of their sessions. `first` is the first day with units, `left` how
    many there are in the next days (None: without limit).
    """

    name: str
    title_code: str
    title: str
    about: str
    fee: int
    several_fees: bool
    standing: Standing
    first: str
    left: int | None
    address: str


@dataclass(frozen=True)
class DoctorsPage:
    """The doctors of a department."""

    chosen: tuple[str, ...]
    doctors: tuple[DoctorLine, ...]
    back: str
    soon_days: int = SOON_DAYS


async def hospitals(request: Request, _: CitizenSession) -> Response:
    """At which hospital; where there is only one that is no question."""
    systems = runtime_of(request).bookable.all()
    if len(systems) == 1:
        return RedirectResponse(Choice(systems[0].hospital_id).at("department"), 303)
    rows = []
    for system in systems:
        address = Choice(system.hospital_id).at("department")
        try:
            info = await system.catalogue.hospital()
        except DomainError:  # its system is away: the others can be chosen all the same
            rows.append(Row(system.hospital_id, "away"))
        else:
            rows.append(Row(info.name, info.about.address, address))
    return page(request, "book_list.html", ListPage("hospital", tuple(rows), "/citizen"))


async def departments(request: Request, _: CitizenSession) -> Response:
    """In which department: those of the first level, then those below one of them."""
    choice = choice_of(request)
    counter = Counter(request, choice)
    info = await counter.hospital()
    try:
        found = (await counter.system.catalogue.departments(Level.ALL, None)).rows
    except NoSuchRecord:
        found = ()
    open_ = [one for one in found if one.active]
    above = next((one for one in open_ if one.dept_id == choice.department), None)
    rows = [_department(one, open_, choice) for one in open_ if one.parent_id == (above.dept_id if above else None)]
    if above and await _has_doctors(counter, above.dept_id):
        rows.insert(0, Row(above.name, _about(above), choice.at("doctor")))
    back = choice.at("department", department=above.parent_id or "") if above else _to_hospitals(request)
    view = ListPage("department", tuple(rows), back, (info.name, above.name) if above else (info.name,))
    return page(request, "book_list.html", view)


async def doctors(request: Request, _: CitizenSession) -> Response:
    """With which doctor."""
    choice = choice_of(request)
    counter = Counter(request, choice)
    info, department = await counter.hospital(), await counter.department()
    back = choice.at("department", department=department.parent_id or "")
    soon = (counter.today + timedelta(days=SOON_DAYS - 1)).isoformat()
    lines = []
    for doctor in await counter.doctors(info):
        counted = [
            (one.day, schedule, counter.standing(info, one.day, schedule))
            for one in doctor.schedules.days
            for schedule in one.schedules
        ]
        units = [(day, schedule.units) for day, schedule, standing in counted if standing is Standing.OPEN]
        fees = {schedule.fees.total for _, schedule, standing in counted if standing is Standing.OPEN} or {
            schedule.fees.total for _, schedule, _ in counted
        }
        if not fees:
            continue
        lines.append(
            DoctorLine(
                name=doctor.name,
                title_code=doctor.job_title,
                title=_job_title(doctor),
                about=_treats(doctor),
                fee=min(fees),
                several_fees=len(fees) > 1,
                standing=_best({standing for _, _, standing in counted}),
                first=min(day for day, _ in units) if units else "",
                left=left([one for day, one in units if day <= soon]),
                address=choice.at("day", doctor=doctor.doctor_id) if units else "",
            )
        )
    lines.sort(key=lambda line: not line.address)
    return page(request, "book_doctors.html", DoctorsPage((info.name, department.name), tuple(lines), back))


def _department(one: DepartmentInfo, among: Sequence[DepartmentInfo], choice: Choice) -> Row:
    parts = [below.name for below in among if below.parent_id == one.dept_id]
    step = "department" if parts else "doctor"
    return Row(one.name, "、".join(parts[:4]) if parts else _about(one), choice.at(step, department=one.dept_id))


def _about(one: DepartmentInfo) -> str:
    return one.about.expertise or one.about.address or ""


async def _has_doctors(counter: Counter, dept_id: str) -> bool:
    """Whether somebody works in the department itself, and not only in those below it."""
    try:
        return bool((await counter.system.catalogue.doctors(dept_id, None, Paging(1, 1))).rows)
    except UnknownDoctor:
        return False


def _job_title(doctor: Doctor) -> str:
    row = load(DIALECT).codes["JOB_TITLE"].rows.get(doctor.job_title)
    return row.title if row else ""


def _treats(doctor: Doctor) -> str:
    about = doctor.info.about if doctor.info else None
    return (about.special or about.intro or "") if about else ""


def _best(standings: set[Standing]) -> Standing:
    """The most that can be said of several sessions."""
    order = (Standing.OPEN, Standing.FULL, Standing.NOT_YET, Standing.STOPPED, Standing.OVER)
    return next(one for one in order if one in standings)


def _to_hospitals(request: Request) -> str:
    return PATH if len(runtime_of(request).bookable.all()) > 1 else "/citizen"


routes = [
    Route(PATH, for_citizens(hospitals)),
    Route(f"{PATH}/department", for_citizens(departments, other=_to_hospitals)),
    Route(
        f"{PATH}/doctor", for_citizens(doctors, other=lambda r: choice_of(r).at("department", department="", doctor=""))
    ),
]
