"""Queues, reports, physical examinations and prescriptions of a hospital elsewhere are what its own tables say."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import TypeVar

import pytest

from tests.dialects.convenience.remote.elsewhere import Stranger, connected
from tests.support.clinical import ID_NO, NAME, OTHER_ID_NO, PATIENT, file_all
from tests.support.hospital import HOSPITAL
from tests.support.hub import Hub
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.hospital.house import House
from yiqiao.hospital.queue.service import Door, LocalQueue
from yiqiao.ports.hospital import HospitalSystem
from yiqiao.ports.hospital.checkups import Checkup
from yiqiao.ports.hospital.prescriptions import PastOf
from yiqiao.ports.hospital.queue import Line
from yiqiao.ports.hospital.refusals import NoSuchRecord, NotOffered, TransactionFailed
from yiqiao.ports.hospital.reports import NO_DANGER, ExamReport, ExamSubject, LabReport
from yiqiao.ports.hospital.values import Page, Paging
from yiqiao.storage import Write

T = TypeVar("T")


@pytest.fixture
async def there(hub: Hub) -> AsyncIterator[RemoteHospital]:
    keyring = hub.runtime.keyring
    await hub.runtime.database.write(lambda connection: file_all(connection, keyring=keyring))
    async with connected(hub, "standard") as hospital:
        yield hospital


@pytest.fixture
def here(hub: Hub) -> HospitalSystem:
    return hub.runtime.hospitals.of(HOSPITAL)


async def test_laboratory_reports(there: RemoteHospital, here: HospitalSystem) -> None:
    for since in (None, (await here.reports.labs(PATIENT, None))[0].requested_at):
        listed = await here.reports.labs(PATIENT, since)
        assert await there.reports.labs(PATIENT, since) == tuple(replace(one, items=()) for one in listed)
    for test_no in ("JY1", "JY2"):
        told, one = await there.reports.lab(test_no), await here.reports.lab(test_no)
        assert told == LabReport(
            test_no=test_no,
            patient_id="",
            name="",
            requested_at=0,
            items=tuple(item if item.danger.critical else replace(item, danger=NO_DANGER) for item in one.items),
            inpatient=one.inpatient,
            reported_at=one.reported_at or one.audited_at,
        )
        assert [item.danger.critical for item in told.items] == [item.danger.critical for item in one.items]


async def test_examination_reports(there: RemoteHospital, here: HospitalSystem) -> None:
    for since in (None, (await here.reports.exams(PATIENT, None))[0].examined_at):
        listed = await here.reports.exams(PATIENT, since)
        told = await there.reports.exams(PATIENT, since)
        assert told == tuple(replace(one, subject=ExamSubject()) for one in listed)
    for exam_no in ("JC1", "JC2"):
        one = await here.reports.exam(exam_no)
        assert await there.reports.exam(exam_no) == ExamReport(
            exam_no, one.patient_id, one.examined_at, one.subject, inpatient=one.inpatient
        )


async def test_physical_examinations(there: RemoteHospital, here: HospitalSystem) -> None:
    whole = await here.checkups.find("TJ1", OTHER_ID_NO)
    assert await there.checkups.find("TJ1", OTHER_ID_NO) == whole
    rows = (whole.items, whole.departments, whole.conclusions)
    assert await there.checkups.find("TJ1") == Checkup(
        "TJ1", id_no="", name="", sex=None, day="", items=rows[0], departments=rows[1], conclusions=rows[2]
    )
    for report_id, id_no in (("TJ1", ID_NO), ("TJ9", OTHER_ID_NO), ("TJ9", None)):
        with pytest.raises(NoSuchRecord):
            await there.checkups.find(report_id, id_no)


async def test_prescriptions_of_the_past(there: RemoteHospital, here: HospitalSystem) -> None:
    for question in (
        PastOf(ID_NO, None, None, None),
        PastOf(ID_NO, PATIENT, None, None),
        PastOf(ID_NO, None, "2026-09-02", "2026-10-31"),
    ):
        for paging in (None, Paging(1, 1)):
            assert await there.prescriptions.past(question, paging) == await here.prescriptions.past(question, paging)
    with pytest.raises(NoSuchRecord):
        await there.prescriptions.past(PastOf(ID_NO, None, None, None), Paging(9, 20))
    with pytest.raises(NoSuchRecord):
        await there.prescriptions.past(PastOf(OTHER_ID_NO, None, None, None), None)


async def test_who_is_called_and_how_many_wait(there: RemoteHospital, here: HospitalSystem, hub: Hub) -> None:
    queue = LocalQueue(House(hub.runtime.database, hub.runtime.keyring, hub.clock), HOSPITAL)

    async def do(write: Write[T]) -> None:
        await hub.runtime.database.write(lambda c: write.lane.execute(c, [write.command]))

    with pytest.raises(NoSuchRecord):
        await there.queue.calling(None)
    for n in range(3):
        await do(queue.take(Door("D0101", "YS8101"), f"P{n}", NAME))
    await do(queue.take(Door("D0201", ""), "P3", NAME))
    for _ in range(2):
        for until in (None, minute(hub.clock.now_ms()) + 60_000):
            told = await there.queue.calling(until)
            known = await here.queue.calling(until)
            assert told == tuple(replace(one, called_at=one.called_at and minute(one.called_at)) for one in known)
        for patient_id in ("P0", "P2", "P3"):
            places = await here.queue.waiting(patient_id)
            assert await there.queue.waiting(patient_id) == tuple(
                replace(
                    one,
                    line=replace(one.line, clinic_type=""),
                    registered_at=minute(one.registered_at),
                )
                for one in places
            )
        await do(queue.call("D0101", "YS8101"))
    with pytest.raises(NoSuchRecord):
        await there.queue.waiting("P9")


def minute(at: int) -> int:
    return at // 60_000 * 60_000


async def test_lines_are_read_whatever_a_hospital_writes(stranger: Stranger) -> None:
    line = {"DEPT_CODE": "D1", "DEPT_NAME": "内科", "DOCTOR_NAME": "普通号", "MARK_DESC": "内科普通号"}
    stranger.says("queryCurrenNumber", TIME_REG_LIST={**line, "CURRENT_CALL_NUMBER": "A12"})
    (one,) = await stranger.hospital.queue.calling(None)
    assert one.line == Line("D1", "内科", "", "", "", "")
    assert (one.number, one.called_at, one.last_number) == (None, None, 0)
    stranger.says("queryPatsQueue", TIME_REG_LIST={**line, "PATIENT_NUMBER": "7"})
    (place,) = await stranger.hospital.queue.waiting("P1")
    assert (place.patient_id, place.number, place.ahead) == ("P1", 7, 6)
    stranger.says("queryCurrenNumber", "99")
    assert (await stranger.hospital.queue.waiting("P1"))[0].ahead == 6


async def test_empty_lists_are_as_good_as_none(stranger: Stranger) -> None:
    hospital = stranger.hospital
    for code in ("0", "12"):
        for function in (
            "queryCurrenNumber",
            "queryPatsQueue",
            "queryCheckListMaster",
            "queryCheckListDetails",
            "queryExamMaster",
            "queryExamDetails",
            "funmain",
        ):
            stranger.says(function, code)
        for asked in (
            hospital.queue.calling(None),
            hospital.queue.waiting("P1"),
            hospital.reports.labs("P1", None),
            hospital.reports.lab("JY1"),
            hospital.reports.exams("P1", None),
            hospital.reports.exam("JC1"),
            hospital.prescriptions.past(PastOf(ID_NO, None, None, None), None),
        ):
            with pytest.raises(NoSuchRecord):
                await asked


async def test_drugs_are_read_whatever_a_hospital_leaves_out(stranger: Stranger) -> None:
    drug = {"HOSPITAL_MEDICINE_NAME": "阿莫西林胶囊", "TAKE_MEDICAL_NUMBER": "2", "PACKAGEUNIT": "盒", "PRICE": "面议"}
    recipe = {"RECIPE_NO": "CF1", "RECIPE_DATE": "20261101", "RECIPE_DRUG_INFO_LIST": drug}
    stranger.says("funmain", STATE="0", RECIPE_ORDER_LIST=recipe)
    page = await stranger.hospital.prescriptions.past(PastOf(ID_NO, None, None, None), None)
    assert (page.total, page.rows[0].id_no, page.rows[0].times) == (1, ID_NO, None)
    (told,) = page.rows[0].drugs
    assert (told.quantity, told.quantity_unit, told.package_unit, told.unit_price) == ("2", "盒", "", None)
    stranger.says("funmain", STATE="-1", RESULT="系统维护")
    with pytest.raises(TransactionFailed, match="系统维护"):
        await stranger.hospital.prescriptions.past(PastOf(ID_NO, None, None, None), None)
    assert isinstance(page, Page)


async def test_a_profile_without_them_offers_none(hub: Hub) -> None:
    async with connected(hub, "jkt") as hospital:
        for asked in (
            hospital.queue.calling(None),
            hospital.queue.waiting("P1"),
            hospital.reports.labs("P1", None),
            hospital.reports.exam("JC1"),
            hospital.checkups.find("TJ1", ID_NO),
            hospital.prescriptions.past(PastOf(ID_NO, None, None, None), None),
        ):
            with pytest.raises(NotOffered, match="医院接口不支持"):
                await asked
