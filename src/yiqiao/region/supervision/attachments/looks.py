"""A file judged while it comes: by its first bytes as soon as they and its type are known, as an archive when it is
whole.
"""

from typing import BinaryIO

from yiqiao.region.supervision.attachments import kinds
from yiqiao.region.supervision.attachments.archives import ArchiveLimits, look_into


class Look:
    """What is known of a file so far."""

    def __init__(self, limits: ArchiveLimits) -> None:
        self._limits = limits
        self._type: str | None = None
        self._head = b""

    def says(self, file_type: str) -> None:
        """What the file is said to be. Raises AttachmentNotWhatItSays."""
        self._type = file_type
        self._early()

    def sees(self, piece: bytes) -> None:
        """What comes next of it. Raises AttachmentNotWhatItSays."""
        if len(self._head) < kinds.HEAD:
            self._head += piece[: kinds.HEAD - len(self._head)]
            self._early()

    def whole(self, file: BinaryIO, size: int) -> None:
        """Judge the whole file; it waits for the store. Raises AttachmentNotWhatItSays, AttachmentBomb."""
        if self._type is None:
            raise ValueError("nobody has said what the file is")
        kind = kinds.judge(self._type, self._head)
        if kind is not None and kind.archive:
            look_into(file, size, kind, self._limits)

    def _early(self) -> None:
        if self._type is not None and len(self._head) == kinds.HEAD:
            kinds.judge(self._type, self._head)
