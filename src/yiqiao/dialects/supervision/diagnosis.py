"""Uploads under the microscope: what `yiqiao sign` knows of this dialect. `diagnostics` is the entrance.

A message is the text of an HTTP request: the headers, a blank line, the body.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import orjson

from yiqiao.dialects.supervision import envelope, wire_text
from yiqiao.dialects.supervision.body import data_text, members, short_text
from yiqiao.dialects.supervision.dialect import ATTACHMENT, BIG_ATTACHMENT, NAME, scheme_of, uptime
from yiqiao.dialects.supervision.envelope import Claim
from yiqiao.dialects.supervision.scheme import HEAD, Scheme
from yiqiao.errors import DomainError
from yiqiao.exchange import causes
from yiqiao.exchange.diagnosis import Cause, Finding, Fit, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import Match, Recipe, Search, Spoiling
from yiqiao.exchange.spoilings import SPOILINGS, in_order, with_value
from yiqiao.exchange.strict_json import UnreadableMessage, loads
from yiqiao.spec import load, profiles

OTHER_DATA = Cause(
    "data-other-text",
    8,
    Words("签名用的不是 data 的文本值", "another text than the value of data was signed"),
    Words(
        "用放进 data 的那一段 JSON 数组文本签名：不带外层引号，不带转义，不重新排版",
        "sign the very JSON array that is put into data: no quotes around it, no escapes, not written anew",
    ),
)
QUOTED_DATA = Cause(
    "data-quoted",
    8,
    Words("空的 data 按两个双引号签名", "an empty data was signed as two quotes"),
    Words("空的 data 就是空文本；或请平台改用方案 quoted-data", "an empty data is an empty text; or use quoted-data"),
)
UPTIME_SIGNED = Cause(
    "uptime-signed",
    9,
    Words("uptime 参与了签名", "uptime took part in signing"),
    Words("只签 appid、data、randomstr、service", "sign appid, data, randomstr and service only"),
)
OWN_ORDER = Cause(
    "order",
    9,
    Words("按头的次序签名，没有按名称排序", "signed in the order of the headers, not of the names"),
    Words("按 appid、data、randomstr、service 的次序拼接", "join in the order appid, data, randomstr, service"),
)
_REPRODUCES = Words("照此重算的签名与收到的完全一致", "recomputed this way, the signature equals the received one")
_SHOWN = 4000


class Examination:
    """One upload, the key, and the rule to hold it to. `fault` says why nothing can be told."""

    def __init__(self, message: bytes, key: str, scheme: Scheme) -> None:
        self.key = key
        self.scheme = scheme
        self.claim: Claim | None = None
        self.data: bytes | None = None
        self.raw_data = self.uptime = ""
        self.fault: DomainError | None = None
        self.body = b""
        try:
            self._read(message)
        except DomainError as fault:
            self.fault = fault
        self.search = Search(self._received())

    def _read(self, message: bytes) -> None:
        headers, self.body = wire_text.read(message)
        self.claim = envelope.peek(headers)
        if self.claim.service == BIG_ATTACHMENT and not self.body.lstrip().startswith(b"{"):
            self.data = self.scheme.attachment_data[0].encode()
            return
        found = members(self.body)
        self.data = data_text(found)
        self.raw_data = bytes(found["data"]).decode("utf-8", "replace")
        self.uptime = short_text(found, "uptime")

    def _received(self) -> bytes:
        try:
            return bytes.fromhex(self.claim.sign) if self.claim is not None else b""
        except ValueError:
            return b""

    def recipe(self) -> Recipe:
        """The string to sign by the rule. Only where the message could be read."""
        claim, data = self._readable()
        pairs = tuple(
            {
                "appid": claim.app_id,
                "data": data.decode(),
                "randomstr": claim.randomstr,
                "service": claim.service,
            }.items()
        )
        base = Recipe(pairs=pairs, left_out=frozenset({"sign"}), secret=self.key, digest="MD5", keep_empty=True)
        return {
            "S1": replace(base, tail="&key={secret}"),
            "S2": replace(base, head=HEAD.decode(), link="", joint="", keep_empty=False),
            "S3": replace(base, tail="", digest="HMAC-SM3"),
        }[self.scheme.rule]

    def _readable(self) -> tuple[Claim, bytes]:
        if self.claim is None or self.data is None:
            raise self.fault or UnreadableMessage("报文无法读取")
        return self.claim, self.data

    def judge(self) -> tuple[Verdict, Words]:
        """By the rule alone."""
        if self.fault is not None or self.claim is None or self.data is None:
            told = self.fault.message if self.fault else "报文无法读取"
            return Verdict.UNKNOWN, Words(told, self.fault.name if self.fault else "unreadable")
        if not self.claim.sign:
            return Verdict.BROKEN, Words("签名为空", "the signature is empty")
        fixed = self.scheme.attachment_data if self.claim.service == BIG_ATTACHMENT else ()
        accepted = {self.data, *(text.encode() for text in fixed)}
        for data in accepted:
            parts = {
                "appid": self.claim.app_id.encode(),
                "data": data,
                "randomstr": self.claim.randomstr.encode(),
                "service": self.claim.service.encode(),
            }
            if self.scheme.sign(parts, self.key) == self.claim.sign.upper():
                return Verdict.HOLDS, Words("签名正确", "the signature holds")
        return Verdict.BROKEN, Words("签名与报文不符", "the signature does not match the message")

    def matches(self) -> list[Match]:
        """What gives the received digest, best first."""
        return self.search.run(self.recipe(), self._spoilings())

    def _spoilings(self) -> tuple[Spoiling, ...]:
        _, data = self._readable()
        own: list[Spoiling] = [in_order(OWN_ORDER, ("service", "appid", "randomstr", "data"))]
        if data:
            own.append(with_value(OTHER_DATA, "data", self._other_texts(data)))
        else:
            own.append(with_value(QUOTED_DATA, "data", ('""', "''")))
        if self.uptime:
            own.append(Spoiling(UPTIME_SIGNED, lambda recipe: [_with_uptime(recipe, self.uptime)]))
        return (*own, *SPOILINGS)

    def _other_texts(self, data: bytes) -> list[str]:
        """Texts that senders take for the value of data."""
        texts = [self.raw_data, self.raw_data.strip('"'), self.body.decode("utf-8", "replace"), ""]
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            return texts
        for ascii_only in (False, True):
            texts.append(json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")))
            texts.append(json.dumps(value, ensure_ascii=ascii_only))
            texts.append(json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":"), sort_keys=True))
        return texts


def _with_uptime(recipe: Recipe, text: str) -> Recipe:
    return replace(recipe, pairs=(*recipe.pairs, ("uptime", text)))


@dataclass(frozen=True)
class SupervisionDiagnostics:
    """`Diagnostics` of this dialect."""

    title: str = "互联网医疗服务监管平台接口规范"

    def profiles(self) -> Sequence[str]:
        """Names of the known variants, the default first."""
        return profiles(NAME)

    def make(self, draft: bytes, secret: str, profile: str, now_ms: int) -> bytes:
        """A signed request from a JSON object: service, appid, data (rows, or their text), and if one likes randomstr
        and uptime. Raises the envelope's faults.
        """
        parsed = loads(draft, "草稿")
        if not isinstance(parsed, dict):
            raise UnreadableMessage("应是 JSON 对象", None, "草稿")
        unknown = sorted(set(parsed) - {"service", "appid", "randomstr", "uptime", "data"})
        if unknown:
            raise UnreadableMessage(f"没有名为 {'、'.join(unknown)[:80]} 的参数", None, "草稿")
        data = parsed.pop("data", "")
        text = data if isinstance(data, str) else orjson.dumps(data).decode()
        said = {name: str(value) for name, value in parsed.items()}
        service, random_text = said.get("service", ""), said.get("randomstr") or secrets.token_hex(16)
        headers, body = envelope.seal_request(
            service,
            said.get("appid", ""),
            random_text,
            said.get("uptime") or uptime(now_ms),
            text.encode(),
            secret,
            scheme_of(profile),
        )
        operation = load(NAME, profile).operations.get(service)
        return wire_text.written(operation.path if operation is not None else "/", headers, body)

    def verify(self, message: bytes, secret: str, profile: str) -> tuple[Verdict, Words]:
        """By the profile's rule alone, no hypotheses."""
        return Examination(message, secret, scheme_of(profile)).judge()

    def open(self, message: bytes, secret: str, profile: str) -> str:
        """The rows, a line each. Raises the envelope's faults."""
        case = Examination(message, secret, scheme_of(profile))
        if case.fault is not None:
            raise case.fault
        if not case.data:
            return ""
        return "\n".join(bytes(raw).decode() for raw in envelope.rows(case.data, len(case.data)))

    def explain(self, message: bytes, secret: str, profile: str) -> Report:
        """Layers and causes by the profile's rule."""
        case = Examination(message, secret, scheme_of(profile))
        verdict, told = case.judge()
        if verdict is Verdict.UNKNOWN:
            text = message.decode("utf-8", "replace")[:_SHOWN]
            body = Layer("body", Words("报文", "message"), False, text, told)
            return Report(NAME, profile, verdict, (body,), (Finding(causes.BODY_JSON, told),), 0)
        findings, sent = _findings(case, verdict, profile)
        layers = tuple(_layers(case, verdict, told, sent))
        return Report(NAME, profile, verdict, layers, findings, case.search.tried)

    def detect(self, message: bytes, secret: str) -> Sequence[Fit]:
        """The profiles whose rule gives this signature. Most differ in other things than the rule, and fit alike."""
        fits = []
        for profile in self.profiles():
            case = Examination(message, secret, scheme_of(profile))
            if case.judge()[0] is Verdict.HOLDS:
                fits.append(Fit(profile, load(NAME, profile).about, decrypts=True))
        return fits


def _findings(case: Examination, verdict: Verdict, profile: str) -> tuple[tuple[Finding, ...], Recipe | None]:
    """What is wrong, likeliest first, and the string that the sender signed where it is another than the rule's."""
    rows = tuple(_unfit_rows(case, profile))
    if verdict is Verdict.HOLDS:
        return rows, None
    if not case.search.received:
        told = Words("头 sign 不是十六进制的摘要", "the header sign is no hexadecimal digest")
        return (Finding(causes.NO_SIGNATURE, told), *rows), None
    for match in case.matches()[:1]:
        return (*(Finding(cause, _REPRODUCES) for cause in match.causes), *rows), match.recipe
    tried = case.search.tried
    nothing = Words(f"试过 {tried} 种写法，没有一种与签名相符", f"{tried} ways were tried, none gives this signature")
    return (Finding(causes.WRONG_KEY_OR_CHANGED, nothing), *rows), None


def _unfit_rows(case: Examination, profile: str) -> Iterator[Finding]:
    """Data that is no list of rows."""
    if not case.data or case.claim is None or case.claim.service == ATTACHMENT:
        return
    try:
        envelope.rows(case.data, int(str(load(NAME, profile).settings["max_rows"])))
    except DomainError as fault:
        yield Finding(causes.CONTENT_JSON, Words(fault.message, fault.name))


def _layers(case: Examination, verdict: Verdict, told: Words, sent: Recipe | None) -> Iterator[Layer]:
    holds = {Verdict.HOLDS: True, Verdict.BROKEN: False, Verdict.UNKNOWN: None}[verdict]
    recipe = case.recipe()
    claim = case.claim
    headers = (
        ""
        if claim is None
        else "\n".join(
            f"{name}: {value}"
            for name, value in (
                ("service", claim.service),
                ("appid", claim.app_id),
                ("randomstr", claim.randomstr),
                ("sign", claim.sign),
            )
        )
    )
    yield Layer("headers", Words("HTTP 头", "headers"), True, headers)
    yield Layer("string", Words("按规则应签名的串", "string to sign, by the rule"), holds, recipe.shown()[:_SHOWN])
    expected = recipe.digested().hex().upper()
    received = (claim.sign if claim is not None else "") or "-"
    digest = f"应为 expected  {expected}\n收到 received  {received}"
    yield Layer("digest", Words("签名", "signature"), holds, digest, told)
    if sent is not None:
        yield Layer("sent", Words("发送方实际签名的串", "string that the sender signed"), None, sent.shown()[:_SHOWN])
    yield Layer("data", Words("data 的内容", "data"), bool(case.data), (case.data or b"").decode()[:_SHOWN])


diagnostics = SupervisionDiagnostics()
