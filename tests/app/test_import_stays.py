"""Stays in hospital and their charges that are brought in; discharged later, charges reversed, unchanged ones left."""

from pathlib import Path

import pytest

from tests.hospital.billing.till import ID_NO, Till
from tests.support.importing import PATIENTS, Importing, told
from yiqiao.ports.hospital.refusals import NoSuchRecord
from yiqiao.storage import Database

ADMISSIONS = (
    "inpatient_no,patient_id,admitted_at,discharged_at,fee_class,ward,bed\n"
    "ZY1,P1,2026-11-16 09:00,,市医保,一病区,3\n"
    "ZY2,P2,2026-11-10 09:00,2026-11-14 10:00,1,,\n"
)
CHARGES = (
    "inpatient_no,line_id,day,item_class,item_name,price,quantity,amount\n"
    "ZY1,1,2026-11-16,床位费,床位费,45,1,\n"
    "ZY1,2,2026-11-16,西药费,葡萄糖注射液,3.3333,3,10.00\n"
    "ZY1,3,2026-11-17,西药费,葡萄糖注射液,3.3333,-1,-3.33\n"
)


@pytest.fixture
async def importing(database: Database, tmp_path: Path) -> Importing:
    """An import into a hospital that has two patients."""
    made = Importing(database, tmp_path)
    await made.well(patients=PATIENTS)
    return made


async def test_a_stay_comes_in_with_its_charges(importing: Importing) -> None:
    await importing.well(admissions=ADMISSIONS, inpatient_charges=CHARGES)
    inpatient = Till(importing.database).inpatient
    stay = await inpatient.stay(ID_NO, None)
    assert (stay.inpatient_no, stay.charged, stay.fee_class, stay.times) == ("ZY1", 4500 + 1000 - 333, 2, 1)
    assert [day.amount for day in (await inpatient.daily(ID_NO, None)).days] == [5500, -333]


async def test_a_second_run_changes_nothing_and_what_was_put_down_stays(importing: Importing) -> None:
    await importing.well(admissions=ADMISSIONS, inpatient_charges=CHARGES)
    till = Till(importing.database)
    await till.put_down("D1", 100_000)
    before = await importing.lying()
    await importing.well(patients=PATIENTS, admissions=ADMISSIONS, inpatient_charges=CHARGES)
    assert await importing.lying() == before


async def test_a_discharge_is_filled_in_later(importing: Importing) -> None:
    await importing.well(admissions=ADMISSIONS, inpatient_charges=CHARGES)
    before = (await importing.lying())["admission"]
    await importing.well(admissions=ADMISSIONS.replace("09:00,,", "09:00,2026-11-19 10:00,"))
    assert len(set((await importing.lying())["admission"]) - set(before)) == 1
    with pytest.raises(NoSuchRecord):
        await Till(importing.database).inpatient.stay(ID_NO, None)


async def test_a_charge_is_corrected(importing: Importing) -> None:
    await importing.well(admissions=ADMISSIONS, inpatient_charges=CHARGES)
    await importing.well(inpatient_charges=CHARGES.replace("45,1", "45,2"))
    assert (await Till(importing.database).inpatient.stay(ID_NO, None)).charged == 9000 + 1000 - 333


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        ("admissions", "ZY1,P1", "ZY1,P9", (2, "patient_id")),
        ("admissions", "2026-11-14 10:00", "2026-11-09 10:00", (3, "discharged_at")),
        ("admissions", "市医保", "省医保", (2, "fee_class")),
        ("admissions", "ZY2", "ZY1", (3, "")),
        ("inpatient_charges", "ZY1,2", "ZY9,2", (3, "inpatient_no")),
        ("inpatient_charges", "ZY1,2", "ZY1,1", (3, "")),
        ("inpatient_charges", "-3.33", "3.33", (4, "amount")),
        ("inpatient_charges", "10.00", "10.01", (3, "amount")),
        ("inpatient_charges", "45,1", "-45,1", (2, "price")),
        ("inpatient_charges", "2026-11-17", "17 日", (4, "day")),
    ],
)
async def test_what_is_wrong_is_told_and_the_rest_goes_in(
    importing: Importing, name: str, old: str, new: str, fault: tuple[int, str]
) -> None:
    sheets = {"admissions": ADMISSIONS, "inpatient_charges": CHARGES}
    found = await importing.bring(**{**sheets, name: sheets[name].replace(old, new)})
    assert told(found[name]) == [fault]
    assert found[name].filed == found[name].rows - 1 == len(sheets[name].splitlines()) - 2
    assert len(importing.aside(name)) == 1


async def test_an_import_broken_off_in_a_portion_is_run_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    await importing.well(admissions=ADMISSIONS)
    await importing.broken_off(monkeypatch, 2, inpatient_charges=CHARGES)
    assert len((await importing.lying())["inpatient_charge"]) == 2
    await importing.well(inpatient_charges=CHARGES)
    assert len((await importing.lying())["inpatient_charge"]) == 3
