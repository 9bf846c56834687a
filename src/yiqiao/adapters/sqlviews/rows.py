"""The rows that views can hold, and what each of their fields is. Names are the port's own."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import NamedTuple

from yiqiao.ports.hospital import codes
from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.catalogue import Ages, PriceKind
from yiqiao.ports.hospital.codes import Codes
from yiqiao.ports.hospital.outpatient import PaymentState
from yiqiao.ports.hospital.schedules import Attendance
from yiqiao.ports.hospital.values import Pool, Session, Sex


class Kind(StrEnum):
    """What a field holds, inside."""

    TEXT = "text"
    NUMBER = "number"
    YES = "yes"
    DAY = "day"  # YYYY-MM-DD
    TIME = "time"  # HH:MM
    MOMENT = "moment"  # epoch ms
    MONEY = "money"  # 分
    PRICE = "price"  # Decimal, 元
    CODE = "code"
    BYTES = "bytes"


class Field(NamedTuple):
    """A field of a row. One that is required is in every view of this row, and never null."""

    kind: Kind
    required: bool = True
    codes: type[Enum] | None = None
    table: Codes | None = None
    """The standard's table, of a field that carries the standard's code as it is."""


class Row(NamedTuple):
    """A row: its fields, and those in whose order the rows are told."""

    fields: Mapping[str, Field]
    order: tuple[str, ...]


def _must(kind: Kind, names: str) -> dict[str, Field]:
    return {name: Field(kind) for name in names.split()}


def _may(kind: Kind, names: str) -> dict[str, Field]:
    return {name: Field(kind, required=False) for name in names.split()}


def _code(codes: type[Enum], *, required: bool = True) -> Field:
    return Field(Kind.CODE, required, codes)


def _of(table: Codes, kind: Kind = Kind.NUMBER, *, required: bool = True) -> Field:
    return Field(kind, required, table=table)


_UNITS = _may(Kind.NUMBER, "total free")
_VISIT = {"day": Field(Kind.DAY), "session": _code(Session)}
_DOCUMENTS = {
    "id_type": _of({**codes.CERTIFICATES, **codes.CERTIFICATES_ELSEWHERE}, required=False),
    "card_type": _of(codes.CARDS, required=False),
}

ROWS: Mapping[str, Row] = {
    "hospital": Row(
        _must(Kind.TEXT, "name short_name address phone")
        | {
            "level": _of(codes.HOSPITAL_LEVELS),
            "belong": _of(codes.HOSPITAL_BELONGS),
            "type": _of(codes.HOSPITAL_TYPES),
            "category": _of(codes.HOSPITAL_CATEGORIES),
        }
        | _must(Kind.NUMBER, "max_reg_days")
        | _may(Kind.TIME, "start_reg_time end_reg_time stop_book_time_am stop_book_time_pm")
        | _may(
            Kind.TEXT,
            "website weibo rule bus_line honour intro special longitude latitude organization_code",
        ),
        ("name",),
    ),
    "department": Row(
        _must(Kind.TEXT, "dept_id name")
        | {"kind": _of(codes.DEPARTMENT_KINDS)}
        | _may(Kind.YES, "active special")
        | {"sex": _code(Sex, required=False), "ages": _code(Ages, required=False)}
        | _may(Kind.NUMBER, "age_limit sort")
        | {
            "level": _of(codes.DEPARTMENT_LEVELS, required=False),
            "offers": _of(codes.DEPARTMENT_OFFERS, required=False),
        }
        | _may(Kind.TEXT, "parent_id intro expertise address rule phone notice"),
        ("sort", "dept_id"),
    ),
    "doctor": Row(
        _must(Kind.TEXT, "dept_id doctor_id name")
        | {"sex": _code(Sex)}
        | _may(Kind.YES, "active expert famous")
        | {
            "job_title": _of(codes.JOB_TITLES, Kind.TEXT, required=False),
            "education": _of(codes.EDUCATIONS, Kind.TEXT, required=False),
        }
        | _may(Kind.TEXT, "intro special phone experience id_number mobile")
        | _may(Kind.DAY, "birthday"),
        ("dept_id", "doctor_id"),
    ),
    "photo": Row(_must(Kind.TEXT, "doctor_id") | _must(Kind.BYTES, "jpeg"), ("doctor_id",)),
    "price": Row(
        {"kind": _code(PriceKind)}
        | _must(Kind.TEXT, "item_code name")
        | _may(Kind.PRICE, "price")
        | _may(Kind.TEXT, "category unit maker instructions form remark"),
        ("kind", "item_code"),
    ),
    "load": Row(
        _must(Kind.TEXT, "dept_id dept_name")
        | _must(Kind.YES, "open")
        | _must(Kind.NUMBER, "waiting seen_last_hour registered_today"),
        ("dept_id",),
    ),
    "schedule": Row(
        _must(Kind.TEXT, "schedule_id dept_id doctor_id")
        | _VISIT
        | {"pool": _code(Pool), "attendance": _code(Attendance), "sex": _code(Sex, required=False)}
        | _UNITS
        | {"level": _of(codes.REGISTRATION_LEVELS)}
        | _must(Kind.MONEY, "fee_registration")
        | _may(Kind.MONEY, "fee_treatment fee_service fee_other")
        | _may(Kind.NUMBER, "age_min age_max")
        | _may(Kind.YES, "slotted")
        | _may(Kind.TEXT, "doctor_name job_title visit_address number_address number_time"),
        ("doctor_id", "day", "session", "schedule_id"),
    ),
    "slot": Row(
        _must(Kind.TEXT, "schedule_id dept_id doctor_id time_id")
        | _VISIT
        | {"pool": _code(Pool)}
        | _must(Kind.TIME, "begins ends")
        | _UNITS,
        ("schedule_id", "begins", "time_id"),
    ),
    "stop": Row(
        _must(Kind.TEXT, "schedule_id dept_id doctor_id doctor_name")
        | _VISIT
        | _may(Kind.YES, "in_any_department")
        | _may(Kind.TEXT, "reason"),
        ("day", "schedule_id"),
    ),
    "record": Row(
        _must(Kind.TEXT, "order_no patient_id schedule_id dept_id dept_name doctor_id doctor_name number")
        | _VISIT
        | {"pool": _code(Pool), "state": _code(OrderState), "paid": _code(Paid), "sex": _code(Sex)}
        | {
            "channel": _of({**codes.CHANNELS, **codes.CHANNELS_ELSEWHERE}),
            "via": _of(codes.VIAS, Kind.TEXT, required=False),
            "level": _of(codes.REGISTRATION_LEVELS),
            "pay_channel": _of({**codes.PAY_CHANNELS, **codes.PAY_CHANNELS_ELSEWHERE}, required=False),
            "pay_side": _of(codes.PAY_SIDES, required=False),
            "refund_side": _of(codes.PAY_SIDES, required=False),
            "insurance": _of(codes.INSURANCES, required=False),
        }
        | _must(Kind.MONEY, "registration_fee treatment_fee")
        | _must(Kind.MOMENT, "ordered_at")
        | _must(Kind.YES, "booked")
        | _must(Kind.TEXT, "name mobile")
        | _must(Kind.DAY, "birthday")
        | _may(Kind.TEXT, "order_id serial vendor operator place check_no visit_doctor_id visit_doctor_name")
        | _may(Kind.TEXT, "id_number card_number address")
        | _DOCUMENTS
        | _may(Kind.MONEY, "other_fee discount insured_part")
        | _may(Kind.TIME, "begins ends")
        | _may(Kind.YES, "from_number extra")
        | _may(Kind.MOMENT, "registered_at fetched_at visited_at cancelled_at stopped_at paid_at refunded_at"),
        ("day", "order_no"),
    ),
    "patient": Row(  # a row a card
        _must(Kind.TEXT, "patient_id id_number card_number name mobile")
        | {"sex": _code(Sex)}
        | _must(Kind.DAY, "birthday")
        | _must(Kind.MOMENT, "created_at")
        | _DOCUMENTS
        | {"card_state": _of(codes.CARD_STATES, required=False)}
        | _may(Kind.MOMENT, "card_issued_at card_used_at")
        | _may(Kind.YES, "certified visited")
        | _may(Kind.TEXT, "address"),
        ("patient_id", "card_number"),
    ),
    "bill": Row(  # what is still to be paid
        _must(Kind.TEXT, "presc_no patient_id serial_no visit_no")
        | _must(Kind.DAY, "visit_day")
        | _must(Kind.MONEY, "amount")
        | _may(Kind.YES, "window_only")
        | _may(Kind.TEXT, "ordered_by")
        | _may(Kind.MOMENT, "ordered_at"),
        ("visit_day", "presc_no"),
    ),
    "bill_line": Row(
        _must(Kind.TEXT, "presc_no item_no name item_class")
        | _must(Kind.PRICE, "price quantity")
        | _must(Kind.MONEY, "amount")
        | _may(Kind.TEXT, "spec unit performed_by"),
        ("presc_no", "item_no"),
    ),
    "payment": Row(  # a row a prescription
        _must(Kind.TEXT, "trade_no receipt_no patient_id patient_name serial_no presc_no")
        | _must(Kind.MONEY, "amount")
        | {"state": _code(PaymentState)}
        | _must(Kind.MOMENT, "paid_at")
        | _may(Kind.TEXT, "window card_no"),
        ("paid_at", "trade_no", "presc_no"),
    ),
    "lab": Row(
        _must(Kind.TEXT, "test_no patient_id name")
        | _must(Kind.MOMENT, "requested_at")
        | _may(Kind.YES, "inpatient")
        | _may(Kind.MOMENT, "acquired_at received_at audited_at reported_at")
        | _may(Kind.TEXT, "specimen status barcode sample_no check_name sample_type sample_info department doctor")
        | _may(Kind.TEXT, "ward bed_no diagnosis note auditor"),
        ("requested_at", "test_no"),
    ),
    "lab_item": Row(
        _must(Kind.TEXT, "test_no name result")
        | _may(Kind.NUMBER, "sort")
        | _may(Kind.YES, "critical")
        | _may(Kind.TEXT, "abnormal unit reference abbreviation warning"),
        ("test_no", "sort", "name"),
    ),
    "exam": Row(
        _must(Kind.TEXT, "exam_no patient_id")
        | _must(Kind.MOMENT, "examined_at")
        | _may(Kind.YES, "inpatient critical")
        | _may(Kind.MOMENT, "requested_at made_at audited_at reported_at")
        | _may(Kind.TEXT, "name id_no phone request_no access_no ris_patient_id study_uid exam_class sub_class status")
        | _may(Kind.TEXT, "reporter description impression recommendation parameters picture_status department ward")
        | _may(Kind.TEXT, "bed_no pathology diagnosis stay_no doctor auditor warning"),
        ("examined_at", "exam_no"),
    ),
    "stay": Row(  # who is in hospital now
        _must(Kind.TEXT, "inpatient_no patient_id name certificate_no mobile")
        | _must(Kind.MOMENT, "admitted_at")
        | _must(Kind.NUMBER, "times age")
        | {"fee_class": _of(codes.FEE_CLASSES)}
        | _must(Kind.MONEY, "deposit charged")
        | {"sex": _code(Sex)}
        | _may(Kind.TEXT, "ward bed"),
        ("admitted_at", "inpatient_no"),
    ),
    "charge": Row(
        _must(Kind.TEXT, "inpatient_no item_class name")
        | _must(Kind.DAY, "day")
        | _must(Kind.PRICE, "price quantity")
        | _must(Kind.MONEY, "amount")
        | _may(Kind.TEXT, "spec unit"),
        ("day", "item_class", "name"),
    ),
    "deposit": Row(
        _must(Kind.TEXT, "trade_no receipt_no inpatient_no patient_id name certificate_no")
        | _must(Kind.MONEY, "amount total balance")
        | _must(Kind.MOMENT, "at"),
        ("at", "trade_no"),
    ),
}
