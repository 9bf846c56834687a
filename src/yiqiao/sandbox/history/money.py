"""What the visits of a past day cost, how it was paid, and what was given back; with the books that this leaves."""

from collections.abc import Sequence

import orjson
from sqlalchemy import Connection

from yiqiao.hospital.billing import books
from yiqiao.hospital.billing.lines import bill_rows
from yiqiao.ports.hospital.outpatient import PaymentState
from yiqiao.sandbox.booking_platform import USER_ID
from yiqiao.sandbox.insurance import pays_for
from yiqiao.sandbox.staff import Plan
from yiqiao.sandbox.treatment import MINUTE_MS, PHARMACY, Visit, bill_of
from yiqiao.spec.dice import Dice
from yiqiao.storage import billing
from yiqiao.storage.billing import BillRow, EntryRow, LineRow, PaymentRow

REFUNDED_PERCENT = 7
INSURED_PERCENT = 60
"""What the insurer has paid of a bill of the past; the centre reckons by more, but has no part in invented history."""
_PAY_MODES = ("1", "2", "3")
_PAID_AFTER_MS, _REFUNDED_AFTER_MS = 8 * MINUTE_MS, 180 * MINUTE_MS


def file_bills(connection: Connection, plan: Plan, visits: Sequence[Visit]) -> None:
    """File what visits cost: each bill paid by a payment of its own."""
    bills: list[BillRow] = []
    lines: list[LineRow] = []
    payments: list[PaymentRow] = []
    entries: list[EntryRow] = []
    for visit in visits:
        due, its_lines = bill_rows(plan.hospital_id, bill_of(visit), visit.at, PHARMACY)
        payment = _payment(visit, due)
        changed_at = payment.refunded_at or payment.paid_at
        bills.append(due._replace(state=payment.state, trade_no=payment.trade_no, changed_at=changed_at))
        lines += its_lines
        payments.append(payment)
        entries += _entries(payment)
    for rows in (bills, lines, payments, entries):
        billing.add(connection, rows)


def _payment(visit: Visit, bill: BillRow) -> PaymentRow:
    dice = Dice(f"{visit.number}/pay")
    refunded = dice(100) < REFUNDED_PERCENT
    insured = pays_for(visit.resident.id_no)
    paid_at = visit.at + _PAID_AFTER_MS
    return PaymentRow(
        hospital_id=bill.hospital_id,
        trade_no=f"JF{visit.number}",
        patient_id=bill.patient_id,
        receipt_no=f"SJ{visit.number}",
        presc_nos=orjson.dumps([bill.presc_no]).decode(),
        serial_no=bill.serial_no,
        amount=bill.amount,
        insured_part=bill.amount * INSURED_PERCENT // 100 if insured else 0,
        settlement_no=f"98{visit.number}" if insured else None,
        pay_mode=_PAY_MODES[dice(len(_PAY_MODES))],
        state=PaymentState.REFUNDED if refunded else PaymentState.PAID,
        app_id=USER_ID,
        fingerprint=b"",
        paid_at=paid_at,
        refunded_at=visit.at + _REFUNDED_AFTER_MS if refunded else None,
    )


def _entries(payment: PaymentRow) -> list[EntryRow]:
    hospital_id, parts = payment.hospital_id, (payment.amount - payment.insured_part, payment.insured_part)
    found = books.entries(hospital_id, f"pay {payment.trade_no}", books.payment(*parts), payment.paid_at)
    if payment.refunded_at is not None:
        act = f"refund {payment.trade_no}"
        found += books.entries(hospital_id, act, books.refund(*parts), payment.refunded_at)
    return found
