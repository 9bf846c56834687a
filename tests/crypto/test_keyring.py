"""The hub's keys as one value: rotation of sealing keys, blind indexes, silence."""

import pytest

from yiqiao.crypto import DecryptionFailed, SealingKey
from yiqiao.crypto.keyring import Keyring

OLD, NEW = SealingKey("k1", b"YQ-sealing-key-1"), SealingKey("k2", b"YQ-sealing-key-2")


def ring(newest: SealingKey, *known: SealingKey) -> Keyring:
    return Keyring(b"identity-secret", b"index-secret", b"chain-secret", newest, {key.id: key for key in known})


def test_values_sealed_before_a_rotation_still_open() -> None:
    key_id, sealed = ring(OLD, OLD).seal(b"value", b"row 1")
    assert key_id == "k1"
    assert ring(NEW, OLD, NEW).unseal(key_id, sealed, b"row 1") == b"value"


def test_new_values_are_sealed_under_the_newest_key() -> None:
    assert ring(NEW, OLD, NEW).seal(b"value", b"row 1")[0] == "k2"


def test_a_key_that_is_gone_opens_nothing() -> None:
    key_id, sealed = ring(OLD, OLD).seal(b"value", b"row 1")
    with pytest.raises(DecryptionFailed, match="k1"):
        ring(NEW, NEW).unseal(key_id, sealed, b"row 1")


def test_a_value_moved_to_another_row_does_not_open() -> None:
    keys = ring(NEW, NEW)
    key_id, sealed = keys.seal(b"value", b"row 1")
    with pytest.raises(DecryptionFailed):
        keys.unseal(key_id, sealed, b"row 2")


def test_blind_indexes_are_equal_for_equal_values_of_one_kind_only() -> None:
    keys = ring(NEW, NEW)
    assert keys.blind("phone", "13800000000") == keys.blind("phone", "13800000000")
    assert keys.blind("phone", "13800000000") != keys.blind("card", "13800000000")
    assert -(1 << 63) <= keys.blind("phone", "13800000000") < 1 << 63


def test_a_keyring_shows_none_of_its_keys() -> None:
    shown = repr(ring(NEW, OLD, NEW))
    assert "secret" not in shown
    assert "sealing-key" not in shown
