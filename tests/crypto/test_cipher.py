"""SM4, AES and DES: round trips, strict padding, and openssl's word for it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.crypto import (
    DecryptionFailed,
    aes_ecb_decrypt,
    aes_ecb_encrypt,
    des_ecb_decrypt,
    des_ecb_encrypt,
    sm4_cbc_decrypt,
    sm4_cbc_encrypt,
    sm4_ctr,
    sm4_ecb_decrypt,
    sm4_ecb_encrypt,
)

IV = bytes(range(100, 116))
LENGTHS = [0, 1, 7, 8, 9, 15, 16, 17, 31, 32, 1 << 20]

Way = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Padded:
    """A padding cipher under one key; its name and options are those of `openssl enc`."""

    name: str
    block: int
    key: bytes
    encrypt: Way
    decrypt: Way
    options: tuple[str, ...] = ()

    def raw(self, blocks: bytes) -> bytes:
        """Whole blocks encrypted as they are, so that any wrong padding can be made."""
        assert len(blocks) % self.block == 0
        return self.encrypt(blocks)[: -self.block]


SM4_KEY, AES_KEY, DES_KEY = b"YQ-sm4-test-key!", b"YQ-aes-test-key-of-32-characters", b"YQ-des-8"
PADDED = [
    Padded("sm4-ecb", 16, SM4_KEY, partial(sm4_ecb_encrypt, SM4_KEY), partial(sm4_ecb_decrypt, SM4_KEY)),
    Padded(
        "sm4-cbc",
        16,
        SM4_KEY,
        partial(sm4_cbc_encrypt, SM4_KEY, IV),
        partial(sm4_cbc_decrypt, SM4_KEY, IV),
        ("-iv", IV.hex()),
    ),
    *(
        Padded(f"aes-{8 * len(key)}-ecb", 16, key, partial(aes_ecb_encrypt, key), partial(aes_ecb_decrypt, key))
        for key in (AES_KEY[:16], AES_KEY[:24], AES_KEY)
    ),
    Padded(
        "des-ecb",
        8,
        DES_KEY,
        partial(des_ecb_encrypt, DES_KEY),
        partial(des_ecb_decrypt, DES_KEY),
        ("-provider", "legacy"),
    ),
]
each_padded = pytest.mark.parametrize("cipher", PADDED, ids=[cipher.name for cipher in PADDED])


def content(length: int) -> bytes:
    return (bytes(range(256)) * (length // 256 + 1))[:length]


@each_padded
@pytest.mark.parametrize("length", LENGTHS)
def test_what_is_encrypted_comes_back(cipher: Padded, length: int) -> None:
    plain = content(length)
    data = cipher.encrypt(plain)
    assert len(data) == (length // cipher.block + 1) * cipher.block
    assert cipher.decrypt(data) == plain


@pytest.mark.parametrize("length", LENGTHS)
def test_counter_mode_pads_nothing_and_is_its_own_way_back(length: int) -> None:
    data = sm4_ctr(SM4_KEY, IV, content(length))
    assert len(data) == length
    assert sm4_ctr(SM4_KEY, IV, data) == content(length)


@each_padded
@pytest.mark.parametrize("length", [0, 5, 16, 1000])
def test_openssl_encrypts_to_the_same_bytes(cipher: Padded, length: int, openssl: Callable[..., bytes]) -> None:
    theirs = openssl("enc", f"-{cipher.name}", "-K", cipher.key.hex(), *cipher.options, data=content(length))
    assert theirs == cipher.encrypt(content(length))


def test_openssl_counts_the_same_way(openssl: Callable[..., bytes]) -> None:
    theirs = openssl("enc", "-sm4-ctr", "-K", SM4_KEY.hex(), "-iv", IV.hex(), data=content(1000))
    assert theirs == sm4_ctr(SM4_KEY, IV, content(1000))


@each_padded
def test_a_whole_block_of_padding_is_right_for_aligned_data(cipher: Padded) -> None:
    plain = content(cipher.block)
    assert cipher.decrypt(cipher.raw(plain + bytes([cipher.block]) * cipher.block)) == plain


@each_padded
def test_aligned_data_without_padding_is_refused(cipher: Padded) -> None:
    with pytest.raises(DecryptionFailed):
        cipher.decrypt(cipher.raw(b"{" + b"x" * (cipher.block - 2) + b"}"))


@each_padded
@pytest.mark.parametrize("ending", ["00", "ff", "0102", "020302", "040403", "11", "zeros", "one block too long"])
def test_padding_that_is_not_exact_is_refused(cipher: Padded, ending: str) -> None:
    endings = {"zeros": bytes(8), "one block too long": bytes([cipher.block + 1]) * cipher.block}
    tail = endings.get(ending) or bytes.fromhex(ending)
    with pytest.raises(DecryptionFailed):
        cipher.decrypt(cipher.raw(b"A" * (cipher.block - len(tail)) + tail))


@each_padded
@pytest.mark.parametrize("length", [0, 1, 7, 9, 15, 17, 4095])
def test_a_cipher_text_that_is_no_whole_number_of_blocks_is_refused(cipher: Padded, length: int) -> None:
    with pytest.raises(DecryptionFailed):
        cipher.decrypt(content(length))


@each_padded
@given(data=st.binary(max_size=64))
def test_any_bytes_decrypt_or_are_refused_but_never_fail_otherwise(cipher: Padded, data: bytes) -> None:
    try:
        plain = cipher.decrypt(data)
    except DecryptionFailed:
        return
    assert cipher.encrypt(plain) == data  # strict: exactly one cipher text belongs to a plain text


def test_refusals_do_not_tell_what_was_wrong() -> None:
    messages = set()
    for data in (b"", b"short", bytes(16), bytes(32)):
        with pytest.raises(DecryptionFailed) as refusal:
            sm4_ecb_decrypt(SM4_KEY, data)
        messages.add(str(refusal.value))
    assert len(messages) == 1


WRONG_KEYS = [
    (sm4_ecb_encrypt, (0, 15, 17, 32)),
    (sm4_ecb_decrypt, (0, 15, 17, 32)),
    (aes_ecb_encrypt, (0, 15, 17, 31, 33, 64)),
    (aes_ecb_decrypt, (0, 15, 17, 31, 33, 64)),
    (des_ecb_encrypt, (0, 7, 9, 16, 24)),
    (des_ecb_decrypt, (0, 7, 9, 16, 24)),
]


@pytest.mark.parametrize(
    ("way", "size"),
    [pytest.param(way, size, id=f"{way.__name__}-{size}") for way, sizes in WRONG_KEYS for size in sizes],
)
def test_a_key_of_wrong_length_is_a_value_error(way: Callable[[bytes, bytes], bytes], size: int) -> None:
    with pytest.raises(ValueError, match=r"(?i)key"):
        way(b"k" * size, bytes(16))


@pytest.mark.parametrize("way", [sm4_cbc_encrypt, sm4_cbc_decrypt, sm4_ctr])
@pytest.mark.parametrize(("key_size", "iv_size"), [(15, 16), (16, 15), (16, 0), (32, 16), (16, 17)])
def test_a_key_or_iv_of_wrong_length_is_a_value_error(
    way: Callable[[bytes, bytes, bytes], bytes], key_size: int, iv_size: int
) -> None:
    with pytest.raises(ValueError, match=r"(?i)key|iv|nonce"):
        way(b"k" * key_size, b"i" * iv_size, bytes(16))


def test_no_parity_is_asked_of_a_des_key() -> None:
    odd, even = bytes.fromhex("0123456789abcdef"), bytes.fromhex("0022446688aaccee")
    assert des_ecb_encrypt(odd, b"parity") == des_ecb_encrypt(even, b"parity")
