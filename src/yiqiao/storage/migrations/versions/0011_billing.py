"""What patients owe, pay and get back, in and out of bed; and the books that it leaves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the tables of bills, payments, stays, deposits and the books."""
    op.create_table(
        "admission",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("inpatient_no", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("admitted_at", sa.BigInteger(), nullable=False),
        sa.Column("discharged_at", sa.BigInteger(), nullable=True),
        sa.Column("times", sa.SmallInteger(), nullable=False),
        sa.Column("fee_class", sa.SmallInteger(), nullable=False),
        sa.Column("ward", sa.Text(), nullable=True),
        sa.Column("bed", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "inpatient_no", name=op.f("pk_admission")),
    )
    op.create_index("ix_admission_patient_id", "admission", ["hospital_id", "patient_id"], unique=False)
    op.create_table(
        "bill",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("presc_no", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("serial_no", sa.Text(), nullable=False),
        sa.Column("visit_no", sa.Text(), nullable=False),
        sa.Column("visit_day", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("trade_no", sa.Text(), nullable=True),
        sa.Column("window_only", sa.SmallInteger(), nullable=False),
        sa.Column("drug_window", sa.Text(), nullable=True),
        sa.Column("ordered_by", sa.Text(), nullable=True),
        sa.Column("ordered_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'due') = (trade_no IS NULL)", name=op.f("ck_bill_trade_no")),
        sa.CheckConstraint("state IN ('due', 'paid', 'refunded')", name=op.f("ck_bill_state")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_bill_amount")),
        sa.PrimaryKeyConstraint("hospital_id", "presc_no", name=op.f("pk_bill")),
    )
    op.create_index("ix_bill_patient_id", "bill", ["hospital_id", "patient_id", "state"], unique=False)
    op.create_table(
        "bill_payment",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("trade_no", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=False),
        sa.Column("presc_nos", sa.Text(), nullable=False),
        sa.Column("serial_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("insured_part", sa.BigInteger(), nullable=False),
        sa.Column("settlement_no", sa.Text(), nullable=True),
        sa.Column("pay_mode", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=False),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('paid', 'refunded')", name=op.f("ck_bill_payment_state")),
        sa.CheckConstraint(
            "amount > 0 AND insured_part >= 0 AND insured_part <= amount", name=op.f("ck_bill_payment_amount")
        ),
        sa.PrimaryKeyConstraint("hospital_id", "trade_no", name=op.f("pk_bill_payment")),
    )
    op.create_index("ix_bill_payment_paid_at", "bill_payment", ["hospital_id", "paid_at"], unique=False)
    op.create_index(
        "ix_bill_payment_patient_id", "bill_payment", ["hospital_id", "patient_id", "paid_at"], unique=False
    )
    op.create_index("ix_bill_payment_receipt_no", "bill_payment", ["hospital_id", "receipt_no"], unique=False)
    op.create_table(
        "ledger_entry",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "act", "line_no", name=op.f("pk_ledger_entry")),
    )
    op.create_index("ix_ledger_entry_account", "ledger_entry", ["hospital_id", "account", "at"], unique=False)
    op.create_table(
        "bill_line",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("presc_no", sa.Text(), nullable=False),
        sa.Column("line_no", sa.Integer(), nullable=False),
        sa.Column("item_no", sa.Text(), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("item_class", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("performed_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hospital_id", "presc_no"], ["bill.hospital_id", "bill.presc_no"], name=op.f("fk_bill_line_bill")
        ),
        sa.PrimaryKeyConstraint("hospital_id", "presc_no", "line_no", name=op.f("pk_bill_line")),
    )
    op.create_table(
        "deposit",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("trade_no", sa.Text(), nullable=False),
        sa.Column("inpatient_no", sa.Text(), nullable=False),
        sa.Column("receipt_no", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("pay_mode", sa.SmallInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_deposit_amount")),
        sa.ForeignKeyConstraint(
            ["hospital_id", "inpatient_no"],
            ["admission.hospital_id", "admission.inpatient_no"],
            name=op.f("fk_deposit_admission"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "trade_no", name=op.f("pk_deposit")),
    )
    op.create_index("ix_deposit_at", "deposit", ["hospital_id", "at"], unique=False)
    op.create_index("ix_deposit_inpatient_no", "deposit", ["hospital_id", "inpatient_no", "at"], unique=False)
    op.create_table(
        "inpatient_charge",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("inpatient_no", sa.Text(), nullable=False),
        sa.Column("line_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("item_class", sa.Text(), nullable=False),
        sa.Column("item_name", sa.Text(), nullable=False),
        sa.Column("spec", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id", "inpatient_no"],
            ["admission.hospital_id", "admission.inpatient_no"],
            name=op.f("fk_inpatient_charge_admission"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "inpatient_no", "line_id", name=op.f("pk_inpatient_charge")),
    )
    op.create_index("ix_inpatient_charge_day", "inpatient_charge", ["hospital_id", "inpatient_no", "day"], unique=False)
    op.create_index("ix_patient_name_index", "patient", ["hospital_id", "name_index"], unique=False)
    op.create_table(
        "patient_password",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id", "patient_id"],
            ["patient.hospital_id", "patient.patient_id"],
            name=op.f("fk_patient_password_patient"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "patient_id", name=op.f("pk_patient_password")),
    )
