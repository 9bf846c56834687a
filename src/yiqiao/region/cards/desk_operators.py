"""Who served at a desk: the name that comes with an operator's number when a card is used (用卡监测).

A hospital's numbers mean nothing to the region, so the name that was sent last is kept for each, once an operator, not
once a use. Names are sealed like all names. What is known to be on file is remembered, so that a use by a known
operator costs nothing; a name counts as known only when it was read back, since what was written may yet be undone.
"""

from collections.abc import Mapping

from sqlalchemy import Connection

from yiqiao.crypto import DecryptionFailed
from yiqiao.crypto.keyring import Keyring
from yiqiao.storage import desk_operators as store
from yiqiao.storage.desk_operators import OperatorRow

REMEMBERED = 20_000


class DeskOperators:
    """The operators' names in one process."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._known: dict[tuple[str, str], str] = {}

    def keep(self, connection: Connection, names: Mapping[tuple[str, str], str], now_ms: int) -> None:
        """File the names that came with uses, by (app_id, operator_id), where they are not those on file."""
        fresh = {who: name for who, name in names.items() if name and self._known.get(who) != name}
        if not fresh:
            return
        on_file = store.name_indexes(connection, list(fresh))
        rows = []
        for who, name in fresh.items():
            index = self._keyring.blind("operator", name)
            if on_file.get(who) == index:
                self._remember(who, name)
            else:
                rows.append(OperatorRow(*who, *self._keyring.seal(name.encode(), _context(*who)), index, now_ms))
        store.add_operators(connection, [row for row in rows if row[:2] not in on_file])
        store.rename_operators(connection, [row for row in rows if row[:2] in on_file])

    def forget(self) -> None:
        """Remember nothing any more: what is on file was replaced by other hands."""
        self._known.clear()

    def _remember(self, who: tuple[str, str], name: str) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[who] = name


def operator_name(keyring: Keyring, app_id: str, operator_id: str, key_id: str, sealed: bytes) -> str:
    """The name in a row; nothing where it cannot be read any more."""
    try:
        return keyring.unseal(key_id, bytes(sealed), _context(app_id, operator_id)).decode()
    except DecryptionFailed:
        return ""


def _context(app_id: str, operator_id: str) -> bytes:
    return f"desk operator|{app_id}|{operator_id}".encode()
