"""Signatures of the convenience platform under the microscope: what `yiqiao sign` knows of this dialect.

A message is a ROOT document, request or answer. `diagnostics` is the entrance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property

from yiqiao.dialects.convenience import envelope
from yiqiao.dialects.convenience.content import written
from yiqiao.dialects.convenience.functions import NAME
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER, RESPONSE_ORDER, Scheme, scheme
from yiqiao.errors import DomainError
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause, Finding, Fit, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS, in_order, with_value
from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import load

_REPRODUCES = Words("照此重算的签名与收到的完全一致", "recomputed this way, the signature equals the received one")
BODY_XML = replace(
    causes.BODY_JSON,
    kind="body-xml",
    title=Words("报文不是规范的 XML", "the message is no well-formed XML"),
    remedy=Words("按所指的位置改正", "mend the place that is named"),
)
OTHER_FORM = Cause(
    "form",
    9,
    Words(
        "签名串的写法不同：name=value 与带标签的元素两种弄反了", "name=value pairs and tagged elements were mixed up"
    ),
    Words("按约定的写法拼接签名串", "join the string in the form that was agreed"),
)
CONTENT_CLOSED = Cause(
    "content",
    30,
    Words("业务参数用这把密钥解不开", "the content cannot be deciphered with this key"),
    Words(
        "核对密钥与加密方式（AES-128-ECB、PKCS#7、BASE64）",
        "check the key and the cipher (AES-128-ECB, PKCS#7, Base64)",
    ),
)
ENVELOPE_ORDER = Cause(
    "order",
    9,
    Words("按报文的次序签名，没有按名称排序", "signed in the order of the message, not of the names"),
    Words("把名称按字母次序排列后再拼接", "sort the names before joining"),
)


@cache
def _scheme(profile: str) -> Scheme:
    return scheme(load(NAME, profile).security)


@dataclass
class Examination:
    """A message, the secret, and the rule to hold it to."""

    message: bytes = field(repr=False)
    secret: str = field(repr=False)
    rule: Scheme

    @cached_property
    def parameters(self) -> tuple[Mapping[str, str], bool]:
        """The parameters, and whether the content is in plain sight. Raises the envelope's faults."""
        return envelope.read_parameters(self.message)

    @property
    def order(self) -> tuple[str, ...]:
        """The signed parameters in the standard's order."""
        return RESPONSE_ORDER if "RETURN_CODE" in self.parameters[0] else REQUEST_ORDER

    @cached_property
    def readings(self) -> list[Mapping[str, str]]:
        """What may have been signed, the likeliest first."""
        values, nested = self.parameters
        return list(envelope.readings_of(values, self.order, nested=nested))

    @cached_property
    def search(self) -> Search:
        """For the received digest; for nothing where it is no digest."""
        try:
            received = bytes.fromhex(self.parameters[0].get("SIGN", "").strip())
        except ValueError:
            received = b""
        return Search(received if len(received) == 16 else b"")

    @cached_property
    def recipe(self) -> Recipe:
        """The string to sign by the rule."""
        return self.recipe_of(self.readings[0])

    def recipe_of(self, values: Mapping[str, str]) -> Recipe:
        """The string to sign by the rule, of one reading of the parameters."""
        return self._recipe(values, self.rule)

    def _recipe(self, values: Mapping[str, str], rule: Scheme) -> Recipe:
        others = {name: value for name, value in self.parameters[0].items() if name in ("SIGN", "SIGN_TYPE")}
        if rule.signed == "pairs":
            pairs = tuple({**values, **others}.items())
            return Recipe(pairs, frozenset(others), self.secret, "MD5", tail=rule.tail)
        tagged = tuple((f"<{name}>", f"{values[name]}</{name}>") for name in self.order if name in values)
        ranked = tuple(name for name, _ in tagged)
        return Recipe(
            tagged, frozenset(), self.secret, "MD5", tail=rule.tail, order="sent", ranked=ranked, link="", joint=""
        )

    @cached_property
    def matches(self) -> list[Match]:
        """What gives the received digest, best first."""
        for reading in self.readings:
            base = self.recipe_of(reading)
            if self.search.fits(base):
                return [Match(base, ())]
        return self.search.run(self.recipe, self._spoilings()) if self.search.received else []

    def _spoilings(self) -> tuple[Spoiling, ...]:
        other = [Scheme(self.rule.cipher, form, tail) for form in ("pairs", "elements") for tail in _TAILS]
        forms = [self._recipe(self.readings[0], rule) for rule in other if rule.signed != self.rule.signed]
        own = [Spoiling(OTHER_FORM, lambda _: forms), in_order(ENVELOPE_ORDER, self.order)]
        try:
            plain = envelope.open_content(self.parameters[0], self.secret, self.rule, nested=self.parameters[1])
        except DomainError:
            plain = ""
        if plain and self.rule.cipher != "none":
            own.append(with_value(causes.SIGNED_OTHER_CONTENT, self.order[2], (plain,)))
        return (*own, *SPOILINGS)

    def judge(self) -> tuple[Verdict, Words]:
        """By the rule alone."""
        try:
            values, _ = self.parameters
        except DomainError as fault:
            return Verdict.UNKNOWN, Words(fault.message, fault.name)
        if not values.get("SIGN", "").strip():
            return Verdict.BROKEN, Words("SIGN 为空", "SIGN is empty")
        if any(self.search.fits(self.recipe_of(reading)) for reading in self.readings):
            return Verdict.HOLDS, Words("签名正确", "the signature holds")
        return Verdict.BROKEN, Words("签名与报文不符", "the signature does not match the message")


_TAILS = ("&KEY={secret}", "{secret}", "")


@dataclass(frozen=True)
class ConvenienceDiagnostics:
    """`Diagnostics` of this dialect."""

    title: str = "集约式便民服务平台接口"

    def profiles(self) -> Sequence[str]:
        """Names of the known variants, the default first."""
        from yiqiao.spec import profiles

        return profiles(NAME)

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A request from a JSON object: FUN_CODE, USER_ID, and the content as an object under REQ or Request."""
        parsed = loads(draft, "草稿")
        roots = [name for name in ("REQ", "Request") if isinstance(parsed, dict) and name in parsed]
        if not isinstance(parsed, dict) or set(parsed) - {"FUN_CODE", "USER_ID", *roots} or len(roots) > 1:
            raise UnreadableMessage("应是含有 FUN_CODE、USER_ID 和 REQ（或 Request）的 JSON 对象", None, "草稿")
        content = parsed[roots[0]] if roots else {}
        if not isinstance(content, dict):
            raise UnreadableMessage("REQ 应是 JSON 对象", None, "草稿")
        rule = _scheme(profile)
        text = written(roots[0], content, cdata=rule.cipher != "none") if roots else ""
        said = {name: str(parsed.get(name, "")) for name in ("FUN_CODE", "USER_ID")}
        return envelope.seal_request(said["FUN_CODE"], said["USER_ID"], text, secret, rule).encode()

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """By the profile's rule alone, no hypotheses."""
        return Examination(message, secret, _scheme(profile)).judge()

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The content in plain. Raises the envelope's faults."""
        values, nested = envelope.read_parameters(message)
        return envelope.open_content(values, secret, _scheme(profile), nested=nested)

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Layers and causes by the profile's rule."""
        case = Examination(message, secret, _scheme(profile))
        verdict, told = case.judge()
        if verdict is Verdict.UNKNOWN:
            text = message.decode(errors="replace")[:2000]
            layer = Layer("message", Words("报文", "message"), False, text, told)
            return Report(NAME, profile, verdict, (layer,), (Finding(BODY_XML, told),), 0, None)
        content, layers = _layers(case, verdict, told)
        return Report(NAME, profile, verdict, layers, tuple(_findings(case, verdict)), case.search.tried, content)

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles whose rule gives this signature."""
        fits = []
        for profile in self.profiles():
            case = Examination(message, secret, _scheme(profile))
            if case.judge()[0] is Verdict.HOLDS:
                fits.append(Fit(profile, load(NAME, profile).title, decrypts=_opens(case)))
        return fits


def _opens(case: Examination) -> bool:
    values, nested = case.parameters
    try:
        envelope.open_content(values, case.secret, case.rule, nested=nested)
    except DomainError:
        return False
    return True


def _findings(case: Examination, verdict: Verdict) -> list[Finding]:
    found = []
    values, nested = case.parameters
    if values.get("SIGN_TYPE", "").strip() != envelope.SIGN_TYPE:
        found.append(Finding(causes.DIGEST_TYPE, Words("SIGN_TYPE 不是 MD5", "SIGN_TYPE is not MD5")))
    if verdict is Verdict.BROKEN:
        if not values.get("SIGN", "").strip():
            found.append(Finding(causes.NO_SIGNATURE, Words("SIGN 为空", "SIGN is empty")))
        elif case.matches:
            found += [Finding(cause, _REPRODUCES) for cause in case.matches[0].causes]
        else:
            tried = case.search.tried
            nothing = Words(f"试过 {tried} 种写法，没有一种相符", f"{tried} ways were tried, none gives this signature")
            found.append(Finding(causes.WRONG_KEY_OR_CHANGED, nothing))
    try:
        envelope.open_content(values, case.secret, case.rule, nested=nested)
    except DomainError as fault:
        found.append(Finding(CONTENT_CLOSED, Words(fault.message, fault.name)))
    return found


def _layers(case: Examination, verdict: Verdict, told: Words) -> tuple[str | None, tuple[Layer, ...]]:
    values, nested = case.parameters
    holds = verdict is Verdict.HOLDS
    listed = "\n".join(f"{name} = {value}" for name, value in values.items())
    expected, received = case.recipe.digested().hex().upper(), values.get("SIGN", "").strip() or "-"
    layers = [
        Layer("parameters", Words("基础参数", "parameters"), True, listed),
        Layer("string", Words("按规则应签名的串", "string to sign, by the rule"), holds, case.recipe.shown()),
        Layer(
            "digest", Words("签名", "signature"), holds, f"应为 expected  {expected}\n收到 received  {received}", told
        ),
    ]
    if not holds and case.matches:
        sent = case.matches[0].recipe.shown()
        layers.append(Layer("sent", Words("发送方实际签名的串", "string that the sender signed"), None, sent))
    content: str | None = None
    try:
        content = envelope.open_content(values, case.secret, case.rule, nested=nested)
    except DomainError as fault:
        layers.append(Layer("content", Words("业务参数", "content"), False, "", Words(fault.message, fault.name)))
    else:
        layers.append(Layer("content", Words("业务参数", "content"), True, content))
    return content, tuple(layers)


diagnostics = ConvenienceDiagnostics()
