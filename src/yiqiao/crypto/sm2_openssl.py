"""SM2 signatures over a digest by the system's OpenSSL, called so that other threads run meanwhile: 0.3 ms each.

Python's own `ssl` needs libcrypto, so it is there on nearly every machine: found by name, or beside Python on Windows.
Importing this raises ImportError where it is not, or where it was built without SM2. Only functions of OpenSSL 3's
public face are used. A key is read once (`lru_cache`), from the DER form that RFC 5915 and 5480 give.
"""

import ctypes
import ctypes.util
import sys
import weakref
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from yiqiao.crypto.curve import multiple_of_base

_CURVE = bytes.fromhex("06082a811ccf5501822d")  # OBJECT IDENTIFIER 1.2.156.10197.1.301
_EC_PUBLIC_KEY = bytes.fromhex("06072a8648ce3d0201")  # 1.2.840.10045.2.1
_LONGEST_SIGNATURE = 80
_EC = 408
"""EVP_PKEY_EC: the reader of DER tells a key of this curve as SM2 by its own lights."""


def _library() -> ctypes.CDLL:
    beside = sorted(Path(sys.base_prefix, "DLLs").glob("libcrypto-3*.dll"))
    name = ctypes.util.find_library("crypto") or (str(beside[0]) if beside else None)
    try:
        found = ctypes.CDLL(name) if name else None
        if found is None or not hasattr(found, "EVP_PKEY_CTX_new_from_pkey"):
            raise ImportError("no OpenSSL 3 here")
    except OSError as error:
        raise ImportError(f"OpenSSL cannot be loaded: {error}") from error
    pointer, size, text = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
    faces = {
        "d2i_PrivateKey": (pointer, [ctypes.c_int, pointer, ctypes.POINTER(text), ctypes.c_long]),
        "d2i_PUBKEY": (pointer, [pointer, ctypes.POINTER(text), ctypes.c_long]),
        "EVP_PKEY_CTX_new_from_pkey": (pointer, [pointer, pointer, text]),
        "EVP_PKEY_CTX_free": (None, [pointer]),
        "EVP_PKEY_free": (None, [pointer]),
        "EVP_PKEY_sign_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_sign": (ctypes.c_int, [pointer, text, ctypes.POINTER(size), text, size]),
        "EVP_PKEY_verify_init": (ctypes.c_int, [pointer]),
        "EVP_PKEY_verify": (ctypes.c_int, [pointer, text, size, text, size]),
        "ERR_clear_error": (None, []),
    }
    for function, (result, arguments) in faces.items():
        face = getattr(found, function)
        face.restype, face.argtypes = result, arguments
    return found


_openssl = _library()


class _Key:
    """One of OpenSSL's keys; given back with the last reference."""

    def __init__(self, handle: int | None) -> None:
        if not handle:
            _openssl.ERR_clear_error()
            raise ValueError("OpenSSL does not take this for an SM2 key")
        self.handle = handle
        weakref.finalize(self, _openssl.EVP_PKEY_free, handle).atexit = False


class _Work:
    """OpenSSL's notes on one signature: never shared between threads."""

    def __init__(self, key: _Key) -> None:
        self.handle = _openssl.EVP_PKEY_CTX_new_from_pkey(None, key.handle, None)
        if not self.handle:
            raise MemoryError

    def __enter__(self) -> int:
        return int(self.handle)

    def __exit__(self, *_: object) -> None:
        _openssl.EVP_PKEY_CTX_free(self.handle)
        _openssl.ERR_clear_error()


def _der(tag: int, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return bytes((tag, len(content))) + content  # all that is written here is shorter than 128 bytes


@lru_cache(maxsize=64)
def _private(key: bytes) -> _Key:
    x, y = multiple_of_base(int.from_bytes(key, "big"))
    point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    public = _der(0xA1, _der(0x03, b"\x00", point))
    text = _der(0x30, _der(0x02, b"\x01"), _der(0x04, key), _der(0xA0, _CURVE), public)
    return _Key(_openssl.d2i_PrivateKey(_EC, None, ctypes.byref(ctypes.c_char_p(text)), len(text)))


@lru_cache(maxsize=1024)
def _public(point: bytes) -> _Key:
    text = _der(0x30, _der(0x30, _EC_PUBLIC_KEY, _CURVE), _der(0x03, b"\x00\x04", point))
    return _Key(_openssl.d2i_PUBKEY(None, ctypes.byref(ctypes.c_char_p(text)), len(text)))


def sign_digest(private: bytes, digest: bytes) -> tuple[int, int]:
    """(r, s) for a 32-byte digest e; the private key is known to be in range."""
    signature = ctypes.create_string_buffer(_LONGEST_SIGNATURE)
    length = ctypes.c_size_t(_LONGEST_SIGNATURE)
    with _Work(_private(private)) as work:
        done = _openssl.EVP_PKEY_sign_init(work) > 0 and (
            _openssl.EVP_PKEY_sign(work, signature, ctypes.byref(length), digest, len(digest)) > 0
        )
    if not done:
        raise RuntimeError("OpenSSL did not sign")
    return decode_dss_signature(signature.raw[: length.value])


def verify_digest(public: bytes, digest: bytes, r: int, s: int) -> bool:
    """Whether (r, s) fits; the point is known to lie on the curve, r and s to be in range."""
    signature = encode_dss_signature(r, s)
    with _Work(_public(public)) as work:
        if _openssl.EVP_PKEY_verify_init(work) <= 0:
            raise RuntimeError("OpenSSL cannot verify")
        return bool(_openssl.EVP_PKEY_verify(work, signature, len(signature), digest, len(digest)) == 1)


def _try() -> None:
    """Raises ImportError where this OpenSSL was built without SM2: it says so only when asked to sign."""
    try:
        sign_digest((1).to_bytes(32, "big"), bytes(32))
    except (ValueError, RuntimeError, MemoryError) as fault:
        raise ImportError("this OpenSSL has no SM2") from fault


_try()
