"""How the patient wants to be read: a page on the terminal or at the desk, opened by whoever waits for the reading.

The address holds the number of the choice and proves itself: who does not know it can neither look nor choose, and no
other site can have a browser send it, so its forms need no token.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.reading import presenting_of
from yiqiao.clock import readable
from yiqiao.errors import DomainError
from yiqiao.ports.card_reader import Media
from yiqiao.region.reading.choices import PATH, Choice, ChoiceOver, State
from yiqiao.sandbox.presenting import MEDIA, Kind, Offer, offers
from yiqiao.web.i18n import Words, language_of
from yiqiao.web.pages.sandbox import demo_of
from yiqiao.web.reception import form
from yiqiao.web.render import fragment, page

WAYS: tuple[Media, ...] = (Media.CODE, Media.IDENTITY_CARD, Media.SOCIAL_SECURITY_CARD, Media.FACE)
CANCEL, BACK = "cancel", "back"
ASK_MS = 1500
STATUS: Mapping[str, int] = {"unknown": 404, "expired": 410}


@dataclass(frozen=True)
class OfferLine:
    """A simulated card or code. `value` is what its button sends."""

    kind: str
    name: str
    value: str


@dataclass(frozen=True)
class ReaderPage:
    """The page. `step`: open (choose), chosen (present it), done, cancelled, expired, unknown. `until`: time of day."""

    step: str
    path: str
    media: str = ""
    left_ms: int | None = None
    wait_s: int = 0
    until: str = ""
    offers: tuple[OfferLine, ...] = ()
    presented: bool = False
    refused: str = ""
    ways: tuple[str, ...] = tuple(WAYS)

    @property
    def mark(self) -> str:
        """Another one once something is to be seen that was not."""
        return hashlib.sha256(f"{self.step}|{self.media}|{self.presented}".encode()).hexdigest()[:12]

    @property
    def ask_ms(self) -> int:
        """How often the browser asks; not while the patient chooses, whose buttons must not move."""
        return ASK_MS if self.step == State.CHOSEN else 0


async def show(request: Request) -> Response:
    """The page."""
    return await _page(request)


async def now(request: Request) -> Response:
    """What has changed, for a browser that shows the page; 204 where nothing has."""
    view = await _view(request)
    if view.mark == request.query_params.get("seen"):
        return Response(status_code=204)
    return _quiet(fragment(request, "fragments/reader.html", view))


async def act(request: Request) -> Response:
    """A button was pressed: a way chosen, the reading given up, or in a sandbox something presented."""
    sent, token = await form(request), request.path_params["token"]
    readings, way = runtime_of(request).readings, sent.get("way", "")
    try:
        if way == CANCEL:
            await readings.choices.cancel(token)
        elif way in set(WAYS):
            await readings.choices.choose(token, Media(way))
        elif sent.get("present"):
            await _present(request, token, sent["present"])
        else:
            raise HTTPException(400)
    except ChoiceOver:
        pass  # the page says how it ended
    except DomainError as refusal:
        return await _page(request, refused=Words(language_of(request)).refusal(refusal))
    return _quiet(RedirectResponse(f"{PATH}/{token}", 303))


async def choose_anew(request: Request) -> Response:
    """The ways once more, for who has chosen one already."""
    return await _page(request, anew=True)


async def _present(request: Request, token: str, what: str) -> None:
    """Present a simulated card at the desk of a choice that is under way."""
    runtime = runtime_of(request)
    choice = await runtime.readings.choices.seen(token)
    if demo_of(request) is None or choice is None:
        raise HTTPException(404)
    if choice.state is not State.CHOSEN:
        return
    kind, _, certificate_no = what.partition(":")
    await presenting_of(runtime, runtime.cards).present(choice.desk, kind, certificate_no)


async def _page(request: Request, *, refused: str = "", anew: bool = False) -> Response:
    view = await _view(request)
    view = replace(view, refused=refused)
    if anew and view.step == State.CHOSEN:
        view = replace(view, step=State.OPEN.value, offers=())
    return _quiet(page(request, "reader.html", view, 409 if refused else STATUS.get(view.step, 200)))


async def _view(request: Request) -> ReaderPage:
    token = request.path_params["token"]
    choice = await runtime_of(request).readings.choices.seen(token)
    path = f"{PATH}/{token}"
    if choice is None:
        return ReaderPage("unknown", path)
    live = choice.state in (State.OPEN, State.CHOSEN)
    return ReaderPage(
        step=choice.state.value,
        path=path,
        media=choice.media.value if choice.media else "",
        left_ms=choice.left_ms if live else None,
        wait_s=choice.left_ms // 1000 + 1,
        until=readable(runtime_of(request).clock.now_ms() + choice.left_ms)[11:],
        offers=_offers(request, choice),
        presented=await _presented(request, choice),
    )


async def _presented(request: Request, choice: Choice) -> bool:
    """Whether something lies on a simulated device already; a real one tells only when it is read."""
    if demo_of(request) is None or choice.state is not State.CHOSEN or choice.media is None:
        return False
    runtime = runtime_of(request)
    lying = await presenting_of(runtime, runtime.cards).reader.lying(choice.desk)
    return choice.media in lying and lying[choice.media].state == "present"


def _offers(request: Request, choice: Choice) -> tuple[OfferLine, ...]:
    if demo_of(request) is None or choice.state is not State.CHOSEN:
        return ()
    fitting = [one for one in offers() if MEDIA[one.kind] is choice.media and _there(request, one)]
    return tuple(OfferLine(one.kind.value, one.name, f"{one.kind.value}:{one.certificate_no}") for one in fitting)


def _there(request: Request, offer: Offer) -> bool:
    """Whether there is anybody to give out what is offered: visit cards are the hospitals'."""
    return offer.kind is not Kind.VISIT_CARD or runtime_of(request).settings.sandbox_hospitals


def _quiet(response: Response) -> Response:
    """The address is told to nobody: it is all that is needed to choose."""
    response.headers["referrer-policy"] = "no-referrer"
    return response


ONE = PATH + "/{token:str}"
routes = [
    Route(ONE, show, methods=["GET"]),
    Route(ONE, act, methods=["POST"]),
    Route(ONE + "/now", now, methods=["GET"]),
    Route(ONE + "/anew", choose_anew, methods=["GET"]),
]
