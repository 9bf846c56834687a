"""Attachments filed under the ids that their senders gave them, and noted under the records that name them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.region.supervision.attachments.naming import fit_id, fit_type, named_by
from yiqiao.storage import Lane, Write
from yiqiao.storage import attachments as statements
from yiqiao.storage.attachments import AttachmentRow, Effect, NameRow


class Reference(NamedTuple):
    """What a sender says of an attachment: its business (attaService), its id, its type."""

    service: str
    atta_id: str
    file_type: str


def fit(service: str, atta_id: str, file_type: str) -> Reference:
    """A reference that can be one. Raises AttachmentIdUnfit, AttachmentTypeUnfit."""
    return Reference(service, fit_id(atta_id), fit_type(file_type))


def filing(rows: Sequence[AttachmentRow]) -> Write[list[Effect]]:
    """File attachments of one institution; the same again changes nothing, anything else is the next version."""
    return Write(_LANE, tuple(rows))


def _execute(connection: Connection, commands: Sequence[Sequence[AttachmentRow]]) -> Sequence[list[Effect]]:
    """File what several calls bring. Institutions come in order, so that two transactions never wait for each other."""
    mine: dict[str, list[int]] = defaultdict(list)
    for number, rows in enumerate(commands):
        if rows:
            mine[rows[0].app_id].append(number)
    effects: list[list[Effect]] = [[] for _ in commands]
    for app_id in sorted(mine):
        found = iter(statements.file(connection, app_id, [row for number in mine[app_id] for row in commands[number]]))
        for number in mine[app_id]:
            effects[number] = [next(found) for _ in commands[number]]
    return effects


_LANE: Lane[list[Effect]] = Lane("attachments", _execute)


class Naming(NamedTuple):
    """What records name, ready to be noted in the transaction that files them."""

    app_id: str
    records: tuple[tuple[str, str], ...]
    names: tuple[NameRow, ...]

    def note(self, connection: Connection) -> None:
        """These records name these attachments from now on, and no others."""
        statements.name(connection, self.app_id, self.records, self.names)


def naming(app_id: str, operation: str, records: Iterable[tuple[str, object]], now_ms: int) -> Naming:
    """What these records (key, content) of an operation name. Raises AttachmentIdUnfit."""
    keys: list[tuple[str, str]] = []
    names: list[NameRow] = []
    for key, content in records:
        keys.append((operation, key))
        named = named_by(operation, content)
        names += [NameRow(app_id, one.atta_id, operation, key, one.service, now_ms) for one in named]
    return Naming(app_id, tuple(keys), tuple(names))
