"""The statements on persons, health cards and the acts on them; each serves many calls at once, on both engines."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import as_set, insert_many, matching, update_many
from yiqiao.storage.tables.cards import card_registration, card_use, health_card, person, person_photo


class PersonRow(NamedTuple):
    """A person as stored: sealed, with blind indexes."""

    person_id: str
    mindex_id: str
    key_id: str
    sealed: bytes
    name_index: int
    phone_index: int | None
    created_at: int
    changed_at: int


class CardRow(NamedTuple):
    """A health card as stored."""

    person_id: str
    issue_no: int
    ehealth_card_id: str
    state: str
    issued_at: int
    issued_by: str
    apply_method: str
    certificate_mode: str
    closed_at: int | None = None


class PhotoRow(NamedTuple):
    """A person's photo as stored: a sealed JPEG."""

    person_id: str
    key_id: str
    sealed: bytes
    changed_at: int


class RegistrationRow(NamedTuple):
    """One act of registering, under the caller's serial."""

    app_id: str
    out_register_no: str
    fingerprint: bytes
    person_id: str
    issue_no: int
    at: int


SCAN, CONSENT = "scan", "consent"
"""The ways to use a card: a code is scanned (被扫), or a consent is given (主扫). Each has serials of its own."""


class UseRow(NamedTuple):
    """One use of a card, under the serial that the caller gave to its verification or to its wish for a consent."""

    app_id: str
    way: str
    number: str
    fingerprint: bytes
    person_id: str
    issue_no: int
    code_kind: str
    treatment_code: str
    office_code: str | None
    term_id: str
    operator_id: str
    ip_addr: str | None
    at: int


_PERSON = PersonRow._fields
WIDTH = len(_PERSON)
_CARD = CardRow._fields
_PHOTO = PhotoRow._fields
_REGISTRATION = RegistrationRow._fields
_USE = UseRow._fields


class Holding(NamedTuple):
    """A person with all cards ever issued to them, oldest first."""

    person: PersonRow
    cards: list[CardRow]


def holdings(connection: Connection, person_ids: Sequence[str]) -> dict[str, Holding]:
    """Those among `person_ids` who are on file, each with their cards."""
    sql = (
        f"SELECT {', '.join('p.' + name for name in _PERSON)}, {', '.join('c.' + name for name in _CARD)} "
        "FROM person p LEFT JOIN health_card c ON c.person_id = p.person_id "
        f"WHERE {matching(connection, 'p.person_id')} ORDER BY p.person_id, c.issue_no"
    )
    found: dict[str, Holding] = {}
    for row in connection.exec_driver_sql(sql, (as_set(connection, person_ids),)):
        holding = found.get(row[0])
        if holding is None:
            holding = found[row[0]] = Holding(PersonRow._make(row[:WIDTH]), [])
        if row[WIDTH] is not None:
            holding.cards.append(CardRow._make(row[WIDTH:]))
    return found


def lock_persons(connection: Connection, person_ids: Sequence[str]) -> None:
    """Keep other transactions from changing these persons until ours ends; read them only afterwards.

    On SQLite whoever writes is alone already. The order is the same for all, so that nobody waits in a circle.
    """
    if connection.dialect.name != "postgresql":
        return
    sql = f"SELECT 1 FROM person WHERE {matching(connection, 'person_id')} ORDER BY person_id FOR UPDATE"
    connection.exec_driver_sql(sql, (as_set(connection, person_ids),)).all()


def change_persons(connection: Connection, rows: Iterable[PersonRow]) -> None:
    """Put these rows in the place of what is on file (but for `mindex_id` and `created_at`, which never change)."""
    columns = ("key_id", "sealed", "name_index", "phone_index", "changed_at")
    values = [
        (row.person_id, row.key_id, row.sealed, row.name_index, row.phone_index, row.changed_at)
        for row in sorted(rows, key=lambda row: row.person_id)
    ]
    update_many(connection, person, ("person_id",), columns, values)


def photos(connection: Connection, person_ids: Sequence[str]) -> dict[str, PhotoRow]:
    """The photos on file of these persons."""
    if not person_ids:
        return {}
    sql = f"SELECT {', '.join(_PHOTO)} FROM person_photo WHERE {matching(connection, 'person_id')}"
    rows = connection.exec_driver_sql(sql, (as_set(connection, person_ids),))
    return {row[0]: PhotoRow._make(row) for row in rows}


def add_photos(connection: Connection, rows: Iterable[PhotoRow]) -> None:
    """File photos; who has one on file keeps that one."""
    values = sorted(rows, key=lambda row: row.person_id)
    insert_many(connection, person_photo, _PHOTO, values, skip_conflicts=True)


def replace_photos(connection: Connection, rows: Sequence[PhotoRow]) -> None:
    """File photos in the place of those on file."""
    if rows:
        sql = f"DELETE FROM person_photo WHERE {matching(connection, 'person_id')}"
        connection.exec_driver_sql(sql, (as_set(connection, [row.person_id for row in rows]),))
        insert_many(connection, person_photo, _PHOTO, rows)


def add_persons(connection: Connection, rows: Iterable[PersonRow]) -> None:
    """File persons; who is on file already stays as they are."""
    values = sorted(rows, key=lambda row: row.person_id)
    insert_many(connection, person, _PERSON, values, skip_conflicts=True)


def add_cards(connection: Connection, rows: Iterable[CardRow]) -> None:
    """Issue cards; where another process has just issued one, that one stands."""
    values = sorted(rows, key=lambda row: (row.person_id, row.issue_no))
    insert_many(connection, health_card, _CARD, values, skip_conflicts=True)


def add_registrations(connection: Connection, rows: Iterable[RegistrationRow]) -> set[tuple[str, str]]:
    """Record registrations; answers the (app_id, serial) that were new."""
    values = sorted(rows, key=lambda row: (row.app_id, row.out_register_no))
    done = insert_many(
        connection,
        card_registration,
        _REGISTRATION,
        values,
        skip_conflicts=True,
        returning=("app_id", "out_register_no"),
    )
    return {(str(app_id), str(number)) for app_id, number in map(tuple, done)}


def add_uses(connection: Connection, rows: Iterable[UseRow]) -> set[tuple[str, str]]:
    """Record uses of cards, all of one way; answers the (app_id, serial) that were new."""
    values = sorted(rows, key=lambda row: (row.app_id, row.number))
    done = insert_many(connection, card_use, _USE, values, skip_conflicts=True, returning=("app_id", "number"))
    return {(str(app_id), str(number)) for app_id, number in map(tuple, done)}


def registration_fingerprints(
    connection: Connection, serials: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the registrations that are on record under `serials`."""
    return fingerprints(connection, "card_registration", "out_register_no", serials)


def use_fingerprints(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the scans that are on record under `serials`."""
    return fingerprints(connection, "card_use", "number", serials, f"way = '{SCAN}'")


def fingerprints(
    connection: Connection, table: str, serial: str, serials: Sequence[tuple[str, str]], among: str = "TRUE"
) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the acts that `table` has on record under `serials`, in its column `serial`.

    `among` is SQL that keeps some of the table's rows.
    """
    if not serials:
        return {}
    sql = (
        f"SELECT app_id, {serial}, fingerprint FROM {table} "
        f"WHERE {matching(connection, 'app_id', 1)} AND {matching(connection, serial, 2)} AND {among}"
    )
    apps, numbers = zip(*serials, strict=True)
    rows = connection.exec_driver_sql(sql, (as_set(connection, apps), as_set(connection, numbers)))
    return {(row[0], row[1]): bytes(row[2]) for row in rows}
