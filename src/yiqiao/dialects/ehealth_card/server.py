"""Where the dialect hangs on HTTP."""

from starlette.routing import Route

from yiqiao.clock import Clock
from yiqiao.exchange.http import Answers, Endpoint

PATH = "/ehcService/gateway.do"


def routes(gateway: Answers, clock: Clock, max_body: int) -> list[Route]:
    """The gateway's one address."""
    return [Route(PATH, Endpoint(gateway, clock, max_body), methods=["POST"])]
