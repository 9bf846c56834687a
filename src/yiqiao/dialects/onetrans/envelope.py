"""From bytes to a verified message of the unified library, and back; no I/O.

A request is a JSON object in GBK of public parameters (公共入参, 3.1.2); the business parameters stand in data, as JSON
text in GBK, enciphered by enc_type, the whole signed by signtype. An answer is made the same way (公共出参). The
standard gives no rule of signing; `scheme` holds ours.

    peek          bytes -> who claims to call, unverified
    open_request  claim -> business parameters, after the signature held and the cipher opened
    seal_response parameters -> bytes of the answer, in the algorithms of the request
    seal_request, open_response   the same from the caller's side

Server, client, command line and checks share these functions.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from yiqiao import crypto
from yiqiao.dialects.onetrans import gbk
from yiqiao.dialects.onetrans.faults import (
    DecryptionFailed,
    EmptyAnswer,
    EmptyMessage,
    KeyTravelled,
    MissingAppId,
    MissingTransType,
    PublicKeyMissing,
    SignatureMismatch,
    SignatureTypeNotAllowed,
    SigningFailed,
    UnknownCipher,
    UnknownSignatureType,
)
from yiqiao.dialects.onetrans.scheme import CONTENT, KEY, SIGN, SIGN_TYPES, Scheme, decipher, encipher, mac
from yiqiao.exchange.strict_json import UnreadableMessage, loads

SUCCESS = "000000"
_KINDS: Mapping[type, str] = {bool: "布尔值", list: "数组", dict: "对象", float: "小数"}
_LONGEST_NUMBER = 40


@dataclass(frozen=True)
class Keys:
    """The keys of one side: the partner's app_keys (the newest first), the other side's SM2 public key (64 bytes, or
    65 with the leading 04), one's own SM2 private key.
    """

    app_keys: Sequence[str] = field(default=(), repr=False)
    public: bytes | None = None
    private: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a message says of itself, unverified. `params` are all public parameters as they came, as text."""

    params: Mapping[str, str] = field(repr=False)
    app_id: str
    trans_type: str
    msgid: str
    timestamp: str
    signtype: str
    enc_type: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified message. `app_key` is the one of the keys that fitted; the answer is enciphered with it."""

    values: dict[str, object] = field(repr=False)
    plain: bytes = field(repr=False)
    app_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer. `values` is None where it carries no content; `signed` is False for a refusal without a
    signature, which a platform sends when it does not know who asks.
    """

    code: str
    err_msg: str
    values: dict[str, object] | None = field(repr=False)
    params: Mapping[str, str] = field(repr=False)
    signed: bool = True


def read_parameters(body: bytes) -> dict[str, str]:
    """The public parameters of a request or an answer, as text; absent ones left out.

    Raises EmptyMessage and UnreadableMessage.
    """
    if not body.strip(b" \t\r\n"):
        raise EmptyMessage
    parsed = gbk.read(body)
    if not isinstance(parsed, dict):
        raise UnreadableMessage("最外层应是 JSON 对象")
    return {
        name: value if isinstance(value, str) else _digits(name, value)
        for name, value in parsed.items()
        if value is not None
    }


def _digits(name: str, value: object) -> str:
    """A parameter that is no text: a whole number is taken as its digits, since it can be read in one way only."""
    if value.__class__ is int and len(str(value)) <= _LONGEST_NUMBER:
        return str(value)
    if name == CONTENT and isinstance(value, dict | list):
        raise UnreadableMessage("公共参数 data 应为业务参数加密后的文本，收到的是未加密的对象")
    raise UnreadableMessage(f"公共参数 {name[:40]} 应为字符串，收到的是{_KINDS.get(type(value), '数字')}")


def peek(body: bytes) -> Claim:
    """The public parameters of a request. Raises EmptyMessage, UnreadableMessage, MissingAppId, MissingTransType, and
    nothing else, whatever the bytes are.
    """
    params = read_parameters(body)
    claim = Claim(
        params,
        app_id=params.get("app_id", ""),
        trans_type=params.get("trans_type", ""),
        msgid=params.get("msgid", ""),
        timestamp=params.get("timestamp", ""),
        signtype=params.get("signtype", ""),
        enc_type=params.get("enc_type", ""),
    )
    if not claim.app_id:
        raise MissingAppId
    if not claim.trans_type:
        raise MissingTransType
    return claim


def open_request(claim: Claim, keys: Keys, scheme: Scheme) -> Opened:
    """The business parameters of a request whose signature holds.

    Raises KeyTravelled, UnknownSignatureType, SignatureTypeNotAllowed, UnknownCipher, PublicKeyMissing,
    SignatureMismatch, DecryptionFailed, UnreadableMessage.
    """
    if KEY in claim.params and not scheme.key_may_travel:
        raise KeyTravelled
    return _opened(claim.params, keys, scheme)


def _opened(params: Mapping[str, str], keys: Keys, scheme: Scheme) -> Opened:
    signtype = params.get("signtype", "")
    _admit(signtype, params.get("enc_type", ""), scheme)
    received = params.get(SIGN, "")
    if not received:
        raise SignatureMismatch("缺少签名：sign 为空，请签名后发送")
    fitting = _CHECKS[signtype](params, received, keys, scheme)
    return _deciphered(params.get(CONTENT, ""), fitting)


def _admit(signtype: str, enc_type: str, scheme: Scheme) -> None:
    usable = "、".join(scheme.sign_types)
    if signtype not in SIGN_TYPES:
        said = f"未知签名类型 {signtype[:10]}" if signtype else "签名类型 signtype 为空"
        raise UnknownSignatureType(f"{said}，可用：{usable}")
    if signtype not in scheme.sign_types:
        raise SignatureTypeNotAllowed(f"本应用不允许签名类型 {signtype}，可用：{usable}")
    if enc_type not in scheme.enc_types:
        said = f"未知加密类型 {enc_type[:10]}" if enc_type else "加密类型 enc_type 为空，业务参数必须加密"
        raise UnknownCipher(f"{said}，可用：{'、'.join(scheme.enc_types)}")


def _check_sm3(params: Mapping[str, str], received: str, keys: Keys, scheme: Scheme) -> Sequence[str]:
    """The app_key under which the HMAC holds."""
    told = received.encode(errors="replace").lower()
    for app_key in keys.app_keys:
        if hmac.compare_digest(_mac(params, app_key, scheme).hex().encode(), told):
            return (app_key,)
    raise SignatureMismatch("验签失败：签名与报文不符，请检查密钥、参数次序与字符编码（GBK）")


def _check_sm2(params: Mapping[str, str], received: str, keys: Keys, scheme: Scheme) -> Sequence[str]:
    """All app_keys, any of which may have enciphered the content: the signature proves the sender, not the key."""
    if keys.public is None:
        raise PublicKeyMissing("没有登记对方的 SM2 公钥，无法验签；请联系平台登记，未登记前用 SM3 签名")
    signature = _signature_bytes(received)
    texts = {scheme.string_to_sign(params, app_key) for app_key in keys.app_keys}
    if signature is None or not any(crypto.verify(keys.public, gbk.signed_bytes(text), signature) for text in texts):
        raise SignatureMismatch(
            "验签失败：SM2 签名与报文或登记的公钥不符，请检查私钥、用户标识、参数次序与字符编码（GBK）"
        )
    return keys.app_keys


_CHECKS = {"SM3": _check_sm3, "SM2": _check_sm2}


def _mac(params: Mapping[str, str], app_key: str, scheme: Scheme) -> bytes:
    return mac(app_key, gbk.signed_bytes(scheme.string_to_sign(params, app_key)))


def _signature_bytes(text: str) -> bytes | None:
    """r‖s or DER, in hexadecimal; some libraries write DER in Base64."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        pass
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _deciphered(text: str, app_keys: Sequence[str]) -> Opened:
    """The content under the key that opens it. Under a wrong one the padding fails, or what comes out is no JSON."""
    if not text:
        return Opened({}, b"", app_keys[0])
    faults: list[UnreadableMessage | DecryptionFailed] = []
    for app_key in app_keys:
        try:
            plain = open_content(text, app_key)
            return Opened(_content(plain), plain, app_key)
        except (UnreadableMessage, DecryptionFailed) as fault:
            faults.append(fault)
    raise next((fault for fault in faults if isinstance(fault, UnreadableMessage)), faults[-1])


def open_content(text: str, app_key: str) -> bytes:
    """The content in plain, without a look at the signature. Raises DecryptionFailed."""
    try:
        data = base64.b64decode(text.replace("\r\n", "").replace("\n", ""), validate=True)
    except ValueError:
        raise DecryptionFailed("data 无法解密：密文应为 BASE64 文本") from None
    try:
        return decipher(app_key, data)
    except crypto.DecryptionFailed:
        raise DecryptionFailed("data 无法按 SM4-CBC 解密，请检查密钥、初始向量（前 16 字节）与填充") from None


def _content(plain: bytes) -> dict[str, object]:
    content = gbk.read(plain, "data 明文") if plain else {}
    if isinstance(content, str):  # the JSON text once more as a JSON string, as some programs nest it
        content = loads(content.encode(), "data 明文")
    if not isinstance(content, dict):
        raise UnreadableMessage("应是 JSON 对象", None, "data 明文")
    return content


def seal_request(params: Mapping[str, str], values: Mapping[str, object], keys: Keys, scheme: Scheme) -> bytes:
    """The bytes of a request. `params` are the public parameters; signtype and enc_type may be left out (the scheme's
    first), a sign and an app_key in it are dropped. Raises EncryptionFailed, SigningFailed, and the faults of
    algorithms that the scheme does not have.
    """
    sealed = {name: value for name, value in params.items() if name not in (SIGN, KEY, CONTENT)}
    sealed = {**sealed, "signtype": params.get("signtype", scheme.sign_types[0])}
    sealed["enc_type"] = params.get("enc_type", scheme.enc_types[0])
    _admit(sealed["signtype"], sealed["enc_type"], scheme)
    sealed[CONTENT] = _enciphered(values, _first(keys))
    return gbk.write(signed(sealed, keys, scheme))


def signed(params: Mapping[str, str], keys: Keys, scheme: Scheme) -> dict[str, str]:
    """The parameters with their signature, by their signtype. Raises SigningFailed, EncryptionFailed."""
    text = scheme.string_to_sign(params, _first(keys))
    if params["signtype"] == "SM3":
        signature = mac(_first(keys), gbk.signed_bytes(text))
    elif keys.private is None:
        raise SigningFailed("没有 SM2 私钥，无法签名；请指定私钥，或改用 SM3")
    else:
        try:
            signature = crypto.sign(keys.private, gbk.signed_bytes(text))
        except ValueError:
            raise SigningFailed("SM2 私钥不可用：应为 32 字节") from None
    return {**params, SIGN: signature.hex()}


def _first(keys: Keys) -> str:
    if not keys.app_keys or not keys.app_keys[0]:
        raise SigningFailed("没有 app_key，无法签名与加密")
    return keys.app_keys[0]


def _enciphered(values: Mapping[str, object], app_key: str) -> str:
    return binascii.b2a_base64(encipher(app_key, gbk.write(values)), newline=False).decode()


def seal_response(
    claim: Claim | None,
    told: Mapping[str, str],
    values: Mapping[str, object] | None,
    keys: Keys | None,
    scheme: Scheme,
) -> bytes:
    """The bytes of an answer, in the algorithms that the request names where the scheme admits them. `told` are its
    public parameters (code, err_msg, inf_refmsgid, refmsg_time, respond_time).

    Without `keys` (the caller is unknown) it is neither enciphered nor signed. `values` None: data is empty. Raises
    EncryptionFailed for content that cannot be written.
    """
    if keys is None:
        return gbk.write({**told, "signtype": "", "enc_type": "", CONTENT: "", SIGN: ""})
    params = {
        **told,
        "signtype": _chosen(claim.signtype if claim else "", scheme.sign_types),
        "enc_type": scheme.enc_types[0],
        CONTENT: "" if values is None else _enciphered(values, _first(keys)),
    }
    return gbk.write(signed(params, keys, scheme))


def _chosen(asked: str, admitted: Sequence[str]) -> str:
    return asked if asked in admitted else admitted[0]


def open_response(body: bytes, keys: Keys, scheme: Scheme) -> Answer:
    """A platform's answer, verified. A refusal may come unsigned, a success never.

    Raises EmptyAnswer, UnreadableMessage, and the faults of open_request from UnknownSignatureType on.
    """
    try:
        params = read_parameters(body)
    except EmptyMessage:
        raise EmptyAnswer from None
    code, err_msg = params.get("code", ""), params.get("err_msg", "")
    if not code:
        raise UnreadableMessage("应答缺少返回码 code")
    if code != SUCCESS and not code.strip("0"):  # looks like a success, and is none
        raise UnreadableMessage("应答的返回码 code 不合法")
    if not params.get(SIGN) and code != SUCCESS:
        return Answer(code, err_msg, None, params, signed=False)
    opened = _opened(params, keys, scheme)
    return Answer(code, err_msg, opened.values if params.get(CONTENT) else None, params)
