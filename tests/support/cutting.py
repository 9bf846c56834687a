"""A way to a server that breaks: it hands bytes on, and after so many of them cuts the connection."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

PIECE = 1 << 16
HEAD = 1 << 12
_OFFSET = re.compile(rb"\r\nupload-offset: *(\d+)", re.IGNORECASE)


@dataclass
class Cutter:
    """Stands before a server on this machine. `after`: of each connection that sends so much, the bytes after which it
    is cut, in turn; then nothing is cut any more. Short messages get through.
    """

    port: int
    after: list[int]
    short: int = 1 << 16
    cuts: int = 0
    passed: int = 0
    offsets: list[int] = field(default_factory=list)
    """Where each upload that passed said that it goes on."""
    _listening: socket.socket = field(init=False)

    def __post_init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where to call."""
        return f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                caller, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self.port))
                threading.Thread(target=self._up, args=(caller, server), daemon=True).start()
                threading.Thread(target=_down, args=(server, caller), daemon=True).start()

    def _up(self, caller: socket.socket, server: socket.socket) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := caller.recv(PIECE):
                self.offsets += [int(found) for found in _OFFSET.findall(piece[:HEAD])]
                limit = self.after[0] if self.after else None
                if limit is not None and passed + len(piece) > max(limit, self.short):
                    self.after.pop(0)
                    self.cuts += 1
                    break
                server.sendall(piece)
                passed += len(piece)
                self.passed += len(piece)
        _close(caller, server)

    def close(self) -> None:
        """Take no more calls."""
        _close(self._listening)


def _down(server: socket.socket, caller: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := server.recv(PIECE):
            caller.sendall(piece)
    _close(caller, server)


def _close(*ends: socket.socket) -> None:
    for end in ends:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


@contextmanager
def cutting(port: int, after: Sequence[int]) -> Iterator[Cutter]:
    """A breaking way to a port of this machine."""
    cutter = Cutter(port, list(after))
    try:
        yield cutter
    finally:
        cutter.close()
