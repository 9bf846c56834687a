"""Who carries the sandbox channel's notices that could not be delivered at once, as a channel does all the time."""

import asyncio
from contextlib import suppress

import structlog

from yiqiao.errors import DomainError
from yiqiao.sandbox.channels.sandbox import SandboxChannel

ROUND_S = 5.0
log = structlog.get_logger("yiqiao.sandbox")


class Postman:
    """Goes his rounds in the background until he is stopped."""

    def __init__(self, channel: SandboxChannel, *, round_s: float = ROUND_S) -> None:
        self._channel, self._round_s = channel, round_s
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin the rounds."""
        self._task = asyncio.create_task(self._rounds())

    async def stop(self) -> None:
        """End them."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _rounds(self) -> None:
        while True:
            await asyncio.sleep(self._round_s)
            try:
                await self._channel.deliver()
            except DomainError as away:
                log.warning("the notices of a sandbox's channel wait", why=away.name)
