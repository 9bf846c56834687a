"""The statements that find and file the archives of patients who order; each serves many calls, on both engines."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.bulk import on_file as known_values
from yiqiao.storage.tables.booking import insured_identity
from yiqiao.storage.tables.patients import patient, patient_card, patient_password


class PatientRow(NamedTuple):
    """An archive as stored: sealed, with blind indexes."""

    hospital_id: str
    patient_id: str
    key_id: str
    sealed: bytes
    certificate_index: int
    name_index: int
    phone_index: int | None
    certified: int
    visited_at: int | None
    created_at: int
    changed_at: int


class CardRow(NamedTuple):
    """A patient's card as stored."""

    hospital_id: str
    patient_id: str
    card_type: int
    card_index: int
    key_id: str
    sealed: bytes
    state: int
    issued_at: int
    used_at: int | None = None


_PATIENT, _CARD = PatientRow._fields, CardRow._fields
Certified = tuple[str, int]
"""(hospital_id, certificate_index)."""


def patients(
    connection: Connection, hospital_ids: Collection[str], patient_ids: Collection[str], certificates: Collection[int]
) -> list[PatientRow]:
    """The archives with one of these numbers, or of these certificates."""
    sql = (
        f"SELECT {', '.join(_PATIENT)} FROM patient WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND ({matching(connection, 'patient_id', 2)} OR {_among(connection, 'certificate_index', 3)})"
    )
    sets = (as_set(connection, tuple(hospital_ids)), as_set(connection, tuple(patient_ids)))
    rows = connection.exec_driver_sql(sql, (*sets, _numbers(connection, certificates)))
    return [PatientRow._make(row) for row in map(tuple, rows)]


def on_file(connection: Connection, hospital_id: str, patient_ids: Sequence[str]) -> set[str]:
    """Which of these patients a hospital knows."""
    return known_values(connection, patient, "patient_id", hospital_id, patient_ids)


def cards(
    connection: Connection, hospital_ids: Collection[str], patient_ids: Collection[str], indexes: Collection[int]
) -> list[CardRow]:
    """The cards of these patients, and whosever these cards are."""
    sql = (
        f"SELECT {', '.join(_CARD)} FROM patient_card WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND ({matching(connection, 'patient_id', 2)} OR {_among(connection, 'card_index', 3)})"
        " ORDER BY patient_id, issued_at"
    )
    sets = (as_set(connection, tuple(hospital_ids)), as_set(connection, tuple(patient_ids)))
    rows = connection.exec_driver_sql(sql, (*sets, _numbers(connection, indexes)))
    return [CardRow._make(row) for row in map(tuple, rows)]


def code_due(
    connection: Connection, hospital_ids: Collection[str], patient_ids: Collection[str], since_ms: int
) -> set[tuple[str, str]]:
    """Of these patients those whose insured identity was checked since then, with the word that a code must come."""
    sql = (
        f"SELECT hospital_id, patient_id FROM insured_identity WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND {matching(connection, 'patient_id', 2)} AND code_due = 1"
        f" AND checked_at >= {'$3' if connection.dialect.name == 'postgresql' else '?3'}"
    )
    sets = (as_set(connection, tuple(hospital_ids)), as_set(connection, tuple(patient_ids)))
    return {(row[0], row[1]) for row in map(tuple, connection.exec_driver_sql(sql, (*sets, since_ms)))}


def one_at_a_time(connection: Connection, certificates: Iterable[Certified]) -> None:
    """Let nobody else file an archive under these certificates until our transaction ends; look only afterwards.

    An archive that there is not yet cannot be locked as a row. On SQLite whoever writes is alone already.
    """
    if connection.dialect.name != "postgresql":
        return
    keys = sorted({index for _, index in certificates})
    if keys:
        sql = "SELECT pg_advisory_xact_lock(key) FROM unnest($1::bigint[]) AS k(key)"
        connection.exec_driver_sql(sql, (keys,)).all()


def add_patients(connection: Connection, rows: Collection[PatientRow], issued: Collection[CardRow]) -> None:
    """File new archives and their cards."""
    insert_many(connection, patient, _PATIENT, sorted(rows))
    insert_many(connection, patient_card, _CARD, sorted(issued))


def named(connection: Connection, hospital_id: str, name_index: int) -> list[PatientRow]:
    """The archives of who bears this name."""
    query = select(patient).where(patient.c.hospital_id == hospital_id, patient.c.name_index == name_index)
    return [PatientRow._make(row) for row in connection.execute(query)]


def add_passwords(connection: Connection, rows: Collection[tuple[str, str, int]]) -> None:
    """Keep the digests of the passwords of new patients: (hospital_id, patient_id, digest)."""
    insert_many(connection, patient_password, ("hospital_id", "patient_id", "digest"), sorted(rows))


def passwords(
    connection: Connection, hospital_ids: Collection[str], patient_ids: Collection[str]
) -> dict[tuple[str, str], int]:
    """The digests of the passwords of these patients, by (hospital_id, patient_id)."""
    sql = (
        f"SELECT hospital_id, patient_id, digest FROM patient_password WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND {matching(connection, 'patient_id', 2)}"
    )
    sets = (as_set(connection, tuple(hospital_ids)), as_set(connection, tuple(patient_ids)))
    return {(row[0], row[1]): row[2] for row in map(tuple, connection.exec_driver_sql(sql, sets))}


def keep_identity(connection: Connection, row: tuple[str, str, str, int, int]) -> None:
    """Put what the insurer said of a patient in the place of what it said before."""
    place = "$1, $2, $3, $4, $5" if connection.dialect.name == "postgresql" else "?, ?, ?, ?, ?"
    sql = (
        "INSERT INTO insured_identity (hospital_id, patient_id, settlement_no, code_due, checked_at)"
        f" VALUES ({place}) ON CONFLICT (hospital_id, patient_id) DO UPDATE SET"
        " settlement_no = excluded.settlement_no, code_due = excluded.code_due, checked_at = excluded.checked_at"
    )
    connection.exec_driver_sql(sql, row)


def settlement_no(connection: Connection, hospital_id: str, patient_id: str) -> str | None:
    """The insurer's number for a patient's settlement, as it said last."""
    table = insured_identity
    query = select(table.c.settlement_no).where(table.c.hospital_id == hospital_id, table.c.patient_id == patient_id)
    return connection.scalar(query)


def _among(connection: Connection, column: str, number: int) -> str:
    if connection.dialect.name == "postgresql":
        return f"{column} = ANY(${number}::bigint[])"
    return f"{column} IN (SELECT value FROM json_each(?{number}))"


def _numbers(connection: Connection, values: Collection[int]) -> object:
    """A set of numbers as one parameter. JSON keeps whole numbers of 64 bits in SQLite as they are."""
    if connection.dialect.name == "postgresql":
        return list(values)
    return f"[{','.join(map(str, values))}]"
