"""A past day of a sandbox's hospital, filed as a whole."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.sandbox.complaints import complaints
from yiqiao.sandbox.history.appointments import Appointment, day_of
from yiqiao.sandbox.history.checkups import checkup_rows
from yiqiao.sandbox.history.inpatients import file_stay, stay_until
from yiqiao.sandbox.history.money import file_bills
from yiqiao.sandbox.history.orders import file_booked, file_orders, on_file
from yiqiao.sandbox.residents import Resident, file_residents, residents
from yiqiao.sandbox.staff import Plan
from yiqiao.sandbox.treatment import Visit, exam_record, lab_record, moment, prescription_record
from yiqiao.sandbox.visits import KNOWN
from yiqiao.spec.dice import Dice
from yiqiao.storage import archives
from yiqiao.storage.clinical import RecordRow, file_records

TESTED_PERCENT, EXAMINED_PERCENT, MEDICATED_PERCENT = 45, 35, 80
"""Of those whose complaint asks for a test, for an examination, for drugs."""


def file_newcomers(connection: Connection, keyring: Keyring, plan: Plan, since: date) -> None:
    """File the residents who are not on file, but those whom somebody has filed under another number."""
    at = moment(since, "08:00")
    certificates = {one: keyring.blind("certificate", f"1|{one.id_no}") for one in residents()}
    rows = archives.patients(connection, {plan.hospital_id}, (), set(certificates.values()))
    there = {row.certificate_index for row in rows}
    newcomers = [one for one, index in certificates.items() if index not in there]
    file_residents(connection, keyring, plan.hospital_id, newcomers, at)


def file_day(connection: Connection, keyring: Keyring, plan: Plan, day: date) -> None:
    """File a day: sessions, orders, visits with their papers and money, checkups, and a stay that has ended.

    A day that is on file stays as it is.
    """
    who = _on_file(connection, plan)
    planned = day_of(plan, day, who)
    if on_file(connection, planned):
        return
    seen = file_orders(connection, keyring, planned)
    visits = [_visit(one) for one in seen]
    file_bills(connection, plan, visits)
    papers = [paper for visit in visits for paper in _papers(keyring, plan, visit)]
    file_records(connection, [*papers, *checkup_rows(keyring, plan, day, who)])
    stay = stay_until(plan, day)
    if stay is not None and stay.resident in who:
        file_stay(connection, plan, stay)


def file_today(connection: Connection, keyring: Keyring, plan: Plan, day: date) -> None:
    """File who has an order for today: booked and paid, by others than those whom a hospital knows from the start."""
    who = [one for one in _on_file(connection, plan) if one.number > KNOWN]
    planned = day_of(plan, day, who)
    if not on_file(connection, planned):
        file_booked(connection, keyring, planned)


def _on_file(connection: Connection, plan: Plan) -> Sequence[Resident]:
    ids = archives.on_file(connection, plan.hospital_id, [one.patient_id for one in residents()])
    return [one for one in residents() if one.patient_id in ids]


def _visit(one: Appointment) -> Visit:
    dice = Dice(f"{one.number}/visit")
    known = complaints().departments[one.doctor.dept.name]
    complaint = known[dice(len(known))]
    if dice(100) >= TESTED_PERCENT:
        complaint = replace(complaint, lab=None)
    if dice(100) >= EXAMINED_PERCENT:
        complaint = replace(complaint, exam=None)
    if dice(100) >= MEDICATED_PERCENT:
        complaint = replace(complaint, drugs=())
    return Visit(one.number, one.resident, one.doctor, complaint, one.seen_at)


def _papers(keyring: Keyring, plan: Plan, visit: Visit) -> Iterator[RecordRow]:
    for paper in (lab_record, exam_record, prescription_record):
        found = paper(keyring, plan.hospital_id, visit)
        if found is not None:
            yield found
