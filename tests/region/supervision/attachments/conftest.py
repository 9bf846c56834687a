"""Attachments over an empty database of each engine and a folder."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.keys import KEYRING
from yiqiao.adapters.attachment_store import SealedStore, open_attachment_store
from yiqiao.clock import FixedClock
from yiqiao.crypto import sm3
from yiqiao.region.supervision.attachments.filing import Arrivals, Reference, fit
from yiqiao.region.supervision.attachments.naming import ids_in
from yiqiao.region.supervision.attachments.receiving import Limits, Means, Receiving
from yiqiao.region.supervision.attachments.service import Attachments
from yiqiao.region.supervision.institutions import Institutions
from yiqiao.region.supervision.kinds import Kind
from yiqiao.storage import Database
from yiqiao.storage import attachments as statements
from yiqiao.storage.attachment_uploads import UploadRow
from yiqiao.storage.attachments import AttachmentRow, Effect, NameRow

NOW = 1_790_000_000_000
IH = "IH0001"


@dataclass
class World:
    """A platform's attachments, and where they are."""

    attachments: Attachments
    database: Database
    store: SealedStore
    clock: FixedClock
    folder: Path

    async def upload(
        self, reference: Reference, content: bytes, *, announced: str | None = None, offset: int = 0, app_id: str = IH
    ) -> AttachmentRow:
        """Upload a file in pieces, from `offset` on, and file it."""
        receiving = await self.attachments.begin(app_id, announced, offset)
        receiving.says(reference.file_type)
        await feed(receiving, content[offset:])
        stored = await receiving.finish()
        row = self.attachments.row(app_id, reference, stored)
        await self.file(row)
        await receiving.settle(stored)
        return row

    async def keep(self, reference: Reference, content_hex: str) -> AttachmentRow:
        """Keep a file that came as hexadecimal text."""
        return self.attachments.keep(IH, reference, self.attachments.judge(reference, content_hex))

    async def file(self, *rows: AttachmentRow) -> list[Effect]:
        """File attachments by themselves."""
        return await self.database.write(lambda c: statements.file(c, rows[0].app_id, rows))

    async def take(self, *rows: AttachmentRow, nonce: str = "r1") -> list[Effect]:
        """File attachments as a request that brought them."""
        return await self.attachments.take(Arrivals(IH, nonce, NOW, NOW, "q1", b"", 0, rows))

    async def name_only(self, content: bytes) -> UploadRow:
        """An upload that got its name, and whose hub then died before it was filed."""
        receiving = await self.attachments.begin(IH)
        receiving.says("pdf")
        await feed(receiving, content)
        await receiving.finish()
        return (await self.attachments.under_way(IH))[0]

    async def name(self, records: dict[str, str]) -> None:
        """Have visits name attachments."""
        rows = [NameRow(IH, one, Kind.VISIT, key, "11", NOW) for key, text in records.items() for one in ids_in(text)]
        told = [(Kind.VISIT.value, key) for key in records]
        await self.database.write(lambda c: statements.name(c, IH, told, rows))

    async def read(self, row: AttachmentRow) -> bytes:
        """The content of an attachment."""
        return b"".join([piece async for piece in self.attachments.content(row)])

    def kept(self) -> list[str]:
        """What the folder holds."""
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


async def feed(receiving: Receiving, content: bytes, piece: int = 300_007) -> None:
    """Write in pieces that fit no chunk."""
    for start in range(0, len(content), piece):
        await receiving.write(content[start : start + piece])


def digest(content: bytes) -> str:
    """The SM3 by which a content is announced."""
    return sm3(content).hex()


def pdf(size: int, filling: bytes = b"x") -> bytes:
    """A PDF as far as its first bytes tell."""
    return (b"%PDF-1.7\n" + filling * (size // len(filling) + 1))[:size]


@pytest.fixture
async def opened(world: World) -> World:
    """The same, with the institution opened."""
    await Institutions(world.database, world.clock, world.clock).open("root", IH, "H0001", "云桥互联网医院")
    return world


PDF = fit("11", "visit-1", "pdf")


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    folder, clock = tmp_path / "attachments", FixedClock(NOW)
    store = open_attachment_store(str(folder), KEYRING)
    return World(Attachments(Means(database, store, clock, Limits())), database, store, clock, folder)
