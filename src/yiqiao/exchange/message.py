"""A message as it arrives and as it leaves, before any dialect has looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RawRequest:
    """Bytes from the wire and where they came from. `received_ns` is monotonic, `at` epoch milliseconds."""

    body: bytes = field(repr=False)
    content_type: str
    peer: str
    request_id: str
    at: int
    received_ns: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class RawResponse:
    """Bytes for the wire. `outcome` is the standard's return code, for logs and counters."""

    body: bytes = field(repr=False)
    outcome: str
    content_type: str = "application/json; charset=utf-8"
    status: int = 200
