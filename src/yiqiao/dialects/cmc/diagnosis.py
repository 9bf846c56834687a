"""Launch parameters under the microscope: what `yiqiao sign` knows of this dialect. `diagnostics` is the entrance."""

from collections.abc import Sequence
from dataclasses import dataclass

from yiqiao.clock import compact
from yiqiao.dialects.cmc import envelope
from yiqiao.dialects.cmc.dialect import NAME, scheme_of
from yiqiao.dialects.cmc.envelope import PLACES
from yiqiao.dialects.cmc.examination import PLACES_WRONG, TEXT_CHARSET, Examination
from yiqiao.errors import DomainError
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Finding, Fit, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import Recipe
from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import load

_REPRODUCES = Words("照此重算的签名与收到的完全一致", "recomputed this way, the signature equals the received one")


@dataclass(frozen=True)
class CmcDiagnostics:
    """`Diagnostics` of this dialect. A message is a parameter, a whole link, or a whole command line."""

    title: str = "CMC 工作台对接技术说明书"

    def profiles(self) -> Sequence[str]:
        """Names of the known variants, the default first."""
        from yiqiao.spec import profiles

        return profiles(NAME)

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A parameter from a JSON object of the 26 values by name; version, method and timestamp may be left out."""
        parsed = loads(draft, "草稿")
        if not isinstance(parsed, dict) or not all(isinstance(value, str) for value in parsed.values()):
            raise UnreadableMessage("应是 JSON 对象，值都是文本", None, "草稿")
        unknown = sorted(set(parsed) - set(PLACES))
        if unknown:
            raise UnreadableMessage(f"没有名为 {'、'.join(unknown)[:80]} 的字段", None, "草稿")
        rule = scheme_of(profile)
        fixed = {"version": rule.versions[0], "method": rule.method, "timestamp": compact(now_ms)}
        values = fixed | {name: str(value) for name, value in parsed.items()}
        return envelope.seal(values, secret, rule, _titles()).encode()

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """By the profile's rule alone, no hypotheses."""
        return Examination(message, secret, profile, scheme_of(profile)).judge()

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The values, a line each, with what the standard calls them. Raises the envelope's faults."""
        case = Examination(message, secret, profile, scheme_of(profile))
        if case.values is None:
            envelope.read(case.parameter)  # says what is wrong
            raise UnreadableMessage("位置数不对")
        return _lines(case.values)

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Layers and causes by the profile's rule."""
        case = Examination(message, secret, profile, scheme_of(profile))
        verdict, told = case.judge()
        findings, sent = _findings(case, verdict)
        layers = tuple(_layers(case, verdict, told, sent))
        return Report(NAME, profile, verdict, layers, findings, case.search.tried, None)

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles whose rule gives this signature."""
        fits = []
        for profile in self.profiles():
            case = Examination(message, secret, profile, scheme_of(profile))
            if case.judge()[0] is Verdict.HOLDS:
                fits.append(Fit(profile, load(NAME, profile).title, decrypts=True))
        return fits


def _titles() -> dict[str, str]:
    return {field.name: field.title for field in load(NAME).operations["launch.insured"].request}


def _lines(values: dict[str, str]) -> str:
    titles = _titles()
    return "\n".join(f"{place:2} {name} {titles[name]} = {values[name]}" for place, name in enumerate(PLACES, 1))


def _findings(case: Examination, verdict: Verdict) -> tuple[tuple[Finding, ...], Recipe | None]:
    """What is wrong, likeliest first, and the string that the sender signed where it is another than the rule's."""
    found: list[Finding] = []
    if not case.charset:
        return (Finding(causes.BODY_JSON, _refusal(case)),), None
    if case.charset != "utf-8":
        found.append(Finding(TEXT_CHARSET, Words("按 GBK 解码可以读通", "it reads well as GBK")))
    if case.values is None:
        found.append(Finding(PLACES_WRONG, case.judge()[1]))
    else:
        found += _fixed(case, case.values)
    if verdict is Verdict.HOLDS or not case.search.received:
        if not case.search.received:
            found.append(Finding(causes.NO_SIGNATURE, Words("第 23 位不是 32 位十六进制数", "place 23 is no MD5")))
        return tuple(found), None
    for places, match in case.matches[:1]:
        if places is not None and places.kind not in {finding.cause.kind for finding in found}:
            found.append(Finding(places, _REPRODUCES))
        found += [Finding(cause, _REPRODUCES) for cause in match.causes]
        return tuple(found), match.recipe if match.causes else None
    tried = case.search.tried
    nothing = Words(f"试过 {tried} 种写法，没有一种与签名相符", f"{tried} ways were tried, none gives this signature")
    return (*found, Finding(causes.WRONG_KEY_OR_CHANGED, nothing)), None


def _fixed(case: Examination, values: dict[str, str]) -> list[Finding]:
    """The fixed values that are not as they should be."""
    try:
        envelope.read(case.parameter)
        if values["version"] in case.scheme.versions and values["method"] == case.scheme.method:
            return []
        told = Words("version 或 method 不是规定的值", "version or method is not the fixed value")
    except DomainError as fault:
        if case.charset != "utf-8":
            return []
        told = Words(fault.message, fault.name)
    return [Finding(causes.BODY_JSON, told)]


def _refusal(case: Examination) -> Words:
    try:
        envelope.read(case.parameter)
    except DomainError as fault:
        return Words(fault.message, fault.name)
    return Words("无法读取", "unreadable")


def _layers(case: Examination, verdict: Verdict, told: Words, sent: Recipe | None) -> list[Layer]:
    holds = {Verdict.HOLDS: True, Verdict.BROKEN: False, Verdict.UNKNOWN: None}[verdict]
    layers = [Layer("parameter", Words("唤起参数", "launch parameter"), bool(case.charset), case.parameter[:2000])]
    if case.charset:
        text = case.data.decode(case.charset)
        layers.append(Layer("plain", Words("明文", "plain text"), case.charset == "utf-8", text))
    if case.values is None:
        return layers
    layers.append(Layer("values", Words("26 个值", "the 26 values"), True, _lines(case.values)))
    if case.rule is not None:
        layers.append(
            Layer("string", Words("按规则应签名的串", "string to sign, by the rule"), holds, case.rule.shown())
        )
        expected, received = case.rule.digested().hex().upper(), case.values["sign"] or "-"
        text = f"应为 expected  {expected}\n收到 received  {received}"
        layers.append(Layer("digest", Words("签名", "signature"), holds, text, told))
    if sent is not None:
        layers.append(Layer("sent", Words("发送方实际签名的串", "string that the sender signed"), None, sent.shown()))
    return layers


diagnostics = CmcDiagnostics()
