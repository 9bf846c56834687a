"""报告: somebody's laboratory and examination reports of the last year, and one of them, what matters first."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import DAY_MS, readable
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered
from yiqiao.ports.hospital.reports import NO_DANGER, Danger, ExamReport, LabItem, LabReport
from yiqiao.region.records.record import UnknownRecord
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import for_citizens
from yiqiao.web.render import page
from yiqiao.web.whose import Chosen, Whose, for_record

ROOM = "reports"
REPORTS = f"/citizen/{ROOM}"
YEAR_MS = 365 * DAY_MS
LAB, EXAM = "lab", "exam"
NORMAL = frozenset({"", "N", "M", "正常", "-", "—"})
"""How hospitals mark a result that is in its range."""
T = TypeVar("T")


@dataclass(frozen=True)
class ReportLine:
    """A report to read. `name` is empty where the hospital gives it none; `odd` counts what is outside its range."""

    kind: str
    name: str
    at: str
    odd: int
    critical: bool
    address: str


@dataclass(frozen=True)
class ReportsPage:
    """All of the last year, the newest first."""

    whose: Whose
    reports: tuple[ReportLine, ...]


@dataclass(frozen=True)
class Result:
    """A result. `finding`: high, low, odd, or nothing; `warning` goes with what is critical."""

    name: str
    result: str
    unit: str
    reference: str
    finding: str
    critical: bool
    warning: str


@dataclass(frozen=True)
class ReportPage:
    """A report: of a laboratory with `results`, of an examination with `texts` (what of it, and its words)."""

    whose: Whose
    kind: str
    name: str
    at: str
    critical: bool
    warning: str
    odd: int
    results: tuple[Result, ...]
    texts: tuple[tuple[str, str], ...]
    back: str


async def show(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """All of the last year."""
    reports, patient_id = chosen.system.reports, chosen.record.patient_id
    since = runtime_of(request).clock.now_ms() - YEAR_MS
    labs, no_labs = await _asked(reports.labs, patient_id, since)
    exams, no_exams = await _asked(reports.exams, patient_id, since)
    if no_labs and no_exams:
        raise NotOffered
    lines = [_lab_line(one, chosen) for one in labs] + [_exam_line(one, chosen) for one in exams]
    lines.sort(key=lambda line: line.at, reverse=True)
    return page(request, "reports.html", ReportsPage(chosen.whose, tuple(lines)))


async def lab(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """A laboratory report."""
    report = await _one(chosen.system.reports.lab, request)
    if report.patient_id != chosen.record.patient_id:
        raise UnknownRecord
    results = sorted(map(_result, report.items), key=lambda one: (not one.critical, not one.finding))
    view = ReportPage(
        whose=chosen.whose,
        kind=LAB,
        name=report.name,
        at=readable(_lab_at(report))[:16],
        critical=any(one.critical for one in results),
        warning="",
        odd=sum(bool(one.finding) for one in results),
        results=tuple(results),
        texts=_texts(specimen=report.specimen, diagnosis=report.diagnosis, note=report.note, doctor=report.doctor),
        back=chosen.at(REPORTS),
    )
    return page(request, "report.html", view)


async def exam(request: Request, session: CitizenSession, chosen: Chosen) -> Response:
    """An examination report."""
    report = await _one(chosen.system.reports.exam, request)
    if report.patient_id != chosen.record.patient_id:
        raise UnknownRecord
    view = ReportPage(
        whose=chosen.whose,
        kind=EXAM,
        name=_exam_name(report),
        at=readable(report.examined_at)[:16],
        critical=report.danger.critical,
        warning=report.danger.warning if report.danger.critical else "",
        odd=0,
        results=(),
        texts=_texts(
            impression=report.impression,
            recommendation=report.recommendation,
            description=report.description,
            pathology=report.pathology,
            doctor=report.reporter or report.doctor,
        ),
        back=chosen.at(REPORTS),
    )
    return page(request, "report.html", view)


def finding(mark: str) -> str:
    """What a hospital's mark of a result says: high, low, odd (in whichever way), or nothing."""
    said = mark.strip().upper()
    if said in NORMAL:
        return ""
    if "高" in said or said.startswith(("H", "↑")):
        return "high"
    return "low" if "低" in said or said.startswith(("L", "↓")) else "odd"


async def _asked(
    ask: Callable[[str, int | None], Awaitable[tuple[T, ...]]], patient_id: str, since: int
) -> tuple[tuple[T, ...], bool]:
    """The reports, and whether the hospital does not show any of this kind to anybody."""
    try:
        return await ask(patient_id, since), False
    except NoSuchRecord:
        return (), False
    except NotOffered:
        return (), True


async def _one(ask: Callable[[str], Awaitable[T]], request: Request) -> T:
    """The report that the address names. Raises UnknownRecord."""
    try:
        return await ask(str(request.path_params["number"]))
    except NoSuchRecord:
        raise UnknownRecord from None


def _lab_line(report: LabReport, chosen: Chosen) -> ReportLine:
    return ReportLine(
        kind=LAB,
        name=report.name,
        at=readable(_lab_at(report))[:16],
        odd=sum(bool(finding(item.abnormal)) for item in report.items),
        critical=any(item.danger.critical for item in report.items),
        address=chosen.at(f"{REPORTS}/{LAB}/{quote(report.test_no, safe='')}"),
    )


def _exam_line(report: ExamReport, chosen: Chosen) -> ReportLine:
    return ReportLine(
        kind=EXAM,
        name=_exam_name(report),
        at=readable(report.examined_at)[:16],
        odd=0,
        critical=report.danger.critical,
        address=chosen.at(f"{REPORTS}/{EXAM}/{quote(report.exam_no, safe='')}"),
    )


def _exam_name(report: ExamReport) -> str:
    return " ".join(filter(None, (report.exam_class, report.sub_class)))


def _lab_at(report: LabReport) -> int:
    return report.reported_at or report.audited_at or report.requested_at


def _result(item: LabItem) -> Result:
    danger = item.danger if item.danger.critical else NO_DANGER
    return Result(item.name, item.result, item.unit, item.reference, finding(item.abnormal), *_danger(danger))


def _danger(danger: Danger) -> tuple[bool, str]:
    return danger.critical, danger.warning


def _texts(**said: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, words) for name, words in said.items() if words.strip())


def _to_list(_: Request) -> str:
    return REPORTS


routes = [
    Route(REPORTS, for_citizens(for_record(ROOM, show, proven=True), other=_to_list)),
    Route(f"{REPORTS}/{LAB}/{{number:path}}", for_citizens(for_record(ROOM, lab, proven=True), other=_to_list)),
    Route(f"{REPORTS}/{EXAM}/{{number:path}}", for_citizens(for_record(ROOM, exam, proven=True), other=_to_list)),
]
