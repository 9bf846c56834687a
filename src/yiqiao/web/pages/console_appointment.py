"""One appointment in the console: how it stands, what happens next, its course, and an operator's buttons.

Looking at it and every press of a button are written down in the operators' audit. What moves money or ends an
appointment is an approver's, and is asked for twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.appointments.appointment import PAID, REFUNDED, UNPAID, NotNow
from yiqiao.region.appointments.service import Course
from yiqiao.region.appointments.states import OPERATORS, STATES, Act, Owner
from yiqiao.spec import load
from yiqiao.spec.masking import mask
from yiqiao.storage import appointments
from yiqiao.storage.appointments import AppointmentRow
from yiqiao.web.appointment_lines import AT, AppointmentLine, Step, Timer, course, timer_of
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import fragment, page

RIGHT: Mapping[Act, Right] = {
    Act.CHECK: Right.WORK,
    Act.RETRY: Right.WORK,
    Act.REFUND: Right.APPROVE,
    Act.CLOSE: Right.APPROVE,
}
"""Whose button it is."""


@dataclass(frozen=True)
class Button:
    """Something that may be done now; `asks`: on a page of its own, which says what it means."""

    act: Act
    link: str
    asks: bool


@dataclass(frozen=True)
class Standing:
    """What changes while an appointment is being looked at; nothing personal. Times are epoch ms.

    `withheld` are the rights that the reader lacks for what else could be done.
    """

    line: AppointmentLine
    version: int
    owner: Owner
    timer: Timer | None
    ending: str
    reason: str
    order_no: str
    number: str
    trade_no: str
    paid_with: str
    paid_at: int | None
    refunded_at: int | None
    changed_at: int
    buttons: tuple[Button, ...]
    withheld: tuple[Right, ...]
    steps: tuple[Step, ...]
    live: str


@dataclass(frozen=True)
class AppointmentPage:
    """The page. `patient` is masked; `done` is the act that was asked for, `refused` why it was not done."""

    standing: Standing
    patient: str
    schedule_id: str
    pool: int
    created_at: int
    done: str = ""
    refused: str = ""


@dataclass(frozen=True)
class ActPage:
    """What an act means, before it is done: `means` names what becomes of the money, `may` says if it can be done."""

    line: AppointmentLine
    act: Act
    means: str
    may: bool
    trade_no: str
    refunded_at: int | None


async def show(request: Request) -> Response:
    """The page."""
    session = await operator(request, Right.SEE)
    done = request.query_params.get("done", "")
    found = await _found(request)
    await _audit(request, session, "appointment.view", {})
    return page(request, "console_appointment.html", _view(request, session, found, done=done if done in RIGHT else ""))


async def live(request: Request) -> Response:
    """What has changed, where anything has since the version that the browser knows; else nothing (204)."""
    session = await operator(request, Right.SEE)
    found = await _found(request)
    if str(found.appointment.row.version) == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/console_appointment.html", _standing(request, session, found))


async def ask(request: Request) -> Response:
    """What an act would do, with its button."""
    act = _act(request)
    if not _asks(act):
        raise HTTPException(404)
    await operator(request, RIGHT[act])
    row = await _row(request)
    line = AppointmentLine.of(row, runtime_of(request).clock.now_ms())
    money = "open" if row.paid == UNPAID and row.trade_no else row.paid
    possible = act in STATES[line.state].acts
    may = possible and (money == PAID if act is Act.REFUND else money in (UNPAID, REFUNDED))
    means = f"{act}_{money}" if possible else "no_longer"
    view = ActPage(line, act, means, may, row.trade_no or "", row.refunded_at)
    return page(request, "console_appointment_act.html", view)


async def press(request: Request) -> Response:
    """A button was pressed."""
    act = _act(request)
    session = await operator(request, RIGHT[act])
    session.check_form((await form(request)).get("csrf", ""))
    row, runtime = await _row(request), runtime_of(request)

    def written_down(connection: Connection, before: AppointmentRow) -> None:
        audit(
            connection,
            runtime.wall.now_ms(),
            session.operator,
            f"appointment.{act}",
            before.order_id,
            {"state": before.state},
        )

    try:
        await runtime.appointments.operate(row.order_id, act, session.operator, written_down)
    except NotNow as refusal:
        await _audit(request, session, f"appointment.{act}", {"state": row.state, "refused": refusal.name})
        said = Words(language_of(request)).refusal(refusal)
        view = _view(request, session, await _found(request), refused=said)
        return page(request, "console_appointment.html", view, 409)
    return RedirectResponse(f"{AT}/{row.order_id}?done={act}", 303)


async def _row(request: Request) -> AppointmentRow:
    """The appointment of the address. Raises HTTPException 404."""
    order_id = request.path_params["order_id"]
    if not order_id.isprintable():
        raise HTTPException(404)
    row = await runtime_of(request).database.read(lambda c: appointments.find_by_order(c, order_id))
    if row is None:
        raise HTTPException(404)
    return row


async def _found(request: Request) -> Course:
    row = await _row(request)
    return await runtime_of(request).appointments.show(row.person_id, row.order_id)


async def _audit(request: Request, session: Session, act: str, detail: Mapping[str, object]) -> None:
    runtime, order_id = runtime_of(request), request.path_params["order_id"]
    now = runtime.wall.now_ms()
    await runtime.database.write(lambda c: audit(c, now, session.operator, act, order_id, detail))


def _act(request: Request) -> Act:
    """The act of the address. Raises HTTPException 404."""
    name = request.path_params["act"]
    if name not in RIGHT:
        raise HTTPException(404)
    return Act(name)


def _channel(code: int | None) -> str:
    """A means of payment in the words of the standard."""
    if code is None:
        return ""
    row = load("convenience").codes["PAY_CHANNEL"].rows.get(str(code))
    return row.title if row else str(code)


def _asks(act: Act) -> bool:
    return RIGHT[act] is Right.APPROVE


def _view(request: Request, session: Session, found: Course, *, done: str = "", refused: str = "") -> AppointmentPage:
    one = found.appointment
    return AppointmentPage(
        standing=_standing(request, session, found),
        patient=mask(one.kept.visitor.name, "name"),
        schedule_id=one.row.schedule_id,
        pool=one.row.pool,
        created_at=one.row.created_at,
        done=done,
        refused=refused,
    )


def _standing(request: Request, session: Session, found: Course) -> Standing:
    row, now = found.appointment.row, runtime_of(request).clock.now_ms()
    about = STATES[found.appointment.state]
    line = AppointmentLine.of(row, now)
    possible = [act for act in RIGHT if act in about.acts and act in OPERATORS]
    mine = [act for act in possible if RIGHT[act] in RIGHTS[session.role]]
    return Standing(
        line=line,
        version=row.version,
        owner=about.owner,
        timer=timer_of(row, now),
        ending=row.ending,
        reason=row.reason,
        order_no=row.order_no or "",
        number=row.number or "",
        trade_no=row.trade_no or "",
        paid_with=_channel(row.pay_channel),
        paid_at=row.paid_at,
        refunded_at=row.refunded_at,
        changed_at=row.changed_at,
        buttons=tuple(Button(act, f"{line.link}/{act}", _asks(act)) for act in mine),
        withheld=tuple(dict.fromkeys(RIGHT[act] for act in possible if act not in mine)),
        steps=course(found.events),
        live="" if about.final else f"{line.link}/live?seen={row.version}",
    )


routes = [
    Route(f"{AT}/{{order_id:str}}", show, methods=["GET"]),
    Route(f"{AT}/{{order_id:str}}/live", live, methods=["GET"]),
    Route(f"{AT}/{{order_id:str}}/{{act:str}}", ask, methods=["GET"]),
    Route(f"{AT}/{{order_id:str}}/{{act:str}}", press, methods=["POST"]),
]
