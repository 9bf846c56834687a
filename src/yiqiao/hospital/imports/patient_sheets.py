"""The sheets of a hospital's patients and their cards."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.booking.archives import card_row, open_patient, patient_row
from yiqiao.hospital.imports.columns import LONGEST_ID, Unfit, code, day, text
from yiqiao.hospital.imports.sheet import SEXES, Filing, Reference, Sheet
from yiqiao.hospital.imports.shelves import TableShelf
from yiqiao.hospital.patients.records import card_number
from yiqiao.ports.hospital import codes
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.archives import CardRow, PatientRow
from yiqiao.storage.tables.patients import patient, patient_card

PATIENT = Reference("patient_id", patient, "patient_id", "患者")


def _patient(at: Filing, v: Mapping[str, Any]) -> PatientRow:
    own = _document(v["certificate_type"], v["certificate_no"])
    guardian = _document(v["guardian_certificate_type"], v["guardian_certificate_no"])
    if own is None and (guardian is None or not v["guardian_name"]):
        raise Unfit("须有本人证件；没有证件的小孩须有监护人姓名与证件")
    visitor = Visitor(
        v["name"], Sex(v["sex"]), v["birthday"], v["mobile"], own, guardian, v["guardian_name"], address=v["address"]
    )
    return patient_row(at.keyring, at.hospital_id, v["patient_id"], visitor, at.now_ms)


def _document(kind: int | None, given: str | None) -> Document | None:
    return Document(kind, given) if kind is not None and given else None


def _card(at: Filing, v: Mapping[str, Any]) -> CardRow:
    return card_row(at.keyring, at.hospital_id, v["patient_id"], Document(v["card_type"], v["card_no"]), at.now_ms)


PATIENTS = Sheet(
    "patients",
    "患者",
    (
        text("patient_id", "患者代码（HOSP_PATIENT_ID）", required=True, most=LONGEST_ID),
        text("name", "姓名，加密保存", required=True, most=100),
        code("sex", "性别", {**SEXES, "3": "保密", "4": "其他"}, required=True),
        day("birthday", "出生日期，加密保存", required=True),
        text("mobile", "手机号，加密保存", required=True, most=30),
        code("certificate_type", "证件类型（ID_TYPE）", codes.CERTIFICATES),
        text("certificate_no", "证件号码，加密保存", most=50),
        text("guardian_name", "监护人姓名", most=100),
        code("guardian_certificate_type", "监护人证件类型（ID_TYPE）", codes.CERTIFICATES),
        text("guardian_certificate_no", "监护人证件号码，加密保存", most=50),
        text("address", "住址，加密保存", most=300),
    ),
    ("patient_id",),
    _patient,
    TableShelf(patient, PatientRow, keeps=frozenset({"visited_at", "created_at"}), opened=open_patient),
)

CARDS = Sheet(
    "cards",
    "就诊卡",
    (
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        code("card_type", "卡类型（CARD_TYPE）", codes.CARDS, required=True),
        text("card_no", "卡号，加密保存", required=True, most=LONGEST_ID),
    ),
    ("patient_id", "card_type", "card_no"),
    _card,
    TableShelf(patient_card, CardRow, keeps=frozenset({"issued_at", "used_at", "state"}), opened=card_number),
    (PATIENT,),
)
