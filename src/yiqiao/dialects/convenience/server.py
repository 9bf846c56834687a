"""Where the dialect hangs on HTTP: one address a profile, for SOAP in both versions, plain documents, and the WSDL.

The hospital's side stands under /convenience; the platform's, which hospitals call, under /platform/convenience.

A partner's profile decides how its messages are read, whichever address they come to; the address decides only under
which names the service describes itself.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

from yiqiao.clock import Clock
from yiqiao.dialects.convenience import soap
from yiqiao.dialects.convenience.dialect import METHOD
from yiqiao.dialects.convenience.functions import NAME, by_method, spec_of
from yiqiao.dialects.convenience.strict_xml import UnreadableMessage
from yiqiao.exchange.http import Answers, Endpoint
from yiqiao.exchange.message import Headers, RawResponse
from yiqiao.spec import STANDARD, profiles

PATH = "/convenience"
PREFIX = {"hospital": "", "platform": "/platform"}
"""Before the path, by the side that answers."""
_MESSAGE = re.compile(r"<RETURN_MSG><!\[CDATA\[(.*?)\]\]></RETURN_MSG>", re.DOTALL)


def endpoints(gateway: Answers, clock: Clock, max_body: int, callee: str = "hospital") -> dict[str, ASGIApp]:
    """By path, for messages that come by POST; `callee` is the side that answers."""
    return {
        path_of(one, callee): DocumentEndpoint(gateway, clock, max_body, service_of(one, callee))
        for one in profiles(NAME)
    }


def descriptions(callee: str = "hospital") -> dict[str, ASGIApp]:
    """By path, the service's description, which comes by GET (`?wsdl`)."""
    return {path_of(one, callee): _description(service_of(one, callee)) for one in profiles(NAME)}


def path_of(profile: str, callee: str = "hospital") -> str:
    """The address of a profile; the standard's is the shortest."""
    return f"{PREFIX[callee]}{PATH}" if profile == STANDARD else f"{PREFIX[callee]}{PATH}/{profile}"


def service_of(profile: str, callee: str = "hospital") -> soap.Service:
    """The service as the profile names it, in its section `settings.service` (`platform_service` for that side)."""
    spec = spec_of(profile)
    said = spec.settings.get("service" if callee == "hospital" else "platform_service")
    named = said if isinstance(said, dict) else {}
    functions = tuple(name for name in spec.operations if by_method(profile, name, callee) is not None)
    return soap.Service(str(named["name"]), str(named["namespace"]), tuple(named["dispatchers"]), functions)


class DocumentEndpoint(Endpoint):
    """An endpoint that takes the document out of whatever SOAP is around it, and puts the answer back into the same."""

    def __init__(self, gateway: Answers, clock: Clock, max_body: int, service: soap.Service) -> None:
        super().__init__(gateway, clock, max_body)
        self._service = service
        self._functions = frozenset(service.functions)
        self._methods = self._functions | set(service.dispatchers)

    async def answered(
        self, body: bytes, headers: Headers, peer: str, started: int, *, whole: bool, secure: bool
    ) -> tuple[RawResponse, str]:
        headers = tuple(header for header in headers if header[0] != METHOD)
        if not soap.is_soap(body):
            return await super().answered(body, headers, peer, started, whole=whole, secure=secure)
        try:
            called = soap.opened(body) if whole else None
        except UnreadableMessage as unreadable:
            response, request_id = await self._refused(body, headers, peer, started, unreadable)
            return self._fault(response, _version(body)), request_id
        if called is None:
            response, request_id = await super().answered(body, headers, peer, started, whole=False, secure=secure)
            return self._fault(response, _version(body)), request_id
        if called.method in self._functions:
            headers = (*headers, (METHOD, called.method.encode()))
        document = called.document.encode(errors="surrogatepass")
        response, request_id = await super().answered(document, headers, peer, started, whole=True, secure=secure)
        if response.lost:
            return response, request_id
        if response.stranger:
            return self._fault(response, called.version), request_id
        wrapped = soap.answered(called, response.body.decode(), self._service)
        return response._replace(body=wrapped, content_type=soap.content_type(called.version)), request_id

    async def _refused(
        self, body: bytes, headers: Headers, peer: str, started: int, refusal: UnreadableMessage
    ) -> tuple[RawResponse, str]:
        raw, request_id = self.raw(body, headers, peer, started)
        return await self.gateway.refuse(raw, refusal), request_id

    def _fault(self, response: RawResponse, version: str) -> RawResponse:
        told = _MESSAGE.search(response.body.decode())
        text = f"{told[1] if told else '请求未受理'}（返回码 {response.outcome}）"
        return response._replace(body=soap.fault(version, text), content_type=soap.content_type(version), status=500)


def _version(body: bytes) -> str:
    return soap.V12 if soap.V12.encode() in body[:2048] else soap.V11


def _description(service: soap.Service) -> ASGIApp:
    async def describe(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"127.0.0.1").decode("latin-1")
        wsdl = soap.description(service, f"{scope.get('scheme', 'http')}://{host}{scope['path']}")
        length = str(len(wsdl)).encode()
        told = [(b"content-type", b"text/xml; charset=utf-8"), (b"content-length", length)]
        await send({"type": "http.response.start", "status": 200, "headers": told})
        await send({"type": "http.response.body", "body": wsdl})

    return describe
