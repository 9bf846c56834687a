"""Outpatients' charges at one of our own hospitals: pending, paid, given back, each to the 分 and each once."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson
from sqlalchemy import Connection

from yiqiao.clock import BEIJING, beijing
from yiqiao.hospital.billing import books
from yiqiao.hospital.billing.lines import exact
from yiqiao.hospital.house import House
from yiqiao.hospital.patients import records
from yiqiao.hospital.patients.service import LocalPatients
from yiqiao.ports.hospital.outpatient import (
    Bill,
    BillLine,
    Payment,
    PaymentQuestion,
    PaymentState,
    PaymentWish,
    RefundWish,
)
from yiqiao.ports.hospital.refusals import (
    AmountMismatch,
    BillSettled,
    CodeMissing,
    DuplicateSerial,
    NoSuchRecord,
    RefundMismatch,
    TooManyRecords,
    UnknownBill,
)
from yiqiao.ports.insured import Presettlement
from yiqiao.storage import Write, archives, billing, ordinary
from yiqiao.storage.billing import BillRow, LineRow, PaymentFilter, PaymentRow

MOST = 5000
"""Payments in one answer."""


@dataclass(frozen=True)
class LocalOutpatient:
    """`Outpatient` over our own tables."""

    house: House
    hospital_id: str
    patients: LocalPatients

    async def due(self, patient_id: str) -> tuple[Bill, ...]:
        """What is still to be paid."""

        def read(connection: Connection) -> tuple[Bill, ...]:
            records.patient_of(connection, self.hospital_id, patient_id)
            bills = billing.due_bills(connection, self.hospital_id, patient_id)
            lines = billing.lines(connection, self.hospital_id, [bill.presc_no for bill in bills])
            return tuple(_bill(bill, [line for line in lines if line.presc_no == bill.presc_no]) for bill in bills)

        found = await self.house.database.read(read)
        if not found:
            raise NoSuchRecord("没有待缴费用")
        return found

    async def presettle(self, patient_id: str) -> Presettlement:
        """What the insurer would pay of all of it."""
        total = sum(bill.amount for bill in await self.due(patient_id))
        return await self.patients.insurer.presettle(await self.patients.insured(patient_id), total)

    async def pay(self, wish: PaymentWish) -> Write[Payment]:
        """Take note of a payment. The insurer is asked before the transaction begins, and is not asked for a repeat."""
        known = await self.house.database.read(lambda c: billing.payment(c, self.hospital_id, wish.serial.number))
        settled = Presettlement(wish.total, 0, code_due=False)
        if wish.insured and known is None:
            patient_id = wish.patient_id or await self._owner(wish.presc_nos)
            settled = await self.patients.insurer.presettle(await self.patients.insured(patient_id), wish.total)
            if settled.code_due and not wish.code:
                raise CodeMissing
        return ordinary(lambda connection: self._pay(connection, wish, settled))

    async def _owner(self, presc_nos: tuple[str, ...]) -> str:
        """Whose bills these are. Raises UnknownBill."""
        bills = await self.house.database.read(lambda c: billing.bills(c, self.hospital_id, presc_nos))
        if not bills:
            raise UnknownBill
        return bills[0].patient_id

    def _pay(self, connection: Connection, wish: PaymentWish, settled: Presettlement) -> Payment:
        hospital_id, serial, now = self.hospital_id, wish.serial, self.house.clock.now_ms()
        before = billing.payment(connection, hospital_id, serial.number)
        if before is not None:
            raise _repeated(before, serial.fingerprint)
        bills = billing.bills(connection, hospital_id, wish.presc_nos, lock=True)
        before = billing.payment(connection, hospital_id, serial.number)  # while we waited, the same may have come
        if before is not None:
            raise _repeated(before, serial.fingerprint)
        if wish.patient_id is not None:
            records.patient_of(connection, hospital_id, wish.patient_id)
        owners = {bill.patient_id for bill in bills} | ({wish.patient_id} - {None})
        if not bills or {bill.presc_no for bill in bills} != set(wish.presc_nos) or len(owners) != 1:
            raise UnknownBill
        patient = records.patient_of(connection, hospital_id, bills[0].patient_id)
        if any(bill.state != "due" for bill in bills):
            raise BillSettled
        if any(bill.window_only for bill in bills):
            raise BillSettled("该处方须在医院窗口结算，请携带证件到收费窗口办理")
        due = sum(bill.amount for bill in bills)
        if wish.total != due:
            raise AmountMismatch(due, wish.total)
        if wish.amount != settled.own_part:
            raise AmountMismatch(settled.own_part, wish.amount)
        row = PaymentRow(
            hospital_id=hospital_id,
            trade_no=serial.number,
            patient_id=patient.patient_id,
            receipt_no=f"SJ{beijing(now):%y%m%d}{secrets.randbelow(10**10):010}",
            presc_nos=orjson.dumps(sorted(wish.presc_nos)).decode(),
            serial_no=wish.serial_no,
            amount=due,
            insured_part=settled.insured_part,
            settlement_no=archives.settlement_no(connection, hospital_id, patient.patient_id) if wish.insured else None,
            pay_mode=wish.pay_mode,
            state=PaymentState.PAID,
            app_id=serial.app_id,
            fingerprint=serial.fingerprint,
            paid_at=now,
        )
        if not billing.try_payment(connection, row):
            stored = billing.payment(connection, hospital_id, serial.number)
            raise _repeated(stored or row, serial.fingerprint)
        billing.settle_bills(
            connection, [one._replace(state="paid", trade_no=serial.number, changed_at=now) for one in bills]
        )
        moves = books.payment(settled.own_part, settled.insured_part)
        books.enter(connection, hospital_id, f"pay {serial.number}", moves, now)
        name = records.known(self.house.keyring, patient).name
        return _payment(row, name, [bill.drug_window or "" for bill in bills])

    async def payments(self, asked: PaymentQuestion) -> tuple[Payment, ...]:
        """Payments, the newest first."""
        found = await self.house.database.read(lambda connection: self._payments(connection, asked))
        if not found:
            raise NoSuchRecord
        return found

    def _payments(self, connection: Connection, asked: PaymentQuestion) -> tuple[Payment, ...]:
        holders = None if asked.card_no is None else holders_of(connection, self, asked.card_no)
        wanted = PaymentFilter(
            receipt_no=asked.receipt_no,
            trade_no=asked.trade_no,
            patient_ids=holders,
            presc_no=asked.presc_no,
            since=day_begins(asked.first_day),
            until=day_begins(asked.last_day, after=1),
        )
        rows = billing.payments(connection, self.hospital_id, wanted, MOST + 1)
        if len(rows) > MOST:
            raise TooManyRecords(MOST)
        people = records.patients_of(connection, self.hospital_id, {row.patient_id for row in rows})
        names = {one: records.known(self.house.keyring, row).name for one, row in people.items()}
        numbers = {number for row in rows for number in orjson.loads(row.presc_nos)}
        windows = {
            bill.presc_no: bill.drug_window or "" for bill in billing.bills(connection, self.hospital_id, numbers)
        }
        return tuple(
            _payment(row, names[row.patient_id], [windows.get(one, "") for one in orjson.loads(row.presc_nos)])
            for row in rows
        )

    async def refund(self, wish: RefundWish) -> Write[Payment]:
        """Give a payment back."""
        return ordinary(lambda connection: self._refund(connection, wish))

    def _refund(self, connection: Connection, wish: RefundWish) -> Payment:
        hospital_id, now = self.hospital_id, self.house.clock.now_ms()
        row = billing.payment(connection, hospital_id, wish.serial.number, lock=True)
        if row is None or row.app_id != wish.serial.app_id:  # another partner's payment is none of this one's
            raise NoSuchRecord("没有这笔缴费记录，请核对平台订单号")
        numbers = orjson.loads(row.presc_nos)
        if (
            (wish.patient_id is not None and wish.patient_id != row.patient_id)
            or (wish.receipt_no is not None and wish.receipt_no != row.receipt_no)
            or (wish.serial_no is not None and wish.serial_no != row.serial_no)
            or (wish.presc_nos and set(wish.presc_nos) != set(numbers))
        ):
            raise RefundMismatch
        bills = billing.bills(connection, hospital_id, numbers, lock=True)
        if row.state == PaymentState.PAID:
            row = row._replace(state=PaymentState.REFUNDED, refunded_at=now)
            billing.give_back(connection, row)
            billing.settle_bills(connection, [one._replace(state="refunded", changed_at=now) for one in bills])
            moves = books.refund(row.amount - row.insured_part, row.insured_part)
            books.enter(connection, hospital_id, f"refund {row.trade_no}", moves, now)
        patient = records.patient_of(connection, hospital_id, row.patient_id)
        name = records.known(self.house.keyring, patient).name
        return _payment(row, name, [bill.drug_window or "" for bill in bills])


def holders_of(connection: Connection, asking: LocalOutpatient, card_no: str) -> tuple[str, ...]:
    """Who holds a card of this number, of whichever kind."""
    keyring = asking.house.keyring
    indexes = {keyring.blind("card", f"{kind}|{card_no}") for kind in (*range(1, 13), 99)}
    found = archives.cards(connection, {asking.hospital_id}, {card_no}, indexes)
    return tuple({row.patient_id for row in found} | {card_no})


def day_begins(day: str | None, after: int = 0) -> int | None:
    """When a day of Beijing begins (so many days after it), epoch ms."""
    if day is None:
        return None
    begins = datetime.combine(date.fromisoformat(day) + timedelta(days=after), datetime.min.time(), BEIJING)
    return round(begins.timestamp() * 1000)


def _repeated(before: PaymentRow, fingerprint: bytes) -> DuplicateSerial:
    same = bytes(before.fingerprint) == fingerprint
    said = "该订单已经缴费，请勿重复提交" if same else "该订单号已用于另一笔缴费，请使用新的订单号"
    return DuplicateSerial(said, identical=same)


def _bill(row: BillRow, lines: list[LineRow]) -> Bill:
    told = tuple(
        BillLine(
            item_no=line.item_no,
            name=line.item_name,
            item_class=line.item_class,
            spec=line.spec,
            unit=line.unit,
            price=exact(line.price),
            quantity=exact(line.quantity),
            amount=line.amount,
            performed_by=line.performed_by,
        )
        for line in lines
    )
    return Bill(
        presc_no=row.presc_no,
        patient_id=row.patient_id,
        serial_no=row.serial_no,
        visit_no=row.visit_no,
        visit_day=row.visit_day,
        amount=row.amount,
        window_only=bool(row.window_only),
        ordered_by=row.ordered_by,
        ordered_at=row.ordered_at,
        lines=told,
    )


def _payment(row: PaymentRow, name: str, windows: list[str]) -> Payment:
    return Payment(
        trade_no=row.trade_no,
        receipt_no=row.receipt_no,
        patient_id=row.patient_id,
        patient_name=name,
        serial_no=row.serial_no,
        presc_nos=tuple(orjson.loads(row.presc_nos)),
        windows=tuple(dict.fromkeys(one for one in windows if one)),
        amount=row.amount - row.insured_part,
        state=PaymentState(row.state),
        paid_at=row.paid_at,
    )
