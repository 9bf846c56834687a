"""The statements on records of what was found and prescribed, on both engines."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from yiqiao.storage.bulk import insert_many, update_many
from yiqiao.storage.tables.clinical import clinical_record


class Kind(StrEnum):
    """What a record is."""

    LAB = "lab"
    EXAM = "exam"
    CHECKUP = "checkup"
    PRESCRIPTION = "prescription"


class RecordRow(NamedTuple):
    """A record as stored: sealed, with blind indexes."""

    hospital_id: str
    kind: str
    number_index: int
    patient_index: int | None
    certificate_index: int | None
    at: int
    key_id: str
    sealed: bytes
    changed_at: int


@dataclass(frozen=True)
class Wanted:
    """Which records of a hospital: what is None does not matter. `before_ms` is the first moment too late."""

    hospital_id: str
    kind: Kind
    patient_indexes: Sequence[int] | None = None
    certificate_index: int | None = None
    since_ms: int | None = None
    before_ms: int | None = None


_KEYS = ("hospital_id", "kind", "number_index")
_VALUES = tuple(name for name in RecordRow._fields if name not in _KEYS)
_RECORD = clinical_record.c


def file_records(connection: Connection, rows: Sequence[RecordRow]) -> None:
    """File records; a number that is on file gets its new content."""
    ordered = sorted({row[:3]: row for row in rows}.values(), key=lambda row: row[:3])
    update_many(connection, clinical_record, _KEYS, _VALUES, ordered)
    insert_many(connection, clinical_record, RecordRow._fields, ordered, skip_conflicts=True)


def record(connection: Connection, hospital_id: str, kind: Kind, number_index: int) -> RecordRow | None:
    """The record of a number."""
    found = connection.execute(
        select(clinical_record).where(
            _RECORD.hospital_id == hospital_id, _RECORD.kind == kind, _RECORD.number_index == number_index
        )
    ).one_or_none()
    return None if found is None else RecordRow._make(found)


def records(connection: Connection, wanted: Wanted, offset: int = 0, limit: int | None = None) -> list[RecordRow]:
    """Those records, the newest first."""
    query = select(clinical_record).where(*_among(wanted)).order_by(_RECORD.at.desc(), _RECORD.number_index)
    return [RecordRow._make(row) for row in connection.execute(query.offset(offset).limit(limit))]


def count(connection: Connection, wanted: Wanted) -> int:
    """How many records these are."""
    return connection.execute(select(func.count()).select_from(clinical_record).where(*_among(wanted))).scalar_one()


def _among(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions = [_RECORD.hospital_id == wanted.hospital_id, _RECORD.kind == wanted.kind]
    if wanted.patient_indexes is not None:
        conditions.append(_RECORD.patient_index.in_(wanted.patient_indexes))
    if wanted.certificate_index is not None:
        conditions.append(_RECORD.certificate_index == wanted.certificate_index)
    if wanted.since_ms is not None:
        conditions.append(_RECORD.at >= wanted.since_ms)
    if wanted.before_ms is not None:
        conditions.append(_RECORD.at < wanted.before_ms)
    return conditions
