"""What patients of a hospital owe, have paid and got back; and the books that it leaves.

Amounts are 分; unit prices and quantities are whole numbers of ten-thousandths, since the standard gives them four
decimals. Every movement of money leaves entries in `ledger_entry` that add up to nothing.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

bill = Table(
    "bill",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("presc_no", Text, primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("serial_no", Text, nullable=False),
    Column("visit_no", Text, nullable=False),
    Column("visit_day", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),  # the sum of its lines
    Column("state", Text, nullable=False),
    Column("trade_no", Text),  # of the payment that settled it last
    Column("window_only", SmallInteger, nullable=False),  # 1: to be settled at the hospital's window
    Column("drug_window", Text),
    Column("ordered_by", Text),
    Column("ordered_at", BigInteger),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('due', 'paid', 'refunded')", name="state"),
    CheckConstraint("amount >= 0", name="amount"),
    CheckConstraint("(state = 'due') = (trade_no IS NULL)", name="trade_no"),
    Index("ix_bill_patient_id", "hospital_id", "patient_id", "state"),
)

bill_line = Table(
    "bill_line",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("presc_no", Text, primary_key=True),
    Column("line_no", Integer, primary_key=True),
    Column("item_no", Text, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("item_class", Text, nullable=False),
    Column("spec", Text),
    Column("unit", Text),
    Column("price", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("performed_by", Text),
    ForeignKeyConstraint(["hospital_id", "presc_no"], ["bill.hospital_id", "bill.presc_no"]),
)

bill_payment = Table(
    "bill_payment",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("trade_no", Text, primary_key=True),  # the platform's order
    Column("patient_id", Text, nullable=False),
    Column("receipt_no", Text, nullable=False),
    Column("presc_nos", Text, nullable=False),  # JSON
    Column("serial_no", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("insured_part", BigInteger, nullable=False),
    Column("settlement_no", Text),  # the insurer's (DKE005), which a refund needs again
    Column("pay_mode", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("paid_at", BigInteger, nullable=False),
    Column("refunded_at", BigInteger),
    CheckConstraint("state IN ('paid', 'refunded')", name="state"),
    CheckConstraint("amount > 0 AND insured_part >= 0 AND insured_part <= amount", name="amount"),
    Index("ix_bill_payment_patient_id", "hospital_id", "patient_id", "paid_at"),
    Index("ix_bill_payment_paid_at", "hospital_id", "paid_at"),
    Index("ix_bill_payment_receipt_no", "hospital_id", "receipt_no"),
)

admission = Table(
    "admission",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("inpatient_no", Text, primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("admitted_at", BigInteger, nullable=False),
    Column("discharged_at", BigInteger),
    Column("times", SmallInteger, nullable=False),
    Column("fee_class", SmallInteger, nullable=False),  # FEE_CLASS
    Column("ward", Text),
    Column("bed", Text),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_admission_patient_id", "hospital_id", "patient_id"),
)

inpatient_charge = Table(
    "inpatient_charge",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("inpatient_no", Text, primary_key=True),
    Column("line_id", Text, primary_key=True),
    Column("day", Text, nullable=False),
    Column("item_class", Text, nullable=False),
    Column("item_name", Text, nullable=False),
    Column("spec", Text),
    Column("unit", Text),
    Column("price", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),
    ForeignKeyConstraint(["hospital_id", "inpatient_no"], ["admission.hospital_id", "admission.inpatient_no"]),
    Index("ix_inpatient_charge_day", "hospital_id", "inpatient_no", "day"),
)

deposit = Table(
    "deposit",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("trade_no", Text, primary_key=True),  # the platform's order
    Column("inpatient_no", Text, nullable=False),
    Column("receipt_no", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("pay_mode", SmallInteger, nullable=False),  # PAY_CHANNEL
    Column("operator", Text, nullable=False),
    Column("app_id", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    ForeignKeyConstraint(["hospital_id", "inpatient_no"], ["admission.hospital_id", "admission.inpatient_no"]),
    Index("ix_deposit_inpatient_no", "hospital_id", "inpatient_no", "at"),
    Index("ix_deposit_at", "hospital_id", "at"),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("act", Text, primary_key=True),  # pay, refund, deposit, and the trade's number
    Column("line_no", SmallInteger, primary_key=True),
    Column("account", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),  # what the account gains; the lines of an act add up to nothing
    Column("at", BigInteger, nullable=False),
    Index("ix_ledger_entry_account", "hospital_id", "account", "at"),
)
