"""The console's first room: the day in figures, the newest exchanges, and who may call."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners import Partner
from yiqiao.partners.roles import Right
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, newest
from yiqiao.web.reception import operator
from yiqiao.web.render import fragment, page
from yiqiao.web.today import Today

SHOWN = 20


@dataclass(frozen=True)
class PartnerLine:
    """A partner, without a word of its keys."""

    dialect: str
    app_id: str
    name: str
    profile: str
    active: bool
    terminals: int
    operations: int | None
    addresses: tuple[str, ...]

    @classmethod
    def of(cls, partner: Partner) -> "PartnerLine":
        """A partner as it stands now; `operations` is None where all are permitted."""
        return cls(
            dialect=partner.dialect,
            app_id=partner.app_id,
            name=partner.name,
            profile=partner.profile,
            active=partner.state == "active",
            terminals=len(partner.terminals),
            operations=None if "*" in partner.operations else len(partner.operations),
            addresses=tuple(map(str, partner.networks)),
        )


@dataclass(frozen=True)
class ConsolePage:
    """The room."""

    operator: str
    role: str
    today: Today
    exchanges: tuple[ExchangeLine, ...]
    partners: tuple[PartnerLine, ...]


async def show(request: Request) -> Response:
    """The room."""
    session = await operator(request, Right.SEE)
    today, lines = await _live(request)
    partners = sorted(runtime_of(request).directory.all(), key=lambda partner: (partner.dialect, partner.app_id))
    view = ConsolePage(session.operator, session.role, today, lines, tuple(map(PartnerLine.of, partners)))
    return page(request, "console.html", view)


async def live(request: Request) -> Response:
    """What changes by the minute: the figures and the newest exchanges."""
    session = await operator(request, Right.SEE)
    today, lines = await _live(request)
    return fragment(request, "fragments/console.html", ConsolePage(session.operator, session.role, today, lines, ()))


async def _live(request: Request) -> tuple[Today, tuple[ExchangeLine, ...]]:
    desk = desk_of(request)
    return await desk.figures.today(), await newest(desk.journal, runtime_of(request).directory, SHOWN)


routes = [Route("/console", show), Route("/console/live", live)]
