"""Health cards in the console: finding somebody, and what is on file about them.

What is searched for comes in a form's body, since an address is kept by browsers and proxies. Searching, looking and
looking in full are all written down in the operators' audit.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.card_uses import DIALECT, names
from yiqiao.app.http import runtime_of
from yiqiao.journal.reader import Search
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.region.cards.acts import NoSuchRecord
from yiqiao.region.cards.files import MOST_FOUND, Files, Found, PersonFile
from yiqiao.spec import load
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, told
from yiqiao.web.pages.monitoring import UseTold
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page

AT = "/console/cards"
USES, ACTS = 20, 20
TABLES = ("id_type", "sex", "nation", "card_type", "apply_method", "certificate_mode")


@dataclass(frozen=True)
class Finding:
    """Somebody who was found; `id_title` says what kind of certificate theirs is."""

    found: Found
    id_title: str


@dataclass(frozen=True)
class CardsPage:
    """The room. `found` is None before anything was searched for; `more`: there may be others."""

    found: tuple[Finding, ...] | None = None
    more: bool = False


@dataclass(frozen=True)
class PersonPage:
    """Somebody's page. `titles` are those of the codes that occur; `may_see_full`: by the operator's right."""

    file: PersonFile
    titles: Mapping[str, Mapping[str, str]]
    partners: Mapping[str, str]
    uses: tuple[UseTold, ...]
    older: str
    acts: tuple[ExchangeLine, ...]
    may_see_full: bool


async def show(request: Request) -> Response:
    """The room, with nobody searched for."""
    await operator(request, Right.SEE)
    return page(request, "cards.html", CardsPage())


async def find(request: Request) -> Response:
    """Whom the form asks for."""
    session = await operator(request, Right.SEE)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    titles = _titles()["id_type"]
    found = await _files(request).find(sent.get("text", ""), titles)
    # What was typed is personal; that somebody searched, and how much came of it, is not.
    await _audit(request, session, "person.search", "", {"found": len(found)})
    findings = tuple(Finding(one, titles.get(one.id_type, one.id_type)) for one in found)
    return page(request, "cards.html", CardsPage(findings, len(found) == MOST_FOUND))


async def person(request: Request) -> Response:
    """Somebody's page, masked."""
    session = await operator(request, Right.SEE)
    return await _person(request, session, "person.view", full=False)


async def person_in_full(request: Request) -> Response:
    """Somebody's page in full: by right, and on asking."""
    session = await operator(request, Right.SEE_PERSONAL)
    session.check_form((await form(request)).get("csrf", ""))
    return await _person(request, session, "person.view_full", full=True)


async def _person(request: Request, session: Session, act: str, *, full: bool) -> Response:
    runtime, desk, id_ = runtime_of(request), desk_of(request), request.path_params["person_id"]
    try:
        file = await _files(request).show(id_, full=full)
    except NoSuchRecord:
        raise HTTPException(404) from None
    await _audit(request, session, act, id_)
    known = await names(runtime)
    try:
        uses = await desk.monitoring.uses_of(id_, limit=USES, after=request.query_params.get("after"))
    except ValueError:
        raise HTTPException(400) from None
    acts = await desk.journal.search(Search(person=id_), limit=ACTS)
    view = PersonPage(
        file=file,
        titles=_titles(),
        partners=known.partners,
        uses=tuple(UseTold.of(line, known) for line in uses.lines),
        older=f"{AT}/{id_}?after={uses.next}#uses" if uses.next else "",
        acts=tuple(told(line, runtime.directory) for line in acts.lines),
        may_see_full=Right.SEE_PERSONAL in RIGHTS[session.role],
    )
    return page(request, "person.html", view)


def _files(request: Request) -> Files:
    runtime = runtime_of(request)
    return Files(runtime.database, runtime.keyring, runtime.clock)


async def _audit(
    request: Request, session: Session, act: str, target: str, detail: Mapping[str, object] | None = None
) -> None:
    runtime = runtime_of(request)
    now = runtime.wall.now_ms()
    await runtime.database.write(lambda connection: audit(connection, now, session.operator, act, target, detail))


def _titles() -> Mapping[str, Mapping[str, str]]:
    codes = load(DIALECT).codes
    return {name: {code: row.title for code, row in codes[name].rows.items()} for name in TABLES}


routes = [
    Route(AT, show, methods=["GET"]),
    Route(AT, find, methods=["POST"]),
    Route(f"{AT}/{{person_id:str}}", person, methods=["GET"]),
    Route(f"{AT}/{{person_id:str}}", person_in_full, methods=["POST"]),
]
