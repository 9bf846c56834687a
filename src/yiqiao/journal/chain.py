"""How entries are chained: each carries an HMAC-SM3 over the one before it and over all it says.

The key is not in the database, so whoever can write there can neither change an entry, nor take one out of the middle,
nor put one in. Cutting off a chain's end shows too, as soon as another chain is opened: it writes down where the older
ones stand. Between openings the end of a chain is witnessed by nobody but a verification's report kept elsewhere.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Self

import orjson

from yiqiao.crypto import HmacSm3

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


def bundle_proof(sealed: bytes) -> bytes:
    """What stands for a sealed bundle in its entries' links: its nonce and its authentication tag.

    The tag is computed over every sealed byte, so no second digest is needed; a bundle is opened when it is verified.
    """
    return sealed[:12] + sealed[-16:]


def entry_mac(key: HmacSm3, before: bytes, fields: Sequence[object], proof: bytes) -> bytes:
    """The link of one entry; `fields` are its columns in the table's order up to `place`, bytes as hex."""
    return key(b"entry|" + before + proof + orjson.dumps(fields))


def opening_mac(key: HmacSm3, chain: str, opened_at: int, heads: str) -> bytes:
    """What a chain's opening is proven with."""
    return key(b"open|" + orjson.dumps([chain, opened_at, heads]))


def checkpoint_mac(key: HmacSm3, chain: str, seq: int, at: int, last: bytes) -> bytes:
    """What a pruning is proven with: entries up to `seq` are gone by right, and the chain goes on from `last`."""
    return key(b"checkpoint|" + orjson.dumps([chain, seq, at, last.hex()]))
