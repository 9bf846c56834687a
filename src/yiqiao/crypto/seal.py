"""Sealing: how the hub keeps what nobody may read or alter in its store (SM4-GCM, GB/T 32907 with GB/T 36624).

A sealed value is nonce (12 bytes, random), cipher text, tag (16 bytes). The nonce is random, so one key should seal no
more than about four thousand million values (2^32) before the next one takes over.
"""

import os
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM

from yiqiao.crypto.cipher import DecryptionFailed

_KEY_SIZE = 16
_NONCE_SIZE = 12
_TAG_SIZE = 16


@dataclass(frozen=True)
class SealingKey:
    """A key of 16 bytes (else ValueError) and the id under which rows remember it; the repr shows the id alone."""

    id: str
    key: bytes = field(repr=False)
    cipher: SM4 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(self.key) != _KEY_SIZE:
            raise ValueError(f"a sealing key has {_KEY_SIZE} bytes, not {len(self.key)}")
        object.__setattr__(self, "cipher", SM4(self.key))


def seal(key: SealingKey, plain: bytes, aad: bytes = b"") -> bytes:
    """28 bytes longer than `plain`; `aad` is bound to it but not kept in it."""
    nonce = os.urandom(_NONCE_SIZE)
    encryptor = Cipher(key.cipher, GCM(nonce)).encryptor()
    encryptor.authenticate_additional_data(aad)
    data = encryptor.update(plain)
    encryptor.finalize()
    return nonce + data + encryptor.tag


def unseal(key: SealingKey, sealed: bytes, aad: bytes = b"") -> bytes:
    """What was sealed. Raises DecryptionFailed for another key, another `aad`, or any byte altered."""
    if len(sealed) < _NONCE_SIZE + _TAG_SIZE:
        raise DecryptionFailed
    decryptor = Cipher(key.cipher, GCM(sealed[:_NONCE_SIZE], sealed[-_TAG_SIZE:])).decryptor()
    decryptor.authenticate_additional_data(aad)
    plain = decryptor.update(sealed[_NONCE_SIZE:-_TAG_SIZE])
    try:
        decryptor.finalize()
    except InvalidTag:
        raise DecryptionFailed from None
    return plain
