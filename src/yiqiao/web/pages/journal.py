"""The journal's list: a filter bar, page by page, the newest coming in by themselves."""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.clock import beijing
from yiqiao.errors import DomainError
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import Right
from yiqiao.spec import CodeRow, dialects, load
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import OWN_ACTS, ExchangeLine, told
from yiqiao.web.journal_filter import CARD, TRACE, Asked, SearchUnreadable, Sought
from yiqiao.web.reception import form, operator
from yiqiao.web.render import fragment, page

SHOWN = 30
NOTHING_NEW = "-"
CERTIFICATES = "id_type"
"""The code table by whose rows a person can be looked for."""


@dataclass(frozen=True)
class Choices:
    """What the filter bar offers."""

    dialects: tuple[str, ...]
    operations: tuple[CodeRow, ...]
    partners: tuple[CodeRow, ...]
    outcomes: tuple[CodeRow, ...]
    certificates: tuple[CodeRow, ...]


@dataclass(frozen=True)
class Rows:
    """The exchanges; `suffix` goes behind every link, so that the next page knows what was asked."""

    lines: tuple[ExchangeLine, ...]
    suffix: str
    live: str
    seen: str = NOTHING_NEW

    @property
    def newest(self) -> str:
        """The newest one's place."""
        return self.lines[0].place if self.lines else ""

    def fresh(self) -> frozenset[str]:
        """The places of those that the browser did not know."""
        if self.seen == NOTHING_NEW:
            return frozenset()
        places = [line.place for line in self.lines]
        return frozenset(places[: places.index(self.seen)] if self.seen in places else places)


@dataclass(frozen=True)
class JournalPage:
    """The room. `sought` is the kind of key that is looked for; `fault` names what of the question cannot be."""

    asked: Asked
    choices: Choices
    rows: Rows
    older: str
    newer: str
    sought: str = ""
    fault: str = ""
    refused: str = ""


async def show(request: Request) -> Response:
    """The room."""
    await operator(request, Right.SEE)
    asked = Asked.of(request.query_params)
    return await _room(request, asked, pausing=request.query_params.get("live") == "off")


async def rows(request: Request) -> Response:
    """The newest exchanges, where there are newer ones than the browser knows; else nothing (204)."""
    await operator(request, Right.SEE)
    asked = Asked.of(request.query_params).everywhere
    seen = request.query_params.get("seen", "")
    view, _ = await _found(request, asked, seen, live=True)
    if view.newest == seen:
        return Response(status_code=204)
    return fragment(request, "fragments/journal_rows.html", view)


async def find(request: Request) -> Response:
    """Look for a serial, a card or a person. What is looked for goes on sealed."""
    session = await operator(request, Right.SEE)
    sent = await form(request)
    session.check_form(sent.get("csrf", ""))
    asked, runtime = Asked.of(sent).everywhere, runtime_of(request)
    kind, text = sent.get("kind", ""), sent.get("text", "").strip()
    if not text:
        return RedirectResponse("/console/journal" + replace(asked, key="").query, 303)
    if kind not in (TRACE, CARD):
        session.require(Right.SEE_PERSONAL)
    now = runtime.wall.now_ms()
    try:
        sought = Sought.of(kind, text, runtime.keyring, beijing(now).date())
    except DomainError as refusal:
        return await _room(request, asked, refused=refusal.message, status=400)
    what = {"by": sought.kind}
    await runtime.database.write(lambda c: audit(c, now, session.operator, "journal.search", detail=what))
    return RedirectResponse("/console/journal" + replace(asked, key=sought.sealed(runtime.keyring)).query, 303)


async def _room(
    request: Request, asked: Asked, *, pausing: bool = False, refused: str = "", status: int = 200
) -> Response:
    keyring = runtime_of(request).keyring
    fault = _fault(request, asked)
    if fault:
        asked, status = replace(asked, **{fault: ""}), 400
    view, older = await _found(request, asked, NOTHING_NEW, live=not (pausing or asked.after))
    sought = asked.sought(keyring)
    return page(
        request,
        "journal.html",
        JournalPage(
            asked=asked,
            choices=_choices(request, asked),
            rows=view,
            older=replace(asked, after=older).query if older else "",
            newer=asked.everywhere.query or "?" if asked.after else "",
            sought=sought.kind if sought else "",
            fault=fault,
            refused=refused,
        ),
        status,
    )


def _fault(request: Request, asked: Asked) -> str:
    """Which part of the question cannot be; empty where all can."""
    for name in ("since", "until", "key", "after"):
        alone = Asked.of({name: getattr(asked, name)})
        try:
            alone.search(runtime_of(request).keyring)
            alone.cursor()
        except (ValueError, SearchUnreadable):
            return name
    return ""


async def _found(request: Request, asked: Asked, seen: str, *, live: bool) -> tuple[Rows, str]:
    """The rows of a page, and where the next one goes on. Raises SearchUnreadable."""
    runtime = runtime_of(request)
    found = await desk_of(request).journal.search(asked.search(runtime.keyring), limit=SHOWN, after=asked.cursor())
    lines = tuple(told(line, runtime.directory) for line in found.lines)
    newest = lines[0].place if lines else ""
    query = asked.query
    polled = f"/console/journal/rows{query}{'&' if query else '?'}{urlencode({'seen': newest})}" if live else ""
    return Rows(lines, asked.everywhere.query, polled, seen), str(found.next) if found.next else ""


def _choices(request: Request, asked: Asked) -> Choices:
    spoken = tuple(dialects())
    specs = [load(dialect) for dialect in spoken if asked.dialect in ("", dialect)]
    partners = [one for one in runtime_of(request).directory.all() if asked.dialect in ("", one.dialect)]
    certificates = [spec.codes[CERTIFICATES] for spec in specs if CERTIFICATES in spec.codes]
    return Choices(
        dialects=spoken,
        operations=(
            *(CodeRow(op.name, op.title) for spec in specs for op in spec.operations.values()),
            *(CodeRow(name, title) for name, title in OWN_ACTS.items()),
        ),
        partners=tuple(sorted((CodeRow(one.app_id, one.name) for one in partners), key=lambda row: row.code)),
        outcomes=tuple(CodeRow(row.code, row.title) for spec in specs for row in spec.return_codes.values()),
        certificates=tuple(certificates[0].rows.values()) if certificates else (),
    )


routes = [
    Route("/console/journal", show),
    Route("/console/journal/rows", rows),
    Route("/console/journal/find", find, methods=["POST"]),
]
