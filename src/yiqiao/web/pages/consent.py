"""Consent to use a card, on the holder's phone: who asks and for what, what is handed over, yes or no (主扫).

Looking changes nothing, so that whatever looks at a link beforehand (a messenger's preview, a scanner) does no harm.
The address holds the token that was on the screen in the hall and nothing else; it is told to nobody as a referrer.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.consents import decide
from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.clock import readable
from yiqiao.dialects.ehealth_card.dialect import NAME
from yiqiao.partners import store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.sessions import ForgeryRefused
from yiqiao.region.cards.acts import HeldCard
from yiqiao.region.cards.consent import PATH, Consent, Event, State
from yiqiao.region.identity.certificates import Certificate
from yiqiao.spec import STANDARD, Spec, load
from yiqiao.spec.masking import mask
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.reception import address, form
from yiqiao.web.render import page

EVENTS: Mapping[str, Event] = {str(event): event for event in Event if event is not Event.EXPIRE}
"""What the buttons send."""
HANDED_OVER: Mapping[str, tuple[str, ...]] = {
    "who": ("user_name", "user_sex", "birthday"),
    "certificate": ("id_type", "id_no"),
    "phones": ("mobile_phone", "telephone"),
    "places": ("address", "work_unit"),
    "card": ("ehealth_card_id", "mindex_id", "xman_id", "smk_id"),
    "visit_card": ("card_type", "card_no"),
}
"""What the answer to the hospital holds once the holder consents, by the line of the page that says so."""
ENDINGS = {State.SUCC: "given", State.FAIL: "refused", State.CANCEL: "cancelled"}
STATUS = {"unknown": 404, "expired": 410}


@dataclass(frozen=True)
class Asker:
    """Who asks, where and for what, in words. `until` is a time of day."""

    hospital: str
    desk: str
    stage_code: str
    stage: str
    office: str
    until: str
    left_ms: int
    wait_s: int


@dataclass(frozen=True)
class ConsentPage:
    """The page. `step`: sign_in, no_way (nobody can sign in), no_card, decide; given, refused, cancelled (by whoever
    looks), answered (by somebody else), expired, unknown. `holder` is masked."""

    step: str
    path: str
    asker: Asker | None = None
    handed_over: tuple[str, ...] = tuple(HANDED_OVER)
    sign_in: str = ""
    holder: str = ""
    stale: bool = False
    csrf: str = field(default="", repr=False)


async def show(request: Request) -> Response:
    """Where the link leads."""
    return await _page(request)


async def answer(request: Request) -> Response:
    """A button was pressed; which page follows is decided by what really became of the consent."""
    runtime, session = runtime_of(request), citizen_of(request)
    token, sent = request.path_params["token"], await form(request)
    event = EVENTS.get(sent.get("decision", ""))
    consent = await runtime.database.read(lambda connection: runtime.cards.consents.seen(connection, token))
    if consent is not None and event is not None and session is not None and consent.state is State.ING:
        try:
            session.check_form(sent.get("csrf", ""))
        except ForgeryRefused:
            return await _page(request, stale=True)
        await decide(runtime, consent, token, event, session.citizen, address(request))
    return _quiet(RedirectResponse(request.url.path, 303))


async def _page(request: Request, *, stale: bool = False) -> Response:
    runtime, session = runtime_of(request), citizen_of(request)
    token = request.path_params["token"]

    def look(connection: Connection) -> tuple[Consent | None, HeldCard | None, Asker | None]:
        consent = runtime.cards.consents.seen(connection, token)
        if consent is None:
            return None, None, None
        card = runtime.cards.consents.card_of(connection, _certificate(session)) if session else None
        return consent, card, _asker(connection, consent)

    consent, card, asker = await runtime.database.read(look)
    path = request.url.path
    sign_in = runtime.login.address(path)
    step = _step(runtime, consent, session, card, sign_in)
    view = ConsentPage(
        step=step,
        path=path,
        asker=asker,
        sign_in=sign_in or "",
        holder=mask(session.citizen.name, "name") if session else "",
        stale=stale,
        csrf=session.csrf if session else "",
    )
    return _quiet(page(request, "consent.html", view, 403 if stale else STATUS.get(step, 200)))


def _step(
    runtime: Runtime, consent: Consent | None, session: CitizenSession | None, card: HeldCard | None, way: str | None
) -> str:
    if consent is None:
        return "unknown"
    if consent.expired:
        return "expired"
    if consent.state is not State.ING:
        mine = session is not None and runtime.cards.consents.is_by(consent, _certificate(session))
        return ENDINGS[consent.state] if mine else "answered"
    if session is None:
        return "sign_in" if way else "no_way"
    return "decide" if card else "no_card"


def _asker(connection: Connection, consent: Consent) -> Asker:
    hospital, desk, profile = consent.app_id, "", STANDARD
    try:
        file = store.show(connection, NAME, consent.app_id)
    except UnknownPartner:  # taken off the list meanwhile
        pass
    else:
        hospital, profile = file.name, file.profile
        desk = next((terminal.name for terminal in file.terminals if terminal.term_id == consent.term_id), "")
    spec = load(NAME, profile)
    return Asker(
        hospital=hospital,
        desk=desk,
        stage_code=consent.treatment_code,
        stage=_title(spec, "treatment_code", consent.treatment_code),
        office=_title(spec, "office_code", consent.office_code),
        until=readable(consent.expires_at)[11:],
        left_ms=consent.left_ms,
        wait_s=consent.left_ms // 1000 + 1,
    )


def _title(spec: Spec, table: str, code: str) -> str:
    row = spec.codes[table].rows.get(code)
    return row.title if row else code


def _certificate(session: CitizenSession) -> Certificate:
    return Certificate(session.citizen.id_type, session.citizen.id_no)


def _quiet(response: Response) -> Response:
    """The address is told to nobody: it is all that is needed to see who asks."""
    response.headers["referrer-policy"] = "no-referrer"
    return response


routes = [
    Route(PATH + "/{token:str}", show, methods=["GET"]),
    Route(PATH + "/{token:str}", answer, methods=["POST"]),
]
