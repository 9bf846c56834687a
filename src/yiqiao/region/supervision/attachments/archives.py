"""Archives (ZIP, and the documents that are one), looked into without ever holding what they unpack to.

A bomb unpacks to thousands of times its size, and says so or lies about it. So the list of members is judged first, and
then each member is unpacked piece by piece into nothing, and counted.
"""

import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from yiqiao.region.supervision.attachments.kinds import Kind
from yiqiao.region.supervision.attachments.refusals import AttachmentBomb, AttachmentNotWhatItSays

_PIECE = 1 << 16
_LOCAL_HEADER = 30
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, EOFError, ValueError, OverflowError)


@dataclass(frozen=True)
class ArchiveLimits:
    """What an archive may unpack to: `free` bytes whatever its size, beyond that `ratio` times its size, never more
    than `total`. `list_bytes` is how long the list of its members may be.
    """

    free: int = 64 << 20
    ratio: int = 150
    total: int = 8 << 30
    list_bytes: int = 2 << 20

    def most(self, size: int) -> int:
        """What an archive of `size` bytes may unpack to."""
        return min(max(self.free, size * self.ratio), self.total)


class _Bounded:
    """A file of which nothing large is read at once: `zipfile` reads the list of members in one go."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self._file = file
        self._most = most
        self.seek, self.tell = file.seek, file.tell

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        if size > self._most:
            raise AttachmentBomb("压缩包内文件过多，平台不接收，请拆分后重传")
        return self._file.read(self._most if size < 0 else size)  # only a tail of 64 KiB is read without a size


def look_into(file: BinaryIO, size: int, kind: Kind, limits: ArchiveLimits) -> None:
    """Judge an archive of `size` bytes. Raises AttachmentBomb, AttachmentNotWhatItSays."""
    try:
        with zipfile.ZipFile(_Bounded(file, max(limits.list_bytes, _PIECE))) as archive:
            members = archive.infolist()
            _fits_kind(members, kind)
            _judge_list(members, size, limits)
            left = limits.most(size)
            for member in members:
                left -= _unpacked(file, member, left)
    except _BROKEN as error:
        raise AttachmentNotWhatItSays(f"附件不是完整的{kind.title}，未保存，请核对文件后重传") from error


def _fits_kind(members: list[zipfile.ZipInfo], kind: Kind) -> None:
    if kind.within and not any(member.filename.startswith(kind.within) for member in members):
        raise AttachmentNotWhatItSays(f"附件是压缩包，但不是所声明的{kind.title}，未保存，请核对文件与 fileType")


def _judge_list(members: list[zipfile.ZipInfo], size: int, limits: ArchiveLimits) -> None:
    if sum(member.file_size for member in members) > limits.most(size):
        raise _bomb()
    if sum(member.compress_size for member in members) > size:  # members that lie over one another
        raise _bomb()


def _unpacked(file: BinaryIO, member: zipfile.ZipInfo, most: int) -> int:
    """How much a member unpacks to, counted; as its entry says where it is enciphered or packed in a rarer way."""
    if member.flag_bits & 1 or member.compress_type != zipfile.ZIP_DEFLATED:
        return member.file_size
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER)
    name, extra = struct.unpack("<HH", header[26:30])
    file.seek(member.header_offset + _LOCAL_HEADER + name + extra)
    inflate, left, count = zlib.decompressobj(-zlib.MAX_WBITS), member.compress_size, 0
    while left > 0 and not inflate.eof:
        packed = file.read(min(_PIECE, left))
        if not packed:
            raise EOFError("the archive ends within a member")
        left -= len(packed)
        while packed and not inflate.eof:
            count += len(inflate.decompress(packed, _PIECE))
            packed = inflate.unconsumed_tail
            if count > most or count > member.file_size:
                raise _bomb()
    return count


def _bomb() -> AttachmentBomb:
    return AttachmentBomb("压缩包解开后的大小远超其本身，平台不接收，请核对文件")
