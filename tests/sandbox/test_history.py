"""What a generated month holds agrees with itself, on each engine."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.hospital.booking.book import unseal
from yiqiao.hospital.booking.rules import age_on
from yiqiao.hospital.checkups.service import LocalCheckups
from yiqiao.hospital.house import House
from yiqiao.hospital.sealing import open_record
from yiqiao.sandbox.history.appointments import day_of
from yiqiao.sandbox.history.checkups import checkup_rows
from yiqiao.sandbox.history.day import file_day, file_newcomers, file_today, known_to, prepared
from yiqiao.sandbox.hospitals import furnishing
from yiqiao.sandbox.residents import residents
from yiqiao.sandbox.staff import CHILD_AGE, PLANS, doctors
from yiqiao.storage import Database
from yiqiao.storage.clinical import RecordRow
from yiqiao.storage.orders import OrderRow

NOW_MS = 1_795_000_000_000
TODAY = date(2026, 11, 18)
MONTH = 30
PLAN = PLANS[0]
DOCTORS = {one.doctor_id: one for one in doctors(PLAN)}


def rows(connection: Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(text(sql))]


async def month(database: Database) -> None:
    """A month of the people's hospital, and today."""
    await database.write(furnishing(KEYRING, FixedClock(NOW_MS)))
    since = TODAY - timedelta(days=MONTH)
    await database.write(lambda c: file_newcomers(c, KEYRING, PLAN, since))
    await database.write(lambda c: file_today(c, KEYRING, PLAN, TODAY))
    for ago in range(1, MONTH + 1):
        await past(database, TODAY - timedelta(days=ago))


async def past(database: Database, day: date) -> None:
    """A day of it."""
    who = await database.read(lambda c: known_to(c, PLAN))
    made = prepared(KEYRING, PLAN, day, who)
    await database.write(lambda c: file_day(c, KEYRING, made))


async def test_a_month_agrees_with_itself(database: Database) -> None:
    await month(database)
    await database.write(lambda c: c.exec_driver_sql("ANALYZE"))  # as a server does by itself, a minute later

    def check(connection: Connection) -> None:
        units_are_those_of_orders(connection)
        orders_have_come_to_their_ends(connection)
        orders_keep_to_the_rules(connection)
        money_adds_up(connection)
        stays_are_paid(connection)
        papers_name_doctors_and_visits(connection)

    await database.read(check)


def units_are_those_of_orders(connection: Connection) -> None:
    """What a pool counts as taken is held by orders that live, each with a number of its own."""
    taken = "SELECT schedule_id, time_id, pool, taken FROM slot_pool WHERE taken > 0"
    living = (
        "SELECT schedule_id, time_id, pool, COUNT(*) FROM registration_order"
        " WHERE state NOT IN ('cancelled', 'stopped') GROUP BY schedule_id, time_id, pool"
    )
    locks = (
        "SELECT schedule_id, time_id, pool, COUNT(*) FROM slot_lock WHERE state = 'ordered'"
        " GROUP BY schedule_id, time_id, pool"
    )
    found = sorted(rows(connection, taken))
    assert found
    assert found == sorted(rows(connection, living)) == sorted(rows(connection, locks))


def orders_have_come_to_their_ends(connection: Connection) -> None:
    """20 to 40 orders a day, in every state that an old order can have; sessions called off left nobody expected."""
    a_day = rows(connection, "SELECT day, COUNT(*) FROM registration_order GROUP BY day")
    assert len(a_day) == MONTH + 1
    assert all(20 <= count <= 40 for _, count in a_day)
    ends = "SELECT DISTINCT state, paid FROM registration_order WHERE day < '2026-11-18'"
    assert set(rows(connection, ends)) >= {
        ("visited", "paid"),
        ("registered", "paid"),
        ("booked", "unpaid"),
        ("cancelled", "unpaid"),
        ("cancelled", "refunded"),
        ("stopped", "refunded"),
    }
    assert set(rows(connection, "SELECT state FROM registration_order WHERE day = '2026-11-18'")) == {("registered",)}
    left = (
        "SELECT COUNT(*) FROM schedule s JOIN registration_order o ON o.hospital_id = s.hospital_id"
        " AND o.schedule_id = s.schedule_id WHERE s.state = 'stopped' AND o.state NOT IN ('stopped', 'cancelled')"
    )
    assert rows(connection, left) == [(0,)]
    stops = "SELECT COUNT(*) FROM stop x JOIN schedule s ON s.schedule_id = x.schedule_id WHERE s.state = 'stopped'"
    assert rows(connection, stops)[0][0] > 3
    late = (
        "SELECT COUNT(*) FROM registration_order WHERE registered_at < ordered_at OR fetched_at < registered_at"
        " OR visited_at < fetched_at OR cancelled_at < ordered_at OR stopped_at < paid_at OR refunded_at < paid_at"
    )
    assert rows(connection, late) == [(0,)]


def orders_keep_to_the_rules(connection: Connection) -> None:
    """Patient, schedule and doctor are on file and go together; limits of sex and age are kept."""
    on_file = (
        f"SELECT {', '.join('o.' + name for name in OrderRow._fields)}, d.sex_limit, d.baby_flag"
        " FROM registration_order o"
        " JOIN patient p ON p.hospital_id = o.hospital_id AND p.patient_id = o.patient_id"
        " JOIN schedule s ON s.hospital_id = o.hospital_id AND s.schedule_id = o.schedule_id"
        " AND s.dept_id = o.dept_id AND s.doctor_id = o.doctor_id AND s.day = o.day AND s.session = o.session"
        " JOIN doctor w ON w.hospital_id = o.hospital_id AND w.doctor_id = o.doctor_id"
        " JOIN department d ON d.hospital_id = o.hospital_id AND d.dept_id = o.dept_id"
    )
    found = rows(connection, on_file)
    assert [(len(found),)] == rows(connection, "SELECT COUNT(*) FROM registration_order")
    for *values, sex_limit, baby_flag in found:
        order = OrderRow._make(values)
        visitor = unseal(KEYRING, order).visitor
        age = age_on(order.day, visitor.birthday)
        assert sex_limit in (0, visitor.sex)
        assert (age <= CHILD_AGE) == (baby_flag == 1)
        assert age >= 0
        assert DOCTORS[order.doctor_id].dept.dept_id == order.dept_id
        assert order.visit_doctor_id in (None, order.doctor_id)


def money_adds_up(connection: Connection) -> None:
    """Bills are the sums of their lines, payments those of their bills, and every act of the books is nothing."""
    unequal = (
        "SELECT COUNT(*) FROM bill b WHERE b.amount <> (SELECT SUM(l.amount) FROM bill_line l"
        " WHERE l.hospital_id = b.hospital_id AND l.presc_no = b.presc_no)"
    )
    assert rows(connection, unequal) == [(0,)]
    unpaid = (
        "SELECT COUNT(*) FROM bill b LEFT JOIN bill_payment p ON p.hospital_id = b.hospital_id"
        " AND p.trade_no = b.trade_no WHERE b.state <> 'due' AND (p.amount IS NULL OR p.amount <> b.amount"
        " OR p.state <> b.state OR p.patient_id <> b.patient_id)"
    )
    assert rows(connection, unpaid) == [(0,)]
    assert set(rows(connection, "SELECT DISTINCT state FROM bill_payment")) == {("paid",), ("refunded",)}
    acts = rows(connection, "SELECT act, SUM(amount) FROM ledger_entry GROUP BY act")
    assert all(amount == 0 for _, amount in acts)
    paid, back = (
        rows(connection, f"SELECT SUM(amount) FROM bill_payment WHERE state IN ({states})")[0][0] or 0
        for states in ("'paid', 'refunded'", "'refunded'")
    )
    income = rows(connection, "SELECT SUM(amount) FROM ledger_entry WHERE account = 'income'")[0][0]
    assert -income == paid - back


def stays_are_paid(connection: Connection) -> None:
    """Who has gone home has put down what arose, to the 分, and came to no doctor meanwhile."""
    sums = (
        "SELECT a.inpatient_no, (SELECT SUM(c.amount) FROM inpatient_charge c WHERE c.inpatient_no = a.inpatient_no),"
        " (SELECT SUM(d.amount) FROM deposit d WHERE d.inpatient_no = a.inpatient_no)"
        " FROM admission a WHERE a.discharged_at IS NOT NULL"
    )
    found = rows(connection, sums)
    assert len(found) > MONTH // 2
    assert all(arisen == put_down > 0 for _, arisen, put_down in found)
    meanwhile = (
        "SELECT COUNT(*) FROM registration_order o JOIN admission a ON a.hospital_id = o.hospital_id"
        " AND a.patient_id = o.patient_id WHERE o.visited_at BETWEEN a.admitted_at AND a.discharged_at"
    )
    assert rows(connection, meanwhile) == [(0,)]


def papers_name_doctors_and_visits(connection: Connection) -> None:
    """Reports, prescriptions and bills name doctors of the hospital; one of a kind at most for each visit."""
    hospital = f"hospital_id = '{PLAN.hospital_id}'"
    names = {one.name for one in DOCTORS.values()}
    sql = f"SELECT {', '.join(RecordRow._fields)} FROM clinical_record WHERE {hospital}"
    records = [RecordRow._make(row) for row in rows(connection, sql)]
    kinds = {kind: [open_record(KEYRING, row) for row in records if row.kind == kind] for kind in ("lab", "exam")}
    recipes = [open_record(KEYRING, row) for row in records if row.kind == "prescription"]
    checkups = [open_record(KEYRING, row) for row in records if row.kind == "checkup"]
    assert min(map(len, (*kinds.values(), recipes, checkups))) > 10
    assert {one["doctor"] for found in (*kinds.values(), checkups) for one in found} <= names
    for recipe in recipes:
        doctor = DOCTORS[recipe["doctor_id"]]
        assert (doctor.name, doctor.dept.dept_id) == (recipe["doctor_name"], recipe["dept_id"])
    assert {row[0] for row in rows(connection, f"SELECT ordered_by FROM bill WHERE {hospital}")} <= names
    visited = rows(connection, "SELECT COUNT(*) FROM registration_order WHERE state = 'visited'")[0][0]
    bills = rows(connection, f"SELECT COUNT(*) FROM bill WHERE {hospital} AND state <> 'due'")[0][0]
    assert visited == bills


async def test_a_checkup_can_be_asked_for(database: Database) -> None:
    await month(database)
    day = TODAY - timedelta(days=1)
    while not (found := list(checkup_rows(KEYRING, PLAN, day, residents()))):
        day -= timedelta(days=1)
    values = open_record(KEYRING, found[0])
    house = House(database, KEYRING, FixedClock(NOW_MS))
    told = await LocalCheckups(house, PLAN.hospital_id).find(values["report_id"], values["id_no"])
    assert told.name == values["name"]
    assert {item.dept_id for item in told.items} == {one.dept_id for one in told.departments}


def test_nobody_is_at_both_hospitals_on_a_day() -> None:
    for ago in range(1, MONTH):
        day = TODAY - timedelta(days=ago)
        here, there = ({one.resident.number for one in day_of(plan, day, residents()).appointments} for plan in PLANS)
        assert not here & there


async def test_a_day_that_is_on_file_stays_as_it_is(database: Database) -> None:
    await database.write(furnishing(KEYRING, FixedClock(NOW_MS)))
    day = TODAY - timedelta(days=1)
    counted = text("SELECT COUNT(*) FROM registration_order UNION ALL SELECT COUNT(*) FROM ledger_entry")
    await past(database, day)
    before = await database.read(lambda c: c.execute(counted).all())
    await past(database, day)
    assert await database.read(lambda c: c.execute(counted).all()) == before
