"""The citizen's own health card on their phone: a code that renews itself, whose it is, and where it was used of late.

A code lives a minute by the hub's clock. The page is told how much of it is left and counts by itself from there, so it
does not matter what time the phone believes it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app import consents
from yiqiao.app.http import runtime_of
from yiqiao.clock import readable
from yiqiao.journal.reader import Line, Search
from yiqiao.region.cards.acts import HeldCard
from yiqiao.region.identity.certificates import Certificate
from yiqiao.spec import load
from yiqiao.spec.masking import mask
from yiqiao.storage.consents import consents as asked_for
from yiqiao.web.citizen import CitizenSession, citizen_of
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import told
from yiqiao.web.pictures import code_picture
from yiqiao.web.render import fragment, page

PATH = "/card"
LIFE_S = 60
LOOKED_THROUGH = 60
"""Exchanges about a person in which uses are looked for: most are a hospital's own enquiries."""
SHOWN = 8
USES: Mapping[str, str] = {
    "ehc.ehealthcode.verify": "shown",
    consents.OPERATION: "consent",
    "ehc.ehealthcard.querywithreg": "registered",
    "ehc.ehealthcard.register": "registered",
    "ehc.ehealthcard.alterinfo": "altered",
    "ehc.ehealthcard.alterlink": "relinked",
}
"""What of the journal is a use that its holder would call one, and how the page calls it."""


@dataclass(frozen=True)
class CodeView:
    """A code with its picture. `left_ms` and `life_ms`: how long it lives still, and in all."""

    left_ms: int
    life_ms: int
    svg: str = field(repr=False)


@dataclass(frozen=True)
class UseLine:
    """The card was used: when (Beijing time), at which hospital, how; `stage` and `decision` where the use had one."""

    at: str
    hospital: str
    kind: str
    stage_code: str = ""
    stage: str = ""
    decision: str = ""


@dataclass(frozen=True)
class CardPage:
    """The page. `step`: sign_in, no_way (nobody can sign in here), no_card, show. `holder` is masked."""

    step: str
    sign_in: str = ""
    holder: str = ""
    ending: str = ""
    code: CodeView | None = None
    uses: tuple[UseLine, ...] = ()
    csrf: str = field(default="", repr=False)


async def show(request: Request) -> Response:
    """The card."""
    session = citizen_of(request)
    if session is None:
        way = runtime_of(request).login.address(PATH)
        return page(request, "card.html", CardPage("sign_in" if way else "no_way", sign_in=way or ""))
    holder = mask(session.citizen.name, "name")
    card = await _card(request, session)
    if card is None:
        return page(request, "card.html", CardPage("no_card", holder=holder, csrf=session.csrf))
    uses = await _uses(request, card)
    view = CardPage("show", "", holder, card.ehealth_card_id[-4:], _code(request, card), uses=uses, csrf=session.csrf)
    return page(request, "card.html", view)


async def code(request: Request) -> Response:
    """A fresh code in place of the one that is about to run out; 401 where the page has to be loaded anew."""
    session = citizen_of(request)
    card = await _card(request, session) if session else None
    if card is None:
        return Response(status_code=401)
    return fragment(request, "fragments/card_code.html", _code(request, card))


async def _card(request: Request, session: CitizenSession) -> HeldCard | None:
    runtime = runtime_of(request)
    certificate = Certificate(session.citizen.id_type, session.citizen.id_no)
    return await runtime.database.read(lambda c: runtime.cards.consents.card_of(c, certificate))


def _code(request: Request, card: HeldCard) -> CodeView:
    runtime = runtime_of(request)
    now = runtime.clock.now_ms()
    text = runtime.cards.dynamic_code(card.ref, LIFE_S)
    return CodeView((now // 1000 + LIFE_S) * 1000 - now, LIFE_S * 1000, code_picture(text))


async def _uses(request: Request, card: HeldCard) -> tuple[UseLine, ...]:
    """The newest uses, the newest first."""
    journal = desk_of(request).journal
    found = await journal.search(Search(person=card.ref.person_id), limit=LOOKED_THROUGH)
    done = [line for line in found.lines if line.operation in USES and line.outcome == load(line.dialect).success_code]
    return tuple([await _use(request, line) for line in done[:SHOWN]])


async def _use(request: Request, line: Line) -> UseLine:
    spec, partner = load(line.dialect), told(line, runtime_of(request).directory).partner
    said = (await desk_of(request).journal.show(line.chain, line.seq)).view.request
    code = str(said.get("treatment_code", ""))
    if line.operation == consents.OPERATION:
        code = await _stage_of_consent(request, line.app_id, str(said.get("out_authorize_no", "")))
    row = spec.codes["treatment_code"].rows.get(code)
    return UseLine(
        at=readable(line.at)[:16],
        hospital=partner or line.app_id,
        kind=USES[line.operation],
        stage_code=code if row else "",
        stage=row.title if row else "",
        decision=str(said.get("decision", "")),
    )


async def _stage_of_consent(request: Request, app_id: str, number: str) -> str:
    """What a hospital had asked for; the decision itself does not repeat it."""
    asked = (app_id, number)
    found = await runtime_of(request).database.read(lambda connection: asked_for(connection, [asked]))
    return found[asked].treatment_code if asked in found else ""


routes = [Route(PATH, show), Route(f"{PATH}/code", code)]
