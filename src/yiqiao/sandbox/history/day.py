"""A past day of a sandbox's hospital, filed as a whole."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.sandbox.complaints import complaints
from yiqiao.sandbox.history.appointments import Appointment, Day, Fate, day_of
from yiqiao.sandbox.history.checkups import checkup_rows
from yiqiao.sandbox.history.inpatients import Stay, file_stay, stay_until
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


class Prepared(NamedTuple):
    """A past day as it will be when all its orders come about; visits and papers by the orders' numbers."""

    plan: Plan
    day: Day
    visits: Mapping[str, Visit]
    papers: Mapping[str, Sequence[RecordRow]]
    checkups: Sequence[RecordRow]
    stay: Stay | None


def prepared(keyring: Keyring, plan: Plan, day: date, who: Sequence[Resident]) -> Prepared:
    """All of a day that can be made before its transaction begins, among these residents."""
    planned = day_of(plan, day, who)
    visits = {one.number: _visit(one) for one in planned.appointments if one.fate is Fate.SEEN}
    papers = {number: list(_papers(keyring, plan, visit)) for number, visit in visits.items()}
    stay = stay_until(plan, day)
    known = stay is not None and stay.resident in who
    checkups = list(checkup_rows(keyring, plan, day, who))
    return Prepared(plan, planned, visits, papers, checkups, stay if known else None)


def file_day(connection: Connection, keyring: Keyring, one: Prepared) -> None:
    """File a day: sessions, orders, visits with their papers and money, checkups, and a stay that has ended.

    A day that is on file stays as it is.
    """
    if on_file(connection, one.day):
        return
    seen = [appointment.number for appointment in file_orders(connection, keyring, one.day)]
    file_bills(connection, one.plan, [one.visits[number] for number in seen])
    file_records(connection, [*one.checkups, *(paper for number in seen for paper in one.papers[number])])
    if one.stay is not None:
        file_stay(connection, one.plan, one.stay)


def file_today(connection: Connection, keyring: Keyring, plan: Plan, day: date) -> None:
    """File who has an order for today: booked and paid, by others than those whom a hospital knows from the start."""
    who = [one for one in known_to(connection, plan) if one.number > KNOWN]
    planned = day_of(plan, day, who)
    if not on_file(connection, planned):
        file_booked(connection, keyring, planned)


def known_to(connection: Connection, plan: Plan) -> Sequence[Resident]:
    """The residents who are on file."""
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
