"""Monitoring of card use (用卡监测): charts by time, stage, office, hospital and terminal; single uses; export."""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from yiqiao.app.card_uses import Names, export, names
from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import Right
from yiqiao.region.cards.monitoring import Count, Figures, Period, PeriodUnfit, Slot, UseLine
from yiqiao.storage.card_uses import UseFilter
from yiqiao.web.chart import Columns, columns
from yiqiao.web.desk import desk_of
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.reception import operator
from yiqiao.web.render import page

AT = "/console/monitoring"
FILTERS: Mapping[str, str] = {
    "stage": "treatment_code",
    "office": "office_code",
    "partner": "app_id",
    "terminal": "term_id",
    "operator": "operator_id",
}
"""What the address calls a filter, and which column it is."""
PERIODS = (1, 7, 30, 365)
SHOWN = 8
"""Rows of a ranking; what is behind them is summed up."""
LISTED = 20
LABELS = {"hour": "%m-%d %H:00", "day": "%m-%d", "month": "%Y-%m"}


@dataclass(frozen=True)
class Share:
    """A row of a ranking; `percent` of all uses, `width` (0 to 100) of the longest bar, `link` shows these uses."""

    key: str
    title: str
    of: str
    uses: int
    percent: float
    width: float
    link: str


@dataclass(frozen=True)
class Ranking:
    """The uses by something, most first; `others` rows with `others_uses` uses are behind them."""

    by: str
    rows: tuple[Share, ...]
    others: int
    others_uses: int


@dataclass(frozen=True)
class UseTold:
    """One use with the names of what its codes stand for."""

    line: UseLine
    stage: str
    office: str
    partner: str
    terminal: str

    @classmethod
    def of(cls, line: UseLine, known: Names) -> "UseTold":
        """A use in words."""
        return cls(
            line=line,
            stage=known.stages.get(line.treatment_code, ""),
            office=known.offices.get(line.office_code, ""),
            partner=known.partners.get(line.app_id, ""),
            terminal=known.terminals.get((line.app_id, line.term_id), ""),
        )


@dataclass(frozen=True)
class Shortcut:
    """A period that one often wants: the last so many days."""

    days: int
    link: str
    here: bool


@dataclass(frozen=True)
class MonitoringPage:
    """The room. `choices` are what a filter can be chosen from: (code, title)."""

    first: str
    last: str
    refused: str
    chosen: Mapping[str, str]
    choices: Mapping[str, tuple[tuple[str, str], ...]]
    shortcuts: tuple[Shortcut, ...]
    figures: Figures
    chart: Columns
    rankings: tuple[Ranking, ...]
    uses: tuple[UseTold, ...]
    older: str
    newest: str
    export: str


@dataclass(frozen=True)
class _Asked:
    """What the address asks for."""

    period: Period
    chosen: Mapping[str, str]
    refused: str = ""

    @property
    def filter(self) -> UseFilter:
        return self.period.filter(**{FILTERS[name]: value for name, value in self.chosen.items()})

    def link(self, at: str = AT, **changed: str) -> str:
        """The address of this with something changed."""
        days = {"first": self.period.first.isoformat(), "last": self.period.last.isoformat()}
        return f"{at}?{urlencode(days | dict(self.chosen) | changed)}"


async def show(request: Request) -> Response:
    """The room."""
    await operator(request, Right.SEE)
    runtime, asked = runtime_of(request), _asked(request)
    monitoring, known = desk_of(request).monitoring, await names(runtime)
    figures = await monitoring.figures(asked.period, asked.filter)
    after = request.query_params.get("after")
    try:
        uses = await monitoring.uses(asked.filter, limit=LISTED, after=after)
    except ValueError:
        raise HTTPException(400) from None
    today = beijing(runtime.clock.now_ms()).date()
    view = MonitoringPage(
        first=asked.period.first.isoformat(),
        last=asked.period.last.isoformat(),
        refused=asked.refused,
        chosen=asked.chosen,
        choices=_choices(known),
        shortcuts=tuple(
            Shortcut(
                days,
                asked.link(first=(today - timedelta(days=days - 1)).isoformat(), last=today.isoformat()),
                asked.period == Period(today - timedelta(days=days - 1), today),
            )
            for days in PERIODS
        ),
        figures=figures,
        chart=columns([(_label(slot, figures, asked.period), slot.uses) for slot in figures.slots]),
        rankings=tuple(_rankings(figures, known, asked)),
        uses=tuple(UseTold.of(line, known) for line in uses.lines),
        older=asked.link(after=uses.next) if uses.next else "",
        newest=asked.link() if after else "",
        export=asked.link(f"{AT}/uses.csv"),
    )
    return page(request, "monitoring.html", view, 400 if asked.refused else 200)


async def download(request: Request) -> Response:
    """The single uses as CSV. What was taken away is written down in the operators' audit."""
    session = await operator(request, Right.SEE)
    runtime, asked = runtime_of(request), _asked(request)
    if asked.refused:
        raise HTTPException(400)
    now = runtime.wall.now_ms()
    days = f"{asked.period.first}/{asked.period.last}"
    await runtime.database.write(
        lambda connection: audit(connection, now, session.operator, "monitoring.export", days, asked.chosen)
    )
    known, language = await names(runtime), language_of(request).value
    rows = export(desk_of(request).monitoring, asked.filter, known, language)
    name = f"card-uses-{asked.period.first:%Y%m%d}-{asked.period.last:%Y%m%d}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_encoded(rows), media_type="text/csv; charset=utf-8", headers=headers)


async def _encoded(rows: AsyncIterator[str]) -> AsyncIterator[bytes]:
    async for text in rows:
        yield text.encode()


def _asked(request: Request) -> _Asked:
    given = {name: request.query_params.get(name, "").strip() for name in (*FILTERS, "first", "last")}
    chosen = {name: given[name] for name in FILTERS if given[name] and given[name].isprintable()}
    now = runtime_of(request).clock.now_ms()
    try:
        return _Asked(Period.of(now, given["first"], given["last"]), chosen)
    except PeriodUnfit as refusal:
        return _Asked(Period.of(now), chosen, Words(language_of(request)).refusal(refusal))


def _choices(known: Names) -> Mapping[str, tuple[tuple[str, str], ...]]:
    return {
        "stage": tuple(known.stages.items()),
        "office": tuple(known.offices.items()),
        "partner": tuple(known.partners.items()),
    }


def _label(slot: Slot, figures: Figures, period: Period) -> str:
    form = "%H:00" if figures.unit == "hour" and period.days == 1 else LABELS[figures.unit]
    return beijing(slot.at).strftime(form)


def _rankings(figures: Figures, known: Names, asked: _Asked) -> Iterable[Ranking]:
    def ranking(by: str, counts: tuple[Count, ...], titles: Mapping[str, str]) -> Ranking:
        rows = tuple(_share(by, count, titles.get(count.key, ""), counts[0].uses) for count in counts[:SHOWN])
        return Ranking(by, rows, len(counts[SHOWN:]), sum(count.uses for count in counts[SHOWN:]))

    def _share(by: str, count: Count, title: str, most: int) -> Share:
        changed = {by: count.key} | ({"partner": count.app_id} if by == "terminal" else {})
        return Share(
            key=count.key,
            title=known.terminals.get((count.app_id, count.key), "") if by == "terminal" else title,
            of=known.partners.get(count.app_id, count.app_id),
            uses=count.uses,
            percent=round(100 * count.uses / figures.total, 1),
            width=round(100 * count.uses / most, 1),
            link=asked.link(**changed) if count.key else "",
        )

    yield ranking("stage", figures.stages, known.stages)
    yield ranking("office", figures.offices, known.offices)
    yield ranking("partner", figures.partners, known.partners)
    yield ranking("terminal", figures.terminals, {})


routes = [Route(AT, show), Route(f"{AT}/uses.csv", download)]
