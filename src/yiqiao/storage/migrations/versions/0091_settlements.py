"""Settlements with the insurance centre, the trades that are their personal part, and the funds' accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0091"
down_revision = "0110"
KINDS = "kind IN ('channel', 'deposit', 'transit', 'suspense', 'charge', 'fund')"


def upgrade() -> None:
    """Make the tables."""
    op.add_column("pay_trade", sa.Column("settles", sa.Text(), nullable=False, server_default=""))
    if op.get_bind().dialect.name == "sqlite":
        _accounts_made_anew()
    else:
        op.drop_constraint(op.f("ck_pay_account_kind"), "pay_account", type_="check")
        op.create_check_constraint(op.f("ck_pay_account_kind"), "pay_account", KINDS)
    op.create_table(
        "ins_settlement",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("insured", sa.SmallInteger(), nullable=False),
        sa.Column("cashier", sa.SmallInteger(), nullable=False),
        sa.Column("visit_id", sa.Text(), nullable=False),
        sa.Column("registered", sa.SmallInteger(), nullable=False),
        sa.Column("settlement_id", sa.Text(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("funds", sa.BigInteger(), nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("cash", sa.BigInteger(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("callsn", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("ending", sa.Text(), nullable=False),
        sa.Column("uncertain", sa.SmallInteger(), nullable=False),
        sa.Column("told", sa.SmallInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "total > 0 AND funds >= 0 AND account >= 0 AND cash >= 0", name=op.f("ck_ins_settlement_amounts")
        ),
        sa.CheckConstraint("funds + account + cash = total", name=op.f("ck_ins_settlement_sum")),
        sa.PrimaryKeyConstraint("merchant_id", "number", name=op.f("pk_ins_settlement")),
    )
    for name, columns in (
        ("person", ["person", "created_at"]),
        ("token", ["token"]),
        ("settlement_id", ["settlement_id"]),
        ("state", ["state", "next_at"]),
        ("created_at", ["created_at"]),
        ("institution", ["institution", "settled_at"]),
    ):
        op.create_index(f"ix_ins_settlement_{name}", "ins_settlement", columns)
    op.create_table(
        "ins_charge",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("charge_no", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["merchant_id", "number"],
            ["ins_settlement.merchant_id", "ins_settlement.number"],
            name=op.f("fk_ins_charge_merchant_id_ins_settlement"),
        ),
        sa.PrimaryKeyConstraint("merchant_id", "charge_no", name=op.f("pk_ins_charge")),
    )
    op.create_index("ix_ins_charge_number", "ins_charge", ["merchant_id", "number"])
    op.create_table(
        "ins_event",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("merchant_id", "number", "version", name=op.f("pk_ins_event")),
    )
    op.create_table(
        "ins_finding",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("here", sa.Text(), nullable=False),
        sa.Column("there", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("gone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("merchant_id", "subject", "kind", name=op.f("pk_ins_finding")),
    )
    op.create_index("ix_ins_finding_gone_at", "ins_finding", ["gone_at", "since"])


def _accounts_made_anew() -> None:
    """SQLite changes no constraint, and drops no table that others refer to: both are made anew under other names."""
    op.create_table(
        "pay_account_new",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(KINDS, name=op.f("ck_pay_account_kind")),
        sa.PrimaryKeyConstraint("merchant_id", "account", name=op.f("pk_pay_account")),
    )
    op.create_table(
        "pay_transfer_new",
        sa.Column("merchant_id", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("line_no", sa.SmallInteger(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("trace_no", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pay_transfer_amount")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_pay_transfer_accounts")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "debit"],
            ["pay_account_new.merchant_id", "pay_account_new.account"],
            name="fk_pay_transfer_debit",
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "credit"],
            ["pay_account_new.merchant_id", "pay_account_new.account"],
            name="fk_pay_transfer_credit",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "act", "line_no", name=op.f("pk_pay_transfer")),
    )
    columns = {
        "pay_account": "merchant_id, account, kind, opened_at",
        "pay_transfer": 'merchant_id, act, line_no, debit, credit, amount, trace_no, day, "at"',
    }
    for name, listed in columns.items():
        op.execute(f"INSERT INTO {name}_new ({listed}) SELECT {listed} FROM {name}")
    for name in reversed(columns):
        op.drop_table(name)
    for name in columns:
        op.rename_table(f"{name}_new", name)
    for name, indexed in (
        ("debit", ["merchant_id", "debit", "day"]),
        ("credit", ["merchant_id", "credit", "day"]),
        ("day", ["merchant_id", "day", "act"]),
        ("trace_no", ["merchant_id", "trace_no"]),
    ):
        op.create_index(f"ix_pay_transfer_{name}", "pay_transfer", indexed)
