"""Where the dialect hangs on HTTP: a link that a browser follows, and the session that it ends in."""

from starlette.types import ASGIApp, Receive, Scope

from yiqiao.clock import Clock
from yiqiao.exchange.http import Answers, Endpoint
from yiqiao.exchange.message import Headers, RawResponse

PATH = "/redirect/client/web/get"
COOKIE = "yiqiao_workstation"
HOME = "/workstation"
LONGEST_QUERY = 8192
_SEE_OTHER = 303
_SUCCESS = "2"
_NOT_KEPT: Headers = (
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""The address of a launch holds a patient's data: nobody may keep it or hand it on."""


def endpoints(gateway: Answers, clock: Clock) -> dict[str, ASGIApp]:
    """The one address; launches come by GET."""
    return {PATH: LaunchEndpoint(gateway, clock, LONGEST_QUERY)}


def cookie(token: str) -> tuple[bytes, bytes]:
    """The header that hands the session's token to the browser, out of reach of scripts."""
    return b"set-cookie", f"{COOKIE}={token}; Path={HOME}; HttpOnly; SameSite=Lax".encode()


class LaunchEndpoint(Endpoint):
    """An endpoint whose message is the query. A good launch is led on to a page whose address tells nothing."""

    async def received(self, scope: Scope, receive: Receive) -> tuple[bytes, bool]:
        query: bytes = scope["query_string"]
        return query[: self.max_body], len(query) <= self.max_body

    def dressed(self, response: RawResponse, *, secure: bool) -> RawResponse:
        status = _SEE_OTHER if response.outcome.startswith(_SUCCESS) else int(response.outcome[:3])
        headers = _secure(response.headers) if secure else response.headers
        return response._replace(status=status, headers=(*headers, *_NOT_KEPT))


def _secure(headers: Headers) -> Headers:
    return tuple((name, value + b"; Secure" if name == b"set-cookie" else value) for name, value in headers)
