"""A payment of a citizen's, whatever has become of it: what happens now, what they can do; and all of them."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.ports.cashier import TradeState
from yiqiao.ports.hospital.outpatient import PaymentQuestion
from yiqiao.region.charges.charge import Charge, Kind, NotNow
from yiqiao.region.charges.states import FINAL, STATES, Act, State
from yiqiao.spec.masking import mask
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.citizens_only import STATUS, for_citizens
from yiqiao.web.reception import form
from yiqiao.web.render import fragment, page

CHARGES = "/citizen/charges"
ASK_MS = 1000
ASK_SLOWLY_MS = 15_000
"""How often the page asks for what an operator is doing."""
OPENING, TO_PAY = "opening", "to_pay"
"""Of what is being paid: its trade is not open yet, or waits for its payer. Else the cashier is being asked."""
TONES: Mapping[State, str] = {
    State.SETTLED: "good",
    State.STUCK: "bad",
    State.REFUNDED: "bad",
    State.CLOSED: "",
}
AGAIN: Mapping[Kind, str] = {Kind.OUTPATIENT: "/citizen/bills", Kind.DEPOSIT: "/citizen/deposit"}
"""Where the same may be paid anew."""


@dataclass(frozen=True)
class Told:
    """What a payment is. `stage` is its state, told apart further while it is being paid; `amount` is 分."""

    charge_id: str
    kind: str
    stage: str
    tone: str
    hospital: str
    name: str
    amount: int
    at: str
    paid: str
    reason: str
    address: str


@dataclass(frozen=True)
class ChargePage:
    """The page. `mark` names what is shown, so that the same is not shown again; `ask_ms` 0: nothing is under way.

    `cashier` is where it is paid, as long as it can be; `windows` are where drugs are handed out.
    """

    told: Told
    mark: str
    ask_ms: int
    left_ms: int | None
    until: str
    cashier: str
    gives_up: bool
    receipt_no: str
    windows: tuple[str, ...]
    again: str
    refusal: str = ""
    message: str = ""
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class GiveUpPage:
    """Whether it shall really not be paid."""

    told: Told
    csrf: str = field(default="", repr=False)


@dataclass(frozen=True)
class MinePage:
    """All of somebody's payments, the newest first."""

    charges: tuple[Told, ...]


async def mine(request: Request, session: CitizenSession) -> Response:
    """All of the citizen's payments."""
    runtime = runtime_of(request)
    found = await runtime.charges.of_person(runtime.family.person_id(session.citizen))
    return page(request, "charges.html", MinePage(tuple(told(one, one.state) for one in found)))


async def show(request: Request, session: CitizenSession) -> Response:
    """The payment as it stands."""
    return page(request, "charge.html", await _view(request, session))


async def now(request: Request) -> Response:
    """What is new since the browser was told `seen`; else nothing (204). 401 where one has to sign in again."""
    session = citizen_of(request)
    if session is None:
        return Response(status_code=401)
    try:
        view = await _view(request, session)
    except DomainError as refusal:
        return Response(status_code=next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 409))
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/charge.html", view)


async def act(request: Request, session: CitizenSession) -> Response:
    """A button was pressed. What cannot be done any more is said on the page of what is there instead."""
    one, sent = await _mine(request, session), await form(request)
    session.check_form(sent.get("csrf", ""))
    charges, row = runtime_of(request).charges, one.row
    try:
        match sent.get("act"):
            case "give_up":
                await charges.give_up(row.person_id, row.charge_id)
            case "ask":
                await charges.nudge(row.charge_id)
            case _:
                raise HTTPException(404)
    except NotNow as refusal:
        return page(request, "charge.html", await _view(request, session, refusal), 409)
    return RedirectResponse(request.url.path, 303)


async def give_up(request: Request, session: CitizenSession) -> Response:
    """The question whether it shall really not be paid."""
    one = await _mine(request, session)
    if Act.GIVE_UP not in STATES[one.state].acts:
        return RedirectResponse(f"{CHARGES}/{one.row.charge_id}", 303)
    return page(request, "charge_give_up.html", GiveUpPage(told(one, one.state), session.csrf))


def told(one: Charge, stage: str) -> Told:
    """What of a payment its owner is shown."""
    row = one.row
    return Told(
        charge_id=row.charge_id,
        kind=row.kind,
        stage=str(stage),
        tone="warn" if stage == TO_PAY else TONES.get(one.state, "accent"),
        hospital=row.hospital_name,
        name=mask(one.due.name, "name"),
        amount=row.amount,
        at=readable(row.created_at)[:16],
        paid=row.paid,
        reason=row.reason,
        address=f"{CHARGES}/{row.charge_id}",
    )


async def _mine(request: Request, session: CitizenSession) -> Charge:
    """The payment, if it is this citizen's. Raises UnknownCharge."""
    runtime = runtime_of(request)
    person_id = runtime.family.person_id(session.citizen)
    return (await runtime.charges.show(person_id, request.path_params["charge_id"])).charge


async def _view(request: Request, session: CitizenSession, refusal: DomainError | None = None) -> ChargePage:
    runtime, one = runtime_of(request), await _mine(request, session)
    stage, cashier = await _stage(request, one)
    row, paying = one.row, one.state is State.PAYING
    return ChargePage(
        told=told(one, stage),
        mark=hashlib.sha256(repr((stage, row.paid, row.reason, row.receipt_no, cashier)).encode()).hexdigest()[:12],
        ask_ms=0 if one.state in FINAL else ASK_SLOWLY_MS if one.state is State.STUCK else ASK_MS,
        left_ms=max(0, row.deadline - runtime.clock.now_ms()) if paying else None,
        until=readable(row.deadline)[11:16] if paying else "",
        cashier=cashier,
        gives_up=Act.GIVE_UP in STATES[one.state].acts,
        receipt_no=row.receipt_no or "",
        windows=await _windows(request, one),
        again=AGAIN[one.due.kind] if one.state in FINAL else "",
        refusal=refusal.name if refusal else "",
        message=refusal.message if refusal else "",
        csrf=session.csrf,
    )


async def _stage(request: Request, one: Charge) -> tuple[str, str]:
    """Where it stands, and where it is paid as long as it can be. That is the cashier's to say: nobody is sent there
    again who may have paid.
    """
    if one.state is not State.PAYING:
        return one.state, ""
    try:
        trade = await runtime_of(request).cashier.find(one.row.charge_id)
    except DomainError:
        return one.state, ""
    if trade is None:
        return OPENING, ""
    return (TO_PAY, trade.address) if trade.state is TradeState.OPEN else (one.state, "")


async def _windows(request: Request, one: Charge) -> tuple[str, ...]:
    """Where drugs are handed out, where the hospital says so."""
    if one.state is not State.SETTLED or one.due.kind is not Kind.OUTPATIENT:
        return ()
    try:
        hospital = runtime_of(request).bookable.of(one.due.hospital_id)
        payments = await hospital.outpatient.payments(PaymentQuestion(trade_no=one.row.charge_id))
    except DomainError:  # what is paid is paid, whether or not the hospital can be asked just now
        return ()
    found = [window for payment in payments for window in payment.windows if payment.trade_no == one.row.charge_id]
    return tuple(dict.fromkeys(filter(None, found)))


ONE = CHARGES + "/{charge_id:str}"
routes = [
    Route(CHARGES, for_citizens(mine)),
    Route(ONE, for_citizens(show, other=lambda _: CHARGES), methods=["GET"]),
    Route(ONE, for_citizens(act, other=lambda _: CHARGES), methods=["POST"]),
    Route(ONE + "/now", now),
    Route(ONE + "/give-up", for_citizens(give_up, other=lambda _: CHARGES)),
]
