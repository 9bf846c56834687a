"""The hospitals that a sandbox has, on each engine: topped up as days pass, and left alone where they are not ours."""

from datetime import date

from sqlalchemy import Connection, text

from tests.support.hospital import fill
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.sandbox.hospitals import DAYS, furnishing
from yiqiao.sandbox.staff import PLANS, doctors
from yiqiao.storage import Database
from yiqiao.storage.hospital import find, hospital_ids, last_day

NOW_MS = 1_795_000_000_000  # 2026-11-18


def _counts(connection: Connection) -> dict[str, int]:
    names = ("hospital", "department", "doctor", "schedule", "time_slot", "slot_pool", "price_item")
    return {name: connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one() for name in names}


async def test_two_hospitals_with_40_departments_300_doctors_and_30_days(database: Database) -> None:
    clock = FixedClock(NOW_MS)
    await database.write(furnishing(KEYRING, clock))
    counts = await database.read(_counts)
    assert (counts["hospital"], counts["department"], counts["doctor"]) == (2, 40, 300)
    assert await database.read(hospital_ids) == ["9851001", "9851002"]
    assert await database.read(lambda c: last_day(c, "9851001")) == "2026-12-17"

    await database.write(furnishing(KEYRING, clock))
    assert await database.read(_counts) == counts

    clock.advance(86_400)
    await database.write(furnishing(KEYRING, clock))
    assert await database.read(lambda c: last_day(c, "9851002")) == "2026-12-18"
    days = text("SELECT COUNT(DISTINCT day) FROM schedule WHERE hospital_id = '9851002'")
    assert await database.read(lambda c: c.execute(days).scalar_one()) == DAYS + 1


async def test_a_hospital_that_somebody_else_filed_is_left_alone(database: Database) -> None:
    await database.write(lambda connection: fill(connection, date(2026, 11, 18), 1, name="别家医院"))
    before = text("SELECT COUNT(*) FROM schedule WHERE hospital_id = '9851001'")
    mine = await database.read(lambda c: c.execute(before).scalar_one())
    await database.write(furnishing(KEYRING, FixedClock(NOW_MS)))
    assert await database.read(lambda c: c.execute(before).scalar_one()) == mine
    found = await database.read(lambda c: find(c, "9851001"))
    assert found is not None
    assert found.name == "别家医院"


def test_every_department_without_others_below_it_has_doctors() -> None:
    for plan in PLANS:
        leaves = sum(len(below) or 1 for _, below in plan.tree)
        assert len({one.dept.dept_id for one in doctors(plan)}) == leaves
