"""Signatures of the electronic health card platform under the microscope: what `yiqiao sign` knows of this dialect.

The rule is the profile's `Scheme`; the hypotheses on what a sender did instead are those all dialects share, with this
standard's own names: the order of the tables, the plain content behind biz_content, the parameters that may be absent.
`diagnostics` is the entrance.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import orjson

from yiqiao.clock import compact
from yiqiao.dialects.ehealth_card import envelope
from yiqiao.dialects.ehealth_card.conclusion import conclude
from yiqiao.dialects.ehealth_card.examination import Examination, content_type
from yiqiao.dialects.ehealth_card.parameters import CONTENT, read_parameters
from yiqiao.dialects.ehealth_card.scheme import Scheme, scheme
from yiqiao.exchange.diagnosis import Fit, Report, Verdict, Words
from yiqiao.exchange.strict_json import UnreadableMessage, loads

NAME = "ehealth_card"
TITLE = "电子健康卡平台对接技术标准"


def _shipped_profiles() -> Sequence[str]:
    from yiqiao.spec import profiles

    return profiles(NAME)


def _shipped_scheme(profile: str) -> Scheme:
    from yiqiao.spec import load

    return scheme(load(NAME, profile).security)


@dataclass(frozen=True)
class EhealthCardDiagnostics:
    """`Diagnostics` of this dialect: names of profiles, the default first, and the scheme of each."""

    profiles: Callable[[], Sequence[str]] = _shipped_profiles
    scheme: Callable[[str], Scheme] = _shipped_scheme
    title: str = TITLE

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A signed request or answer from a JSON object of public parameters with biz_content as an object.

        An absent timestamp becomes `now_ms`; sign_type and enc_type may be left out. Raises the envelope's faults.
        """
        parsed = loads(draft, "草稿")
        if not isinstance(parsed, dict):
            raise UnreadableMessage("应是 JSON 对象", None, "草稿")
        biz = parsed.pop(CONTENT, {})
        if isinstance(biz, str):
            biz = loads(biz.encode(), "biz_content") if biz else {}
        if not isinstance(biz, dict):
            raise UnreadableMessage("biz_content 应是 JSON 对象", None, "草稿")
        params, _ = read_parameters(orjson.dumps(parsed))
        params.setdefault("timestamp", compact(now_ms))
        message = envelope.seal_request(params, biz, secret, self.scheme(profile))
        if "ret_code" not in params:
            envelope.peek(message)
        return message

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """By the profile's rule alone, no hypotheses."""
        return Examination(message, secret, profile, self.scheme(profile)).judge()

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The content as text. Raises EmptyMessage, UnreadableMessage, UnknownCipher, SigningFailed, DecryptionFailed;
        the signature is not looked at.
        """
        params, plain_object = read_parameters(message, content_type(message))
        return envelope.open_content(params, secret, plain_object=plain_object).decode("utf-8", "replace")

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Layers and causes by the profile's rule; other profiles that the message would fit are named."""
        case = Examination(message, secret, profile, self.scheme(profile))
        if case.judge()[0] is Verdict.HOLDS and case.admitted:
            return conclude(case)
        return conclude(case, tuple(fit.profile for fit in self.detect(message, secret) if fit.profile != profile))

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles whose rule gives this signature and reads this content."""
        fits: list[Fit] = []
        for profile in self.profiles():
            rule = self.scheme(profile)
            examination = Examination(message, secret, profile, rule)
            if examination.judge()[0] is Verdict.HOLDS and examination.admitted:
                fits.append(Fit(profile, describe(rule), examination.readable))
        return sorted(fits, key=lambda fit: not fit.decrypts)


def describe(rule: Scheme) -> str:
    """A scheme in one line, for people."""
    enciphered = "、".join(name or "不加密" for name in rule.enc_types)
    order = "先加密后签名" if rule.signed == "encrypted" else "先签名（明文）后加密"
    tail = rule.tail.replace("{secret}", "密钥")
    return f"{order}，串尾接“{tail}”，签名字段 {rule.sign_field}，加密 {enciphered}"


diagnostics = EhealthCardDiagnostics()
