"""From bytes to a verified message of the electronic health card platform, and back; no I/O.

A request is a JSON object of public parameters (接口请求公共参数); everything else stands in biz_content, as JSON text,
enciphered by enc_type, the whole signed by sign_type. An answer is made the same way (响应公共参数). The standard
leaves the rules of signing open; `scheme` holds those in use.

    peek          bytes -> who claims to call, unverified
    open_request  claim -> content, after its signature held and its cipher opened
    seal_response content -> bytes of the answer, in the algorithms of the request
    seal_request, open_response   the same from the caller's side

Server, client, command line and checks share these functions.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from yiqiao import crypto
from yiqiao.dialects.ehealth_card.faults import (
    CipherNotAllowed,
    DecryptionFailed,
    EmptyAnswer,
    EmptyMessage,
    EncryptionFailed,
    MissingAppId,
    MissingMethod,
    MissingTerminal,
    SignatureMismatch,
    SignatureTypeNotAllowed,
    SigningFailed,
    UnknownCipher,
    UnknownSignatureType,
    UnsupportedVersion,
)
from yiqiao.dialects.ehealth_card.parameters import CONTENT, read_parameters
from yiqiao.dialects.ehealth_card.scheme import CIPHERS, DIGESTS, Scheme, scheme
from yiqiao.exchange.strict_json import Position, UnreadableMessage, loads

__all__ = [
    "Answer",
    "CipherNotAllowed",
    "Claim",
    "DecryptionFailed",
    "EmptyAnswer",
    "EmptyMessage",
    "EncryptionFailed",
    "MissingAppId",
    "MissingMethod",
    "MissingTerminal",
    "Opened",
    "Position",
    "Scheme",
    "SignatureMismatch",
    "SignatureTypeNotAllowed",
    "SigningFailed",
    "UnknownCipher",
    "UnknownSignatureType",
    "UnreadableMessage",
    "UnsupportedVersion",
    "open_content",
    "open_request",
    "open_response",
    "peek",
    "read_parameters",
    "scheme",
    "seal_request",
    "seal_response",
    "string_to_sign",
]

SUCCESS = "0000"


class Claim(NamedTuple):
    """What a message says of itself, unverified. `params` are all public parameters as they came.

    `plain_object` says that biz_content came as a JSON object; `params` then holds its exact text.
    """

    params: dict[str, str]
    app_id: str
    term_id: str
    method: str
    version: str
    timestamp: str
    sign_type: str
    enc_type: str
    biz_content: str
    plain_object: bool = False

    def __repr__(self) -> str:
        return f"Claim({self.method}, app_id={self.app_id!r})"


class Opened(NamedTuple):
    """A verified request. `secret` is the one of the partner's keys that fitted; the answer is sealed with it."""

    claim: Claim
    biz: dict[str, object]
    plain: bytes
    secret: str

    def __repr__(self) -> str:
        return f"Opened({self.claim!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified answer. `biz` is None where it carries no content; `signed` is False for a refusal without a digest,
    which a platform sends when it does not know who asks.
    """

    ret_code: str
    ret_msg: str
    biz: dict[str, object] | None = field(repr=False)
    params: dict[str, str] = field(repr=False)
    signed: bool = True


def peek(body: bytes, content_type: str = "application/json") -> Claim:
    """The public parameters of a request. Raises EmptyMessage, UnreadableMessage, MissingAppId, MissingTerminal,
    MissingMethod, and nothing else, whatever the bytes are.
    """
    params, plain_object = read_parameters(body, content_type)
    get = params.get
    claim = Claim(
        params,
        get("app_id", ""),
        get("term_id", ""),
        get("method", ""),
        get("version", ""),
        get("timestamp", ""),
        get("sign_type") or get("digest_type", ""),
        get("enc_type", ""),
        get(CONTENT, ""),
        plain_object,
    )
    if not claim.app_id:
        raise MissingAppId
    if not claim.term_id:
        raise MissingTerminal
    if not claim.method:
        raise MissingMethod
    return claim


def open_request(claim: Claim, secrets: Sequence[str], scheme: Scheme) -> Opened:
    """The content of a request whose signature holds under one of `secrets` (several while a key is changed).

    Raises UnsupportedVersion, UnknownSignatureType, SignatureTypeNotAllowed, UnknownCipher, CipherNotAllowed,
    SignatureMismatch, SigningFailed, DecryptionFailed, UnreadableMessage.
    """
    if not claim.version or (scheme.versions and claim.version not in scheme.versions):
        accepted = f"，应为 {'、'.join(scheme.versions)}" if scheme.versions else ""
        said = f"不支持的接口版本号 {claim.version[:10]}" if claim.version else "接口版本号 version 为空"
        raise UnsupportedVersion(said + accepted)
    _admit_signature(claim.params.get(scheme.sign_type_field, ""), scheme)
    _admit_cipher(claim.enc_type, scheme)
    if claim.plain_object and claim.enc_type and not scheme.biz_object:
        raise UnreadableMessage(f"公共参数 biz_content 应为 {claim.enc_type} 加密后的字符串，收到的是对象")
    secret, plain = _verified(claim.params, secrets, scheme, plain_object=claim.plain_object)
    return Opened(claim, _content(plain), plain, secret)


def _admit_signature(sign_type: str, scheme: Scheme) -> None:
    if sign_type in scheme.sign_types:
        return
    if sign_type in DIGESTS:
        raise SignatureTypeNotAllowed(f"本应用不允许签名类型 {sign_type}，可用：{_listed(scheme.sign_types)}")
    said = f"未知签名类型 {sign_type[:10]}" if sign_type else f"签名类型 {scheme.sign_type_field} 为空"
    raise UnknownSignatureType(f"{said}，可用：{_listed(scheme.sign_types)}")


def _admit_cipher(enc_type: str, scheme: Scheme) -> None:
    if enc_type in scheme.enc_types:
        return
    if enc_type in CIPHERS or not enc_type:
        said = f"本应用不允许加密类型 {enc_type}" if enc_type else "加密类型 enc_type 为空，本应用的报文必须加密"
        raise CipherNotAllowed(f"{said}，可用：{_listed(scheme.enc_types)}")
    raise UnknownCipher(f"未知加密类型 {enc_type[:10]}，可用：{_listed(scheme.enc_types)}")


def _listed(names: Sequence[str]) -> str:
    return "、".join(name or "空（不加密）" for name in names)


def _verified(
    params: Mapping[str, str], secrets: Sequence[str], scheme: Scheme, *, plain_object: bool
) -> tuple[str, bytes]:
    """The secret under which the signature holds, and the content in plain."""
    received = params.get(scheme.sign_field, "").encode().lower()
    if not received:
        raise SignatureMismatch(f"缺少签名：{scheme.sign_field} 为空，请签名后发送")
    digest = DIGESTS[params[scheme.sign_type_field]]
    text, cipher = params.get(CONTENT, ""), "" if plain_object else params.get("enc_type", "")
    if scheme.signed == "encrypted" or not cipher or not text:
        readings = _readings(params, text, plain_object=plain_object)
        for joined in (_joined(reading, scheme) for reading in readings):
            for secret in secrets:
                expected = digest(_with_secret(joined, secret, scheme)).hex().encode()
                if hmac.compare_digest(expected, received):
                    return secret, _decrypt(text, cipher, secret)
        raise SignatureMismatch("验签失败：签名与报文不符，请检查密钥、参数顺序与字符编码")
    for secret in secrets:
        try:
            plain = _decrypt(text, cipher, secret)
            joined = _joined({**params, CONTENT: plain.decode()}, scheme)
        except (DecryptionFailed, UnicodeDecodeError):
            continue  # told apart from a wrong digest, this would help somebody who tries out cipher texts
        if hmac.compare_digest(digest(_with_secret(joined, secret, scheme)).hex().encode(), received):
            return secret, plain
    raise SignatureMismatch("验签失败：密文无法解密，或签名与业务参数明文不符，请检查密钥，并确认先签名、后加密")


def _readings(params: Mapping[str, str], text: str, *, plain_object: bool) -> Iterator[Mapping[str, str]]:
    """What may have been signed: the parameters as sent; for an object also its text without blanks."""
    yield params
    if plain_object:
        compact = orjson.dumps(orjson.loads(text)).decode()
        if compact != text:
            yield {**params, CONTENT: compact}


def string_to_sign(params: Mapping[str, str], secret: str, scheme: Scheme) -> bytes:
    """The exact bytes that are digested: every parameter with a value but the signature, a to z, then the secret.

    biz_content must stand in `params` in the form that the scheme signs.
    """
    return _with_secret(_joined(params, scheme), secret, scheme)


def _joined(params: Mapping[str, str], scheme: Scheme) -> str:
    left_out = scheme.sign_field
    return "&".join([f"{name}={params[name]}" for name in sorted(params) if params[name] and name != left_out])


def _with_secret(joined: str, secret: str, scheme: Scheme) -> bytes:
    return f"{joined}{scheme.before_secret}{secret}{scheme.after_secret}".encode()


def open_content(params: Mapping[str, str], secret: str, *, plain_object: bool = False) -> bytes:
    """The content in plain, without a look at the signature: for an engineer's eyes, never for a server's.

    Raises UnknownCipher, SigningFailed, DecryptionFailed.
    """
    enc_type = "" if plain_object else params.get("enc_type", "")
    if enc_type and enc_type not in CIPHERS:
        raise UnknownCipher(f"未知加密类型 {enc_type[:10]}，可用：{_listed(tuple(CIPHERS))}")
    return _decrypt(params.get(CONTENT, ""), enc_type, secret)


def _decrypt(text: str, enc_type: str, secret: str) -> bytes:
    if not enc_type or not text:
        return text.encode()
    cipher = CIPHERS[enc_type]
    try:
        key = cipher.key(secret)
    except ValueError:
        raise SigningFailed(f"平台保存的密钥不适用于 {enc_type}，请改用其他加密类型，或联系平台更换密钥") from None
    try:
        data = cipher.read(text)
    except ValueError:
        form = "十六进制" if cipher.written == "hex" else "Base64"
        raise DecryptionFailed(f"biz_content 无法解密：{enc_type} 密文应为{form}文本") from None
    try:
        return cipher.decrypt(key, data)
    except crypto.DecryptionFailed:
        raise DecryptionFailed(f"biz_content 无法按 {enc_type} 解密，请检查密钥、分组模式与填充") from None


def _encrypt(plain: bytes, enc_type: str, secret: str) -> str:
    if not enc_type:
        return plain.decode()
    cipher = CIPHERS[enc_type]
    try:
        return cipher.write(cipher.encrypt(cipher.key(secret), plain))
    except ValueError:
        raise EncryptionFailed(f"密钥不适用于 {enc_type}，请核对密钥的长度与写法") from None


def _content(plain: bytes) -> dict[str, object]:
    if not plain:
        return {}
    content = loads(plain, "biz_content 明文")
    if not isinstance(content, dict):
        raise UnreadableMessage("应是 JSON 对象", None, "biz_content 明文")
    return content


def _json(biz: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(biz)
    except TypeError:
        raise EncryptionFailed("业务参数无法写成 JSON（UTF-8），请检查其中的特殊字符与数据类型") from None


def _body(params: Mapping[str, object]) -> bytes:
    try:
        return orjson.dumps(params)
    except TypeError:
        raise SigningFailed("公共参数无法写成 JSON（UTF-8），请检查其中的特殊字符与数据类型") from None


def seal_request(params: Mapping[str, str], biz: Mapping[str, object], secret: str, scheme: Scheme) -> bytes:
    """The bytes of a request. `params` are the public parameters under the standard's names; sign_type and enc_type
    may be left out (the scheme's first), a sign in it is replaced. Raises EncryptionFailed, SigningFailed, and the
    faults of algorithms that the scheme does not have.
    """
    sign_type = params.get("sign_type", scheme.sign_types[0])
    enc_type = params.get("enc_type", scheme.enc_types[0])
    _admit_signature(sign_type, scheme)
    _admit_cipher(enc_type, scheme)
    sealed = {name: value for name, value in params.items() if name not in ("sign", "sign_type", CONTENT)}
    sealed[scheme.sign_type_field] = sign_type
    sealed["enc_type"] = enc_type
    return _sealed(sealed, _json(biz), secret, scheme, plain_object=scheme.biz_object)


def _sealed(params: dict[str, str], plain: bytes, secret: str, scheme: Scheme, *, plain_object: bool) -> bytes:
    """Encipher `plain` into the parameters, sign them, write them."""
    try:
        if not plain_object:
            params[CONTENT] = _encrypt(plain, params["enc_type"], secret) if plain else ""
        in_plain = plain_object or scheme.signed == "plain"
        signed = string_to_sign({**params, CONTENT: plain.decode()} if in_plain else params, secret, scheme)
    except UnicodeEncodeError:
        raise SigningFailed("公共参数含有无法编码为 UTF-8 的字符，请检查 app_id、term_id 等参数的取值") from None
    params[scheme.sign_field] = DIGESTS[params[scheme.sign_type_field]](signed).hex()
    return _body({**params, CONTENT: orjson.Fragment(plain)} if plain_object else params)


def seal_response(
    claim: Claim | None,
    ret_code: str,
    ret_msg: str,
    biz: Mapping[str, object] | None,
    secret: str | None,
    scheme: Scheme,
    timestamp: str,
) -> bytes:
    """The bytes of an answer, in the algorithms that the request names where the scheme admits them.

    Without a `secret` (the caller is unknown) it is neither enciphered nor signed. `biz` None: biz_content is empty;
    such an answer can always be made. Raises EncryptionFailed for content that the secret cannot encipher.
    """
    params = {
        "ret_code": ret_code,
        "ret_msg": ret_msg,
        "app_id": claim.app_id[:64] if claim else "",
        "method": claim.method[:64] if claim else "",
        "version": claim.version[:64] if claim else "",
        "timestamp": timestamp,
        scheme.sign_type_field: _chosen(claim.params.get(scheme.sign_type_field) if claim else None, scheme.sign_types),
        "enc_type": _chosen(claim.enc_type if claim else None, scheme.enc_types),
    }
    plain = b"" if biz is None else _json(biz)
    if secret is not None:
        plain_object = bool(claim and claim.plain_object and plain)
        return _sealed(params, plain, secret, scheme, plain_object=plain_object)
    params.update({scheme.sign_type_field: "", scheme.sign_field: "", "enc_type": "", CONTENT: plain.decode()})
    return _body(params)


def _chosen(asked: str | None, admitted: Sequence[str]) -> str:
    return asked if asked is not None and asked in admitted else admitted[0]


def open_response(body: bytes, secrets: Sequence[str], scheme: Scheme) -> Answer:
    """A platform's answer, verified. A refusal may come unsigned, a success never.

    Raises EmptyAnswer, UnreadableMessage, and the faults of open_request from UnknownSignatureType on.
    """
    try:
        params, plain_object = read_parameters(body)
    except EmptyMessage:
        raise EmptyAnswer from None
    ret_code, ret_msg = params.get("ret_code", ""), params.get("ret_msg", "")
    if not ret_code:
        raise UnreadableMessage("应答缺少返回码 ret_code")
    if ret_code != SUCCESS and not ret_code.strip("0"):  # looks like a success, and is none
        raise UnreadableMessage("应答的返回码 ret_code 不合法")
    if not params.get(scheme.sign_field) and ret_code != SUCCESS:
        return Answer(ret_code, ret_msg, None, params, signed=False)
    _admit_signature(params.get(scheme.sign_type_field, ""), scheme)
    if params.get(CONTENT) and not plain_object:  # an answer without content may leave enc_type out
        _admit_cipher(params.get("enc_type", ""), scheme)
    _, plain = _verified(params, secrets, scheme, plain_object=plain_object)
    return Answer(ret_code, ret_msg, _content(plain) if plain else None, params)
