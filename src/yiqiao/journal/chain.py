"""How entries are chained: each carries an HMAC-SM3 over the one before it and over all it says.

The key is not in the database, so whoever can write there can neither change an entry, nor take one out of the middle,
nor put one in. Cutting off a chain's end shows too: a chain that is opened writes down the heads of all older ones, and
a chain that is closed in order says so.
"""

from collections.abc import Sequence

import orjson

from yiqiao.crypto import hmac_sm3

GENESIS = bytes(32)


def entry_mac(key: bytes, before: bytes, fields: Sequence[object], bundle_digest: bytes) -> bytes:
    """The link of one entry; `fields` are its columns in the table's order up to `place`, bytes as hex."""
    return hmac_sm3(key, b"entry|" + before + bundle_digest + orjson.dumps(fields))


def opening_mac(key: bytes, chain: str, opened_at: int, heads: str) -> bytes:
    """What a chain's opening is proven with."""
    return hmac_sm3(key, b"open|" + orjson.dumps([chain, opened_at, heads]))


def checkpoint_mac(key: bytes, chain: str, seq: int, at: int, last: bytes) -> bytes:
    """What a pruning is proven with: entries up to `seq` are gone by right, and the chain goes on from `last`."""
    return hmac_sm3(key, b"checkpoint|" + orjson.dumps([chain, seq, at, last.hex()]))
