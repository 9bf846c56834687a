"""Booking, its last choice: for whom. With it the appointment begins, and the hospital keeps the unit."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.errors import DomainError
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital.booking import Visitor
from yiqiao.ports.hospital.catalogue import Ages, DepartmentInfo
from yiqiao.ports.hospital.refusals import ScheduleStopped, SlotTaken, SoldOut, UnknownSchedule
from yiqiao.ports.hospital.schedules import ScheduleInfo
from yiqiao.ports.hospital.values import Pool
from yiqiao.region.appointments.appointment import Place
from yiqiao.region.appointments.states import State
from yiqiao.region.family.member import ME, Member
from yiqiao.spec.masking import mask
from yiqiao.web.appointments import APPOINTMENTS
from yiqiao.web.choices import PATH, Choice, Chosen, Counter, Standing, choice_of
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens, here
from yiqiao.web.pages.citizen_family import adding, telling
from yiqiao.web.reception import form
from yiqiao.web.render import page


@dataclass(frozen=True)
class PatientLine:
    """Somebody to book for. `name` is masked, and empty for the citizen; `ending` is that of their certificate.
    `why_not`: why this is not for them (sex, children, adults), `limit` the age that goes with it.
    """

    member_id: str
    name: str
    age: int
    ending: str
    why_not: str = ""
    limit: int = 0


@dataclass(frozen=True)
class PatientsPage:
    """For whom; `place` is what was chosen. `tell`: where the citizen tells what is not known of them yet."""

    chosen: tuple[str, ...]
    place: Place
    patients: tuple[PatientLine, ...]
    me: str
    tell: str
    add: str
    path: str
    back: str
    csrf: str = field(default="", repr=False)


class Offer:
    """What was chosen, as the hospital has it now."""

    def __init__(self, department: DepartmentInfo, chosen: Chosen, place: Place) -> None:
        self.department, self.chosen, self.place = department, chosen, place

    @classmethod
    async def of(cls, request: Request, choice: Choice) -> "Offer":
        """Asks the hospital. Raises what it refuses, SoldOut, SlotTaken, ScheduleStopped, UnknownSchedule."""
        counter = Counter(request, choice)
        info, department = await counter.hospital(), await counter.department()
        doctor = await counter.doctor(info, choice.day)
        chosen = await counter.chosen(info, doctor)
        standing = counter.standing(info, *chosen)
        if standing is not Standing.OPEN:
            raise _refusal(standing, chosen)
        schedule, slot = chosen.schedule, chosen.slot
        place = Place(
            hospital_id=choice.hospital,
            schedule_id=schedule.schedule_id,
            time_id=slot.time_id if slot else None,
            pool=int(Pool.SHARED),
            dept_id=department.dept_id,
            doctor_id=doctor.doctor_id,
            day=chosen.day,
            session=int(schedule.session),
            begins=slot.begins if slot else None,
            ends=slot.ends if slot else None,
            hospital_name=info.name,
            dept_name=department.name,
            doctor_name=doctor.name,
            fee=schedule.fees.total,
        )
        return cls(department, chosen, place)


async def choose(request: Request, session: CitizenSession) -> Response:
    """For whom."""
    choice, runtime = choice_of(request), runtime_of(request)
    offer = await Offer.of(request, choice)
    me = await runtime.family.oneself(session.citizen)
    everybody = ((me,) if me else ()) + await runtime.family.members(session.citizen)
    place = offer.place
    view = PatientsPage(
        chosen=tuple(filter(None, (place.hospital_name, place.dept_name, place.doctor_name))),
        place=place,
        patients=tuple(_line(one, offer) for one in everybody),
        me=mask(session.citizen.name, "name"),
        tell="" if me else telling(here(request)),
        add=adding(here(request)),
        path=here(request),
        back=choice.at("time", schedule="", slot=""),
        csrf=session.csrf,
    )
    return page(request, "book_patient.html", view)


async def begin(request: Request, session: CitizenSession) -> Response:
    """Somebody was chosen: the unit is asked for."""
    runtime, sent = runtime_of(request), await form(request)
    session.check_form(sent.get("csrf", ""))
    member = await runtime.family.find(session.citizen, sent.get("who", ""))
    offer = await Offer.of(request, choice_of(request))
    person_id, visitor = runtime.family.person_id(session.citizen), member.visitor()
    order_id = await _begun(runtime, person_id, offer.place, visitor)
    if order_id is None:
        online = not isinstance(runtime.cashier, NoCashier)
        order_id = await runtime.appointments.begin(person_id, offer.place, visitor, pays_here=online)
    return RedirectResponse(f"{APPOINTMENTS}/{order_id}", 303)


async def _begun(runtime: Runtime, person_id: str, place: Place, visitor: Visitor) -> str | None:
    """The appointment that the same choice has begun a moment ago: an impatient finger presses twice."""
    wanted = (place.hospital_id, place.schedule_id, place.time_id or "")
    for one in await runtime.appointments.of_person(person_id):
        row = one.row
        same = (row.hospital_id, row.schedule_id, row.time_id) == wanted and one.kept.visitor == visitor
        if same and one.state in (State.LOCKING, State.LOCKED):
            return row.order_id
    return None


def _refusal(standing: Standing, chosen: Chosen) -> DomainError:
    """Why what was chosen cannot be had."""
    match standing:
        case Standing.FULL:
            return SlotTaken() if chosen.slot else SoldOut()
        case Standing.STOPPED:
            return ScheduleStopped()
        case Standing.NOT_YET:
            return UnknownSchedule("这一天还没开始预约，请选择较近的日期")
    return UnknownSchedule("已过预约时间，请选择其他时间")


def _line(member: Member, offer: Offer) -> PatientLine:
    age = member.age_on(offer.place.day)
    why_not, limit = _why_not(member, age, offer.department, offer.chosen.schedule)
    mine = member.member_id == ME
    name = "" if mine else mask(member.name, "name")
    ending = member.certificate.id_no[-4:] if member.certificate and not mine else ""
    return PatientLine(member.member_id, name, age, ending, why_not, limit)


def _why_not(member: Member, age: int, department: DepartmentInfo, schedule: ScheduleInfo) -> tuple[str, int]:
    """Why the department or session does not see somebody, and the age that is its limit."""
    if any(limit and limit != member.sex for limit in (department.sex, schedule.sex)):
        return "sex", 0
    limit = department.age_limit
    if limit is not None and department.ages is Ages.CHILDREN and age > limit:
        return "children", limit
    if limit is not None and department.ages is Ages.ADULTS and age < limit:
        return "adults", limit
    if schedule.age_min is not None and age < schedule.age_min:
        return "adults", schedule.age_min
    if schedule.age_max is not None and age > schedule.age_max:
        return "children", schedule.age_max
    return "", 0


def _to_times(request: Request) -> str:
    return choice_of(request).at("day", day="", schedule="", slot="")


routes = [
    Route(f"{PATH}/patient", for_citizens(choose, other=_to_times), methods=["GET"]),
    Route(f"{PATH}/patient", for_citizens(begin, other=_to_times), methods=["POST"]),
]
