"""Partners in the console: who may call, from where, with which keys, how their calls go. No secret is read here."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.journal.reader import Search
from yiqiao.partners import PartnerFile, State, Terminal, store
from yiqiao.partners.admission import UnknownPartner
from yiqiao.partners.particulars import WITH_TERMINALS, operations_of
from yiqiao.partners.partner import ANY_OPERATION, PartnerKey
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.spec import load
from yiqiao.spec.loader import dialects, profile_titles
from yiqiao.storage import partner_calls
from yiqiao.storage.partner_calls import OutcomeRow
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, meaning, title_of, told, tone_of
from yiqiao.web.partner_form import ParticularsForm, form_of, typed_of
from yiqiao.web.reception import operator
from yiqiao.web.render import page

AT = "/console/partners"
COUNTED = 1000
SHOWN = 20
OVERLAPS_S = (86_400, 7 * 86_400, 3600, 0)
"""How long an old key may be accepted beside a new one; the first is what is offered."""


@dataclass(frozen=True)
class KeyLine:
    """A key by its times; `state` is current, old (accepted beside the current one), coming or over."""

    key_no: int
    valid_from: int
    valid_to: int | None
    state: str


@dataclass(frozen=True)
class PartnerRow:
    """A partner in the list. `old_until` is when an older key ends that is accepted still; `last_call` epoch ms."""

    dialect: str
    app_id: str
    name: str
    profile: str
    active: bool
    terminals: int
    keys: int
    old_until: int | None
    last_call: int | None
    link: str


@dataclass(frozen=True)
class PartnersPage:
    """The list."""

    partners: tuple[PartnerRow, ...]
    may_manage: bool


@dataclass(frozen=True)
class Outcome:
    """How often an operation had a return code, of the newest calls; `tone` is good, warn or bad."""

    operation: str
    title: str
    code: str
    meaning: str
    calls: int
    percent: float
    tone: str


@dataclass(frozen=True)
class PartnerPage:
    """One partner. `operations` are (name, title) of those permitted, None where all are; `failed` of the `calls` that
    were counted did not succeed; `since` epoch ms is the oldest of them; `form` changes what is on file, where the
    reader may and the dialect has a specification."""

    dialect: str
    app_id: str
    name: str
    profile: str
    active: bool
    profile_title: str
    operations: tuple[tuple[str, str], ...] | None
    addresses: tuple[str, ...]
    clock_window_s: int
    created_at: int
    changed_at: int
    terminals: tuple[Terminal, ...]
    keys: tuple[KeyLine, ...]
    newest_key: int
    calls: int
    failed: int
    failed_percent: float
    since: int
    outcomes: tuple[Outcome, ...]
    exchanges: tuple[ExchangeLine, ...]
    may_manage: bool
    may_work: bool
    with_terminals: bool
    form: ParticularsForm | None
    overlaps: tuple[int, ...] = OVERLAPS_S
    refused: str = ""


async def show_all(request: Request) -> Response:
    """The list."""
    session = await operator(request, Right.SEE)
    runtime = runtime_of(request)

    def work(connection: Connection) -> tuple[tuple[PartnerFile, ...], dict[tuple[str, str], int]]:
        files = store.list_partners(connection)
        return files, partner_calls.last_calls(connection, [(file.dialect, file.app_id) for file in files])

    files, last = await runtime.database.read(work)
    now = runtime.wall.now_ms()
    rows = tuple(_row(file, last.get((file.dialect, file.app_id)), now) for file in files)
    return page(request, "partners.html", PartnersPage(rows, _may(session, Right.MANAGE_PARTNERS)))


async def show(request: Request) -> Response:
    """One partner."""
    session = await operator(request, Right.SEE)
    return page(request, "partner.html", await view_of(request, session))


async def view_of(
    request: Request,
    session: Session,
    refused: str = "",
    typed: Mapping[str, str] | None = None,
    faults: Mapping[str, str] | None = None,
) -> PartnerPage:
    """What a partner's page shows; its form as it was `typed`, or as things are. Raises HTTPException 404."""
    runtime = runtime_of(request)
    dialect, app_id = request.path_params["dialect"], request.path_params["app_id"]

    def work(connection: Connection) -> tuple[PartnerFile, list[OutcomeRow]]:
        file = store.show(connection, dialect, app_id)
        return file, partner_calls.newest_outcomes(connection, dialect, app_id, COUNTED)

    try:
        file, rows = await runtime.database.read(work)
    except UnknownPartner:
        raise HTTPException(404) from None
    exchanges = await desk_of(request).journal.search(Search(dialect=dialect, app_id=app_id), limit=SHOWN)
    outcomes = _outcomes(dialect, rows)
    calls, failed = sum(row.calls for row in rows), sum(one.calls for one in outcomes if one.tone != "good")
    keys = _keys(file.keys, runtime.wall.now_ms())
    may_revise = _may(session, Right.MANAGE_PARTNERS) and dialect in dialects()
    return PartnerPage(
        dialect=dialect,
        app_id=app_id,
        name=file.name,
        profile=file.profile,
        active=file.state is State.ACTIVE,
        profile_title=profile_titles(dialect).get(file.profile, "") if dialect in dialects() else "",
        operations=_permitted(file),
        addresses=file.addresses,
        clock_window_s=file.clock_window_s,
        created_at=file.created_at,
        changed_at=file.changed_at,
        terminals=file.terminals,
        keys=keys,
        newest_key=keys[0].key_no if keys else 0,
        calls=calls,
        failed=failed,
        failed_percent=round(100 * failed / calls, 1) if calls else 0.0,
        since=min((row.since for row in rows), default=0),
        outcomes=outcomes,
        exchanges=tuple(told(line, runtime.directory) for line in exchanges.lines),
        may_manage=_may(session, Right.MANAGE_PARTNERS),
        may_work=_may(session, Right.WORK),
        with_terminals=dialect in WITH_TERMINALS or bool(file.terminals),
        form=form_of(dialect, typed or typed_of(file), faults or {}) if may_revise else None,
        refused=refused,
    )


def _row(file: PartnerFile, last_call: int | None, now_ms: int) -> PartnerRow:
    live = [key for key in file.keys if key.live(now_ms)]
    ends = [key.valid_to for key in live if key.valid_to is not None]
    return PartnerRow(
        dialect=file.dialect,
        app_id=file.app_id,
        name=file.name,
        profile=file.profile,
        active=file.state is State.ACTIVE,
        terminals=len(file.terminals),
        keys=len(live),
        old_until=max(ends, default=None),
        last_call=last_call,
        link=link_to(file.dialect, file.app_id),
    )


def _keys(keys: tuple[PartnerKey, ...], now_ms: int) -> tuple[KeyLine, ...]:
    """The keys, the newest first."""

    def state(key: PartnerKey) -> str:
        if key.live(now_ms):
            return "current" if key is keys[-1] else "old"
        return "coming" if key.valid_from > now_ms else "over"

    return tuple(KeyLine(key.key_no, key.valid_from, key.valid_to, state(key)) for key in reversed(keys))


def _outcomes(dialect: str, rows: list[OutcomeRow]) -> tuple[Outcome, ...]:
    """What became of calls, most frequent first; `percent` is of the same operation's calls."""
    if not rows:
        return ()
    spec, of = load(dialect), dict.fromkeys((row.operation for row in rows), 0)
    for row in rows:
        of[row.operation] += row.calls
    told_of = []
    for row in sorted(rows, key=lambda row: (-of[row.operation], row.operation, -row.calls)):
        code = meaning(spec, row.operation, row.outcome)
        told_of.append(
            Outcome(
                operation=row.operation,
                title=title_of(spec, row.operation),
                code=row.outcome,
                meaning=code.title if code else "",
                calls=row.calls,
                percent=round(100 * row.calls / of[row.operation], 1),
                tone=tone_of(spec, row.outcome),
            )
        )
    return tuple(told_of)


def _permitted(file: PartnerFile) -> tuple[tuple[str, str], ...] | None:
    if ANY_OPERATION in file.operations:
        return None
    titles = operations_of(file.dialect, file.profile) if file.dialect in dialects() else {}
    return tuple((name, titles.get(name, "")) for name in file.operations)


def link_to(dialect: str, app_id: str) -> str:
    """The address of a partner's page."""
    return f"{AT}/{dialect}/{quote(app_id, safe='')}"


def _may(session: Session, right: Right) -> bool:
    return right in RIGHTS[session.role]


routes = [
    Route(AT, show_all, methods=["GET"]),
    Route(f"{AT}/{{dialect:str}}/{{app_id:path}}", show, methods=["GET"]),
]
