"""From headers and bytes to a verified upload, and back; no I/O (1.4 of the standard; chapter 4 as `scheme` has it).

A request says in four headers who uploads (appid), what (service), under which random string (randomstr), and signs it
(sign); its body holds the time (uptime) and the rows (data, a text that is a JSON array). An answer is `{code, message,
data}` and is not signed.

    peek           headers -> who claims to upload, unverified
    open_request   claim and body -> the rows' text, after the signature held
    open_form      claim -> nothing to open, but the signature of a large attachment holds (A0001 has no envelope)
    rows           the text -> rows, unread
    seal_request, sign_form, open_response, seal_response   the same from the other sides

Server, client, command line and checks share these functions.
"""

import hmac
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import orjson

from yiqiao.dialects.supervision.body import data_text, kind_of, members, rows, short_text
from yiqiao.dialects.supervision.faults import (
    EmptyAnswer,
    EmptyMessage,
    MissingAppId,
    MissingService,
    ParametersInvalid,
    SignatureMismatch,
    SigningFailed,
)
from yiqiao.dialects.supervision.scheme import Scheme
from yiqiao.exchange.message import Headers
from yiqiao.exchange.strict_json import UnreadableMessage, loads

__all__ = [
    "Answer",
    "Claim",
    "Opened",
    "kind_of",
    "open_form",
    "open_request",
    "open_response",
    "peek",
    "rows",
    "seal_request",
    "seal_response",
    "sign_form",
]

SUCCESS = "0"
NAMES = ("service", "appid", "randomstr", "sign")
LONGEST = 32
"""Characters of each public parameter but the signature."""
_VISIBLE = re.compile(r"[\x21-\x7e\x80-\xff]+")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the headers say, unverified."""

    service: str
    app_id: str
    randomstr: str
    sign: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified upload. `data` is the rows' text in UTF-8, as signed; `secret` the partner's key that fitted."""

    uptime: str
    data: bytes = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `data` is "" where it has none."""

    code: str
    message: str
    data: str = field(repr=False)


def peek(headers: Headers) -> Claim:
    """The public parameters of a request. Raises MissingAppId, MissingService, ParametersInvalid."""
    said: dict[str, str] = {}
    for raw_name, raw in headers:
        name = raw_name.decode("latin-1").lower()
        if name not in NAMES:
            continue
        if name in said:
            raise ParametersInvalid(f"HTTP 头 {name} 出现了两次，请只传一次")
        said[name] = raw.decode("latin-1").strip()
    claim = Claim(said.get("service", ""), said.get("appid", ""), said.get("randomstr", ""), said.get("sign", ""))
    if not claim.app_id:
        raise MissingAppId
    if not claim.service:
        raise MissingService
    for name, value in (("service", claim.service), ("appid", claim.app_id), ("randomstr", claim.randomstr)):
        if not value:
            raise ParametersInvalid(f"HTTP 头 {name} 为空，请每次请求换新")
        if len(value) > LONGEST:
            raise ParametersInvalid(f"HTTP 头 {name} 长 {len(value)} 个字符，上限 {LONGEST} 个字符，请缩短")
        if not _VISIBLE.fullmatch(value):
            raise ParametersInvalid(f"HTTP 头 {name} 含有空格或控制字符，请去掉")
    return claim


def open_request(claim: Claim, body: bytes, secrets: Sequence[str], scheme: Scheme) -> Opened:
    """The rows' text of a request whose signature holds under one of `secrets` (several while a key is changed).

    Raises EmptyMessage, UnreadableMessage, DataNotText, DataEmpty, SignatureMismatch, ParametersInvalid.
    """
    found = members(body)
    data = data_text(found)
    secret = _verified(claim, (data,), secrets, scheme)
    uptime = short_text(found, "uptime")
    if not uptime:
        raise ParametersInvalid("请求体缺少上传时间 uptime，请填写")
    return Opened(uptime, data, secret)


def open_form(claim: Claim, secrets: Sequence[str], scheme: Scheme) -> str:
    """The key under which the signature of a large attachment holds. It covers the headers and a `data` that is fixed,
    so it can be judged before anything of the form was read. Raises SignatureMismatch.
    """
    return _verified(claim, [text.encode() for text in scheme.attachment_data], secrets, scheme)


def _verified(claim: Claim, readings: Iterable[bytes], secrets: Sequence[str], scheme: Scheme) -> str:
    received = claim.sign.lower().encode("latin-1", "replace")
    if not received:
        raise SignatureMismatch("缺少签名：HTTP 头 sign 为空，请签名后发送")
    for data in readings:
        values = _signed(claim, data)
        for secret in secrets:
            if hmac.compare_digest(scheme.sign(values, secret).lower().encode(), received):
                return secret
    raise SignatureMismatch("验签失败：签名与报文不符，请核对密钥、签名规则、data 的原文与字符集（UTF-8）")


def _signed(claim: Claim, data: bytes) -> dict[str, bytes]:
    # Header bytes are signed as they travel; they are ASCII in every sane message.
    return {
        "appid": claim.app_id.encode("latin-1"),
        "data": data,
        "randomstr": claim.randomstr.encode("latin-1"),
        "service": claim.service.encode("latin-1"),
    }


def seal_request(
    service: str, app_id: str, randomstr: str, uptime: str, data: bytes, secret: str, scheme: Scheme
) -> tuple[dict[str, str], bytes]:
    """Headers and body of an upload. `data` is the rows' JSON array in UTF-8. Raises SigningFailed."""
    claim = _signable(service, app_id, randomstr)
    try:
        body = orjson.dumps({"uptime": uptime, "data": data.decode()})
    except UnicodeDecodeError:
        raise SigningFailed("要上传的内容不是 UTF-8 文本，请检查其中的特殊字符") from None
    return _headers(claim, data, secret, scheme), body


def sign_form(service: str, app_id: str, randomstr: str, secret: str, scheme: Scheme) -> tuple[dict[str, str], str]:
    """Headers of a large attachment, and the form's value of `data`. Raises SigningFailed."""
    claim, data = _signable(service, app_id, randomstr), scheme.attachment_data[0]
    return _headers(claim, data.encode(), secret, scheme), data


def _signable(service: str, app_id: str, randomstr: str) -> Claim:
    for name, value in (("service", service), ("appid", app_id), ("randomstr", randomstr)):
        if not value.isascii() or not _VISIBLE.fullmatch(value) or len(value) > LONGEST:
            raise SigningFailed(f"{name} 应为 1 至 {LONGEST} 个可见的 ASCII 字符")
    return Claim(service, app_id, randomstr, "")


def _headers(claim: Claim, data: bytes, secret: str, scheme: Scheme) -> dict[str, str]:
    if not secret:
        raise SigningFailed("没有密钥，无法签名")
    sign = scheme.sign(_signed(claim, data), secret)
    return {"service": claim.service, "appid": claim.app_id, "randomstr": claim.randomstr, "sign": sign}


def seal_response(code: str, message: str, data: str = "") -> bytes:
    """The bytes of an answer; `data` is left out where it is empty."""
    told = {"code": code, "message": message}
    return orjson.dumps({**told, "data": data} if data else told)


def open_response(body: bytes) -> Answer:
    """A platform's answer. Raises EmptyAnswer, UnreadableMessage."""
    try:
        found = members(body)
    except EmptyMessage:
        raise EmptyAnswer from None
    code = _code(found)
    if not code:
        raise UnreadableMessage("应答缺少返回编码 code")
    raw = found.get("data")
    return Answer(code, short_text(found, "message"), _as_text(bytes(raw)) if raw is not None else "")


def _code(found: Mapping[str, msgspec.Raw]) -> str:
    """A bare number is taken as its digits: `{"code": 0}` can be read in one way only."""
    raw = found.get("code")
    value = loads(bytes(raw), "应答的 code") if raw is not None else None
    return value if isinstance(value, str) else str(value) if value.__class__ is int else ""


def _as_text(raw: bytes) -> str:
    """The standard makes `data` a text; some platforms would send what it holds."""
    value = loads(raw, "应答的 data")
    return value if isinstance(value, str) else "" if value is None else raw.decode()
