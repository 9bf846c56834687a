"""The citizen's first page: what comes next, what is due, and the doors to all that can be done here."""

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.region.appointments.appointment import Appointment
from yiqiao.region.appointments.states import ORDER_STANDS, State
from yiqiao.region.charges.states import FINAL
from yiqiao.region.records.record import Record
from yiqiao.spec.masking import mask
from yiqiao.web.appointments import Told, told
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import HOME, for_citizens
from yiqiao.web.pages.citizen_bills import BILLS
from yiqiao.web.pages.citizen_charges import CHARGES
from yiqiao.web.render import page
from yiqiao.web.whose import address_of, each

WAITING = frozenset({State.LOCKED, State.ORDERED, State.PAYING})
"""The citizen has to do something, and not for ever."""


DUE_WITHIN_S = 1.5
"""So long hospitals may take to say what is due: the page is there without it as well."""


@dataclass(frozen=True)
class Owed:
    """What has to be paid: 分 of bills, or of a payment that has begun (`begun`) and is not done."""

    amount: int
    begun: bool
    address: str


@dataclass(frozen=True)
class HomePage:
    """The page; `name` is masked, `next` the appointment that comes next, or that `waits` for the citizen."""

    name: str
    next: Told | None
    waits: bool
    owed: Owed | None
    csrf: str = field(default="", repr=False)


async def show(request: Request, session: CitizenSession) -> Response:
    """The first page."""
    runtime = runtime_of(request)
    found = await runtime.appointments.of_person(runtime.family.person_id(session.citizen))
    today = beijing(runtime.clock.now_ms()).date().isoformat()
    following = _next(found, today)
    view = HomePage(
        name=mask(session.citizen.name, "name"),
        next=told(following) if following else None,
        waits=following is not None and following.state in WAITING,
        owed=await _owed(request, session),
        csrf=session.csrf,
    )
    return page(request, "citizen_home.html", view)


async def _owed(request: Request, session: CitizenSession) -> Owed | None:
    """The payment that has begun, else what hospitals say is due and can be paid here."""
    runtime = runtime_of(request)
    for one in await runtime.charges.of_person(runtime.family.person_id(session.citizen)):
        if one.state not in FINAL:
            return Owed(one.row.amount, begun=True, address=f"{CHARGES}/{one.row.charge_id}")
    known = await runtime.records.of(session.citizen)

    async def due(record: Record) -> int:
        bills = await runtime.bookable.of(record.hospital_id).outpatient.due(record.patient_id)
        return sum(bill.amount for bill in bills if not bill.window_only)

    try:
        answers = await asyncio.wait_for(each(known, due), DUE_WITHIN_S)
    except TimeoutError:
        return None
    owing = [(record, amount) for record, amount in answers if isinstance(amount, int) and amount]
    if not owing:
        return None
    address = address_of(BILLS, owing[0][0]) if len(owing) == 1 else BILLS
    return Owed(sum(amount for _, amount in owing), begun=False, address=address)


def _next(found: list[Appointment], today: str) -> Appointment | None:
    """What waits for the citizen, else the visit that comes first."""
    waiting = [one for one in found if one.state in WAITING]
    if waiting:
        return waiting[0]
    coming = [one for one in found if one.state in ORDER_STANDS and one.row.day >= today]
    return min(coming, key=lambda one: (one.row.day, one.row.session, one.row.begins), default=None)


routes = [Route(HOME, for_citizens(show))]
