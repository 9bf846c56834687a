"""Patients, and what they owe, have paid and put down, read from the views of a HIS."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import groupby
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, true

from yiqiao.adapters.sqlviews.bound import Bound, Values
from yiqiao.adapters.sqlviews.views import Views
from yiqiao.ports.hospital.booking import Document
from yiqiao.ports.hospital.inpatient import ChargeDay, ChargeItem, DailyList, Deposit, DepositQuestion, Stay
from yiqiao.ports.hospital.outpatient import Bill, BillLine, Payment, PaymentQuestion
from yiqiao.ports.hospital.patients import PatientRecord
from yiqiao.ports.hospital.refusals import NoSuchRecord, SeveralArchives, UnknownPatient

T = TypeVar("T")
OWN_ID = 9
"""The type of "card" (CARD_TYPE) whose number is the hospital's own number of the patient."""
VALID = 0
"""A card that was not reported lost, nor given up (CARD_STATUS)."""
EVER = ("1900-01-01", "9998-12-31")


@dataclass(frozen=True)
class ViewsPatients:
    """What of `Patients` reads."""

    views: Views

    async def find(self, card: Document, patient_id: str | None = None) -> PatientRecord:
        """Who holds a card."""

        def read(view: Bound, connection: Connection) -> list[Values]:
            held = view.equals("patient_id" if card.kind == OWN_ID else "card_number", card.number)
            return view.rows(connection, held, view.equals("patient_id", patient_id))

        rows = await self.views.read(lambda bound: lambda c: read(bound["patient"], c), "patient")
        if not rows:
            raise UnknownPatient
        if len({row["patient_id"] for row in rows}) > 1:
            raise SeveralArchives
        return _patient(rows[0])


@dataclass(frozen=True)
class ViewsOutpatient:
    """What of `Outpatient` reads."""

    views: Views

    async def due(self, patient_id: str) -> tuple[Bill, ...]:
        """What a patient has still to pay."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> tuple[Bill, ...]:
            bills = bound["bill"].rows(connection, bound["bill"].equals("patient_id", patient_id))
            wanted = bound["bill_line"].among("presc_no", [bill["presc_no"] for bill in bills])
            lines = bound["bill_line"].rows(connection, wanted) if bills else []
            return tuple(
                _bill(bill, [line for line in lines if line["presc_no"] == bill["presc_no"]]) for bill in bills
            )

        found = await self.views.read(lambda bound: lambda c: read(bound, c), "bill", "bill_line")
        if not found:
            raise NoSuchRecord("没有待缴费的记录")
        return found

    async def payments(self, asked: PaymentQuestion) -> tuple[Payment, ...]:
        """Payments, the newest first."""

        def read(view: Bound, connection: Connection) -> tuple[Payment, ...]:
            names = ("receipt_no", "trade_no", "card_no")
            where = [view.equals(name, getattr(asked, name)) for name in names]
            where.append(_between(view, "paid_at", asked.first_day, asked.last_day))
            if asked.presc_no:
                _, trades = view.distinct(connection, "trade_no", view.equals("presc_no", asked.presc_no))
                where.append(view.among("trade_no", trades))
            by_trade = groupby(view.rows(connection, *where), lambda row: row["trade_no"])
            return tuple(_payment(list(rows)) for _, rows in by_trade)[::-1]

        found = await self.views.read(lambda bound: lambda c: read(bound["payment"], c), "payment")
        if not found:
            raise NoSuchRecord("没有缴费记录")
        return found


@dataclass(frozen=True)
class ViewsInpatient:
    """What of `Inpatient` reads."""

    views: Views

    async def stay(self, certificate_no: str | None, name: str | None) -> Stay:
        """The present stay of somebody."""

        def read(view: Bound, connection: Connection) -> Stay:
            return _whole(Stay, _stay(view, connection, certificate_no, name))

        return await self.views.read(lambda bound: lambda c: read(bound["stay"], c), "stay")

    async def deposits(self, asked: DepositQuestion) -> tuple[Deposit, ...]:
        """Money put down, the newest first."""

        def read(view: Bound, connection: Connection) -> tuple[Deposit, ...]:
            names = ("receipt_no", "trade_no", "inpatient_no", "certificate_no")
            where = [view.equals(name, getattr(asked, name)) for name in names]
            where.append(_between(view, "at", asked.first_day, asked.last_day))
            return tuple(_whole(Deposit, row) for row in view.rows(connection, *where))[::-1]

        found = await self.views.read(lambda bound: lambda c: read(bound["deposit"], c), "deposit")
        if not found:
            raise NoSuchRecord("没有预交金记录")
        return found

    async def daily(self, certificate_no: str | None, name: str | None) -> DailyList:
        """What arose day by day in the present stay."""

        def read(bound: Mapping[str, Bound], connection: Connection) -> DailyList:
            stay = _stay(bound["stay"], connection, certificate_no, name)
            rows = bound["charge"].rows(connection, bound["charge"].equals("inpatient_no", stay["inpatient_no"]))
            days = groupby(rows, lambda row: row["day"])
            told = tuple(ChargeDay(day, tuple(_whole(ChargeItem, row) for row in theirs)) for day, theirs in days)
            if not told:
                raise NoSuchRecord("本次住院还没有费用")
            return DailyList(stay["inpatient_no"], told, stay["name"])

        return await self.views.read(lambda bound: lambda c: read(bound, c), "stay", "charge")


def _whole(kind: type[T], row: Values) -> T:
    """A dataclass whose fields are all in the row."""
    return kind(**{entry.name: row[entry.name] for entry in fields(kind)})  # type: ignore[arg-type]


def _between(view: Bound, name: str, first: str | None, last: str | None) -> ColumnElement[bool]:
    if first is None and last is None:
        return true()
    return view.between(name, first or EVER[0], last or EVER[1])


def _patient(row: Values) -> PatientRecord:
    return PatientRecord(
        patient_id=row["patient_id"],
        created_at=row["created_at"],
        certified=row["certified"] is not False,
        certificate=Document(row["id_type"] or 1, row["id_number"]),
        card=Document(row["card_type"] or 1, row["card_number"]),
        card_state=row["card_state"] or VALID,
        card_issued_at=row["card_issued_at"] or row["created_at"],
        card_used_at=row["card_used_at"],
        visited=bool(row["visited"]),
        sex=row["sex"],
        name=row["name"],
        birthday=row["birthday"],
        mobile=row["mobile"],
        address=row["address"],
    )


def _bill(bill: Values, lines: list[Values]) -> Bill:
    own = {**bill, "window_only": bool(bill["window_only"]), "lines": tuple(_whole(BillLine, line) for line in lines)}
    return _whole(Bill, own)


def _payment(rows: list[Values]) -> Payment:
    windows = dict.fromkeys(row["window"] for row in rows if row["window"])
    presc_nos = tuple(row["presc_no"] for row in rows)
    amount = sum(row["amount"] for row in rows)
    return _whole(Payment, {**rows[0], "amount": amount, "presc_nos": presc_nos, "windows": tuple(windows)})


def _stay(view: Bound, connection: Connection, certificate_no: str | None, name: str | None) -> Values:
    """The present stay; of several, the newest. Raises UnknownPatient."""
    rows = view.rows(connection, view.equals("certificate_no", certificate_no), view.equals("name", name))
    if not rows:
        raise UnknownPatient("没有查到该患者的在院记录，请核对证件与姓名")
    return rows[-1]
