"""The rows of what a hospital shows, filed and read: itself, departments, doctors, schedules, units, prices."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from sqlalchemy import Connection, Table, text

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.tables import catalogue, hospital


class HospitalRow(NamedTuple):
    """A hospital as stored; `about` is JSON, as in all rows here."""

    hospital_id: str
    name: str
    about: str
    max_reg_days: int
    start_reg_time: str | None
    end_reg_time: str | None
    stop_book_time_am: str | None
    stop_book_time_pm: str | None
    changed_at: int


class DepartmentRow(NamedTuple):
    """A department as stored."""

    hospital_id: str
    dept_id: str
    parent_id: str | None
    name: str
    kind: int
    active: int
    sex_limit: int
    baby_flag: int
    baby_age: int | None
    sort: int
    about: str
    changed_at: int


class DoctorRow(NamedTuple):
    """A doctor as stored: certificate, birthday and phone are sealed."""

    hospital_id: str
    doctor_id: str
    name: str
    job_title: str | None
    active: int
    sort: int
    about: str
    key_id: str
    sealed: bytes
    changed_at: int


class PhotoRow(NamedTuple):
    """A doctor's photo as stored."""

    hospital_id: str
    doctor_id: str
    jpeg: bytes
    changed_at: int


class ScheduleRow(NamedTuple):
    """A schedule as stored."""

    hospital_id: str
    schedule_id: str
    dept_id: str
    doctor_id: str
    day: str
    session: int
    level: int
    state: str
    slotted: int
    fee_registration: int
    fee_treatment: int
    fee_service: int
    fee_other: int
    sex_limit: int | None
    age_min: int | None
    age_max: int | None
    visit_address: str | None
    number_address: str | None
    number_time: str | None
    changed_at: int


class TimeSlotRow(NamedTuple):
    """A time slot as stored."""

    hospital_id: str
    schedule_id: str
    time_id: str
    begins: str
    ends: str


class PoolRow(NamedTuple):
    """The units of one pool of a schedule, or of one of its time slots, as stored."""

    hospital_id: str
    schedule_id: str
    time_id: str
    pool: int
    total: int | None
    taken: int
    first_number: int
    next_number: int


class PriceRow(NamedTuple):
    """An item of the price board as stored; the price in ten-thousandths of a yuan."""

    hospital_id: str
    kind: int
    item_code: str
    name: str
    price: int | None
    category: str | None
    unit: str | None
    maker: str | None
    instructions: str | None
    form: str | None
    remark: str | None
    changed_at: int


Row: TypeAlias = HospitalRow | DepartmentRow | DoctorRow | PhotoRow | ScheduleRow | TimeSlotRow | PoolRow | PriceRow
TABLES: Mapping[type[Row], Table] = {
    HospitalRow: hospital.hospital,
    DepartmentRow: hospital.department,
    DoctorRow: hospital.doctor,
    PhotoRow: hospital.doctor_photo,
    ScheduleRow: hospital.schedule,
    TimeSlotRow: hospital.time_slot,
    PoolRow: hospital.slot_pool,
    PriceRow: catalogue.price_item,
}


def add(connection: Connection, rows: Sequence[Row], *, skip_known: bool = False) -> None:
    """File rows, all of one kind, whose keys are new; with `skip_known` those that are not new stay as they are."""
    if rows:
        kind = type(rows[0])
        insert_many(connection, TABLES[kind], kind._fields, rows, skip_conflicts=skip_known)


def find(connection: Connection, hospital_id: str) -> HospitalRow | None:
    """The hospital, where there is one."""
    sql = text(f"SELECT {', '.join(HospitalRow._fields)} FROM hospital WHERE hospital_id = :hospital_id")
    row = connection.execute(sql, {"hospital_id": hospital_id}).first()
    return HospitalRow._make(row) if row else None


def hospital_ids(connection: Connection) -> list[str]:
    """All hospitals that are kept here."""
    return [row[0] for row in connection.execute(text("SELECT hospital_id FROM hospital ORDER BY hospital_id"))]


def hospital_names(connection: Connection) -> dict[str, str]:
    """The names of all hospitals that are kept here, by their ids."""
    found = connection.execute(text("SELECT hospital_id, name FROM hospital ORDER BY hospital_id"))
    return {row[0]: row[1] for row in found}


def last_day(connection: Connection, hospital_id: str) -> str | None:
    """The last day that has schedules."""
    sql = text("SELECT MAX(day) FROM schedule WHERE hospital_id = :hospital_id")
    found: str | None = connection.scalar(sql, {"hospital_id": hospital_id})
    return found


class Department(NamedTuple):
    """A department, and whether it has schedules of its own on the day asked about or later."""

    row: DepartmentRow
    scheduled: bool


_DEPARTMENTS = text(
    f"SELECT {', '.join('d.' + name for name in DepartmentRow._fields)},"
    " EXISTS (SELECT 1 FROM schedule s WHERE s.hospital_id = d.hospital_id AND s.dept_id = d.dept_id AND s.day >= :day)"
    " FROM department d WHERE d.hospital_id = :hospital_id ORDER BY d.sort, d.dept_id"
)


def departments(connection: Connection, hospital_id: str, day: str) -> list[Department]:
    """All departments of a hospital in their order; `day` is from when on schedules count."""
    found = connection.execute(_DEPARTMENTS, {"hospital_id": hospital_id, "day": day})
    return [Department(DepartmentRow._make(row[:-1]), bool(row[-1])) for row in map(tuple, found)]


def parents(connection: Connection, hospital_id: str) -> dict[str, str | None]:
    """The department above each department of a hospital."""
    sql = text("SELECT dept_id, parent_id FROM department WHERE hospital_id = :hospital_id")
    return {row[0]: row[1] for row in connection.execute(sql, {"hospital_id": hospital_id})}


_DUTIES = (
    "SELECT s.dept_id, s.doctor_id FROM"
    " (SELECT DISTINCT hospital_id, dept_id, doctor_id FROM schedule WHERE {where}) s"
    " JOIN doctor d ON d.hospital_id = s.hospital_id AND d.doctor_id = s.doctor_id"
    " LEFT JOIN department t ON t.hospital_id = s.hospital_id AND t.dept_id = s.dept_id"
    " ORDER BY t.sort, s.dept_id, d.sort, s.doctor_id"
)


def duties(
    connection: Connection, hospital_id: str, day: str, dept_id: str | None, doctor_id: str | None
) -> list[tuple[str, str]]:
    """Who works where: the (dept_id, doctor_id) that have schedules from `day` on, in the order of showing them."""
    where = "hospital_id = :hospital_id AND day >= :day"
    where += " AND dept_id = :dept_id" if dept_id else ""
    where += " AND doctor_id = :doctor_id" if doctor_id else ""
    values = {"hospital_id": hospital_id, "day": day, "dept_id": dept_id, "doctor_id": doctor_id}
    asked = {name: value for name, value in values.items() if value}
    return [(row[0], row[1]) for row in connection.execute(text(_DUTIES.format(where=where)), asked)]


def doctors(connection: Connection, hospital_id: str, doctor_ids: Collection[str]) -> dict[str, DoctorRow]:
    """Those doctors who are on file."""
    if not doctor_ids:
        return {}
    sql = (
        f"SELECT {', '.join(DoctorRow._fields)} FROM doctor"
        f" WHERE {matching(connection, 'hospital_id', 1)} AND {matching(connection, 'doctor_id', 2)}"
    )
    sets = (as_set(connection, [hospital_id]), as_set(connection, sorted(set(doctor_ids))))
    return {row.doctor_id: row for row in map(DoctorRow._make, connection.exec_driver_sql(sql, sets))}


def photo(connection: Connection, hospital_id: str, doctor_id: str) -> bytes | None:
    """A doctor's photo, where there is one."""
    sql = text("SELECT jpeg FROM doctor_photo WHERE hospital_id = :hospital_id AND doctor_id = :doctor_id")
    row = connection.execute(sql, {"hospital_id": hospital_id, "doctor_id": doctor_id}).first()
    return bytes(row[0]) if row else None


class Known(NamedTuple):
    """Whether a department and a doctor are on file; what was not asked about counts as known."""

    dept: bool
    doctor: bool


def known(connection: Connection, hospital_id: str, dept_id: str | None, doctor_id: str | None) -> Known:
    """Whether they are on file."""
    sql = text(
        "SELECT EXISTS (SELECT 1 FROM department WHERE hospital_id = :hospital_id AND dept_id = :dept_id),"
        " EXISTS (SELECT 1 FROM doctor WHERE hospital_id = :hospital_id AND doctor_id = :doctor_id)"
    )
    values = {"hospital_id": hospital_id, "dept_id": dept_id or "", "doctor_id": doctor_id or ""}
    dept, doctor = connection.execute(sql, values).one()
    return Known(bool(dept) or not dept_id, bool(doctor) or not doctor_id)


def prices(connection: Connection, hospital_id: str) -> list[PriceRow]:
    """The whole price board."""
    sql = text(
        f"SELECT {', '.join(PriceRow._fields)} FROM price_item WHERE hospital_id = :hospital_id"
        " ORDER BY kind, item_code"
    )
    return [PriceRow._make(row) for row in connection.execute(sql, {"hospital_id": hospital_id})]
