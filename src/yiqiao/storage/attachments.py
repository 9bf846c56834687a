"""The statements of attachments: filed in versions, the highest in force, and held against what records name."""

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, select, tuple_

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.attachments import attachment, attachment_name
from yiqiao.storage.turns import one_at_a_time

Effect = Literal["new", "changed", "same"]
_PORTION = 5_000


class AttachmentRow(NamedTuple):
    """A version of an attachment. `digest` is the SM3 of its content in hex, `size` bytes, `received_at` epoch ms."""

    app_id: str
    atta_id: str
    version: int
    service: str
    file_type: str
    digest: str
    size: int
    received_at: int

    @property
    def told(self) -> tuple[str, str, str]:
        """What makes a version another one."""
        return self.service, self.file_type, self.digest


class NameRow(NamedTuple):
    """A record names an attachment, which ought to arrive under `service`."""

    app_id: str
    atta_id: str
    kind: str
    record_key: str
    service: str
    named_at: int


class Missing(NamedTuple):
    """An attachment that records name and that has not arrived. `since` is epoch ms."""

    atta_id: str
    service: str
    kind: str
    record_key: str
    since: int


class Counts(NamedTuple):
    """How complete an institution's attachments are: ids that records name, those of them that are here, and those
    that are here and that no record names (yet)."""

    named: int
    here: int
    unnamed: int


_COLUMNS = tuple(attachment.c[name] for name in AttachmentRow._fields)


def alone(connection: Connection, app_id: str) -> None:
    """Let nobody else file attachments of this institution until our transaction ends; look only afterwards."""
    one_at_a_time(connection, "attachments", app_id)


def newest(connection: Connection, app_id: str, atta_ids: Collection[str]) -> dict[str, AttachmentRow]:
    """The versions in force of these attachments, by id."""
    found: dict[str, AttachmentRow] = {}
    wanted = sorted(atta_ids)
    for start in range(0, len(wanted), _PORTION):
        mine = and_(attachment.c.app_id == app_id, attachment.c.atta_id.in_(wanted[start : start + _PORTION]))
        query = select(*_COLUMNS).where(mine).order_by(attachment.c.version)
        found |= {row.atta_id: row for row in map(AttachmentRow._make, connection.execute(query))}
    return found


def versions(connection: Connection, app_id: str, atta_id: str) -> list[AttachmentRow]:
    """All versions of an attachment, the one in force first."""
    mine = and_(attachment.c.app_id == app_id, attachment.c.atta_id == atta_id)
    query = select(*_COLUMNS).where(mine).order_by(attachment.c.version.desc())
    return [AttachmentRow._make(row) for row in connection.execute(query)]


def latest(connection: Connection, app_id: str, limit: int) -> list[AttachmentRow]:
    """The versions that came last."""
    query = select(*_COLUMNS).where(attachment.c.app_id == app_id)
    order = query.order_by(attachment.c.received_at.desc(), attachment.c.atta_id, attachment.c.version.desc())
    return [AttachmentRow._make(row) for row in connection.execute(order.limit(limit))]


def file(connection: Connection, app_id: str, arrived: Sequence[AttachmentRow]) -> list[Effect]:
    """File what arrived, in this order (`version` is given here); what says the same as before changes nothing."""
    alone(connection, app_id)
    standing = newest(connection, app_id, {row.atta_id for row in arrived})
    effects: list[Effect] = []
    rows: list[AttachmentRow] = []
    for row in arrived:
        before = standing.get(row.atta_id)
        if before is not None and before.told == row.told:
            effects.append("same")
            continue
        effects.append("changed" if before else "new")
        standing[row.atta_id] = row._replace(version=before.version + 1 if before else 1)
        rows.append(standing[row.atta_id])
    insert_many(connection, attachment, AttachmentRow._fields, rows)
    return effects


def is_filed(connection: Connection, app_id: str, digest: str) -> bool:
    """Whether any version of any attachment of this institution has this content."""
    mine = and_(attachment.c.app_id == app_id, attachment.c.digest == digest)
    return connection.execute(select(attachment.c.version).where(mine).limit(1)).first() is not None


def name(connection: Connection, app_id: str, records: Iterable[tuple[str, str]], names: Sequence[NameRow]) -> None:
    """These `records` (kind, key) name these attachments from now on, and no others."""
    told = sorted(set(records))
    for start in range(0, len(told), _PORTION):
        record = tuple_(attachment_name.c.kind, attachment_name.c.record_key)
        mine = and_(attachment_name.c.app_id == app_id, record.in_(told[start : start + _PORTION]))
        connection.execute(delete(attachment_name).where(mine))
    insert_many(connection, attachment_name, NameRow._fields, names, skip_conflicts=True)


def missing(connection: Connection, app_id: str, limit: int) -> list[Missing]:
    """What records name and what has not arrived, the longest missing first."""
    columns = tuple(attachment_name.c[column] for column in ("atta_id", "service", "kind", "record_key", "named_at"))
    query = select(*columns).where(attachment_name.c.app_id == app_id, ~_here())
    order = query.order_by(attachment_name.c.named_at, attachment_name.c.atta_id, attachment_name.c.record_key)
    return [Missing._make(row) for row in connection.execute(order.limit(limit))]


def counts(connection: Connection, app_id: str) -> Counts:
    """How complete an institution's attachments are."""
    named = select(attachment_name.c.atta_id).where(attachment_name.c.app_id == app_id).distinct().subquery()
    arrived = select(attachment.c.atta_id).where(attachment.c.app_id == app_id).distinct().subquery()
    both = select(func.count()).select_from(named.join(arrived, named.c.atta_id == arrived.c.atta_id))
    here = connection.execute(both).scalar_one()
    return Counts(
        named=connection.execute(select(func.count()).select_from(named)).scalar_one(),
        here=here,
        unnamed=connection.execute(select(func.count()).select_from(arrived)).scalar_one() - here,
    )


def _here() -> ColumnElement[bool]:
    same = and_(attachment.c.app_id == attachment_name.c.app_id, attachment.c.atta_id == attachment_name.c.atta_id)
    return select(attachment.c.version).where(same).exists()
