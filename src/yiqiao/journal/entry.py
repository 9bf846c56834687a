"""One exchange as the journal keeps it, and the form in which many are sealed together."""

import struct
import sys
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_HEAD = struct.Struct(">III")
_LEVEL = 1


class Direction(StrEnum):
    """in: somebody called and the hub answered; out: the hub called."""

    IN = "in"
    OUT = "out"


class Keys(NamedTuple):
    """The business keys by which an exchange can be found again; kept as blind indexes only."""

    person: str | None = None
    card: str | None = None
    order: str | None = None
    trace: str | None = None

    def __repr__(self) -> str:
        return f"Keys({', '.join(name for name, value in zip(self._fields, self, strict=True) if value is not None)})"


class Entry(NamedTuple):
    """One exchange. `request`, `response`: wire bytes, secrets cut out. `view`: what they say, decoded, as JSON."""

    at: int
    dialect: str
    operation: str
    app_id: str
    direction: Direction
    outcome: str
    duration_us: int
    request_id: str
    digest: bytes
    request: bytes
    response: bytes
    view: bytes
    keys: Keys = Keys()

    def __repr__(self) -> str:
        return f"Entry({self.dialect} {self.operation} {self.outcome}, request_id={self.request_id!r})"


def pack(entries: Iterable[Entry]) -> bytes:
    """The bytes of many entries as one text to seal.

    Hexadecimal cipher texts and the names that every message repeats make up most of it: compressing takes less time
    than sealing what it saves.
    """
    parts: list[bytes] = []
    for entry in entries:
        parts.append(_HEAD.pack(len(entry.request), len(entry.response), len(entry.view)))
        parts += (entry.request, entry.response, entry.view)
    return zstd.compress(b"".join(parts), _LEVEL)


def unpack(packed: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """(request, response, view) of every entry, in order."""
    found: list[tuple[bytes, bytes, bytes]] = []
    plain = zstd.decompress(packed)
    at = 0
    while at < len(plain):
        lengths = _HEAD.unpack_from(plain, at)
        at += _HEAD.size
        pieces = []
        for length in lengths:
            pieces.append(plain[at : at + length])
            at += length
        found.append((pieces[0], pieces[1], pieces[2]))
    return found
