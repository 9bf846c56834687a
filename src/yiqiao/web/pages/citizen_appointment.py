"""One appointment of a citizen's, whatever has become of it: what it is, what happens now, and what they can do."""

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
from yiqiao.region.appointments.appointment import PAID, Appointment, NotNow
from yiqiao.region.appointments.service import TIMED
from yiqiao.region.appointments.states import ACTING, STATES, Act, State
from yiqiao.storage.appointments import AppointmentRow
from yiqiao.web.appointments import (
    APPOINTMENTS,
    COMING,
    OVER,
    Slip,
    Told,
    acts_of,
    mark_of,
    money_of,
    paying_of,
    slip_of,
    told,
)
from yiqiao.web.choices import Choice
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.citizens_only import STATUS, for_citizens
from yiqiao.web.reception import form
from yiqiao.web.render import fragment, page

ASK_MS = 1000
ASK_SLOWLY_MS = 15_000
"""How often the page asks for what an operator is doing."""


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
        slip=slip_of(one) if state in COMING else None,
        mark=mark_of(row),
        ask_ms=ASK_MS if state in ACTING else ASK_SLOWLY_MS if state is State.STUCK else 0,
        left_ms=None if deadline is None else max(0, deadline - runtime.clock.now_ms()),
        until="" if deadline is None else readable(deadline)[11:16],
        acts=acts_of(row, state),
        paying=paying_of(row, state),
        money=money_of(row, state),
        online=not isinstance(runtime.cashier, NoCashier),
        again=_again(row) if state in OVER else "",
        refusal=refusal.name if refusal else "",
        message=refusal.message if refusal else "",
        csrf=session.csrf,
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
