"""SM3, HMAC-SM3 and MD5, whichever library does the work."""

import hashlib
import hmac
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.needs import need
from yiqiao.crypto import digest, hmac_sm3, md5, sm3

BLOCK = 64


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 32, 55, 56, 63, 64, 65, 2047, 2048, 1 << 20])
def test_both_ways_to_sm3_agree(size: int) -> None:
    data = b"\xa5" * size
    assert sm3(data) == digest._sm3_of_cryptography(data)


def test_sm3_is_there_where_hashlib_lacks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ValueError(f"unsupported hash type {name}")

    monkeypatch.setattr(hashlib, "new", refuse)
    assert digest._quickest_sm3() is digest._sm3_of_cryptography


@given(st.lists(st.binary(max_size=200), min_size=2, max_size=4))
def test_one_digest_leaves_no_trace_in_the_next(messages: list[bytes]) -> None:
    first = [sm3(message) for message in messages]
    assert [sm3(message) for message in reversed(messages)] == first[::-1]


@pytest.mark.parametrize("key_size", [0, 1, 16, 32, 63, 64, 65, 200])
def test_hmac_sm3_is_what_its_definition_says(key_size: int) -> None:
    key, message = b"\x7b" * key_size, b"appid=IH0001&service=A1001"
    short = (key if key_size <= BLOCK else sm3(key)).ljust(BLOCK, b"\0")
    inner = sm3(bytes(byte ^ 0x36 for byte in short) + message)
    assert hmac_sm3(key, message) == sm3(bytes(byte ^ 0x5C for byte in short) + inner)


@given(key=st.binary(max_size=100), data=st.binary(max_size=300))
def test_hashlib_agrees(key: bytes, data: bytes) -> None:
    need("sm3" in hashlib.algorithms_available, "hashlib has no SM3 here")
    assert sm3(data) == hashlib.new("sm3", data).digest()
    assert hmac_sm3(key, data) == hmac.digest(key, data, "sm3")


@pytest.mark.parametrize("size", [0, 15, 16, 17, 32, 1800, 1 << 20])
@pytest.mark.parametrize(("name", "ours"), [("sm3", sm3), ("md5", md5)])
def test_openssl_agrees(name: str, ours: Callable[[bytes], bytes], size: int, openssl: Callable[..., bytes]) -> None:
    data = ("患者基本信息".encode() * (size // 18 + 1))[:size]
    assert openssl("dgst", f"-{name}", "-binary", data=data) == ours(data)
