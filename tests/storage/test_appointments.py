"""The lists of appointments that operators look at, on both engines, and which index each of them reads."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event

from yiqiao.storage import Database, appointments
from yiqiao.storage.appointments import AppointmentRow, BacklogRow, EventRow, ReportRow, Wanted, Where

DAY = "2026-11-21"
EVERY = ("stuck", "refunding", "registered", "cancelled")


def row(number: int, state: str, **changed: Any) -> AppointmentRow:
    text = ("time_id", "begins", "ends", "dept_name", "doctor_name", "ending", "reason")
    absent = ("deadline", "trade_no", "pay_channel", "paid_at", "refunded_at", "order_no", "number")
    values: dict[str, Any] = dict.fromkeys(AppointmentRow._fields, 0)
    values |= dict.fromkeys(text, "") | dict.fromkeys(absent)
    values |= {
        "person_id": f"p{number % 3}",
        "order_id": f"N{number}",
        "hospital_id": "h1",
        "hospital_name": "云桥县人民医院",
        "schedule_id": "PB1",
        "dept_id": "D1",
        "doctor_id": "Y1",
        "day": DAY,
        "state": state,
        "next_at": 1000 - number,
        "paid": "paid",
        "key_id": "k1",
        "sealed": b"",
        "version": 1,
        "created_at": number // 2,
    }
    return AppointmentRow(**values | changed)


@pytest.fixture
async def filed(database: Database) -> Database:
    """Eight appointments at two hospitals, two of them in each state."""
    rows = [row(n, EVERY[n % 4]) for n in range(7)]
    rows += [row(7, "cancelled", hospital_id="h2", hospital_name="云桥县中医院", day="2026-11-22", changed_at=5)]
    rows[1] = rows[1]._replace(tries=3)
    rows[2] = rows[2]._replace(hospital_name="旧名", changed_at=-1)

    def write(connection: Connection) -> None:
        for one in rows:
            appointments.add(connection, one, EventRow(one.person_id, one.order_id, 1, 0, "", one.state, "x", 0, ""))

    await database.write(write)
    return database


async def listed(database: Database, wanted: Wanted, *, due_first: bool = False) -> list[str]:
    """All pages, of three."""
    found: list[str] = []
    after: Where | None = None
    while True:

        def read(connection: Connection, after: Where | None = after) -> list[AppointmentRow]:
            return appointments.listed(connection, wanted, 3, due_first=due_first, after=after)

        page = await database.read(read)
        found += [one.order_id for one in page]
        if len(page) < 3:
            return found
        after = (page[-1].next_at if due_first else page[-1].created_at, page[-1].order_id)


async def test_the_newest_stand_first_even_within_a_moment(filed: Database) -> None:
    assert await listed(filed, Wanted(EVERY)) == ["N7", "N6", "N5", "N4", "N3", "N2", "N1", "N0"]


async def test_those_that_are_due_first_stand_first(filed: Database) -> None:
    assert await listed(filed, Wanted(("stuck", "refunding")), due_first=True) == ["N5", "N4", "N1", "N0"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(("registered",)), ["N6", "N2"]),
        (Wanted(EVERY, hospitals=["h2"]), ["N7"]),
        (Wanted(EVERY, hospitals=[]), []),
        (Wanted(EVERY, hospitals=["h1", "h2"], day="2026-11-22"), ["N7"]),
        (Wanted(("stuck",), order_id="N4"), ["N4"]),
        (Wanted(("stuck",), order_id="N5"), []),
    ],
)
async def test_lists_show_what_is_wanted(wanted: Wanted, found: list[str], filed: Database) -> None:
    assert await listed(filed, wanted) == found


async def test_hospitals_bear_their_latest_name(filed: Database) -> None:
    names = await filed.read(appointments.hospital_names)
    assert names == {"h1": "云桥县人民医院", "h2": "云桥县中医院"}


async def test_without_appointments_there_are_no_hospitals(database: Database) -> None:
    assert await database.read(appointments.hospital_names) == {}


async def test_a_backlog_is_counted_by_state(filed: Database) -> None:
    found = await filed.read(lambda c: appointments.backlog(c, ("stuck", "refunding", "locking")))
    assert sorted(found) == [BacklogRow("refunding", 2, 1, 995), BacklogRow("stuck", 2, 0, 996)]


async def test_a_report_is_found_by_hospital_day_and_moment(database: Database) -> None:
    rows = [ReportRow("h1", DAY, at, 0, "ops", "{}", "[]") for at in (1, 2)]
    for one in rows:
        await database.write(lambda c, one=one: appointments.add_report(c, one))  # type: ignore[misc]
    assert await database.read(lambda c: appointments.report(c, "h1", DAY, 2)) == rows[1]
    assert await database.read(lambda c: appointments.report(c, "h2", DAY, 2)) is None


@pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL goes by what is in the table, which is nothing here
@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda c: appointments.listed(c, Wanted(EVERY), 3, due_first=False), "ix_appointment_created_at"),
        (lambda c: appointments.listed(c, Wanted(EVERY, ["h1"]), 3, due_first=False), "ix_appointment_created_at"),
        (lambda c: appointments.listed(c, Wanted(EVERY, ["h1"]), 3, due_first=True), "ix_appointment_state (state=?)"),
        (
            lambda c: appointments.listed(c, Wanted(EVERY, ["h1", "h2"], DAY), 3, due_first=False),
            "ix_appointment_schedule (hospital_id=? AND day=?)",
        ),
        (lambda c: appointments.listed(c, Wanted(EVERY, order_id="N"), 3, due_first=True), "ix_appointment_order_id"),
        (lambda c: appointments.listed(c, Wanted(EVERY, order_id="N"), 3, due_first=False), "ix_appointment_order_id"),
        (lambda c: appointments.backlog(c, EVERY), "ix_appointment_state (state=?)"),
        (appointments.hospital_names, "ix_appointment_changed_at (hospital_id=?)"),
    ],
)
async def test_no_list_reads_more_than_it_shows(
    ask: Callable[[Connection], object], index: str, database: Database
) -> None:
    def plan(connection: Connection) -> str:
        said: list[tuple[str, Any]] = []

        def listen(_: object, __: object, statement: str, parameters: Any, *___: object) -> None:
            said.append((statement, parameters))

        event.listen(connection, "before_cursor_execute", listen)
        ask(connection)
        event.remove(connection, "before_cursor_execute", listen)
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {said[0][0]}", said[0][1])
        return " ".join(str(row[3]) for row in rows)

    assert index in await database.read(plan)
