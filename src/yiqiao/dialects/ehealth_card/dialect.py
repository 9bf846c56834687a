"""The electronic health card platform as the common way of a message needs it."""

import re
from functools import cache
from typing import NamedTuple

from yiqiao.clock import compact, parse_compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.exchange.dialect import Opened, Values
from yiqiao.exchange.message import RawRequest
from yiqiao.partners import Partner
from yiqiao.spec import STANDARD, Fault, Invalid, Operation, ReturnCode, Spec, load

NAME = "ehealth_card"
_SECRET_MEMBER = re.compile(rb'("key"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}"]+)', re.DOTALL)
_SECRET_FORM_FIELD = re.compile(rb"(^|&)(key=)[^&]*")
_EPOCH_MS = re.compile(r"\d{13}", re.ASCII)


class Claimed(NamedTuple):
    """A claim under the names that all dialects share."""

    envelope: envelope.Claim

    @property
    def app_id(self) -> str:
        return self.envelope.app_id

    @property
    def operation(self) -> str:
        return self.envelope.method

    @property
    def terminal(self) -> str | None:
        return self.envelope.term_id

    @property
    def timestamp(self) -> str | None:
        return self.envelope.timestamp


@cache
def _scheme(profile: str) -> envelope.Scheme:
    return envelope.scheme(load(NAME, profile).security)


class EhealthCard:
    """`Dialect` of the electronic health card platform."""

    name = NAME
    content_type = "application/json; charset=utf-8"

    def spec(self, profile: str) -> Spec:
        return load(NAME, profile)

    def peek(self, raw: RawRequest) -> Claimed:
        return Claimed(envelope.peek(raw.body, raw.content_type))

    def operation(self, claim: Claimed, spec: Spec) -> Operation | None:
        return spec.operations.get(claim.operation)

    def open(self, claim: Claimed, partner: Partner) -> Opened:
        opened = envelope.open_request(claim.envelope, partner.secrets, _scheme(partner.profile))
        return Opened(opened.biz, opened.secret)

    def sent_at(self, claim: Claimed) -> int | None:
        """yyyyMMddHHmmss as the standard has it, or epoch milliseconds as some senders do."""
        text = claim.timestamp or ""
        if _EPOCH_MS.fullmatch(text):
            return int(text)
        try:
            return parse_compact(text)
        except ValueError:
            fault = Fault("timestamp", "format", "应为 yyyyMMddHHmmss（北京时间）或 13 位毫秒时间戳")
            raise Invalid((fault,)) from None

    def seal(
        self,
        claim: Claimed | None,
        partner: Partner | None,
        secret: str | None,
        code: ReturnCode,
        message: str,
        answer: Values | None,
        now_ms: int,
    ) -> bytes:
        profile = partner.profile if partner is not None else STANDARD
        said = claim.envelope if claim is not None else None
        in_ms = self.spec(profile).settings.get("timestamp") == "epoch_ms"
        told_at = str(now_ms) if in_ms else compact(now_ms)
        return envelope.seal_response(said, code.code, message[:200], answer, secret, _scheme(profile), told_at)

    def kept(self, raw: RawRequest) -> bytes:
        """The body without the application's secret, even where it could not be read as the message it should be."""
        body = raw.body
        if b"key" not in body:
            return body
        return _SECRET_FORM_FIELD.sub(rb"\1\2***", _SECRET_MEMBER.sub(rb'\1"***"', body))
