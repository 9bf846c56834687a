"""The statements on persons, health cards and the acts on them; each serves many calls at once, on both engines."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.tables.cards import card_registration, card_use, health_card, person


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


class RegistrationRow(NamedTuple):
    """One act of registering, under the caller's serial."""

    app_id: str
    out_register_no: str
    fingerprint: bytes
    person_id: str
    issue_no: int
    at: int


class UseRow(NamedTuple):
    """One act of showing a code and having it verified, under the caller's serial."""

    app_id: str
    out_verify_no: str
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
    """Record uses of cards; answers the (app_id, serial) that were new."""
    values = sorted(rows, key=lambda row: (row.app_id, row.out_verify_no))
    done = insert_many(connection, card_use, _USE, values, skip_conflicts=True, returning=("app_id", "out_verify_no"))
    return {(str(app_id), str(number)) for app_id, number in map(tuple, done)}


def registration_fingerprints(
    connection: Connection, serials: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the registrations that are on record under `serials`."""
    return _fingerprints(connection, "card_registration", "out_register_no", serials)


def use_fingerprints(connection: Connection, serials: Sequence[tuple[str, str]]) -> dict[tuple[str, str], bytes]:
    """The content fingerprints of the uses that are on record under `serials`."""
    return _fingerprints(connection, "card_use", "out_verify_no", serials)


def _fingerprints(
    connection: Connection, table: str, serial: str, serials: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], bytes]:
    if not serials:
        return {}
    sql = (
        f"SELECT app_id, {serial}, fingerprint FROM {table} "
        f"WHERE {matching(connection, 'app_id', 1)} AND {matching(connection, serial, 2)}"
    )
    apps, numbers = zip(*serials, strict=True)
    rows = connection.exec_driver_sql(sql, (as_set(connection, apps), as_set(connection, numbers)))
    return {(row[0], row[1]): bytes(row[2]) for row in rows}
