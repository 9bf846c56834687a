"""Whether the keys at hand are those that the database was filled with.

A lost keys file would be made anew, and every identifier, blind index and sealed row would silently belong to other
keys. So the database keeps a proof of each lasting key from its first use on.
"""

import hmac

from yiqiao.crypto import hmac_sm3
from yiqiao.crypto.keyring import Keyring
from yiqiao.storage import Database
from yiqiao.storage.keycheck import first_proofs


async def strange_keys(database: Database, keyring: Keyring) -> list[str]:
    """The purposes whose keys are not those of the database's first use."""
    lasting = {"identity": keyring.identity, "index": keyring.index, "chain": keyring.chain}
    proofs = {purpose: hmac_sm3(key, f"key check|{purpose}".encode()) for purpose, key in lasting.items()}
    kept = await database.write(lambda connection: first_proofs(connection, proofs))
    return [purpose for purpose, proof in proofs.items() if not hmac.compare_digest(proof, kept[purpose])]
