"""What a sandbox's hospital knows of residents from the start: the records of some, a few visits of each with a report
and a prescription, bills that are due, and stays. Deterministic but for the days, which are counted back from today.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import Connection

from yiqiao.clock import beijing
from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.billing.lines import bill_rows
from yiqiao.sandbox.complaints import complaints
from yiqiao.sandbox.residents import Resident, card_no, file_residents, may_be_seen, residents
from yiqiao.sandbox.staff import Doctor, Plan, doctors
from yiqiao.sandbox.stays import charges
from yiqiao.sandbox.treatment import PHARMACY, Visit, bill_of, lab_record, moment, prescription_record
from yiqiao.storage import archives, billing
from yiqiao.storage.billing import AdmissionRow
from yiqiao.storage.clinical import file_records

KNOWN = 60
"""Residents who have been at a hospital; the first of them owe something, the last are in it now."""
_AMONG = 80
OWING, STAYING, STAY_DAYS = 20, 5, 4
VISITS_AGO = (345, 262, 171, 88, 16)
"""How many days ago somebody came; each resident a little later than the one before."""


def known() -> Sequence[Resident]:
    """Those whom a hospital knows from the start."""
    return residents(_AMONG)[:KNOWN]  # a sandbox is not to wait for the others at its start


def card_of(id_no: str) -> str:
    """The number of the visit card that somebody has at each of the hospitals; empty for who has not been there."""
    return next((card_no(one.number) for one in known() if one.id_no == id_no), "")


def file_visits(connection: Connection, keyring: Keyring, plan: Plan, now_ms: int) -> None:
    """File all of it, unless it is on file: another worker may have been quicker."""
    who = known()
    if archives.patients(connection, {plan.hospital_id}, {who[0].patient_id}, ()):
        return
    file_residents(connection, keyring, plan.hospital_id, who, now_ms)
    today = beijing(now_ms).date()
    for one in who:
        _past(connection, keyring, plan, one, today)
    for one in who[:OWING]:
        _owed(connection, plan, one, today)
    for one in who[-STAYING:]:
        _stay(connection, plan, one, today, now_ms)


def _past(connection: Connection, keyring: Keyring, plan: Plan, one: Resident, today: date) -> None:
    rows = []
    for turn, ago in enumerate(VISITS_AGO):
        day = today - timedelta(days=max(1, ago - one.number % 15))
        if one.age(day) < 0:
            continue
        number = f"{plan.mark}{one.number:03}{turn}"
        visit = _visit(plan, one, number, turn, moment(day, "08:30"))
        rows += [
            lab_record(keyring, plan.hospital_id, visit),
            prescription_record(keyring, plan.hospital_id, visit),
        ]
    file_records(connection, [row for row in rows if row is not None])


def _owed(connection: Connection, plan: Plan, one: Resident, today: date) -> None:
    visit = _visit(plan, one, f"{plan.mark}{today:%m%d}{one.number:03}", 0, moment(today, "08:00"))
    row, rows = bill_rows(plan.hospital_id, bill_of(visit), visit.at, PHARMACY)
    billing.add(connection, [row])
    billing.add(connection, rows)


def _visit(plan: Plan, one: Resident, number: str, turn: int, at: int) -> Visit:
    found = _suiting(plan, one, beijing(at).date())
    doctor = found[(one.number * 7 + turn) % len(found)]
    (complaint, *_) = complaints().departments[doctor.dept.name]
    return Visit(number, one, doctor, complaint, at)


def _suiting(plan: Plan, one: Resident, day: date) -> Sequence[Doctor]:
    """The doctors who may see somebody, and who would ask for a test."""
    tested = {name for name, found in complaints().departments.items() if found[0].lab}
    return [
        doctor for doctor in doctors(plan) if doctor.dept.name in tested and may_be_seen(one, doctor.dept.name, day)
    ]


def _stay(connection: Connection, plan: Plan, one: Resident, today: date, now_ms: int) -> None:
    number = f"ZY{plan.mark}{one.number:03}"
    days = [today - timedelta(days=ago) for ago in range(STAY_DAYS, 0, -1)]
    admitted_at = moment(days[0], "09:00")
    place = (1, 1, "一病区", str(one.number))
    admission = AdmissionRow(plan.hospital_id, number, one.patient_id, admitted_at, None, *place, now_ms)
    billing.add(connection, [admission])
    billing.add(connection, list(charges(plan.hospital_id, number, days)))
