"""A hub's keys for tests: fixed, and of no use elsewhere."""

from yiqiao.crypto import SealingKey
from yiqiao.crypto.keyring import Keyring

_SEALING = SealingKey("k1", bytes(range(16)))
KEYRING = Keyring(
    identity=b"i" * 32, index=b"x" * 32, chain=b"c" * 32, sealing=_SEALING, sealing_by_id={_SEALING.id: _SEALING}
)
