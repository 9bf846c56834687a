"""The statements by which operators look somebody up: by what identifies them, and what was changed of them."""

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select

from yiqiao.storage.card_changes import ChangeRow
from yiqiao.storage.cards import PersonRow
from yiqiao.storage.tables.cards import person, person_change

_PERSON = tuple(person.c[name] for name in PersonRow._fields)
_CHANGE = tuple(person_change.c[name] for name in ChangeRow._fields)


def find_persons(
    connection: Connection,
    person_ids: Sequence[str],
    mindex_id: str,
    name_index: int,
    phone_index: int,
    limit: int,
) -> list[PersonRow]:
    """Who is on file under one of these, who was filed last first; each of them has an index."""
    anyhow = or_(
        person.c.person_id.in_(person_ids),
        person.c.mindex_id == mindex_id,
        person.c.name_index == name_index,
        person.c.phone_index == phone_index,
    )
    query = select(*_PERSON).where(anyhow).order_by(person.c.created_at.desc(), person.c.person_id).limit(limit)
    return [PersonRow._make(row) for row in connection.execute(query)]


def changes_of(connection: Connection, person_id: str, limit: int) -> list[ChangeRow]:
    """The newest changes of a person's data, newest first."""
    newest = (person_change.c.at.desc(), person_change.c.app_id, person_change.c.out_alter_no)
    query = select(*_CHANGE).where(person_change.c.person_id == person_id).order_by(*newest).limit(limit)
    return [ChangeRow._make(row) for row in connection.execute(query)]
