"""Doctors, patients and cards that are brought in again: what is sealed is compared as it was before it was sealed."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.importing import PATIENTS, Importing
from tests.support.keys import KEYRING
from yiqiao.crypto import SealingKey
from yiqiao.crypto.keyring import SealingUnavailable
from yiqiao.storage import Database

SHEETS = {
    "doctors": "doctor_id,name,sex,job_title,mobile\nYS1,石磊,男,231,15498510001\nYS2,宁远,女,232,\n",
    "patients": PATIENTS,
    "cards": "patient_id,card_type,card_no\nP1,7,0000000001\nP2,7,0000000002\n",
}


@pytest.fixture
async def importing(database: Database, tmp_path: Path) -> Importing:
    """An import that has been done once."""
    made = Importing(database, tmp_path)
    await made.well(**SHEETS)
    return made


async def test_a_second_run_leaves_every_byte_as_it_is(importing: Importing) -> None:
    before = await importing.lying()
    await importing.well(**SHEETS)
    assert await importing.lying() == before


@pytest.mark.parametrize(
    ("name", "old", "new", "table"),
    [
        ("doctors", "15498510001", "15498510009", "doctor"),
        ("doctors", "男,231", "男,232", "doctor"),
        ("patients", "15498510003", "15498510009", "patient"),
        ("patients", "1992-07-28", "1992-07-29", "patient"),
    ],
)
async def test_only_the_row_that_has_changed_is_filed_again(
    importing: Importing, name: str, old: str, new: str, table: str
) -> None:
    before = await importing.lying()
    await importing.well(**{**SHEETS, name: SHEETS[name].replace(old, new)})
    after = await importing.lying()
    assert {one for one in before if before[one] != after[one]} == {table}
    assert len(set(before[table]) - set(after[table])) == 1


async def test_a_visit_is_kept_when_a_patient_changes(importing: Importing) -> None:
    visited = text("UPDATE patient SET visited_at = 77 WHERE patient_id = 'P1'")
    await importing.database.write(lambda connection: connection.execute(visited))
    await importing.well(patients=PATIENTS.replace("15498510002", "15498510009"))
    row = text("SELECT visited_at, created_at < changed_at FROM patient WHERE patient_id = 'P1'")
    assert await importing.database.read(lambda c: tuple(c.execute(row).one())) == (77, True)


async def test_a_newer_key_is_no_change(importing: Importing) -> None:
    before = await importing.lying()
    newer = SealingKey("k2", bytes(range(1, 17)))
    importing.keyring = replace(KEYRING, sealing=newer, sealing_by_id={**KEYRING.sealing_by_id, newer.id: newer})
    await importing.well(**SHEETS)
    assert await importing.lying() == before


async def test_what_cannot_be_opened_is_not_overwritten(importing: Importing) -> None:
    before = await importing.lying()
    other = SealingKey("k9", bytes(range(1, 17)))
    importing.keyring = replace(KEYRING, sealing=other, sealing_by_id={other.id: other})
    with pytest.raises(SealingUnavailable):
        await importing.bring(**SHEETS)
    assert await importing.lying() == before


async def test_an_import_broken_off_in_a_portion_is_run_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch
) -> None:
    more = PATIENTS + "P3,陶文静,2,1990-01-01,15498510004,1,359851199001010228\n"
    moved = more.replace("15498510002", "15498510009")
    await importing.broken_off(monkeypatch, 1, patients=moved)
    assert len((await importing.lying())["patient"]) == 2
    await importing.well(patients=moved)
    whole = await importing.lying()
    assert len(whole["patient"]) == 3
    await importing.well(patients=moved)
    assert await importing.lying() == whole
