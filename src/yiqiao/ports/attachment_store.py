"""Where the bytes of attachments are kept: a folder, or any other place of objects.

A file comes as chunks of `CHUNK` bytes, the last one shorter (it may be empty), and stands under a place of its own
until it is sealed: only then has it a name, which is the SM3 of its content under the institution that sent it. What is
not sealed is nobody's file, and what is sealed is whole. All functions wait for the disk or the network: they belong on
a thread.
"""

from typing import NamedTuple, Protocol

from yiqiao.errors import DomainError

CHUNK = 1 << 20
"""Bytes in every chunk but the last: what an upload holds in memory, a few times over, and what a broken one loses."""


class AttachmentStoreFull(DomainError):
    """There is no room left."""

    def __init__(self) -> None:
        super().__init__("平台的附件存储空间不足，附件未保存，请稍后重传；如持续出现，请联系平台扩容")


class AttachmentStoreFailed(DomainError):
    """The store does not do what it is asked for."""

    def __init__(self) -> None:
        super().__init__("平台的附件存储暂时不可用，附件未保存，请稍后重传；如持续出现，请联系平台")


class AttachmentDamaged(DomainError):
    """What is in the store is not what was put there: cut short, put in another order, of another file, altered."""

    def __init__(self) -> None:
        super().__init__("附件在存储中已损坏或被改动，无法读取，请机构重新上传该附件")


class Stored(NamedTuple):
    """A file that is whole. `digest` is the SM3 of its content in hex; `place` is empty where it is a single chunk."""

    owner: str
    digest: str
    size: int
    place: str

    @property
    def chunks(self) -> int:
        """How many chunks there are: the last one is shorter than the others, and may be empty."""
        return self.size // CHUNK + 1


class AttachmentStore(Protocol):
    """A store of files. All of it raises AttachmentStoreFull or AttachmentStoreFailed."""

    def append(self, place: str, number: int, plain: bytes, *, last: bool) -> None:
        """Keep chunk `number` (from 0) of the file that comes to `place`; the same number again replaces it."""
        ...

    def part(self, place: str, number: int, *, last: bool) -> bytes:
        """A chunk of a file that is not sealed yet. Raises AttachmentDamaged."""
        ...

    def seal(self, stored: Stored) -> Stored:
        """Name a file whose chunks are all there. Where that name is taken it stays as it is, and what stands under it
        is answered."""
        ...

    def keep(self, owner: str, digest: str, plain: bytes) -> Stored:
        """Keep and name a file of one chunk in one go; a name that is taken stays as it is."""
        ...

    def find(self, owner: str, digest: str) -> Stored | None:
        """The file of that name. Raises AttachmentDamaged."""
        ...

    def chunk(self, stored: Stored, number: int) -> bytes:
        """A chunk of a file. Raises AttachmentDamaged."""
        ...

    def forget(self, place: str) -> None:
        """Throw away the chunks at a place; none being there is fine."""
        ...

    def remove(self, stored: Stored) -> None:
        """Throw a file away, name and chunks; it being gone is fine."""
        ...
