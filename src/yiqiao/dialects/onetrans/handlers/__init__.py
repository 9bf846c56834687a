"""One short function an operation, one module a chapter: the standard's words → the region → the standard's words."""

from collections.abc import Callable
from typing import Any

from yiqiao.dialects.onetrans.services import OneTransServices
from yiqiao.exchange.dialect import Act, Call, Handler, Handlers
from yiqiao.exchange.request import Request


class Once(Handlers[OneTransServices]):
    """Handlers that are reached by a msgid of their own only."""

    def handles(self, operation: str) -> Callable[[Handler[OneTransServices]], Handler[OneTransServices]]:
        """The msgid is noted before the handler begins: for those that ask somebody else."""
        keep = super().handles(operation)

        def mark(handler: Handler[OneTransServices]) -> Handler[OneTransServices]:
            async def admitted(request: Request, call: Call, services: OneTransServices) -> Act[Any]:
                await services.messages.admit(call)
                return await handler(request, call, services)

            keep(admitted)
            return handler

        return mark

    def commits(self, operation: str) -> Callable[[Handler[OneTransServices]], Handler[OneTransServices]]:
        """The msgid is noted in the transaction of what the handler wants done: for those that only read before it."""
        keep = super().handles(operation)

        def mark(handler: Handler[OneTransServices]) -> Handler[OneTransServices]:
            async def admitted(request: Request, call: Call, services: OneTransServices) -> Act[Any]:
                act = await handler(request, call, services)
                return act.through(services.messages.once(call, act.write))

            keep(admitted)
            return handler

        return mark


handlers = Once()
"""Filled by the modules beside this one; whoever wants all of them takes it from `complete`."""
