"""An internet hospital's attachments in the supervisor's console: what is missing, what came, and the files by right.

A file leaves as bytes to be saved, never as something that a browser opens: what hospitals send is not ours. Whoever
fetches one may see personal data, and the audit knows of it.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.partners.roles import RIGHTS, Right
from yiqiao.ports.attachment_store import AttachmentDamaged
from yiqiao.region.supervision.attachments.refusals import AttachmentUnknown
from yiqiao.region.supervision.refusals import UnknownInstitution
from yiqiao.storage.attachments import AttachmentRow, Counts, Missing
from yiqiao.web.pages.console_supervision_institutions import AT as INSTITUTIONS
from yiqiao.web.payment_acts import written_down
from yiqiao.web.reception import operator
from yiqiao.web.render import page

AT = f"{INSTITUTIONS}/{{app_id:str}}/attachments"
SHOWN = 100
_AS_BYTES = {
    "content-type": "application/octet-stream",
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "cache-control": "no-store",
}


@dataclass(frozen=True)
class Line:
    """An attachment, and where its file is fetched; no address: the operator has no right to it."""

    row: AttachmentRow
    file: str


@dataclass(frozen=True)
class AttachmentsPage:
    """The page."""

    app_id: str
    name: str
    counts: Counts
    missing: tuple[Missing, ...]
    lines: tuple[Line, ...]
    above: str = INSTITUTIONS


async def show(request: Request) -> Response:
    """What is missing and what came."""
    session = await operator(request, Right.SEE)
    runtime, app_id = runtime_of(request), request.path_params["app_id"]
    try:
        institution = await runtime.supervision.institutions.show(app_id)
    except UnknownInstitution:
        raise HTTPException(404) from None
    kept = runtime.supervision.attachments
    may = Right.SEE_PERSONAL in RIGHTS[session.role]
    view = AttachmentsPage(
        app_id=app_id,
        name=institution.row.name,
        counts=await kept.counts(app_id),
        missing=tuple(await kept.missing(app_id, SHOWN)),
        lines=tuple(
            Line(row, file_address(row.app_id, row.atta_id, row.version) if may else "")
            for row in await kept.latest(app_id, SHOWN)
        ),
    )
    return page(request, "console_attachments.html", view)


async def file(request: Request) -> Response:
    """The file itself."""
    session = await operator(request, Right.SEE_PERSONAL)
    kept, app_id = runtime_of(request).supervision.attachments, request.path_params["app_id"]
    asked = request.query_params.get("version", "")
    try:
        version = int(asked) if asked.isascii() and asked.isdecimal() else None
        row = await kept.version(app_id, request.query_params.get("id", ""), version)
    except AttachmentUnknown:
        raise HTTPException(404) from None
    await written_down(
        request, session, "supervision.attachment", app_id, {"attachment": row.atta_id, "version": row.version}
    )
    pieces = kept.content(row)
    try:
        first = await anext(pieces)
    except AttachmentDamaged as damaged:
        raise HTTPException(410, damaged.message) from None
    headers = {**_AS_BYTES, "content-length": str(row.size), "content-disposition": _disposition(row)}
    return StreamingResponse(_behind(first, pieces), headers=headers)


async def _behind(first: bytes, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in pieces:
        yield piece


def _disposition(row: AttachmentRow) -> str:
    """A name to save it under: a plain one for every browser, the sender's own id for those that can read it."""
    own = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in row.atta_id).strip(".")
    named = quote(f"{own or 'attachment'}.{row.file_type}", safe="")
    return f"attachment; filename=\"attachment.{row.file_type}\"; filename*=UTF-8''{named}"


def file_address(app_id: str, atta_id: str, version: int | None = None) -> str:
    """Where a file is fetched; without a version, the newest."""
    asked = urlencode({"id": atta_id, "version": "" if version is None else version})
    return f"{INSTITUTIONS}/{quote(app_id, safe='')}/attachments/file?{asked}"


routes = [
    Route(f"{AT}/file", file, methods=["GET"]),
    Route(AT, show, methods=["GET"]),
]
