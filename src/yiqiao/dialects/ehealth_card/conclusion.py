"""From the facts of an examination to what is told: the layers in order, and the causes with the likeliest first."""

from collections.abc import Iterator

from yiqiao.dialects.ehealth_card.examination import SEEN, Examination
from yiqiao.dialects.ehealth_card.parameters import CONTENT
from yiqiao.dialects.ehealth_card.scheme import CIPHERS
from yiqiao.exchange import causes
from yiqiao.exchange.ciphertext import broken_length, damaged
from yiqiao.exchange.diagnosis import Cause, Finding, Layer, Report, Verdict, Words
from yiqiao.exchange.recipes import MASK, Recipe
from yiqiao.exchange.strict_json import UnreadableMessage, loads

_REPRODUCES = Words("照此重算的摘要与收到的签名完全一致", "recomputed this way, the digest equals the received one")
_READS = Words("照此可以解出业务参数", "read this way, the content makes sense")
_SHOWN = 4000  # characters of a layer; a photo in the content is not for a terminal


def conclude(case: Examination, others: tuple[str, ...] = ()) -> Report:
    """The report on one message. `others` are profiles under which it is as it should be."""
    verdict, told = case.judge()
    if case.body.params is None:
        layer = Layer("body", _TITLES["body"], False, _cut(_body_text(case)), case.body.findings[0].evidence)
        return Report(_DIALECT, case.profile, verdict, (layer,), case.body.findings, 0)
    sent, findings = _findings(case, others)
    layers = (*_outer_layers(case), *_signature_layers(case, verdict, told, sent), *_content_layers(case))
    reading = case.reading
    content = reading.plain.decode() if reading is not None else None
    tried = case.search.tried + case.explored[1]
    return Report(_DIALECT, case.profile, verdict, layers, tuple(_once(findings)), tried, content)


_DIALECT = "ehealth_card"
_TITLES = {
    "body": Words("报文", "message"),
    "parameters": Words("公共参数", "public parameters"),
    "string": Words("按规则应签名的串", "string to sign, by the rule"),
    "sent": Words("发送方实际签名的串", "string that the sender signed"),
    "digest": Words("摘要", "digest"),
    "content": Words("业务参数明文", "decrypted content"),
    "json": Words("业务参数 JSON", "content as JSON"),
}


def _once(findings: list[Finding]) -> Iterator[Finding]:
    """What stops the message first, then remarks; each kind once."""
    seen: set[str] = set()
    for finding in sorted(findings, key=lambda finding: not finding.fatal):
        if finding.cause.kind not in seen:
            seen.add(finding.cause.kind)
            yield finding


# Causes


def _findings(case: Examination, others: tuple[str, ...]) -> tuple[Recipe | None, list[Finding]]:
    """The recipe that the sender used, where it is found and not the rule; and all findings."""
    listed = ", ".join(others)
    hint = (
        Words(f"；这正是方案 {listed} 的规则", f"; this is the rule of profile {listed}") if others else Words("", "")
    )
    sent, signature = _signature_findings(case, hint)
    return sent, [*case.body.findings, *_declared(case, hint), *signature, *_content_findings(case)]


def _declared(case: Examination, hint: Words) -> Iterator[Finding]:
    """What the public parameters themselves show."""
    if not case.named_as_due:
        due, found = case.scheme.sign_field, case.sign_name
        named = Words(f"应为 {due}，报文里是 {found}{hint.zh}", f"due: {due}, found: {found}{hint.en}")
        yield Finding(causes.FIELD_NAMES, named)
    if not case.admitted:
        admitted = "/".join(case.scheme.sign_types), "/".join(name or '""' for name in case.scheme.enc_types)
        declared = case.sign_type[:10] or '""', case.enc_type[:10] or '""'
        if not (case.body.plain_object and case.enc_type in case.scheme.enc_types):
            yield Finding(
                causes.NOT_ADMITTED,
                Words(
                    f"报文：{declared[0]}、{declared[1]}；方案允许：{admitted[0]}、{admitted[1]}",
                    f"declared: {declared[0]}, {declared[1]}; admitted: {admitted[0]}, {admitted[1]}",
                ),
            )
    if case.rule.cipher and not case.rule.key:
        yield Finding(causes.UNUSABLE_KEY, Words(f"enc_type 为 {case.enc_type}", f"enc_type is {case.enc_type}"))
    if case.received[1] is not None:
        yield Finding(case.received[1], SEEN)


def _signature_findings(case: Examination, hint: Words) -> tuple[Recipe | None, list[Finding]]:
    if not case.received[0]:
        return None, []
    evidence = Words(_REPRODUCES.zh + hint.zh, _REPRODUCES.en + hint.en)
    if case.matches:
        best = case.matches[0]
        return (best.recipe if best.causes else None), [Finding(cause, evidence) for cause in best.causes]
    order = case.any_order() if case.key_proven or not case.rule.cipher else None
    if order is not None:
        return order, [Finding(causes.ORDER, evidence)]
    return None, [Finding(cause, _nothing_fits(case)) for cause in _unexplained(case)]


def _unexplained(case: Examination) -> Iterator[Cause]:
    """No known way gives the signature: whether the content opens tells a wrong key from a changed message."""
    if case.key_proven:
        yield causes.CHANGED
    elif not case.rule.cipher or (case.reading is not None and case.params.get(CONTENT)):
        yield causes.WRONG_KEY_OR_CHANGED
    elif damaged(case.params.get(CONTENT, ""), case.rule):
        yield causes.CHANGED
    elif not case.params.get(CONTENT):
        yield causes.WRONG_KEY_OR_CHANGED
    else:
        if broken_length(case.params[CONTENT], case.rule):
            yield causes.CIPHER_TEXT_BROKEN
        yield causes.WRONG_KEY


def _nothing_fits(case: Examination) -> Words:
    strings, contents = case.search.tried, case.explored[1]
    return Words(
        f"试过 {strings} 种签名写法（顺序、空值、密钥位置、大小写、编码、换行等）"
        f"和 {contents} 种解密方法，没有一种与签名相符",
        f"{strings} ways of signing (order, empty values, place of the key, case, charset, line breaks …) and "
        f"{contents} of deciphering were tried; none gives this signature",
    )


def _content_findings(case: Examination) -> Iterator[Finding]:
    reading = case.reading
    if reading is None:
        if case.matches:  # the key is right for the signature
            text = case.params.get(CONTENT, "")
            cause = causes.CIPHER_TEXT_BROKEN if broken_length(text, case.rule) else causes.DAMAGED
            tried = case.explored[1]
            yield Finding(cause, Words(f"试过 {tried} 种解密方法，都不成立", f"{tried} ways were tried in vain"))
        return
    for cause in reading.causes:
        yield Finding(cause, _READS, fatal=case.fatal(cause))
    fault = _json_fault(case)
    if fault is not None and (case.matches or case.key_proven):
        yield Finding(causes.CONTENT_JSON, Words(fault.message, fault.message))


def _json_fault(case: Examination) -> UnreadableMessage | None:
    reading = case.reading
    if reading is None or not reading.plain:
        return None
    try:
        value = loads(reading.plain, "biz_content 明文")
    except UnreadableMessage as fault:
        return fault
    return None if isinstance(value, dict) else UnreadableMessage("应是 JSON 对象", None, "biz_content 明文")


# Layers


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…（共 {len(text)} 字符）"


def _body_text(case: Examination) -> str:
    try:
        text = case.message.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = case.message.decode("gb18030", "replace")
    for secret in (case.secret, case.params.get("key", "")):
        text = text.replace(secret, MASK) if secret else text
    return text


def _outer_layers(case: Examination) -> Iterator[Layer]:
    damage = [finding for finding in case.body.findings if finding.fatal]
    size = len(case.message)
    note = damage[0].evidence if damage else Words(f"{size} 字节", f"{size} bytes")
    yield Layer("body", _TITLES["body"], not damage, _cut(_body_text(case)), note)
    shown = {name: MASK if name == "key" and value else value for name, value in case.params.items()}
    lines = "\n".join(f"{name} = {_cut(value) if value else '（空）'}" for name, value in shown.items())
    yield Layer("parameters", _TITLES["parameters"], case.named_as_due and case.admitted, lines)


def _signature_layers(case: Examination, verdict: Verdict, told: Words, sent: Recipe | None) -> Iterator[Layer]:
    holds = {Verdict.HOLDS: True, Verdict.BROKEN: False, Verdict.UNKNOWN: None}[verdict]
    base = case.base
    if base is None:
        yield Layer("string", _TITLES["string"], None, "", told)
    else:
        yield Layer("string", _TITLES["string"], holds, base.shown())
    if sent is not None:
        note = Words(f"{sent.digest}，字节编码 {sent.charset}", f"{sent.digest} of the string as {sent.charset}")
        yield Layer("sent", _TITLES["sent"], None, sent.shown(), note)
    expected = base.digested().hex() if base is not None else "-"
    received = case.params.get(case.sign_name, "") or "-"
    text = f"应为 expected {case.digest:>8}  {expected}\n收到 received {case.sign_type[:8]:>8}  {_cut(received)}"
    yield Layer("digest", _TITLES["digest"], holds, text, told)


def _content_layers(case: Examination) -> Iterator[Layer]:
    reading = case.reading
    if reading is None:
        note = Words("用这把密钥解不出有意义的内容", "nothing that makes sense comes out under this key")
        yield Layer("content", _TITLES["content"], False, "", note)
        return
    cipher = CIPHERS.get(case.rule.cipher)
    how = f"{case.rule.cipher}, {cipher.written}" if cipher and reading.data else "-"
    yield Layer("content", _TITLES["content"], case.readable, _cut(reading.plain.decode()), Words(how, how))
    fault = _json_fault(case)
    told = Words(fault.message, fault.message) if fault else None
    yield Layer("json", _TITLES["json"], fault is None, "" if fault else _members(reading.plain), told)


def _members(plain: bytes) -> str:
    value = loads(plain) if plain else {}
    return (
        "\n".join(f"{name} = {_cut(str(member))}" for name, member in value.items()) if isinstance(value, dict) else ""
    )
