"""Analyses over the archive without persons, each with its chart, and as a file."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.supervision_quality import columns
from yiqiao.partners.roles import Right
from yiqiao.region.supervision.analysis import Analysis, AnalysisUnusable, Answer, analyses, ask, chart
from yiqiao.spreadsheet import csv_of, xlsx_of
from yiqiao.web.i18n import Language, Words, language_of
from yiqiao.web.pages.console_supervision import AT, CSV, XLSX
from yiqiao.web.payment_acts import written_down
from yiqiao.web.reception import operator
from yiqiao.web.render import page

HERE = f"{AT}/analyses"


@dataclass(frozen=True)
class Choice:
    """An analysis that can be chosen."""

    title: str
    link: str
    here: bool


@dataclass(frozen=True)
class AnalysesPage:
    """One of them, asked. `folder` is false where no archive is kept; `trouble`: why there is no answer."""

    folder: bool
    choices: tuple[Choice, ...]
    title: str
    about: str
    kind: str
    headings: tuple[str, ...]
    drawn: Answer
    trouble: str
    link: str


async def show(request: Request) -> Response:
    """The analysis that is chosen; the first one."""
    await operator(request, Right.SEE)
    one = _chosen(request.path_params.get("name", next(iter(analyses()))))
    folder, chinese = _folder(request), language_of(request) is Language.CHINESE
    answer, trouble = Answer((), ()), ""
    if folder is not None:
        try:
            answer = await _asked(folder, one)
        except AnalysisUnusable as unusable:
            trouble = unusable.message
    drawn = chart(one, answer)
    words = Words(language_of(request))
    view = AnalysesPage(
        folder=folder is not None,
        choices=tuple(
            Choice(known.title if chinese else known.english, f"{HERE}/{known.name}", known is one)
            for known in analyses().values()
        ),
        title=one.title if chinese else one.english,
        about=one.about if chinese else one.says,
        kind=one.chart,
        headings=tuple(words.of("analysed", name, name) for name in drawn.columns),
        drawn=drawn,
        trouble=trouble,
        link=f"{HERE}/{one.name}",
    )
    return page(request, "console_supervision_analyses.html", view)


async def file(request: Request) -> Response:
    """All rows of an answer as a spreadsheet. Raises HTTPException 404 where none can be had."""
    session = await operator(request, Right.SEE)
    one, folder, form = _chosen(request.path_params["name"]), _folder(request), request.path_params["form"]
    if folder is None or form not in ("csv", "xlsx"):
        raise HTTPException(404)
    try:
        answer = await _asked(folder, one)
    except AnalysisUnusable:
        raise HTTPException(404) from None
    await written_down(request, session, "supervision.analysis", one.name)
    words = Words(Language.CHINESE)
    headings = [words.of("analysed", name, name) for name in answer.columns]
    rows = [headings, *(["" if cell is None else str(cell) for cell in row] for row in answer.rows)]
    content = csv_of(rows) if form == "csv" else xlsx_of(one.title[:31], rows)
    headers = {"content-disposition": f'attachment; filename="{one.name}.{form}"'}
    return Response(content, media_type=CSV if form == "csv" else XLSX, headers=headers)


def _chosen(name: str) -> Analysis:
    one = analyses().get(name)
    if one is None:
        raise HTTPException(404)
    return one


def _folder(request: Request) -> Path | None:
    named = runtime_of(request).settings.supervision_archive
    return Path(named) if named else None


async def _asked(folder: Path, one: Analysis) -> Answer:
    """One question at a time: each may take all the memory that is set aside for it."""
    async with _TURN:
        return await asyncio.to_thread(ask, folder, columns(), one)


_TURN = asyncio.Semaphore(1)
routes = [
    Route(HERE, show, methods=["GET"]),
    Route(f"{HERE}/{{name}}.{{form}}", file, methods=["GET"]),
    Route(f"{HERE}/{{name}}", show, methods=["GET"]),
]
