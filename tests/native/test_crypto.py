"""Ciphers and digests in C beside those that the hub itself uses, and beside the values printed in the standards."""

import ctypes
import random
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from tests.support.needs import need
from yiqiao.crypto import (
    aes_ecb_encrypt,
    des_ecb_encrypt,
    hmac_sm3,
    md5,
    sm3,
    sm4_cbc_encrypt,
    sm4_ecb_encrypt,
)

FOLDER = Path(__file__).parents[2] / "native" / "src" / "crypto"
MESSAGES = 10_000
ECB, CHAINED = 0, 1
COUNTED = bytes.fromhex("0123456789abcdeffedcba9876543210")
ROOM = ctypes.create_string_buffer(4096)
LONG = 300
Size = ctypes.c_size_t


@pytest.fixture(scope="module")
def c(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    """All of `native/src/crypto`, so built that undefined behaviour ends the process."""
    need(shutil.which("gcc"), "gcc is not installed")
    built = tmp_path_factory.mktemp("crypto") / "crypto.so"
    strict = [
        "-std=c11",
        "-Wall",
        "-Wextra",
        "-Wconversion",
        "-Werror",
        "-fsanitize=undefined",
        "-fno-sanitize-recover",
    ]
    sources = [str(one) for one in sorted(FOLDER.glob("*.c"))]
    subprocess.run(["gcc", *strict, "-O1", "-fPIC", "-shared", *sources, "-o", str(built)], check=True)
    loaded = ctypes.CDLL(str(built))
    for name in ("yq_sm4_encrypt", "yq_aes_encrypt", "yq_des_encrypt", "yq_base64"):
        getattr(loaded, name).restype = Size
    loaded.yq_equal.restype = ctypes.c_bool
    return loaded


def sm3_of(c: ctypes.CDLL, message: bytes) -> bytes:
    c.yq_sm3(message, Size(len(message)), ROOM)
    return ROOM.raw[:32]


def md5_of(c: ctypes.CDLL, message: bytes) -> bytes:
    c.yq_md5(message, Size(len(message)), ROOM)
    return ROOM.raw[:16]


def hmac_of(c: ctypes.CDLL, key: bytes, message: bytes) -> bytes:
    c.yq_hmac_sm3(key, Size(len(key)), message, Size(len(message)), ROOM)
    return ROOM.raw[:32]


def aes_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    return chained(AES(key), iv, plain)


def des_cbc(key: bytes, iv: bytes, plain: bytes) -> bytes:
    return chained(TripleDES(key * 3), iv, plain)


def chained(algorithm: BlockCipherAlgorithm, iv: bytes, plain: bytes) -> bytes:
    count = len(iv) - len(plain) % len(iv)
    return Cipher(algorithm, CBC(iv)).encryptor().update(plain + bytes((count,)) * count)


@dataclass(frozen=True)
class Padded:
    """A cipher in C under one length of key, and the same two modes in Python."""

    name: str
    key: int
    block: int
    ecb: Callable[[bytes, bytes], bytes]
    cbc: Callable[[bytes, bytes, bytes], bytes]

    def encrypt(self, c: ctypes.CDLL, mode: int, key: bytes, iv: bytes | None, plain: bytes) -> bytes:
        before = self._key(key)
        written = getattr(c, f"yq_{self.name}_encrypt")(mode, *before, iv, plain, Size(len(plain)), ROOM)
        return ROOM.raw[:written]

    def decrypt(self, c: ctypes.CDLL, mode: int, key: bytes, iv: bytes | None, sealed: bytes) -> bytes | None:
        length = Size(77)
        before = self._key(key)
        outcome = getattr(c, f"yq_{self.name}_decrypt")(
            mode, *before, iv, sealed, Size(len(sealed)), ROOM, ctypes.byref(length)
        )
        assert outcome in {0, -1}
        assert outcome == 0 or length.value == 0
        return ROOM.raw[: length.value] if outcome == 0 else None

    def _key(self, key: bytes) -> tuple[object, ...]:
        return (key, Size(len(key))) if self.name == "aes" else (key,)


CIPHERS = [
    Padded("sm4", 16, 16, sm4_ecb_encrypt, sm4_cbc_encrypt),
    Padded("aes", 16, 16, aes_ecb_encrypt, aes_cbc),
    Padded("aes", 24, 16, aes_ecb_encrypt, aes_cbc),
    Padded("aes", 32, 16, aes_ecb_encrypt, aes_cbc),
    Padded("des", 8, 8, des_ecb_encrypt, des_cbc),
]
NAMED = [f"{one.name}-{one.key * 8}" for one in CIPHERS]


@pytest.mark.parametrize(("of", "reference"), [(sm3_of, sm3), (md5_of, md5)], ids=["sm3", "md5"])
def test_a_digest_is_the_hubs_for_ten_thousand_messages(
    c: ctypes.CDLL, of: Callable[[ctypes.CDLL, bytes], bytes], reference: Callable[[bytes], bytes]
) -> None:
    chance = random.Random(3)
    for number in range(MESSAGES):
        message = chance.randbytes(number % LONG)
        assert of(c, message) == reference(message)


def test_the_hmac_is_the_hubs_for_ten_thousand_messages(c: ctypes.CDLL) -> None:
    chance = random.Random(4)
    for number in range(MESSAGES):
        key, message = chance.randbytes(1 + number % 130), chance.randbytes(chance.randrange(LONG))
        assert hmac_of(c, key, message) == hmac_sm3(key, message)


@pytest.mark.parametrize("cipher", CIPHERS, ids=NAMED)
def test_a_cipher_is_the_hubs_for_ten_thousand_messages_there_and_back(c: ctypes.CDLL, cipher: Padded) -> None:
    chance = random.Random(5)
    key = iv = b""
    for number in range(MESSAGES):
        if number % 8 == 0:
            key, iv = chance.randbytes(cipher.key), chance.randbytes(cipher.block)
        plain = chance.randbytes(number % 100)
        expected = cipher.cbc(key, iv, plain) if number % 2 else cipher.ecb(key, plain)
        mode, start = (CHAINED, iv) if number % 2 else (ECB, None)
        assert cipher.encrypt(c, mode, key, start, plain) == expected
        assert cipher.decrypt(c, mode, key, start, expected) == plain


@pytest.mark.parametrize("cipher", CIPHERS, ids=NAMED)
def test_a_wrong_length_and_a_wrong_padding_are_refused(c: ctypes.CDLL, cipher: Padded) -> None:
    key = bytes(range(cipher.key))
    sealed = cipher.encrypt(c, ECB, key, None, b"\1" * (2 * cipher.block))
    assert len(sealed) == 3 * cipher.block
    assert cipher.decrypt(c, ECB, key, None, sealed[: 2 * cipher.block]) == b"\1" * (2 * cipher.block - 1)
    for wrong in (b"", sealed[:-1], sealed + b"x"):
        assert cipher.decrypt(c, ECB, key, None, wrong) is None
    for last in (b"\0", bytes((cipher.block + 1,)), b"\xff", b"\1\2", b"\3\2\3"):
        block = bytes(cipher.block - len(last)) + last
        unpadded = cipher.encrypt(c, ECB, key, None, block)[: cipher.block]
        assert cipher.decrypt(c, ECB, key, None, unpadded) is None


def test_an_aes_key_of_another_length_is_refused(c: ctypes.CDLL) -> None:
    aes = CIPHERS[1]
    assert aes.encrypt(c, ECB, b"x" * 17, None, b"plain") == b""
    assert aes.decrypt(c, ECB, b"x" * 17, None, bytes(16)) is None


def test_the_plain_text_and_the_cipher_text_may_share_their_place(c: ctypes.CDLL) -> None:
    plain = bytes(range(100))
    place = ctypes.create_string_buffer(plain, 116)
    length = Size()
    written = c.yq_sm4_encrypt(CHAINED, COUNTED, COUNTED, place, Size(100), place)
    assert place.raw[:written] == sm4_cbc_encrypt(COUNTED, COUNTED, plain)
    assert c.yq_sm4_decrypt(CHAINED, COUNTED, COUNTED, place, Size(written), place, ctypes.byref(length)) == 0
    assert place.raw[: length.value] == plain


@pytest.mark.parametrize(
    ("text", "digest"),
    [
        (b"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
        (b"abcd" * 16, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"),
    ],
)
def test_sm3_of_gbt_32905(c: ctypes.CDLL, text: bytes, digest: str) -> None:
    assert sm3_of(c, text).hex() == digest


def test_md5_of_rfc_1321(c: ctypes.CDLL) -> None:
    assert md5_of(c, b"message digest").hex() == "f96b697d7cb7938d525a2f31aaf161d0"
    assert md5_of(c, b"1234567890" * 8).hex() == "57edf4a22be3c955ac49da2e2107b67a"


@pytest.mark.parametrize(
    ("cipher", "key", "plain", "sealed"),
    [
        (0, COUNTED, COUNTED, "681edf34d206965e86b3e94f536e4246"),
        (1, bytes(range(16)), bytes.fromhex("00112233445566778899aabbccddeeff"), "69c4e0d86a7b0430d8cdb78070b4c55a"),
        (2, bytes(range(24)), bytes.fromhex("00112233445566778899aabbccddeeff"), "dda97ca4864cdfe06eaf70a0ec0d7191"),
        (3, bytes(range(32)), bytes.fromhex("00112233445566778899aabbccddeeff"), "8ea2b7ca516745bfeafc49904b496089"),
        (4, COUNTED[:8], b"Now is t", "3fa40e8a984d4815"),
    ],
    ids=["GB/T 32907", "FIPS 197 C.1", "FIPS 197 C.2", "FIPS 197 C.3", "FIPS 81"],
)
def test_the_published_block(c: ctypes.CDLL, cipher: int, key: bytes, plain: bytes, sealed: str) -> None:
    one = CIPHERS[cipher]
    assert one.encrypt(c, ECB, key, None, plain)[: one.block].hex() == sealed


def test_hexadecimal_and_base64_there_and_back(c: ctypes.CDLL) -> None:
    chance = random.Random(6)
    back, length = ctypes.create_string_buffer(LONG), Size()
    for size in range(LONG):
        plain = chance.randbytes(size)
        c.yq_hex(plain, Size(size), ROOM, size % 2)
        assert ROOM.value.decode() == (plain.hex().upper() if size % 2 else plain.hex())
        assert c.yq_unhex(ROOM.value, Size(2 * size), back) == 0
        assert back.raw[:size] == plain
        assert c.yq_base64(plain, Size(size), ROOM) == len(b64encode(plain))
        assert ROOM.value == b64encode(plain)
        assert c.yq_unbase64(ROOM.value, Size(len(ROOM.value)), back, ctypes.byref(length)) == 0
        assert back.raw[: length.value] == plain


@pytest.mark.parametrize("text", ["0", "0g", "g0", "0x", " 1", "1\0"])
def test_what_is_no_hexadecimal_is_refused(c: ctypes.CDLL, text: str) -> None:
    assert c.yq_unhex(text.encode(), Size(len(text)), ROOM) == -1


@pytest.mark.parametrize(
    "text", ["Q", "QQ", "QQ=", "Q===", "====", "QR==", "QUF=", "QQ==QQ==", "QU=E", "QQ\n=", "QUE-", "QUE ", "QQ==\n"]
)
def test_what_is_no_base64_is_refused(c: ctypes.CDLL, text: str) -> None:
    length = Size(7)
    assert c.yq_unbase64(text.encode(), Size(len(text)), ROOM, ctypes.byref(length)) == -1
    assert length.value == 0


def test_a_comparison_says_whether_all_bytes_agree(c: ctypes.CDLL) -> None:
    assert c.yq_equal(b"same", b"same", Size(4))
    assert c.yq_equal(b"a", b"b", Size(0))
    assert not c.yq_equal(b"same", b"sane", Size(4))
    assert not c.yq_equal(b"\x01\x00", b"\x00\x01", Size(2))
