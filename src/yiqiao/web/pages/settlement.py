"""A settlement's page: what is settled, who pays how much of it, how far it has come; on a phone and at a desk.

Its personal part is paid at the cashier, to which it leads while that is open; what happens shows here by itself.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.region.insurance.pages import PATH, address, desk_address
from yiqiao.region.insurance.service import Standing
from yiqiao.region.insurance.settlement import UnknownSettlement
from yiqiao.region.insurance.states import FINAL, State
from yiqiao.region.payments import cashier
from yiqiao.region.payments.cashier import DESK, is_desk
from yiqiao.spec.masking import mask
from yiqiao.web.reception import whoever
from yiqiao.web.render import fragment, page

ASK_MS = 1000
WORKING, SELF, PAY, SETTLING, DONE = "working", "self", "pay", "settling", "done"
BACK, STUCK, FAILED, CANCELLED = "back", "stuck", "failed", "cancelled"
STAGES: Mapping[str, str] = {
    State.REGISTERING: WORKING,
    State.UPLOADING: WORKING,
    State.RECKONING: WORKING,
    State.ORDERING: SELF,
    State.PAYING: PAY,
    State.SETTLING: SETTLING,
    State.CONFIRMING: SETTLING,
    State.RETELLING: SETTLING,
    State.DONE: DONE,
    State.UNTELLING: BACK,
    State.REVOKING: BACK,
    State.REFUNDING: BACK,
    State.WITHDRAWING: BACK,
    State.UNCONFIRMED: STUCK,
    State.UNRETURNED: STUCK,
    State.FAILED: FAILED,
    State.CANCELLED: CANCELLED,
}
"""What a patient is told of each state."""
TONES: Mapping[str, str] = {PAY: "warn", DONE: "good", STUCK: "bad", FAILED: "bad", CANCELLED: ""}
"""Accent, where nothing stands here."""
AT_DESK = frozenset({PAY, DONE, FAILED})
"""Stages that are told otherwise at a desk."""
INSURED_STEPS = (
    State.REGISTERING,
    State.UPLOADING,
    State.RECKONING,
    State.PAYING,
    State.SETTLING,
    State.CONFIRMING,
)
OWN_STEPS = (State.PAYING, State.CONFIRMING)
"""The steps that are shown, with and without the insurance."""


@dataclass(frozen=True)
class StepLine:
    """A step, and how far it is: done, now, todo, none (it was not needed) or failed."""

    name: str
    at: str


@dataclass(frozen=True)
class SettlementPage:
    """The page. Amounts 分; `reckoned`: the parts are known. `pay` is the cashier's address while it is open; `mark`
    names what is shown, so that the same is not shown again; `ask_ms` 0: nothing is under way.
    """

    stage: str
    tone: str
    about: str
    desk: bool
    payee: str
    patient: str
    total: int
    funds: int
    account: int
    cash: int
    insured: bool
    reckoned: bool
    steps: tuple[StepLine, ...]
    reason: str
    number: str
    settlement_id: str
    visit_id: str
    trace_no: str
    callsn: str
    settled_at: int | None
    pay: str
    here: str
    standing: str
    ask_ms: int

    @property
    def mark(self) -> str:
        """Another one for everything that is shown otherwise."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class MissingPage:
    """There is no such settlement."""

    message: str


async def show(request: Request) -> Response:
    """The settlement as it stands."""
    return _private(page(request, "settlement.html", await _view(request)))


async def now(request: Request) -> Response:
    """What is new since the browser was told `seen`; else nothing (204)."""
    view = await _view(request)
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/settlement.html", view)


async def _view(request: Request) -> SettlementPage:
    """Raises UnknownSettlement."""
    runtime = runtime_of(request)
    found = await runtime.settlements.by_token(request.path_params["token"])
    row, facts, trade = found.row, found.facts, found.trade
    session = await whoever(request)
    works = session is not None and Right.WORK in RIGHTS[session.role]
    desk = works or is_desk(runtime.keyring, row.token, request.query_params.get(DESK, ""))
    stage = STAGES[row.state]
    paying = trade is not None and stage == PAY
    pay = ""
    if paying and trade is not None:
        pay = cashier.desk_address(runtime.keyring, trade) if desk else cashier.address(trade.token)
    here = desk_address(runtime.keyring, row) if desk else address(row.token)
    return SettlementPage(
        stage=stage,
        tone=TONES.get(stage, "accent"),
        about=f"{stage}_desk" if desk and stage in AT_DESK else stage,
        desk=desk,
        payee=facts.who.institution_name,
        patient=mask(facts.patient.name, "name"),
        total=row.total,
        funds=row.funds,
        account=row.account,
        cash=row.cash,
        insured=row.insured == 1,
        reckoned=row.insured == 0 or facts.expected is not None,
        steps=steps_of(found),
        reason=row.reason if stage in (BACK, STUCK, FAILED) else "",
        number=row.number,
        settlement_id=row.settlement_id,
        visit_id=row.visit_id,
        trace_no=row.trace_no,
        callsn=row.callsn,
        settled_at=row.settled_at if row.state == State.DONE else None,
        pay=pay,
        here=here,
        standing=here.replace(row.token, f"{row.token}/now", 1),
        ask_ms=0 if row.state in FINAL else ASK_MS,
    )


def steps_of(found: Standing) -> tuple[StepLine, ...]:
    """How far each step has come; of a settlement on its way back, those that it had come through."""
    row = found.row
    steps: Sequence[State] = INSURED_STEPS if row.insured else OWN_STEPS
    if row.insured and not row.registered and row.visit_id:
        steps = steps[1:]
    state = State.PAYING if row.state == State.ORDERING else row.state
    reached = _reached(found, steps) if state not in steps else list(steps).index(State(state))
    lines = []
    for place, step in enumerate(steps):
        at = "done" if place < reached else "todo"
        if place == reached:
            at = "now" if state in steps else "failed" if row.state == State.FAILED else "todo"
        if step == State.PAYING and place < reached and not row.cash:
            at = "none"
        lines.append(StepLine(step, at))
    return tuple(lines)


def _reached(found: Standing, steps: Sequence[State]) -> int:
    """How many of the steps that are shown were gone through, of a settlement that is at an end or on its way back."""
    row, facts = found.row, found.facts
    paid = found.trade is not None and found.trade.paid_at is not None
    gone = {
        State.REGISTERING: bool(row.visit_id),
        State.UPLOADING: facts.expected is not None,
        State.RECKONING: facts.expected is not None,
        State.PAYING: paid or (facts.expected is not None and not row.cash),
        State.SETTLING: bool(row.settlement_id),
        State.CONFIRMING: row.confirmed_at is not None,
    }
    return next((place for place, step in enumerate(steps) if not gone[step]), len(steps))


def _private(response: Response) -> Response:
    """The address, which is all that it takes to pay, is told to nobody."""
    response.headers["referrer-policy"] = "no-referrer"
    return response


def _for_patients(act: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A page of the settlement's: where there is none, it says where to go instead."""

    async def endpoint(request: Request) -> Response:
        try:
            return await act(request)
        except UnknownSettlement as unknown:
            return page(request, "settlement_missing.html", MissingPage(unknown.message), 404)

    return endpoint


ONE = PATH + "/{token:str}"
routes = [
    Route(ONE, _for_patients(show), methods=["GET"]),
    Route(ONE + "/now", _for_patients(now), methods=["GET"]),
]
