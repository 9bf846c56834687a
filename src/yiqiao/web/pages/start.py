"""The start page: what this hub is and where it answers; in a sandbox on this machine, all that a first call needs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from shlex import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.dialects.ehealth_card.server import PATH
from yiqiao.partners import Terminal
from yiqiao.sandbox.demo import DIALECT, Demo
from yiqiao.spec import load
from yiqiao.web.commands import program
from yiqiao.web.pages.launching import PATH as LAUNCHING
from yiqiao.web.pages.sandbox import (
    DESK,
    NOTHING_NEW,
    VERIFY,
    ExchangesView,
    LiveCodeView,
    demo_of,
    last_exchanges,
    live_code,
)
from yiqiao.web.reception import whoever
from yiqiao.web.render import page

TRIED_AT: Mapping[str, str] = {"cmc": LAUNCHING, "ehealth_card": "/try/ehealth_card/{}"}
"""The pages on which operations can be tried, by dialect; {} is the operation."""


@dataclass(frozen=True)
class Address:
    """Something that answers at an address; `key` names it in the table of words."""

    key: str
    method: str
    url: str


@dataclass(frozen=True)
class OperationLine:
    """An operation that this hub answers; `tried_at` is the page where it can be tried, empty without one."""

    dialect: str
    name: str
    title: str
    about: str
    tried_at: str


@dataclass(frozen=True)
class DemoView:
    """The demo partner's credentials, and two commands that work as they stand."""

    app_id: str
    terminals: tuple[Terminal, ...]
    code: LiveCodeView
    exchanges: ExchangesView
    call: str
    curl: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class StartPage:
    """The start page."""

    sandbox: bool
    addresses: tuple[Address, ...]
    operations: tuple[OperationLine, ...]
    demo: DemoView | None


async def show(request: Request) -> Response:
    """The start page."""
    runtime = runtime_of(request)
    await whoever(request)
    base = address_of(request, runtime.settings)
    demo = demo_of(request)
    view = StartPage(
        sandbox=runtime.settings.sandbox,
        addresses=_addresses(base) + ((Address("launch", "GET", base + LAUNCHING),) if demo else ()),
        operations=_operations(runtime),
        demo=await _demo_view(request, demo, base) if demo else None,
    )
    return page(request, "start.html", view)


def address_of(request: Request, settings: Settings) -> str:
    """The hub's address as this browser knows it, unless the settings say how others do."""
    return settings.address if settings.public_url else str(request.base_url).rstrip("/")


def _addresses(base: str) -> tuple[Address, ...]:
    return (
        Address("gateway", "POST", base + PATH),
        Address("health", "GET", base + "/healthz"),
        Address("ready", "GET", base + "/readyz"),
        Address("metrics", "GET", base + "/metrics"),
    )


def _operations(runtime: Runtime) -> tuple[OperationLine, ...]:
    return tuple(
        OperationLine(
            dialect, operation.name, operation.title, operation.about, TRIED_AT.get(dialect, "").format(operation.name)
        )
        for dialect, gateway in runtime.gateways.items()
        for operation in load(dialect).operations.values()
        if operation.name in gateway.handlers.by_operation
    )


async def _demo_view(request: Request, demo: Demo, base: str) -> DemoView:
    runtime = runtime_of(request)
    return DemoView(
        app_id=demo.app_id,
        terminals=demo.terminals,
        code=live_code(runtime, demo),
        exchanges=await last_exchanges(request, NOTHING_NEW),
        call=_call(runtime.settings, base),
        curl=_curl(base),
        secret=demo.secret,
    )


def _curl(base: str) -> str:
    """A command that sends a message made by the hub itself, with what every curl has had for decades."""
    return f"curl -s {base}/sandbox/message | curl -s -H 'Content-Type: application/json' --data-binary @- {base}{PATH}"


def _call(settings: Settings, base: str) -> str:
    """A command that verifies a fresh code as the demo partner, wherever the reader's shell stands."""
    values = [f"{name}={value}" for name, value in DESK.items()]
    options = ["--data", str(settings.folder.resolve()), "--url", base]
    fresh = f'ehealth_code="$(curl -s {base}/sandbox/code.txt)"'
    words = [quote(program()), "call", DIALECT, VERIFY, fresh, *map(quote, values), *map(quote, options)]
    return " ".join(words)


routes = [Route("/", show)]
