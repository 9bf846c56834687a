"""Whether the keys at hand are those that the database was filled with.

A lost keys file would be made anew, and every identifier, blind index and sealed row would silently belong to other
keys. So the database keeps a proof of each lasting key from its first use on.
"""

import hmac

from sqlalchemy import Connection, select

from yiqiao.crypto import hmac_sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.hub import key_check


def strange_keys(connection: Connection, keyring: Keyring) -> list[str]:
    """The purposes whose keys are not those of the first use; on a fresh database the keys at hand are written down."""
    proofs = {
        purpose: hmac_sm3(key, f"key check|{purpose}".encode())
        for purpose, key in (("identity", keyring.identity), ("index", keyring.index), ("chain", keyring.chain))
    }
    insert_many(connection, key_check, ("purpose", "value"), list(proofs.items()), skip_conflicts=True)
    kept = {row.purpose: bytes(row.value) for row in connection.execute(select(key_check))}
    return [purpose for purpose, proof in proofs.items() if not hmac.compare_digest(proof, kept[purpose])]
