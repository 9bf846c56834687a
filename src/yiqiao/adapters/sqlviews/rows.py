"""The rows that views can hold, and what each of their fields is. Names are the port's own."""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import NamedTuple

from yiqiao.ports.hospital.booking import OrderState, Paid
from yiqiao.ports.hospital.catalogue import Ages, PriceKind
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


_UNITS = _may(Kind.NUMBER, "total free")
_VISIT = {"day": Field(Kind.DAY), "session": _code(Session)}

ROWS: Mapping[str, Row] = {
    "hospital": Row(
        _must(Kind.TEXT, "name short_name address phone")
        | _must(Kind.NUMBER, "level belong type category max_reg_days")
        | _may(Kind.TIME, "start_reg_time end_reg_time stop_book_time_am stop_book_time_pm")
        | _may(
            Kind.TEXT,
            "website weibo rule bus_line honour intro special longitude latitude organization_code",
        ),
        ("name",),
    ),
    "department": Row(
        _must(Kind.TEXT, "dept_id name")
        | _must(Kind.NUMBER, "kind")
        | _may(Kind.YES, "active special")
        | {"sex": _code(Sex, required=False), "ages": _code(Ages, required=False)}
        | _may(Kind.NUMBER, "age_limit sort level offers")
        | _may(Kind.TEXT, "parent_id intro expertise address rule phone notice"),
        ("sort", "dept_id"),
    ),
    "doctor": Row(
        _must(Kind.TEXT, "dept_id doctor_id name")
        | {"sex": _code(Sex)}
        | _may(Kind.YES, "active expert famous")
        | _may(Kind.TEXT, "job_title intro special phone education experience id_number mobile")
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
        | _must(Kind.NUMBER, "level")
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
        | _must(Kind.NUMBER, "channel level")
        | _must(Kind.MONEY, "registration_fee treatment_fee")
        | _must(Kind.MOMENT, "ordered_at")
        | _must(Kind.YES, "booked")
        | _must(Kind.TEXT, "name mobile")
        | _must(Kind.DAY, "birthday")
        | _may(Kind.TEXT, "order_id serial via vendor operator place check_no visit_doctor_id visit_doctor_name")
        | _may(Kind.TEXT, "id_number card_number address")
        | _may(Kind.NUMBER, "id_type card_type pay_channel pay_side refund_side insurance")
        | _may(Kind.MONEY, "other_fee discount insured_part")
        | _may(Kind.TIME, "begins ends")
        | _may(Kind.YES, "from_number extra")
        | _may(Kind.MOMENT, "registered_at fetched_at visited_at cancelled_at stopped_at paid_at refunded_at"),
        ("day", "order_no"),
    ),
}
