"""候诊: where the citizen and their family wait today, how many are before them, and who is being called."""

import hashlib
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.ports.hospital.queue import Calling, Waiting
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered, UnknownPatient
from yiqiao.region.records.record import Record
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.citizens_only import STATUS, for_citizens
from yiqiao.web.render import fragment, page
from yiqiao.web.whose import each, linking, records_page, shown_name

QUEUE = "/citizen/queue"
ASK_MS = 10_000


@dataclass(frozen=True)
class WaitCard:
    """Somebody's place in a line. `turn`: waits, next, now (being called), past (others were called since); `called`
    is the number called last, None where nobody has been or the hospital does not tell.
    """

    hospital: str
    name: str
    department: str
    doctor: str
    number: int
    ahead: int
    called: int | None
    turn: str


@dataclass(frozen=True)
class QueuePage:
    """All places. `mark` names what is shown, so that the same is not shown again; `away`: a hospital is silent."""

    waits: tuple[WaitCard, ...]
    away: bool
    mark: str
    ask_ms: int = ASK_MS


async def show(request: Request, session: CitizenSession) -> Response:
    """All places."""
    known = await runtime_of(request).records.of(session.citizen)
    if not known:
        return page(request, "record_choose.html", records_page("queue", (), linking(QUEUE)))
    return page(request, "queue.html", await _view(request, known))


async def now(request: Request) -> Response:
    """What is new since the browser was told `seen`; else nothing (204). 401 where one has to sign in again."""
    session = citizen_of(request)
    if session is None:
        return Response(status_code=401)
    try:
        view = await _view(request, await runtime_of(request).records.of(session.citizen))
    except DomainError as refusal:
        return Response(status_code=next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 409))
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return fragment(request, "fragments/queue.html", view)


async def _view(request: Request, known: tuple[Record, ...]) -> QueuePage:
    hospitals = runtime_of(request).hospitals

    async def ask(record: Record) -> tuple[WaitCard, ...]:
        queue = hospitals.of(record.hospital_id).queue
        waits = await queue.waiting(record.patient_id)
        try:
            calling = await queue.calling(None)
        except DomainError:  # who waits is told so all the same
            calling = ()
        return tuple(_card(record, one, calling) for one in waits)

    answers = [answer for _, answer in await each(known, ask)]
    waits = tuple(card for answer in answers if not isinstance(answer, DomainError) for card in answer)
    refused = [answer for answer in answers if isinstance(answer, DomainError)]
    away = any(not isinstance(one, (NoSuchRecord, NotOffered, UnknownPatient)) for one in refused)
    return QueuePage(waits, away, hashlib.sha256(repr((waits, away)).encode()).hexdigest()[:12])


def _card(record: Record, one: Waiting, calling: tuple[Calling, ...]) -> WaitCard:
    line = one.line
    same = (line.dept_id, line.doctor_id)
    called = next((row.number for row in calling if (row.line.dept_id, row.line.doctor_id) == same), None)
    return WaitCard(
        hospital=record.hospital_name,
        name=shown_name(record.patient),
        department=line.dept_name,
        doctor=line.doctor_name,
        number=one.number,
        ahead=one.ahead,
        called=called,
        turn=_turn(one, called),
    )


def _turn(one: Waiting, called: int | None) -> str:
    if one.ahead:
        return "waits"
    if called is None or called < one.number:
        return "next"
    return "now" if called == one.number else "past"


routes = [Route(QUEUE, for_citizens(show)), Route(QUEUE + "/now", now)]
