"""One appointment of a citizen's, whatever has become of it: what it is, what happens now, and what they can do."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.ports.cashier import NoCashier
from yiqiao.region.appointments.appointment import PAID, REFUNDED, Appointment, NotNow
from yiqiao.region.appointments.service import TIMED
from yiqiao.region.appointments.states import ACTING, CITIZENS, FINAL, STATES, Act, Ending, State
from yiqiao.spec.masking import mask
from yiqiao.storage.appointments import AppointmentRow
from yiqiao.web.choices import Choice
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.citizens_only import STATUS, for_citizens
from yiqiao.web.pages.citizen_patient import APPOINTMENTS
from yiqiao.web.reception import form
from yiqiao.web.render import fragment, page

_CLOCK_TIMES = re.compile(r"\b(\d\d)(\d\d)-(\d\d)(\d\d)\b", re.ASCII)
"""How hospitals write when numbers are given out: 0730-1130."""
ASK_MS = 1000
ASK_SLOWLY_MS = 15_000
"""How often the page asks for what an operator is doing."""
TONES: Mapping[State, str] = {
    State.LOCKED: "warn",
    State.ORDERED: "warn",
    State.BOOKED: "good",
    State.REGISTERED: "good",
    State.VISITED: "good",
    State.STUCK: "bad",
    State.REFUSED: "bad",
    State.STOPPED: "bad",
}
COMING = frozenset({State.BOOKED, State.REGISTERED})
"""The patient is expected: what to bring is told."""
OVER = frozenset({State.REFUSED, State.RELEASED, State.CANCELLED, State.REFUNDED, State.STOPPED})
"""It came to nothing, and something else may be chosen."""


@dataclass(frozen=True)
class Told:
    """What an appointment is. `patient` is masked; `paid` says where the money is. Times are HH:MM or empty."""

    order_id: str
    state: State
    tone: str
    hospital: str
    department: str
    doctor: str
    day: str
    session: int
    begins: str
    ends: str
    patient: str
    fee: int
    pays_here: bool
    paid: str
    reason: str
    address: str


@dataclass(frozen=True)
class Slip:
    """With what the patient comes, as far as the hospital has told it."""

    number: str
    check_no: str = field(repr=False)
    address: str
    fetch_time: str
    remark: str
    order_no: str


@dataclass(frozen=True)
class AppointmentPage:
    """The page. `mark` names what is shown, so that the same is not shown again; `ask_ms` 0: nothing is under way.

    `left_ms`: until when something has to be done, None where nothing has; `until` is that as a time of day.
    `paying` says how the fee stands: here, there (at the hospital), window (paid there), paid, refunded, not; `money`
    what becomes of it: paid (it goes back), refunded, stuck.
    """

    told: Told
    slip: Slip | None
    mark: str
    ask_ms: int
    left_ms: int | None
    until: str
    acts: tuple[str, ...]
    paying: str
    money: str
    online: bool
    again: str
    refusal: str = ""
    message: str = ""
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class CancelPage:
    """Whether it shall really be cancelled. `money`: what happens to it (none, back, window)."""

    told: Told
    money: str
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class PayPage:
    """On the way to the cashier; without `address` as long as that is not known."""

    told: Told
    address: str


@dataclass(frozen=True)
class MinePage:
    """All of somebody's appointments, the newest first."""

    appointments: tuple[Told, ...]


async def show(request: Request, session: CitizenSession) -> Response:
    """The appointment as it stands."""
    one = await _mine(request, session)
    return page(request, "appointment.html", _view(request, one, session))


async def now(request: Request) -> Response:
    """What is new since the browser was told `seen`; else nothing (204). 401 where one has to sign in again."""
    session = citizen_of(request)
    if session is None:
        return Response(status_code=401)
    try:
        one = await _mine(request, session)
    except DomainError as refusal:
        return Response(status_code=next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 409))
    view = _view(request, one, session)
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/appointment.html", view)


async def act(request: Request, session: CitizenSession) -> Response:
    """A button was pressed. What cannot be done any more is said on the page of what is there instead."""
    one, sent = await _mine(request, session), await form(request)
    session.check_form(sent.get("csrf", ""))
    appointments, row = runtime_of(request).appointments, one.row
    after = request.url.path
    try:
        match sent.get("act"):
            case "confirm":
                await appointments.confirm(row.person_id, row.order_id, pays_here=_pays_here(request, sent))
            case "pay":
                await appointments.pay(row.person_id, row.order_id)
                after += "/pay"
            case "give_up":
                await appointments.give_up(row.person_id, row.order_id)
            case "ask":
                await appointments.nudge([row.order_id])
            case _:
                raise HTTPException(404)
    except NotNow as refusal:
        view = _view(request, await _mine(request, session), session, refusal)
        return page(request, "appointment.html", view, 409)
    return RedirectResponse(after, 303)


async def pay(request: Request, session: CitizenSession) -> Response:
    """The way to the cashier: as soon as the trade is open the browser is sent to it."""
    one = await _mine(request, session)
    if one.state is not State.PAYING:
        return RedirectResponse(f"{APPOINTMENTS}/{one.row.order_id}", 303)
    return page(request, "appointment_pay.html", PayPage(told(one), one.kept.slip.trade_address or ""))


async def cancel(request: Request, session: CitizenSession) -> Response:
    """The question whether it shall really be cancelled."""
    one = await _mine(request, session)
    if Act.GIVE_UP not in STATES[one.state].acts:
        return RedirectResponse(f"{APPOINTMENTS}/{one.row.order_id}", 303)
    if one.row.paid == PAID:
        money = "back"
    else:
        money = "window" if one.state is State.REGISTERED else "paying" if one.state is State.PAYING else "none"
    return page(request, "appointment_cancel.html", CancelPage(told(one), money, session.csrf))


async def mine(request: Request, session: CitizenSession) -> Response:
    """All of the citizen's appointments."""
    runtime = runtime_of(request)
    found = await runtime.appointments.of_person(runtime.family.person_id(session.citizen))
    return page(request, "appointments.html", MinePage(tuple(told(one) for one in found)))


def told(one: Appointment) -> Told:
    """What of an appointment its owner is shown."""
    row = one.row
    tone = TONES.get(one.state, "" if one.state in FINAL else "accent")
    return Told(
        order_id=row.order_id,
        state=one.state,
        tone=tone,
        hospital=row.hospital_name,
        department=row.dept_name,
        doctor=row.doctor_name,
        day=row.day,
        session=row.session,
        begins=row.begins,
        ends=row.ends,
        patient=mask(one.kept.visitor.name, "name"),
        fee=row.fee,
        pays_here=bool(row.pays_here),
        paid=row.paid,
        reason=row.reason if row.ending != Ending.CITIZEN else "",
        address=f"{APPOINTMENTS}/{row.order_id}",
    )


async def _mine(request: Request, session: CitizenSession) -> Appointment:
    """The appointment, if it is this citizen's. Raises UnknownAppointment."""
    runtime = runtime_of(request)
    person_id = runtime.family.person_id(session.citizen)
    return (await runtime.appointments.show(person_id, request.path_params["order_id"])).appointment


def _view(
    request: Request, one: Appointment, session: CitizenSession, refusal: DomainError | None = None
) -> AppointmentPage:
    runtime, row, state = runtime_of(request), one.row, one.state
    deadline = row.deadline if state in TIMED else None
    return AppointmentPage(
        told=told(one),
        slip=_slip(one) if state in COMING else None,
        mark=_mark(row),
        ask_ms=ASK_MS if state in ACTING else ASK_SLOWLY_MS if state is State.STUCK else 0,
        left_ms=None if deadline is None else max(0, deadline - runtime.clock.now_ms()),
        until="" if deadline is None else readable(deadline)[11:16],
        acts=_acts(row, state),
        paying=_paying(row, state),
        money=_money(row, state),
        online=not isinstance(runtime.cashier, NoCashier),
        again=_again(row) if state in OVER else "",
        refusal=refusal.name if refusal else "",
        message=refusal.message if refusal else "",
        csrf=session.csrf,
    )


def _mark(row: AppointmentRow) -> str:
    """Another one for everything that is shown otherwise; not for each time that something is tried again."""
    shown = (row.state, row.paid, row.reason, row.deadline, row.day, row.session, row.doctor_name, row.number)
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:12]


def _acts(row: AppointmentRow, state: State) -> tuple[str, ...]:
    """What the citizen may do now."""
    if state is State.REGISTERED and row.paid != PAID:
        return ()  # the money is the hospital's to give back
    return tuple(str(act) for act in STATES[state].acts if act in CITIZENS)


def _paying(row: AppointmentRow, state: State) -> str:
    """How the fee stands; empty where that is being decided."""
    if row.paid in (PAID, REFUNDED):
        return row.paid
    if state in OVER:
        return "not"
    if state is State.REGISTERED:
        return "window"
    if state is State.BOOKED and row.fee:
        return "there"
    return "here" if state is State.ORDERED else ""


def _money(row: AppointmentRow, state: State) -> str:
    """What becomes of money that was paid, where that is in question."""
    if state is State.STUCK and row.paid == PAID:
        return "stuck"
    if row.paid == REFUNDED or (row.paid == PAID and (state is State.REFUNDING or state in OVER)):
        return row.paid
    return ""


def _slip(one: Appointment) -> Slip:
    row, slip = one.row, one.kept.slip
    return Slip(
        number=row.number or "",
        check_no=slip.check_no or "",
        address=slip.address or "",
        fetch_time=_CLOCK_TIMES.sub(r"\1:\2–\3:\4", slip.fetch_time or ""),
        remark=slip.remark or "",
        order_no=row.order_no or "",
    )


def _again(row: AppointmentRow) -> str:
    """Where something else can be chosen: another time of the same doctor's."""
    return Choice(row.hospital_id, row.dept_id, row.doctor_id).at("day")


def _pays_here(request: Request, sent: Mapping[str, str]) -> bool:
    return sent.get("pays") == "here" and not isinstance(runtime_of(request).cashier, NoCashier)


ONE = APPOINTMENTS + "/{order_id:str}"
routes = [
    Route(APPOINTMENTS, for_citizens(mine)),
    Route(ONE, for_citizens(show, other=lambda _: APPOINTMENTS), methods=["GET"]),
    Route(ONE, for_citizens(act, other=lambda _: APPOINTMENTS), methods=["POST"]),
    Route(ONE + "/now", now),
    Route(ONE + "/pay", for_citizens(pay, other=lambda _: APPOINTMENTS)),
    Route(ONE + "/cancel", for_citizens(cancel, other=lambda _: APPOINTMENTS)),
]
