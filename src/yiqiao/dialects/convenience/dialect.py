"""The convenience platform as the common way of a message needs it: the hospital's side of the wire."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from yiqiao.dialects.convenience import content, envelope
from yiqiao.dialects.convenience.faults import EmptyContent
from yiqiao.dialects.convenience.functions import NAME, by_code, by_method, spec_of, told
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER, RESPONSE_ORDER, Scheme, scheme
from yiqiao.dialects.convenience.wording import shortened
from yiqiao.exchange.dialect import Opened, Values
from yiqiao.exchange.message import RawRequest
from yiqiao.exchange.recipes import MASK
from yiqiao.partners import Partner
from yiqiao.spec import STANDARD, Operation, ReturnCode, Spec

_SECRET = re.compile(rb"(<(PASSWORD|RULE_VALUE|DAE147)>)(?:(?!</\2>).)+(</\2>)", re.DOTALL)
METHOD = b"x-soap-method"
"""The header under which the transport hands on the web service's method; a caller's own header of it is dropped."""


@dataclass(frozen=True)
class Claim:
    """Who claims to call. `method` is the web service's method, None for a plain document."""

    envelope: envelope.Claim
    method: str | None

    @property
    def app_id(self) -> str:
        return self.envelope.user_id

    @property
    def operation(self) -> str:
        return self.envelope.fun_code or self.method or ""

    @property
    def terminal(self) -> None:
        return None

    @property
    def timestamp(self) -> None:
        return None


@cache
def scheme_of(profile: str) -> Scheme:
    """The scheme of a profile, once a process."""
    return scheme(spec_of(profile).security)


class Convenience:
    """`Dialect` of the convenience platform; `callee` is the side that answers here."""

    name = NAME
    content_type = "text/xml; charset=utf-8"

    def __init__(self, callee: str = "hospital") -> None:
        self._callee = callee

    def spec(self, profile: str) -> Spec:
        return spec_of(profile)

    def peek(self, raw: RawRequest) -> Claim:
        method = next((value.decode() for name, value in raw.headers if name == METHOD), None)
        return Claim(envelope.peek(raw.body, by_name=method is not None), method)

    def operation(self, claim: Claim, spec: Spec) -> Operation | None:
        """By the number where there is one; a function without a number goes by the method's name."""
        code = claim.envelope.fun_code
        if not code:
            return by_method(spec.profile, claim.method or "", self._callee)
        return by_code(spec.profile, code, self._callee)

    def open(self, claim: Claim, partner: Partner) -> Opened:
        opened = envelope.open_request(claim.envelope, partner.secrets, scheme_of(partner.profile))
        operation = self.operation(claim, spec_of(partner.profile))
        if operation is None:
            return Opened({}, opened.secret)
        if not opened.tree and any(branch.field.required is True for branch in operation.asks.branches):
            raise EmptyContent
        return Opened(content.fitted(operation.asks.branches, opened.tree), opened.secret)

    def sent_at(self, claim: Claim) -> None:
        """The wire carries no time."""
        return

    def seal(
        self,
        claim: Claim | None,
        partner: Partner | None,
        secret: str | None,
        code: ReturnCode,
        message: str,
        answer: Values | None,
        now_ms: int,
    ) -> bytes:
        spec = spec_of(partner.profile if partner is not None else STANDARD)
        operation = self.operation(claim, spec) if claim is not None else None
        if operation is not None and answer is None and code.code in operation.returns and operation.outcome:
            code, message, answer = spec.success, spec.success.title, _within(operation, code, message)
        number, text = told(spec, code, message)
        root = operation.response_root if operation is not None else ""
        written = content.written(root, answer) if answer and root else ""
        # Whoever is known gets a signed answer, a refusal too: clients look at nothing else.
        key = secret or (partner.secrets[0] if partner is not None and partner.secrets else None)
        return envelope.seal_response(number, text, written, key, scheme_of(spec.profile)).encode()

    def kept(self, raw: RawRequest) -> bytes:
        """The document as it came: the key never travels. Passwords that stand in plain sight are cut out."""
        return _SECRET.sub(rb"\1***\3", raw.body) if _SECRET.search(raw.body) else raw.body


def signed_string(spec: Spec, body: bytes) -> str:
    """The string that the rule signs of a document, a mark where the key is. Raises the envelope's faults."""
    values, nested = envelope.read_parameters(body)
    order = REQUEST_ORDER if "FUN_CODE" in values or "REQ_ENCRYPTED" in values else RESPONSE_ORDER
    reading = next(iter(envelope.readings_of(values, order, nested=nested)))
    return scheme_of(spec.profile).string_to_sign(reading, order, MASK)


def _within(operation: Operation, code: ReturnCode, message: str) -> Mapping[str, object]:
    """A refusal that the standard puts into the content, under RETURN_CODE 0."""
    outcome = operation.outcome
    if outcome is None:
        return {}
    shortest = next((field.length for field in operation.response if field.name == outcome.message), None)
    text = shortened(message, shortest) if shortest else message
    return operation.answers.to_wire(operation.shape({outcome.code: code.code, outcome.message: text}))
