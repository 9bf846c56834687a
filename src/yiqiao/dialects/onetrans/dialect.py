"""The unified library's platform as the common way of a message needs it."""

import re
import secrets
import time
from dataclasses import dataclass
from functools import cache

from yiqiao.clock import compact, parse_compact
from yiqiao.dialects.onetrans import envelope
from yiqiao.dialects.onetrans.faults import ParametersInvalid
from yiqiao.dialects.onetrans.scheme import CONTENT, KEY, SIGN, Scheme, scheme
from yiqiao.exchange.dialect import Opened, Values
from yiqiao.exchange.message import RawRequest
from yiqiao.exchange.recipes import MASK
from yiqiao.partners import Partner
from yiqiao.partners.public_keys import public_key_of
from yiqiao.spec import STANDARD, Invalid, Operation, ReturnCode, Spec, Table, load

NAME = "onetrans"
_SECRET = re.compile(r'("app_?[kK]ey"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^\s,}"]+)', re.DOTALL)
_SUSPECT = re.compile(rb'"app_?[kK]ey"')
_UNPROVEN = frozenset({CONTENT, SIGN, KEY})
_TIMESTAMP = re.compile(r"(\d{14})(\d{3})?(?:SS)?", re.ASCII)
"""yyyyMMddHHmmssSSS; the milliseconds may be missing, and some formatters leave a stray SS behind."""


@dataclass(frozen=True)
class Claimed:
    """A claim under the names that all dialects share. `received_ns` is monotonic."""

    envelope: envelope.Claim
    received_ns: int

    @property
    def app_id(self) -> str:
        return self.envelope.app_id

    @property
    def operation(self) -> str:
        return self.envelope.trans_type

    @property
    def terminal(self) -> None:
        """dev_no names a kiosk where there is one and proves nothing, so no list of devices is kept."""
        return None

    @property
    def timestamp(self) -> str | None:
        return self.envelope.timestamp


def laborious(claim: Claimed) -> bool:
    """Whether a message is signed with SM2: half a millisecond to verify, and as much to sign the answer."""
    return claim.envelope.params.get("signtype") == "SM2"


@cache
def scheme_of(profile: str) -> Scheme:
    """The scheme of a profile, once a process."""
    return scheme(load(NAME, profile).security)


@cache
def _parameters(profile: str) -> Table:
    """The public parameters as a table that they are held to; what is proven otherwise is not in it."""
    spec = load(NAME, profile)
    fields = tuple(field for field in spec.envelope_request if field.name not in _UNPROVEN)
    return Table("envelope.request", fields, spec.codes, spec.tolerate)


def in_ms(ms: int) -> str:
    """Epoch milliseconds as yyyyMMddHHmmssSSS, Beijing time."""
    return f"{compact(ms)}{ms % 1000:03}"


def signed_string(spec: Spec, body: bytes) -> str:
    """The string that the rule signs of a message, a mark where the key is. Raises the envelope's faults."""
    return scheme_of(spec.profile).string_to_sign(envelope.read_parameters(body), MASK)


class OneTrans:
    """`Dialect` of the unified library's platform.

    `private_key` is the hub's own for SM2 signatures, `area` the medical-insurance area (6 digits) that its message
    numbers begin with.
    """

    name = NAME
    content_type = "application/json; charset=GBK"

    def __init__(self, private_key: bytes, area: str) -> None:
        self._private_key = private_key
        self._area = area

    def spec(self, profile: str) -> Spec:
        return load(NAME, profile)

    def peek(self, raw: RawRequest) -> Claimed:
        return Claimed(envelope.peek(raw.body), raw.received_ns)

    def operation(self, claim: Claimed, spec: Spec) -> Operation | None:
        """By trans_type; the library's own function is none that a message could ask for."""
        found = spec.operations.get(claim.operation)
        return found if found is not None and found.transport == "http" else None

    def open(self, claim: Claimed, partner: Partner) -> Opened:
        opened = envelope.open_request(claim.envelope, self._keys(partner), scheme_of(partner.profile))
        params = {name: value for name, value in claim.envelope.params.items() if name not in _UNPROVEN}
        try:
            _parameters(partner.profile).validate(params)
        except Invalid as wrong:
            raise ParametersInvalid(wrong.message) from None
        return Opened(opened.values, opened.app_key, params)

    def sent_at(self, claim: Claimed) -> int | None:
        found = _TIMESTAMP.fullmatch(claim.timestamp or "")
        try:
            if found is not None:
                return parse_compact(found[1]) + int(found[2] or 0)
        except ValueError:
            pass
        raise ParametersInvalid("公共参数 timestamp 应为 yyyyMMddHHmmssSSS（北京时间）格式的真实时间")

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
        waited_ms = (time.monotonic_ns() - claim.received_ns) // 1_000_000 if claim is not None else 0
        told = {
            "code": code.code,
            "err_msg": message[:200],
            "inf_refmsgid": f"{self._area}{compact(now_ms)}{secrets.token_hex(5)}",
            "refmsg_time": in_ms(now_ms - waited_ms),
            "respond_time": in_ms(now_ms),
        }
        said = claim.envelope if claim is not None else None
        return envelope.seal_response(said, told, answer, self._answering(partner, secret), scheme_of(profile))

    def kept(self, raw: RawRequest) -> bytes:
        """The body without an app_key that it may carry, even where it is no message that could be read."""
        body = raw.body
        if _SUSPECT.search(body) is None:
            return body
        # By characters, not bytes: the second byte of a GBK character may be a backslash.
        text = body.decode("gb18030", "surrogateescape")
        cut = _SECRET.sub(r'\1"***"', text)
        return body if cut == text else cut.encode("gb18030", "surrogateescape")

    def _keys(self, partner: Partner) -> envelope.Keys:
        return envelope.Keys(partner.secrets, public_key_of(partner), self._private_key)

    def _answering(self, partner: Partner | None, secret: str | None) -> envelope.Keys | None:
        """Whoever is on file gets a signed answer, a refusal too: under the key that fitted, else the newest."""
        app_keys = (secret,) if secret else partner.secrets if partner is not None else ()
        return envelope.Keys(app_keys, None, self._private_key) if app_keys else None
