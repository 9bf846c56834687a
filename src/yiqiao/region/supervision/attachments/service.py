"""The attachments of internet hospitals: taken in, found again, and missed where records name them."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import NamedTuple

from yiqiao.crypto import RunningSm3
from yiqiao.ports.attachment_store import AttachmentDamaged, AttachmentStoreFailed, Stored
from yiqiao.region.supervision.attachments import keeping
from yiqiao.region.supervision.attachments.filing import Arrivals, Reference, take
from yiqiao.region.supervision.attachments.receiving import Means, Receiving, Repeat, Upload
from yiqiao.region.supervision.attachments.refusals import AttachmentOffsetDiffers, AttachmentUnknown
from yiqiao.region.supervision.intake import admitted
from yiqiao.storage import attachment_uploads as uploads
from yiqiao.storage import attachments as statements
from yiqiao.storage.attachment_uploads import UploadRow
from yiqiao.storage.attachments import AttachmentRow, Counts, Effect, Missing


class Standing(NamedTuple):
    """How far an announced upload is: bytes that are here, and whether that is all of it."""

    offset: int
    whole: bool


class Attachments:
    """All attachments of a platform. Everything is asked for under the institution (appid) that sent it."""

    def __init__(self, means: Means) -> None:
        self.means = means

    # taking in

    async def admit(self, app_id: str, nonce: str) -> None:
        """Look whether a request can be taken in, before its content comes. Raises NotOpened, RepeatedRandom."""
        await self.means.database.read(lambda connection: admitted(connection, app_id, nonce))

    async def standing(self, app_id: str, digest: str) -> Standing:
        """How much of a content (its SM3, in hex) is here already."""
        known = await asyncio.to_thread(keeping.found, self.means.store, app_id, digest)
        if known is not None:
            return Standing(known.size, whole=True)
        row = await self.means.database.read(lambda c: uploads.announced(c, app_id, digest))
        return Standing(row.kept if row else 0, whole=False)

    async def begin(self, app_id: str, announced: str | None = None, offset: int = 0) -> Receiving:
        """Begin an upload, or go on with one at `offset`; `announced` is the SM3 (hex) of what comes, if it was told.

        Raises AttachmentOffsetDiffers.
        """
        if announced is not None:
            known = await asyncio.to_thread(keeping.found, self.means.store, app_id, announced)
            if known is not None:
                if offset not in (0, known.size):
                    raise AttachmentOffsetDiffers(known.size)
                return Repeat(self.means, known, offset=offset)
        now = self.means.clock.now_ms()
        fresh = UploadRow(app_id, secrets.token_hex(16), announced, None, 0, secrets.token_hex(8), now, now)
        row = await self.means.database.write(lambda c: uploads.begin(c, fresh))
        if offset == row.kept:
            return await self._resumed(row)
        if offset:
            raise AttachmentOffsetDiffers(row.kept)
        return Upload(self.means, await self._anew(row))

    async def _resumed(self, row: UploadRow) -> Receiving:
        upload = Upload(self.means, row)
        try:
            await upload.resume()
        except AttachmentDamaged:
            await self._anew(row)
            raise AttachmentOffsetDiffers(0) from None
        return upload

    async def _anew(self, row: UploadRow) -> UploadRow:
        """The same upload from its beginning: its chunks are replaced one by one."""
        begun = row._replace(kept=0, digest=None)
        await self.means.database.write(lambda c: uploads.advance(c, begun))
        return begun

    def judge(self, reference: Reference, content_hex: str) -> bytes:
        """The content of an attachment that came as hexadecimal text, looked at. It takes a while: on a thread.

        Raises AttachmentHexUnfit, AttachmentNotWhatItSays, AttachmentBomb, AttachmentTooLarge.
        """
        content = keeping.unhex(content_hex)
        keeping.judge(self.means.limits, reference.file_type, content)
        return content

    def keep(self, app_id: str, reference: Reference, content: bytes) -> AttachmentRow:
        """Keep a content that was judged; what is answered is to be filed. It waits for the store: on a thread.

        Raises AttachmentStoreFull, AttachmentStoreFailed.
        """
        return self.row(app_id, reference, keeping.keep(self.means.store, app_id, content))

    def row(self, app_id: str, reference: Reference, stored: Stored) -> AttachmentRow:
        """What is to be filed of a file that is kept."""
        now = self.means.clock.now_ms()
        return AttachmentRow(
            app_id, reference.atta_id, 0, reference.service, reference.file_type, stored.digest, stored.size, now
        )

    async def find(self, app_id: str, digest: str) -> Stored | None:
        """A file that is kept, by its SM3 (hex)."""
        return await asyncio.to_thread(self.means.store.find, app_id, digest)

    async def take(self, arrived: Arrivals) -> list[Effect]:
        """File what a request brought. Raises NotOpened, RepeatedRandom: then nothing was filed.

        Raises AttachmentStoreFailed where a content has gone since it was kept: an older upload of the same was thrown
        away meanwhile. Then it is filed without a content, and has one when it is sent again.
        """
        effects = await self.means.database.write(lambda c: take(c, arrived))
        await asyncio.to_thread(self._here, arrived)
        return effects

    def _here(self, arrived: Arrivals) -> None:
        for digest in {row.digest for row in arrived.rows}:
            if self.means.store.find(arrived.app_id, digest) is None:
                raise AttachmentStoreFailed

    # which records name what

    async def missing(self, app_id: str, limit: int = 1000) -> list[Missing]:
        """What records name and what has not arrived."""
        return await self.means.database.read(lambda c: statements.missing(c, app_id, limit))

    async def counts(self, app_id: str) -> Counts:
        """How complete an institution's attachments are."""
        return await self.means.database.read(lambda c: statements.counts(c, app_id))

    # handing out

    async def latest(self, app_id: str, limit: int = 100) -> list[AttachmentRow]:
        """The versions that came last."""
        return await self.means.database.read(lambda c: statements.latest(c, app_id, limit))

    async def versions(self, app_id: str, atta_id: str) -> list[AttachmentRow]:
        """All versions of an attachment, the one in force first. Raises AttachmentUnknown."""
        found = await self.means.database.read(lambda c: statements.versions(c, app_id, atta_id))
        if not found:
            raise AttachmentUnknown
        return found

    async def version(self, app_id: str, atta_id: str, version: int | None = None) -> AttachmentRow:
        """One version of an attachment; else the one in force. Raises AttachmentUnknown."""
        found = await self.versions(app_id, atta_id)
        chosen = [row for row in found if version in (None, row.version)]
        if not chosen:
            raise AttachmentUnknown
        return chosen[0]

    async def content(self, row: AttachmentRow) -> AsyncIterator[bytes]:
        """The bytes of an attachment, chunk by chunk. Who may have them is for the caller to judge.

        Raises AttachmentDamaged where the content is not what was filed, if need be before its last chunk.
        """
        store, digest = self.means.store, RunningSm3()
        stored = await asyncio.to_thread(store.find, row.app_id, row.digest)
        if stored is None or stored.size != row.size:
            raise AttachmentDamaged
        for number in range(stored.chunks):
            chunk = await asyncio.to_thread(store.chunk, stored, number)
            await asyncio.to_thread(digest.update, chunk)
            if number == stored.chunks - 1 and digest.digest().hex() != row.digest:
                raise AttachmentDamaged
            if chunk:
                yield chunk

    async def under_way(self, app_id: str, limit: int = 100) -> list[UploadRow]:
        """Uploads that are not whole, the latest first."""
        return await self.means.database.read(lambda c: uploads.under_way(c, app_id, limit))
