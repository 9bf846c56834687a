"""The book of orders in one transaction: read, changed in memory, written at the end in few statements."""

from collections.abc import Collection
from typing import NamedTuple

import orjson
from sqlalchemy import Connection

from yiqiao.crypto.keyring import Keyring
from yiqiao.hospital.booking.states import STANDING
from yiqiao.hospital.booking.units import Collision
from yiqiao.ports.hospital.booking import Document, Visitor
from yiqiao.ports.hospital.refusals import UnknownOrder
from yiqiao.ports.hospital.values import Sex
from yiqiao.storage import orders
from yiqiao.storage.booking import PoolKey, ScheduleRow
from yiqiao.storage.orders import ConcessionRow, DepartmentRow, HospitalRow, OrderKey, OrderRow


class Particulars(NamedTuple):
    """What is personal of an order, kept sealed."""

    visitor: Visitor
    check_no: str
    details: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return "Particulars()"


class Book:
    """The orders that one transaction deals with, and what they have to keep to."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self.keyring = keyring
        self._by_number: dict[OrderKey, OrderRow] = {}
        self._standing: dict[tuple[object, ...], OrderRow] = {}
        self._new: dict[OrderKey, OrderRow] = {}
        self._changed: dict[OrderKey, OrderRow] = {}
        self.hospitals: dict[str, HospitalRow] = {}
        self.departments: dict[tuple[str, str], DepartmentRow] = {}
        self.concessions: dict[str, list[ConcessionRow]] = {}
        self.times: dict[tuple[str, str, str], tuple[str, str]] = {}

    def know(self, keys: Collection[OrderKey], *, lock: bool) -> list[OrderRow]:
        """Read the orders under these numbers; with `lock`, what is read stays so."""
        found = orders.orders(self._connection, keys, lock=lock)
        for row in found:
            self._by_number[row.hospital_id, row.order_no] = row
            self._by_number[row.hospital_id, row.order_id] = row
        return found

    def know_rules(self, departments: Collection[tuple[str, str]], pools: Collection[PoolKey]) -> None:
        """Read what these (hospital_id, dept_id) ask of those who order, and when time slots begin and end."""
        if departments:
            self.times = orders.slot_times(self._connection, pools)
            hospital_ids = {hospital_id for hospital_id, _ in departments}
            self.hospitals = orders.hospitals(self._connection, hospital_ids)
            self.departments = orders.departments(self._connection, departments)
            self.concessions = orders.concessions(self._connection, hospital_ids)

    def know_standing(self, patients: Collection[tuple[str, str]]) -> None:
        """Read which orders these (hospital_id, patient_id) have, for which they are still expected."""
        for row in orders.standing(self._connection, patients):
            self._standing[_once(row)] = row

    def find(self, hospital_id: str, number: str) -> OrderRow | None:
        """The order under a number of either side."""
        return self._by_number.get((hospital_id, number))

    def order(self, hospital_id: str, number: str, app_id: str) -> OrderRow:
        """The order under a number of either side, made by this caller. Raises UnknownOrder."""
        row = self.find(hospital_id, number)
        if row is None or row.app_id != app_id:
            raise UnknownOrder
        return row

    def same_session(self, hospital_id: str, patient_id: str, schedule: ScheduleRow) -> OrderRow | None:
        """The patient's order of the same doctor and session."""
        return self._standing.get((hospital_id, patient_id, *schedule[:4]))

    def file(self, row: OrderRow) -> None:
        """A new order."""
        self._put(row)
        self._new[row.hospital_id, row.order_no] = row

    def change(self, row: OrderRow) -> None:
        """An order in the place of the one on file."""
        self._put(row)
        key = row.hospital_id, row.order_no
        (self._new if key in self._new else self._changed)[key] = row

    def _put(self, row: OrderRow) -> None:
        self._by_number[row.hospital_id, row.order_no] = row
        self._by_number[row.hospital_id, row.order_id] = row
        if row.state in STANDING:
            self._standing[_once(row)] = row
        elif self._standing.get(_once(row), row).order_no == row.order_no:
            self._standing.pop(_once(row), None)

    def write(self) -> None:
        """Write what was done. Raises Collision where another transaction has made the same order in between."""
        orders.change_orders(self._connection, self._changed.values())
        if self._new and orders.add_orders(self._connection, self._new.values()) < len(self._new):
            raise Collision


def seal(keyring: Keyring, hospital_id: str, order_no: str, particulars: Particulars) -> tuple[str, bytes]:
    """(key id, sealed) of what is personal."""
    return keyring.seal(orjson.dumps(particulars, default=tuple), _context(hospital_id, order_no))


def unseal(keyring: Keyring, row: OrderRow) -> Particulars:
    """What is personal of an order on file. Raises SealingUnavailable."""
    found = orjson.loads(keyring.unseal(row.key_id, bytes(row.sealed), _context(row.hospital_id, row.order_no)))
    stated, check_no, details = found
    for name in ("certificate", "guardian", "card"):
        stated[name] = Document(*stated[name]) if stated[name] else None
    stated["sex"] = Sex(stated["sex"])
    return Particulars(Visitor(**stated), check_no, tuple((name, text) for name, text in details))


def _context(hospital_id: str, order_no: str) -> bytes:
    return f"order|{hospital_id}|{order_no}".encode()


def _once(row: OrderRow) -> tuple[object, ...]:
    return row.hospital_id, row.patient_id, row.dept_id, row.doctor_id, row.day, row.session
