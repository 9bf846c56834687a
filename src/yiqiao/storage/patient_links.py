"""The statements on who is whom at a hospital. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.patient_links import patient_link


class LinkRow(NamedTuple):
    """A link as stored, sealed; the columns in order."""

    person_id: str
    member_id: str
    hospital_id: str
    key_id: str
    sealed: bytes
    created_at: int

    def __repr__(self) -> str:
        return f"LinkRow({self.member_id}, {self.hospital_id})"


_COLUMNS = tuple(patient_link.c[name] for name in LinkRow._fields)


def of_person(connection: Connection, person_id: str) -> list[LinkRow]:
    """All of one account, in the order in which they were made."""
    query = select(*_COLUMNS).where(patient_link.c.person_id == person_id)
    order = (patient_link.c.created_at, patient_link.c.member_id, patient_link.c.hospital_id)
    return [LinkRow._make(row) for row in connection.execute(query.order_by(*order))]


def put(connection: Connection, row: LinkRow) -> None:
    """File a link, in the place of the one that the same person had at the hospital."""
    remove(connection, row.person_id, row.member_id, row.hospital_id)
    insert_many(connection, patient_link, LinkRow._fields, [row])


def remove(connection: Connection, person_id: str, member_id: str, hospital_id: str | None = None) -> None:
    """Take a link back; all of somebody's, where no hospital is named."""
    theirs = (patient_link.c.person_id == person_id) & (patient_link.c.member_id == member_id)
    if hospital_id is not None:
        theirs &= patient_link.c.hospital_id == hospital_id
    connection.execute(delete(patient_link).where(theirs))
