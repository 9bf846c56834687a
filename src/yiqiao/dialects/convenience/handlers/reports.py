"""Laboratory and examination reports (3.1.7)."""

from collections.abc import Sequence
from typing import TypeVar

from yiqiao.dialects.convenience.handlers import handlers
from yiqiao.dialects.convenience.handlers.asked import each, systems
from yiqiao.dialects.convenience.wording import INPATIENT, OUTPATIENT, stated_moment, to_the_minute, to_the_second
from yiqiao.exchange.dialect import Act, Call, Values
from yiqiao.exchange.request import Request
from yiqiao.ports.hospital import Hospitals
from yiqiao.ports.hospital.reports import Danger, ExamReport, LabItem, LabReport
from yiqiao.spec import Fault, Invalid
from yiqiao.storage import NOTHING

T = TypeVar("T")


@handlers.handles("queryCheckListMaster")
async def query_check_list_master(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查询检验记录概要信息"""
    patient_id, since = request.text("PATIENT_ID"), stated_moment(request.maybe("REQUESTED_DATE_TIME"))
    found = await each(systems(request, hospitals), lambda system: system.reports.labs(patient_id, since))
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_lab(one) for _, reports in found for one in reports]})


@handlers.handles("queryCheckListDetails")
async def query_check_list_details(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查阅检验记录详细信息"""
    test_no = request.text("TEST_NO")
    report = _only(await each(systems(request, hospitals), lambda system: system.reports.lab(test_no)))
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_lab_item(report, item) for item in report.items]})


@handlers.handles("queryExamMaster")
async def query_exam_master(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查阅检查记录信息概要"""
    patient_id, since = request.text("PATIENT_ID"), stated_moment(request.maybe("EXAM_DATE_TIME"))
    found = await each(systems(request, hospitals), lambda system: system.reports.exams(patient_id, since))
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_exam(one) for _, reports in found for one in reports]})


@handlers.handles("queryExamDetails")
async def query_exam_details(request: Request, call: Call, hospitals: Hospitals) -> Act[None]:
    """查阅检查记录详细信息概要"""
    report = await hospitals.of(request.text("HOSPITAL_ID")).reports.exam(request.text("EXAM_NO"))
    return Act(NOTHING, lambda _: {"TIME_REG_LIST": [_exam_details(report)]})


def _only(found: Sequence[tuple[str, T]]) -> T:
    """The one report of that number. Raises Invalid where several hospitals have one: it is not for us to guess."""
    if len(found) > 1:
        raise Invalid((Fault("HOSPITAL_ID", "required", "不止一家医院有这个编号，请填医院标示"),))
    return found[0][1]


def _source(*, inpatient: bool) -> str:
    return INPATIENT if inpatient else OUTPATIENT


def _danger(danger: Danger) -> Values:
    """What is not critical has no warning."""
    return {
        "DANGEROUS_FLAG": "1" if danger.critical else "0",
        "DANGEROUS_MESSAGE": danger.warning if danger.critical else "",
    }


def _lab(report: LabReport) -> Values:
    return {
        "PATIENT_ID": report.patient_id,
        "REQUESTED_DATE_TIME": to_the_minute(report.requested_at),
        "SPECIMEN": report.specimen,
        "ITEM_NAME": report.name,
        "RESULT_STATUS": report.status,
        "TEST_NO": report.test_no,
        "LAB_SOURCE": _source(inpatient=report.inpatient),
        "BARCODE_NO": report.barcode,
        "SAMPLE_NO": report.sample_no,
        "CHECK_NAME": report.check_name,
        "SAMPLE_TYPE": report.sample_type,
        "SAMPLE_INFO": report.sample_info,
        "ACQUISITION_TIME": to_the_minute(report.acquired_at),
        "RECEIPT_TIME": to_the_minute(report.received_at),
        "AUDIT_TIME": to_the_minute(report.audited_at),
        "REPORT_TIME": to_the_minute(report.reported_at),
        "CHECK_DEPARTMENT": report.department,
        "CHECK_DOCTOR": report.doctor,
        "WARD": report.ward,
        "BED_NO": report.bed_no,
        "DIAGNOSIS": report.diagnosis,
        "NOTE": report.note,
        "AUDIT_DOCTOR": report.auditor,
    }


def _lab_item(report: LabReport, item: LabItem) -> Values:
    return {
        "TEST_NO": report.test_no,
        "RESULT_DATE_TIME": to_the_minute(report.reported_at or report.audited_at),
        "ITEM_NAME": item.name,
        "RESULT": item.result,
        "ABNORMAL_INDICATOR": item.abnormal,
        "UNITS": item.unit,
        "REFERENCE_RANGE": item.reference,
        "LAB_SOURCE": _source(inpatient=report.inpatient),
        "ABBREVIATION": item.abbreviation,
        **_danger(item.danger),
    }


def _exam(report: ExamReport) -> Values:
    return {
        "PATIENT_ID": report.patient_id,
        "EXAM_NO": report.exam_no,
        "EXAM_DATE_TIME": to_the_minute(report.examined_at),
        "EXAM_CLASS": report.exam_class,
        "EXAM_SUB_CLASS": report.sub_class,
        "RESULT_STATUS": report.status,
        "REQ_DATE_TIME": to_the_minute(report.requested_at),
        "REPORTER": report.reporter,
        "DESCRIPTION": report.description,
        "IMPRESSION": report.impression,
        "RECOMMENDATION": report.recommendation,
        "EXAM_PARA": report.parameters,
        "PICTURE_STATUS": report.picture_status,
        "EXAM_SOURCE": _source(inpatient=report.inpatient),
        "REPORT_DATE_TIME": to_the_minute(report.made_at),
        "AUDIT_TIME": to_the_second(report.audited_at),
        "REPORT_TIME": to_the_second(report.reported_at),
        "CHECK_DEPARTMENT": report.department,
        "WARD": report.ward,
        "BED_NO": report.bed_no,
        "PATHOLOGY_DIAG": report.pathology,
        "DIAGNOSIS": report.diagnosis,
        "VISIT_ID": report.stay_no,
        "CHECK_DOCTOR": report.doctor,
        "AUDIT_DOCTOR": report.auditor,
        **_danger(report.danger),
    }


def _exam_details(report: ExamReport) -> Values:
    subject = report.subject
    return {
        "EXAM_DATE_TIME": to_the_minute(report.examined_at),
        "PATIENT_ID": report.patient_id,
        "PATIENT_NAME": subject.name,
        "ID_NO": subject.id_no,
        "PHONE_NUMBER": subject.phone,
        "EXAM_SOURCE": _source(inpatient=report.inpatient),
        "REQ_NUM": subject.request_no,
        "ACCESS_NO": subject.access_no,
        "PATIENT_LOCAL_ID": subject.ris_patient_id,
        "STUDY_INS_UID": subject.study_uid,
    }
