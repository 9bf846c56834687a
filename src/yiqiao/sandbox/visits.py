"""What a sandbox's hospital knows of residents: their records, a year of visits with reports and prescriptions, bills
that are due, and stays. Deterministic but for the days, which are counted back from today.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.clock import beijing, parse_compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.billing.lines import bill_rows, line_amount, ten_thousandths
from yiqiao.hospital.booking.archives import VISIT_CARD, card_row, patient_row
from yiqiao.hospital.prescriptions.service import prescription_row
from yiqiao.hospital.reports.service import lab_row
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.outpatient import Bill, BillLine
from yiqiao.ports.hospital.prescriptions import Drug, Prescription
from yiqiao.ports.hospital.reports import LabItem, LabReport
from yiqiao.ports.hospital.values import Sex
from yiqiao.sandbox import people as synthetic
from yiqiao.storage import archives, billing
from yiqiao.storage.billing import AdmissionRow, ChargeRow
from yiqiao.storage.clinical import file_records

KNOWN = 60
"""Residents who have been at a hospital; the first of them owe something, a few are in it now."""
OWING, STAYING, STAY_DAYS = 20, 5, 4
VISITS_AGO = (345, 262, 171, 88, 16)
"""How many days ago somebody came; each resident a little later than the one before."""
IDENTITY_CARD = "01"


class _Complaint(NamedTuple):
    code: str
    diagnosis: str
    test: str
    items: tuple[LabItem, ...]
    drug: tuple[str, str, str, Decimal]  # code, name, form, price of a box


_COMPLAINTS = (
    _Complaint(
        "J06.900",
        "急性上呼吸道感染",
        "血常规",
        (
            LabItem("白细胞", "11.2", "H", "10^9/L", "3.5~9.5", "WBC"),
            LabItem("血红蛋白", "138", "", "g/L", "115~150", "HGB"),
        ),
        ("Y001", "阿莫西林胶囊", "0.25g*24 粒", Decimal("13.9600")),
    ),
    _Complaint(
        "I10.x00",
        "高血压",
        "血脂四项",
        (
            LabItem("总胆固醇", "5.6", "H", "mmol/L", "<5.2", "TC"),
            LabItem("甘油三酯", "1.4", "", "mmol/L", "<1.7", "TG"),
        ),
        ("Y002", "苯磺酸氨氯地平片", "5mg*28 片", Decimal("21.5000")),
    ),
    _Complaint(
        "E11.900",
        "2 型糖尿病",
        "空腹血糖",
        (LabItem("葡萄糖", "7.8", "H", "mmol/L", "3.9~6.1", "GLU"),),
        ("Y003", "盐酸二甲双胍片", "0.5g*30 片", Decimal("9.8333")),
    ),
)
_SERVICES = (
    ("X001", "普通门诊诊察费", "诊察费", Decimal("15.0000")),
    ("X002", "静脉采血", "治疗费", Decimal("3.5000")),
)
_STAY = (("X101", "床位费", "床位费", Decimal("45.0000")), ("X102", "二级护理", "护理费", Decimal("24.0000")))


class _Known(NamedTuple):
    number: int
    patient_id: str
    id_no: str
    visitor: Visitor


def file_visits(connection: Connection, keyring: Keyring, hospital_id: str, now_ms: int) -> None:
    """File all of it, unless it is on file: another worker may have been quicker."""
    residents = list(_residents())
    if archives.patients(connection, {hospital_id}, {residents[0].patient_id}, ()):
        return
    records = [patient_row(keyring, hospital_id, one.patient_id, one.visitor, now_ms) for one in residents]
    cards = [
        card_row(keyring, hospital_id, one.patient_id, Document(VISIT_CARD, _card_no(one.number)), now_ms)
        for one in residents
    ]
    archives.add_patients(connection, records, cards)
    today = beijing(now_ms).date()
    for one in residents:
        _past(connection, keyring, hospital_id, one, today, now_ms)
    for one in residents[:OWING]:
        _owed(connection, hospital_id, one, today, now_ms)
    for one in residents[-STAYING:]:
        _stay(connection, hospital_id, one, today, now_ms)


def card_of(id_no: str) -> str:
    """The number of the visit card that somebody has at each of the hospitals; empty for who has not been there."""
    return next((_card_no(one.number) for one in _residents() if one.id_no == id_no), "")


def _card_no(number: int) -> str:
    return f"98{number:08}"


def _residents() -> Iterator[_Known]:
    made = [one for one in synthetic.people() if one.id_type == IDENTITY_CARD][:KNOWN]
    for number, one in enumerate(made, 1):
        born = f"{one.birthday[:4]}-{one.birthday[4:6]}-{one.birthday[6:]}"
        visitor = Visitor(
            one.name, Sex(int(one.sex)), born, one.mobile_phone, Document(1, one.id_no), address=one.address
        )
        yield _Known(number, f"P98{number:09}", one.id_no, visitor)


def _past(connection: Connection, keyring: Keyring, hospital_id: str, one: _Known, today: date, now_ms: int) -> None:
    rows = []
    for turn, ago in enumerate(VISITS_AGO):
        day = today - timedelta(days=max(1, ago - one.number % 15))
        complaint = _COMPLAINTS[(one.number + turn) % len(_COMPLAINTS)]
        number = f"{hospital_id[-1]}{one.number:03}{turn}"
        code, name, _, price = complaint.drug
        report = LabReport(
            test_no=f"JY{number}",
            patient_id=one.patient_id,
            name=complaint.test,
            requested_at=_at(day, "083000"),
            items=complaint.items,
            specimen="静脉血",
            status="已审核",
            audited_at=_at(day, "101500"),
            reported_at=_at(day, "103000"),
            diagnosis=complaint.diagnosis,
        )
        recipe = Prescription(
            recipe_no=f"CF{number}",
            patient_id=one.patient_id,
            id_no=one.id_no,
            prescribed_at=_at(day, "110000"),
            doctor_name="陶文静",
            diagnosis_code=complaint.code,
            diagnosis=complaint.diagnosis,
            drugs=(Drug("1", code, name, "2", "盒", unit_price=price, amount=line_amount(price, Decimal(2))),),
        )
        rows += [lab_row(keyring, hospital_id, report, now_ms), prescription_row(keyring, hospital_id, recipe, now_ms)]
    file_records(connection, rows)


def _owed(connection: Connection, hospital_id: str, one: _Known, today: date, now_ms: int) -> None:
    code, name, form, price = _COMPLAINTS[one.number % len(_COMPLAINTS)].drug
    lines = (
        *(_line(code, name, kind, price, 1, "次") for code, name, kind, price in _SERVICES),
        _line(code, name, "西药费", price, 2, "盒", form),
    )
    number = f"{hospital_id[-1]}{today:%m%d}{one.number:03}"
    bill = Bill(
        presc_no=f"DJ{number}",
        patient_id=one.patient_id,
        serial_no=f"LS{number}",
        visit_no=f"MZ{number}",
        visit_day=today.isoformat(),
        amount=sum(line.amount for line in lines),
        window_only=False,
        ordered_by="陶文静",
        ordered_at=now_ms,
        lines=lines,
    )
    row, rows = bill_rows(hospital_id, bill, now_ms, "门诊药房 3 号窗")
    billing.add(connection, [row])
    billing.add(connection, rows)


def _line(code: str, name: str, kind: str, price: Decimal, quantity: int, unit: str, form: str = "") -> BillLine:
    return BillLine(
        item_no=code,
        name=name,
        item_class=kind,
        spec=form or None,
        unit=unit,
        price=price,
        quantity=Decimal(quantity),
        amount=line_amount(price, Decimal(quantity)),
        performed_by=None,
    )


def _stay(connection: Connection, hospital_id: str, one: _Known, today: date, now_ms: int) -> None:
    number = f"ZY{hospital_id[-1]}{one.number:03}"
    days = [today - timedelta(days=ago) for ago in range(STAY_DAYS, 0, -1)]
    admission = AdmissionRow(
        hospital_id, number, one.patient_id, _at(days[0], "090000"), None, 1, 1, "一病区", str(one.number), now_ms
    )
    billing.add(connection, [admission])
    billing.add(connection, list(_charges(hospital_id, number, days)))


def _charges(hospital_id: str, number: str, days: Sequence[date]) -> Iterator[ChargeRow]:
    for day in days:
        for code, name, kind, price in _STAY:
            yield ChargeRow(
                hospital_id=hospital_id,
                inpatient_no=number,
                line_id=f"{day:%m%d}{code}",
                day=day.isoformat(),
                item_class=kind,
                item_name=name,
                spec=None,
                unit="天",
                price=ten_thousandths(price),
                quantity=ten_thousandths(Decimal(1)),
                amount=line_amount(price, Decimal(1)),
            )


def _at(day: date, time: str) -> int:
    return parse_compact(f"{day:%Y%m%d}{time}")
