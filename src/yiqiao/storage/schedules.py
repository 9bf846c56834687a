"""The statements that read schedules and their units; each answers a whole question, on both engines.

A lock that has lapsed still stands in `taken` until somebody needs its unit, so every reading subtracts such.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sqlalchemy import Connection, TextClause, bindparam, text

from yiqiao.storage.hospital import ScheduleRow


class Sight(NamedTuple):
    """What is looked at: the units of which pool, at which hospital, and when."""

    hospital_id: str
    pool: int
    now_ms: int


class Stock(NamedTuple):
    """The units of a pool; `total` is None where they have no limit, `free` then means nothing."""

    total: int | None
    free: int
    first_number: int
    next_number: int


class Offer(NamedTuple):
    """A schedule and its units."""

    schedule: ScheduleRow
    stock: Stock


class SlotOffer(NamedTuple):
    """A time slot and its units; of a schedule without slots, or a slot without units, only what there is."""

    schedule_id: str
    session: int
    state: str
    day: str
    time_id: str | None
    begins: str | None
    ends: str | None
    stock: Stock | None


class OnDuty(NamedTuple):
    """A doctor who has schedules; without a name where the schedules are a department's own."""

    doctor_id: str
    name: str | None
    job_title: str | None


class Load(NamedTuple):
    """How busy a department is."""

    dept_id: str
    name: str
    open: bool
    waiting: int
    seen: int
    registered: int


_AMONG = {
    "dept_id": "s.dept_id = :dept_id",
    "doctor_id": "s.doctor_id = :doctor_id",
    "session": "s.session = :session",
    "schedule_id": "s.schedule_id = :schedule_id",
}
_DAYS = "s.hospital_id = :hospital_id AND s.day BETWEEN :first_day AND :last_day"
_LAPSED = (
    "(SELECT COUNT(*) FROM slot_lock l WHERE l.hospital_id = s.hospital_id AND l.schedule_id = s.schedule_id"
    " AND l.pool = :pool AND l.state = 'held' AND l.expires_at <= :now_ms{and_slot})"
)
_ON_DUTY = (
    "SELECT s.doctor_id, d.name, d.job_title FROM (SELECT DISTINCT s.hospital_id, s.doctor_id FROM schedule s"
    " WHERE {where} AND EXISTS (SELECT 1 FROM slot_pool p WHERE p.hospital_id = s.hospital_id"
    " AND p.schedule_id = s.schedule_id AND p.pool = :pool)) s"
    " LEFT JOIN doctor d ON d.hospital_id = s.hospital_id AND d.doctor_id = s.doctor_id"
    " ORDER BY COALESCE(d.sort, 0), s.doctor_id"
)
# The units are summed first: grouping the joined rows would have SQLite read every schedule of the hospital.
_OFFERS = (
    f"SELECT {', '.join('s.' + name for name in ScheduleRow._fields)}, u.unlimited, u.total, u.taken,"
    " u.first_number, u.next_number FROM (SELECT p.hospital_id, p.schedule_id,"
    " COUNT(*) - COUNT(p.total) AS unlimited, SUM(p.total) AS total, SUM(p.taken) AS taken,"
    " MIN(p.first_number) AS first_number, MIN(p.next_number) AS next_number FROM slot_pool p"
    " WHERE p.hospital_id = :hospital_id AND p.pool = :pool AND p.schedule_id IN"
    " (SELECT s.schedule_id FROM schedule s WHERE {where} AND s.doctor_id IN :doctor_ids)"
    " GROUP BY p.hospital_id, p.schedule_id) u"
    " JOIN schedule s ON s.hospital_id = u.hospital_id AND s.schedule_id = u.schedule_id"
    " ORDER BY s.day, s.session, s.schedule_id"
)
# Asked for by the schedules' ids: joined to them, a server without statistics would read all locks of the hospital.
_LAPSED_OF = text(
    "SELECT l.schedule_id, COUNT(*) FROM slot_lock l WHERE l.hospital_id = :hospital_id AND l.schedule_id IN"
    " :schedule_ids AND l.pool = :pool AND l.state = 'held' AND l.expires_at <= :now_ms GROUP BY l.schedule_id"
).bindparams(bindparam("schedule_ids", expanding=True))
_SLOTS = (
    "SELECT s.schedule_id, s.session, s.state, s.day, t.time_id, t.begins, t.ends,"
    f" p.total, p.taken, {_LAPSED.format(and_slot=' AND l.time_id = t.time_id')}, p.first_number, p.next_number"
    " FROM schedule s"
    " LEFT JOIN time_slot t ON t.hospital_id = s.hospital_id AND t.schedule_id = s.schedule_id"
    " LEFT JOIN slot_pool p ON p.hospital_id = t.hospital_id AND p.schedule_id = t.schedule_id"
    " AND p.time_id = t.time_id AND p.pool = :pool"
    " WHERE {where} ORDER BY s.session, t.begins, s.doctor_id, t.time_id"
)
_NUMBERS = text(
    "SELECT p.schedule_id, p.time_id, l.number FROM slot_pool p JOIN slot_lock l"
    " ON l.hospital_id = p.hospital_id AND l.schedule_id = p.schedule_id AND l.time_id = p.time_id AND l.pool = p.pool"
    " WHERE p.hospital_id = :hospital_id AND p.schedule_id IN :schedule_ids AND p.pool = :pool"
    " AND l.hospital_id = :hospital_id AND l.schedule_id IN :schedule_ids"
    " AND l.state IN ('held', 'ordered') AND NOT (l.state = 'held' AND l.expires_at <= :now_ms)"
    " AND (l.number >= p.next_number OR p.next_number >= p.first_number + p.total)"
).bindparams(bindparam("schedule_ids", expanding=True))
_COUNTS = (
    "SELECT p.pool, SUM(COALESCE(p.total, :unlimited)),"
    " SUM(COALESCE(p.total - p.taken, :unlimited) + CASE WHEN p.total IS NULL THEN 0 ELSE"
    " (SELECT COUNT(*) FROM slot_lock l WHERE l.hospital_id = p.hospital_id AND l.schedule_id = p.schedule_id"
    " AND l.time_id = p.time_id AND l.pool = p.pool AND l.state = 'held' AND l.expires_at <= :now_ms) END)"
    " FROM schedule s JOIN slot_pool p ON p.hospital_id = s.hospital_id AND p.schedule_id = s.schedule_id"
    " WHERE {where} AND s.state = 'open' GROUP BY p.pool"
)
_LOADS = text(
    "SELECT d.dept_id, d.name,"
    " EXISTS (SELECT 1 FROM schedule s WHERE s.hospital_id = d.hospital_id AND s.dept_id = d.dept_id"
    " AND s.day = :day AND s.state = 'open'),"
    " COALESCE(o.waiting, 0), COALESCE(o.seen, 0), COALESCE(o.registered, 0)"
    " FROM department d LEFT JOIN (SELECT dept_id,"
    " SUM(CASE WHEN state IN ('registered', 'fetched') THEN 1 ELSE 0 END) AS waiting,"
    " SUM(CASE WHEN state = 'visited' AND visited_at > :since THEN 1 ELSE 0 END) AS seen,"
    " SUM(CASE WHEN state IN ('registered', 'fetched', 'visited') THEN 1 ELSE 0 END) AS registered"
    " FROM registration_order WHERE hospital_id = :hospital_id AND day = :day GROUP BY dept_id) o"
    " ON o.dept_id = d.dept_id"
    " WHERE d.hospital_id = :hospital_id AND (o.dept_id IS NOT NULL OR EXISTS (SELECT 1 FROM schedule s"
    " WHERE s.hospital_id = d.hospital_id AND s.dept_id = d.dept_id AND s.day >= :day)) ORDER BY d.sort, d.dept_id"
)


def _asked(sql: str, **among: object) -> TextClause:
    """`sql` among the schedules for which a value is given."""
    return text(sql.format(where=" AND ".join([_DAYS, *(_AMONG[name] for name, value in among.items() if value)])))


def _given(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value}


def on_duty(
    connection: Connection, sight: Sight, first_day: str, last_day: str, dept_id: str | None, doctor_id: str | None
) -> list[OnDuty]:
    """Who has schedules on these days (with units of the pool), in the order of showing them."""
    values = _given(dept_id=dept_id, doctor_id=doctor_id)
    days = {"hospital_id": sight.hospital_id, "pool": sight.pool, "first_day": first_day, "last_day": last_day}
    return [OnDuty._make(row) for row in connection.execute(_asked(_ON_DUTY, **values), {**days, **values})]


def offers(
    connection: Connection,
    sight: Sight,
    first_day: str,
    last_day: str,
    dept_id: str | None,
    doctor_ids: Collection[str],
) -> list[Offer]:
    """The schedules of these doctors with the units of the pool, by day and session."""
    values = _given(dept_id=dept_id)
    statement = _asked(_OFFERS, **values).bindparams(bindparam("doctor_ids", expanding=True))
    days = {"first_day": first_day, "last_day": last_day, "doctor_ids": list(doctor_ids)}
    width = len(ScheduleRow._fields)
    found = [
        (ScheduleRow._make(row[:width]), row[width:])
        for row in map(tuple, connection.execute(statement, {**sight._asdict(), **days, **values}))
    ]
    lapsed = _lapsed(connection, sight, [row.schedule_id for row, _ in found])
    return [
        Offer(row, _stock(unlimited, total, taken, lapsed.get(row.schedule_id, 0), *numbers))
        for row, (unlimited, total, taken, *numbers) in found
    ]


def _lapsed(connection: Connection, sight: Sight, schedule_ids: list[str]) -> Mapping[str, int]:
    if not schedule_ids:
        return {}
    found = connection.execute(_LAPSED_OF, {**sight._asdict(), "schedule_ids": schedule_ids})
    return {row[0]: int(row[1]) for row in map(tuple, found)}


def _stock(unlimited: int, total: int | None, taken: int, lapsed: int, first_number: int, next_number: int) -> Stock:
    if unlimited or total is None:
        return Stock(None, 0, first_number, next_number)
    return Stock(int(total), int(total) - int(taken) + lapsed, first_number, next_number)


def slots(
    connection: Connection,
    sight: Sight,
    day: str,
    dept_id: str | None,
    doctor_id: str | None,
    session: int | None,
    schedule_id: str | None,
) -> list[SlotOffer]:
    """The schedules of a day, one row a time slot."""
    values = _given(dept_id=dept_id, doctor_id=doctor_id, session=session, schedule_id=schedule_id)
    asked = {**sight._asdict(), "first_day": day, "last_day": day, **values}
    found = connection.execute(_asked(_SLOTS, **values), asked)
    return [SlotOffer._make((*row[:7], _slot_stock(*row[7:]))) for row in map(tuple, found)]


def _slot_stock(total: int | None, taken: int | None, lapsed: int, first_number: int, next_number: int) -> Stock | None:
    return None if taken is None else _stock(total is None, total, taken, lapsed, first_number, next_number)


def numbers_held(
    connection: Connection, sight: Sight, schedule_ids: Collection[str]
) -> Mapping[tuple[str, str], set[int]]:
    """The visit numbers that somebody holds, as far as they matter to who chooses one: from the pool's next number on;
    all of them where every number was given before. By (schedule_id, time_id).
    """
    held: dict[tuple[str, str], set[int]] = {}
    if schedule_ids:
        values = {**sight._asdict(), "schedule_ids": list(schedule_ids)}
        for schedule_id, time_id, number in map(tuple, connection.execute(_NUMBERS, values)):
            held.setdefault((schedule_id, time_id), set()).add(number)
    return held


def counts(
    connection: Connection,
    hospital_id: str,
    now_ms: int,
    days: tuple[str, str],
    dept_id: str | None,
    doctor_id: str | None,
    unlimited: int,
) -> dict[int, tuple[int, int]]:
    """How many units there are and are free by pool, of schedules that take place; no limit counts as `unlimited`."""
    values = _given(dept_id=dept_id, doctor_id=doctor_id)
    asked = {"hospital_id": hospital_id, "now_ms": now_ms, "first_day": days[0], "last_day": days[1]}
    found = connection.execute(_asked(_COUNTS, **values), {**asked, "unlimited": unlimited, **values})
    return {row[0]: (int(row[1]), int(row[2])) for row in map(tuple, found)}


def loads(connection: Connection, hospital_id: str, day: str, since: int) -> list[Load]:
    """How busy the departments are on `day`; `since` is the moment from which a visit counts as just seen."""
    found = connection.execute(_LOADS, {"hospital_id": hospital_id, "day": day, "since": since})
    return [Load(row[0], row[1], bool(row[2]), int(row[3]), int(row[4]), int(row[5])) for row in map(tuple, found)]
