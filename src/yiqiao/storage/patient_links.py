"""The statements on who is whom at a hospital. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from yiqiao.storage.bulk import insert_many, upsert_many
from yiqiao.storage.tables.patient_links import link_attempt, patient_link


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


def count_attempt(connection: Connection, person_id: str, day: str) -> int:
    """Count one more attempt of a day, before it is made; answers how many there are with it. Earlier days go."""
    mine = link_attempt.c.person_id == person_id
    connection.execute(delete(link_attempt).where(mine, link_attempt.c.day != day))
    keys, sets = ("person_id", "day"), {"wrong": "link_attempt.wrong + 1"}
    columns = ("person_id", "day", "wrong")
    upsert_many(connection, link_attempt, keys, columns, [(person_id, day, 1)], sets=sets, unless_same=())
    return int(connection.scalars(select(link_attempt.c.wrong).where(mine, link_attempt.c.day == day)).one())


def forgive_attempt(connection: Connection, person_id: str, day: str) -> None:
    """It was no guess after all."""
    mine = (link_attempt.c.person_id == person_id) & (link_attempt.c.day == day) & (link_attempt.c.wrong > 0)
    connection.execute(update(link_attempt).where(mine).values(wrong=link_attempt.c.wrong - 1))
