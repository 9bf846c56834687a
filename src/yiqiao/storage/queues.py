"""The statements on queues, on both engines. A line's row is the lock of everything that happens in it."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, text

from yiqiao.storage.tables.clinical import queue_entry, queue_line


class LineKey(NamedTuple):
    """A line of a day; `doctor_id` is "" where whoever is free calls."""

    hospital_id: str
    day: str
    dept_id: str
    doctor_id: str


class EntryRow(NamedTuple):
    """Who waits, as stored: the name sealed."""

    hospital_id: str
    day: str
    dept_id: str
    doctor_id: str
    number: int
    patient_id: str
    state: str
    key_id: str
    sealed: bytes
    registered_at: int
    called_at: int | None = None


class LineRow(NamedTuple):
    """A line as it is shown."""

    dept_id: str
    dept_name: str
    doctor_id: str
    doctor_name: str
    clinic_type: str
    mark: str


class CallingRow(NamedTuple):
    """How far a line had come at some moment."""

    line: LineRow
    number: int | None
    called_at: int | None
    last_number: int


class WaitingRow(NamedTuple):
    """A patient's entry, its line, and how many of that line are called before."""

    line: LineRow
    entry: EntryRow
    ahead: int


_OF_LINE = "hospital_id = :hospital_id AND day = :day AND dept_id = :dept_id AND doctor_id = :doctor_id"
_SHOWN = "l.dept_id, COALESCE(d.name, ''), l.doctor_id, COALESCE(w.name, ''), l.clinic_type, l.mark"
_NAMED = (
    " LEFT JOIN department d ON d.hospital_id = l.hospital_id AND d.dept_id = l.dept_id"
    " LEFT JOIN doctor w ON w.hospital_id = l.hospital_id AND w.doctor_id = l.doctor_id"
)
_SAME_LINE = "e.hospital_id = l.hospital_id AND e.day = l.day AND e.dept_id = l.dept_id AND e.doctor_id = l.doctor_id"
_ENTRY = EntryRow._fields
_WIDTH = len(LineRow._fields)

_NEXT_NUMBER = text(
    "INSERT INTO queue_line (hospital_id, day, dept_id, doctor_id, clinic_type, mark, last_number)"
    " VALUES (:hospital_id, :day, :dept_id, :doctor_id, :clinic_type, :mark, 1)"
    " ON CONFLICT (hospital_id, day, dept_id, doctor_id)"
    " DO UPDATE SET last_number = queue_line.last_number + 1 RETURNING last_number"
)
_LOCK = text(f"UPDATE queue_line SET last_number = last_number WHERE {_OF_LINE} RETURNING last_number")
_ENTRIES = f"SELECT {', '.join(_ENTRY)} FROM queue_entry WHERE {_OF_LINE}"
_BY_NUMBER = text(f"{_ENTRIES} AND number = :number")
_FIRST_WAITING = text(f"{_ENTRIES} AND state = 'waiting' ORDER BY number LIMIT 1")
_CALLED = text(f"{_ENTRIES} AND state = 'called' ORDER BY called_at DESC, number DESC LIMIT 1")
_WAITS = text(f"SELECT 1 FROM queue_entry WHERE {_OF_LINE} AND patient_id = :patient_id AND state = 'waiting'")
_MOVE = text(
    "UPDATE queue_entry SET state = :state, called_at = COALESCE(CAST(:called_at AS bigint), called_at)"
    f" WHERE {_OF_LINE} AND number = :number"
)
_CALLING = text(
    "WITH called AS (SELECT dept_id, doctor_id, number, called_at,"
    " ROW_NUMBER() OVER (PARTITION BY dept_id, doctor_id ORDER BY called_at DESC, number DESC) AS place"
    " FROM queue_entry WHERE hospital_id = :hospital_id AND day = :day AND called_at <= :until),"
    " taken AS (SELECT dept_id, doctor_id, MAX(number) AS last_number FROM queue_entry"
    " WHERE hospital_id = :hospital_id AND day = :day AND registered_at <= :until GROUP BY dept_id, doctor_id)"
    f" SELECT {_SHOWN}, c.number, c.called_at, t.last_number FROM queue_line l"
    " JOIN taken t ON t.dept_id = l.dept_id AND t.doctor_id = l.doctor_id"
    " LEFT JOIN called c ON c.dept_id = l.dept_id AND c.doctor_id = l.doctor_id AND c.place = 1"
    f"{_NAMED} WHERE l.hospital_id = :hospital_id AND l.day = :day ORDER BY l.dept_id, l.doctor_id"
)
_WAITING = text(
    f"SELECT {_SHOWN}, {', '.join('e.' + name for name in _ENTRY)}, (SELECT COUNT(*) FROM queue_entry b"
    " WHERE b.hospital_id = e.hospital_id AND b.day = e.day AND b.dept_id = e.dept_id"
    " AND b.doctor_id = e.doctor_id AND b.state = 'waiting' AND b.number < e.number AND e.state = 'waiting')"
    f" FROM queue_entry e JOIN queue_line l ON {_SAME_LINE}{_NAMED}"
    " WHERE e.hospital_id = :hospital_id AND e.day = :day AND e.patient_id = :patient_id"
    " AND e.state IN ('waiting', 'called') ORDER BY e.registered_at, l.dept_id, l.doctor_id"
)


def next_number(connection: Connection, key: LineKey, clinic_type: str, mark: str) -> int:
    """The next number of a line, which begins with the first; nobody else does anything in it until we are done."""
    values = {**key._asdict(), "clinic_type": clinic_type, "mark": mark}
    return int(connection.execute(_NEXT_NUMBER, values).scalar_one())


def lock_line(connection: Connection, key: LineKey) -> bool:
    """Be alone with a line; False where there is none."""
    return connection.execute(_LOCK, key._asdict()).one_or_none() is not None


def add_entry(connection: Connection, row: EntryRow) -> None:
    """Somebody waits from now on."""
    connection.execute(insert(queue_entry), row._asdict())


def entry(connection: Connection, key: LineKey, number: int) -> EntryRow | None:
    """Who has a number."""
    found = connection.execute(_BY_NUMBER, {**key._asdict(), "number": number}).one_or_none()
    return None if found is None else EntryRow._make(found)


def first_waiting(connection: Connection, key: LineKey) -> EntryRow | None:
    """Who is called next."""
    found = connection.execute(_FIRST_WAITING, key._asdict()).one_or_none()
    return None if found is None else EntryRow._make(found)


def called(connection: Connection, key: LineKey) -> EntryRow | None:
    """Who was called last and is not done."""
    found = connection.execute(_CALLED, key._asdict()).one_or_none()
    return None if found is None else EntryRow._make(found)


def waits(connection: Connection, key: LineKey, patient_id: str) -> bool:
    """Whether a patient waits in this line already."""
    return connection.execute(_WAITS, {**key._asdict(), "patient_id": patient_id}).first() is not None


def move(connection: Connection, key: LineKey, number: int, state: str, called_at: int | None = None) -> None:
    """Put an entry into another state."""
    values = {**key._asdict(), "number": number, "state": state, "called_at": called_at}
    connection.execute(_MOVE, values)


def forget_before(connection: Connection, hospital_id: str, day: str) -> None:
    """Delete the lines of the days before."""
    for table in (queue_entry, queue_line):
        connection.execute(delete(table).where(table.c.hospital_id == hospital_id, table.c.day < day))


def calling(connection: Connection, hospital_id: str, day: str, until_ms: int) -> list[CallingRow]:
    """Every line of the day in which somebody had a number by then."""
    found = connection.execute(_CALLING, {"hospital_id": hospital_id, "day": day, "until": until_ms})
    return [CallingRow(LineRow._make(row[:_WIDTH]), *row[_WIDTH:]) for row in map(tuple, found)]


def waiting(connection: Connection, hospital_id: str, day: str, patient_id: str) -> list[WaitingRow]:
    """Where a patient waits, or was just called."""
    found = connection.execute(_WAITING, {"hospital_id": hospital_id, "day": day, "patient_id": patient_id})
    return [
        WaitingRow(LineRow._make(row[:_WIDTH]), EntryRow._make(row[_WIDTH:-1]), row[-1]) for row in map(tuple, found)
    ]
