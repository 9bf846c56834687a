"""The way to one other side that is called again and again: a client, what is repeated by itself, and a breaker.

What is only read is asked again once after a failure; an act is sent again only where it is certain that nothing was
sent. Everything else is for whoever knows what the act means: the outcome is unknown until it was asked for.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from yiqiao.dialects.convenience.client import AsyncClient, ConnectionFailed, Unanswered, Values
from yiqiao.exchange.breaker import Breaker

PAUSE_S = 0.2
_chance = random.SystemRandom()


class LeftAlone(ConnectionFailed):
    """The other side has not answered of late: nothing was sent. `left_s`: how long it is left alone still."""

    def __init__(self, left_s: float) -> None:
        super().__init__(f"对方连续无应答，暂停呼叫，约 {max(1, round(left_s))} 秒后再试")
        self.left_s = left_s


@dataclass(frozen=True)
class Line:
    """Calls over a client. Raises what the client raises, and LeftAlone."""

    client: AsyncClient
    breaker: Breaker = field(default_factory=lambda: Breaker(time.monotonic))
    pause_s: float = PAUSE_S

    async def call(self, name: str, values: Values) -> Mapping[str, object]:
        """Call a function. Raises KeyError, Invalid, Refused, ConnectionFailed, Unanswered, LeftAlone."""
        operation = self.client.speaker.spec.operations.get(name)
        reads = operation is not None and operation.effect == "read"
        try:
            return await self._once(name, values)
        except LeftAlone:
            raise
        except ConnectionFailed:
            pass
        except Unanswered:
            if not reads:
                raise
        await asyncio.sleep(self.pause_s * _chance.uniform(0.5, 1.5))
        return await self._once(name, values)

    async def _once(self, name: str, values: Values) -> Mapping[str, object]:
        if not self.breaker.admits():
            raise LeftAlone(self.breaker.left_s)
        answered = False
        try:
            answer = await self.client.call(name, values)
            answered = True
            return answer
        except (ConnectionFailed, Unanswered):
            raise
        except BaseException as other:
            answered = isinstance(other, Exception)  # refused, or never sent: the other side is not away for that
            raise
        finally:
            if answered:
                self.breaker.succeeded()
            else:
                self.breaker.failed()
