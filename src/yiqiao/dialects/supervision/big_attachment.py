"""Where large attachments come in (2.1.2): a form with a file in it, of any length, taken in as it comes.

The signature covers the headers and a fixed `data`, so who sends is known before a byte of the file is read. The file
goes to the store piece by piece; what the gateway then gets, and the journal keeps, is the form with the SM3 of the
file in the file's place.

Going on after a break is ours; a sender that knows nothing of it sends the whole file again. One that does says with
the first try what will come, asks how much of it is here, and sends the rest:

    POST  Upload-Digest: SM3 of the whole file (hex)    Upload-Offset: where in it this request's file begins (0)
    GET   Upload-Digest: …  and the four signed headers → data: {"offset": bytes that are here, "whole": true or false}
"""

import contextlib
import re
import time
from collections.abc import Awaitable, Mapping
from typing import NamedTuple, Protocol

import orjson
import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from yiqiao.clock import Clock
from yiqiao.dialects.supervision.dialect import BIG_ATTACHMENT, NAME, parse_uptime
from yiqiao.dialects.supervision.envelope import SUCCESS, peek, seal_response
from yiqiao.dialects.supervision.faults import ParametersInvalid
from yiqiao.dialects.supervision.forms import FILE, NAMED_BY, form_values
from yiqiao.errors import DomainError
from yiqiao.exchange.http import Endpoint, Gone, deliver
from yiqiao.exchange.message import Headers, RawRequest, RawResponse
from yiqiao.exchange.multipart import FormReader
from yiqiao.ports.attachment_store import AttachmentStoreFailed, AttachmentStoreFull, Stored
from yiqiao.region.supervision.attachments.naming import fit_id, fit_type
from yiqiao.region.supervision.attachments.receiving import Receiving
from yiqiao.region.supervision.attachments.service import Attachments
from yiqiao.spec import STANDARD, load
from yiqiao.storage import StorageFailed, StorageUnreachable

DRAINED = 16 << 20
"""Bytes that are still read of a file that is refused: many senders hear an answer only when they have sent."""
_DIGEST, _OFFSET = b"upload-digest", b"upload-offset"
_SM3 = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"\d{1,15}", re.ASCII)
_OURS = (AttachmentStoreFull, AttachmentStoreFailed, StorageFailed, StorageUnreachable)
"""Faults that are not the file's: what was announced and is here already stays."""

log = structlog.get_logger("yiqiao.supervision")


class Counter(Protocol):
    """The gateway, as this address needs it."""

    async def answer(self, raw: RawRequest) -> RawResponse: ...

    async def refuse(self, raw: RawRequest, refusal: DomainError) -> RawResponse: ...


class Doorkeeper(Protocol):
    """Who judges whether somebody is let in before the file has come."""

    async def admits(self, raw: RawRequest) -> RawResponse | None: ...

    async def turn_away(self, raw: RawRequest, refusal: DomainError) -> RawResponse: ...


class Announced(NamedTuple):
    """What a sender says of the file: its SM3 (hex; None where it says nothing), and where in it the request begins."""

    digest: str | None
    offset: int


def announced(headers: Headers) -> Announced:
    """What the headers say. Raises ParametersInvalid."""
    said = {name.lower(): value.decode("latin-1").strip().lower() for name, value in headers}
    digest, offset = said.get(_DIGEST), said.get(_OFFSET, "0")
    if digest is not None and not _SM3.fullmatch(digest):
        raise ParametersInvalid("HTTP 头 Upload-Digest 应为整个文件的 SM3，64 位十六进制")
    if not _NUMBER.fullmatch(offset) or (digest is None and offset != "0"):
        raise ParametersInvalid("HTTP 头 Upload-Offset 应为非负整数，且须与 Upload-Digest 一起使用")
    return Announced(digest, int(offset))


def described(fields: Mapping[str, str], stored: Stored | None) -> bytes:
    """The form as the gateway gets it: the file is named, not quoted. None: it never got a name."""
    return orjson.dumps({**fields, FILE: f"{NAMED_BY}{stored.digest if stored else ''}"})


class BigAttachment(Endpoint):
    """The ASGI application at the address of large attachments."""

    def __init__(self, gateway: Counter, door: Doorkeeper, attachments: Attachments, clock: Clock, path: str) -> None:
        super().__init__(gateway, clock, max_body=0)
        self._door = door
        self._attachments = attachments
        self._path = path

    def direct(self, headers: Headers) -> Endpoint | None:
        """Never: what is read at once would be read whole."""
        return None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic_ns()
        headers, peer = tuple(scope["headers"]), scope["client"][0] if scope.get("client") else ""
        raw, request_id = self.raw(b"", headers, peer, started)
        raw, body = raw._replace(path=self._path), _Body(receive)
        try:
            if scope["method"] == "GET":
                response = await self._asked(raw)
            else:
                response = await self._taken(raw, body)
            await body.drain()
        except Gone:
            return
        await deliver(receive, send, response, request_id, close=not body.whole)

    async def _asked(self, raw: RawRequest) -> RawResponse:
        """How much of a file is here. It changes nothing, so it is no exchange of its own."""
        refused = await self._door.admits(raw)
        if refused is not None:
            return refused
        try:
            digest, _ = announced(raw.headers)
            if digest is None:
                raise ParametersInvalid("请在 HTTP 头 Upload-Digest 中写明整个文件的 SM3")
            standing = await self._attachments.standing(peek(raw.headers).app_id, digest)
        except DomainError as refusal:
            return await self._door.turn_away(raw, refusal)
        told = orjson.dumps(standing._asdict()).decode()
        return RawResponse(seal_response(SUCCESS, "成功", told), SUCCESS)

    async def _taken(self, raw: RawRequest, body: "_Body") -> RawResponse:
        refused = await self._door.admits(raw)
        if refused is not None:
            return refused
        claim = peek(raw.headers)
        try:
            form = FormReader(raw.content_type, FILE)
            await self._attachments.admit(claim.app_id, claim.randomstr)
            receiving = await self._attachments.begin(claim.app_id, *announced(raw.headers))
        except DomainError as refusal:
            return await self._door.turn_away(raw, refusal)
        try:
            await _streamed(body, form, receiving)
            _complete(form.fields)
            stored = await receiving.finish()
        except DomainError as refusal:
            await _tidied(receiving.broken() if isinstance(refusal, _OURS) else receiving.drop())
            return await self._door.turn_away(raw._replace(body=described(form.fields, None)), refusal)
        except BaseException:
            await _tidied(receiving.broken())
            raise
        response = await self.gateway.answer(raw._replace(body=described(form.fields, stored)))
        if response.outcome == SUCCESS:
            await _tidied(receiving.settle(stored))
        return response


async def _tidied(tidying: Awaitable[None]) -> None:
    """Tidy up; what cannot be tidied up now is swept later."""
    try:
        await tidying
    except DomainError as failure:
        log.warning("an upload was not tidied up", reason=failure.name)


async def _streamed(body: "_Body", form: FormReader, receiving: Receiving) -> None:
    """Take in a form. What can be judged early is judged early. Raises refusals."""
    judged = False
    while (piece := await body.piece()) is not None:
        pieces = form.feed(piece)
        if not judged and "fileType" in form.fields:
            receiving.says(fit_type(form.fields["fileType"]))
            judged = True
        for one in pieces:
            await receiving.write(one)
    form.end()


def _complete(fields: Mapping[str, str]) -> None:
    """What is said of the file is judged before it gets a name.

    Raises Invalid, ParametersInvalid, AttachmentIdUnfit, AttachmentTypeUnfit.
    """
    load(NAME, STANDARD).operations[BIG_ATTACHMENT].validate(form_values({**fields, FILE: NAMED_BY}))
    parse_uptime(fields["uptime"])
    fit_id(fields["attaId"])
    fit_type(fields["fileType"])


class _Body:
    """The body of a request, piece by piece; the server reads no faster than it is taken."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.whole = False
        """Whether all of it was read."""

    async def piece(self) -> bytes | None:
        """The next piece, or None at the end. Raises Gone."""
        if self.whole:
            return None
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise Gone
        self.whole = not message.get("more_body", False)
        found: bytes = message.get("body", b"")
        return found

    async def drain(self) -> None:
        """Read on for a while, to no purpose."""
        left = DRAINED
        with contextlib.suppress(Gone):
            while left > 0 and (piece := await self.piece()) is not None:
                left -= len(piece)


def big_attachments(gateway: Counter, door: Doorkeeper, attachments: Attachments, clock: Clock) -> dict[str, ASGIApp]:
    """The address of large attachments, for a POST and for a GET."""
    path = load(NAME, STANDARD).operations[BIG_ATTACHMENT].path
    return {path: BigAttachment(gateway, door, attachments, clock, path)}
