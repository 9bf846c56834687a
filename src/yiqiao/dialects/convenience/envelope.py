"""From XML to a verified message of the convenience platform, and back; no I/O (chapters 2 and 5).

A request is a ROOT with FUN_CODE, USER_ID, SIGN_TYPE, SIGN and REQ_ENCRYPTED; an answer has RETURN_CODE, RETURN_MSG,
SIGN_TYPE, SIGN and RES_ENCRYPTED. The content is one XML element (REQ and RES, or Request and Response), enciphered
first and signed then; see `scheme`. How the ROOT travels, in SOAP or in a plain POST, is not this module's business.

    peek          text or bytes -> who claims to call, unverified
    open_request  claim -> content, after its signature held and its cipher opened
    seal_response content -> text of the answer
    seal_request, open_response   the same from the caller's side

Server, client, command line and checks share these functions.
"""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from yiqiao.dialects.convenience.content import text as written_text
from yiqiao.dialects.convenience.faults import (
    DecryptionFailed,
    EmptyAnswer,
    EmptyMessage,
    KeyMismatch,
    KeyUnfit,
    MissingFunction,
    MissingUser,
    SignatureMismatch,
    UnknownSignatureType,
)
from yiqiao.dialects.convenience.scheme import REQUEST_ORDER, RESPONSE_ORDER, Scheme
from yiqiao.dialects.convenience.strict_xml import Tree, UnreadableMessage, decoded, name_of, parse, plain_tree
from yiqiao.dialects.convenience.wording import LONGEST_MESSAGE, shortened

ROOT = "ROOT"
SIGN_TYPE = "MD5"

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
_CONTENT = {"REQ_ENCRYPTED", "RES_ENCRYPTED"}
_ROOTS = ("REQ", "RES", "Request", "Response", "res")
"""Roots of a content as tables and samples have them: both styles, and the res of opPay (3.1.4.2)."""
_SPELLED = {root.casefold(): root for root in reversed(_ROOTS)}
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_BETWEEN_TAGS = re.compile(r">\s+<")


@dataclass(frozen=True, slots=True)
class Claim:
    """What a request says of itself, unverified. `values` are the parameters as they came; `nested` says that the
    content came as elements in plain sight, and its value is then their source.
    """

    values: Mapping[str, str] = field(repr=False)
    fun_code: str
    user_id: str
    sign_type: str
    content: str = field(repr=False)
    nested: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified request. `root` is the element that held the content, "" where there is none; `secret` the one of the
    partner's keys that fitted, with which the answer is sealed.
    """

    claim: Claim
    root: str
    tree: Tree = field(repr=False)
    plain: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer; `signed` is False for a refusal without a digest, as some send to callers they do not know."""

    code: str
    message: str
    root: str
    tree: Tree = field(repr=False)
    signed: bool = True


def peek(message: str | bytes, *, by_name: bool = False) -> Claim:
    """The parameters of a request; `by_name`: the function may be known otherwise than by FUN_CODE.

    Raises EmptyMessage, UnreadableMessage, MissingUser, MissingFunction, and nothing else, whatever the bytes are.
    """
    values, nested = read_parameters(message)
    get = values.get
    claim = Claim(
        values,
        get("FUN_CODE", "").strip(),
        get("USER_ID", "").strip(),
        get("SIGN_TYPE", "").strip().rstrip(">"),  # the standard's own sample has MD5>
        get("REQ_ENCRYPTED", "").strip(),
        nested,
    )
    if not claim.user_id:
        raise MissingUser
    if not claim.fun_code and not by_name:
        raise MissingFunction
    return claim


def read_parameters(message: str | bytes) -> tuple[dict[str, str], bool]:
    """All parameters of a request or an answer, and whether the content came as elements in plain sight.

    Raises EmptyMessage and UnreadableMessage.
    """
    text = decoded(message) if isinstance(message, bytes) else message
    if not text.strip("\ufeff \t\r\n"):
        raise EmptyMessage
    root = parse(text)
    if name_of(root) != ROOT:
        raise UnreadableMessage(f"根节点应为 {ROOT}（元素名区分大小写）")
    values: dict[str, str] = {}
    nested = False
    for element in root:
        name = name_of(element)
        if len(element):
            if name not in _CONTENT:
                raise UnreadableMessage(f"{name[:40]} 应为文字，收到的是下级元素")
            value, nested = _source(text, name), True
        else:
            value = element.text or ""
        if values.setdefault(name, value) != value:
            raise UnreadableMessage(f"{name[:40]} 出现多次且取值不同，请只保留一个")
    return values, nested


def _source(text: str, name: str) -> str:
    """What stands between an element's tags, to the letter: a signature was made over it, not over what it means."""
    start, end = re.search(rf"<(?:\w+:)?{name}(?:\s[^>]*)?>", text), text.rfind("</")
    while end >= 0 and not re.match(rf"</(?:\w+:)?{name}\s*>", text[end : end + len(name) + 60]):
        end = text.rfind("</", 0, end)
    return text[start.end() : end].strip() if start and end >= start.end() else ""


def open_request(claim: Claim, secrets: Sequence[str], scheme: Scheme) -> Opened:
    """The content of a request whose signature holds under one of `secrets` (several while a key is changed).

    Raises UnknownSignatureType, SignatureMismatch, KeyMismatch, KeyUnfit, DecryptionFailed, UnreadableMessage.
    """
    if claim.sign_type != SIGN_TYPE:
        said = f"签名类型 {claim.sign_type[:10]} 不正确" if claim.sign_type else "签名类型 SIGN_TYPE 为空"
        raise UnknownSignatureType(f"{said}，应为大写的 {SIGN_TYPE}")
    secret = _verified(claim.values, REQUEST_ORDER, secrets, scheme, nested=claim.nested)
    root, tree, plain = _content(claim.content, secret, scheme, nested=claim.nested)
    spelled = _SPELLED.get(root.casefold())
    if spelled is not None and root not in _ROOTS:
        raise UnreadableMessage(f"根节点 {root} 应写作 {spelled}（元素名区分大小写）", None, "业务参数")
    return Opened(claim, root, tree, plain, secret)


def _verified(
    values: Mapping[str, str], order: Sequence[str], secrets: Sequence[str], scheme: Scheme, *, nested: bool
) -> str:
    """The secret under which the signature holds."""
    received = values.get("SIGN", "").strip().upper().encode()
    if not received:
        raise SignatureMismatch("签名不正确：SIGN 为空，请签名后发送")
    readings = list(readings_of(values, order, nested=nested))
    for secret in secrets:
        if any(_is(scheme.digest(reading, order, secret), received) for reading in readings):
            return secret
    if any(
        _is(scheme.digest(reading, order, other), received)
        for secret in secrets
        for other in ("", secret.strip(), f"{secret} ", secret.lower(), secret.upper())
        for reading in readings
        if not scheme.keyless
    ):
        raise KeyMismatch("密钥不匹配：签名的写法正确，但没有加密钥，或密钥的空白、大小写与约定的不同")
    raise SignatureMismatch("签名不正确：请检查密钥、参与签名的字段与次序，并按 UTF-8 计算 MD5")


def _is(digest: str, received: bytes) -> bool:
    return hmac.compare_digest(digest.encode(), received)


def readings_of(values: Mapping[str, str], order: Sequence[str], *, nested: bool) -> Iterator[Mapping[str, str]]:
    """What may have been signed: the values without the blanks around them; as they came; for content in plain sight
    also without the blanks between its elements, and without the CDATA marks.
    """
    stripped = {name: values[name].strip() for name in order if name in values}
    yield stripped
    as_sent = {name: values[name] for name in order if name in values}
    if as_sent != stripped:
        yield as_sent
    content = order[2]
    if "\n" in stripped.get(content, "") and not nested:  # BASE64 in lines; XML has made every line end a \n
        yield {**stripped, content: "".join(stripped[content].split())}
        yield {**stripped, content: stripped[content].replace("\n", "\r\n")}
    if nested:
        compact = _BETWEEN_TAGS.sub("><", stripped[content])
        for text in dict.fromkeys((compact, _CDATA.sub(r"\1", stripped[content]), _CDATA.sub(r"\1", compact))):
            if text != stripped[content]:
                yield {**stripped, content: text}


def _content(text: str, secret: str, scheme: Scheme, *, nested: bool) -> tuple[str, Tree, str]:
    """The root's name, what it holds, and the content in plain."""
    if nested and scheme.cipher != "none":
        raise DecryptionFailed("加密不正确：收到的是未加密的业务参数，请按约定加密（AES-128-ECB、PKCS#7、BASE64）")
    plain = decoded(scheme.decrypt(text, secret), "业务参数").strip("\ufeff \t\r\n")
    if not plain:
        return "", {}, ""
    root = parse(plain, "业务参数")
    return name_of(root), plain_tree(root), plain


def open_content(values: Mapping[str, str], secret: str, scheme: Scheme, *, nested: bool = False) -> str:
    """The content in plain, without a look at the signature: for an engineer's eyes, never for a server's.

    Raises KeyUnfit, DecryptionFailed, UnreadableMessage.
    """
    text = next((values[name].strip() for name in sorted(_CONTENT) if name in values), "")
    return text if nested else decoded(scheme.decrypt(text, secret), "业务参数")


def seal_request(fun_code: str, user_id: str, content: str, secret: str, scheme: Scheme) -> str:
    """The text of a request; `content` is one element, or "". Raises KeyUnfit, EncryptionFailed."""
    values = {"FUN_CODE": fun_code, "USER_ID": user_id, "REQ_ENCRYPTED": scheme.encrypt(content, secret)}
    sign = scheme.digest(values, REQUEST_ORDER, secret)
    return _document({**values, "SIGN_TYPE": SIGN_TYPE, "SIGN": sign})


def seal_response(code: str, message: str, content: str, secret: str | None, scheme: Scheme) -> str:
    """The text of an answer, RES_ENCRYPTED always in it: without content it is the encryption of nothing, as clients
    in the field expect. Without a `secret` (the caller is unknown) it is neither enciphered nor signed, and so it is
    where the kept secret does not suit the cipher: such an answer can always be made.
    """
    told = " ".join(message.split()) or ("成功" if code == "0" else "失败")
    values = {"RETURN_CODE": code, "RETURN_MSG": shortened(told, LONGEST_MESSAGE)}
    encrypted = sign = ""
    if secret is not None:
        try:
            encrypted = scheme.encrypt(content, secret)
            sign = scheme.digest({**values, "RES_ENCRYPTED": encrypted}, RESPONSE_ORDER, secret)
        except KeyUnfit:
            if content:
                raise
    return _document({**values, "SIGN_TYPE": SIGN_TYPE, "SIGN": sign, "RES_ENCRYPTED": encrypted})


def _document(values: Mapping[str, str]) -> str:
    body = "".join(f"<{name}>{written_text(value, name)}</{name}>" for name, value in values.items())
    return f"{_DECLARATION}<{ROOT}>{body}</{ROOT}>"


def open_response(message: str | bytes, secrets: Sequence[str], scheme: Scheme) -> Answer:
    """The content of an answer. A refusal may come unsigned, with no content and with any code.

    Raises EmptyAnswer, UnreadableMessage, SignatureMismatch, KeyMismatch, KeyUnfit, DecryptionFailed.
    """
    try:
        values, nested = read_parameters(message)
    except EmptyMessage:
        raise EmptyAnswer from None
    code = values.get("RETURN_CODE", "").strip()
    if not code:
        raise UnreadableMessage("应答没有 RETURN_CODE")
    code = code.lstrip("0") or "0" if code.isdecimal() and code.isascii() and len(code) < 3 else code
    text = values.get("RETURN_MSG", "").strip()
    if code != "0" and not values.get("SIGN", "").strip():
        return Answer(code, text, "", {}, signed=False)
    secret = _verified(values, RESPONSE_ORDER, secrets, scheme, nested=nested)
    root, tree, _ = _content(values.get("RES_ENCRYPTED", "").strip(), secret, scheme, nested=nested)
    return Answer(code, text, root, tree)
