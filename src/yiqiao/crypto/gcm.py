"""AES-GCM, as a payment platform seals what it tells: the tag of 16 bytes stands behind the cipher text."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yiqiao.crypto.cipher import DecryptionFailed


def aes_gcm_encrypt(key: bytes, nonce: bytes, plain: bytes, associated: bytes) -> bytes:
    """The key has 16, 24 or 32 bytes, the nonce at least 8, else ValueError."""
    return AESGCM(key).encrypt(nonce, plain, associated)


def aes_gcm_decrypt(key: bytes, nonce: bytes, data: bytes, associated: bytes) -> bytes:
    """The way back. Raises DecryptionFailed; ValueError for a key or nonce of another length."""
    try:
        return AESGCM(key).decrypt(nonce, data, associated)
    except InvalidTag:
        raise DecryptionFailed from None
