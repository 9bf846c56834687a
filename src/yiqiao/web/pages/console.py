"""The console's first room: what needs a hand, the day in figures, and the newest exchanges."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import Right
from yiqiao.partners.sessions import Session
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, newest
from yiqiao.web.hands import Hands, hands
from yiqiao.web.reception import operator
from yiqiao.web.render import fragment, page
from yiqiao.web.today import Today

SHOWN = 20


@dataclass(frozen=True)
class ConsolePage:
    """The room."""

    operator: str
    role: str
    hands: Hands
    today: Today
    exchanges: tuple[ExchangeLine, ...]


async def show(request: Request) -> Response:
    """The room."""
    session = await operator(request, Right.SEE)
    return page(request, "console.html", await _live(request, session))


async def live(request: Request) -> Response:
    """What changes by the minute, which is all of it but its head."""
    session = await operator(request, Right.SEE)
    return fragment(request, "fragments/console.html", await _live(request, session))


async def _live(request: Request, session: Session) -> ConsolePage:
    desk, runtime = desk_of(request), runtime_of(request)
    return ConsolePage(
        operator=session.operator,
        role=session.role,
        hands=await hands(runtime.database, runtime.clock),
        today=await desk.figures.today(),
        exchanges=await newest(desk.journal, runtime.directory, SHOWN),
    )


routes = [Route("/console", show), Route("/console/live", live)]
