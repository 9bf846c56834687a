"""An attachment on its way in: hashed, sealed and kept chunk by chunk, looked at, and named once it is whole.

Memory holds one chunk, however large the file. What was announced by its digest and breaks off goes on from its last
full chunk; the digest of what is there already is then taken from the store itself, so that what gets a name is what is
kept, not what was once sent.
"""

import asyncio
import io
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO, Protocol, cast

from yiqiao.clock import Clock
from yiqiao.crypto import RunningSm3
from yiqiao.ports.attachment_store import CHUNK, AttachmentStore, Stored
from yiqiao.region.supervision.attachments.archives import ArchiveLimits
from yiqiao.region.supervision.attachments.looks import Look
from yiqiao.region.supervision.attachments.pieces import Pieces
from yiqiao.region.supervision.attachments.refusals import (
    AttachmentDigestDiffers,
    AttachmentTakenOver,
    AttachmentTooLarge,
)
from yiqiao.storage import Database
from yiqiao.storage import attachment_uploads as uploads
from yiqiao.storage.attachment_uploads import UploadRow


@dataclass(frozen=True)
class Limits:
    """What is taken in: at most `size` bytes an attachment (0: any), and what its archives may unpack to."""

    size: int = 0
    archives: ArchiveLimits = field(default_factory=ArchiveLimits)


@dataclass(frozen=True)
class Means:
    """What it takes to keep an attachment."""

    database: Database
    store: AttachmentStore
    clock: Clock
    limits: Limits


class Receiving(Protocol):
    """One upload: pieces by `write`, then `finish` and, once the file is filed, `settle`; else `drop` or `broken`."""

    def says(self, file_type: str) -> None:
        """What the file is said to be; at any time, but before `finish`. Raises AttachmentNotWhatItSays."""
        ...

    async def write(self, piece: bytes) -> None:
        """Take in the next piece. Raises refusals, after which it is to be dropped."""
        ...

    async def finish(self) -> Stored:
        """All has come: the file is judged as a whole and gets its name. Raises refusals, as `write`."""
        ...

    async def settle(self, stored: Stored) -> None:
        """The file is filed: nothing of the upload is needed any more."""
        ...

    async def drop(self) -> None:
        """It is refused: nothing of it stays."""
        ...

    async def broken(self) -> None:
        """The connection broke: what was announced waits for the rest, anything else goes."""
        ...


class Upload:
    """A file that is not here yet."""

    def __init__(self, means: Means, row: UploadRow) -> None:
        self._means = means
        self._row = row
        self._look = Look(means.limits.archives)
        self._sm3 = RunningSm3()
        self._buffer = bytearray()
        self._size = 0

    async def resume(self) -> None:
        """Go on behind what is in the store. Raises AttachmentDamaged."""
        for number in range(self._row.kept // CHUNK):
            chunk = await asyncio.to_thread(self._again, number)
            self._look.sees(chunk)
        self._size = self._row.kept

    def says(self, file_type: str) -> None:
        self._look.says(file_type)

    async def write(self, piece: bytes) -> None:
        self._size += len(piece)
        most = self._means.limits.size
        if most and self._size > most:
            raise AttachmentTooLarge(most)
        self._look.sees(piece)
        self._buffer += piece
        while len(self._buffer) >= CHUNK:
            chunk = bytes(memoryview(self._buffer)[:CHUNK])
            del self._buffer[:CHUNK]
            await asyncio.to_thread(self._keep, chunk)
            await self._advance(self._row._replace(kept=self._row.kept + CHUNK))

    async def finish(self) -> Stored:
        digest = await asyncio.to_thread(self._digest)
        if self._row.announced not in (None, digest):
            raise AttachmentDigestDiffers
        await asyncio.to_thread(self._close)
        await self._advance(self._row._replace(digest=digest))
        return await asyncio.to_thread(self._name, digest)

    async def settle(self, stored: Stored) -> None:
        if stored.place != self._row.place:
            await asyncio.to_thread(self._means.store.forget, self._row.place)
        await self._means.database.write(lambda c: uploads.end(c, self._row))

    async def drop(self) -> None:
        # Another connection may have taken the upload over: then it is no longer ours to throw away.
        if await self._means.database.write(lambda c: uploads.end(c, self._row)):
            await asyncio.to_thread(self._means.store.forget, self._row.place)

    async def broken(self) -> None:
        if self._row.announced is None:
            await self.drop()

    async def _advance(self, row: UploadRow) -> None:
        self._row = row._replace(touched_at=self._means.clock.now_ms())
        if not await self._means.database.write(lambda c: uploads.advance(c, self._row)):
            raise AttachmentTakenOver

    # on a thread, since it waits for the store or takes milliseconds

    def _again(self, number: int) -> bytes:
        chunk = self._means.store.part(self._row.place, number, last=False)
        self._sm3.update(chunk)
        return chunk

    def _keep(self, chunk: bytes) -> None:
        self._means.store.append(self._row.place, self._row.kept // CHUNK, chunk, last=False)
        self._sm3.update(chunk)

    def _digest(self) -> str:
        self._sm3.update(bytes(self._buffer))
        return self._sm3.digest().hex()

    def _close(self) -> None:
        """Judge the file as a whole, its last chunk being kept."""
        if not self._row.kept:
            self._look.whole(io.BytesIO(self._buffer), self._size)
            return
        store, place, count = self._means.store, self._row.place, self._row.kept // CHUNK
        store.append(place, count, bytes(self._buffer), last=True)
        parts = Pieces(self._size, lambda number: store.part(place, number, last=number == count))
        self._look.whole(cast(BinaryIO, parts), self._size)

    def _name(self, digest: str) -> Stored:
        store, app_id = self._means.store, self._row.app_id
        if not self._row.kept:
            return store.keep(app_id, digest, bytes(self._buffer))
        return store.seal(Stored(app_id, digest, self._size, self._row.place))


class Repeat:
    """A file that is here already, sent again or said to be the same: held against what is here, and not kept again."""

    def __init__(self, means: Means, known: Stored, *, offset: int) -> None:
        self._means = means
        self._known = known
        self._offset = offset
        self._look = Look(means.limits.archives)
        self._sm3 = RunningSm3()
        self._size = offset

    def says(self, file_type: str) -> None:
        self._look.says(file_type)

    async def write(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._known.size:
            raise AttachmentDigestDiffers
        self._sm3.update(piece)

    async def finish(self) -> Stored:
        if self._size != self._known.size or (not self._offset and self._sm3.digest().hex() != self._known.digest):
            raise AttachmentDigestDiffers
        await asyncio.to_thread(self._judge)
        return self._known

    async def settle(self, stored: Stored) -> None:
        """There is nothing to be settled."""

    async def drop(self) -> None:
        """There is nothing to be dropped."""

    async def broken(self) -> None:
        """There is nothing to go on with."""

    def _judge(self) -> None:
        chunk = partial(self._means.store.chunk, self._known)
        self._look.sees(chunk(0))
        self._look.whole(cast(BinaryIO, Pieces(self._known.size, chunk)), self._known.size)
