"""The sheets of laboratory and examination reports."""

from collections.abc import Mapping
from typing import Any

from yiqiao.hospital.imports.columns import LONGEST_ID, moment, number, text
from yiqiao.hospital.imports.patient_sheets import PATIENT
from yiqiao.hospital.imports.records import DANGER, INPATIENT, LONGEST, RECORDS, with_danger, word
from yiqiao.hospital.imports.sheet import LINE_NO, Detail, Filing, Sheet, without
from yiqiao.hospital.reports.service import exam_row, lab_row
from yiqiao.ports.hospital.reports import ExamReport, ExamSubject, LabItem, LabReport
from yiqiao.storage.clinical import RecordRow

_SUBJECT = (
    word("name", "患者姓名"),
    word("id_no", "患者身份证号"),
    word("phone", "患者电话"),
    word("request_no", "检查申请号"),
    word("access_no", "检查号"),
    word("ris_patient_id", "RIS 患者标识号"),
    word("study_uid", "DICOM 检查号"),
)


def _lab_item(_: Filing, v: Mapping[str, Any]) -> LabItem:
    return LabItem(**with_danger(without(v, "test_no", LINE_NO)))


def _lab(at: Filing, v: Mapping[str, Any]) -> RecordRow:
    said = {**without(v, "lab_items"), "inpatient": bool(v["inpatient"])}
    report = LabReport(**said, items=tuple(v["lab_items"]))
    return lab_row(at.keyring, at.hospital_id, report, at.now_ms)


def _exam(at: Filing, v: Mapping[str, Any]) -> RecordRow:
    personal = [column.name for column in _SUBJECT]
    subject = ExamSubject(**{name: v[name] for name in personal})
    said = {**with_danger(without(v, *personal)), "inpatient": bool(v["inpatient"])}
    report = ExamReport(**said, subject=subject)
    return exam_row(at.keyring, at.hospital_id, report, at.now_ms)


LAB_REPORTS = Sheet(
    "lab_reports",
    "检验报告，加密保存",
    (
        text("test_no", "检验编号", required=True, most=50),
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        text("name", "项目名称", required=True, most=200),
        moment("requested_at", "申请时间", required=True),
        word("specimen", "标本"),
        word("status", "报告状态"),
        INPATIENT,
        word("barcode", "条码号"),
        word("sample_no", "样本号"),
        word("check_name", "检验名称"),
        word("sample_type", "样本类型"),
        word("sample_info", "样本情况", most=2000),
        moment("acquired_at", "采集时间"),
        moment("received_at", "接收时间"),
        moment("audited_at", "审核时间"),
        moment("reported_at", "报告时间"),
        word("department", "送检科室"),
        word("doctor", "送检医生"),
        word("ward", "病区"),
        word("bed_no", "床位号"),
        word("diagnosis", "临床诊断", most=2000),
        word("note", "备注", most=LONGEST),
        word("auditor", "审核医生"),
    ),
    ("test_no",),
    _lab,
    RECORDS,
    (PATIENT,),
    (
        Detail(
            "lab_items",
            "检验报告的结果，加密保存",
            "test_no",
            (
                text("test_no", "检验编号", required=True, most=50),
                number(LINE_NO, "报告内的序号，从 1 起", required=True, least=1),
                text("name", "项目名称", required=True, most=200),
                text("result", "结果", required=True, most=LONGEST),
                word("abnormal", "异常标识，如 H、L"),
                word("unit", "单位"),
                word("reference", "参考范围", most=2000),
                word("abbreviation", "英文缩写"),
                *DANGER,
            ),
            _lab_item,
        ),
    ),
)

EXAM_REPORTS = Sheet(
    "exam_reports",
    "检查报告，加密保存",
    (
        text("exam_no", "检查编码", required=True, most=50),
        text("patient_id", "患者代码", required=True, most=LONGEST_ID),
        moment("examined_at", "检查时间", required=True),
        *_SUBJECT,
        word("exam_class", "检查类别"),
        word("sub_class", "检查子类"),
        word("status", "报告状态"),
        moment("requested_at", "申请时间"),
        word("reporter", "报告人"),
        word("description", "检查所见", most=LONGEST),
        word("impression", "印象", most=LONGEST),
        word("recommendation", "建议", most=LONGEST),
        word("parameters", "检查参数", most=LONGEST),
        word("picture_status", "影像状态"),
        INPATIENT,
        moment("made_at", "检查单生成时间"),
        moment("audited_at", "审核时间"),
        moment("reported_at", "报告时间"),
        word("department", "送检科室"),
        word("ward", "病区"),
        word("bed_no", "床位号"),
        word("pathology", "病理诊断", most=2000),
        word("diagnosis", "临床诊断", most=2000),
        word("stay_no", "住院次数"),
        word("doctor", "送检医生"),
        word("auditor", "审核医生"),
        *DANGER,
    ),
    ("exam_no",),
    _exam,
    RECORDS,
    (PATIENT,),
)
