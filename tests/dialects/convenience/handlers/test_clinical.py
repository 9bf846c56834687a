"""3.1.6, 3.1.7, 3.1.10, 3.1.11: queues, reports, physical examinations, prescriptions, in the standard's words."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection

from tests.dialects.convenience.handlers.desk import Desk, Refused
from tests.support.clinical import ID_NO, NAME, OTHER_ID_NO, PATIENT, PHONE, file_all, recipe
from tests.support.hospital import FILED_AT, HOSPITAL, fill
from tests.support.hub import Hub
from tests.support.keys import KEYRING
from yiqiao.dialects.convenience.client import Refused as RefusedOverTheWire
from yiqiao.dialects.convenience.functions import by_code, by_method
from yiqiao.hospital.prescriptions.service import prescription_row
from yiqiao.hospital.queue.service import Door, LocalQueue
from yiqiao.storage import Write, archives, open_database
from yiqiao.storage.archives import CardRow, PatientRow
from yiqiao.storage.clinical import file_records
from yiqiao.storage.tables import metadata

SECOND = "9851002"
PHYSICAL_EXAMS = (
    "QueryPhysicalExamReport",
    "QueryPhysicalExamItem",
    "QueryPhysicalExamDept",
    "QueryPhysicalExamConclusion",
)
NOTHING_ON_FILE: tuple[tuple[str, dict[str, str]], ...] = (
    ("queryCurrenNumber", {"CURRENT_CALL_TIME": "2026/11/19 08:00"}),
    ("queryPatsQueue", {"PATIENT_ID": "P0"}),
    ("queryAllNumber", {}),
    ("queryCheckListMaster", {"PATIENT_ID": "P0"}),
    ("queryCheckListDetails", {"TEST_NO": "JY0"}),
    ("queryExamMaster", {"PATIENT_ID": "P0"}),
    ("queryExamDetails", {"EXAM_NO": "JC0"}),
    ("QueryPhysicalExamReport", {"EXAM_REPORT_ID": "TJ1", "ID_NO": ID_NO}),
    ("QueryPhysicalExamItem", {"EXAM_REPORT_ID": "TJ0"}),
    ("QueryPhysicalExamDept", {"EXAM_REPORT_ID": "TJ0"}),
    ("QueryPhysicalExamConclusion", {"EXAM_REPORT_ID": "TJ0"}),
    ("funmain", {"ID_CARD": OTHER_ID_NO}),
)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    """The desk of two hospitals on SQLite; the first has reports, and nobody waits yet."""
    database = await open_database(f"sqlite:///{tmp_path / 'yiqiao.db'}")
    await database.write(_furnish)
    yield Desk(database, (HOSPITAL, SECOND))
    await database.close()


def _furnish(connection: Connection) -> None:
    metadata.create_all(connection)
    fill(connection, date(2026, 11, 20), 1)
    fill(connection, date(2026, 11, 20), 1, hospital_id=SECOND, name="云桥县中医院")
    file_all(connection)


async def _do(desk: Desk, write: Write[int]) -> int:
    [outcome] = await desk.database.write(lambda connection: write.lane.execute(connection, [write.command]))
    assert isinstance(outcome, int)
    return outcome


async def _rows(desk: Desk, operation: str, **asked: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = (await desk.ask(operation, **asked))["TIME_REG_LIST"]
    return rows


async def _code(desk: Desk, operation: str, **asked: str) -> str:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **asked)
    return str(refused.value.code)


@pytest.mark.parametrize(("operation", "asked"), NOTHING_ON_FILE, ids=[name for name, _ in NOTHING_ON_FILE])
async def test_code_12_where_there_is_nothing(desk: Desk, operation: str, asked: dict[str, str]) -> None:
    assert await _code(desk, operation, **asked) == "12"


@pytest.mark.parametrize(("operation", "asked"), NOTHING_ON_FILE, ids=[name for name, _ in NOTHING_ON_FILE])
async def test_code_1_for_a_hospital_that_is_not_served(desk: Desk, operation: str, asked: dict[str, str]) -> None:
    assert await _code(desk, operation, **asked, HOSPITAL_ID="9859999") == "1"


@pytest.mark.parametrize(
    ("operation", "asked"),
    [
        ("queryCurrenNumber", {"CURRENT_CALL_TIME": "09:30"}),
        ("queryCheckListMaster", {"PATIENT_ID": PATIENT, "REQUESTED_DATE_TIME": "昨天"}),
        ("queryExamMaster", {"PATIENT_ID": PATIENT, "EXAM_DATE_TIME": "2026-02-30"}),
        ("funmain", {"ID_CARD": ID_NO, "BEGIN_DATE": "20261101", "END_DATE": "20261031"}),
        ("funmain", {"ID_CARD": ID_NO, "PAGE_NUM": "0", "PAGE_SIZE": "10"}),
        ("funmain", {"ID_CARD": ID_NO, "PAGE_NUM": "1", "PAGE_SIZE": "１０"}),
        ("funmain", {"ID_CARD": ID_NO, "PAGE_NUM": "1", "PAGE_SIZE": "1001"}),
    ],
)
async def test_code_1_for_what_cannot_be_asked(desk: Desk, operation: str, asked: dict[str, str]) -> None:
    assert await _code(desk, operation, **asked) == "1"


async def test_rule_queue_time_the_line_is_told_as_it_was_at_that_minute(desk: Desk) -> None:
    queue = LocalQueue(desk.house, HOSPITAL)
    door = Door("D0101", "YS8101", "专家门诊", "主任号")
    for number in (1, 2, 3):
        await _do(desk, queue.take(door, f"P{number}", NAME))
    for _ in range(2):
        desk.clock.advance(600)
        await _do(desk, queue.call("D0101", "YS8101"))
    [then] = await _rows(desk, "queryCurrenNumber", CURRENT_CALL_TIME="2026/11/20 08:15")
    [now] = await _rows(desk, "queryCurrenNumber", CURRENT_CALL_TIME="2026/11/20 20:00:00")
    assert (then["CURRENT_CALL_NUMBER"], then["CURRENT_CALL_TIME"]) == ("1", "2026/11/20 08:10")
    assert (now["CURRENT_CALL_NUMBER"], now["CURRENT_CALL_TIME"]) == ("2", "2026/11/20 08:20")
    assert (now["DEPT_NAME"], now["DOCTOR_NAME"], now["MARK_DESC"]) == ("心血管内科", "陶文静", "主任号")
    assert (now["CLINIC_TYPE"], now["QUEUE_LAST_NUMBER"]) == ("专家门诊", "3")


async def test_rule_queue_ordinary_and_queue_mark_who_waits_is_told_where_and_at_which_number(desk: Desk) -> None:
    """queue.ordinary, queue.mark"""
    queue = LocalQueue(desk.house, HOSPITAL)
    await _do(desk, queue.take(Door("D0201"), PATIENT, NAME))
    await _do(desk, queue.take(Door("D0101", "YS8101"), PATIENT, NAME))
    doctors, ordinary = await _rows(desk, "queryPatsQueue", PATIENT_ID=PATIENT)
    assert (ordinary["DOCTOR_CODE"], ordinary["DOCTOR_NAME"], ordinary["MARK_DESC"]) == ("", "普通号", "普外科普通号")
    assert (doctors["DOCTOR_NAME"], doctors["MARK_DESC"]) == ("陶文静", "心血管内科陶文静")
    assert (doctors["PATIENT_NUMBER"], doctors["PATIENT_NAME"]) == ("1", NAME)
    assert doctors["REGISTER_TIME"] == "2026/11/20 08:00"
    desk.clock.advance(86_400)
    assert await _code(desk, "queryPatsQueue", PATIENT_ID=PATIENT) == "12", "yesterday's line is over"


async def test_rule_queue_all_every_doctor_is_told_called_or_not(desk: Desk) -> None:
    queue = LocalQueue(desk.house, HOSPITAL)
    await _do(desk, queue.take(Door("D0101", "YS8101"), "P1", NAME))
    await _do(desk, queue.take(Door("D0201", "YS8103"), "P2", NAME))
    await _do(desk, queue.call("D0201", "YS8103"))
    rows = await _rows(desk, "queryAllNumber")
    assert [(row["DOCTOR_CODE"], row["CALL_NUMBER"], row["CALL_TIME"]) for row in rows] == [
        ("YS8101", "", ""),
        ("YS8103", "1", "2026/11/20 08:00"),
    ]
    assert {row["HOSPITAL_ID"] for row in rows} == {HOSPITAL}


async def test_rule_lab_key_a_patients_reports_lead_to_their_results(desk: Desk) -> None:
    rows = await _rows(desk, "queryCheckListMaster", PATIENT_ID=PATIENT)
    assert [row["TEST_NO"] for row in rows] == ["JY2", "JY1"], "the newest first, nobody else's"
    assert (rows[1]["ITEM_NAME"], rows[1]["REQUESTED_DATE_TIME"]) == ("血常规", "2026/11/01 08:30")
    items = await _rows(desk, "queryCheckListDetails", TEST_NO=rows[1]["TEST_NO"])
    assert [(item["ITEM_NAME"], item["RESULT"], item["ABNORMAL_INDICATOR"]) for item in items] == [
        ("白细胞", "31.5", "H"),
        ("血红蛋白", "135", ""),
    ]


@pytest.mark.parametrize("since", ["2026/11/05 00:00", "2026/11/10 09:00:00", "2026-11-10", "20261110"])
async def test_reports_are_asked_for_since_a_moment(desk: Desk, since: str) -> None:
    rows = await _rows(desk, "queryCheckListMaster", PATIENT_ID=PATIENT, REQUESTED_DATE_TIME=since)
    assert [row["TEST_NO"] for row in rows] == ["JY2"]


async def test_rule_lab_source_an_outpatients_where_nothing_else_is_said(desk: Desk) -> None:
    rows = await _rows(desk, "queryCheckListMaster", PATIENT_ID=PATIENT)
    assert [row["LAB_SOURCE"] for row in rows] == ["1", "0"]


async def test_rule_lab_time_without_a_time_of_the_report_it_is_that_of_the_audit(desk: Desk) -> None:
    reported = await _rows(desk, "queryCheckListDetails", TEST_NO="JY1")
    audited = await _rows(desk, "queryCheckListDetails", TEST_NO="JY2")
    assert (reported[0]["RESULT_DATE_TIME"], audited[0]["RESULT_DATE_TIME"]) == ("2026/11/01 10:30", "2026/11/10 11:00")


async def test_a_warning_is_told_only_with_what_is_critical(desk: Desk) -> None:
    high, fine = await _rows(desk, "queryCheckListDetails", TEST_NO="JY1")
    assert (high["DANGEROUS_FLAG"], high["DANGEROUS_MESSAGE"]) == ("1", "白细胞严重升高，请立即复诊")
    assert (fine["DANGEROUS_FLAG"], fine["DANGEROUS_MESSAGE"]) == ("0", "")
    exams = await _rows(desk, "queryExamMaster", PATIENT_ID=PATIENT)
    assert [(row["DANGEROUS_FLAG"], row["DANGEROUS_MESSAGE"]) for row in exams] == [("1", "请尽快就诊"), ("0", "")]


async def test_without_a_hospital_all_are_asked_and_a_number_that_two_have_is_not_guessed(desk: Desk) -> None:
    assert len(await _rows(desk, "queryCheckListMaster", PATIENT_ID=PATIENT, HOSPITAL_ID="")) == 2
    assert len(await _rows(desk, "queryCheckListDetails", TEST_NO="JY1", HOSPITAL_ID="")) == 2
    await desk.database.write(lambda connection: file_all(connection, SECOND))
    assert len(await _rows(desk, "queryCheckListMaster", PATIENT_ID=PATIENT, HOSPITAL_ID="")) == 4
    assert await _code(desk, "queryCheckListDetails", TEST_NO="JY1", HOSPITAL_ID="") == "1"


async def test_rule_exam_key_a_patients_examinations_since_a_moment(desk: Desk) -> None:
    rows = await _rows(desk, "queryExamMaster", PATIENT_ID=PATIENT)
    assert [row["EXAM_NO"] for row in rows] == ["JC1", "JC2"]
    assert (rows[0]["EXAM_DATE_TIME"], rows[0]["AUDIT_TIME"]) == ("2026/11/05 14:30", "2026/11/05 15:00:11")
    assert rows[0]["DESCRIPTION"] == "肝胆胰脾未见异常\n双肾未见异常"
    since = await _rows(desk, "queryExamMaster", PATIENT_ID=PATIENT, EXAM_DATE_TIME="2026/11/01 00:00")
    assert [row["EXAM_NO"] for row in since] == ["JC1"]


async def test_rule_exam_details_who_was_examined_and_where_the_pictures_are(desk: Desk) -> None:
    [row] = await _rows(desk, "queryExamDetails", EXAM_NO="JC1")
    assert (row["PATIENT_NAME"], row["ID_NO"], row["PHONE_NUMBER"]) == (NAME, ID_NO, PHONE)
    assert (row["ACCESS_NO"], row["STUDY_INS_UID"]) == ("CH1", "1.2.840.99999.1")
    assert await _code(desk, "queryExamDetails", EXAM_NO="JC1", HOSPITAL_ID=SECOND) == "12", "another hospital's"


async def test_rule_physical_campuses_all_are_asked_for_minus_one(desk: Desk) -> None:
    for hospital_id in (HOSPITAL, "-1"):
        report = await desk.ask(
            "QueryPhysicalExamReport", HOSPITAL_ID=hospital_id, EXAM_REPORT_ID="TJ1", ID_NO=OTHER_ID_NO.lower()
        )
        assert (report["Record_Info"]["HOSPITAL_ID"], report["Record_Info"]["SEX"]) == (HOSPITAL, "2")
        assert report["Record_Info"]["EXAM_DATE"] == "2026-10-20"
    items = await desk.ask("QueryPhysicalExamItem", HOSPITAL_ID="-1", EXAM_REPORT_ID="TJ1")
    assert [row["EXAM_RESULT"] for row in items["Record_Info"]["Record_List"]] == ["165", "118/76"]
    departments = await desk.ask("QueryPhysicalExamDept", HOSPITAL_ID="-1", EXAM_REPORT_ID="TJ1")
    assert [row["SUMMARY"] for row in departments["Record_Info"]["Record_List"]] == ["未见异常"]
    conclusions = await desk.ask("QueryPhysicalExamConclusion", HOSPITAL_ID="-1", EXAM_REPORT_ID="TJ1")
    assert [row["CONCLUSION_TITLE"] for row in conclusions["Record_Info"]["Record_List"]] == ["体重正常"]


async def _recipes(desk: Desk, **asked: str) -> list[str]:
    answer = await desk.ask("funmain", **{"ID_CARD": ID_NO, **asked})
    return [row["RECIPE_NO"] for row in answer["RECIPE_ORDER_LIST"]]


async def test_rule_recipes_key_an_identity_card_is_enough(desk: Desk) -> None:
    assert await _recipes(desk, HOSPITAL_ID="") == ["CF3", "CF2", "CF1"]
    assert await _recipes(desk, BEGIN_DATE="20261001", END_DATE="2026-10-01") == ["CF2"]
    assert await _recipes(desk, HOSPATIENT_ID=PATIENT) == ["CF2", "CF1"]


async def test_prescriptions_are_found_by_visit_card_too(desk: Desk) -> None:
    card = KEYRING.blind("card", "7|ZL980001")
    patient = PatientRow(HOSPITAL, "P9800000009", "k", b"", 1, 1, None, 1, None, FILED_AT, FILED_AT)
    held = CardRow(HOSPITAL, "P9800000009", 7, card, "k", b"", 0, FILED_AT)
    await desk.database.write(lambda connection: archives.add_patients(connection, [patient], [held]))
    assert await _recipes(desk, HOSPATIENT_ID="ZL980001") == ["CF3"]


async def test_pages_of_prescriptions_go_over_all_hospitals(desk: Desk) -> None:
    row = prescription_row(KEYRING, SECOND, recipe("CF4", "20261015"), FILED_AT)
    await desk.database.write(lambda connection: file_records(connection, [row]))
    pages = [await _recipes(desk, HOSPITAL_ID="", PAGE_NUM=page, PAGE_SIZE="2") for page in ("1", "2")]
    assert pages == [["CF3", "CF4"], ["CF2", "CF1"]]
    assert await _code(desk, "funmain", ID_CARD=ID_NO, HOSPITAL_ID="", PAGE_NUM="3", PAGE_SIZE="2") == "12"


async def test_rule_recipes_state_is_0_and_prices_are_told_to_the_last_place(desk: Desk) -> None:
    answer = await desk.ask("funmain", ID_CARD=ID_NO, PAGE_SIZE="1")
    assert (answer["STATE"], answer["RESULT"]) == ("0", "执行成功")
    [told] = answer["RECIPE_ORDER_LIST"]
    assert (told["RECIPE_DATE"], told["HOSPITAL_CODE"]) == ("2026-11-01 10:00:00", HOSPITAL)
    [drug] = told["RECIPE_DRUG_INFO_LIST"]
    assert (drug["PRICE"], drug["TOTAL_AMOUNT"]) == ("1.3996", "33.59")
    assert drug["PACKAGE_UNIT"] == drug["PACKAGEUNIT"] == "盒"


def test_prescriptions_go_by_dispatch_alone_and_physical_examinations_by_method() -> None:
    assert by_method("standard", "funmain") is None
    dispatched = by_code("standard", "100405")
    assert dispatched is not None
    assert dispatched.name == "funmain"
    for name in PHYSICAL_EXAMS:
        operation = by_method("standard", name)
        assert operation is not None
        assert not operation.code
    assert by_code("standard", "") is None


async def test_reports_and_prescriptions_over_the_wire_are_answered(hub: Hub) -> None:
    keyring = hub.runtime.keyring
    await hub.runtime.database.write(lambda connection: file_all(connection, keyring=keyring))
    async with hub.convenience() as caller:
        labs = await caller.call("queryCheckListMaster", {"PATIENT_ID": PATIENT, "HOSPITAL_ID": HOSPITAL})
        asked = {"EXAM_REPORT_ID": "TJ1", "ID_NO": OTHER_ID_NO, "HOSPITAL_ID": HOSPITAL}
        checkup = await caller.call("QueryPhysicalExamReport", asked)
        recipes = await caller.call("funmain", {"ID_CARD": ID_NO})
        with pytest.raises(RefusedOverTheWire) as refused:
            await caller.call("queryPatsQueue", {"PATIENT_ID": PATIENT, "HOSPITAL_ID": HOSPITAL})
    assert str(labs).count("JY") == 2
    assert "欧阳晚晴" in str(checkup)
    assert str(recipes).count("CF") == 3
    assert refused.value.code == "12"
