"""The launch of the doctor's workstation as the common way of a message needs it."""

from functools import cache

import orjson

from yiqiao.clock import parse_compact
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.envelope import Claim
from yiqiao.exchange.dialect import Opened, Values
from yiqiao.exchange.message import RawRequest
from yiqiao.partners import Partner
from yiqiao.spec import Fault, Invalid, Operation, ReturnCode, Spec, load

NAME = "cmc"


@cache
def scheme_of(profile: str) -> envelope.Scheme:
    """The scheme of a profile, once a process."""
    return envelope.scheme(load(NAME, profile).security)


class Cmc:
    """CMC 工作台对接技术说明书."""

    name = NAME
    content_type = "application/json; charset=utf-8"

    def spec(self, profile: str) -> Spec:
        return load(NAME, profile)

    def peek(self, raw: RawRequest) -> Claim:
        return envelope.peek(raw.body)

    def operation(self, claim: Claim, spec: Spec) -> Operation | None:
        return spec.operations.get(claim.operation)

    def open(self, claim: Claim, partner: Partner) -> Opened:
        secret = envelope.verify(claim, partner.secrets, scheme_of(partner.profile))
        # Empty places are absent values to everybody behind the envelope.
        return Opened({name: value for name, value in claim.values.items() if value}, secret)

    def sent_at(self, claim: Claim) -> int | None:
        try:
            return parse_compact(claim.timestamp)
        except ValueError:
            fault = Fault("timestamp", "format", "（时间戳）应为 yyyyMMddHHmmss 格式的东八区时间，并检查拼接次序")
            raise Invalid((fault,)) from None

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
        """The standard has no answer; ours is this JSON, and a page made of it where a person looks."""
        told = {"code": code.code, "title": code.title, "message": message, "remedy": code.remedy}
        return orjson.dumps(told | dict(answer or {}))

    def kept(self, raw: RawRequest) -> bytes:
        """The query as it came: the secret never travels."""
        return raw.body
