"""Where the hub's own keys come from: a file first, a hardware module or a key service where there is one."""

from typing import Protocol

from yiqiao.crypto.keyring import Keyring


class KeyProvider(Protocol):
    """Keeps the hub's keys outside the database."""

    def keyring(self) -> Keyring:
        """All keys, as they are now. Errors are the provider's own, and never hold a key."""
        ...
