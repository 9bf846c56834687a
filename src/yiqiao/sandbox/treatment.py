"""What a visit to a sandbox's doctor leaves behind: reports, a prescription, a bill."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from yiqiao.clock import BEIJING, beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.billing.lines import line_amount
from yiqiao.hospital.prescriptions.service import prescription_row
from yiqiao.hospital.reports.service import exam_row, lab_row
from yiqiao.ports.hospital.outpatient import Bill, BillLine
from yiqiao.ports.hospital.prescriptions import Drug, Prescription
from yiqiao.ports.hospital.reports import ExamReport, ExamSubject, LabItem, LabReport
from yiqiao.sandbox.complaints import Complaint, Measured, complaints
from yiqiao.sandbox.residents import Resident
from yiqiao.sandbox.staff import Doctor
from yiqiao.spec.dice import Dice
from yiqiao.storage.clinical import RecordRow

MINUTE_MS = 60_000
PHARMACY = "门诊药房 3 号窗"
CONSULTATION = ("X0001", "普通门诊诊察费", "诊察费", Decimal("15.0000"))
BLOOD = ("X0004", "静脉采血", "治疗费", Decimal("3.5000"))
_STEPS = 100
_BOXES = Decimal(2)


def moment(day: date, time: str) -> int:
    """A time of a day (HH:MM, Beijing), epoch ms."""
    return round(datetime.fromisoformat(f"{day} {time}").replace(tzinfo=BEIJING).timestamp() * 1000)


@dataclass(frozen=True)
class Visit:
    """Somebody was seen by a doctor at `at`. `number` is of one visit of one hospital, and tells its papers apart."""

    number: str
    resident: Resident = field(repr=False)
    doctor: Doctor
    complaint: Complaint = field(repr=False)
    at: int

    @property
    def day(self) -> date:
        """The day of the visit."""
        return beijing(self.at).date()


def lab_record(keyring: Keyring, hospital_id: str, visit: Visit) -> RecordRow | None:
    """The laboratory report, where the complaint asks for a test."""
    if visit.complaint.lab is None:
        return None
    test = complaints().labs[visit.complaint.lab]
    reported_at = visit.at + 75 * MINUTE_MS
    report = LabReport(
        test_no=f"JY{visit.number}",
        patient_id=visit.resident.patient_id,
        name=test.name,
        requested_at=visit.at,
        items=tuple([_result(visit, item) for item in test.items]),
        specimen=test.specimen,
        status="已审核",
        acquired_at=visit.at + 15 * MINUTE_MS,
        audited_at=reported_at - 5 * MINUTE_MS,
        reported_at=reported_at,
        department=visit.doctor.dept.name,
        doctor=visit.doctor.name,
        diagnosis=visit.complaint.name,
    )
    return lab_row(keyring, hospital_id, report, reported_at)


def exam_record(keyring: Keyring, hospital_id: str, visit: Visit) -> RecordRow | None:
    """The report of an examination with pictures, where the complaint asks for one."""
    if visit.complaint.exam is None:
        return None
    exam = complaints().exams[visit.complaint.exam]
    who = visit.resident
    reported_at = visit.at + 100 * MINUTE_MS
    number = f"JC{visit.number}"
    report = ExamReport(
        exam_no=number,
        patient_id=who.patient_id,
        examined_at=visit.at + 40 * MINUTE_MS,
        subject=ExamSubject(who.visitor.name, who.id_no, who.visitor.mobile, f"SQ{visit.number}", number),
        exam_class=exam.kind,
        sub_class=exam.part,
        status="已审核",
        requested_at=visit.at,
        description=exam.seen,
        impression=exam.thought,
        audited_at=reported_at - 5 * MINUTE_MS,
        reported_at=reported_at,
        department=visit.doctor.dept.name,
        diagnosis=visit.complaint.name,
        doctor=visit.doctor.name,
    )
    return exam_row(keyring, hospital_id, report, reported_at)


def prescription_record(keyring: Keyring, hospital_id: str, visit: Visit) -> RecordRow | None:
    """The prescription, where the complaint asks for drugs."""
    if not visit.complaint.drugs:
        return None
    doctor, at = visit.doctor, visit.at + 5 * MINUTE_MS
    recipe = Prescription(
        recipe_no=f"CF{visit.number}",
        patient_id=visit.resident.patient_id,
        id_no=visit.resident.id_no,
        prescribed_at=at,
        doctor_name=doctor.name,
        diagnosis_code=visit.complaint.code,
        diagnosis=visit.complaint.name,
        drugs=tuple([_drug(place, name) for place, name in enumerate(visit.complaint.drugs, 1)]),
        visit_no=f"MZ{visit.number}",
        dept_id=doctor.dept.dept_id,
        dept_name=doctor.dept.name,
        doctor_id=doctor.doctor_id,
    )
    return prescription_row(keyring, hospital_id, recipe, at)


def bill_of(visit: Visit) -> Bill:
    """What the visit costs beside the fee for its number."""
    lines = [_service(*CONSULTATION)]
    book, complaint = complaints(), visit.complaint
    if complaint.lab is not None:
        test = book.labs[complaint.lab]
        lines += [_service(*BLOOD), _service(test.code, test.name, "检验费", test.price)]
    if complaint.exam is not None:
        exam = book.exams[complaint.exam]
        lines.append(_service(exam.code, exam.name, "检查费", exam.price))
    lines += [_medicine(name) for name in complaint.drugs]
    return Bill(
        presc_no=f"DJ{visit.number}",
        patient_id=visit.resident.patient_id,
        serial_no=f"LS{visit.number}",
        visit_no=f"MZ{visit.number}",
        visit_day=visit.day.isoformat(),
        amount=sum(line.amount for line in lines),
        window_only=False,
        ordered_by=visit.doctor.name,
        ordered_at=visit.at,
        lines=tuple(lines),
    )


def measured(dice: Dice, item: Measured, flag: str = "") -> LabItem:
    """A value of a test: too high (H), too low (L), or within its range."""
    thrown, step = Decimal(dice(_STEPS)) / _STEPS, Decimal(1).scaleb(min(_exponent(item.low), _exponent(item.high)))
    if flag == "H":
        value = item.high * (Decimal("1.08") + thrown / 4)
    elif flag == "L":
        value = item.low * (Decimal("0.92") - thrown / 4)
    else:
        value = item.low + (item.high - item.low) * (1 + thrown * 8) / 10
    reference = f"{item.low}~{item.high}"
    return LabItem(item.name, str(value.quantize(step)), flag, item.unit, reference, item.short)


def _result(visit: Visit, item: Measured) -> LabItem:
    high, low = item.short in visit.complaint.high, item.short in visit.complaint.low
    return measured(Dice(f"{visit.number}/{item.short}"), item, "H" if high else "L" if low else "")


def _exponent(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def _drug(place: int, name: str) -> Drug:
    one = complaints().drugs[name]
    return Drug(
        detail_no=str(place),
        code=one.code,
        name=one.name,
        quantity=str(_BOXES),
        quantity_unit=one.unit,
        single_dose=one.dose,
        dose_unit=one.dose_unit,
        route=one.route,
        frequency=one.frequency,
        specification=one.form,
        unit_price=one.price,
        amount=line_amount(one.price, _BOXES),
    )


def _medicine(name: str) -> BillLine:
    one = complaints().drugs[name]
    kind = _KINDS[one.code[0]]
    amount = line_amount(one.price, _BOXES)
    return BillLine(one.code, one.name, kind, one.form, one.unit, one.price, _BOXES, amount, None)


_KINDS: Mapping[str, str] = {"Y": "西药费", "Z": "中成药费"}
"""By the letter of a drug's code."""


def _service(code: str, name: str, kind: str, price: Decimal) -> BillLine:
    one = Decimal(1)
    return BillLine(code, name, kind, None, "次", price, one, line_amount(price, one), None)
