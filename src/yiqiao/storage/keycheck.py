"""Proofs of the hub's lasting keys, kept from the first use on (see app/keycheck.py)."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.hub import key_check


def first_proofs(connection: Connection, proofs: Mapping[str, bytes]) -> dict[str, bytes]:
    """The proofs of the first use by purpose; on a fresh database these are written down as the first ones."""
    insert_many(connection, key_check, ("purpose", "value"), list(proofs.items()), skip_conflicts=True)
    return {row.purpose: bytes(row.value) for row in connection.execute(select(key_check))}
