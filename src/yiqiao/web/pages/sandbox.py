"""What the start page shows of a sandbox, and keeps fresh: the demo credentials, a live code, the last exchanges.

Credentials are for this machine's own eyes: they are shown only while the hub listens on loopback and the browser asked
for it by a loopback name, so that neither a proxy nor a foreign page (by rebinding a name of its own) gets to see them.
"""

from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from yiqiao.app.http import runtime_of
from yiqiao.app.runtime import Runtime
from yiqiao.clock import compact
from yiqiao.dialects.ehealth_card import trial
from yiqiao.sandbox.demo import DIALECT, LIVE_CODE_S, Demo
from yiqiao.spec import load
from yiqiao.web.desk import desk_of
from yiqiao.web.exchanges import ExchangeLine, newest
from yiqiao.web.pictures import code_picture
from yiqiao.web.render import fragment

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHOWN = 10
NOTHING_NEW = "-"
"""Said to have been seen where no line shall stand out as new: on a page that is shown for the first time."""
VERIFY = "ehc.ehealthcode.verify"
DESK = {
    "treatment_code": "010101",
    "office_code": "0300",
    "operator_id": "1001",
    "operator_name": "演示操作员",
    "ip_addr": "127.0.0.1",
}
"""The desk at which the demo verifies codes: a registration window of the demo hospital."""


@dataclass(frozen=True)
class LiveCodeView:
    """A code with its picture. `left_ms` and `life_ms`: how long it lives still, and in all."""

    name: str
    text: str
    left_ms: int
    life_ms: int
    svg: str = field(repr=False)


@dataclass(frozen=True)
class ExchangesView:
    """The last exchanges; `seen` is the newest one that the browser knew already."""

    lines: tuple[ExchangeLine, ...]
    seen: str = ""

    @property
    def newest(self) -> str:
        """The newest one's place; empty where there is none."""
        return self.lines[0].place if self.lines else ""

    def fresh(self) -> frozenset[str]:
        """The places of those that the browser did not know."""
        known = False
        found = set()
        for line in self.lines:
            known = known or line.place == self.seen
            if not known and self.seen != NOTHING_NEW:
                found.add(line.place)
        return frozenset(found)


def demo_of(request: Request) -> Demo | None:
    """The sandbox's demo, if this browser may see it."""
    runtime = runtime_of(request)
    if runtime.settings.on_loopback and request.url.hostname in LOOPBACK:
        return runtime.demo
    return None


def live_code(runtime: Runtime, demo: Demo) -> LiveCodeView:
    """A fresh code, drawn."""
    code = demo.live_code()
    left_ms = max(0, code.expires_ms - runtime.clock.now_ms())
    return LiveCodeView(code.name, code.text, left_ms, LIVE_CODE_S * 1000, code_picture(code.text))


async def last_exchanges(request: Request, seen: str) -> ExchangesView:
    """The last exchanges, for a browser that knows those up to `seen` already."""
    return ExchangesView(await newest(desk_of(request).journal, runtime_of(request).directory, SHOWN), seen)


async def code(request: Request) -> Response:
    """A fresh code in place of the one that is about to expire."""
    demo = _demo(request)
    return fragment(request, "fragments/code.html", live_code(runtime_of(request), demo))


async def code_text(request: Request) -> Response:
    """A fresh code's text alone, for a command line."""
    return PlainTextResponse(_demo(request).live_code().text)


async def exchanges(request: Request) -> Response:
    """The last exchanges, where there are newer ones than the browser knows; else nothing (204)."""
    _demo(request)
    view = await last_exchanges(request, request.query_params.get("seen", ""))
    if view.newest == view.seen:
        return Response(status_code=204)
    return fragment(request, "fragments/exchanges.html", view)


async def message(request: Request) -> Response:
    """A verification of a fresh code, signed and encrypted: to be sent to the gateway as it is."""
    demo, now = _demo(request), runtime_of(request).clock.now_ms()
    content = {
        "ehealth_code": demo.live_code().text,
        "out_verify_no": f"page-{now}",
        "out_verify_time": compact(now),
        **DESK,
    }
    caller = trial.Caller(demo.app_id, demo.terminals[0].term_id, demo.secret)
    return Response(trial.made(load(DIALECT), VERIFY, content, caller, now).body, media_type="application/json")


def _demo(request: Request) -> Demo:
    demo = demo_of(request)
    if demo is None:
        raise HTTPException(404)
    return demo


routes = [
    Route("/sandbox/code", code),
    Route("/sandbox/code.txt", code_text),
    Route("/sandbox/exchanges", exchanges),
    Route("/sandbox/message", message),
]
