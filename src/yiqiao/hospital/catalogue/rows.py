"""From rows to what is shown, and the other way where an import files it. What nothing hangs on is one JSON text."""

from decimal import Decimal

import orjson

from yiqiao.crypto.keyring import Keyring
from yiqiao.ports.hospital.catalogue import (
    AboutDepartment,
    AboutDoctor,
    AboutHospital,
    Ages,
    DepartmentInfo,
    DoctorInfo,
    HospitalInfo,
    Price,
    PriceKind,
    PrivateOfDoctor,
)
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.hospital import DepartmentRow, DoctorRow, HospitalRow, PriceRow

PRICE_SCALE = 4
"""Decimals of a unit price, in 元."""


def hospital_info(row: HospitalRow) -> HospitalInfo:
    """A hospital as it is shown."""
    return HospitalInfo(
        hospital_id=row.hospital_id,
        name=row.name,
        about=AboutHospital(**orjson.loads(row.about)),
        max_reg_days=row.max_reg_days,
        start_reg_time=row.start_reg_time,
        end_reg_time=row.end_reg_time,
        stop_book_time_am=row.stop_book_time_am,
        stop_book_time_pm=row.stop_book_time_pm,
    )


def department_info(row: DepartmentRow, parent_id: str | None) -> DepartmentInfo:
    """A department as it is shown, below the parent it is shown with."""
    return DepartmentInfo(
        dept_id=row.dept_id,
        name=row.name,
        parent_id=parent_id,
        kind=row.kind,
        active=bool(row.active),
        sex=Sex(row.sex_limit) if row.sex_limit else None,
        ages=Ages(row.baby_flag),
        age_limit=row.baby_age,
        about=AboutDepartment(**orjson.loads(row.about)),
    )


def doctor_info(keyring: Keyring, dept_id: str, row: DoctorRow) -> DoctorInfo:
    """A doctor as shown in a department."""
    about = orjson.loads(row.about)
    return DoctorInfo(
        dept_id=dept_id,
        doctor_id=row.doctor_id,
        name=row.name,
        job_title=row.job_title,
        active=bool(row.active),
        about=AboutDoctor(**{**about, "sex": Sex(about["sex"])}),
        private=PrivateOfDoctor(**orjson.loads(open_private(keyring, row))),
    )


def seal_private(keyring: Keyring, hospital_id: str, doctor_id: str, private: PrivateOfDoctor) -> tuple[str, bytes]:
    """What a doctor's row keeps sealed: the key's id, and the sealed text."""
    return keyring.seal(orjson.dumps(private), _context(hospital_id, doctor_id))


def open_private(keyring: Keyring, row: DoctorRow) -> bytes:
    """What a doctor's row keeps sealed, as JSON. Raises SealingUnavailable."""
    return keyring.unseal(row.key_id, bytes(row.sealed), _context(row.hospital_id, row.doctor_id))


def about_text(about: AboutHospital | AboutDepartment | AboutDoctor) -> str:
    """What a row keeps of it."""
    return orjson.dumps(about).decode()


def price(row: PriceRow) -> Price:
    """An item of the price board as it is shown."""
    yuan = None if row.price is None else Decimal(row.price).scaleb(-PRICE_SCALE)
    return Price(PriceKind(row.kind), row.item_code, row.name, yuan, *row[5:11])


def _context(hospital_id: str, doctor_id: str) -> bytes:
    return f"doctor|{hospital_id}|{doctor_id}".encode()
