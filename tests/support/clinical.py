"""Reports, physical examinations and prescriptions of invented patients, filed the way an import files them."""

from decimal import Decimal

from sqlalchemy import Connection

from tests.support.hospital import FILED_AT, HOSPITAL
from tests.support.keys import KEYRING
from yiqiao.clock import parse_compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.checkups.service import checkup_row
from yiqiao.hospital.prescriptions.service import prescription_row
from yiqiao.hospital.reports.service import exam_row, lab_row
from yiqiao.ports.hospital.checkups import Checkup, CheckupDepartment, CheckupItem, Conclusion
from yiqiao.ports.hospital.prescriptions import Drug, Prescription
from yiqiao.ports.hospital.reports import Danger, ExamReport, ExamSubject, LabItem, LabReport
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage.clinical import file_records

PATIENT, OTHER = "P9800000001", "P9800000002"
ID_NO, OTHER_ID_NO = "359851198503120134", "35985119920728024X"
NAME, PHONE = "柳成荫", "15498510001"


def at(text: str) -> int:
    """A moment as yyyyMMddHHmmss."""
    return parse_compact(text)


LABS = (
    LabReport(
        test_no="JY1",
        patient_id=PATIENT,
        name="血常规",
        requested_at=at("20261101083000"),
        items=(
            LabItem("白细胞", "31.5", "H", "10^9/L", "3.5~9.5", "WBC", Danger(True, "白细胞严重升高，请立即复诊")),
            LabItem("血红蛋白", "135", "", "g/L", "115~150", "HGB", Danger(False, "不应出现的提醒")),
        ),
        specimen="静脉血",
        status="已审核",
        audited_at=at("20261101101500"),
        reported_at=at("20261101103000"),
        diagnosis="发热待查",
    ),
    LabReport(
        test_no="JY2",
        patient_id=PATIENT,
        name="尿常规",
        requested_at=at("20261110090000"),
        items=(LabItem("尿蛋白", "阴性"),),
        inpatient=True,
        audited_at=at("20261110110000"),
    ),
    LabReport("JY3", OTHER, "血糖", at("20261112090000"), (LabItem("葡萄糖", "5.1"),)),
)
EXAMS = (
    ExamReport(
        exam_no="JC1",
        patient_id=PATIENT,
        examined_at=at("20261105143000"),
        subject=ExamSubject(NAME, ID_NO, PHONE, "SQ1", "CH1", "RIS1", "1.2.840.99999.1"),
        exam_class="超声",
        description="肝胆胰脾未见异常\n双肾未见异常",
        impression="未见异常",
        audited_at=at("20261105150011"),
        danger=Danger(True, "请尽快就诊"),
    ),
    ExamReport("JC2", PATIENT, at("20261015100000")),
)
CHECKUP = Checkup(
    report_id="TJ1",
    id_no=OTHER_ID_NO,
    name="欧阳晚晴",
    sex=Sex.FEMALE,
    day="2026-10-20",
    age="34",
    company="云桥县柳溪小学",
    items=(CheckupItem("T01", "X01", "身高", "165", unit="cm"), CheckupItem("T02", "X02", "血压", "118/76")),
    departments=(CheckupDepartment("T01", "一般检查", "未见异常"),),
    conclusions=(Conclusion("体重正常", "保持运动", "建议"),),
)


def recipe(number: str, day: str, patient_id: str = PATIENT) -> Prescription:
    """A prescription of one drug, of ten in the morning."""
    return Prescription(
        recipe_no=number,
        patient_id=patient_id,
        id_no=ID_NO,
        prescribed_at=at(f"{day}100000"),
        doctor_name="陶文静",
        diagnosis_code="J06.900",
        diagnosis="急性上呼吸道感染",
        drugs=(Drug("1", "Y001", "阿莫西林胶囊", "2", "盒", unit_price=Decimal("1.3996"), amount=3359),),
        doctor_phone="15498510009",
    )


RECIPES = (recipe("CF1", "20260901"), recipe("CF2", "20261001"), recipe("CF3", "20261101", "P9800000009"))


def file_all(connection: Connection, hospital_id: str = HOSPITAL, keyring: Keyring = KEYRING) -> None:
    """File all of this in a hospital."""
    labs = [lab_row(keyring, hospital_id, report, FILED_AT) for report in LABS]
    exams = [exam_row(keyring, hospital_id, report, FILED_AT) for report in EXAMS]
    recipes = [prescription_row(keyring, hospital_id, one, FILED_AT) for one in RECIPES]
    file_records(connection, [*labs, *exams, checkup_row(keyring, hospital_id, CHECKUP, FILED_AT), *recipes])
