"""What the tests of partners and operators share: a clock at a known moment, keys, and cheap password hashing."""

import pytest
from argon2 import PasswordHasher

from yiqiao.clock import FixedClock, parse_compact
from yiqiao.crypto import SealingKey
from yiqiao.crypto.keyring import Keyring
from yiqiao.partners import passwords


@pytest.fixture
def clock() -> FixedClock:
    """Half past nine in the morning of 20 November 2026, Beijing time."""
    return FixedClock(parse_compact("20261120093000"))


@pytest.fixture
def keyring() -> Keyring:
    """A hub's keys."""
    key = SealingKey("k1", bytes(range(16)))
    return Keyring(b"i" * 32, b"x" * 32, b"c" * 32, sealing=key, sealing_by_id={key.id: key})


@pytest.fixture
def _cheap_hashing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2id with hardly any work, so that a test may sign in often."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
