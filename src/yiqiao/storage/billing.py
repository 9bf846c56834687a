"""The statements on bills, payments, admissions, deposits and the books, on both engines."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, func, select
from sqlalchemy.sql import Select

from yiqiao.storage.bulk import insert_many, update_many
from yiqiao.storage.tables import billing as tables


class BillRow(NamedTuple):
    """A prescription's bill as stored."""

    hospital_id: str
    presc_no: str
    patient_id: str
    serial_no: str
    visit_no: str
    visit_day: str
    amount: int
    state: str
    trade_no: str | None
    window_only: int
    drug_window: str | None
    ordered_by: str | None
    ordered_at: int | None
    changed_at: int


class LineRow(NamedTuple):
    """A line of a bill as stored."""

    hospital_id: str
    presc_no: str
    line_no: int
    item_no: str
    item_name: str
    item_class: str
    spec: str | None
    unit: str | None
    price: int
    quantity: int
    amount: int
    performed_by: str | None


class PaymentRow(NamedTuple):
    """A payment as stored."""

    hospital_id: str
    trade_no: str
    patient_id: str
    receipt_no: str
    presc_nos: str
    serial_no: str
    amount: int
    insured_part: int
    settlement_no: str | None
    pay_mode: str
    state: str
    app_id: str
    fingerprint: bytes
    paid_at: int
    refunded_at: int | None = None


class AdmissionRow(NamedTuple):
    """A stay in hospital as stored."""

    hospital_id: str
    inpatient_no: str
    patient_id: str
    admitted_at: int
    discharged_at: int | None
    times: int
    fee_class: int
    ward: str | None
    bed: str | None
    changed_at: int


class ChargeRow(NamedTuple):
    """A charge of a stay as stored."""

    hospital_id: str
    inpatient_no: str
    line_id: str
    day: str
    item_class: str
    item_name: str
    spec: str | None
    unit: str | None
    price: int
    quantity: int
    amount: int


class DepositRow(NamedTuple):
    """Money put down for a stay, as stored."""

    hospital_id: str
    trade_no: str
    inpatient_no: str
    receipt_no: str
    amount: int
    pay_mode: int
    operator: str
    app_id: str
    fingerprint: bytes
    at: int


class EntryRow(NamedTuple):
    """One line of an act in the books."""

    hospital_id: str
    act: str
    line_no: int
    account: str
    amount: int
    at: int


_TABLES = {
    BillRow: tables.bill,
    LineRow: tables.bill_line,
    PaymentRow: tables.bill_payment,
    AdmissionRow: tables.admission,
    ChargeRow: tables.inpatient_charge,
    DepositRow: tables.deposit,
    EntryRow: tables.ledger_entry,
}
Row = BillRow | LineRow | PaymentRow | AdmissionRow | ChargeRow | DepositRow | EntryRow


def add(connection: Connection, rows: Sequence[Row]) -> None:
    """File rows, all of one kind."""
    if rows:
        insert_many(connection, _TABLES[type(rows[0])], type(rows[0])._fields, rows)


def bills(connection: Connection, hospital_id: str, presc_nos: Collection[str], *, lock: bool = False) -> list[BillRow]:
    """These bills; with `lock` kept from all others until our transaction ends."""
    table = tables.bill
    query = (
        select(table)
        .where(table.c.hospital_id == hospital_id, table.c.presc_no.in_(presc_nos))
        .order_by(table.c.presc_no)
    )
    return [BillRow._make(row) for row in connection.execute(query.with_for_update() if lock else query)]


def due_bills(connection: Connection, hospital_id: str, patient_id: str) -> list[BillRow]:
    """What a patient has still to pay, oldest first."""
    query = (
        select(tables.bill)
        .where(
            tables.bill.c.hospital_id == hospital_id,
            tables.bill.c.patient_id == patient_id,
            tables.bill.c.state == "due",
        )
        .order_by(tables.bill.c.visit_day, tables.bill.c.presc_no)
    )
    return [BillRow._make(row) for row in connection.execute(query)]


def lines(connection: Connection, hospital_id: str, presc_nos: Collection[str]) -> list[LineRow]:
    """The lines of these bills, in their order."""
    table = tables.bill_line
    query = (
        select(table)
        .where(table.c.hospital_id == hospital_id, table.c.presc_no.in_(presc_nos))
        .order_by(table.c.presc_no, table.c.line_no)
    )
    return [LineRow._make(row) for row in connection.execute(query)]


def add_new_bills(connection: Connection, rows: Iterable[BillRow]) -> set[str]:
    """File those bills that are not on file; answers their prescriptions' numbers."""
    added = insert_many(
        connection, tables.bill, BillRow._fields, sorted(rows), skip_conflicts=True, returning=("presc_no",)
    )
    return {str(row[0]) for row in map(tuple, added)}


def change_bills(connection: Connection, rows: Iterable[BillRow]) -> None:
    """Put what due bills that are ours (see `bills`) say in the place of what they said; their state stays."""
    keys = ("hospital_id", "presc_no")
    columns = tuple(name for name in BillRow._fields if name not in (*keys, "state", "trade_no"))
    values = [tuple([getattr(row, name) for name in keys + columns]) for row in rows]
    update_many(connection, tables.bill, keys, columns, sorted(values))


def put_lines(connection: Connection, hospital_id: str, presc_nos: Collection[str], rows: Sequence[LineRow]) -> None:
    """Let bills that are ours (see `bills`) have these lines and no others."""
    if not presc_nos:
        return
    table = tables.bill_line
    connection.execute(delete(table).where(table.c.hospital_id == hospital_id, table.c.presc_no.in_(presc_nos)))
    add(connection, rows)


def settle_bills(connection: Connection, rows: Iterable[BillRow]) -> None:
    """Put the state of bills that are ours (see `bills`) in the place of what it was."""
    values = [(row.hospital_id, row.presc_no, row.state, row.trade_no, row.changed_at) for row in rows]
    keys, columns = ("hospital_id", "presc_no"), ("state", "trade_no", "changed_at")
    update_many(connection, tables.bill, keys, columns, sorted(values))


def payment(connection: Connection, hospital_id: str, trade_no: str, *, lock: bool = False) -> PaymentRow | None:
    """The payment of an order of the platform."""
    table = tables.bill_payment
    query = select(table).where(table.c.hospital_id == hospital_id, table.c.trade_no == trade_no)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return PaymentRow._make(row) if row else None


def try_payment(connection: Connection, row: PaymentRow) -> bool:
    """File a payment; False where there is one of this order already."""
    done = insert_many(
        connection,
        tables.bill_payment,
        PaymentRow._fields,
        [row],
        skip_conflicts=True,
        returning=("trade_no",),
    )
    return bool(done)


def give_back(connection: Connection, row: PaymentRow) -> None:
    """Mark a payment that is ours as refunded."""
    values = [(row.hospital_id, row.trade_no, row.state, row.refunded_at)]
    update_many(connection, tables.bill_payment, ("hospital_id", "trade_no"), ("state", "refunded_at"), values)


class PaymentFilter(NamedTuple):
    """Which payments: what is None does not matter; times are epoch ms, `until` not included."""

    receipt_no: str | None = None
    trade_no: str | None = None
    patient_ids: tuple[str, ...] | None = None
    presc_no: str | None = None
    since: int | None = None
    until: int | None = None


def payments(connection: Connection, hospital_id: str, wanted: PaymentFilter, most: int) -> list[PaymentRow]:
    """The payments that are wanted, newest first, at most so many."""
    table = tables.bill_payment
    query: Select[tuple[object, ...]] = select(table).where(table.c.hospital_id == hospital_id)
    if wanted.receipt_no is not None:
        query = query.where(table.c.receipt_no == wanted.receipt_no)
    if wanted.trade_no is not None:
        query = query.where(table.c.trade_no == wanted.trade_no)
    if wanted.patient_ids is not None:
        query = query.where(table.c.patient_id.in_(wanted.patient_ids))
    if wanted.presc_no is not None:
        of = select(tables.bill.c.trade_no).where(
            tables.bill.c.hospital_id == hospital_id, tables.bill.c.presc_no == wanted.presc_no
        )
        query = query.where(table.c.trade_no.in_(of))
    if wanted.since is not None:
        query = query.where(table.c.paid_at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.paid_at < wanted.until)
    query = query.order_by(table.c.paid_at.desc(), table.c.trade_no).limit(most)
    return [PaymentRow._make(row) for row in connection.execute(query)]


def admissions(connection: Connection, hospital_id: str, patient_ids: Collection[str]) -> list[AdmissionRow]:
    """The stays of these patients, the newest first."""
    table = tables.admission
    query = (
        select(table)
        .where(table.c.hospital_id == hospital_id, table.c.patient_id.in_(patient_ids))
        .order_by(table.c.admitted_at.desc())
    )
    return [AdmissionRow._make(row) for row in connection.execute(query)]


def admission(
    connection: Connection, hospital_id: str, inpatient_no: str, *, lock: bool = False
) -> AdmissionRow | None:
    """A stay by its number."""
    table = tables.admission
    query = select(table).where(table.c.hospital_id == hospital_id, table.c.inpatient_no == inpatient_no)
    row = connection.execute(query.with_for_update() if lock else query).first()
    return AdmissionRow._make(row) if row else None


def stay_sums(connection: Connection, hospital_id: str, inpatient_no: str) -> tuple[int, int]:
    """(put down, charged) in 分 for a stay."""
    sums = [
        connection.scalar(
            select(func.coalesce(func.sum(table.c.amount), 0)).where(
                and_(table.c.hospital_id == hospital_id, table.c.inpatient_no == inpatient_no)
            )
        )
        for table in (tables.deposit, tables.inpatient_charge)
    ]
    return int(sums[0] or 0), int(sums[1] or 0)


def charges(connection: Connection, hospital_id: str, inpatient_no: str) -> list[ChargeRow]:
    """The charges of a stay, by day."""
    table = tables.inpatient_charge
    query = (
        select(table)
        .where(table.c.hospital_id == hospital_id, table.c.inpatient_no == inpatient_no)
        .order_by(table.c.day, table.c.item_class, table.c.line_id)
    )
    return [ChargeRow._make(row) for row in connection.execute(query)]


def try_deposit(connection: Connection, row: DepositRow) -> bool:
    """File money put down; False where there is some of this order already."""
    done = insert_many(
        connection, tables.deposit, DepositRow._fields, [row], skip_conflicts=True, returning=("trade_no",)
    )
    return bool(done)


def deposit(connection: Connection, hospital_id: str, trade_no: str) -> DepositRow | None:
    """The money put down under an order of the platform."""
    table = tables.deposit
    query = select(table).where(table.c.hospital_id == hospital_id, table.c.trade_no == trade_no)
    row = connection.execute(query).first()
    return DepositRow._make(row) if row else None


class DepositFilter(NamedTuple):
    """Which deposits: what is None does not matter; times are epoch ms, `until` not included."""

    receipt_no: str | None = None
    trade_no: str | None = None
    inpatient_nos: tuple[str, ...] | None = None
    since: int | None = None
    until: int | None = None


def deposits(connection: Connection, hospital_id: str, wanted: DepositFilter, most: int) -> list[DepositRow]:
    """The deposits that are wanted, newest first, at most so many."""
    table = tables.deposit
    query: Select[tuple[object, ...]] = select(table).where(table.c.hospital_id == hospital_id)
    if wanted.receipt_no is not None:
        query = query.where(table.c.receipt_no == wanted.receipt_no)
    if wanted.trade_no is not None:
        query = query.where(table.c.trade_no == wanted.trade_no)
    if wanted.inpatient_nos is not None:
        query = query.where(table.c.inpatient_no.in_(wanted.inpatient_nos))
    if wanted.since is not None:
        query = query.where(table.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(table.c.at < wanted.until)
    query = query.order_by(table.c.at.desc(), table.c.trade_no).limit(most)
    return [DepositRow._make(row) for row in connection.execute(query)]


def books(connection: Connection, hospital_id: str) -> dict[str, int]:
    """What stands in each account, 分."""
    table = tables.ledger_entry
    query = (
        select(table.c.account, func.sum(table.c.amount))
        .where(table.c.hospital_id == hospital_id)
        .group_by(table.c.account)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}
