"""The reference of the standards that this hub speaks; see yiqiao.web.reference for what is on the pages."""

from asyncio import to_thread
from dataclasses import dataclass
from functools import partial

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.sandbox import demo, launching
from yiqiao.spec import STANDARD, SpecError
from yiqiao.web.i18n import language_of
from yiqiao.web.pages.launching import PATH as LAUNCHING
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.reception import whoever
from yiqiao.web.reference.addresses import Place, Room, on_the_hub
from yiqiao.web.reference.rendering import body, page_body, shown, title_of
from yiqiao.web.reference.views import OperationPage, View, codes_page
from yiqiao.web.render import page

LONGEST_QUESTION = 100


@dataclass(frozen=True)
class ReferencePage:
    """A page of the reference. `trial` is where its operation can be tried out; empty where it cannot."""

    title: str
    body: str
    trial: str


async def show(room: Room, request: Request) -> Response:
    """Any page of the reference. Raises HTTPException 404 for what no standard has."""
    await whoever(request)
    known = request.path_params
    profile = request.query_params.get("profile", STANDARD)
    place = Place(room, known.get("dialect", ""), known.get("name", ""), profile)
    asked = request.query_params.get("q", "")[:LONGEST_QUESTION].strip()
    language = language_of(request)
    try:
        if place.room is Room.CODES and asked:
            view: View = codes_page(place, asked)
            made = body(view, place, language, on_the_hub)
        else:
            # The first look at a profile reads its files.
            view, made = await to_thread(shown, place), await to_thread(page_body, place, language)
    except (SpecError, KeyError):
        raise HTTPException(404) from None
    if request.query_params.get("format") == "json":
        return page(request, "reference.html", view)
    return page(request, "reference.html", ReferencePage(title_of(view, place, language), made, _trial(request, view)))


def _trial(request: Request, view: View) -> str:
    if not isinstance(view, OperationPage) or view.transport != "http" or demo_of(request) is None:
        return ""
    if view.scope.dialect == launching.DIALECT:
        return LAUNCHING
    return f"/try/{view.scope.dialect}/{view.name}" if view.scope.dialect == demo.DIALECT else ""


PATHS = {
    Room.SHELF: "/docs",
    Room.INDEX: "/docs/{dialect}",
    Room.ENVELOPE: "/docs/{dialect}/envelope",
    Room.CODES: "/docs/{dialect}/codes",
    Room.RETURNS: "/docs/{dialect}/returns",
    Room.TABLE: "/docs/{dialect}/codes/{name}",
    Room.OPERATION: "/docs/{dialect}/{name}",
}
routes = [Route(path, partial(show, room)) for room, path in PATHS.items()]
