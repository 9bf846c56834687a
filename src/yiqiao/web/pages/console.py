"""The console's first room: the day in figures and the newest exchanges."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import Right
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, newest
from yiqiao.web.reception import operator
from yiqiao.web.render import fragment, page
from yiqiao.web.today import Today

SHOWN = 20


@dataclass(frozen=True)
class ConsolePage:
    """The room."""

    operator: str
    role: str
    today: Today
    exchanges: tuple[ExchangeLine, ...]


async def show(request: Request) -> Response:
    """The room."""
    session = await operator(request, Right.SEE)
    today, lines = await _live(request)
    return page(request, "console.html", ConsolePage(session.operator, session.role, today, lines))


async def live(request: Request) -> Response:
    """What changes by the minute: the figures and the newest exchanges."""
    session = await operator(request, Right.SEE)
    today, lines = await _live(request)
    return fragment(request, "fragments/console.html", ConsolePage(session.operator, session.role, today, lines))


async def _live(request: Request) -> tuple[Today, tuple[ExchangeLine, ...]]:
    desk = desk_of(request)
    return await desk.figures.today(), await newest(desk.journal, runtime_of(request).directory, SHOWN)


routes = [Route("/console", show), Route("/console/live", live)]
