"""One exchange of the journal: what went over the wire, what it said, and its story. Looking at it is audited."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.slips import PATHS
from yiqiao.dialects.ehealth_card.examination import content_type
from yiqiao.journal.masked import masked
from yiqiao.journal.reader import Reader, Record, UnknownEntry
from yiqiao.partners import Directory
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.partners.sessions import Session
from yiqiao.spec import Field, Operation, Spec, load
from yiqiao.web.commands import as_call, as_curl
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import OWN_ACTS, ExchangeLine, meaning, told
from yiqiao.web.journal_filter import Asked, SearchUnreadable
from yiqiao.web.masked import FieldLine, field_lines, hex_lines, wire_text
from yiqiao.web.pages.start import address_of
from yiqiao.web.reception import form, operator
from yiqiao.web.render import page
from yiqiao.web.story import FaultLine, Step, faults, signed_string, steps

POSTED: Mapping[str, Callable[[bytes], str]] = {
    "ehealth_card": content_type,
    "convenience": lambda _: "text/xml; charset=utf-8",
    "onetrans": lambda _: "application/json; charset=GBK",
}
"""Dialects whose messages can be sent once more by a command, and as which Content-Type."""
SIGNED_IN_HEADERS = frozenset({"supervision"})
"""Dialects whose messages are signed in headers, which the journal does not keep: what it has cannot be explained."""


@dataclass(frozen=True)
class Side:
    """The request or the response: the bytes as text, read as GBK where that reads otherwise, and as hexadecimal
    figures; the fields they held, and names that the standard does not know.
    """

    wire: str
    gbk: str
    dump: str
    fields: tuple[FieldLine, ...]
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class MessagePage:
    """One exchange. `whole` says that the request is kept as it came, `ours` that no standard knows it, `explained`
    that it can be diagnosed, `clear` that nothing is masked, `altered` that the commands are not what was sent; `newer`
    and `older` are its neighbours among what was asked for, `may` is what the reader may do.
    """

    line: ExchangeLine
    request: Side
    response: Side
    peer: str
    terminal: str
    request_id: str
    refusal: str
    message: str
    remedy: str
    digest: str
    whole: bool
    ours: bool
    explained: bool
    replay_of: str
    repeat_of: str
    fault: str
    effect: str
    steps: tuple[Step, ...]
    signed: str
    curl: str
    call: str
    clear: bool
    altered: bool
    newer: str = ""
    older: str = ""
    suffix: str = ""
    may: tuple[str, ...] = ()


async def show(request: Request) -> Response:
    """The page of one exchange."""
    return await _shown(request, await operator(request, Right.SEE), clear=False)


async def show_clear(request: Request) -> Response:
    """The same with nothing masked: by right, on asking, and audited as such."""
    session = await operator(request, Right.SEE_PERSONAL)
    session.check_form((await form(request)).get("csrf", ""))
    return await _shown(request, session, clear=True)


async def record_of(request: Request, session: Session, act: str) -> Record:
    """The exchange that the address names; that somebody looked at it is written down. Raises HTTPException 404."""
    runtime, journal = runtime_of(request), desk_of(request).journal
    chain, seq = request.path_params["chain"], request.path_params["seq"]
    try:
        record = await journal.show(chain, seq)
    except UnknownEntry:
        raise HTTPException(404) from None
    now, place = runtime.wall.now_ms(), f"{chain}/{seq}"
    await runtime.database.write(lambda connection: audit(connection, now, session.operator, act, place))
    return record


async def _shown(request: Request, session: Session, *, clear: bool) -> Response:
    record = await record_of(request, session, "journal.view_clear" if clear else "journal.view")
    asked, runtime = Asked.of(request.query_params).everywhere, runtime_of(request)
    newer, older = await _around(desk_of(request).journal, record, asked, request)
    view = view_of(record, runtime.directory, address_of(request, runtime.settings), clear=clear)
    may = tuple(sorted(RIGHTS[session.role]))
    return page(request, "message.html", replace(view, newer=newer, older=older, suffix=asked.query, may=may))


async def _around(journal: Reader, record: Record, asked: Asked, request: Request) -> tuple[str, str]:
    """The neighbours' places among what was asked for; among all where the question cannot be."""
    try:
        search = asked.search(runtime_of(request).keyring)
    except (ValueError, SearchUnreadable):
        search = Asked().search(runtime_of(request).keyring)
    newer, older = await journal.newer(record.line, search), await journal.older(record.line, search)
    return (str(newer.reference) if newer else "", str(older.reference) if older else "")


def view_of(record: Record, partners: Directory, address: str, *, clear: bool = False) -> MessagePage:
    """What the page shows of an entry: everything masked, unless it is to be clear."""
    line, view = record.line, record.view
    partner = partners.find(line.dialect, line.app_id)
    spec = load(line.dialect, partner.profile) if partner else load(line.dialect)
    operation = spec.operations.get(line.operation)
    asked, answered = (operation.request, operation.response) if operation else ((), ())
    code, ours = meaning(spec, line.operation, line.outcome), line.operation in OWN_ACTS
    sent, whole = _text(spec, record.request, clear=clear), _text(spec, record.request, clear=True)
    values = dict(view.request) if clear else masked(view.request, asked, spec.personal)
    return MessagePage(
        line=told(line, partners),
        request=replace(
            _side(spec, record.request, asked, view.request, clear=clear, wrong=faults(record, operation)),
            unknown=operation.unknown(view.request) if operation else (),
        ),
        response=_side(spec, record.response, answered, view.answer or {}, clear=clear),
        peer=view.peer,
        terminal=view.terminal or "",
        request_id=line.request_id,
        refusal=view.refusal or "",
        message=view.message or "",
        remedy=code.remedy if code and view.refusal else "",
        digest=record.digest.hex(),
        whole=record.whole,
        ours=ours,
        explained=not ours and line.dialect not in SIGNED_IN_HEADERS,
        replay_of=str(view.replay_of) if view.replay_of else "",
        repeat_of=str(view.repeat_of) if view.repeat_of else "",
        fault=view.fault or "",
        effect=operation.effect if operation else "",
        steps=steps(record),
        signed="" if ours else _text(spec, signed_string(record, spec, partner).encode(), clear=clear),
        curl="" if ours or line.dialect not in POSTED else _curl(record, sent, address),
        call=_call(record, operation, values, spec, address),
        clear=clear,
        altered=not record.whole or sent != whole or (not clear and values != dict(view.request)),
    )


def _side(
    spec: Spec,
    data: bytes,
    fields: Iterable[Field],
    values: Mapping[str, object],
    *,
    clear: bool,
    wrong: tuple[FaultLine, ...] = (),
) -> Side:
    text, gbk = _text(spec, data, clear=clear), _text(spec, data, "gb18030", clear=clear)
    told_of = {fault.path: fault.message for fault in wrong}
    lines = [replace(one, fault=told_of.pop(one.path, "")) for one in field_lines(spec, fields, values, clear=clear)]
    titles = {field.name: field.title for field in fields}
    lines += [FieldLine(path, titles.get(path, ""), "", "", message) for path, message in told_of.items()]
    return Side(text, gbk if gbk != text else "", hex_lines(text), tuple(lines))


def _text(spec: Spec, data: bytes, charset: str = "utf-8", *, clear: bool) -> str:
    return data.decode(charset, "replace") if clear else wire_text(spec, data, charset)


def _curl(record: Record, sent: str, address: str) -> str:
    dialect = record.line.dialect
    return as_curl(address + PATHS[dialect], sent, POSTED[dialect](record.request))


def _call(record: Record, operation: Operation | None, values: Mapping[str, object], spec: Spec, address: str) -> str:
    if operation is None or not values or spec.dialect not in POSTED:
        return ""
    line, terminal = record.line, record.view.terminal
    options = ["--app-id", line.app_id, *(["--term-id", terminal] if terminal else [])]
    where = address + PATHS[spec.dialect]
    return as_call(line.dialect, line.operation, values, [*options, "--url", where, "--profile", spec.profile])


routes = [
    Route("/console/journal/{chain:str}/{seq:int}", show, methods=["GET"]),
    Route("/console/journal/{chain:str}/{seq:int}", show_clear, methods=["POST"]),
]
