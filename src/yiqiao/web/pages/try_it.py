"""Trying an operation: a form filled with what this sandbox accepts, sent over the wire, and everything that was seen.

For this machine's own eyes alone, like the demo partner whose credentials it uses. The message is a real one: it goes
out over HTTP to the address at which this very request arrived, and the journal keeps it like any other.
"""

import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.dialects.ehealth_card import trial
from yiqiao.dialects.ehealth_card.server import PATH
from yiqiao.errors import DomainError
from yiqiao.journal.reader import Search
from yiqiao.partners.sessions import ForgeryRefused
from yiqiao.sandbox.demo import DIALECT, Demo
from yiqiao.sandbox.filled import Filled
from yiqiao.spec import CodeRow, Operation, Spec, load
from yiqiao.web.commands import as_call, as_curl
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import meaning
from yiqiao.web.masked import FieldLine, field_lines
from yiqiao.web.pages.sandbox import DESK, demo_of
from yiqiao.web.reception import form, whoever
from yiqiao.web.render import page
from yiqiao.web.try_form import PUBLIC, Input, content, inputs, public_inputs

JSON = "application/json; charset=utf-8"
WAIT_S = 8
"""Less than the browser waits for the answer to the form."""
ASKING = "ehc.ehealthcard.authurl"
ASKED_FOR = {"ehc.ehealthcard.auth.query": "out_authorize_no"}
"""Operations that ask for the outcome of an earlier ASKING, and under which serial."""


@dataclass(frozen=True)
class Sent:
    """What went out: the bytes, the string that was signed, the content before it was enciphered."""

    url: str
    body: str
    signed: str
    digest: str
    plain: str
    curl: str
    call: str


@dataclass(frozen=True)
class Came:
    """What came back. `tone` as in the journal; `record` is its place there; `trouble` (late, broken, or the fault in
    words) is told where it was no answer of a platform.
    """

    status: int = 0
    body: str = ""
    ms: float = 0.0
    code: str = ""
    title: str = ""
    message: str = ""
    cause: str = ""
    remedy: str = ""
    tone: str = "bad"
    trusted: bool = False
    fields: tuple[FieldLine, ...] = ()
    record: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class TryPage:
    """The form, and after it was sent what came of it. `refused`: the form could not be made into a message."""

    dialect: str
    operation: str
    title: str
    about: str
    effect: str
    app_id: str
    public: tuple[Input, ...]
    inputs: tuple[Input, ...]
    refused: str = ""
    sent: Sent | None = field(default=None)
    came: Came | None = None

    @property
    def needed(self) -> tuple[Input, ...]:
        """What has to be filled in, and what is."""
        return tuple(one for one in self.inputs if one.must == "yes" or one.value)

    @property
    def more(self) -> tuple[Input, ...]:
        """What may be filled in as well."""
        return tuple(one for one in self.inputs if one not in self.needed)


async def show(request: Request) -> Response:
    """The form, filled in. What the address names by a field's name goes before the sample."""
    demo, spec, operation = _called(request)
    await whoever(request)
    values = await _sample(request, operation)
    values |= {name: text for name, text in request.query_params.items() if name in values}
    return page(request, "try_it.html", _page(demo, spec, operation, values))


async def send(request: Request) -> Response:
    """The form, sent."""
    demo, spec, operation = _called(request)
    _check_origin(request)
    await whoever(request)
    runtime, values = runtime_of(request), await form(request)
    caller = trial.Caller(
        demo.app_id,
        values.get(PUBLIC + "term_id", ""),
        demo.secret,
        values.get(PUBLIC + "sign_type", ""),
        values.get(PUBLIC + "enc_type", ""),
    )
    given = content(operation, values)
    try:
        made = trial.made(spec, operation.name, given, caller, runtime.clock.now_ms())
    except DomainError as fault:
        return page(request, "try_it.html", _page(demo, spec, operation, values, refused=fault.message), 400)
    came = await _posted(request, made.body, spec, operation, demo)
    sent = _sent(request, operation, given, made, caller)
    return page(request, "try_it.html", _page(demo, spec, operation, values, sent=sent, came=came))


def _sent(
    request: Request, operation: Operation, given: Mapping[str, object], made: trial.Made, caller: trial.Caller
) -> Sent:
    base, body = str(request.base_url).rstrip("/"), made.body.decode()
    chosen = ["--term-id", caller.term_id, "--sign-type", caller.sign_type, "--enc-type", caller.enc_type]
    demo = ["--data", str(runtime_of(request).settings.folder.resolve()), "--url", base]
    return Sent(
        url=base + PATH,
        body=body,
        signed=made.signed,
        digest=made.digest,
        plain=made.plain,
        curl=as_curl(base + PATH, body, JSON),
        call=as_call(DIALECT, operation.name, given, [*chosen, *demo]),
    )


def _called(request: Request) -> tuple[Demo, Spec, Operation]:
    """Who may try what. Raises HTTPException 404 for strangers and for what this hub does not answer."""
    demo, name = demo_of(request), request.path_params["operation"]
    if demo is None or request.path_params["dialect"] != DIALECT:
        raise HTTPException(404)
    partner = runtime_of(request).directory.find(DIALECT, demo.app_id)
    spec = load(DIALECT, partner.profile if partner else "standard")
    if name not in runtime_of(request).ehealth_card.handlers.by_operation:
        raise HTTPException(404)
    return demo, spec, spec.operations[name]


def _check_origin(request: Request) -> None:
    """Nobody is signed in here, so the browser's word counts: a foreign page must not send messages for its reader."""
    origin = request.headers.get("origin")
    if origin is not None and origin != str(request.base_url).rstrip("/"):
        raise ForgeryRefused


async def _sample(request: Request, operation: Operation) -> dict[str, str]:
    runtime = runtime_of(request)
    filled = Filled(runtime.database, runtime.keyring, runtime.clock, runtime.cards)
    values = await filled.values(operation)
    values |= {name: text for name, text in DESK.items() if name in values}
    if operation.name in ASKED_FOR:
        serial = ASKED_FOR[operation.name]
        values[serial] = await _last_asked(request, serial) or values[serial]
    return values


async def _last_asked(request: Request, serial: str) -> str:
    """The serial of the demo partner's newest request for a consent."""
    journal = desk_of(request).journal
    found = await journal.search(Search(dialect=DIALECT, operation=ASKING), limit=1)
    if not found.lines:
        return ""
    record = await journal.show(found.lines[0].chain, found.lines[0].seq)
    return str(record.view.request.get(serial, ""))


def _page(
    demo: Demo,
    spec: Spec,
    operation: Operation,
    values: Mapping[str, str],
    *,
    refused: str = "",
    sent: Sent | None = None,
    came: Came | None = None,
) -> TryPage:
    terminals = tuple(CodeRow(terminal.term_id, terminal.name) for terminal in demo.terminals)
    return TryPage(
        dialect=DIALECT,
        operation=operation.name,
        title=operation.title,
        about=operation.about,
        effect=operation.effect,
        app_id=demo.app_id,
        public=public_inputs(spec, terminals, values),
        inputs=inputs(spec, operation, values),
        refused=refused,
        sent=sent,
        came=came,
    )


async def _posted(request: Request, body: bytes, spec: Spec, operation: Operation, demo: Demo) -> Came:
    """Send the bytes to the socket at which this request arrived, and read what comes back."""
    host, port = request.scope["server"]
    trusted = _own_certificate(request)
    address = f"{'https' if trusted else 'http'}://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
    try:
        async with httpx.AsyncClient(timeout=WAIT_S, verify=trusted or False, trust_env=False) as client:
            begun = time.monotonic()
            response = await client.post(address, content=body, headers={"content-type": JSON})
    except httpx.HTTPError as error:
        return Came(trouble="late" if isinstance(error, httpx.TimeoutException) else "broken")
    ms = round((time.monotonic() - begun) * 1000, 1)
    text = response.content.decode(errors="replace")
    record = await _kept(request, response.headers.get("x-request-id", ""))
    try:
        told = trial.answered(spec, operation.name, response.content, demo.secret)
    except DomainError as fault:
        return Came(response.status_code, text, ms, record=record, trouble=fault.message)
    code = meaning(spec, operation.name, told.code)
    return Came(
        status=response.status_code,
        body=text,
        ms=ms,
        code=told.code,
        title=code.title if code else "",
        message=told.message,
        cause=code.cause if code else "",
        remedy=code.remedy if code else "",
        tone="good" if told.code == spec.success_code else "warn",
        trusted=told.trusted,
        fields=field_lines(spec, operation.response, told.values or {}, clear=True),
        record=record,
    )


async def _kept(request: Request, request_id: str) -> str:
    """Where the journal has the exchange."""
    found = await desk_of(request).journal.search(Search(request_id=request_id), limit=1)
    return str(found.lines[0].reference) if found.lines else ""


def _own_certificate(request: Request) -> ssl.SSLContext | None:
    """The certificate that the hub serves with, if it does: believed by the hub itself for whatever name it has."""
    own = runtime_of(request).settings.tls_certificate
    if not own:
        return None
    context = ssl.create_default_context(cafile=own)
    context.check_hostname = False
    return context


routes = [
    Route("/try/{dialect:str}/{operation:str}", show, methods=["GET"]),
    Route("/try/{dialect:str}/{operation:str}", send, methods=["POST"]),
]
