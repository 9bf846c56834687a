"""The hub's own keys, as one value.

Each purpose has a key of its own. Sealing keys rotate (a row says which sealed it); the identity key never does, since
the identifiers derived with it are printed, stored and shown by others.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from yiqiao.crypto.cipher import DecryptionFailed
from yiqiao.crypto.digest import HmacSm3, hmac_sm3
from yiqiao.crypto.seal import SealingKey, seal, unseal
from yiqiao.crypto.sm2 import private_key_from
from yiqiao.errors import DomainError


class SealingUnavailable(DomainError, DecryptionFailed):
    """What is kept sealed cannot be opened: its key is gone, or it was altered."""

    def __init__(self, key_id: str) -> None:
        super().__init__(
            f"平台封存的数据无法解开（密钥编号 {key_id}），本次请求未生效，请联系平台；恢复后用原流水号重试"
        )


@dataclass(frozen=True)
class Keyring:
    """All keys of a hub. Never shown: its repr names no key."""

    identity: bytes = field(repr=False)  # mindex_id, ehealth_card_id, QR codes, signatures
    index: bytes = field(repr=False)  # blind indexes
    chain: bytes = field(repr=False)  # the journal's chain
    sealing: SealingKey = field(repr=False)  # the newest
    sealing_by_id: Mapping[str, SealingKey] = field(repr=False)

    @cached_property
    def chain_mac(self) -> HmacSm3:
        """The journal's chain key, ready for use."""
        return HmacSm3(self.chain)

    def signing_key(self, purpose: str) -> bytes:
        """The hub's own SM2 private key for some purpose. It never changes: partners have its public key on file."""
        return private_key_from(hmac_sm3(self.identity, f"sm2 signing key|{purpose}".encode()))

    @cached_property
    def _blinding(self) -> HmacSm3:
        return HmacSm3(self.index)

    def seal(self, plain: bytes, context: bytes) -> tuple[str, bytes]:
        """Seal under the newest key; answers (key id, sealed bytes). `context` must be the same when unsealing."""
        return self.sealing.id, seal(self.sealing, plain, context)

    def unseal(self, key_id: str, sealed: bytes, context: bytes) -> bytes:
        """Raises SealingUnavailable where the key is unknown, or the bytes or the context are not the sealed ones."""
        key = self.sealing_by_id.get(key_id)
        if key is None:
            raise SealingUnavailable(key_id)
        try:
            return unseal(key, sealed, context)
        except DecryptionFailed as fault:
            raise SealingUnavailable(key_id) from fault

    def blind(self, kind: str, value: str) -> int:
        """The blind index of a value of some kind (a name, a card number): equal for equal values, and no way back."""
        return int.from_bytes(self._blinding(f"{kind}|{value}".encode())[:8], "big", signed=True)
