"""The statements on units of schedules: who holds one, who gives one back. Each serves many calls, on both engines.

The order of locking is the same for all: the pools (with their schedules) by key, then what hangs on them. Whoever has
locked a pool is alone with its units, so what is decided from the rows read then still holds when it is written.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import orjson
from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, case, func, literal, or_, select

from yiqiao.storage.bulk import as_set, insert_many, matching, update_many
from yiqiao.storage.tables.booking import slot_lock
from yiqiao.storage.tables.hospital import department, doctor, schedule, slot_pool, time_slot

HELD, ORDERED, RELEASED, LAPSED = "held", "ordered", "released", "lapsed"
WHOLE_DAY = 4  # a schedule for the whole day suits who asks for a part of it
Serial: TypeAlias = tuple[str, str]
"""(hospital_id, lock_id)."""


class PoolKey(NamedTuple):
    """Whose units: a pool of a schedule, or of one of its time slots."""

    hospital_id: str
    schedule_id: str
    time_id: str
    pool: int


class ScheduleRow(NamedTuple):
    """A schedule as booking looks at it."""

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


class PoolRow(NamedTuple):
    """A pool, locked for us, and its schedule."""

    key: PoolKey
    total: int | None
    taken: int
    first_number: int
    next_number: int
    schedule: ScheduleRow


class LockRow(NamedTuple):
    """Who holds a unit, as stored."""

    hospital_id: str
    lock_id: str
    schedule_id: str
    time_id: str
    pool: int
    number: int
    hospital_lock_id: str
    state: str
    expires_at: int
    app_id: str
    fingerprint: bytes
    at: int

    @property
    def key(self) -> PoolKey:
        """Whose unit it is."""
        return PoolKey(self.hospital_id, self.schedule_id, self.time_id, self.pool)


_LOCK = LockRow._fields
_POOL = ", ".join(
    (
        *(f"p.{name}" for name in PoolKey._fields),
        *(f"p.{name}" for name in ("total", "taken", "first_number", "next_number")),
        *(f"s.{name}" for name in ScheduleRow._fields),
    )
)
_KEYS = {
    "postgresql": "unnest($1::text[], $2::text[], $3::text[], $4::smallint[])"
    " AS k(hospital_id, schedule_id, time_id, pool)",
    "sqlite": "(SELECT json_extract(value, '$[0]') AS hospital_id, json_extract(value, '$[1]') AS schedule_id,"
    " json_extract(value, '$[2]') AS time_id, json_extract(value, '$[3]') AS pool FROM json_each(?1)) AS k",
}
_LOCK_POOLS = {
    engine: f"SELECT {_POOL} FROM {keys} JOIN slot_pool p ON p.hospital_id = k.hospital_id"
    " AND p.schedule_id = k.schedule_id AND p.time_id = k.time_id AND p.pool = k.pool"
    " JOIN schedule s ON s.hospital_id = p.hospital_id AND s.schedule_id = p.schedule_id"
    " ORDER BY p.hospital_id, p.schedule_id, p.time_id, p.pool"
    + (" FOR UPDATE OF p FOR SHARE OF s" if engine == "postgresql" else "")
    for engine, keys in _KEYS.items()
}
_GIVE_BACK = {
    engine: f"UPDATE slot_lock SET state = '{LAPSED}' FROM {keys} WHERE slot_lock.hospital_id = k.hospital_id"
    " AND slot_lock.schedule_id = k.schedule_id AND slot_lock.time_id = k.time_id AND slot_lock.pool = k.pool"
    f" AND slot_lock.state = '{HELD}' AND slot_lock.expires_at <= {now}"
    " RETURNING slot_lock.hospital_id, slot_lock.schedule_id, slot_lock.time_id, slot_lock.pool"
    for engine, keys, now in (("postgresql", _KEYS["postgresql"], "$5"), ("sqlite", _KEYS["sqlite"], "?2"))
}


def _keys(connection: Connection, keys: Collection[PoolKey]) -> tuple[object, ...]:
    if connection.dialect.name == "postgresql":
        return tuple(map(list, zip(*keys, strict=True)))
    return (orjson.dumps([list(key) for key in keys]).decode(),)


def lock_pools(connection: Connection, keys: Collection[PoolKey]) -> dict[PoolKey, PoolRow]:
    """Be alone with these pools until the transaction ends; those that there are, with their schedules."""
    if not keys:
        return {}
    found = connection.exec_driver_sql(_LOCK_POOLS[connection.dialect.name], _keys(connection, keys))
    rows = {}
    for row in map(tuple, found):
        key = PoolKey._make(row[:4])
        total, taken, first_number, next_number = row[4:8]
        rows[key] = PoolRow(key, total, taken, first_number, next_number, ScheduleRow._make(row[8:]))
    return rows


def give_back(connection: Connection, keys: Collection[PoolKey], now_ms: int) -> dict[PoolKey, int]:
    """Let the locks of these pools go that have lapsed; answers how many units came back to which. Count them in."""
    if not keys:
        return {}
    moment = (now_ms,)
    rows = connection.exec_driver_sql(_GIVE_BACK[connection.dialect.name], (*_keys(connection, keys), *moment))
    back: dict[PoolKey, int] = {}
    for row in map(tuple, rows):
        key = PoolKey._make(row)
        back[key] = back.get(key, 0) + 1
    return back


def numbers_in_use(connection: Connection, keys: Collection[PoolKey]) -> dict[PoolKey, set[int]]:
    """The visit numbers of these pools that somebody holds; of units without a limit only those yet to come."""
    sql = (
        f"SELECT l.hospital_id, l.schedule_id, l.time_id, l.pool, l.number FROM {_KEYS[connection.dialect.name]}"
        " JOIN slot_lock l ON l.hospital_id = k.hospital_id AND l.schedule_id = k.schedule_id"
        " AND l.time_id = k.time_id AND l.pool = k.pool JOIN slot_pool p ON p.hospital_id = k.hospital_id"
        " AND p.schedule_id = k.schedule_id AND p.time_id = k.time_id AND p.pool = k.pool"
        f" WHERE l.state IN ('{HELD}', '{ORDERED}') AND (p.total IS NOT NULL OR l.number >= p.next_number)"
    )
    used: dict[PoolKey, set[int]] = {key: set() for key in keys}
    for row in map(tuple, connection.exec_driver_sql(sql, _keys(connection, keys))):
        used[PoolKey._make(row[:4])].add(row[4])
    return used


def add_locks(connection: Connection, rows: Iterable[LockRow]) -> set[Serial]:
    """File locks; answers the serials that were new and whose number nobody holds."""
    values = sorted(rows, key=lambda row: (row.hospital_id, row.lock_id))
    done = insert_many(connection, slot_lock, _LOCK, values, skip_conflicts=True, returning=("hospital_id", "lock_id"))
    return {(str(hospital_id), str(lock_id)) for hospital_id, lock_id in map(tuple, done)}


def locks(connection: Connection, serials: Collection[Serial]) -> dict[Serial, LockRow]:
    """The locks that are on file under these serials."""
    if not serials:
        return {}
    hospitals, numbers = zip(*serials, strict=True)
    sql = (
        f"SELECT {', '.join(_LOCK)} FROM slot_lock"
        f" WHERE {matching(connection, 'hospital_id', 1)} AND {matching(connection, 'lock_id', 2)}"
    )
    sets = (as_set(connection, tuple(set(hospitals))), as_set(connection, numbers))
    found = (LockRow._make(row) for row in map(tuple, connection.exec_driver_sql(sql, sets)))
    return {(row.hospital_id, row.lock_id): row for row in found}


def change_locks(connection: Connection, rows: Sequence[LockRow]) -> None:
    """Put these rows in the place of what is on file; their serials and who made them stay."""
    columns = ("schedule_id", "time_id", "pool", "number", "state", "expires_at")
    values = [(row.hospital_id, row.lock_id, *(getattr(row, name) for name in columns)) for row in rows]
    update_many(connection, slot_lock, ("hospital_id", "lock_id"), columns, values)


def count_pools(connection: Connection, counts: Mapping[PoolKey, tuple[int, int]]) -> None:
    """Write how many units are taken of each pool, and which number is the next never given."""
    values = [(*key, *counts[key]) for key in sorted(counts)]
    update_many(connection, slot_pool, PoolKey._fields, ("taken", "next_number"), values)


class Known(NamedTuple):
    """What of a wish there is; `slotted` of a schedule that there is not means nothing."""

    dept: bool
    doctor: bool
    schedule: bool
    slotted: bool
    time_slot: bool


def known(connection: Connection, key: PoolKey, dept_id: str | None, doctor_id: str | None) -> Known:
    """What of a wish there is, to tell a caller what is wrong with it."""
    there = select(
        _there(department.c.hospital_id == key.hospital_id, department.c.dept_id == dept_id),
        _there(doctor.c.hospital_id == key.hospital_id, doctor.c.doctor_id == doctor_id),
        _there(schedule.c.hospital_id == key.hospital_id, schedule.c.schedule_id == key.schedule_id),
        _there(
            schedule.c.hospital_id == key.hospital_id,
            schedule.c.schedule_id == key.schedule_id,
            schedule.c.slotted == 1,
        ),
        _there(
            time_slot.c.hospital_id == key.hospital_id,
            time_slot.c.schedule_id == key.schedule_id,
            time_slot.c.time_id == key.time_id,
        ),
    )
    found = Known._make(map(bool, connection.execute(there).one()))
    return found._replace(dept=found.dept or dept_id is None, doctor=found.doctor or not doctor_id)


def _there(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(literal(1)).where(*conditions).exists()


def others_free(connection: Connection, key: PoolKey, now_ms: int) -> bool:
    """Whether another time slot of the schedule has a unit left in this pool."""
    free = or_(slot_pool.c.total.is_(None), slot_pool.c.total > slot_pool.c.taken - _lapsed(now_ms))
    found = select(literal(1)).where(
        slot_pool.c.hospital_id == key.hospital_id,
        slot_pool.c.schedule_id == key.schedule_id,
        slot_pool.c.pool == key.pool,
        slot_pool.c.time_id != key.time_id,
        free,
    )
    return connection.execute(found.limit(1)).first() is not None


class Suiting(NamedTuple):
    """What a schedule and its time slot have to be like."""

    hospital_id: str
    dept_id: str
    doctor_id: str
    day: str
    session: int
    pool: int
    begins: str | None


class Suited(NamedTuple):
    """The unit that suits, where there is one: one that is free goes before one that is not."""

    dept: bool
    doctor: bool
    schedule_id: str | None
    time_id: str | None


def suiting(connection: Connection, wanted: Suiting, now_ms: int) -> Suited:
    """The schedule and time slot that suit best, the earliest first."""
    there = known(connection, PoolKey(wanted.hospital_id, "", "", wanted.pool), wanted.dept_id, wanted.doctor_id)
    free = or_(slot_pool.c.total.is_(None), slot_pool.c.total > slot_pool.c.taken - _lapsed(now_ms))
    of_pool = and_(
        slot_pool.c.hospital_id == schedule.c.hospital_id,
        slot_pool.c.schedule_id == schedule.c.schedule_id,
        slot_pool.c.pool == wanted.pool,
    )
    of_slot = and_(
        time_slot.c.hospital_id == slot_pool.c.hospital_id,
        time_slot.c.schedule_id == slot_pool.c.schedule_id,
        time_slot.c.time_id == slot_pool.c.time_id,
    )
    found = (
        select(schedule.c.schedule_id, slot_pool.c.time_id)
        .select_from(schedule.join(slot_pool, of_pool).outerjoin(time_slot, of_slot))
        .where(
            schedule.c.hospital_id == wanted.hospital_id,
            schedule.c.dept_id == wanted.dept_id,
            schedule.c.doctor_id == wanted.doctor_id,
            schedule.c.day == wanted.day,
            schedule.c.session.in_((wanted.session, WHOLE_DAY)),
        )
        .order_by(
            case((schedule.c.state == "open", 0), else_=1),
            case((free, 0), else_=1),
            schedule.c.session,
            time_slot.c.begins,
            slot_pool.c.time_id,
        )
    )
    if wanted.begins:
        found = found.where(or_(time_slot.c.begins == wanted.begins, schedule.c.slotted == 0))
    row = connection.execute(found.limit(1)).first()
    return Suited(there.dept, there.doctor, *(row or (None, None)))


def _lapsed(now_ms: int) -> ScalarSelect[int]:
    """How many locks of a pool have lapsed and stand in its count still."""
    return (
        select(func.count())
        .where(
            slot_lock.c.hospital_id == slot_pool.c.hospital_id,
            slot_lock.c.schedule_id == slot_pool.c.schedule_id,
            slot_lock.c.time_id == slot_pool.c.time_id,
            slot_lock.c.pool == slot_pool.c.pool,
            slot_lock.c.state == HELD,
            slot_lock.c.expires_at <= now_ms,
        )
        .correlate(slot_pool)
        .scalar_subquery()
    )
