"""Which attachments a record names: those of its version in force, or, as long as none is, of the one that is to be."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.region.supervision.attachments.naming import SERVICES
from yiqiao.region.supervision.kinds import Kind
from yiqiao.region.supervision.pages import ROWS, contents, page_of
from yiqiao.storage import Database, attachments, supervision_quality
from yiqiao.storage.attachments import NameRow
from yiqiao.storage.supervision_records import PageRow, RecordRow

Reader = Callable[[bytes], tuple[str, ...]]
"""The ids of the attachments that a record's content names."""


def mentions(app_id: str, kind: str, record_key: str, ids: Collection[str], at: int) -> list[NameRow]:
    """What is noted of a record; `at` is when the version that names them came (epoch ms)."""
    service = SERVICES[Kind(kind)]
    return [NameRow(app_id, one, kind, record_key, service, at) for one in ids]


@dataclass(frozen=True)
class Mentions:
    """Reads again what records on file name; `readers` by kind, of those that name any."""

    database: Database
    keyring: Keyring = field(repr=False)
    readers: Mapping[str, Reader]

    def note(self, connection: Connection, app_id: str, kind: str, record_keys: Sequence[str]) -> None:
        """Note what the versions in force of these records name, in the place of what was noted of them before.

        Within the caller's transaction. Raises SealingUnavailable.
        """
        if kind not in self.readers or not record_keys:
            return
        records = supervision_quality.of_keys(connection, app_id, kind, record_keys)
        places = {(row.batch_id, page_of(row.place)) for row in records}
        pages = [*supervision_quality.pages(connection, app_id, places)]
        names = self.database.aside(lambda: self._read(records, pages))
        attachments.name(connection, app_id, [(kind, key) for key in record_keys], names)

    def _read(self, records: Sequence[RecordRow], pages: Sequence[PageRow]) -> list[NameRow]:
        texts = {(page.batch_id, page.page): contents(self.keyring, page) for page in pages}
        names: list[NameRow] = []
        for row in records:
            text = texts[row.batch_id, page_of(row.place)][row.place % ROWS]
            ids = self.readers[row.kind](bytes(text))
            names += mentions(row.app_id, row.kind, row.record_key, ids, row.received_at)
        return names
