"""How messages of the convenience platform are signed and enciphered.

The standard prescribes MD5 with a KEY, and leaves the rest to one worked example that has no key at all (chapter 5).
The rule kept here is the one that platforms in the field follow; where they differ, the difference is a value of
`Scheme`, from a profile's `security` section:

    cipher    "AES": the content is AES-128-ECB in BASE64, the key's 16 characters being the cipher's; "none": plain XML
    signed    "pairs": NAME=value joined by & in the order a to z, empty values left out; "elements": <NAME>value</NAME>
              one after another, FUN_CODE, USER_ID, REQ_ENCRYPTED, as in the worked example
    tail      what follows them: "&KEY={secret}", "{secret}", or nothing, which proves nothing about the sender
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yiqiao import crypto
from yiqiao.dialects.convenience.faults import DecryptionFailed, KeyUnfit

REQUEST_ORDER = ("FUN_CODE", "USER_ID", "REQ_ENCRYPTED")
RESPONSE_ORDER = ("RETURN_CODE", "RETURN_MSG", "RES_ENCRYPTED")
_KEY_LENGTH = 16


@dataclass(frozen=True)
class Scheme:
    """One way of signing and enciphering; see the module's text. Raises ValueError for what cannot be meant."""

    cipher: str = "AES"
    signed: str = "pairs"
    tail: str = "&KEY={secret}"

    def __post_init__(self) -> None:
        if self.cipher not in ("AES", "none"):
            raise ValueError(f"security.cipher is AES or none, not {self.cipher!r}")
        if self.signed not in ("pairs", "elements"):
            raise ValueError(f"security.signed is pairs or elements, not {self.signed!r}")
        if self.tail and self.tail.count("{secret}") != 1:
            raise ValueError("security.tail must hold {secret} exactly once, or be empty")

    @property
    def keyless(self) -> bool:
        """Whether anybody can make a signature that holds: another proof of the sender is needed beside it."""
        return not self.tail

    def check_secret(self, secret: str) -> None:
        """Raises ValueError for a secret that the scheme cannot use; for configuration."""
        if not secret and not self.keyless:
            raise ValueError("the secret is empty")
        if self.cipher == "AES" and (len(secret) != _KEY_LENGTH or not secret.isascii()):
            raise ValueError("AES-128 takes a secret of 16 ASCII characters")

    def string_to_sign(self, values: Mapping[str, str], order: Sequence[str], secret: str) -> str:
        """The exact text that is digested. `values` holds the signed fields that the message has, `order` their names
        as the standard lists them.
        """
        if self.signed == "pairs":
            joined = "&".join(f"{name}={values[name]}" for name in sorted(order) if values.get(name))
        else:
            joined = "".join(f"<{name}>{values[name]}</{name}>" for name in order if name in values)
        return joined + self.tail.replace("{secret}", secret)

    def digest(self, values: Mapping[str, str], order: Sequence[str], secret: str) -> str:
        """MD5 of that text in UTF-8, as 32 hexadecimal digits in upper case."""
        return crypto.md5(self.string_to_sign(values, order, secret).encode()).hex().upper()

    def encrypt(self, plain: str, secret: str) -> str:
        """The content as it stands on the wire. Raises KeyUnfit."""
        if self.cipher == "none":
            return plain
        data = crypto.aes_ecb_encrypt(self._key(secret), plain.encode())
        return binascii.b2a_base64(data, newline=False).decode()

    def decrypt(self, text: str, secret: str) -> bytes:
        """The content in plain; nothing for nothing. Raises KeyUnfit, DecryptionFailed."""
        if self.cipher == "none" or not text:
            return text.encode()
        key = self._key(secret)
        if text.startswith("<"):
            raise DecryptionFailed("加密不正确：收到的是未加密的业务参数，请按约定加密（AES-128-ECB、PKCS#7、BASE64）")
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
            return crypto.aes_ecb_decrypt(key, data)
        except (ValueError, crypto.DecryptionFailed):
            raise DecryptionFailed(
                "加密不正确：业务参数用约定的密钥解不开，请检查密钥与加密方式（AES-128-ECB、PKCS#7、BASE64）"
            ) from None

    def _key(self, secret: str) -> bytes:
        if len(secret) != _KEY_LENGTH or not secret.isascii():
            raise KeyUnfit("密钥不匹配：保存的密钥不是 16 位字符，不能用于 AES-128，请与对方核对")
        return secret.encode()


def scheme(security: Mapping[str, object]) -> Scheme:
    """The scheme that a profile's `security` section describes; keys that are not there keep the default.

    Raises ValueError. The caller keeps the result: one scheme a profile.
    """
    default = Scheme()
    return Scheme(
        cipher=_text(security, "cipher", default.cipher),
        signed=_text(security, "signed", default.signed),
        tail=_text(security, "tail", default.tail),
    )


def _text(security: Mapping[str, object], name: str, default: str) -> str:
    value = security.get(name, default)
    if not isinstance(value, str):
        raise ValueError(f"security.{name} must be a text")
    return value
