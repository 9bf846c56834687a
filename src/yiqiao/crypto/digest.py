"""Digests and message authentication: SM3 (GB/T 32905), HMAC-SM3 (GB/T 15852.2), MD5 (RFC 1321) for older partners.

SM3 is taken from the interpreter's own OpenSSL where that has it, since copying a blank state is the cheapest way in
and long inputs are hashed without holding the interpreter lock; else from `cryptography`, which always has it.
"""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC

_SM3 = hashes.SM3()


def _sm3_of_cryptography(data: bytes) -> bytes:
    state = hashes.Hash(_SM3)
    state.update(data)
    return state.finalize()


def _quickest_sm3() -> Callable[[bytes], bytes]:
    try:
        blank = hashlib.new("sm3")
    except ValueError:  # an OpenSSL without SM3, or one that forbids it
        return _sm3_of_cryptography

    def sm3_of_hashlib(data: bytes) -> bytes:
        state = blank.copy()
        state.update(data)
        return state.digest()

    return sm3_of_hashlib


_sm3 = _quickest_sm3()


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest."""
    return _sm3(data)


class RunningSm3:
    """The SM3 digest of what comes piece by piece."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = hashes.Hash(_SM3)

    def update(self, piece: bytes) -> None:
        """Take in the next piece."""
        self._state.update(piece)

    def digest(self) -> bytes:
        """The 32-byte digest of all that came so far; more may come."""
        return self._state.copy().finalize()


def hmac_sm3(key: bytes, *parts: bytes) -> bytes:
    """The 32-byte HMAC-SM3 of the parts, one behind the other; the key may have any length."""
    state = HMAC(key, _SM3)
    for part in parts:
        state.update(part)
    return state.finalize()


class HmacSm3:
    """HMAC-SM3 under a key that is used again and again: `HmacSm3(key)(data)` is `hmac_sm3(key, data)`, only quicker.

    It holds the key, so it belongs where the key is held anyway.
    """

    __slots__ = ("_ready",)

    def __init__(self, key: bytes) -> None:
        self._ready = HMAC(key, _SM3)

    def __call__(self, data: bytes) -> bytes:
        state = self._ready.copy()
        state.update(data)
        return state.finalize()


def md5(*parts: bytes) -> bytes:
    """The 16-byte MD5 digest of the parts, one behind the other: only because documents prescribe it; it keeps nobody
    from forging a message.
    """
    state = hashlib.md5(usedforsecurity=False)
    for part in parts:
        state.update(part)
    return state.digest()
