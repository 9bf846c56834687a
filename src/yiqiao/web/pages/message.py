"""One exchange of the journal: what went over the wire, what it said, and its story. Looking at it is audited."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.journal.reader import Record, UnknownEntry
from yiqiao.partners import Directory
from yiqiao.partners.audit import audit
from yiqiao.partners.roles import Right
from yiqiao.spec import Field, load
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, meaning, told
from yiqiao.web.masked import FieldLine, field_lines, hex_lines, wire_text
from yiqiao.web.reception import operator
from yiqiao.web.render import page


@dataclass(frozen=True)
class Side:
    """The request or the response: the bytes as text and as hexadecimal figures, and the fields they held."""

    wire: str
    dump: str
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True)
class MessagePage:
    """One exchange. `whole` says that the request is kept as it came; `newer` and `older` are its neighbours."""

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
    replay_of: str
    fault: str
    newer: str
    older: str


async def show(request: Request) -> Response:
    """The page of one exchange."""
    session = await operator(request, Right.SEE)
    runtime, journal = runtime_of(request), desk_of(request).journal
    chain, seq = request.path_params["chain"], request.path_params["seq"]
    try:
        record = await journal.show(chain, seq)
    except UnknownEntry:
        raise HTTPException(404) from None
    now, place = runtime.wall.now_ms(), f"{chain}/{seq}"
    await runtime.database.write(lambda connection: audit(connection, now, session.operator, "journal.view", place))
    newer, older = await journal.newer(record.line), await journal.older(record.line)
    around = (str(newer.reference) if newer else "", str(older.reference) if older else "")
    return page(request, "message.html", view_of(record, runtime.directory, *around))


def view_of(record: Record, partners: Directory, newer: str = "", older: str = "") -> MessagePage:
    """What the page shows of an entry: everything masked."""
    spec, view = load(record.line.dialect), record.view
    operation = spec.operations.get(record.line.operation)
    asked, answered = (operation.request, operation.response) if operation else ((), ())
    code = meaning(spec, record.line.operation, record.line.outcome)

    def side(data: bytes, fields: tuple[Field, ...], values: "dict[str, object]") -> Side:
        text = wire_text(spec, data)
        return Side(text, hex_lines(text), field_lines(spec, fields, values))

    return MessagePage(
        line=told(record.line, partners),
        request=side(record.request, tuple(asked), dict(view.request)),
        response=side(record.response, tuple(answered), dict(view.answer or {})),
        peer=view.peer,
        terminal=view.terminal or "",
        request_id=record.line.request_id,
        refusal=view.refusal or "",
        message=view.message or "",
        remedy=code.remedy if code and view.refusal else "",
        digest=record.digest.hex(),
        whole=record.whole,
        replay_of=str(view.replay_of) if view.replay_of else "",
        fault=view.fault or "",
        newer=newer,
        older=older,
    )


routes = [Route("/console/journal/{chain:str}/{seq:int}", show)]
