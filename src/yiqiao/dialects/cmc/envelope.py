"""The launch parameter, sans I/O: values <-> Base64 text, with the signature in it (chapters 4.2, 4.3.3 and 4.3.4).

The plain text is 26 values joined by `&`, every place kept, in UTF-8 and then in Base64. The signature at place 23 is
the MD5, in upper case, of `appsecret`, then name and value of every other value that is not empty in the order of the
names, then the secret. In the visit number of a self-pay patient the name is signed as it is and sent URL-encoded.

    seal        values -> parameter
    peek        query of the link -> what it says of itself, unverified
    verify      -> the secret that fits

Launcher, receiver, command line and checks share these functions.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote, unquote_to_bytes

from yiqiao.crypto import md5
from yiqiao.dialects.cmc.faults import (
    MissingAppKey,
    NotBase64,
    NotUtf8,
    ParameterMissing,
    PatientMismatch,
    SignatureMismatch,
    UnknownPatientKind,
    UnsafeValue,
    UnsupportedVersion,
    WrongMethod,
    WrongPlaces,
)

Values = Mapping[str, str]

PARAMETER = "jgtParamSign"
TARGET = "a"
"""Beside the parameter, an installed client says under which target it was started; the standard's links lack it."""

PLACES = (
    "version", "hzlx", "aac001", "ysbm", "ysmc", "mtbz", "rtbz", "zzbz", "rtbm", "kh", "sfzh", "yybm", "yymc", "xm",
    "xb", "nl", "djsj", "xz", "ksmc", "jzsxh", "mzsxh", "timestamp", "sign", "appkey", "method", "sqbm",
)  # fmt: skip
LEFT_OUT = ("mtbz", "jzsxh", "sqbm")
"""The places that the standard's own example of a self-pay patient lacks."""
SHORT = tuple(name for name in PLACES if name not in LEFT_OUT)
SIGNED = tuple(sorted(name for name in PLACES if name != "sign"))
INSURED, SELF_PAY = "1", "0"
INSURANCE = ("aac001", "mtbz", "xz")
"""The places that stay empty for a self-pay patient."""
OPERATIONS: Mapping[str, str] = {INSURED: "launch.insured", SELF_PAY: "launch.selfpay"}
_FROM_URL_SAFE = str.maketrans("-_", "+/", "\r\n\t")


@dataclass(frozen=True)
class Scheme:
    """What a profile's `security` section says: the word in front, and the fixed values that are accepted."""

    head: str
    versions: tuple[str, ...]
    method: str


@dataclass(frozen=True)
class Claim:
    """What a launch says of itself, unverified. `values` are all places by name, the visit number in plain."""

    values: Values = field(repr=False)
    target: str | None = None

    @property
    def app_id(self) -> str:
        """Who launches."""
        return self.values["appkey"]

    @property
    def operation(self) -> str:
        """Which of the standard's two tables of parameters it follows."""
        return OPERATIONS[self.values["hzlx"]]

    @property
    def terminal(self) -> str | None:
        """Which installed client it came through; None from a browser."""
        return self.target

    @property
    def timestamp(self) -> str:
        """The launcher's clock, as text."""
        return self.values["timestamp"]


def scheme(security: Mapping[str, object]) -> Scheme:
    """The scheme of a profile. Raises ValueError for one that says too little."""
    head, versions, method = security.get("head"), security.get("versions"), security.get("method")
    if not isinstance(head, str) or not isinstance(method, str) or not isinstance(versions, list):
        raise ValueError("security needs head, versions and method")
    return Scheme(head, tuple(map(str, versions)), method)


# Signing


def string_to_sign(values: Values, secret: str, scheme: Scheme) -> bytes:
    """The exact bytes that are digested."""
    joined = "".join([name + values[name] for name in SIGNED if values.get(name)])
    return f"{scheme.head}{joined}{secret}".encode()


def sign(values: Values, secret: str, scheme: Scheme) -> str:
    """The signature, 32 upper-case hexadecimal digits."""
    return md5(string_to_sign(values, secret, scheme)).hex().upper()


def verify(claim: Claim, secrets: Sequence[str], scheme: Scheme) -> str:
    """The one of `secrets` under which the launch was signed (several while a key is changed).

    Raises UnsupportedVersion, WrongMethod, SignatureMismatch.
    """
    values = claim.values
    if values["version"] not in scheme.versions:
        raise UnsupportedVersion(f"不支持的版本号 {values['version'][:4]!r}，第 1 位应为 {'、'.join(scheme.versions)}")
    if values["method"] != scheme.method:
        raise WrongMethod(f"第 25 位 method 应为 {scheme.method}，请检查拼接次序")
    received = values["sign"].lower().encode("utf-8", "replace")
    if not received:
        raise SignatureMismatch("第 23 位签名 sign 为空")
    for secret in secrets:
        if hmac.compare_digest(md5(string_to_sign(values, secret, scheme)).hex().encode(), received):
            return secret
    raise SignatureMismatch(
        "签名不正确：请核对密钥、参与签名的值与编码（UTF-8）；可用 yiqiao sign explain cmc 查明原因"
    )


# Making


def seal(values: Values, secret: str, scheme: Scheme, titles: Mapping[str, str]) -> str:
    """The parameter: values by name, the visit number in plain; a sign among them is replaced.

    `titles` name the fields in refusals. Raises UnsafeValue, NotUtf8.
    """
    for name, value in values.items():
        joined = name == "mzsxh" and values.get("hzlx") == SELF_PAY
        for mark in "&" if joined else "&@":
            if mark in value:
                raise UnsafeValue(name, titles.get(name, name), mark)
    try:
        return encoded({**values, "sign": sign(values, secret, scheme)})
    except UnicodeEncodeError:
        raise NotUtf8("有的值含有无法编码为 UTF-8 的字符，请检查姓名与名称") from None


def encoded(values: Values) -> str:
    """The parameter of values that are signed already."""
    return base64.b64encode(plain_text(values).encode()).decode()


def query(parameter: str) -> bytes:
    """The query of a link that carries a parameter."""
    return f"{PARAMETER}={quote(parameter, safe='')}".encode()


def plain_text(values: Values) -> str:
    """The values in their places, as they are launched."""
    return "&".join([_launched(values) if name == "mzsxh" else values.get(name, "") for name in PLACES])


def _launched(values: Values) -> str:
    visit = values.get("mzsxh", "")
    if values.get("hzlx") != SELF_PAY:
        return visit
    name, at, rest = visit.partition("@")
    return percent(name) + at + rest


def percent(name: str) -> str:
    """A name URL-encoded in UTF-8, with the lower-case digits of the standard's example."""
    return "".join(f"%{byte:02x}" if byte >= 0x80 else quote(chr(byte), safe="") for byte in name.encode())


def visit_number(name: str, sex: str, age: str, id_no: str = "", birthday: str = "") -> str:
    """门诊顺序号 of a self-pay patient, in plain. Raises UnsafeValue for a part that holds an @."""
    for part, value in (("xm", name), ("xb", sex), ("nl", age), ("sfzh", id_no), ("birthday", birthday)):
        if "@" in value:
            raise UnsafeValue(part, "门诊顺序号的一段", "@")
    return "@".join((name, sex, age, id_no, birthday))


# Reading


def peek(query: bytes) -> Claim:
    """What the query of a link says. Raises ParameterMissing, NotBase64, NotUtf8, WrongPlaces, UnknownPatientKind,
    MissingAppKey, PatientMismatch, and nothing else, whatever the bytes are.
    """
    parameter, target = "", None
    for part in query.split(b"&"):
        name, _, value = part.partition(b"=")
        if name == PARAMETER.encode():
            if parameter:
                raise NotBase64(f"地址里 {PARAMETER} 出现了两次")
            parameter = _unquoted(value)
        elif name == TARGET.encode():
            target = _unquoted(value)[:64]
    return Claim(read(parameter), target)


def _unquoted(value: bytes) -> str:
    """A + stays a +: Base64 is full of them. A text that was encoded twice is decoded twice."""
    text = unquote_to_bytes(value)
    return (unquote_to_bytes(text) if b"%" in text else text).decode("latin-1")


def read(parameter: str) -> dict[str, str]:
    """All places of a parameter by name. Raises as `peek`."""
    if not parameter.strip():
        raise ParameterMissing
    places = _text(decoded(parameter)).split("&")
    names = PLACES if len(places) == len(PLACES) else SHORT
    if len(places) != len(names):
        raise WrongPlaces(_count(len(places)))
    values = dict(zip(names, places, strict=True))
    if names is SHORT:
        values |= dict.fromkeys(LEFT_OUT, "")
    if values["hzlx"] not in OPERATIONS:
        raise UnknownPatientKind(values["hzlx"])
    if values["hzlx"] == SELF_PAY:
        values["mzsxh"] = _in_plain(values)
    elif names is SHORT:
        raise WrongPlaces(_count(len(places)))
    if not values["appkey"]:
        raise MissingAppKey
    return values


def _count(found: int) -> str:
    return f"唤起参数应有 {len(PLACES)} 个值（{len(PLACES) - 1} 个 &），实际 {found} 个；空值也要保留位置，值里不能有 &"


def decoded(parameter: str) -> bytes:
    """The bytes of a Base64 text, with what happens to it on its way put right. Raises NotBase64."""
    try:
        return base64.b64decode(parameter, validate=True)  # as it should be; what follows is for the others
    except (binascii.Error, ValueError):
        text = parameter.lstrip().translate(_FROM_URL_SAFE)
    if len(text.rstrip()) % 4 == 0:
        text = text.rstrip()  # else a blank at the end was a +
    text = text.replace(" ", "+").rstrip("=")
    if len(text) % 4 == 1:
        raise NotBase64(f"唤起参数不是完整的 BASE64：共 {len(text)} 个字符，可能被截断")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotBase64("唤起参数不是 BASE64 文本：含有字母表以外的字符") from None


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise NotUtf8(f"唤起参数解码后不是 UTF-8（第 {error.start + 1} 字节起）{_guess(data)}") from None


def _guess(data: bytes) -> str:
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "，可能在途中损坏"
    return "，像是 GBK：请按 UTF-8 取字节后再转 BASE64"


def signed_form(values: Values) -> str:
    """The visit number as it is signed: for a self-pay patient with the name in plain, where it can be read."""
    name, at, rest = values["mzsxh"].partition("@")
    if values["hzlx"] != SELF_PAY or "%" not in name:
        return values["mzsxh"]
    return unquote_to_bytes(name).decode("utf-8", "replace") + at + rest


def _in_plain(values: Values) -> str:
    """The same, where a receiver may rely on it: the name must be that of the patient."""
    visit = signed_form(values)
    name, at, _ = visit.partition("@")
    if "\ufffd" in name:
        raise NotUtf8("门诊顺序号里的姓名按 URL 解码后不是 UTF-8")
    if at and ("&" in name or name != values["xm"]):
        raise PatientMismatch("门诊顺序号里的姓名与第 14 位患者姓名不一致")
    return visit
