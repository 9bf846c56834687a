"""The hub on HTTP: the dialects' addresses, health, and counters. Pages are hung beside them by who serves pages."""

import gc
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Lifespan, Receive, Scope, Send

from yiqiao import __version__
from yiqiao.app import control, door, payments
from yiqiao.app.runtime import Runtime, open_runtime
from yiqiao.app.settings import Settings
from yiqiao.clock import Clock
from yiqiao.dialects.cmc import server as cmc
from yiqiao.dialects.convenience import server as convenience
from yiqiao.dialects.ehealth_card import server as ehealth_card
from yiqiao.dialects.onetrans import server as onetrans
from yiqiao.dialects.supervision import server as supervision
from yiqiao.dialects.supervision.big_attachment import big_attachments
from yiqiao.errors import DomainError
from yiqiao.spec import forget_documents


class Hub(Starlette):
    """The ASGI application. A message for a gateway goes straight to it: what a framework puts around a page (routing,
    two layers of error pages) costs as much as opening and sealing the message, and a gateway needs none of it.
    """

    def __init__(self, *, routes: Sequence[BaseRoute], lifespan: Lifespan["Hub"]) -> None:
        super().__init__(routes=routes, lifespan=lifespan)
        self.gateways: dict[str, ASGIApp] = {}
        """By path, for messages that come by POST."""
        self.entrances: dict[str, ASGIApp] = {}
        """By path, for messages that come as the query of a GET."""
        self.at_once = {"POST": self.gateways, "GET": self.entrances}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            gateway = self.at_once.get(scope["method"], {}).get(scope["path"])
            if gateway is not None:
                await gateway(scope, receive, send)
                return
            ways = [method for method, paths in self.at_once.items() if scope["path"] in paths]
            if ways:
                await _not_that_way(ways)(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def _not_that_way(ways: Sequence[str]) -> Response:
    """For who calls a dialect's address by another method: the address in a browser, most often."""
    told = f"这是接口地址，只接受 {'、'.join(ways)} 请求；报文怎样发送，见 /docs\n"
    return PlainTextResponse(told, status_code=405, headers={"allow": ", ".join(ways)})


def runtime_of(request: Request) -> Runtime:
    """The hub that serves a request."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def healthz(_: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok", "version": __version__})


async def readyz(request: Request) -> Response:
    """Messages can be answered: the database is there."""
    try:
        await runtime_of(request).database.read(lambda connection: connection.exec_driver_sql("SELECT 1").scalar())
    except DomainError as error:
        return JSONResponse({"status": "unavailable", "why": error.message}, status_code=503)
    return JSONResponse({"status": "ready"})


async def metrics(request: Request) -> Response:
    """Counters for Prometheus."""
    return PlainTextResponse(runtime_of(request).metrics.text(), media_type="text/plain; version=0.0.4")


async def command(request: Request) -> Response:
    """The sandbox told what to do by `yiqiao sandbox` on this machine."""
    runtime = runtime_of(request)
    status, said = await control.obey(runtime.playground, runtime.settings, request.headers, request.stream())
    return JSONResponse(said, status_code=status)


async def channel_notice(request: Request) -> Response:
    """A payment channel says that something happened to an order or a refund."""
    runtime, body = runtime_of(request), b""
    async for part in request.stream():
        body += part
        if len(body) > payments.LARGEST_NOTICE:
            return Response(b"too large", status_code=413)
    headers = {name.lower(): value for name, value in request.headers.items()}
    status, content_type, said = await runtime.channel_notices.take(request.path_params["channel"], headers, body)
    return Response(said, status_code=status, media_type=content_type)


def _settle_memory() -> None:
    """What is loaded by now stays: the collector need not look at it again and again while messages are answered."""
    forget_documents()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)


def build(
    settings: Settings,
    pages: Sequence[BaseRoute] = (),
    clock: Clock | None = None,
    prepare: Callable[[Runtime], Awaitable[None]] | None = None,
) -> Hub:
    """The ASGI application. The hub opens with its lifespan; `prepare` runs before the first request."""

    @asynccontextmanager
    async def lifespan(app: Hub) -> AsyncIterator[None]:
        async with open_runtime(settings, clock) as runtime:
            app.state.runtime = runtime
            app.gateways |= ehealth_card.endpoints(
                runtime.answering(runtime.ehealth_card), runtime.wall, settings.max_body
            )
            app.entrances |= cmc.endpoints(runtime.answering(runtime.cmc), runtime.wall)
            app.gateways |= convenience.endpoints(
                runtime.answering(runtime.convenience), runtime.wall, settings.max_body
            )
            app.entrances |= convenience.descriptions()
            app.gateways |= onetrans.endpoints(runtime.answering(runtime.onetrans), runtime.wall, settings.max_body)
            app.gateways |= convenience.endpoints(
                runtime.answering(runtime.platform), runtime.wall, settings.max_body, "platform"
            )
            app.entrances |= convenience.descriptions("platform")
            app.gateways |= supervision.endpoints(runtime.answering(runtime.uploads), runtime.wall)
            large = big_attachments(
                runtime.answering(runtime.uploads), runtime.uploads, runtime.supervision.attachments, runtime.wall
            )
            app.gateways |= large
            app.entrances |= large
            if prepare is not None:
                await prepare(runtime)
            _settle_memory()
            yield

    fixed = [
        Route("/healthz", healthz),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
        Route(door.PATH, command, methods=["POST"]),
        Route(f"{payments.NOTICES}/{{channel}}", channel_notice, methods=["POST"]),
    ]
    return Hub(routes=[*fixed, *pages], lifespan=lifespan)
