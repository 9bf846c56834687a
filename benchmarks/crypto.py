"""What digests, ciphers and signatures cost at 1 KB, beside the same work done by OpenSSL's international counterparts.

Figures depend on the machine, ratios hardly do: each row is timed in turn with its reference, in the same run.
"""

import hashlib
import hmac
import os
import timeit
from collections.abc import Callable
from typing import TypedDict

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256

from yiqiao import crypto

ROUNDS = 7
SECONDS_A_ROUND = 0.02
MESSAGE = bytes(range(256)) * 4  # 1 KB
SHORT = MESSAGE[:100]

Work = Callable[[], object]


class Row(TypedDict):
    """One measured thing: `value` and `reference` in `unit`, `ratio` = value / reference."""

    name: str
    value: float
    unit: str
    reference: float
    ratio: float


def measure() -> list[Row]:
    """Microseconds a call, each row's best round beside its reference's best round."""
    return [_row(name, work, reference) for name, work, reference in _pairs()]


def _pairs() -> list[tuple[str, Work, Work]]:
    key = os.urandom(16)
    sealing = crypto.SealingKey("benchmark", key)
    sealed, sealed_aes = crypto.seal(sealing, MESSAGE), _aes_gcm(key)
    sm4, aes = crypto.sm4_ecb_encrypt(key, MESSAGE), crypto.aes_ecb_encrypt(key, MESSAGE)
    private = crypto.generate_private_key()
    public, signature = crypto.public_key(private), crypto.sign(private, MESSAGE)
    p256, ecdsa = ec.generate_private_key(ec.SECP256R1()), ec.ECDSA(SHA256())
    p256_public, p256_signature = p256.public_key(), p256.sign(MESSAGE, ecdsa)
    return [
        ("SM3 1 KB / SHA-256", lambda: crypto.sm3(MESSAGE), lambda: hashlib.new("sha256", MESSAGE).digest()),
        (
            "HMAC-SM3 100 B / HMAC-SHA-256",
            lambda: crypto.hmac_sm3(key, SHORT),
            lambda: hmac.digest(key, SHORT, "sha256"),
        ),
        (
            "SM4-ECB encrypt 1 KB / AES-128-ECB",
            lambda: crypto.sm4_ecb_encrypt(key, MESSAGE),
            lambda: crypto.aes_ecb_encrypt(key, MESSAGE),
        ),
        (
            "SM4-ECB decrypt 1 KB / AES-128-ECB",
            lambda: crypto.sm4_ecb_decrypt(key, sm4),
            lambda: crypto.aes_ecb_decrypt(key, aes),
        ),
        ("SM4-GCM seal 1 KB / AES-128-GCM", lambda: crypto.seal(sealing, MESSAGE), lambda: _aes_gcm(key)),
        (
            "SM4-GCM unseal 1 KB / AES-128-GCM",
            lambda: crypto.unseal(sealing, sealed),
            lambda: _aes_gcm_open(key, sealed_aes),
        ),
        (
            "SM2 sign 1 KB / ECDSA P-256",
            lambda: crypto.sign(private, MESSAGE),
            lambda: p256.sign(MESSAGE, ecdsa),
        ),
        (
            "SM2 verify 1 KB / ECDSA P-256",
            lambda: crypto.verify(public, MESSAGE, signature),
            lambda: p256_public.verify(p256_signature, MESSAGE, ecdsa),
        ),
    ]


def _aes_gcm(key: bytes) -> bytes:
    nonce = os.urandom(12)
    encryptor = Cipher(AES(key), GCM(nonce)).encryptor()
    data = encryptor.update(MESSAGE)
    encryptor.finalize()
    return nonce + data + encryptor.tag


def _aes_gcm_open(key: bytes, sealed: bytes) -> bytes:
    decryptor = Cipher(AES(key), GCM(sealed[:12], sealed[-16:])).decryptor()
    plain = decryptor.update(sealed[12:-16])
    decryptor.finalize()
    return plain


def _row(name: str, work: Work, reference: Work) -> Row:
    ours, theirs = timeit.Timer(work), timeit.Timer(reference)
    calls, their_calls = _calls(ours), _calls(theirs)
    best = their_best = float("inf")
    for _ in range(ROUNDS):  # in turn, so that a busy moment of the machine falls on both
        best = min(best, ours.timeit(calls) / calls)
        their_best = min(their_best, theirs.timeit(their_calls) / their_calls)
    return Row(
        name=name,
        value=round(best * 1e6, 2),
        unit="us",
        reference=round(their_best * 1e6, 2),
        ratio=round(best / their_best, 2),
    )


def _calls(timer: timeit.Timer) -> int:
    timer.timeit(10)
    return max(10, int(SECONDS_A_ROUND * 50 / timer.timeit(50)))


if __name__ == "__main__":
    for row in measure():
        print(f"{row['name']:40} {row['value']:9.2f} {row['unit']} {row['reference']:9.2f} {row['ratio']:6.2f}")
