"""The statements on orders, and on what they have to keep to. Each serves many calls at once, on both engines.

Pools are locked before orders (see `storage.booking`), and orders by their number, so that nobody waits in a circle.
"""

from collections.abc import Collection
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection

from yiqiao.storage.booking import PoolKey
from yiqiao.storage.bulk import as_set, insert_many, matching, update_many
from yiqiao.storage.tables.booking import registration_order

OrderKey: TypeAlias = tuple[str, str]
"""(hospital_id, a number of the order: the hospital's own or the caller's)."""


class OrderRow(NamedTuple):
    """An order as stored; the columns are explained in `storage.tables.booking`."""

    hospital_id: str
    order_no: str
    order_id: str
    source: str
    schedule_id: str
    time_id: str
    pool: int
    number: int
    day: str
    session: int
    dept_id: str
    doctor_id: str
    level: int
    patient_id: str
    state: str
    paid: str
    fee_registration: int
    fee_treatment: int
    fee_service: int
    fee_other: int
    discount: int
    insured_part: int
    pay_channel: int | None
    pay_side: int | None
    refund_side: int | None
    channel: int
    booked: int
    insurance: int | None
    via: str
    vendor: str
    operator: str
    extra: int
    certificate_index: int | None
    key_id: str
    sealed: bytes
    app_id: str
    fingerprint: bytes
    ordered_at: int
    registered_at: int | None = None
    fetched_at: int | None = None
    visited_at: int | None = None
    visit_doctor_id: str | None = None
    cancelled_at: int | None = None
    stopped_at: int | None = None
    paid_at: int | None = None
    refunded_at: int | None = None
    changed_at: int = 0

    @property
    def key(self) -> PoolKey:
        """Whose unit it has."""
        return PoolKey(self.hospital_id, self.schedule_id, self.time_id, self.pool)

    @property
    def total(self) -> int:
        """What the schedule asks for, 分."""
        return self.fee_registration + self.fee_treatment + self.fee_service + self.fee_other

    @property
    def payable(self) -> int:
        """What is to be paid after what the hospital takes off, 分."""
        return self.total - self.discount


class HospitalRow(NamedTuple):
    """A hospital's own rules."""

    max_reg_days: int
    start_reg_time: str | None
    end_reg_time: str | None
    stop_book_time_am: str | None
    stop_book_time_pm: str | None


class DepartmentRow(NamedTuple):
    """A department's own rules."""

    sex_limit: int
    baby_flag: int
    baby_age: int | None


class ConcessionRow(NamedTuple):
    """Something a hospital takes off for some."""

    title: str
    age_min: int | None
    age_max: int | None
    registration_percent: int
    treatment_percent: int


class OfferedRow(NamedTuple):
    """The same as filed, with whose it is."""

    hospital_id: str
    concession_id: str
    title: str
    age_min: int | None
    age_max: int | None
    registration_percent: int
    treatment_percent: int


_ORDER = OrderRow._fields
_CHANGING = (
    "state",
    "paid",
    "pay_channel",
    "pay_side",
    "refund_side",
    "insurance",
    "certificate_index",
    "key_id",
    "sealed",
    "registered_at",
    "fetched_at",
    "visited_at",
    "visit_doctor_id",
    "cancelled_at",
    "stopped_at",
    "paid_at",
    "refunded_at",
    "changed_at",
)
STANDING = "state IN ('booked', 'registered', 'fetched')"


def orders(connection: Connection, keys: Collection[OrderKey], *, lock: bool = False) -> list[OrderRow]:
    """The orders that go by these numbers, the hospital's or the caller's; with `lock` nobody else changes them."""
    if not keys:
        return []
    hospitals, numbers = (as_set(connection, tuple(set(part))) for part in zip(*keys, strict=True))
    sql = (
        f"SELECT {', '.join(_ORDER)} FROM registration_order WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND ({matching(connection, 'order_no', 2)} OR {matching(connection, 'order_id', 2)})"
        f" ORDER BY hospital_id, order_no{' FOR UPDATE' if lock and connection.dialect.name == 'postgresql' else ''}"
    )
    return [OrderRow._make(row) for row in map(tuple, connection.exec_driver_sql(sql, (hospitals, numbers)))]


def standing(connection: Connection, patients: Collection[tuple[str, str]]) -> list[OrderRow]:
    """The orders of these (hospital_id, patient_id) for which the patient is still expected."""
    if not patients:
        return []
    hospitals, numbers = (as_set(connection, tuple(set(part))) for part in zip(*patients, strict=True))
    sql = (
        f"SELECT {', '.join(_ORDER)} FROM registration_order WHERE {matching(connection, 'hospital_id', 1)}"
        f" AND {matching(connection, 'patient_id', 2)} AND {STANDING}"
    )
    return [OrderRow._make(row) for row in map(tuple, connection.exec_driver_sql(sql, (hospitals, numbers)))]


def add_orders(connection: Connection, rows: Collection[OrderRow]) -> int:
    """File orders; answers how many were new: under their numbers, and as the patient's only one of the session."""
    values = sorted(rows, key=lambda row: (row.hospital_id, row.order_no))
    returning = ("hospital_id", "order_no")
    return len(insert_many(connection, registration_order, _ORDER, values, skip_conflicts=True, returning=returning))


def change_orders(connection: Connection, rows: Collection[OrderRow]) -> None:
    """Put these rows in the place of what is on file, as far as an order can change."""
    values = [
        (row.hospital_id, row.order_no, *(getattr(row, name) for name in _CHANGING))
        for row in sorted(rows, key=lambda row: (row.hospital_id, row.order_no))
    ]
    update_many(connection, registration_order, ("hospital_id", "order_no"), _CHANGING, values)


def hospitals(connection: Connection, hospital_ids: Collection[str]) -> dict[str, HospitalRow]:
    """The rules of these hospitals."""
    sql = (
        f"SELECT hospital_id, {', '.join(HospitalRow._fields)} FROM hospital"
        f" WHERE {matching(connection, 'hospital_id')}"
    )
    rows = connection.exec_driver_sql(sql, (as_set(connection, tuple(hospital_ids)),))
    return {row[0]: HospitalRow._make(row[1:]) for row in map(tuple, rows)}


def departments(connection: Connection, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], DepartmentRow]:
    """The rules of these (hospital_id, dept_id)."""
    hospital_ids, dept_ids = (as_set(connection, tuple(set(part))) for part in zip(*keys, strict=True))
    sql = (
        f"SELECT hospital_id, dept_id, {', '.join(DepartmentRow._fields)} FROM department"
        f" WHERE {matching(connection, 'hospital_id', 1)} AND {matching(connection, 'dept_id', 2)}"
    )
    rows = connection.exec_driver_sql(sql, (hospital_ids, dept_ids))
    return {(row[0], row[1]): DepartmentRow._make(row[2:]) for row in map(tuple, rows)}


def concessions(connection: Connection, hospital_ids: Collection[str]) -> dict[str, list[ConcessionRow]]:
    """What these hospitals take off, and for whom."""
    sql = (
        f"SELECT hospital_id, {', '.join(ConcessionRow._fields)} FROM concession"
        f" WHERE {matching(connection, 'hospital_id')} ORDER BY hospital_id, concession_id"
    )
    found: dict[str, list[ConcessionRow]] = {}
    for row in map(tuple, connection.exec_driver_sql(sql, (as_set(connection, tuple(hospital_ids)),))):
        found.setdefault(row[0], []).append(ConcessionRow._make(row[1:]))
    return found


def slot_times(connection: Connection, keys: Collection[PoolKey]) -> dict[tuple[str, str, str], tuple[str, str]]:
    """When the time slots of these pools begin and end, by (hospital_id, schedule_id, time_id)."""
    slotted = [key for key in keys if key.time_id]
    if not slotted:
        return {}
    hospital_ids, schedule_ids = (as_set(connection, tuple(set(part))) for part in list(zip(*slotted, strict=True))[:2])
    sql = (
        "SELECT hospital_id, schedule_id, time_id, begins, ends FROM time_slot"
        f" WHERE {matching(connection, 'hospital_id', 1)} AND {matching(connection, 'schedule_id', 2)}"
    )
    rows = connection.exec_driver_sql(sql, (hospital_ids, schedule_ids))
    return {(row[0], row[1], row[2]): (row[3], row[4]) for row in map(tuple, rows)}
