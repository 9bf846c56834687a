"""The contents of records, as they were sent: some dozens of rows compressed and sealed as one page.

One sealing a row would take as long as all else that is done to it, and would hide nothing more.
"""

import sys

import msgspec

from yiqiao.crypto.keyring import Keyring
from yiqiao.storage.supervision_records import PageRow

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ROWS = 64
_LEVEL = 1
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


class Binder:
    """Binds the rows of one batch into pages, in their order; keeps the open page and the sealed ones."""

    def __init__(self, keyring: Keyring, app_id: str, batch_id: int) -> None:
        self._keyring, self._app_id, self._batch_id = keyring, app_id, batch_id
        self._open: list[bytes | memoryview] = []
        self._count = 0
        self._pages: list[PageRow] = []

    def add(self, content: bytes | memoryview) -> int:
        """Take in a row's JSON text; answers its place, by which it is found again."""
        self._open.append(content)
        place = self._count
        self._count += 1
        if len(self._open) == ROWS:
            self._seal()
        return place

    def pages(self) -> list[PageRow]:
        """All pages."""
        if self._open:
            self._seal()
        return self._pages

    def _seal(self) -> None:
        number = len(self._pages)
        plain = zstd.compress(b"".join((b"[", b",".join(self._open), b"]")), _LEVEL)
        key_id, sealed = self._keyring.seal(plain, _context(self._app_id, self._batch_id, number))
        self._pages.append(PageRow(self._app_id, self._batch_id, number, key_id, sealed))
        self._open = []


def page_of(place: int) -> int:
    """The number of the page on which a row stands."""
    return place // ROWS


def contents(keyring: Keyring, page: PageRow) -> list[msgspec.Raw]:
    """The JSON texts of a page's rows, as they were sent. Raises SealingUnavailable."""
    context = _context(page.app_id, page.batch_id, page.page)
    return _ROWS.decode(zstd.decompress(keyring.unseal(page.key_id, bytes(page.sealed), context)))


def content(keyring: Keyring, page: PageRow, place: int) -> bytes:
    """The JSON text of the row at a place, as it was sent. Raises SealingUnavailable."""
    return bytes(contents(keyring, page)[place % ROWS])


def _context(app_id: str, batch_id: int, page: int) -> bytes:
    return f"supervision|{app_id}|{batch_id}|{page}".encode()
