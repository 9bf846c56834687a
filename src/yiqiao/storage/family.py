"""The statements on whom citizens book for. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.family import family_member


class MemberRow(NamedTuple):
    """Somebody as stored, sealed; the columns in order."""

    person_id: str
    member_id: str
    key_id: str
    sealed: bytes
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"MemberRow({self.member_id})"


_COLUMNS = tuple(family_member.c[name] for name in MemberRow._fields)


def of_person(connection: Connection, person_id: str) -> list[MemberRow]:
    """All of one account, in the order in which they were entered."""
    query = select(*_COLUMNS).where(family_member.c.person_id == person_id)
    found = connection.execute(query.order_by(family_member.c.created_at, family_member.c.member_id))
    return [MemberRow._make(row) for row in found]


def put(connection: Connection, row: MemberRow) -> None:
    """File somebody, in the place of who was there under the same id."""
    remove(connection, row.person_id, row.member_id)
    insert_many(connection, family_member, MemberRow._fields, [row])


def remove(connection: Connection, person_id: str, member_id: str) -> None:
    """Take somebody off the list."""
    mine = (family_member.c.person_id == person_id) & (family_member.c.member_id == member_id)
    connection.execute(delete(family_member).where(mine))
