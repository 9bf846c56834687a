"""How messages of the electronic health card platform are signed and enciphered, as data.

The standard names the algorithms (sign_type, enc_type) and nothing else. The rule kept here is the one that platforms
in the field follow; where they differ, the difference is a value of `Scheme`, from a profile's `security` section:

    sign_field, sign_type_field   the parameters with the digest and its kind (some platforms: digest, digest_type)
    signed                        "encrypted": biz_content is enciphered, then signed; "plain": the other way round
    tail                          what follows the joined parameters, e.g. "{secret}" or "&key={secret}"
    sign_types, enc_types         what is admitted, the first is the default; "" in enc_types is content in plain text
    versions                      admitted values of `version`; none listed: any
    biz_object                    biz_content is a JSON object in plain sight, whatever enc_type says
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from yiqiao.crypto import (
    aes_ecb_decrypt,
    aes_ecb_encrypt,
    des_ecb_decrypt,
    des_ecb_encrypt,
    md5,
    sm3,
    sm4_ecb_decrypt,
    sm4_ecb_encrypt,
)

DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {"SM3": sm3, "MD5": md5}


_HEX_KEY = re.compile(r"[0-9a-fA-F]{32}")


@lru_cache(maxsize=512)
def _sm4_key(secret: str) -> bytes:
    if not _HEX_KEY.fullmatch(secret):
        raise ValueError("SM4 takes a secret of 32 hexadecimal digits")
    return bytes.fromhex(secret)


def _aes_key(secret: str) -> bytes:
    if len(secret) != 32 or not secret.isascii():
        raise ValueError("AES takes a secret of 32 ASCII characters")
    return secret.encode()


def _des_key(secret: str) -> bytes:
    if len(secret) < 8 or not secret.isascii():
        raise ValueError("DES takes a secret of at least 8 ASCII characters")
    return secret[:8].encode()


def _from_base64(text: str) -> bytes:
    """Strict, but for the line breaks that some encoders put after 76 characters."""
    if "\n" in text:
        text = text.replace("\r\n", "").replace("\n", "")
    return base64.b64decode(text, validate=True)


def _to_base64(data: bytes) -> str:
    return binascii.b2a_base64(data, newline=False).decode()


@dataclass(frozen=True)
class Cipher:
    """One value of enc_type: how the key comes from the secret, the cipher, and how its bytes are written as text.

    `key` and `read` raise ValueError, `decrypt` raises the crypto package's DecryptionFailed.
    """

    key: Callable[[str], bytes]
    encrypt: Callable[[bytes, bytes], bytes]
    decrypt: Callable[[bytes, bytes], bytes]
    write: Callable[[bytes], str]
    read: Callable[[str], bytes]
    written: str  # "hex" or "base64"


CIPHERS: Mapping[str, Cipher] = {
    "SM4": Cipher(_sm4_key, sm4_ecb_encrypt, sm4_ecb_decrypt, bytes.hex, binascii.unhexlify, "hex"),
    "AES": Cipher(_aes_key, aes_ecb_encrypt, aes_ecb_decrypt, _to_base64, _from_base64, "base64"),
    "DES": Cipher(_des_key, des_ecb_encrypt, des_ecb_decrypt, _to_base64, _from_base64, "base64"),
}


@dataclass(frozen=True)
class Scheme:
    """One way of signing and enciphering; see the module's text. Raises ValueError for what cannot be meant."""

    sign_field: str = "sign"
    sign_type_field: str = "sign_type"
    signed: str = "encrypted"
    tail: str = "{secret}"
    sign_types: tuple[str, ...] = ("SM3", "MD5")
    enc_types: tuple[str, ...] = ("SM4", "AES", "DES")
    versions: tuple[str, ...] = ()
    biz_object: bool = False
    before_secret: str = field(init=False, repr=False)
    after_secret: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.signed not in ("encrypted", "plain"):
            raise ValueError(f"security.signed is encrypted or plain, not {self.signed!r}")
        if self.tail.count("{secret}") != 1:
            raise ValueError("security.tail must hold {secret} exactly once")
        if not self.sign_types or not set(self.sign_types) <= DIGESTS.keys():
            raise ValueError(f"security.sign_types: some of {', '.join(DIGESTS)}")
        if not self.enc_types or not set(self.enc_types) <= CIPHERS.keys() | {""}:
            raise ValueError(f"security.enc_types: some of {', '.join(CIPHERS)} or empty")
        before, after = self.tail.split("{secret}")
        object.__setattr__(self, "before_secret", before)
        object.__setattr__(self, "after_secret", after)

    def check_secret(self, secret: str) -> None:
        """Raises ValueError for a secret that one of the admitted ciphers cannot use; for configuration."""
        if not secret:
            raise ValueError("the secret is empty")
        for enc_type in self.enc_types:
            if enc_type:
                CIPHERS[enc_type].key(secret)


def scheme(security: Mapping[str, object]) -> Scheme:
    """The scheme that a profile's `security` section describes; keys that are not there keep the default.

    Raises ValueError. The caller keeps the result: one scheme a profile.
    """
    default = Scheme()
    return Scheme(
        sign_field=_text(security, "sign_field", default.sign_field),
        sign_type_field=_text(security, "sign_type_field", default.sign_type_field),
        signed=_text(security, "signed", default.signed),
        tail=_text(security, "tail", default.tail),
        sign_types=_texts(security, "sign_types", default.sign_types),
        enc_types=_texts(security, "enc_types", default.enc_types),
        versions=_texts(security, "versions", default.versions),
        biz_object=security.get("biz_object", False) is True,
    )


def _text(security: Mapping[str, object], name: str, default: str) -> str:
    value = security.get(name, default)
    if not isinstance(value, str) or not value:
        raise ValueError(f"security.{name} must be a text")
    return value


def _texts(security: Mapping[str, object], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    values = security.get(name, default)
    if not isinstance(values, list | tuple):
        raise ValueError(f"security.{name} must be a list of texts")
    texts = tuple("" if value is None else value for value in values)
    if not all(isinstance(text, str) for text in texts):
        raise ValueError(f"security.{name} must be a list of texts")
    return texts
