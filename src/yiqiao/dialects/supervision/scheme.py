"""How uploads are signed, as data.

The chapter on signatures is not in the preview; the three rules here are this project's, chosen by profile, so that the
real one can take their place (docs/supervision-wire.md). What differs between partners is a value of `Scheme`, from a
profile's `security`:

    rule             S1  MD5 of appid=…&data=…&randomstr=…&service=…&key=KEY
                     S2  MD5 of appsecret, then name and value of each of them that is not empty, then KEY
                     S3  HMAC-SM3 under KEY of the S1 string without its tail
    attachment_data  what `data` is taken for when a large attachment (A0001) is signed; the first is sent, all are
                     accepted

Names stand in a–z order, values are raw UTF-8, digests are upper-case hexadecimal.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yiqiao import crypto

Parts = tuple[bytes, ...]
Values = Mapping[str, bytes]
SIGNED = ("appid", "data", "randomstr", "service")
HEAD = b"appsecret"


def _joined(values: Values) -> Parts:
    parts: list[bytes] = []
    for name in SIGNED:
        parts += [b"&" if parts else b"", name.encode(), b"=", values[name]]
    return tuple(parts)


def _s1(values: Values, key: bytes) -> Parts:
    return (*_joined(values), b"&key=", key)


def _s2(values: Values, key: bytes) -> Parts:
    pairs = [part for name in SIGNED if values[name] for part in (name.encode(), values[name])]
    return (HEAD, *pairs, key)


def _s3(values: Values, _: bytes) -> Parts:
    return _joined(values)


def _md5(parts: Parts, _: bytes) -> bytes:
    return crypto.md5(*parts)


def _hmac_sm3(parts: Parts, key: bytes) -> bytes:
    return crypto.hmac_sm3(key, *parts)


@dataclass(frozen=True)
class Rule:
    """Which bytes are digested, and by what; the parts are not joined, for one of them may be 30 MB."""

    parts: Callable[[Values, bytes], Parts]
    digest: Callable[[Parts, bytes], bytes]


RULES: Mapping[str, Rule] = {"S1": Rule(_s1, _md5), "S2": Rule(_s2, _md5), "S3": Rule(_s3, _hmac_sm3)}


@dataclass(frozen=True)
class Scheme:
    """One way of signing; see the module's text. Raises ValueError for what cannot be meant."""

    rule: str = "S1"
    attachment_data: tuple[str, ...] = ("",)

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"security.rule is one of {', '.join(RULES)}, not {self.rule!r}")
        if not self.attachment_data:
            raise ValueError("security.attachment_data says at least one text")

    def parts(self, values: Values, key: str) -> Parts:
        """The bytes that are digested. `values` has appid, data, randomstr and service."""
        return RULES[self.rule].parts(values, key.encode())

    def sign(self, values: Values, key: str) -> str:
        """The signature, upper-case hexadecimal."""
        return RULES[self.rule].digest(self.parts(values, key), key.encode()).hex().upper()


def scheme(security: Mapping[str, object]) -> Scheme:
    """The scheme that a profile's `security` section describes; keys that are not there keep the default.

    Raises ValueError. The caller keeps the result: one scheme a profile.
    """
    default = Scheme()
    texts = security.get("attachment_data", default.attachment_data)
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError("security.attachment_data must be a list of texts")
    return Scheme(rule=str(security.get("rule", default.rule)), attachment_data=tuple(texts))
