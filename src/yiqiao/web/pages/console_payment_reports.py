"""The three-way comparisons of payments in the console: those that were kept, a new one, and putting right what one
shows.

A comparison changes nothing until it is applied, which is an approver's: all sides are asked anew then.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.payments.closing import BY_ITSELF, yesterday
from yiqiao.region.payments.findings import FINE, SETTLED, Apply, Finding, Kind, side_title
from yiqiao.region.payments.reconciliation import Report
from yiqiao.storage import payments
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.payment_acts import written_down
from yiqiao.web.payment_lines import AT as PAYMENTS
from yiqiao.web.payment_lines import TRADES_AT, names_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

AT = f"{PAYMENTS}/reconciliation"
SHOWN = 50
LAST = 1 << 53
"""No moment is later, and columns hold no more."""


@dataclass(frozen=True)
class KindCount:
    """How many movements a comparison came to see so."""

    kind: Kind
    tone: str
    number: int


@dataclass(frozen=True)
class ReportLine:
    """A report in the list. `by`: daily, or operator, whose name is `operator` then. `away` are the titles of the sides
    that could not be asked.
    """

    merchant_id: str
    merchant: str
    day: str
    at: int
    by: str
    operator: str
    applied: bool
    counts: tuple[KindCount, ...]
    away: tuple[str, ...]
    link: str

    @classmethod
    def of(cls, report: Report, names: Mapping[str, str]) -> Self:
        """The line of a report."""
        return cls(
            merchant_id=report.merchant_id,
            merchant=names.get(report.merchant_id, report.merchant_id),
            day=report.day,
            at=report.at,
            by="daily" if report.operator == BY_ITSELF else "operator",
            operator=report.operator,
            applied=report.applied,
            counts=tuple(KindCount(one, _tone(one), report.counts[one]) for one in ORDER if report.counts.get(one)),
            away=tuple(map(side_title, report.away)),
            link=f"{AT}/{report.merchant_id}/{report.day}/{report.at}",
        )


@dataclass(frozen=True)
class FindingLine:
    """A finding; `link` leads to the trade, where there is one here."""

    finding: Finding
    side: str
    tone: str
    link: str


@dataclass(frozen=True)
class PaymentReportsPage:
    """The room. `merchants` are (id, name); `merchant` and `day` are what was asked for, `refused` why in vain."""

    reports: tuple[ReportLine, ...]
    merchants: tuple[tuple[str, str], ...]
    may_run: bool
    merchant: str
    day: str
    refused: str = ""


@dataclass(frozen=True)
class PaymentReportPage:
    """A report, or before it is applied what that will do. `applies` are the findings that are put right, `by_hand`
    those that are a person's task; `asked` how many were, `whole`: all of them are listed.
    """

    line: ReportLine
    findings: tuple[FindingLine, ...]
    applies: int
    by_hand: int
    asked: int
    whole: bool
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
    merchant, day = sent.get("merchant", "").strip(), sent.get("day", "")
    try:
        made = await _run(request, session, merchant, day, apply=False)
    except DomainError as refusal:
        return await _room(request, session, merchant, day, Words(language_of(request)).refusal(refusal))
    return RedirectResponse(ReportLine.of(made, {}).link, 303)


async def report(request: Request) -> Response:
    """A report that was kept."""
    session = await operator(request, Right.SEE)
    return page(request, "console_payment_report.html", await _view(request, session, await _found(request)))


async def ask(request: Request) -> Response:
    """What applying a report would do, with its button."""
    session = await operator(request, Right.APPROVE)
    return page(request, "console_payment_report_apply.html", await _view(request, session, await _found(request)))


async def apply(request: Request) -> Response:
    """Compare the same day once more, and put right what can be."""
    session = await operator(request, Right.APPROVE)
    session.check_form((await form(request)).get("csrf", ""))
    seen = await _found(request)
    try:
        made = await _run(request, session, seen.merchant_id, seen.day, apply=True)
    except DomainError as refusal:
        said = Words(language_of(request)).refusal(refusal)
        return page(request, "console_payment_report.html", await _view(request, session, seen, said), 400)
    runtime_of(request).jobs.wake()
    return RedirectResponse(ReportLine.of(made, {}).link, 303)


async def _run(request: Request, session: Session, merchant: str, day: str, *, apply: bool) -> Report:
    """Compare, and write down who had it done and what came of it. Raises DomainError."""
    runtime, act = runtime_of(request), "payment.reconcile_apply" if apply else "payment.reconcile"
    told: dict[str, object] = {}
    try:
        made = await runtime.reconciliation_of_payments.run(merchant, day, session.operator, apply=apply)
        told.update(made.counts)
        return made
    except DomainError as refusal:
        told["refused"] = refusal.name
        raise
    finally:
        await written_down(request, session, act, f"{merchant[:32]}/{day[:10]}", told)


async def _found(request: Request) -> Report:
    """The report of the address. Raises HTTPException 404."""
    merchant_id, day, at = (request.path_params[name] for name in ("merchant_id", "day", "at"))
    if not (merchant_id.isprintable() and day.isprintable() and at <= LAST):
        raise HTTPException(404)
    found = await runtime_of(request).reconciliation_of_payments.find(merchant_id, day, at)
    if found is None:
        raise HTTPException(404)
    return found


async def _room(request: Request, session: Session, merchant: str = "", day: str = "", refused: str = "") -> Response:
    runtime = runtime_of(request)
    names = await _names(request)
    view = PaymentReportsPage(
        reports=tuple(ReportLine.of(one, names) for one in await runtime.reconciliation_of_payments.kept(SHOWN)),
        merchants=tuple(names.items()),
        may_run=Right.WORK in RIGHTS[session.role],
        merchant=merchant,
        day=day or yesterday(runtime.clock.now_ms()),
        refused=refused,
    )
    return page(request, "console_payment_reports.html", view, 400 if refused else 200)


async def _view(request: Request, session: Session, found: Report, refused: str = "") -> PaymentReportPage:
    applies = sum(one.apply is not Apply.NOTHING for one in found.findings)
    return PaymentReportPage(
        line=ReportLine.of(found, await _names(request)),
        findings=tuple(map(_told, sorted(found.findings, key=lambda one: ORDER.index(one.kind)))),
        applies=0 if found.applied else applies,
        by_hand=sum(one.kind not in SETTLED and one.apply is Apply.NOTHING for one in found.findings),
        asked=found.asked,
        whole=found.whole,
        may_apply=Right.APPROVE in RIGHTS[session.role],
        refused=refused,
    )


def _told(one: Finding) -> FindingLine:
    link = f"{TRADES_AT}/{one.trace_no}" if one.trace_no and one.kind is not Kind.MISSING_HERE else ""
    return FindingLine(one, side_title(one.side), _tone(one.kind), link)


def _tone(kind: Kind) -> str:
    if kind in FINE:
        return "good" if kind is Kind.MATCHED else ""
    return "" if kind in SETTLED else "warn"


async def _names(request: Request) -> Mapping[str, str]:
    return names_of(await runtime_of(request).database.read(payments.merchants))


ORDER = sorted(Kind, key=lambda kind: (kind in SETTLED, kind in FINE))
"""What is to be seen to first stands first."""

_ONE = f"{AT}/{{merchant_id:str}}/{{day:str}}/{{at:int}}"
routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, run, methods=["POST"]),
    Route(_ONE, report, methods=["GET"]),
    Route(f"{_ONE}/apply", ask, methods=["GET"]),
    Route(f"{_ONE}/apply", apply, methods=["POST"]),
]
