"""Where the dialect hangs on HTTP."""

from starlette.types import ASGIApp

from yiqiao.clock import Clock
from yiqiao.exchange.http import Answers, Endpoint

PATH = "/onetrans"


def endpoints(gateway: Answers, clock: Clock, max_body: int) -> dict[str, ASGIApp]:
    """The gateway's one address; messages come by POST."""
    return {PATH: Endpoint(gateway, clock, max_body)}
