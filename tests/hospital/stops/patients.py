"""Patients who are expected on a morning: their orders, and the units that they have."""

from datetime import date
from typing import Any

from tests.support.hospital import HOSPITAL, schedule_id
from yiqiao.clock import parse_compact
from yiqiao.ports.hospital.values import Session
from yiqiao.storage.booking import ORDERED, LockRow
from yiqiao.storage.orders import OrderRow
from yiqiao.storage.stops import Scope

TODAY = date(2026, 11, 20)
NOW = parse_compact("20261120080000")
MORNING = schedule_id("YS8101", "D0101", TODAY, Session.MORNING)
OF_TODAY = Scope(HOSPITAL, TODAY.isoformat(), TODAY.isoformat())
THE_MORNING = OF_TODAY._replace(schedule_id=MORNING)


def order(number: int, state: str) -> OrderRow:
    """The order of the patient who has this number."""
    row: dict[str, Any] = dict.fromkeys(OrderRow._fields)
    row |= dict.fromkeys((name for name in OrderRow._fields if name.startswith("fee_")), 0)
    row |= {"hospital_id": HOSPITAL, "order_no": f"YD{number}", "order_id": f"DD{number}", "source": "platform"}
    row |= {"schedule_id": MORNING, "time_id": "", "pool": 1, "number": number, "day": TODAY.isoformat(), "session": 1}
    row |= {"dept_id": "D0101", "doctor_id": "YS8101", "level": 2, "patient_id": f"P{number}", "state": state}
    row |= {"paid": "paid", "discount": 0, "insured_part": 0, "channel": 1, "booked": 1, "via": "", "vendor": ""}
    row |= {"operator": "", "extra": 0, "key_id": "k1", "sealed": b"", "app_id": "", "fingerprint": b""}
    return OrderRow(**(row | {"ordered_at": NOW, "changed_at": NOW}))


def unit(of: OrderRow) -> LockRow:
    """Who holds the order's unit."""
    where = (of.schedule_id, of.time_id, of.pool, of.number)
    return LockRow(HOSPITAL, of.order_id, *where, "", ORDERED, NOW, "", b"", NOW)
