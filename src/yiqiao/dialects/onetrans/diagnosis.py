"""Messages of the unified library under the microscope: what `yiqiao sign` knows of this dialect.

The key is app_key; where SM2 signs, `app_key/SM2 key` in hexadecimal: the private one to make, the public one of the
sender to verify. `diagnostics` is the entrance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import orjson

from yiqiao import crypto
from yiqiao.dialects.onetrans import envelope, gbk
from yiqiao.dialects.onetrans.dialect import NAME, in_ms, scheme_of
from yiqiao.dialects.onetrans.examination import KEY_TRAVELS, Examination, keys_of
from yiqiao.dialects.onetrans.scheme import CONTENT, KEY, SIGN
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Finding, Fit, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import MASK, Recipe
from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import load, profiles

_REPRODUCES = Words("照此重算的签名与收到的完全一致", "recomputed this way, the signature equals the received one")
_READS = Words("照此可以解出业务参数", "read this way, the content makes sense")
_SHOWN = 4000


@dataclass(frozen=True)
class OneTransDiagnostics:
    """`Diagnostics` of this dialect. A message is a request or an answer as on the wire, in GBK."""

    title: str = "统一动态库（OneTrans2.dll）接口规范"

    def profiles(self) -> Sequence[str]:
        """Names of the known variants, the default first."""
        return profiles(NAME)

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A signed request from a JSON object of public parameters with data as an object, in UTF-8.

        An absent timestamp becomes `now_ms`; signtype and enc_type may be left out. Raises the envelope's faults.
        """
        parsed = loads(draft, "草稿")
        if not isinstance(parsed, dict):
            raise UnreadableMessage("应是 JSON 对象", None, "草稿")
        values = parsed.pop(CONTENT, {})
        if isinstance(values, str):
            values = loads(values.encode(), CONTENT) if values else {}
        if not isinstance(values, dict):
            raise UnreadableMessage("data 应是 JSON 对象", None, "草稿")
        params = envelope.read_parameters(gbk.write(parsed))
        params.setdefault("timestamp", in_ms(now_ms))
        message = envelope.seal_request(params, values, keys_of(secret), scheme_of(profile))
        envelope.peek(message)
        return message

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """By the profile's rule alone, no hypotheses."""
        return Examination(message, secret, profile, scheme_of(profile)).judge()

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The content as text, without a look at the signature. Raises EmptyMessage, UnreadableMessage,
        DecryptionFailed.
        """
        text = envelope.read_parameters(message).get(CONTENT, "")
        app_key = keys_of(secret).app_keys[0]
        return envelope.open_content(text, app_key).decode("gb18030", "replace") if text else ""

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Layers and causes by the profile's rule; other profiles that the message would fit are named."""
        case = Examination(message, secret, profile, scheme_of(profile))
        verdict, told = case.judge()
        if case.unreadable:
            text = message.decode("gb18030", "replace")[:_SHOWN]
            body = Layer("body", Words("报文", "message"), False, text, case.unreadable[0].evidence)
            return Report(NAME, profile, verdict, (body,), case.unreadable, 0)
        sent, signature = _signature(case, verdict)
        findings = tuple(_once([*_declared(case), *signature, *_content(case)]))
        content = case.content.text if case.content is not None else None
        layers = tuple(_layers(case, verdict, told, sent))
        return Report(NAME, profile, verdict, layers, findings, case.search.tried, content)

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles whose rule gives this signature and admits its algorithms."""
        fits = []
        for profile in self.profiles():
            case = Examination(message, secret, profile, scheme_of(profile))
            if case.judge()[0] is Verdict.HOLDS and case.admitted and not case.key_travels:
                readable = case.content is not None and not case.content.causes
                fits.append(Fit(profile, load(NAME, profile).about, decrypts=readable))
        return sorted(fits, key=lambda fit: not fit.decrypts)


def _once(findings: list[Finding]) -> Iterator[Finding]:
    seen: set[str] = set()
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        if finding.cause.kind not in seen:
            seen.add(finding.cause.kind)
            yield finding


def _declared(case: Examination) -> Iterator[Finding]:
    """What the public parameters themselves show."""
    seen = Words("从报文本身可以看出", "the message itself shows it")
    if case.key_travels:
        yield Finding(KEY_TRAVELS, seen)
    if not case.admitted:
        scheme, params = case.scheme, case.params
        told = f"{params.get('signtype', '')[:10] or '-'}、{params.get('enc_type', '')[:10] or '-'}"
        admitted = f"{'/'.join(scheme.sign_types)}、{'/'.join(scheme.enc_types)}"
        yield Finding(
            causes.NOT_ADMITTED,
            Words(f"报文：{told}；方案允许：{admitted}", f"declared: {told}; admitted: {admitted}"),
        )
    if case.received[1] is not None:
        yield Finding(case.received[1], seen)


def _signature(case: Examination, verdict: Verdict) -> tuple[Recipe | None, list[Finding]]:
    """The string that the sender signed, where it is found and not the rule's, and what is different in it."""
    if verdict is not Verdict.BROKEN or not case.received[0]:
        return None, []
    if case.matches and case.matches[0].causes:
        best = case.matches[0]
        return best.recipe, [Finding(cause, _REPRODUCES) for cause in best.causes]
    tried = case.search.tried
    nothing = Words(f"试过 {tried} 种写法，没有一种与签名相符", f"{tried} ways were tried, none gives this signature")
    proven = case.content is not None and bool(case.content.text)
    cause = causes.CHANGED if proven else causes.WRONG_KEY_OR_CHANGED
    if case.signtype == "SM2":
        other = "SM2 签名只能按规则验，不能反推写法"
        nothing = Words(other, "an SM2 signature can be verified by the rule only, its string cannot be found out")
    return None, [] if case.matches else [Finding(cause, nothing)]


def _content(case: Examination) -> Iterator[Finding]:
    if case.content is None:
        nothing = Words("各种密钥取法、模式与写法都解不出 JSON", "no form of key, mode or writing gives JSON")
        yield Finding(causes.WRONG_KEY, nothing)
        return
    for cause in case.content.causes:
        yield Finding(cause, _READS)


def _layers(case: Examination, verdict: Verdict, told: Words, sent: Recipe | None) -> Iterator[Layer]:
    holds = {Verdict.HOLDS: True, Verdict.BROKEN: False, Verdict.UNKNOWN: None}[verdict]
    params = {name: MASK if name == KEY else value for name, value in case.params.items()}
    shown = orjson.dumps(params, option=orjson.OPT_INDENT_2).decode()
    yield Layer("parameters", Words("公共参数", "public parameters"), True, shown[:_SHOWN])
    string = case.scheme.string_to_sign(case.params, MASK)
    yield Layer("string", Words("按规则应签名的串", "string to sign, by the rule"), holds, string[:_SHOWN])
    received = case.params.get(SIGN, "") or "-"
    if case.signtype == "SM3":
        text = case.scheme.string_to_sign(case.params, case.app_key)
        expected = crypto.hmac_sm3(case.app_key.encode(), gbk.signed_bytes(text)).hex()
        received = f"应为 expected  {expected}\n收到 received  {received}"
    yield Layer("digest", Words("签名", "signature"), holds, received, told)
    if sent is not None:
        yield Layer("sent", Words("发送方实际签名的串", "string that the sender signed"), None, sent.shown()[:_SHOWN])
    content = case.content
    plain = content.text[:_SHOWN] if content is not None else case.params.get(CONTENT, "")[:_SHOWN]
    good = content is not None and not content.causes
    yield Layer("content", Words("业务参数明文", "decrypted content"), good, plain)


diagnostics = OneTransDiagnostics()
