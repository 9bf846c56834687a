"""The text in a health card's QR code: making it, and telling what a scanned one is.

Grammar (the figure of the standard's chapter 二维码数据的内容 is lost; this is the shape of its one sample):

    CODE   = BODY ":" FLAG ":" ":" ":" ISSUER          five parts, the third and fourth empty
    FLAG   = "0" static / "1" dynamic
    BODY   = hexadecimal: for a static code the 电子健康卡 ID; for a dynamic one 64 digits, see below
    ISSUER = who issued it, up to 16 letters and digits

A dynamic code carries its own proof: person, issue number, last second of life and a nonce, encrypted with SM4-CTR
under an 8-byte HMAC-SM3 tag that is the IV as well. So a phone can show a fresh one every minute and nothing has to be
stored; whether the card still lives is looked up when the code is verified.
"""

import hmac
import re
import secrets
import struct
from enum import StrEnum
from typing import NamedTuple

from yiqiao.clock import readable
from yiqiao.crypto import sm4_ctr
from yiqiao.errors import DomainError
from yiqiao.region.identity.identifiers import CardRef, IdentityKeys, open_card_id

_DYNAMIC = struct.Struct(">16sHIH")  # person, issue number, last second of life (epoch), nonce
_TAG = 8
_SHAPE = re.compile(r"([0-9A-Fa-f]{40,106}):([01]):::([0-9A-Za-z]{1,16})", re.ASCII)
_FAMILY = re.compile(r"(?:\d{2}:)?[0-9A-Fa-f]{48,128}:[01](?::[0-9A-Za-z]*){0,4}", re.ASCII)


class CodeKind(StrEnum):
    """static: printed or stuck to a card, for reception and consultation; dynamic: fresh each time, for core scenes."""

    STATIC = "static"
    DYNAMIC = "dynamic"


class CodeInvalid(DomainError):
    """The text is no code of this platform, or was altered."""


class CodeExpired(DomainError):
    """A dynamic code after its last second."""


class ForeignIssuer(DomainError):
    """A well-formed code of the same family, issued by somebody else."""


class Code(NamedTuple):
    """What a genuine code says."""

    kind: CodeKind
    card: CardRef


def static_text(ehealth_card_id: str, issuer: str) -> str:
    """The text of a static code."""
    return f"{ehealth_card_id}:0:::{issuer}"


def dynamic_text(keys: IdentityKeys, card: CardRef, issuer: str, expires_s: int) -> str:
    """The text of a fresh dynamic code that lives until `expires_s` (epoch seconds), 64 hex digits and the rest."""
    plain = _DYNAMIC.pack(bytes.fromhex(card.person_id), card.issue_no, expires_s, secrets.randbits(16))
    tag = keys.code_mac(plain)[:_TAG]
    return f"{(tag + sm4_ctr(keys.code_cipher, tag * 2, plain)).hex().upper()}:1:::{issuer}"


def read(keys: IdentityKeys, text: str, issuer: str, now_ms: int) -> Code:
    """What a scanned text says. Raises CodeInvalid, CodeExpired, ForeignIssuer."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or shape[3] != issuer:
        raise _foreign_or_invalid(text, shape[3] if shape else None)
    if shape[2] == "0":
        card = open_card_id(keys, shape[1])
        if card is None:
            raise CodeInvalid("电子健康卡二维码不合法：内容校验未通过，请让患者重新出示")
        return Code(CodeKind.STATIC, card)
    return _read_dynamic(keys, bytes.fromhex(shape[1]) if len(shape[1]) % 2 == 0 else b"", now_ms)


def _read_dynamic(keys: IdentityKeys, data: bytes, now_ms: int) -> Code:
    tag, sealed = data[:_TAG], data[_TAG:]
    plain = sm4_ctr(keys.code_cipher, tag * 2, sealed) if len(sealed) == _DYNAMIC.size else b""
    if not plain or not hmac.compare_digest(keys.code_mac(plain)[:_TAG], tag):
        raise CodeInvalid("电子健康卡二维码不合法：内容校验未通过，请让患者重新出示")
    person, issue_no, expires_s, _ = _DYNAMIC.unpack(plain)
    if now_ms > expires_s * 1000:
        raise CodeExpired(f"电子健康卡二维码已于 {readable(expires_s * 1000)} 过期，请让患者刷新后重新出示")
    return Code(CodeKind.DYNAMIC, CardRef(person.hex(), issue_no))


def _foreign_or_invalid(text: str, issuer: str | None) -> DomainError:
    if issuer is not None or _FAMILY.fullmatch(text):
        whose = f"（签发机构 {issuer}）" if issuer else ""
        return ForeignIssuer(f"电子健康卡二维码不合法：非本平台签发{whose}，请患者出示本地区的电子健康卡")
    return CodeInvalid("电子健康卡二维码不合法：不是电子健康卡二维码的格式，请患者重新出示，并检查扫码枪是否增删字符")
