"""SM2 signatures (GB/T 32918.2) over messages, as partners exchange them.

A signature is over e = SM3(ZA || message), where ZA binds the signer's user id, the curve and the public key (chapter
5.5 there). It is sent as r || s, 64 bytes; ASN.1 DER is understood too, and so is a public key with or without its
leading 04.
"""

import secrets
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from yiqiao.crypto.curve import A, B, G, N, lies_on_curve, multiple_of_base
from yiqiao.crypto.digest import sm3

try:  # the first that lets other threads run meanwhile, then quick, then at all
    from yiqiao.crypto.sm2_openssl import sign_digest, verify_digest
except ImportError:
    try:
        from yiqiao.crypto.sm2_native import sign_digest, verify_digest
    except ImportError:
        from yiqiao.crypto.sm2_pure import sign_digest, verify_digest

DEFAULT_USER_ID = b"1234567812345678"

_SIZE = 32  # of a coordinate, a private key, r and s
_UNCOMPRESSED = b"\x04"
_LONGEST_USER_ID = 0xFFFF // 8  # its length in bits is written in two bytes
_CURVE = b"".join(number.to_bytes(_SIZE, "big") for number in (A, B, *G))


def generate_private_key() -> bytes:
    """A new private key, 32 bytes."""
    return (1 + secrets.randbelow(N - 2)).to_bytes(_SIZE, "big")


def private_key_from(seed: bytes) -> bytes:
    """The private key, 32 bytes, that belongs to a secret seed of 32 bytes: always the same for the same."""
    return (1 + int.from_bytes(seed, "big") % (N - 2)).to_bytes(_SIZE, "big")


@lru_cache(maxsize=64)  # some milliseconds of arithmetic, and a process signs with few keys
def public_key(private: bytes) -> bytes:
    """The public key, 64 bytes without the leading 04. Raises ValueError for what is no private key."""
    number = int.from_bytes(private, "big")
    if len(private) != _SIZE or not 1 <= number <= N - 2:
        raise ValueError("an SM2 private key has 32 bytes and a value from 1 to n-2")
    return _pair(*multiple_of_base(number))


def sign(private: bytes, message: bytes, user_id: bytes = DEFAULT_USER_ID) -> bytes:
    """The signature r || s, 64 bytes. Raises ValueError for what is no private key, or a user id over 8191 bytes."""
    digest = sm3(_za(public_key(private), user_id) + message)
    return _pair(*sign_digest(private, digest))


def verify(public: bytes, message: bytes, signature: bytes, user_id: bytes = DEFAULT_USER_ID) -> bool:
    """Whether the signature (r || s or DER) is this key's (64 bytes, or 65 with the leading 04) over the message.

    Nothing that a partner can send raises: what is no key or no signature is simply not valid. Raises ValueError only
    for a user id over 8191 bytes.
    """
    numbers = _numbers(signature)
    if numbers is None or not is_public_key(public):
        return False
    r, s = numbers
    point = public[-2 * _SIZE :]
    digest = sm3(_za(point, user_id) + message)
    # r = e would take a point with x = 0, or the point at infinity, on which libraries disagree: no honest signature.
    if not (0 < r < N and 0 < s < N) or r + s == N or r == int.from_bytes(digest, "big") % N:
        return False
    return verify_digest(point, digest, r, s)


def is_public_key(public: bytes) -> bool:
    """Whether these bytes (64, or 65 with the leading 04) are a point of the curve: ask before a key is stored."""
    point = public[-2 * _SIZE :]
    if len(point) != 2 * _SIZE or public[: -2 * _SIZE] not in (b"", _UNCOMPRESSED):
        return False
    return lies_on_curve((int.from_bytes(point[:_SIZE], "big"), int.from_bytes(point[_SIZE:], "big")))


def raw_to_der(signature: bytes) -> bytes:
    """r || s, 64 bytes, as ASN.1 DER (SEQUENCE of two INTEGERs). Raises ValueError for another length."""
    if len(signature) != 2 * _SIZE:
        raise ValueError(f"r || s has {2 * _SIZE} bytes, not {len(signature)}")
    return encode_dss_signature(int.from_bytes(signature[:_SIZE], "big"), int.from_bytes(signature[_SIZE:], "big"))


def der_to_raw(signature: bytes) -> bytes:
    """ASN.1 DER as r || s, 64 bytes. Raises ValueError for what is no such DER, or numbers over 32 bytes."""
    r, s = decode_dss_signature(signature)
    if max(r, s).bit_length() > 8 * _SIZE:
        raise ValueError("r or s is too large for an SM2 signature")
    return _pair(r, s)


@lru_cache(maxsize=1024)
def _za(public: bytes, user_id: bytes) -> bytes:
    if len(user_id) > _LONGEST_USER_ID:
        raise ValueError(f"a user id has at most {_LONGEST_USER_ID} bytes")
    return sm3((8 * len(user_id)).to_bytes(2, "big") + user_id + _CURVE + public)


def _numbers(signature: bytes) -> tuple[int, int] | None:
    """r and s of either form, told apart by length: DER of 64 bytes would take numbers some 40 bits too short."""
    if len(signature) == 2 * _SIZE:
        return int.from_bytes(signature[:_SIZE], "big"), int.from_bytes(signature[_SIZE:], "big")
    try:
        return decode_dss_signature(signature)
    except ValueError:
        return None


def _pair(first: int, second: int) -> bytes:
    return first.to_bytes(_SIZE, "big") + second.to_bytes(_SIZE, "big")
