"""The citizen's first page: what comes next, and the doors to all that can be done here."""

from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.region.appointments.appointment import Appointment
from yiqiao.region.appointments.states import ORDER_STANDS, State
from yiqiao.spec.masking import mask
from yiqiao.web.appointments import Told, told
from yiqiao.web.citizen import CitizenSession
from yiqiao.web.citizens_only import HOME, for_citizens
from yiqiao.web.render import page

WAITING = frozenset({State.LOCKED, State.ORDERED, State.PAYING})
"""The citizen has to do something, and not for ever."""


@dataclass(frozen=True)
class HomePage:
    """The page; `name` is masked, `next` the appointment that comes next, or that `waits` for the citizen."""

    name: str
    next: Told | None
    waits: bool
    csrf: str = field(default="", repr=False)


async def show(request: Request, session: CitizenSession) -> Response:
    """The first page."""
    runtime = runtime_of(request)
    found = await runtime.appointments.of_person(runtime.family.person_id(session.citizen))
    today = beijing(runtime.clock.now_ms()).date().isoformat()
    following = _next(found, today)
    view = HomePage(
        name=mask(session.citizen.name, "name"),
        next=told(following) if following else None,
        waits=following is not None and following.state in WAITING,
        csrf=session.csrf,
    )
    return page(request, "citizen_home.html", view)


def _next(found: list[Appointment], today: str) -> Appointment | None:
    """What waits for the citizen, else the visit that comes first."""
    waiting = [one for one in found if one.state in WAITING]
    if waiting:
        return waiting[0]
    coming = [one for one in found if one.state in ORDER_STANDS and one.row.day >= today]
    return min(coming, key=lambda one: (one.row.day, one.row.session, one.row.begins), default=None)


routes = [Route(HOME, for_citizens(show))]
