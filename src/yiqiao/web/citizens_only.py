"""Pages for citizens who have signed in: signing in comes first, and what goes wrong becomes a page that leads on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from yiqiao.app.http import runtime_of
from yiqiao.errors import DomainError
from yiqiao.partners.sessions import ForgeryRefused
from yiqiao.ports.hospital.refusals import HospitalUnreachable
from yiqiao.region.appointments.appointment import UnknownAppointment
from yiqiao.region.charges.charge import UnknownCharge
from yiqiao.region.records.record import UnknownRecord
from yiqiao.storage import Busy, StorageFailed, StorageUnreachable
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.render import page

HOME = "/citizen"
STATUS: dict[type[DomainError], int] = {
    UnknownAppointment: 404,
    UnknownCharge: 404,
    UnknownRecord: 404,
    ForgeryRefused: 403,
    HospitalUnreachable: 503,
    Busy: 503,
    StorageUnreachable: 503,
    StorageFailed: 503,
}
"""With which HTTP status a page tells a refusal; 409 for all others."""

Act = Callable[[Request, CitizenSession], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class HelpPage:
    """What has happened and how one goes on. `kind`: sign_in, no_way (nobody can sign in here), refused, missing.

    `again` is the same page once more, `other` the step before it.
    """

    kind: str
    sign_in: str = ""
    refusal: str = ""
    message: str = ""
    again: str = ""
    other: str = HOME


def for_citizens(act: Act, *, other: Callable[[Request], str] = lambda _: HOME) -> Endpoint:
    """A page that only citizens see. `other`: where one can choose differently when something is refused."""

    async def endpoint(request: Request) -> Response:
        session = citizen_of(request)
        if session is None:
            return _sign_in(request)
        try:
            return await act(request, session)
        except HTTPException as error:
            if error.status_code != 404:
                raise
            return page(request, "citizen_help.html", HelpPage("missing", other=other(request)), 404)
        except DomainError as refusal:
            return refused(request, refusal, other(request))

    return endpoint


def refused(request: Request, refusal: DomainError, other: str = HOME) -> Response:
    """The page that says what was refused."""
    status = next((code for kind, code in STATUS.items() if isinstance(refusal, kind)), 409)
    again = here(request) if status != 404 else ""
    view = HelpPage("refused", refusal=refusal.name, message=refusal.message, again=again, other=other)
    return page(request, "citizen_help.html", view, status)


def here(request: Request) -> str:
    """This page's own address, without the switches."""
    kept = [(n, v) for n, v in request.query_params.multi_items() if n not in {"lang", "size", "format"}]
    return f"{request.url.path}?{urlencode(kept)}" if kept else request.url.path


def _sign_in(request: Request) -> Response:
    way = runtime_of(request).login.address(here(request))
    return page(request, "citizen_help.html", HelpPage("sign_in" if way else "no_way", sign_in=way or ""))
