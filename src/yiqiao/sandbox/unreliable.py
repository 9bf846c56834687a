"""Between the network and a gateway of any dialect: lets happen to a message what the switches say.

Stands in the way only in a sandbox that listens on loopback; anywhere else the header is not even looked at.
"""

import asyncio
from typing import Any

import structlog

from yiqiao.errors import DomainError
from yiqiao.exchange.circumstances import Circumstances
from yiqiao.exchange.gateway import Gateway
from yiqiao.exchange.message import RawRequest, RawResponse
from yiqiao.sandbox.controls import Controls
from yiqiao.sandbox.faults import HEADER, Faults, FaultUnreadable, parse
from yiqiao.spec import STANDARD

_HEADER = HEADER.lower().encode()
PROXY_PAGE = RawResponse(
    body=(
        b"<html>\r\n<head><title>500 Internal Server Error</title></head>\r\n<body>\r\n"
        b"<center><h1>500 Internal Server Error</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n"
    ),
    outcome="500",
    content_type="text/html",
    status=500,
)

log = structlog.get_logger("yiqiao.sandbox")


class Unreliable:
    """Answers as its gateway does, unless something is to go wrong."""

    def __init__(self, gateway: Gateway[Any, Any], controls: Controls) -> None:
        self._gateway = gateway
        self._controls = controls

    async def answer(self, raw: RawRequest) -> RawResponse:
        """Answer one message, or not. Never raises."""
        text = None
        for name, value in raw.headers:
            if name == _HEADER:
                text = value
                break
        if text is None and self._controls.usual:
            return await self._gateway.answer(raw)
        clock = self._controls.clock
        usual = Circumstances(fault=clock.named(), clock_note=clock.note())
        try:
            faults = await self._faults(raw, text)
        except FaultUnreadable as error:
            return RawResponse(error.message.encode(), "400", "text/plain; charset=utf-8", 400)
        except DomainError as failure:
            log.warning("faults could not be counted, none happens", reason=failure.name)
            faults = None
        if faults is None:
            return await self._gateway.answer(raw, usual)
        return await self._struck(raw, faults, faults.under(usual))

    async def refuse(self, raw: RawRequest, refusal: DomainError) -> RawResponse:
        """Answer a message that the transport has refused already. Never raises."""
        return await self._gateway.refuse(raw, refusal)

    async def _struck(self, raw: RawRequest, faults: Faults, under: Circumstances) -> RawResponse:
        response = PROXY_PAGE
        if faults.proxy == "before":
            await self._gateway.withheld(raw, response, under)
        elif faults.twice:
            await self._gateway.answer(raw, under._replace(fault=f"{under.fault} (1/2)"))
            response = await self._gateway.answer(raw, under._replace(fault=f"{under.fault} (2/2)"))
        else:
            response = await self._gateway.answer(raw, under)
        if faults.late:
            await asyncio.sleep(faults.late / 1000)
        if faults.lost:
            return response._replace(lost=True)
        return PROXY_PAGE if faults.proxy else response

    async def _faults(self, raw: RawRequest, text: bytes | None) -> Faults | None:
        """What goes wrong with this message. Raises FaultUnreadable, StorageUnreachable, StorageFailed."""
        if text is None and self._controls.idle:
            return None
        asked = None if text is None else self._known(parse(text.decode("latin-1")))
        return await self._controls.striking(self._gateway.dialect.name, self._app_id(raw), asked)

    def _known(self, faults: Faults) -> Faults:
        """The faults, where the dialect has the return code that they ask for. Raises FaultUnreadable."""
        codes = set(self._gateway.dialect.spec(STANDARD).errors.values())
        if faults.refuse and faults.refuse not in codes:
            raise FaultUnreadable(f"返回码 {faults.refuse} 不可用，可用：{'、'.join(sorted(codes))}")
        return faults

    def _app_id(self, raw: RawRequest) -> str:
        """Who claims to call; empty where it cannot be read."""
        try:
            app_id: str = self._gateway.dialect.peek(raw).app_id
        except DomainError:
            return ""
        return app_id if len(app_id) <= 64 and app_id.isascii() and app_id.isprintable() else ""
