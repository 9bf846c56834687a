"""What is sealed of a patient, read back: who somebody is, and the cards they hold."""

from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.booking.archives import card_context, open_patient
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.refusals import UnknownPatient
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import archives
from yiqiao.storage.archives import CardRow, PatientRow


@dataclass(frozen=True)
class Known:
    """Who somebody is. `certificate` is the guardian's for a child without one."""

    name: str = field(repr=False)
    sex: Sex
    birthday: str = field(repr=False)
    mobile: str = field(repr=False)
    certificate: Document
    address: str | None = field(repr=False)


def known(keyring: Keyring, row: PatientRow) -> Known:
    """What is on file of a patient. Raises SealingUnavailable."""
    found = orjson.loads(open_patient(keyring, row))
    return Known(
        name=found["name"],
        sex=Sex(found["sex"]),
        birthday=found["birthday"],
        mobile=found["mobile"],
        certificate=Document(*(found["certificate"] or found["guardian"])),
        address=found.get("address"),
    )


def card_number(keyring: Keyring, row: CardRow) -> str:
    """The number of a card. Raises SealingUnavailable."""
    context = card_context(row.hospital_id, row.patient_id, row.card_type)
    return keyring.unseal(row.key_id, bytes(row.sealed), context).decode()


def patients_of(connection: Connection, hospital_id: str, patient_ids: set[str]) -> dict[str, PatientRow]:
    """Those of these patients who are on file."""
    rows = archives.patients(connection, {hospital_id}, patient_ids, ())
    return {row.patient_id: row for row in rows if row.patient_id in patient_ids}


def patient_of(connection: Connection, hospital_id: str, patient_id: str) -> PatientRow:
    """A patient on file. Raises UnknownPatient."""
    found = patients_of(connection, hospital_id, {patient_id}).get(patient_id)
    if found is None:
        raise UnknownPatient
    return found


def certificate_index(keyring: Keyring, kind: int, number: str) -> int:
    """The blind index under which a certificate is found."""
    return keyring.blind("certificate", f"{kind}|{number.upper()}")


def people(
    connection: Connection, keyring: Keyring, hospital_id: str, certificate_no: str | None, name: str | None
) -> list[PatientRow]:
    """Patients by the number of an identity card (or whichever certificate has it), by name, or by both."""
    if certificate_no is not None:
        indexes = {certificate_index(keyring, kind, certificate_no) for kind in CERTIFICATES}
        rows = archives.patients(connection, {hospital_id}, (), indexes)
    else:
        rows = archives.named(connection, hospital_id, keyring.blind("name", name or ""))
    if name is None:
        return rows
    index = keyring.blind("name", name)
    return [row for row in rows if row.name_index == index]


CERTIFICATES = (1, 2, 3, 5, 6, 7, 99)
"""The kinds of certificate (ID_TYPE): some callers give a number and not its kind."""
