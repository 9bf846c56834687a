"""The hub's keys as one value: rotation of sealing keys, blind indexes, silence."""

from dataclasses import replace

import pytest

from yiqiao.crypto import DecryptionFailed, SealingKey, private_key_from, public_key, sign, verify
from yiqiao.crypto.curve import N
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


def test_a_signing_key_is_always_the_same_and_a_purpose_s_own() -> None:
    keys = ring(NEW, NEW)
    private = keys.signing_key("onetrans")
    assert private == ring(OLD, OLD).signing_key("onetrans"), "sealing keys rotate, it does not"
    assert private != keys.signing_key("another")
    assert private != replace(keys, identity=b"j" * 32).signing_key("onetrans")
    assert verify(public_key(private), b"message", sign(private, b"message"))


@pytest.mark.parametrize("seed", [bytes(32), b"\xff" * 32, (N - 2).to_bytes(32, "big"), (N - 3).to_bytes(32, "big")])
def test_every_seed_gives_a_private_key(seed: bytes) -> None:
    assert 1 <= int.from_bytes(private_key_from(seed), "big") <= N - 2


def test_a_keyring_shows_none_of_its_keys() -> None:
    shown = repr(ring(NEW, OLD, NEW))
    assert "secret" not in shown
    assert "sealing-key" not in shown
