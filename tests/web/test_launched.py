"""Who launches and does not ask for HTML is answered straight from the connection; a browser is not."""

from starlette.types import Receive, Scope, Send

from yiqiao.clock import SystemClock
from yiqiao.dialects.cmc.server import LONGEST_QUERY, LaunchEndpoint
from yiqiao.errors import DomainError
from yiqiao.exchange.message import RawRequest, RawResponse
from yiqiao.web.launched import ForBrowsers


class Nobody:
    async def answer(self, raw: RawRequest) -> RawResponse:
        raise NotImplementedError

    async def refuse(self, raw: RawRequest, refusal: DomainError) -> RawResponse:
        raise NotImplementedError


ENDPOINT = LaunchEndpoint(Nobody(), SystemClock(), LONGEST_QUERY)


def test_who_does_not_ask_for_html_is_answered_by_the_endpoint_itself() -> None:
    entrance = ForBrowsers(ENDPOINT)
    assert entrance.direct(()) is ENDPOINT
    assert entrance.direct(((b"host", b"hub"), (b"accept", b"application/json"))) is ENDPOINT


def test_a_browser_is_not_since_a_refusal_has_to_be_shown_to_it() -> None:
    assert ForBrowsers(ENDPOINT).direct(((b"accept", b"text/html,application/xhtml+xml,*/*;q=0.8"),)) is None


def test_what_is_no_endpoint_is_never_answered_directly() -> None:
    async def description(scope: Scope, receive: Receive, send: Send) -> None: ...

    assert ForBrowsers(description).direct(()) is None
