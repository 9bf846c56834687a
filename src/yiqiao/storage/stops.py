"""The statements on sessions that are called off: which, their orders, and what the platform is to be told.

The order of locking is that of `storage.booking`: pools by key, then schedules, then orders.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, text

from yiqiao.storage.bulk import insert_many
from yiqiao.storage.hospital import ScheduleRow
from yiqiao.storage.tables.catalogue import stop


class Scope(NamedTuple):
    """Which schedules are meant; None does not restrict."""

    hospital_id: str
    first_day: str
    last_day: str
    schedule_id: str | None = None
    dept_id: str | None = None
    doctor_id: str | None = None
    session: int | None = None


class StopRow(NamedTuple):
    """A session that was called off, as stored."""

    hospital_id: str
    schedule_id: str
    stopped_at: int
    dept_id: str
    doctor_id: str
    day: str
    session: int
    flag: int
    keeps: int
    reason: str | None
    orders: int
    operator: str
    was: str
    ended_at: int | None = None


class NamedStop(NamedTuple):
    """A stop that stands, with the doctor's name."""

    row: StopRow
    doctor_name: str | None


class Change(NamedTuple):
    """What the platform is to be told of a schedule: how it stands now."""

    hospital_name: str
    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str | None
    day: str
    session: int
    level: int
    state: str
    fee: int
    reason: str | None


_SCHEDULE = ", ".join("s." + name for name in ScheduleRow._fields)
_THESE = "hospital_id = :hospital_id AND schedule_id IN :schedule_ids"
_STANDING = "state IN ('booked', 'registered', 'fetched')"
_RELEASE = (
    f"UPDATE slot_lock SET state = 'released' WHERE {_THESE} AND state = 'ordered' AND lock_id IN :order_ids"
    " RETURNING schedule_id, time_id, pool"
)
_GIVE_BACK = text(
    "UPDATE slot_pool SET taken = taken - :units WHERE hospital_id = :hospital_id AND schedule_id = :schedule_id"
    " AND time_id = :time_id AND pool = :pool"
)
_CHANGE = text(
    "SELECT h.name, s.dept_id, t.name, s.doctor_id, d.name, s.day, s.session, s.level, s.state,"
    " s.fee_registration + s.fee_treatment + s.fee_service + s.fee_other,"
    " (SELECT x.reason FROM stop x WHERE x.hospital_id = s.hospital_id AND x.schedule_id = s.schedule_id"
    " AND x.ended_at IS NULL ORDER BY x.stopped_at DESC LIMIT 1)"
    " FROM schedule s JOIN hospital h ON h.hospital_id = s.hospital_id"
    " JOIN department t ON t.hospital_id = s.hospital_id AND t.dept_id = s.dept_id"
    " LEFT JOIN doctor d ON d.hospital_id = s.hospital_id AND d.doctor_id = s.doctor_id"
    " WHERE s.hospital_id = :hospital_id AND s.schedule_id = :schedule_id"
)


def _where(scope: Scope) -> str:
    among = [f"s.{name} = :{name}" for name in scope._fields[3:] if getattr(scope, name) is not None]
    return " AND ".join(["s.hospital_id = :hospital_id", "s.day BETWEEN :first_day AND :last_day", *among])


def _values(scope: Scope) -> dict[str, object]:
    return {name: value for name, value in scope._asdict().items() if value is not None}


def _in(sql: str, *lists: str) -> TextClause:
    """`sql`, in which these parameters are lists."""
    return text(sql).bindparams(*(bindparam(name, expanding=True) for name in lists))


def schedules(connection: Connection, scope: Scope, states: Sequence[str], *, lock: bool = False) -> list[ScheduleRow]:
    """The schedules in these states; with `lock`, nobody else touches them or their units meanwhile."""
    where, values = _where(scope), _values(scope)
    if lock and connection.dialect.name == "postgresql":
        sql = (
            "SELECT 1 FROM slot_pool p JOIN schedule s ON s.hospital_id = p.hospital_id AND"
            f" s.schedule_id = p.schedule_id WHERE {where}"
            " ORDER BY p.hospital_id, p.schedule_id, p.time_id, p.pool FOR UPDATE OF p"
        )
        connection.execute(text(sql), values).all()
    sql = f"SELECT {_SCHEDULE} FROM schedule s WHERE {where} AND s.state IN :states ORDER BY s.schedule_id"
    if lock and connection.dialect.name == "postgresql":
        sql += " FOR UPDATE"
    found = connection.execute(_in(sql, "states"), {**values, "states": list(states)})
    return sorted(map(ScheduleRow._make, found), key=lambda row: (row.day, row.session, row.schedule_id))


def set_state(connection: Connection, hospital_id: str, schedule_ids: Collection[str], state: str, now_ms: int) -> None:
    """Let these schedules be in `state`."""
    if not schedule_ids:
        return
    statement = _in(f"UPDATE schedule SET state = :state, changed_at = :now_ms WHERE {_THESE}", "schedule_ids")
    values = {"hospital_id": hospital_id, "schedule_ids": list(schedule_ids), "state": state, "now_ms": now_ms}
    connection.execute(statement, values)


def standing_orders(connection: Connection, hospital_id: str, schedule_ids: Collection[str]) -> dict[str, int]:
    """How many patients are expected, by schedule."""
    sql = f"SELECT schedule_id, COUNT(*) FROM registration_order WHERE {_THESE} AND {_STANDING} GROUP BY schedule_id"
    found = connection.execute(
        _in(sql, "schedule_ids"), {"hospital_id": hospital_id, "schedule_ids": list(schedule_ids)}
    )
    return {row[0]: int(row[1]) for row in found}


def stop_orders(connection: Connection, hospital_id: str, schedule_ids: Collection[str], now_ms: int) -> dict[str, int]:
    """Close the orders of these schedules for which a patient is expected, and give their units back.

    What was paid stays paid until it is refunded. Answers how many orders were closed, by schedule.
    """
    these = {"hospital_id": hospital_id, "schedule_ids": list(schedule_ids)}
    sql = (
        f"UPDATE registration_order SET state = 'stopped', stopped_at = :now_ms, changed_at = :now_ms WHERE {_THESE}"
        f" AND {_STANDING} RETURNING schedule_id, order_id"
    )
    closed = connection.execute(_in(sql, "schedule_ids"), {**these, "now_ms": now_ms}).all()
    if not closed:
        return {}
    orders: dict[str, int] = {}
    for schedule_id, _ in map(tuple, closed):
        orders[schedule_id] = orders.get(schedule_id, 0) + 1
    release = _in(_RELEASE, "schedule_ids", "order_ids")
    units: dict[tuple[object, ...], int] = {}
    for key in map(tuple, connection.execute(release, {**these, "order_ids": [row[1] for row in closed]})):
        units[key] = units.get(key, 0) + 1
    for (schedule_id, time_id, pool), count in sorted(units.items(), key=str):
        key_values = {"schedule_id": schedule_id, "time_id": time_id, "pool": pool}
        connection.execute(_GIVE_BACK, {"hospital_id": hospital_id, "units": count, **key_values})
    return orders


def add_stops(connection: Connection, rows: Sequence[StopRow]) -> None:
    """File stops."""
    insert_many(connection, stop, StopRow._fields, rows)


def end_stops(connection: Connection, hospital_id: str, schedule_ids: Collection[str], now_ms: int) -> dict[str, str]:
    """End the stops of these schedules that stand; answers in which state each schedule was before."""
    sql = f"UPDATE stop SET ended_at = :now_ms WHERE {_THESE} AND ended_at IS NULL RETURNING schedule_id, was"
    values = {"hospital_id": hospital_id, "schedule_ids": list(schedule_ids), "now_ms": now_ms}
    return {row[0]: row[1] for row in connection.execute(_in(sql, "schedule_ids"), values)}


def stops(connection: Connection, scope: Scope) -> list[NamedStop]:
    """The stops that stand, by day."""
    sql = (
        f"SELECT {', '.join('s.' + name for name in StopRow._fields)}, d.name FROM stop s LEFT JOIN doctor d"
        f" ON d.hospital_id = s.hospital_id AND d.doctor_id = s.doctor_id WHERE {_where(scope)} AND s.ended_at IS NULL"
        " ORDER BY s.day, s.session, s.schedule_id"
    )
    return [
        NamedStop(StopRow._make(row[:-1]), row[-1]) for row in map(tuple, connection.execute(text(sql), _values(scope)))
    ]


def change(connection: Connection, hospital_id: str, schedule_id: str) -> Change | None:
    """What the platform is to be told of a schedule; None where it is no longer on file."""
    row = connection.execute(_CHANGE, {"hospital_id": hospital_id, "schedule_id": schedule_id}).first()
    return Change._make(row) if row else None
