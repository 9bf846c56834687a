"""The supervision's room in the console: all internet hospitals, one hospital's completeness, the findings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.partners.roles import Right
from yiqiao.region.supervision.kinds import title
from yiqiao.region.supervision.overview import DAILY, Board, Glance, Overviews, last_days
from yiqiao.region.supervision.quality.lines import HEADINGS, MOST, Line, line
from yiqiao.region.supervision.quality.rules import SORTS, WEIGHTS, Rule, Rules
from yiqiao.spreadsheet import csv_of, xlsx_of
from yiqiao.storage import supervision_quality as stored
from yiqiao.storage.supervision_quality import FindingRow
from yiqiao.web.payment_acts import written_down
from yiqiao.web.reception import operator
from yiqiao.web.render import page

AT = "/console/supervision"
PERIODS = (7, 14, 30)
USUAL = 14
LISTED = 200
"""Findings on a page."""
CHARTED = DAILY[1:3] + DAILY[4:5]
"""What the chart shows: orders, prescriptions and visits."""
CSV, XLSX = "text/csv; charset=utf-8", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Period:
    """A choice of days."""

    days: int
    link: str
    here: bool


@dataclass(frozen=True)
class RuleLine:
    """How often a rule was broken; `link` shows the findings."""

    title: str
    sort: str
    weight: str
    remedy: str
    number: int
    link: str


@dataclass(frozen=True)
class OverviewPage:
    """All internet hospitals over some days."""

    today: str
    periods: tuple[Period, ...]
    glances: tuple[Glance, ...]
    kinds: tuple[tuple[str, str], ...]
    charted: tuple[tuple[str, str], ...]
    days: tuple[str, ...]
    by_day: Mapping[str, Mapping[str, int]]
    rules: tuple[RuleLine, ...]
    findings: str


@dataclass(frozen=True)
class BoardPage:
    """A hospital's completeness along the calling order."""

    board: Board
    titles: Mapping[str, str]
    periods: tuple[Period, ...]
    wanted: tuple[tuple[str, str, int, int], ...]
    rules: tuple[RuleLine, ...]
    findings: str


@dataclass(frozen=True)
class FindingLine:
    """A finding; `link` leads to the medical service that it is of."""

    line: Line
    link: str


@dataclass(frozen=True)
class FindingsPage:
    """Findings of some days; `whole`: all of them are here."""

    first: str
    last: str
    hospitals: tuple[tuple[str, str], ...]
    rules: tuple[tuple[str, str], ...]
    hospital: str
    rule: str
    lines: tuple[FindingLine, ...]
    whole: bool
    csv: str
    xlsx: str


async def overview(request: Request) -> Response:
    """All internet hospitals."""
    await operator(request, Right.SEE)
    days = _days(request)
    overviews, rules = _overviews(request)
    found = await overviews.overview(days)
    view = OverviewPage(
        today=days[-1],
        periods=_periods(AT, len(days)),
        glances=found.glances,
        kinds=tuple((kind.value, title(kind)) for kind in DAILY),
        charted=tuple((kind.value, title(kind)) for kind in CHARTED),
        days=found.days,
        by_day=found.by_day,
        rules=_rule_lines(rules, found.rules, {"first": days[0], "last": days[-1]}),
        findings=f"{AT}/findings?{urlencode({'first': days[0], 'last': days[-1]})}",
    )
    return page(request, "console_supervision.html", view)


async def board(request: Request) -> Response:
    """One hospital's completeness."""
    await operator(request, Right.SEE)
    app_id, days = request.path_params["app_id"], _days(request)
    overviews, rules = _overviews(request)
    found = await overviews.board(app_id, days)
    if found is None:
        raise HTTPException(404)
    asked = {"hospital": app_id, "first": days[0], "last": days[-1]}
    view = BoardPage(
        board=found,
        titles={step.kind: title(step.kind) for step in found.steps},
        periods=_periods(f"{AT}/hospitals/{app_id}", len(days)),
        wanted=tuple((title(kind), key, number, since) for kind, key, number, since in found.wanted),
        rules=_rule_lines(rules, found.rules, asked),
        findings=f"{AT}/findings?{urlencode(asked)}",
    )
    return page(request, "console_supervision_board.html", view)


async def findings(request: Request) -> Response:
    """The findings of some days."""
    await operator(request, Right.SEE)
    asked = _asked(request)
    lines, hospitals, rules = await _found(request, asked, LISTED + 1)
    question = urlencode({name: value for name, value in asked.items() if value})
    view = FindingsPage(
        first=asked["first"],
        last=asked["last"],
        hospitals=tuple(hospitals.items()),
        rules=tuple(sorted((rule.id, rule.title) for rule in rules.by_id.values())),
        hospital=asked["hospital"],
        rule=asked["rule"],
        lines=lines[:LISTED],
        whole=len(lines) <= LISTED,
        csv=f"{AT}/findings.csv?{question}",
        xlsx=f"{AT}/findings.xlsx?{question}",
    )
    return page(request, "console_supervision_findings.html", view)


async def file(request: Request) -> Response:
    """The same as a spreadsheet."""
    session = await operator(request, Right.SEE)
    asked, form = _asked(request), request.path_params["form"]
    if form not in ("csv", "xlsx"):
        raise HTTPException(404)
    lines, _, _ = await _found(request, asked, MOST)
    await written_down(request, session, "supervision.findings", f"{asked['first']}/{asked['last']}")
    rows = [HEADINGS, *(one.line.cells for one in lines)]
    content = csv_of(rows) if form == "csv" else xlsx_of("质控问题", rows)
    name = f"findings-{asked['first']}-{asked['last']}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=CSV if form == "csv" else XLSX, headers=headers)


async def _found(
    request: Request, asked: Mapping[str, str], most: int
) -> tuple[tuple[FindingLine, ...], Mapping[str, str], Rules]:
    runtime = runtime_of(request)
    rules = runtime.reviewer.rules
    hospitals = {row.app_id: row.name for row in await runtime.supervision.institutions.all()}
    wanted = [asked["rule"]] if asked["rule"] else None
    rows = await runtime.database.read(
        lambda c: stored.findings(
            c, asked["first"], asked["last"], most, app_id=asked["hospital"] or None, rules=wanted
        )
    )
    return tuple(_line(row, hospitals, rules) for row in rows), hospitals, rules


def _line(row: FindingRow, hospitals: Mapping[str, str], rules: Rules) -> FindingLine:
    flow = f"{AT}/hospitals/{row.app_id}/flows?{urlencode({'flow': row.flow_no})}" if row.flow_no else ""
    return FindingLine(line(row, hospitals, rules), flow)


def _rule_lines(rules: Rules, counts: Sequence[tuple[str, int]], asked: Mapping[str, str]) -> tuple[RuleLine, ...]:
    def lines() -> Iterator[RuleLine]:
        for rule_id, number in counts:
            rule: Rule | None = rules.by_id.get(rule_id)
            link = f"{AT}/findings?{urlencode({**asked, 'rule': rule_id})}"
            if rule is None:
                yield RuleLine(rule_id, "", "", "", number, link)
            else:
                yield RuleLine(rule.title, SORTS[rule.sort], WEIGHTS[rule.weight], rule.remedy, number, link)

    return tuple(lines())


def _overviews(request: Request) -> tuple[Overviews, Rules]:
    runtime = runtime_of(request)
    rules = runtime.reviewer.rules
    return Overviews(runtime.database, rules), rules


def _today(request: Request) -> date:
    return beijing(runtime_of(request).clock.now_ms()).date()


def _days(request: Request) -> tuple[str, ...]:
    asked = request.query_params.get("days", "")
    number = int(asked) if asked.isdecimal() and int(asked) in PERIODS else USUAL
    return last_days(_today(request), number)


def _periods(at: str, here: int) -> tuple[Period, ...]:
    return tuple(Period(days, f"{at}?days={days}", days == here) for days in PERIODS)


def _asked(request: Request) -> dict[str, str]:
    """The question, days that are none replaced by the usual ones. Raises HTTPException 404 for what none asks."""
    usual = last_days(_today(request), USUAL)
    asked = {name: request.query_params.get(name, "")[:64] for name in ("first", "last", "hospital", "rule")}
    for name, day in (("first", usual[0]), ("last", usual[-1])):
        try:
            asked[name] = date.fromisoformat(asked[name]).isoformat()
        except ValueError:
            asked[name] = day
    if not (asked["hospital"] + asked["rule"]).isprintable() and asked["hospital"] + asked["rule"]:
        raise HTTPException(404)
    return asked


routes = [
    Route(AT, overview, methods=["GET"]),
    Route(f"{AT}/findings", findings, methods=["GET"]),
    Route(f"{AT}/findings.{{form}}", file, methods=["GET"]),
    Route(f"{AT}/hospitals/{{app_id}}", board, methods=["GET"]),
]
