"""One exchange as the journal keeps it, and the form in which many are sealed together."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

_HEAD = struct.Struct(">III")


class Direction(StrEnum):
    """in: somebody called and the hub answered; out: the hub called."""

    IN = "in"
    OUT = "out"


@dataclass(frozen=True)
class Keys:
    """The business keys by which an exchange can be found again; kept as blind indexes only."""

    person: str | None = None
    card: str | None = None
    order: str | None = None
    trace: str | None = None


@dataclass(frozen=True)
class Entry:
    """One exchange. `request`, `response`: wire bytes, secrets cut out. `view`: what they say, decoded, as JSON."""

    at: int
    dialect: str
    operation: str
    app_id: str
    direction: Direction
    outcome: str
    duration_us: int
    request_id: str
    digest: bytes = field(repr=False)
    request: bytes = field(repr=False)
    response: bytes = field(repr=False)
    view: bytes = field(repr=False)
    keys: Keys = field(default_factory=Keys, repr=False)


def pack(entries: Iterable[Entry]) -> bytes:
    """The bytes of many entries as one text to seal."""
    parts: list[bytes] = []
    for entry in entries:
        parts.append(_HEAD.pack(len(entry.request), len(entry.response), len(entry.view)))
        parts += (entry.request, entry.response, entry.view)
    return b"".join(parts)


def unpack(packed: bytes) -> list[tuple[bytes, bytes, bytes]]:
    """(request, response, view) of every entry, in order."""
    found: list[tuple[bytes, bytes, bytes]] = []
    at = 0
    while at < len(packed):
        lengths = _HEAD.unpack_from(packed, at)
        at += _HEAD.size
        pieces = []
        for length in lengths:
            pieces.append(packed[at : at + length])
            at += length
        found.append((pieces[0], pieces[1], pieces[2]))
    return found
