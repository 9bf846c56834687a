"""Records of what was found and prescribed, on each engine: filed, replaced, found, and never readable as they lie."""

import pytest
from sqlalchemy import text

from tests.support.clinical import CHECKUP, ID_NO, LABS, NAME, PATIENT, file_all
from tests.support.hospital import FILED_AT, HOSPITAL
from tests.support.keys import KEYRING
from yiqiao.crypto.keyring import SealingUnavailable
from yiqiao.hospital.reports.service import lab_row
from yiqiao.hospital.sealing import certificate_index, number_index, open_record, patient_index
from yiqiao.storage import Database
from yiqiao.storage.clinical import Kind, RecordRow, Wanted, count, file_records, record, records


@pytest.fixture
async def filed(database: Database) -> Database:
    await database.write(file_all)
    return database


async def _found(database: Database, wanted: Wanted, *part: int) -> list[str]:
    rows = await database.read(lambda connection: records(connection, wanted, *part))
    return [next(iter(open_record(KEYRING, row).values())) for row in rows]


async def test_records_are_found_by_patient_certificate_and_time_the_newest_first(filed: Database) -> None:
    patient = [patient_index(KEYRING, PATIENT)]
    assert await _found(filed, Wanted(HOSPITAL, Kind.LAB, patient)) == ["JY2", "JY1"]
    assert await _found(filed, Wanted(HOSPITAL, Kind.LAB, patient, since_ms=LABS[1].requested_at)) == ["JY2"]
    assert await _found(filed, Wanted(HOSPITAL, Kind.LAB, patient, before_ms=LABS[1].requested_at)) == ["JY1"]
    assert await _found(filed, Wanted("9851002", Kind.LAB, patient)) == []
    prescribed = Wanted(HOSPITAL, Kind.PRESCRIPTION, certificate_index=certificate_index(KEYRING, ID_NO))
    assert await _found(filed, prescribed) == ["CF3", "CF2", "CF1"]
    assert await _found(filed, prescribed, 1, 1) == ["CF2"]
    assert await filed.read(lambda connection: count(connection, prescribed)) == 3


async def test_a_number_that_is_filed_again_has_its_new_content(filed: Database) -> None:
    changed = lab_row(KEYRING, HOSPITAL, LABS[2].__class__("JY1", PATIENT, "改", LABS[0].requested_at), FILED_AT + 1)
    await filed.write(lambda connection: file_records(connection, [changed, changed]))
    index = number_index(KEYRING, Kind.LAB, "JY1")
    row = await filed.read(lambda connection: record(connection, HOSPITAL, Kind.LAB, index))
    assert row is not None
    assert (open_record(KEYRING, row)["name"], row.changed_at) == ("改", FILED_AT + 1)
    wanted = Wanted(HOSPITAL, Kind.LAB, [patient_index(KEYRING, PATIENT)])
    assert await filed.read(lambda connection: count(connection, wanted)) == 2


async def test_nothing_of_a_record_can_be_read_where_it_lies(filed: Database) -> None:
    rows = await filed.read(lambda connection: connection.execute(text("SELECT * FROM clinical_record")).all())
    kept = repr([tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) for row in rows])
    for personal in (PATIENT, ID_NO, NAME, CHECKUP.name, CHECKUP.id_no, "JY1", "CF1"):
        assert personal not in kept
        assert repr(personal.encode())[2:-1] not in kept
    assert NAME not in repr(LABS)
    assert ID_NO not in repr(CHECKUP)


async def test_a_record_in_anothers_place_is_not_opened(filed: Database) -> None:
    first, second = (lab_row(KEYRING, HOSPITAL, report, FILED_AT) for report in LABS[:2])
    swapped = RecordRow._make(first)._replace(sealed=second.sealed)
    with pytest.raises(SealingUnavailable):
        open_record(KEYRING, swapped)
