"""What a sandbox's hospital knows of residents can be asked for, paid and read as at any other."""

import asyncio
from decimal import Decimal

from sqlalchemy import func, select

from tests.hospital.billing.till import Till
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock, beijing
from yiqiao.hospital.billing.service import LocalOutpatient
from yiqiao.hospital.inpatient.service import LocalInpatient
from yiqiao.hospital.patients.service import LocalPatients
from yiqiao.hospital.prescriptions.service import LocalPrescriptions
from yiqiao.hospital.reports.service import LocalReports
from yiqiao.ports.hospital.prescriptions import PastOf
from yiqiao.sandbox import people
from yiqiao.sandbox.hospitals import furnishing
from yiqiao.sandbox.staff import PLANS
from yiqiao.sandbox.visits import KNOWN, OWING, STAY_DAYS, VISITS_AGO, file_visits
from yiqiao.storage import Database
from yiqiao.storage.tables import metadata

HOSPITAL = PLANS[1].hospital_id
NOW_MS = 1_795_000_000_000
KNOWN_PEOPLE = [one for one in people.people() if one.id_type == "01"][:KNOWN]


async def counts(database: Database) -> dict[str, int]:
    names = ("patient", "patient_card", "bill", "bill_line", "admission", "inpatient_charge", "clinical_record")
    queries = {name: select(func.count()).select_from(metadata.tables[name]) for name in names}
    return await database.read(lambda c: {name: c.execute(query).scalar_one() for name, query in queries.items()})


async def test_a_year_of_visits_bills_and_stays_can_be_asked_for(database: Database) -> None:
    clock = FixedClock(NOW_MS)
    await database.write(furnishing(KEYRING, clock))
    till = Till(database, clock)
    house = till.house
    patients = LocalPatients(house, HOSPITAL, till.insurer)

    first, last = KNOWN_PEOPLE[0], KNOWN_PEOPLE[-1]
    (bill,) = await LocalOutpatient(house, HOSPITAL, patients).due("P98000000001")
    assert bill.amount == sum(line.amount for line in bill.lines) > 0
    assert bill.lines[0].price == Decimal(15)

    labs = await LocalReports(house, HOSPITAL).labs("P98000000001", None)
    days = [(beijing(NOW_MS).date() - beijing(lab.requested_at).date()).days for lab in labs]
    assert len(days) == len(VISITS_AGO)
    assert 0 < min(days) < 30 < 300 < max(days) < 365
    past = await LocalPrescriptions(house, HOSPITAL).past(PastOf(first.id_no, None, None, None), None)
    assert past.total == len(VISITS_AGO)

    stay = await LocalInpatient(house, HOSPITAL).stay(last.id_no, last.name)
    assert stay.charged == STAY_DAYS * (4500 + 2400)


async def test_filing_once_more_changes_nothing(database: Database) -> None:
    clock = FixedClock(NOW_MS)
    await database.write(furnishing(KEYRING, clock))
    before = await counts(database)
    assert (before["patient"], before["bill"]) == (2 * KNOWN, 2 * OWING)
    again = [database.write(lambda c: file_visits(c, KEYRING, PLANS[1], NOW_MS)) for _ in range(2)]
    await asyncio.gather(*again, database.write(furnishing(KEYRING, clock)))
    assert await counts(database) == before


async def test_two_workers_may_begin_at_once(database: Database) -> None:
    clock = FixedClock(NOW_MS)
    await asyncio.gather(*(database.write(furnishing(KEYRING, clock)) for _ in range(2)))
    assert (await counts(database))["patient"] == 2 * KNOWN
