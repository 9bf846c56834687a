"""The comparisons with hospitals in the console: those that were kept, a new one, and putting right what one shows.

A comparison changes nothing until it is applied, which is an approver's: the hospital is asked anew then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Self
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.appointments import BY_COMMAND, BY_ITSELF
from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.appointments.reconcile import APPLIED, Finding, Kind, Report
from yiqiao.storage import appointments, hospital
from yiqiao.web.appointment_lines import AT as APPOINTMENTS
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

AT = "/console/reconciliation"
SHOWN = 50
LAST = 1 << 53
"""No moment is later, and columns hold no more."""
ORDER = (Kind.STATE, Kind.MISSING_THERE, Kind.AMOUNT, Kind.MISSING_HERE, Kind.IN_FLIGHT, Kind.MATCHED)
"""What is to be seen to first stands first."""
TONES: Mapping[Kind, str] = {Kind.MATCHED: "good", Kind.IN_FLIGHT: ""}


@dataclass(frozen=True)
class KindCount:
    """How many orders a comparison came to see so."""

    kind: Kind
    tone: str
    number: int


@dataclass(frozen=True)
class ReportLine:
    """A report in the list. `by`: command, daily, or operator, whose name is `operator` then."""

    hospital_id: str
    hospital: str
    day: str
    at: int
    by: str
    operator: str
    applied: bool
    counts: tuple[KindCount, ...]
    link: str

    @classmethod
    def of(cls, report: Report, names: Mapping[str, str]) -> Self:
        """The line of a report."""
        by = {BY_ITSELF: "daily", BY_COMMAND: "command"}.get(report.operator, "operator")
        return cls(
            hospital_id=report.hospital_id,
            hospital=names.get(report.hospital_id, ""),
            day=report.day,
            at=report.at,
            by=by,
            operator=report.operator,
            applied=report.applied,
            counts=tuple(
                KindCount(kind, TONES.get(kind, "warn"), report.counts[kind]) for kind in ORDER if kind in report.counts
            ),
            link=f"{AT}/{quote(report.hospital_id, safe='')}/{report.day}/{report.at}",
        )


@dataclass(frozen=True)
class FindingLine:
    """A finding; `link` leads to the appointment, where there is one here."""

    finding: Finding
    tone: str
    link: str


@dataclass(frozen=True)
class ReconciliationPage:
    """The room. `hospitals` are (id, name); `hospital` and `day` are what was asked for, `refused` why in vain."""

    reports: tuple[ReportLine, ...]
    hospitals: tuple[tuple[str, str], ...]
    may_run: bool
    hospital: str
    day: str
    refused: str = ""


@dataclass(frozen=True)
class ReportPage:
    """A report, or before it is applied what that will do. `applies` are the findings that will be put right, `fees`
    what they come to, in 分.
    """

    line: ReportLine
    findings: tuple[FindingLine, ...]
    applies: int
    fees: int
    may_apply: bool
    refused: str = ""


async def show(request: Request) -> Response:
    """The room."""
    return await _room(request, await operator(request, Right.SEE))


async def run(request: Request) -> Response:
    """A comparison of a day, which changes nothing."""
    session = await operator(request, Right.WORK)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    words, hospital_id, text = Words(language_of(request)), sent.get("hospital", "").strip(), sent.get("day", "")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return await _room(request, session, hospital_id, text, words("reconciliation.fault_day"))
    try:
        report = await _run(request, session, hospital_id, day, apply=False)
    except DomainError as refusal:
        return await _room(request, session, hospital_id, text, words.refusal(refusal))
    return RedirectResponse(ReportLine.of(report, {}).link, 303)


async def report(request: Request) -> Response:
    """A report that was kept."""
    session = await operator(request, Right.SEE)
    return page(request, "console_report.html", await _view(request, session, await _found(request)))


async def ask(request: Request) -> Response:
    """What applying a report would do, with its button."""
    session = await operator(request, Right.APPROVE)
    return page(request, "console_report_apply.html", await _view(request, session, await _found(request)))


async def apply(request: Request) -> Response:
    """Compare the same day once more, and put right what can be."""
    session = await operator(request, Right.APPROVE)
    session.check_form((await form(request)).get("csrf", ""))
    seen = await _found(request)
    try:
        made = await _run(request, session, seen.hospital_id, date.fromisoformat(seen.day), apply=True)
    except DomainError as refusal:
        said = Words(language_of(request)).refusal(refusal)
        return page(request, "console_report.html", await _view(request, session, seen, said), 400)
    runtime_of(request).jobs.wake()
    return RedirectResponse(ReportLine.of(made, {}).link, 303)


async def _run(request: Request, session: Session, hospital_id: str, day: date, *, apply: bool) -> Report:
    """Compare, and write down who had it done and what came of it. Raises DomainError."""
    runtime, act = runtime_of(request), "reconciliation.apply" if apply else "reconciliation.preview"
    told: Mapping[str, object] = {}
    try:
        made = await runtime.reconciliation.run(hospital_id, day, session.operator, apply=apply)
        told = made.counts
        return made
    except DomainError as refusal:
        told = {"refused": refusal.name}
        raise
    finally:
        now, target = runtime.wall.now_ms(), f"{hospital_id[:32]}/{day}"
        await runtime.database.write(lambda c: audit(c, now, session.operator, act, target, told))


async def _found(request: Request) -> Report:
    """The report of the address. Raises HTTPException 404."""
    hospital_id, day, at = (request.path_params[name] for name in ("hospital_id", "day", "at"))
    if not (hospital_id.isprintable() and day.isprintable() and at <= LAST):
        raise HTTPException(404)
    found = await runtime_of(request).reconciliation.find(hospital_id, day, at)
    if found is None:
        raise HTTPException(404)
    return found


async def _room(
    request: Request, session: Session, hospital_id: str = "", day: str = "", refused: str = ""
) -> Response:
    runtime = runtime_of(request)
    names = await _names(request)
    yesterday = beijing(runtime.clock.now_ms()).date() - timedelta(days=1)
    view = ReconciliationPage(
        reports=tuple(ReportLine.of(one, names) for one in await runtime.reconciliation.kept(SHOWN)),
        hospitals=tuple((one.hospital_id, names.get(one.hospital_id, "")) for one in runtime.bookable.all()),
        may_run=Right.WORK in RIGHTS[session.role],
        hospital=hospital_id,
        day=day or yesterday.isoformat(),
        refused=refused,
    )
    return page(request, "console_reconciliation.html", view, 400 if refused else 200)


async def _view(request: Request, session: Session, found: Report, refused: str = "") -> ReportPage:
    applies = [one for one in found.findings if one.kind in APPLIED]
    return ReportPage(
        line=ReportLine.of(found, await _names(request)),
        findings=tuple(map(_told, sorted(found.findings, key=lambda one: ORDER.index(one.kind)))),
        applies=0 if found.applied else len(applies),
        fees=sum(one.amount_here or 0 for one in applies),
        may_apply=Right.APPROVE in RIGHTS[session.role],
        refused=refused,
    )


def _told(one: Finding) -> FindingLine:
    return FindingLine(
        one, TONES.get(one.kind, "warn"), "" if one.kind is Kind.MISSING_HERE else f"{APPOINTMENTS}/{one.order_id}"
    )


async def _names(request: Request) -> Mapping[str, str]:
    """What hospitals are called, as far as it stands here: one with a system of its own may be away."""
    served = [one.hospital_id for one in runtime_of(request).bookable.all()]

    def read(connection: Connection) -> dict[str, str]:
        filed = (hospital.find(connection, one) for one in served)
        return {row.hospital_id: row.name for row in filed if row} | appointments.hospital_names(connection)

    return await runtime_of(request).database.read(read)


routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, run, methods=["POST"]),
    Route(f"{AT}/{{hospital_id:str}}/{{day:str}}/{{at:int}}", report, methods=["GET"]),
    Route(f"{AT}/{{hospital_id:str}}/{{day:str}}/{{at:int}}/apply", ask, methods=["GET"]),
    Route(f"{AT}/{{hospital_id:str}}/{{day:str}}/{{at:int}}/apply", apply, methods=["POST"]),
]
