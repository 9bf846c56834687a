"""A visit followed: the records of one medical service in the order in which they happened, from the record over the
prescription to the delivery, with the dialogue, the attachments and what the rules found.

Personal values are masked; in full they are shown by right, on asking, and that is written down.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import orjson
from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.supervision_quality import PROFILE
from yiqiao.dialects.supervision.dialect import NAME
from yiqiao.dialects.supervision.filing import KINDS
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.region.supervision.kinds import Kind, title
from yiqiao.region.supervision.overview import ORDER
from yiqiao.region.supervision.pages import content, page_of
from yiqiao.spec import load
from yiqiao.storage import supervision, supervision_quality
from yiqiao.storage import supervision_records as stored
from yiqiao.storage.supervision_quality import FindingRow
from yiqiao.storage.supervision_records import RecordRow
from yiqiao.web.masked import FieldLine, field_lines
from yiqiao.web.pages.console_attachments import file_address
from yiqiao.web.pages.console_supervision import AT
from yiqiao.web.payment_acts import written_down
from yiqiao.web.reception import operator
from yiqiao.web.render import page

MOST = 100
TIMES = ("visitTime", "createTime", "applyTime", "startTime")
"""When something happened, by whichever of these a record has."""


@dataclass(frozen=True)
class Said:
    """A line of the dialogue."""

    at: str
    doctor: bool
    text: str


@dataclass(frozen=True)
class RecordView:
    """A record of the service. `attachments`: each an id and where it is fetched, empty for whom may not."""

    row: RecordRow
    title: str
    at: str
    fields: tuple[FieldLine, ...]
    dialogue: tuple[Said, ...]
    attachments: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class FlowPage:
    """A medical service. `clear`: personal values are shown in full; `ask` leads there, empty where that is not
    allowed.
    """

    app_id: str
    hospital: str
    home: str
    flow_no: str
    records: tuple[RecordView, ...]
    missing: tuple[str, ...]
    findings: tuple[tuple[FindingRow, str, str], ...]
    clear: bool
    ask: str


async def show(request: Request) -> Response:
    """The service."""
    clear = request.query_params.get("clear") == "1"
    session = await operator(request, Right.SEE_PERSONAL if clear else Right.SEE)
    app_id, flow_no = request.path_params["app_id"], request.query_params.get("flow", "")
    if not flow_no or not flow_no.isprintable() or not app_id.isprintable():
        raise HTTPException(404)
    runtime = runtime_of(request)

    def read(connection: Connection) -> tuple[str, list[tuple[RecordRow, bytes]], list[FindingRow]]:
        institution = supervision.find_institution(connection, app_id)
        if institution is None:
            raise HTTPException(404)
        records = []
        for row in stored.of_flow(connection, app_id, flow_no, MOST):
            sealed = stored.page(connection, app_id, row.batch_id, page_of(row.place))
            records.append((row, content(runtime.keyring, sealed, row.place) if sealed else b"{}"))
        return institution.name, records, supervision_quality.findings_of_flow(connection, app_id, flow_no)

    hospital, records, found = await runtime.database.read(read)
    if not records:
        raise HTTPException(404)
    if clear:
        await written_down(request, session, "supervision.reveal", f"{app_id}/{flow_no}")
    may = Right.SEE_PERSONAL in RIGHTS[session.role]
    views = sorted((_view(row, text, clear=clear, may=may) for row, text in records), key=_order)
    here = {one.row.kind for one in views}
    rules = runtime.reviewer.rules
    at = f"{AT}/hospitals/{app_id}"
    view = FlowPage(
        app_id=app_id,
        hospital=hospital,
        home=at,
        flow_no=flow_no,
        records=tuple(views),
        missing=tuple(title(kind) for kind in (Kind.ORDER, Kind.VISIT) if kind not in here),
        findings=tuple((row, rules.title(row.rule), _remedy(request, row)) for row in found),
        clear=clear,
        ask=f"{at}/flows?{urlencode({'flow': flow_no, 'clear': '1'})}" if may and not clear else "",
    )
    return page(request, "console_supervision_flow.html", view)


def _remedy(request: Request, row: FindingRow) -> str:
    rule = runtime_of(request).reviewer.rules.by_id.get(row.rule)
    return rule.remedy if rule else ""


def _view(row: RecordRow, text: bytes, *, clear: bool, may: bool) -> RecordView:
    values: Mapping[str, object] = orjson.loads(text)
    spec = load(NAME, PROFILE)
    operation = spec.operations[next(code for code, kind in KINDS.items() if kind == row.kind)]
    lines = values.get("process")
    dialogue = lines if isinstance(lines, list) else []
    said = tuple(
        Said(str(one.get("processTime", "")), str(one.get("role")) == "2", str(one.get("content", "")) if clear else "")
        for one in dialogue
        if isinstance(one, Mapping)
    )
    shown = {name: value for name, value in values.items() if name != "process"}
    at = next((str(values[name]) for name in TIMES if values.get(name)), "")
    return RecordView(
        row,
        title(row.kind),
        at,
        field_lines(spec, operation.request, shown, clear=clear),
        said,
        tuple((one, file_address(row.app_id, one) if may else "") for one in _attachments(values)),
    )


def _attachments(value: object) -> list[str]:
    """All ids of attachments that a record names, wherever they stand."""
    if isinstance(value, list):
        return [found for one in value for found in _attachments(one)]
    if not isinstance(value, Mapping):
        return []
    named = str(value.get("attaId") or "")
    inner = [found for one in value.values() for found in _attachments(one)]
    return [*(part.strip() for part in named.split(",") if part.strip()), *inner]


def _order(one: RecordView) -> tuple[str, int]:
    return one.at or "9", [kind.value for kind in ORDER].index(one.row.kind)


routes = [Route(f"{AT}/hospitals/{{app_id}}/flows", show, methods=["GET"])]
