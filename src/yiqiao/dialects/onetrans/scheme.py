"""How messages of the unified library are signed and enciphered, as data.

The standard demands both and gives no procedure; the one kept here is this project's reading, which
docs/onetrans-wire.md tells. What differs between partners is a value of `Scheme`, from a profile's `security` section:

    sign_types       admitted values of signtype, the first is the default: SM3 (HMAC-SM3 under app_key), SM2
    enc_types        admitted values of enc_type: SM4
    string           what is signed: "sorted" (every public parameter with a value, a to z), or "insurance" (the six
                     of national medical-insurance practice in their fixed order, then the key)
    version          the version that the insurance string names
    key_may_travel   whether a message that carries app_key is let pass
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from yiqiao import crypto

SIGN_TYPES = ("SM3", "SM2")
ENC_TYPES = ("SM4",)
SIGN = "sign"
CONTENT = "data"
KEY = "app_key"
_BLOCK = 16
_NEVER_SIGNED = frozenset({SIGN, KEY})


@lru_cache(maxsize=512)
def content_key(app_key: str) -> bytes:
    """The SM4 key of an app_key: the first 16 bytes of its SM3 digest."""
    return crypto.sm3(app_key.encode())[:_BLOCK]


@lru_cache(maxsize=512)
def _authenticator(app_key: str) -> crypto.HmacSm3:
    return crypto.HmacSm3(app_key.encode())


def mac(app_key: str, data: bytes) -> bytes:
    """The HMAC-SM3 of what is signed, under the app_key itself."""
    return _authenticator(app_key)(data)


def encipher(app_key: str, plain: bytes) -> bytes:
    """A fresh IV and the SM4-CBC cipher text behind it."""
    iv = secrets.token_bytes(_BLOCK)
    return iv + crypto.sm4_cbc_encrypt(content_key(app_key), iv, plain)


def decipher(app_key: str, data: bytes) -> bytes:
    """The way back. Raises crypto.DecryptionFailed."""
    if len(data) < 2 * _BLOCK:
        raise crypto.DecryptionFailed
    return crypto.sm4_cbc_decrypt(content_key(app_key), data[:_BLOCK], data[_BLOCK:])


def _sorted(params: Mapping[str, str], _: str, __: str) -> str:
    values = sorted(params.items())
    return "&".join([f"{name}={value}" for name, value in values if value and name not in _NEVER_SIGNED])


def _insurance(params: Mapping[str, str], version: str, app_key: str) -> str:
    values = {
        "appId": params.get("app_id", ""),
        "data": params.get(CONTENT, ""),
        "encType": params.get("enc_type", ""),
        "signType": params.get("signtype", ""),
        "timestamp": params.get("timestamp") or params.get("respond_time", ""),
        "version": version,
        "key": app_key,
    }
    return "&".join(f"{name}={value}" for name, value in values.items() if value)


STRINGS: Mapping[str, Callable[[Mapping[str, str], str, str], str]] = {"sorted": _sorted, "insurance": _insurance}


@dataclass(frozen=True)
class Scheme:
    """One way of signing and enciphering; see the module's text. Raises ValueError for what cannot be meant."""

    sign_types: tuple[str, ...] = SIGN_TYPES
    enc_types: tuple[str, ...] = ENC_TYPES
    string: str = "sorted"
    version: str = ""
    key_may_travel: bool = False

    def __post_init__(self) -> None:
        if not self.sign_types or not set(self.sign_types) <= set(SIGN_TYPES):
            raise ValueError(f"security.sign_types: some of {', '.join(SIGN_TYPES)}")
        if not self.enc_types or not set(self.enc_types) <= set(ENC_TYPES):
            raise ValueError(f"security.enc_types: some of {', '.join(ENC_TYPES)}")
        if self.string not in STRINGS:
            raise ValueError(f"security.string is one of {', '.join(STRINGS)}, not {self.string!r}")
        if (self.string == "insurance") != bool(self.version):
            raise ValueError("security.version belongs to the insurance string")
        if self.string == "insurance" and "SM3" in self.sign_types:
            raise ValueError("the insurance string ends with the key, so it is signed with SM2 only")

    def string_to_sign(self, params: Mapping[str, str], app_key: str) -> str:
        """The text that is signed; `data` must stand in `params` enciphered. sign and app_key take no part."""
        return STRINGS[self.string](params, self.version, app_key)


def scheme(security: Mapping[str, object]) -> Scheme:
    """The scheme that a profile's `security` section describes; keys that are not there keep the default.

    Raises ValueError. The caller keeps the result: one scheme a profile.
    """
    default = Scheme()
    return Scheme(
        sign_types=_texts(security, "sign_types", default.sign_types),
        enc_types=_texts(security, "enc_types", default.enc_types),
        string=str(security.get("string", default.string)),
        version=str(security.get("version", default.version)),
        key_may_travel=security.get("key_may_travel", False) is True,
    )


def _texts(security: Mapping[str, object], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    values = security.get(name, default)
    if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"security.{name} must be a list of texts")
    return tuple(values)
