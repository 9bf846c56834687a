"""How entries are chained: each carries an HMAC-SM3 over the one before it and over all it says.

The key is not in the database, so whoever can write there can neither change an entry, nor take one out of the middle,
nor put one in. Cutting off a chain's end shows too, as soon as another chain is opened: it writes down where the older
ones stand. Between openings the end of a chain is witnessed by nobody but a verification's report kept elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import orjson

from yiqiao.crypto import hmac_sm3

GENESIS = bytes(32)


@dataclass(frozen=True)
class Head:
    """Where a chain stood at some time: its last entry and that entry's link."""

    chain: str
    seq: int
    mac: bytes = field(repr=False)

    def text(self) -> str:
        """`chain/seq/link` to keep elsewhere."""
        return f"{self.chain}/{self.seq}/{self.mac.hex()}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError."""
        chain, seq, mac = text.split("/")
        return cls(chain, int(seq), bytes.fromhex(mac))


def written_heads(heads: Iterable[Head]) -> str:
    """Heads as an opening keeps them."""
    return orjson.dumps([[head.chain, head.seq, head.mac.hex()] for head in heads]).decode()


def heads_of(text: str) -> list[Head]:
    """The heads that an opening keeps. Raises ValueError where it is no such text."""
    return [Head(chain, seq, bytes.fromhex(mac)) for chain, seq, mac in orjson.loads(text)]


def entry_mac(key: bytes, before: bytes, fields: Sequence[object], bundle_digest: bytes) -> bytes:
    """The link of one entry; `fields` are its columns in the table's order up to `place`, bytes as hex."""
    return hmac_sm3(key, b"entry|" + before + bundle_digest + orjson.dumps(fields))


def opening_mac(key: bytes, chain: str, opened_at: int, heads: str) -> bytes:
    """What a chain's opening is proven with."""
    return hmac_sm3(key, b"open|" + orjson.dumps([chain, opened_at, heads]))


def checkpoint_mac(key: bytes, chain: str, seq: int, at: int, last: bytes) -> bytes:
    """What a pruning is proven with: entries up to `seq` are gone by right, and the chain goes on from `last`."""
    return hmac_sm3(key, b"checkpoint|" + orjson.dumps([chain, seq, at, last.hex()]))
