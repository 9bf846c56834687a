"""Stays in a sandbox's hospitals that are over: filed whole, with the day on which somebody went home."""

from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import Connection

from yiqiao.hospital.billing import books
from yiqiao.sandbox.booking_platform import NAME, USER_ID
from yiqiao.sandbox.residents import Resident, may_be_seen, residents
from yiqiao.sandbox.staff import PLANS, SEED, Plan, doctors_by_department
from yiqiao.sandbox.stays import charges
from yiqiao.sandbox.treatment import MINUTE_MS, moment
from yiqiao.sandbox.visits import KNOWN, STAYING
from yiqiao.spec.dice import Dice
from yiqiao.storage import billing
from yiqiao.storage.billing import AdmissionRow, DepositRow

SHORTEST, LONGEST = 3, 8
_STRIDE = 5  # shares no divisor with the number of residents: each has their turn before anybody's second
_HUNDRED_YUAN = 10_000
_PAY_MODE = 1


class Stay(NamedTuple):
    """Somebody was in a ward from one day to another."""

    number: str
    resident: Resident
    ward: str
    first: date
    last: date


@lru_cache(maxsize=64)
def stay_until(plan: Plan, last: date) -> Stay | None:
    """Whose stay ended on a day."""
    everybody = residents()
    place = last.toordinal() * _STRIDE + PLANS.index(plan) * len(everybody) // 2
    one = everybody[place % len(everybody)]
    dice = Dice(f"{SEED}/{plan.hospital_id}/{last}/stay")
    first = last - timedelta(days=SHORTEST + dice(LONGEST - SHORTEST + 1))
    if one.age(first) < 0 or KNOWN - STAYING < one.number <= KNOWN:  # not born yet, or in hospital now
        return None
    wards = [name for name in doctors_by_department(plan) if may_be_seen(one, name, first)]
    return Stay(f"ZY{plan.mark}{last:%y%m%d}", one, f"{wards[dice(len(wards))]}病区", first, last)


def in_hospital(day: date) -> frozenset[int]:
    """The numbers of those who were in either hospital on a day."""
    ends = [stay_until(plan, day + timedelta(days=ahead)) for plan in PLANS for ahead in range(LONGEST + 1)]
    return frozenset(stay.resident.number for stay in ends if stay is not None and stay.first <= day)


def file_stay(connection: Connection, plan: Plan, stay: Stay) -> None:
    """File a stay: its charges for each day, and what was put down for it, to the 分."""
    admitted_at, discharged_at = moment(stay.first, "09:00"), moment(stay.last, "10:30")
    place = (1, 1, stay.ward, str(stay.resident.number))
    row = AdmissionRow(
        plan.hospital_id, stay.number, stay.resident.patient_id, admitted_at, discharged_at, *place, discharged_at
    )
    days = [stay.first + timedelta(days=n) for n in range((stay.last - stay.first).days)]
    arisen = list(charges(plan.hospital_id, stay.number, days))
    total = sum(charge.amount for charge in arisen)
    before = total // 2 // _HUNDRED_YUAN * _HUNDRED_YUAN
    parts = [(before, admitted_at + 30 * MINUTE_MS), (total - before, discharged_at - 20 * MINUTE_MS)]
    deposits = [_deposit(plan, stay, n, *part) for n, part in enumerate(parts, 1) if part[0]]
    billing.add(connection, [row])
    billing.add(connection, arisen)
    billing.add(connection, deposits)
    for one in deposits:
        books.enter(connection, plan.hospital_id, f"deposit {one.trade_no}", books.deposit(one.amount), one.at)


def _deposit(plan: Plan, stay: Stay, place: int, amount: int, at: int) -> DepositRow:
    trade_no, receipt_no = f"CZ{stay.number[2:]}{place}", f"YJ{stay.number[2:]}{place}"
    by = (_PAY_MODE, NAME, USER_ID, b"")
    return DepositRow(plan.hospital_id, trade_no, stay.number, receipt_no, amount, *by, at)
