"""A message as it arrives and as it leaves, before any dialect has looked at it."""

from typing import NamedTuple

Headers = tuple[tuple[bytes, bytes], ...]


class RawRequest(NamedTuple):
    """Bytes from the wire and where they came from. `received_ns` is monotonic, `at` epoch ms by the machine."""

    body: bytes
    content_type: str
    peer: str
    request_id: str
    at: int
    received_ns: int
    headers: Headers = ()
    path: str = ""
    """Where it came to, for a standard that gives each operation an address of its own."""

    def __repr__(self) -> str:
        return f"RawRequest({len(self.body)} bytes, peer={self.peer!r}, request_id={self.request_id!r})"


class RawResponse(NamedTuple):
    """Bytes for the wire. `outcome` is the standard's return code, for logs and counters. `headers` go beside what the
    transport says itself.

    `lost`: the connection is closed, and nothing of it sent. `stranger`: the caller is nobody that is on file, so the
    answer could not be signed.
    """

    body: bytes
    outcome: str
    content_type: str = "application/json; charset=utf-8"
    status: int = 200
    lost: bool = False
    headers: Headers = ()
    stranger: bool = False

    def __repr__(self) -> str:
        return f"RawResponse({len(self.body)} bytes, outcome={self.outcome!r})"
