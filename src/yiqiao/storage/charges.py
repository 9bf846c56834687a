"""The statements on charges and their course. All functions run in the caller's transaction."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.tables.charges import charge, charge_event


class ChargeRow(NamedTuple):
    """A charge as stored, its columns in order."""

    person_id: str
    charge_id: str
    hospital_id: str
    hospital_name: str
    kind: str
    amount: int
    state: str
    reason: str
    tries: int
    next_at: int
    deadline: int
    paid: str
    pay_channel: int | None
    paid_at: int | None
    refunded_at: int | None
    receipt_no: str | None
    key_id: str
    sealed: bytes
    version: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"ChargeRow({self.charge_id}, {self.state}, version={self.version})"


class ChargeEventRow(NamedTuple):
    """A step of a charge's course; `version` is the charge's after it."""

    person_id: str
    charge_id: str
    version: int
    at: int
    before: str
    after: str
    actor: str
    tries: int
    told: str


_COLUMNS = tuple(charge.c[name] for name in ChargeRow._fields)
_EVENT = tuple(charge_event.c[name] for name in ChargeEventRow._fields)


def add(connection: Connection, row: ChargeRow, event: ChargeEventRow) -> None:
    """File a new charge."""
    insert_many(connection, charge, ChargeRow._fields, [row])
    insert_many(connection, charge_event, ChargeEventRow._fields, [event])


def find(connection: Connection, person_id: str, charge_id: str, *, for_update: bool = False) -> ChargeRow | None:
    """One charge; held until the transaction ends where it is to be changed."""
    query = select(*_COLUMNS).where(_is(person_id, charge_id))
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else ChargeRow._make(row)


def find_by_id(connection: Connection, charge_id: str) -> ChargeRow | None:
    """One charge, by the platform's number alone."""
    row = connection.execute(select(*_COLUMNS).where(charge.c.charge_id == charge_id)).first()
    return None if row is None else ChargeRow._make(row)


def of_hospital(
    connection: Connection, hospital_id: str, charge_id: str | None, receipt_no: str | None, *, for_update: bool = False
) -> ChargeRow | None:
    """A hospital's charge by the platform's number, by the receipt's, or by both; held where it is to be changed."""
    wanted = [charge.c.hospital_id == hospital_id]
    if charge_id is not None:
        wanted.append(charge.c.charge_id == charge_id)
    if receipt_no is not None:
        known = charge.c.receipt_no == receipt_no
        wanted.append(known if charge_id is None else or_(known, charge.c.receipt_no.is_(None)))
    query = select(*_COLUMNS).where(*wanted).order_by(charge.c.created_at.desc()).limit(1)
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else ChargeRow._make(row)


def change(connection: Connection, row: ChargeRow, event: ChargeEventRow | None) -> bool:
    """Put a row in the place of the version before it; answers whether that was still the one on file."""
    before = and_(_is(row.person_id, row.charge_id), charge.c.version == row.version - 1)
    values = {name: value for name, value in row._asdict().items() if name not in ("person_id", "charge_id")}
    if connection.execute(update(charge).where(before).values(values)).rowcount != 1:
        return False
    if event is not None:
        insert_many(connection, charge_event, ChargeEventRow._fields, [event])
    return True


def of_person(connection: Connection, person_id: str, limit: int) -> list[ChargeRow]:
    """Somebody's charges, the newest first."""
    query = select(*_COLUMNS).where(charge.c.person_id == person_id).order_by(charge.c.created_at.desc())
    return [ChargeRow._make(row) for row in connection.execute(query.limit(limit))]


def newest(connection: Connection, limit: int) -> list[ChargeRow]:
    """The charges that were made last."""
    query = select(*_COLUMNS).order_by(charge.c.created_at.desc()).limit(limit)
    return [ChargeRow._make(row) for row in connection.execute(query)]


def events(connection: Connection, person_id: str, charge_id: str) -> list[ChargeEventRow]:
    """The course of a charge, from its beginning."""
    mine = and_(charge_event.c.person_id == person_id, charge_event.c.charge_id == charge_id)
    query = select(*_EVENT).where(mine).order_by(charge_event.c.version)
    return [ChargeEventRow._make(row) for row in connection.execute(query)]


def _is(person_id: str, charge_id: str) -> ColumnElement[bool]:
    return and_(charge.c.person_id == person_id, charge.c.charge_id == charge_id)
