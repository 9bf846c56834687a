"""A kept file as a file to be read: anywhere in it, with one chunk in memory."""

import io
from collections.abc import Callable

from yiqiao.ports.attachment_store import CHUNK, AttachmentDamaged


class Pieces(io.RawIOBase):
    """A file of `size` bytes whose chunks are fetched when they are wanted. It waits for the store, so use it on a
    thread.
    """

    def __init__(self, size: int, chunk: Callable[[int], bytes]) -> None:
        self._size = size
        self._chunk = chunk
        self._place = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("a place before the file's beginning")
        self._place = base + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes (all there are), fewer at the end alone."""
        end = self._size if size < 0 else min(self._size, self._place + size)
        found = bytearray()
        while self._place < end:
            number, start = divmod(self._place, CHUNK)
            if self._held[0] != number:
                self._held = number, self._chunk(number)
            piece = self._held[1][start : start + end - self._place]
            if not piece:
                raise AttachmentDamaged
            found += piece
            self._place += len(piece)
        return bytes(found)
