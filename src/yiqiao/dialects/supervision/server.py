"""Where the dialect hangs on HTTP: an address for each operation; messages come by POST."""

from starlette.types import ASGIApp

from yiqiao.clock import Clock
from yiqiao.dialects.supervision.dialect import BIG_ATTACHMENT, NAME, number, paths
from yiqiao.exchange.http import Answers, Endpoint
from yiqiao.exchange.message import Headers, RawRequest
from yiqiao.spec import STANDARD, load


class _At(Endpoint):
    """One operation's address, which its messages must fit."""

    def __init__(self, gateway: Answers, clock: Clock, max_body: int, path: str) -> None:
        super().__init__(gateway, clock, max_body)
        self._path = path

    def raw(self, body: bytes, headers: Headers, peer: str, started: int) -> tuple[RawRequest, str]:
        request, request_id = super().raw(body, headers, peer, started)
        return request._replace(path=self._path), request_id


def endpoints(gateway: Answers, clock: Clock) -> dict[str, ASGIApp]:
    """The addresses of everything that comes as JSON. The limit of a request is the standard's (1.1.8)."""
    limit = number(load(NAME, STANDARD), "max_bytes")
    return {path: _At(gateway, clock, limit, path) for path, code in paths().items() if code != BIG_ATTACHMENT}
