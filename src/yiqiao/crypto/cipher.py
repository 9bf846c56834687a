"""Block ciphers as the interface standards use them: SM4 (GB/T 32907), AES (FIPS 197) and single DES (FIPS 46-3).

ECB and CBC pad with PKCS#7 and take the padding off strictly: what is not padded exactly so is refused, and every
refusal reads the same, so that an answer never tells which of the checks failed. ECB and DES are here because the
documents prescribe them; nothing of the hub's own is kept under either.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC, CTR, ECB

_AES_KEY_SIZES = (16, 24, 32)
_DES_KEY_SIZE = 8
_ECB = ECB()  # noqa: S305 - the mode the documents prescribe
_PADDING = tuple(bytes((count,)) * count for count in range(17))  # by the number of bytes to add


class DecryptionFailed(Exception):
    """What came is not a cipher text under this key: wrong length, wrong padding or, where sealed, wrong tag."""

    def __init__(self, message: str = "not a cipher text under this key") -> None:
        super().__init__(message)


def sm4_ecb_encrypt(key: bytes, plain: bytes) -> bytes:
    """SM4-ECB with PKCS#7. The key has 16 bytes, else ValueError."""
    return _ready("encrypt", key).update(plain + _PADDING[16 - len(plain) % 16])


def sm4_ecb_decrypt(key: bytes, data: bytes) -> bytes:
    """The way back. Raises DecryptionFailed, ValueError for a key that has not 16 bytes."""
    if not data or len(data) % 16:
        raise DecryptionFailed
    return _unpadded(_ready("decrypt", key).update(data), 16)


def sm4_cbc_encrypt(key: bytes, iv: bytes, plain: bytes) -> bytes:
    """SM4-CBC with PKCS#7. Key and IV have 16 bytes, else ValueError; the IV is not put in front."""
    return _encrypt(SM4(key), CBC(iv), plain)


def sm4_cbc_decrypt(key: bytes, iv: bytes, data: bytes) -> bytes:
    """The way back. Raises DecryptionFailed, ValueError for a key or IV that has not 16 bytes."""
    if len(iv) != 16:
        raise ValueError(f"an IV has 16 bytes, not {len(iv)}")
    if not data or len(data) % 16:
        raise DecryptionFailed
    # What CBC adds to ECB is one XOR with the block before; a context that is ready takes half the time of a new one.
    blocks, before = _ready("decrypt", key).update(data), iv + data[:-16]
    plain = int.from_bytes(blocks, "big") ^ int.from_bytes(before, "big")
    return _unpadded(plain.to_bytes(len(data), "big"), 16)


def sm4_ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    """SM4-CTR, both ways, as long as the input. Key and IV (first counter block) have 16 bytes, else ValueError."""
    context = _ready("counter", key)
    context.reset_nonce(iv)
    return context.update(data)


def aes_ecb_encrypt(key: bytes, plain: bytes) -> bytes:
    """AES-ECB with PKCS#7. The key has 16, 24 or 32 bytes, else ValueError."""
    _check_aes(key)
    return _ready("aes encrypt", key).update(plain + _PADDING[16 - len(plain) % 16])


def aes_ecb_decrypt(key: bytes, data: bytes) -> bytes:
    """The way back. Raises DecryptionFailed, ValueError for a key that has not 16, 24 or 32 bytes."""
    _check_aes(key)
    if not data or len(data) % 16:
        raise DecryptionFailed
    return _unpadded(_ready("aes decrypt", key).update(data), 16)


def des_ecb_encrypt(key: bytes, plain: bytes) -> bytes:
    """Single DES-ECB with PKCS#5. The key has 8 bytes, parity bits included and ignored, else ValueError."""
    return _encrypt(_des(key), _ECB, plain)


def des_ecb_decrypt(key: bytes, data: bytes) -> bytes:
    """The way back. Raises DecryptionFailed, ValueError for a key that has not 8 bytes."""
    return _decrypt(_des(key), _ECB, data)


def _check_aes(key: bytes) -> None:
    if len(key) not in _AES_KEY_SIZES:
        raise ValueError(f"an AES key has 16, 24 or 32 bytes, not {len(key)}")


def _des(key: bytes) -> TripleDES:
    if len(key) != _DES_KEY_SIZE:
        raise ValueError(f"a DES key has 8 bytes, not {len(key)}")
    return TripleDES(key * 3)  # three times the same key is single DES


class _Contexts(threading.local):
    """SM4 and AES contexts of this thread, set up once a key: that costs three times what a short message does.

    ECB keeps nothing from one whole block to the next, a counter starts anew with its IV: both can be used again.
    """

    def __init__(self) -> None:
        self.held: OrderedDict[tuple[str, bytes], CipherContext] = OrderedDict()


_contexts = _Contexts()
_HELD_AT_MOST = 512
_SET_UP: Mapping[str, Callable[[bytes], CipherContext]] = {
    "encrypt": lambda key: Cipher(SM4(key), _ECB).encryptor(),
    "decrypt": lambda key: Cipher(SM4(key), _ECB).decryptor(),
    "counter": lambda key: Cipher(SM4(key), CTR(bytes(16))).encryptor(),
    "aes encrypt": lambda key: Cipher(AES(key), _ECB).encryptor(),
    "aes decrypt": lambda key: Cipher(AES(key), _ECB).decryptor(),
}


def _ready(use: str, key: bytes) -> CipherContext:
    held = _contexts.held
    context = held.get((use, key))
    if context is None:
        context = held[use, key] = _SET_UP[use](key)
        if len(held) > _HELD_AT_MOST:
            held.popitem(last=False)
    return context


# Neither way calls finalize(): it gives no bytes in ECB and CBC, and the lengths are known to be whole blocks here.


def _encrypt(algorithm: BlockCipherAlgorithm, mode: CBC | ECB, plain: bytes) -> bytes:
    block = algorithm.block_size // 8
    return Cipher(algorithm, mode).encryptor().update(plain + _PADDING[block - len(plain) % block])


def _decrypt(algorithm: BlockCipherAlgorithm, mode: CBC | ECB, data: bytes) -> bytes:
    block = algorithm.block_size // 8
    if not data or len(data) % block:
        raise DecryptionFailed
    return _unpadded(Cipher(algorithm, mode).decryptor().update(data), block)


def _unpadded(padded: bytes, block: int) -> bytes:
    count = padded[-1]
    if not 1 <= count <= block or not padded.endswith(_PADDING[count]):
        raise DecryptionFailed
    return padded[:-count]
