"""What can go wrong between us and a simulated platform, ordered call by call."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from enum import StrEnum

from starlette.responses import Response


class Fault(StrEnum):
    """What happens to a call."""

    LOST = "lost"  # it is done, and a proxy answers in the platform's place
    DROPPED = "dropped"  # it is not done, and a proxy answers
    FORGED = "forged"  # it is done, and the answer is signed with another key
    UNSIGNED = "unsigned"  # it is done, and the answer bears no signature
    LATE = "late"  # it is done, and the answer comes when nobody waits any more
    SYSTEM = "system"  # it is done, and the platform says that it does not know
    BUSY = "busy"  # it is not done: too many calls


PROXY = Response(b"<html><body>502 Bad Gateway</body></html>", 502, media_type="text/html")


class Weather:
    """The faults in store; fine where there are none."""

    def __init__(self, late_s: float = 3.0) -> None:
        self.late_s = late_s
        self._ordered: deque[Fault | None] = deque()

    def order(self, *faults: Fault | None) -> None:
        """What happens to the next calls, one after another; None: nothing."""
        self._ordered.extend(faults)

    def next(self) -> Fault | None:
        """What happens to this call."""
        return self._ordered.popleft() if self._ordered else None

    async def answered(self, fault: Fault | None, answer: Callable[[], Awaitable[Response]]) -> Response:
        """Answer, as far as these faults of the way let it come through."""
        if fault is Fault.DROPPED:
            return PROXY
        response = await answer()
        if fault is Fault.LATE:
            await asyncio.sleep(self.late_s)
        return PROXY if fault is Fault.LOST else response
