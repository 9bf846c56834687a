"""Sealing: comes back whole, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiqiao.crypto import DecryptionFailed, SealingKey, seal, unseal

KEY = SealingKey("2026-1", b"YQ-sealing-key-1")
OTHER = SealingKey("2026-2", b"YQ-sealing-key-2")


@pytest.mark.parametrize("length", [0, 15, 16, 17, 32, 1 << 20])
def test_what_is_sealed_comes_back(length: int) -> None:
    plain = b"\x5a" * length
    sealed = seal(KEY, plain, b"person")
    assert len(sealed) == length + 28
    assert unseal(KEY, sealed, b"person") == plain


def test_the_same_value_never_looks_the_same_twice() -> None:
    assert len({seal(KEY, b"same") for _ in range(50)}) == 50


def test_another_key_opens_nothing() -> None:
    with pytest.raises(DecryptionFailed):
        unseal(OTHER, seal(KEY, b"value"))


def test_another_context_opens_nothing() -> None:
    with pytest.raises(DecryptionFailed):
        unseal(KEY, seal(KEY, b"value", b"person 1"), b"person 2")


@given(position=st.integers(0, 28 + 5 - 1), bit=st.integers(0, 7))
def test_every_altered_bit_is_noticed(position: int, bit: int) -> None:
    sealed = bytearray(seal(KEY, b"value"))
    sealed[position] ^= 1 << bit
    with pytest.raises(DecryptionFailed):
        unseal(KEY, bytes(sealed))


@pytest.mark.parametrize("kept", [0, 1, 11, 12, 27, 28, 32])
def test_a_sealed_value_cut_short_is_refused(kept: int) -> None:
    with pytest.raises(DecryptionFailed):
        unseal(KEY, seal(KEY, b"value")[:kept])


@pytest.mark.parametrize("size", [0, 15, 17, 32])
def test_a_sealing_key_has_sixteen_bytes(size: int) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        SealingKey("wrong", b"k" * size)


def test_a_key_does_not_show_itself() -> None:
    assert repr(KEY) == "SealingKey(id='2026-1')"
