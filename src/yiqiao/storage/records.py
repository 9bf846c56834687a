"""What is asked of orders later: each question one statement, with the names and times that belong to an order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, func, or_, select, tuple_

from yiqiao.storage.orders import OrderRow
from yiqiao.storage.tables.booking import registration_order as order
from yiqiao.storage.tables.hospital import department, doctor, schedule, time_slot

MOST = 20_000
"""Orders told at once where the standard knows no pages: a day of a large hospital."""


class RecordRow(NamedTuple):
    """An order with what it does not hold itself."""

    order: OrderRow
    dept_name: str | None
    doctor_name: str | None
    visit_doctor_name: str | None
    begins: str | None
    ends: str | None
    place: str | None


@dataclass(frozen=True)
class DayFilter:
    """Which orders for visits on some days."""

    first: str
    last: str
    state: str | None = None
    paid: str | None = None
    patient_id: str | None = None
    certificate_index: int | None = None


_visited = doctor.alias("visited")
_COLUMNS = (
    *(order.c[name] for name in OrderRow._fields),
    department.c.name.label("dept_name"),
    doctor.c.name.label("doctor_name"),
    _visited.c.name.label("visit_doctor_name"),
    time_slot.c.begins,
    time_slot.c.ends,
    schedule.c.visit_address,
)
_WIDTH = len(OrderRow._fields)
_FROM = (
    order.outerjoin(
        schedule, and_(schedule.c.hospital_id == order.c.hospital_id, schedule.c.schedule_id == order.c.schedule_id)
    )
    .outerjoin(
        department, and_(department.c.hospital_id == order.c.hospital_id, department.c.dept_id == order.c.dept_id)
    )
    .outerjoin(doctor, and_(doctor.c.hospital_id == order.c.hospital_id, doctor.c.doctor_id == order.c.doctor_id))
    .outerjoin(
        _visited,
        and_(_visited.c.hospital_id == order.c.hospital_id, _visited.c.doctor_id == order.c.visit_doctor_id),
    )
    .outerjoin(
        time_slot,
        and_(
            time_slot.c.hospital_id == order.c.hospital_id,
            time_slot.c.schedule_id == order.c.schedule_id,
            time_slot.c.time_id == order.c.time_id,
        ),
    )
)


def by_numbers(
    connection: Connection, hospital_id: str, wanted: Collection[tuple[str | None, str | None]]
) -> list[RecordRow]:
    """The orders by (the caller's number, the hospital's own); one that is None matches any."""
    conditions: list[ColumnElement[bool]] = []
    both = [(order_id, order_no) for order_id, order_no in wanted if order_id and order_no]
    if both:
        conditions.append(tuple_(order.c.order_id, order.c.order_no).in_(both))
    conditions += [order.c.order_id == order_id for order_id, order_no in wanted if order_id and not order_no]
    conditions += [order.c.order_no == order_no for order_id, order_no in wanted if order_no and not order_id]
    if not conditions:
        return []
    return _rows(connection, _select(hospital_id).where(or_(*conditions)))


def by_day(
    connection: Connection, hospital_id: str, wanted: DayFilter, offset: int, limit: int
) -> tuple[int, list[RecordRow]]:
    """How many orders there are for visits on these days, and a part of them."""
    conditions = [order.c.hospital_id == hospital_id, order.c.day.between(wanted.first, wanted.last)]
    for column, value in (
        (order.c.state, wanted.state),
        (order.c.paid, wanted.paid),
        (order.c.patient_id, wanted.patient_id),
        (order.c.certificate_index, wanted.certificate_index),
    ):
        if value is not None:
            conditions.append(column == value)
    total = connection.execute(select(func.count()).select_from(order).where(*conditions)).scalar_one()
    part = select(*_COLUMNS).select_from(_FROM).where(*conditions).order_by(order.c.day, order.c.order_no)
    return total, _rows(connection, part.offset(offset).limit(limit))


def booked_for(connection: Connection, hospital_id: str, day: str) -> list[RecordRow]:
    """All that was booked for visits on a day."""
    found = _select(hospital_id).where(order.c.day == day, order.c.booked == 1)
    return _rows(connection, found.limit(MOST))


def registered_between(
    connection: Connection,
    hospital_id: str,
    first_ms: int,
    last_ms: int,
    certificate_index: int | None,
    patient_id: str | None,
) -> list[RecordRow]:
    """All registrations of a time."""
    found = _select(hospital_id).where(order.c.registered_at.between(first_ms, last_ms))
    if certificate_index is not None:
        found = found.where(order.c.certificate_index == certificate_index)
    if patient_id is not None:
        found = found.where(order.c.patient_id == patient_id)
    return _rows(connection, found.limit(MOST))


def _select(hospital_id: str) -> Select[tuple[object, ...]]:
    return select(*_COLUMNS).select_from(_FROM).where(order.c.hospital_id == hospital_id).order_by(order.c.order_no)


def _rows(connection: Connection, statement: Select[tuple[object, ...]]) -> list[RecordRow]:
    rows: Sequence[tuple[object, ...]] = [tuple(row) for row in connection.execute(statement)]
    return [RecordRow(OrderRow._make(row[:_WIDTH]), *row[_WIDTH:]) for row in rows]  # type: ignore[arg-type]
