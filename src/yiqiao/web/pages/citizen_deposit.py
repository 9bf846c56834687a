"""住院: the present stay of the citizen or of their family, what is left of its deposit, and putting more down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.ports.cashier import NoCashier
from yiqiao.ports.hospital import HospitalSystem
from yiqiao.ports.hospital.inpatient import ChargeDay, Stay
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered, UnknownPatient
from yiqiao.region.charges.charge import Due, Kind, NotNow
from yiqiao.region.charges.states import FINAL
from yiqiao.region.family.member import ME
from yiqiao.region.records.record import Patient
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import HOME, for_citizens
from yiqiao.web.pages.citizen_bills import ItemLine, counted
from yiqiao.web.pages.citizen_charges import CHARGES
from yiqiao.web.reception import form
from yiqiao.web.render import page
from yiqiao.web.whose import Whose, each, linking, shown_name

DEPOSIT = "/citizen/deposit"
OFTEN = (100, 500, 1000, 3000)
"""元 that can be put down with one press."""
MOST = 50_000


class AmountUnfit(DomainError):
    """What was filled in is no amount to put down."""

    def __init__(self) -> None:
        super().__init__(f"请填 1 到 {MOST} 之间的整数")


@dataclass(frozen=True)
class Person:
    """Somebody who may be in hospital; `name` is masked, empty for the citizen."""

    name: str
    address: str


@dataclass(frozen=True)
class AskPage:
    """Who is in hospital?"""

    people: tuple[Person, ...]


@dataclass(frozen=True)
class Place:
    """A hospital in which somebody is."""

    hospital: str
    address: str


@dataclass(frozen=True)
class StaysPage:
    """At which hospital: none, where nobody has them; `away` are those that did not answer."""

    name: str
    places: tuple[Place, ...]
    away: tuple[str, ...]
    change: str


@dataclass(frozen=True)
class DayList:
    """What arose on a day, 分."""

    day: str
    amount: int
    items: tuple[ItemLine, ...]


@dataclass(frozen=True)
class StayPage:
    """A stay; amounts are 分, those to choose 元. `link`: where a card is linked before the daily list is shown."""

    whose: Whose
    inpatient_no: str
    since: str
    ward: str
    bed: str
    deposit: int
    charged: int
    balance: int
    days: tuple[DayList, ...]
    link: str
    often: tuple[int, ...]
    most: int
    online: bool
    path: str
    fault: str = ""
    refusal: str = ""
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class Bed:
    """Somebody in hospital now."""

    patient: Patient
    system: HospitalSystem
    stay: Stay
    hospital: str
    change: str

    @property
    def path(self) -> str:
        """The page's address."""
        return _at(self.patient.member_id, self.system.hospital_id)


async def show(request: Request, session: CitizenSession) -> Response:
    """The stay, after the questions that it takes to find it."""
    found = await _find(request, session)
    return found if isinstance(found, Response) else await _page(request, session, found)


async def put_down(request: Request, session: CitizenSession) -> Response:
    """An amount was chosen: the stay is asked of the hospital again, and the payment begins."""
    runtime, sent = runtime_of(request), await form(request)
    session.check_form(sent.get("csrf", ""))
    bed = await _find(request, session)
    if isinstance(bed, Response):
        return bed
    try:
        amount = _amount(sent)
    except AmountUnfit as unfit:
        return await _page(request, session, bed, unfit)
    due = Due(
        hospital_id=bed.system.hospital_id,
        hospital_name=bed.hospital,
        kind=Kind.DEPOSIT,
        amount=amount * 100,
        patient_id=bed.stay.patient_id,
        inpatient_no=bed.stay.inpatient_no,
        certificate_no=bed.patient.certificate.number,
        name=bed.patient.name,
    )
    person_id = runtime.family.person_id(session.citizen)
    try:
        charge_id = await runtime.charges.begin(person_id, due)
    except NotNow:
        for one in await runtime.charges.of_person(person_id):
            if one.state not in FINAL and one.due.inpatient_no == due.inpatient_no:
                return RedirectResponse(f"{CHARGES}/{one.row.charge_id}", 303)
        raise
    return RedirectResponse(f"{CHARGES}/{charge_id}", 303)


async def _find(request: Request, session: CitizenSession) -> Bed | Response:
    """The stay that is meant, or the page that asks which."""
    runtime = runtime_of(request)
    people = await runtime.records.people(session.citizen)
    who = request.query_params.get("who", "")
    if not who and len(people) > 1:
        lines = tuple(Person(shown_name(one), _at(one.member_id)) for one in people)
        return page(request, "deposit_ask.html", AskPage(lines))
    patient = await runtime.records.person(session.citizen, who or ME)
    wanted = request.query_params.get("hospital", "")
    systems = [runtime.bookable.of(wanted)] if wanted else runtime.bookable.all()
    number, name = patient.certificate.number, patient.name

    async def ask(system: HospitalSystem) -> tuple[str, Stay]:
        stay = await system.inpatient.stay(number, name)
        return (await system.catalogue.hospital()).name, stay

    answers = await each(systems, ask)
    change = DEPOSIT if len(people) > 1 else ""
    beds = [
        Bed(patient, system, answer[1], answer[0], change)
        for system, answer in answers
        if not isinstance(answer, DomainError)
    ]
    if len(beds) == 1:
        return beds[0]
    others = [answer for _, answer in answers if isinstance(answer, DomainError)]
    away = tuple(one.message for one in others if not isinstance(one, (NoSuchRecord, UnknownPatient, NotOffered)))
    places = tuple(Place(bed.hospital, bed.path) for bed in beds)
    return page(request, "deposit_stays.html", StaysPage(shown_name(patient), places, away[:1], change))


async def _page(request: Request, session: CitizenSession, bed: Bed, unfit: AmountUnfit | None = None) -> Response:
    stay, runtime = bed.stay, runtime_of(request)
    proven = bed.patient.member_id == ME or any(
        (one.patient.member_id, one.hospital_id, one.patient_id)
        == (bed.patient.member_id, bed.system.hospital_id, stay.patient_id)
        for one in await runtime.records.of(session.citizen)
        if one.proven
    )
    view = StayPage(
        whose=Whose(bed.hospital, shown_name(bed.patient), bed.change),
        inpatient_no=stay.inpatient_no,
        since=beijing(stay.admitted_at).date().isoformat(),
        ward=stay.ward or "",
        bed=stay.bed or "",
        deposit=stay.deposit,
        charged=stay.charged,
        balance=stay.balance,
        days=await _days(bed) if proven else (),
        link="" if proven else linking(bed.path),
        often=OFTEN,
        most=MOST,
        online=not isinstance(runtime.cashier, NoCashier),
        path=bed.path,
        fault=unfit.message if unfit else "",
        refusal=unfit.name if unfit else "",
        csrf=session.csrf,
    )
    return page(request, "deposit.html", view, 422 if unfit else 200)


async def _days(bed: Bed) -> tuple[DayList, ...]:
    """What arose day by day, the newest first; nothing where the hospital does not tell."""
    try:
        found = await bed.system.inpatient.daily(bed.patient.certificate.number, bed.patient.name)
    except DomainError:
        return ()
    return tuple(map(_day, sorted(found.days, key=lambda day: day.day, reverse=True)))


def _day(day: ChargeDay) -> DayList:
    items = tuple(
        ItemLine(one.name, one.spec or "", f"{counted(one.quantity)} {one.unit or ''}".strip(), one.amount)
        for one in day.items
    )
    return DayList(day.day, day.amount, items)


def _amount(sent: Mapping[str, str]) -> int:
    """元, as pressed or typed. Raises AmountUnfit."""
    text = (sent.get("amount") or sent.get("typed", "")).strip().removesuffix("元").replace(",", "").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise AmountUnfit
    return int(text)


def _at(who: str, hospital: str = "") -> str:
    chosen = {"hospital": hospital, "who": who}
    return f"{DEPOSIT}?{urlencode({name: value for name, value in chosen.items() if value})}"


routes = [
    Route(DEPOSIT, for_citizens(show, other=lambda _: HOME), methods=["GET"]),
    Route(DEPOSIT, for_citizens(put_down, other=lambda _: DEPOSIT), methods=["POST"]),
]
