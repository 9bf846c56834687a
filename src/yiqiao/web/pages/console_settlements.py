"""Settlements in the console: what stands on one side only, what needs a hand, all by what there is to do; and one with
its course and its buttons.

Every press of a button is written down in the operators' audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import DAY_MS
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.insurance.findings import KINDS, Kind
from yiqiao.region.insurance.service import Course
from yiqiao.region.insurance.settlement import UnknownSettlement
from yiqiao.region.insurance.states import FINAL, NEEDS_A_HAND, STATES, Act, State
from yiqiao.region.payments.course import Moved
from yiqiao.region.payments.trade import NotNow
from yiqiao.spec.masking import mask
from yiqiao.storage import insurance
from yiqiao.storage.insurance import FindingRow, SettlementRow
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.payment_lines import TRADES_AT
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

AT = "/console/settlements"
SHOWN = 50
LOOK = "look"
RIGHT: Mapping[Act, Right] = {
    Act.RETRY: Right.WORK,
    Act.CONFIRM: Right.WORK,
    Act.REVERSE: Right.APPROVE,
    Act.BY_HAND: Right.APPROVE,
}
"""Whose button it is: what moves money on a person's word is an approver's; see `right_of`."""
AT_ONCE = frozenset({Act.RETRY})
"""What is done without being asked for twice."""
GROUPS: Mapping[str, frozenset[str]] = {
    "hand": frozenset(NEEDS_A_HAND),
    "going": frozenset(STATES) - FINAL - frozenset(NEEDS_A_HAND),
    "done": frozenset({State.DONE}),
    "ended": FINAL - {State.DONE},
}
"""The settlements by what there is to do; all of them where nothing is chosen."""


@dataclass(frozen=True)
class Button:
    """Something that the reader may do now; `asks`: on a page of its own, which says what it means."""

    act: Act
    link: str
    asks: bool


@dataclass(frozen=True)
class Line:
    """A settlement in the list; amounts 分."""

    number: str
    link: str
    state: str
    tone: str
    insured: bool
    institution: str
    created_at: int
    total: int
    funds: int
    account: int
    cash: int
    reason: str
    tries: int


@dataclass(frozen=True)
class Found:
    """A finding, with the button that mends it where that is the reader's."""

    title: str
    meaning: str
    number: str
    link: str
    here: str
    there: str
    amount: int
    since: int
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class Step:
    """A step of a course."""

    at: int
    before: str
    after: str
    actor: str
    told: str


@dataclass(frozen=True)
class Choice:
    """A group of states to choose, `name` empty for all of them."""

    name: str
    link: str
    here: bool


@dataclass(frozen=True)
class SettlementsPage:
    """The room."""

    found: tuple[Found, ...]
    groups: tuple[Choice, ...]
    lines: tuple[Line, ...]
    may_look: bool
    looked: bool


@dataclass(frozen=True)
class OnePage:
    """One settlement. Amounts 分; `patient` masked; `steps` the newest first."""

    line: Line
    owner: str
    timer: str
    next_at: int | None
    patient: str
    visit_id: str
    settlement_id: str
    trace_no: str
    trade: str
    callsn: str
    settled_at: int | None
    steps: tuple[Step, ...]
    buttons: tuple[Button, ...]
    done: str
    refused: str = ""


@dataclass(frozen=True)
class ActPage:
    """What an act would do, with its button where it can be done."""

    act: Act
    may: bool
    line: Line
    here: str


async def show(request: Request) -> Response:
    """The room."""
    session = await operator(request, Right.SEE)
    group = request.query_params.get("group", "")
    group = group if group in GROUPS else ""
    runtime = runtime_of(request)

    def read(connection: Connection) -> tuple[list[FindingRow], list[SettlementRow], Mapping[str, SettlementRow]]:
        found = insurance.findings(connection, limit=SHOWN)
        rows = insurance.newest(connection, SHOWN, states=sorted(GROUPS.get(group, ())))
        known = {one.number: insurance.by_number(connection, one.number) for one in found if one.number}
        return found, rows, {number: row for number, row in known.items() if row is not None}

    found, rows, known = await runtime.database.read(read)
    view = SettlementsPage(
        found=tuple(_found(one, known.get(one.number), session) for one in found),
        groups=tuple(Choice(name, f"{AT}?group={name}" if name else AT, name == group) for name in (*GROUPS, "")),
        lines=tuple(line_of(row) for row in rows),
        may_look=Right.WORK in RIGHTS[session.role],
        looked=request.query_params.get("done") == LOOK,
    )
    return page(request, "console_settlements.html", view)


async def look(request: Request) -> Response:
    """Look for what stands on one side only, now."""
    session = await operator(request, Right.WORK)
    session.check_form((await form(request)).get("csrf", ""))
    runtime = runtime_of(request)
    await runtime.one_sided.look(runtime.clock.now_ms() - DAY_MS)
    await _audit(request, session, "settlement.look", "all", {})
    return RedirectResponse(f"{AT}?done={LOOK}", 303)


async def show_one(request: Request) -> Response:
    """One settlement. What is personal is masked."""
    session = await operator(request, Right.SEE)
    return page(request, "console_settlement.html", await _one(request, session))


async def ask(request: Request) -> Response:
    """What an act would do, with its button."""
    act = _act(request)
    if act in AT_ONCE:
        raise HTTPException(404)
    session = await operator(request, Right.SEE)
    row = (await _course(request)).standing.row
    session.require(right_of(act, row.state))
    view = ActPage(act, act in STATES[row.state].acts, line_of(row), f"{AT}/{row.number}/{act}")
    return page(request, "console_settlement_act.html", view)


async def press(request: Request) -> Response:
    """A button was pressed."""
    act = _act(request)
    session = await operator(request, Right.SEE)
    session.check_form((await form(request)).get("csrf", ""))
    row = (await _course(request)).standing.row
    session.require(right_of(act, row.state))
    told: dict[str, object] = {"state": row.state}
    try:
        await runtime_of(request).settlements.act(row.number, act, session.operator)
    except (NotNow, Moved) as refusal:
        told["refused"] = refusal.name
        said = Words(language_of(request)).refusal(refusal)
        return page(request, "console_settlement.html", await _one(request, session, refused=said), 409)
    except DomainError as refusal:
        told["refused"] = refusal.name
        raise
    finally:
        await _audit(request, session, f"settlement.{act}", row.number, told)
    return RedirectResponse(f"{AT}/{row.number}?done={act}", 303)


async def _one(request: Request, session: Session, *, refused: str = "") -> OnePage:
    course = await _course(request)
    row, facts, trade, _ = course.standing
    about = STATES[row.state]
    done = request.query_params.get("done", "")
    return OnePage(
        line=line_of(row),
        owner=str(about.owner),
        timer=about.timer,
        next_at=None if about.final else row.next_at,
        patient=mask(facts.patient.name, "name"),
        visit_id=row.visit_id,
        settlement_id=row.settlement_id,
        trace_no=row.trace_no,
        trade=f"{TRADES_AT}/{row.trace_no}" if trade else "",
        callsn=row.callsn,
        settled_at=row.settled_at,
        steps=tuple(Step(one.at, one.before, one.after, one.actor, one.told) for one in reversed(course.events)),
        buttons=_buttons(row, session),
        done=done if done in set(Act) else "",
        refused=refused,
    )


async def _course(request: Request) -> Course:
    """The settlement of the address. Raises HTTPException 404."""
    try:
        return await runtime_of(request).settlements.course(request.path_params["number"])
    except UnknownSettlement:
        raise HTTPException(404) from None


def line_of(row: SettlementRow) -> Line:
    """A settlement as it is listed."""
    return Line(
        number=row.number,
        link=f"{AT}/{row.number}",
        state=row.state,
        tone=_tone(row),
        insured=row.insured == 1,
        institution=row.institution,
        created_at=row.created_at,
        total=row.total,
        funds=row.funds,
        account=row.account,
        cash=row.cash,
        reason=row.reason,
        tries=row.tries,
    )


def _tone(row: SettlementRow) -> str:
    if row.state in NEEDS_A_HAND or row.state == State.FAILED:
        return "bad"
    if row.state in FINAL:
        return "good" if row.state == State.DONE else ""
    return "warn" if row.tries and row.state != State.PAYING else "accent"


def _found(one: FindingRow, row: SettlementRow | None, session: Session) -> Found:
    about = KINDS[Kind(one.kind)]
    remedies = tuple(str(act) for act in about.remedies)
    return Found(
        title=about.title,
        meaning=about.meaning,
        number=one.subject,
        link=f"{AT}/{one.number}" if one.number else "",
        here=one.here,
        there=one.there,
        amount=one.amount,
        since=one.since,
        buttons=tuple(one for one in _buttons(row, session) if one.act in remedies) if row else (),
    )


def right_of(act: Act, state: str) -> Right:
    """Whose an act is in a state. A settlement that stands is taken back by itself where a HIS that is told again
    refuses, so telling it again is an approver's too; one that is unconfirmed would be taken back anyway.
    """
    return Right.APPROVE if act is Act.CONFIRM and state == State.DONE else RIGHT[act]


def _buttons(row: SettlementRow, session: Session) -> tuple[Button, ...]:
    return tuple(
        Button(act, f"{AT}/{row.number}/{act}", act not in AT_ONCE)
        for act in RIGHT
        if act in STATES[row.state].acts and right_of(act, row.state) in RIGHTS[session.role]
    )


def _act(request: Request) -> Act:
    name = request.path_params["act"]
    if name not in set(Act):
        raise HTTPException(404)
    return Act(name)


async def _audit(request: Request, session: Session, act: str, target: str, told: Mapping[str, object]) -> None:
    runtime = runtime_of(request)
    moment = runtime.wall.now_ms()
    await runtime.database.write(lambda c: audit(c, moment, session.operator, act, target, told))


_ONE = f"{AT}/{{number:str}}"
routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, look, methods=["POST"]),
    Route(_ONE, show_one, methods=["GET"]),
    Route(f"{_ONE}/{{act:str}}", ask, methods=["GET"]),
    Route(f"{_ONE}/{{act:str}}", press, methods=["POST"]),
]
