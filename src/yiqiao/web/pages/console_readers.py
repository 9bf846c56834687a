"""The sandbox's card readers in the console: what lies at a desk, who presents what, how the insurance centre answers.

What a page on the terminal offers to patients (`reader.py`) is done here by whoever tries out a HIS: at any desk, with
any invented resident, and with devices that are absent or cannot read.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.playground import Playground
from yiqiao.app.reading import presenting_of
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.ports.card_reader import Media
from yiqiao.sandbox.insurance import residents_by_number
from yiqiao.sandbox.presenting import Kind, Presenting, offers
from yiqiao.sandbox.reader import PRESENT, STATES
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

HERE = "/console/sandbox/readers"
DESK = "ZZJ-98-01"
"""The desk that is shown first: the one of the standard's sample messages."""
LONGEST_DESK = 100
FAULTS = tuple(state for state in STATES if state != PRESENT)
CODES = (Kind.VOUCHER, Kind.HEALTH_CARD, Kind.VISIT_CARD)

Sent = Mapping[str, str]


@dataclass(frozen=True)
class DeviceLine:
    """A device of the desk: what lies there, whose it is (an invented resident's), the text of a code."""

    media: str
    state: str
    name: str = ""
    code: str = ""


@dataclass(frozen=True)
class OfferLine:
    """Something that can be presented. `value` is what the form sends."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class ReadersPage:
    """The room. `code` is a code's text that was asked for; `reachable` and `delay_ms` are the centre's."""

    may_change: bool
    desk: str
    devices: tuple[DeviceLine, ...]
    offers: tuple[OfferLine, ...]
    codes: tuple[OfferLine, ...]
    reachable: bool
    delay_ms: int
    code: str = ""
    done: str = ""
    refused: str = ""
    faults: tuple[str, ...] = FAULTS
    media: tuple[str, ...] = tuple(Media)


async def show(request: Request) -> Response:
    """The room."""
    done = request.query_params.get("done", "")
    return await _room(request, request.query_params.get("desk", ""), done=done if done in ACTS else "")


async def act(request: Request) -> Response:
    """A button was pressed."""
    session = await operator(request, Right.WORK)
    sent, name = await form(request), request.path_params["act"]
    session.check_form(sent.get("csrf", ""))
    if name not in ACTS:
        raise HTTPException(404)
    playground, desk = _playground(request), _desk(sent.get("desk", ""))
    try:
        told = await ACTS[name](presenting_of(playground.store, playground.cards), desk, sent)
    except DomainError as refusal:
        return await _room(request, desk, refused=Words(language_of(request)).refusal(refusal))
    now, who = playground.wall.now_ms(), session.operator
    await playground.database.write(lambda connection: audit(connection, now, who, f"sandbox.card_{name}", desk))
    if told:
        return await _room(request, desk, code=told)
    return RedirectResponse(f"{HERE}?{urlencode({'desk': desk, 'done': name})}", 303)


async def _room(request: Request, desk: str, *, code: str = "", done: str = "", refused: str = "") -> Response:
    session = await operator(request, Right.SEE)
    playground, desk = _playground(request), _desk(desk)
    hand = presenting_of(playground.store, playground.cards)
    how = await hand.centre.behaviour()
    lines = tuple(OfferLine(one.kind.value, one.name, f"{one.kind.value}:{one.certificate_no}") for one in offers())
    view = ReadersPage(
        may_change=Right.WORK in RIGHTS[session.role],
        desk=desk,
        devices=await _devices(hand, desk),
        offers=lines,
        codes=tuple(line for line in lines if line.kind in CODES),
        reachable=how.reachable == 1,
        delay_ms=how.delay_ms,
        code=code,
        done=done,
        refused=refused,
    )
    return page(request, "console_readers.html", view, 400 if refused else 200)


async def _devices(hand: Presenting, desk: str) -> tuple[DeviceLine, ...]:
    lying, known = await hand.reader.lying(desk), residents_by_number()
    lines = []
    for media in Media:
        row = lying.get(media)
        whose = known.get(row.certificate_no) if row else None
        state, code = (row.state, row.code) if row else ("empty", "")
        lines.append(DeviceLine(media.value, state, whose.name if whose else "", code))
    return tuple(lines)


def _desk(text: str) -> str:
    return text.strip()[:LONGEST_DESK] or DESK


def _playground(request: Request) -> Playground:
    playground = runtime_of(request).playground
    if playground is None:
        raise HTTPException(404)
    return playground


def _whose(sent: Sent) -> tuple[str, str]:
    """What is presented, and whose: another resident's number, where one was typed."""
    kind, _, certificate_no = sent.get("what", "").partition(":")
    return kind, sent.get("who", "").strip() or certificate_no


async def _put(hand: Presenting, desk: str, sent: Sent) -> str:
    await hand.present(desk, *_whose(sent))
    return ""


async def _code(hand: Presenting, _: str, sent: Sent) -> str:
    return await hand.code(*_whose(sent))


async def _device(hand: Presenting, desk: str, sent: Sent) -> str:
    await hand.set_device(desk, sent.get("media", ""), sent.get("state", ""))
    return ""


async def _centre(hand: Presenting, _: str, sent: Sent) -> str:
    delay = sent.get("delay_ms", "").strip()
    slow = int(delay) if delay.isascii() and delay.isdigit() else 0
    await hand.centre.behave(reachable="unreachable" not in sent, delay_ms=slow)
    return ""


ACTS: Mapping[str, Callable[[Presenting, str, Sent], Awaitable[str]]] = {
    "put": _put,
    "code": _code,
    "device": _device,
    "centre": _centre,
}
routes = [Route(HERE, show, methods=["GET"]), Route(HERE + "/{act:str}", act, methods=["POST"])]
