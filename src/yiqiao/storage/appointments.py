"""The statements on appointments and their course. All functions run in the caller's transaction."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, case, func, or_, select, text, tuple_, update

from yiqiao.storage.bulk import as_set, insert_many, matching
from yiqiao.storage.tables.appointments import appointment, appointment_event, appointment_push, reconciliation


class AppointmentRow(NamedTuple):
    """An appointment as stored, its columns in order."""

    person_id: str
    order_id: str
    hospital_id: str
    schedule_id: str
    time_id: str
    pool: int
    dept_id: str
    doctor_id: str
    day: str
    session: int
    begins: str
    ends: str
    hospital_name: str
    dept_name: str
    doctor_name: str
    fee: int
    pays_here: int
    state: str
    ending: str
    reason: str
    tries: int
    next_at: int
    deadline: int | None
    trade_no: str | None
    trades: int
    paid: str
    pay_channel: int | None
    paid_at: int | None
    refunded_at: int | None
    order_no: str | None
    number: str | None
    order_open: int
    key_id: str
    sealed: bytes
    version: int
    created_at: int
    changed_at: int

    def __repr__(self) -> str:
        return f"AppointmentRow({self.order_id}, {self.state}, version={self.version})"


class EventRow(NamedTuple):
    """A step of an appointment's course; `version` is the appointment's after it."""

    person_id: str
    order_id: str
    version: int
    at: int
    before: str
    after: str
    actor: str
    tries: int
    told: str


class PushRow(NamedTuple):
    """What a hospital wants the patient of an order to be told, sealed; the columns in order."""

    hospital_id: str
    serial: str
    person_id: str
    order_id: str
    key_id: str
    sealed: bytes
    at: int

    def __repr__(self) -> str:
        return f"PushRow({self.hospital_id}, {self.serial})"


class Course(NamedTuple):
    """Which sessions of a hospital: of a doctor on a day; `session` None: all of the day."""

    hospital_id: str
    day: str
    doctor_id: str
    session: int | None


class Wanted(NamedTuple):
    """Which appointments a list is to show; None does not restrict. `hospitals` are any of these."""

    states: Collection[str]
    hospitals: Collection[str] | None = None
    day: str | None = None
    order_id: str | None = None


Where = tuple[int, str]
"""Where an appointment stands in a list: (created_at or next_at, order_id)."""


class BacklogRow(NamedTuple):
    """The number of appointments in a state, how many of them had to try again, and when the first one goes on."""

    state: str
    number: int
    retrying: int
    next_at: int


class ReportRow(NamedTuple):
    """A kept report of a reconciliation; counts and findings are JSON."""

    hospital_id: str
    day: str
    at: int
    applied: int
    operator: str
    counts: str
    findings: str


_COLUMNS = tuple(appointment.c[name] for name in AppointmentRow._fields)
_EVENT = tuple(appointment_event.c[name] for name in EventRow._fields)
_HOSPITALS = """
WITH RECURSIVE known(id) AS (
    SELECT MIN(hospital_id) FROM appointment
    UNION ALL
    SELECT (SELECT MIN(hospital_id) FROM appointment WHERE hospital_id > known.id) FROM known WHERE known.id IS NOT NULL
)
SELECT id, (
    SELECT hospital_name FROM appointment WHERE hospital_id = known.id ORDER BY changed_at DESC LIMIT 1
) FROM known WHERE id IS NOT NULL
"""
"""One look into an index for each hospital, whatever number of appointments it has."""


def add(connection: Connection, row: AppointmentRow, event: EventRow) -> None:
    """File a new appointment."""
    insert_many(connection, appointment, AppointmentRow._fields, [row])
    insert_many(connection, appointment_event, EventRow._fields, [event])


def find(connection: Connection, person_id: str, order_id: str, *, for_update: bool = False) -> AppointmentRow | None:
    """One appointment; held until the transaction ends where it is to be changed."""
    query = select(*_COLUMNS).where(_is(person_id, order_id))
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else AppointmentRow._make(row)


def find_by_order(connection: Connection, order_id: str) -> AppointmentRow | None:
    """One appointment, by the platform's number alone."""
    row = connection.execute(select(*_COLUMNS).where(appointment.c.order_id == order_id)).first()
    return None if row is None else AppointmentRow._make(row)


def of_hospital(
    connection: Connection, hospital_id: str, order_id: str | None, order_no: str | None, *, for_update: bool = False
) -> AppointmentRow | None:
    """A hospital's order by the platform's number, by the hospital's, or by both; held where it is to be changed."""
    wanted = [appointment.c.hospital_id == hospital_id]
    if order_id is not None:
        wanted.append(appointment.c.order_id == order_id)
    if order_no is not None:
        known = appointment.c.order_no == order_no
        wanted.append(known if order_id is None else or_(known, appointment.c.order_no.is_(None)))
    query = select(*_COLUMNS).where(*wanted).order_by(appointment.c.created_at.desc()).limit(1)
    row = connection.execute(query.with_for_update() if for_update else query).first()
    return None if row is None else AppointmentRow._make(row)


def add_push(connection: Connection, row: PushRow) -> bool:
    """File what is to be told, once under its serial; answers whether it is new."""
    new = insert_many(connection, appointment_push, PushRow._fields, [row], skip_conflicts=True, returning=("serial",))
    return bool(new)


def find_push(connection: Connection, hospital_id: str, serial: str) -> PushRow | None:
    """What a hospital wants to be told under a serial."""
    mine = (appointment_push.c.hospital_id == hospital_id, appointment_push.c.serial == serial)
    row = connection.execute(select(*appointment_push.c).where(*mine)).first()
    return None if row is None else PushRow._make(row)


def change(connection: Connection, row: AppointmentRow, event: EventRow | None) -> bool:
    """Put a row in the place of the version before it; answers whether that was still the one on file."""
    before = and_(_is(row.person_id, row.order_id), appointment.c.version == row.version - 1)
    values = {name: value for name, value in row._asdict().items() if name not in ("person_id", "order_id")}
    if connection.execute(update(appointment).where(before).values(values)).rowcount != 1:
        return False
    if event is not None:
        insert_many(connection, appointment_event, EventRow._fields, [event])
    return True


def of_person(connection: Connection, person_id: str, limit: int) -> list[AppointmentRow]:
    """Somebody's appointments, the newest first."""
    query = select(*_COLUMNS).where(appointment.c.person_id == person_id)
    return _rows(connection, query.order_by(appointment.c.created_at.desc()).limit(limit))


def newest(connection: Connection, limit: int) -> list[AppointmentRow]:
    """The appointments that were made last."""
    return _rows(connection, select(*_COLUMNS).order_by(appointment.c.created_at.desc()).limit(limit))


def listed(
    connection: Connection, wanted: Wanted, limit: int, *, due_first: bool, after: Where | None = None
) -> list[AppointmentRow]:
    """A page of a list: those that were made last, or where `due_first` those that go on first; from after a place.

    Due first is for states in which few appointments are: they are found by their state. All else is read in the
    order of the list until the page is full, unless a day or a number says which few are meant.
    """
    by = appointment.c.next_at if due_first else appointment.c.created_at
    where = tuple_(by, appointment.c.order_id)
    query = select(*_COLUMNS).where(
        (appointment.c.state if due_first else _not_looked_up(appointment.c.state)).in_(wanted.states)
    )
    if wanted.hospitals is not None:
        hospital = appointment.c.hospital_id if wanted.day else _not_looked_up(appointment.c.hospital_id)
        query = query.where(hospital.in_(wanted.hospitals))
    if wanted.day is not None:
        query = query.where(appointment.c.day == wanted.day)
    if wanted.order_id is not None:
        query = query.where(appointment.c.order_id == wanted.order_id)
    if after is not None:
        query = query.where(where > after if due_first else where < after)
    first = (by, appointment.c.order_id) if due_first else (by.desc(), appointment.c.order_id.desc())
    return _rows(connection, query.order_by(*first).limit(limit))


def hospital_names(connection: Connection) -> dict[str, str]:
    """Every hospital of which there are appointments, by the name that the latest of them bears."""
    return {row[0]: row[1] for row in connection.execute(text(_HOSPITALS))}


def backlog(connection: Connection, states: Collection[str]) -> list[BacklogRow]:
    """How it stands with those that are in one of these states; states without any are left out."""
    retrying = func.sum(case((appointment.c.tries > 0, 1), else_=0))
    query = select(appointment.c.state, func.count(), retrying, func.min(appointment.c.next_at))
    found = connection.execute(query.where(appointment.c.state.in_(states)).group_by(appointment.c.state))
    return [BacklogRow._make(row) for row in found]


def of_course(connection: Connection, course: Course, states: Collection[str]) -> list[AppointmentRow]:
    """The appointments of a doctor's sessions, in these states; held, to be changed."""
    query = select(*_COLUMNS).where(
        appointment.c.hospital_id == course.hospital_id,
        appointment.c.day == course.day,
        appointment.c.doctor_id == course.doctor_id,
        appointment.c.state.in_(states),
    )
    if course.session is not None:
        query = query.where(appointment.c.session == course.session)
    return _rows(connection, query.order_by(appointment.c.order_id).with_for_update())


def of_time(connection: Connection, hospital_id: str, day: str, first: int, last: int) -> list[AppointmentRow]:
    """Appointments at a hospital for visits on a day, and those that changed between two moments."""
    changed = appointment.c.changed_at.between(first, last)
    query = select(*_COLUMNS).where(appointment.c.hospital_id == hospital_id, or_(appointment.c.day == day, changed))
    return _rows(connection, query.order_by(appointment.c.order_id))


def known(connection: Connection, order_ids: Sequence[str]) -> set[str]:
    """Which of these orders are on file."""
    sql = f"SELECT order_id FROM appointment WHERE {matching(connection, 'order_id', 1)}"
    return {row[0] for row in connection.exec_driver_sql(sql, (as_set(connection, order_ids),))}


def hospitals_with_appointments(connection: Connection, since_ms: int) -> list[str]:
    """Where something has changed since."""
    query = select(appointment.c.hospital_id).where(appointment.c.changed_at >= since_ms).distinct()
    return sorted(connection.scalars(query))


def add_report(connection: Connection, row: ReportRow) -> None:
    """Keep a report."""
    insert_many(connection, reconciliation, ReportRow._fields, [row])


def reports(connection: Connection, limit: int) -> list[ReportRow]:
    """The reports that were made last, the newest first."""
    query = select(*reconciliation.c).order_by(reconciliation.c.at.desc()).limit(limit)
    return [ReportRow._make(row) for row in connection.execute(query)]


def report(connection: Connection, hospital_id: str, day: str, at: int) -> ReportRow | None:
    """One report."""
    same = (reconciliation.c.hospital_id == hospital_id, reconciliation.c.day == day, reconciliation.c.at == at)
    row = connection.execute(select(*reconciliation.c).where(*same)).first()
    return None if row is None else ReportRow._make(row)


def events(connection: Connection, person_id: str, order_id: str) -> list[EventRow]:
    """The course of an appointment, from its beginning."""
    query = select(*_EVENT).where(appointment_event.c.person_id == person_id, appointment_event.c.order_id == order_id)
    return [EventRow._make(row) for row in connection.execute(query.order_by(appointment_event.c.version))]


def _is(person_id: str, order_id: str) -> ColumnElement[bool]:
    return and_(appointment.c.person_id == person_id, appointment.c.order_id == order_id)


def _not_looked_up(column: Column[str]) -> ColumnElement[str]:
    """The column, to be compared row by row: its index would have the whole of a large group sorted for one page."""
    return func.coalesce(column, "")


def _rows(connection: Connection, query: Select[Any]) -> list[AppointmentRow]:
    return [AppointmentRow._make(row) for row in connection.execute(query)]
