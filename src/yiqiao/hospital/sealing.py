"""Records of what was found and prescribed, sealed and opened again."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.storage.clinical import Kind, RecordRow

IDENTITY_CARD = 1


class Whose(NamedTuple):
    """By whom a record is found: the hospital's number of a patient, the number of an identity card."""

    patient_id: str | None = None
    id_no: str | None = None


def seal_record(
    keyring: Keyring, hospital_id: str, kind: Kind, number: str, whose: Whose, at: int, content: object, now_ms: int
) -> RecordRow:
    """The row that keeps a record; `content` is a dataclass, told back by `open_record` as its values."""
    index = number_index(keyring, kind, number)
    key_id, sealed = keyring.seal(orjson.dumps(content, default=str), _context(hospital_id, kind, index))
    return RecordRow(
        hospital_id=hospital_id,
        kind=kind,
        number_index=index,
        patient_index=patient_index(keyring, whose.patient_id) if whose.patient_id else None,
        certificate_index=certificate_index(keyring, whose.id_no) if whose.id_no else None,
        at=at,
        key_id=key_id,
        sealed=sealed,
        changed_at=now_ms,
    )


def open_record(keyring: Keyring, row: RecordRow) -> dict[str, Any]:
    """What a row keeps. Raises SealingUnavailable."""
    context = _context(row.hospital_id, row.kind, row.number_index)
    values: dict[str, Any] = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), context))
    return values


def rebuilt(values: Mapping[str, Any], **nested: type[Any]) -> dict[str, Any]:
    """The values with each list named in `nested` as a tuple of its dataclass."""
    lists = {name: tuple([kind(**row) for row in values[name]]) for name, kind in nested.items()}
    return {**values, **lists}


def number_index(keyring: Keyring, kind: Kind, number: str) -> int:
    """The blind index of a record's number."""
    return keyring.blind(f"{kind}-number", number)


def patient_index(keyring: Keyring, patient_id: str) -> int:
    """The blind index of a patient's number."""
    return keyring.blind("patient", patient_id)


def certificate_index(keyring: Keyring, id_no: str) -> int:
    """The blind index of an identity card's number, as the archives have it."""
    return keyring.blind("certificate", f"{IDENTITY_CARD}|{id_no.upper()}")


def _context(hospital_id: str, kind: str, number_index: int) -> bytes:
    return f"clinical|{hospital_id}|{kind}|{number_index}".encode()
