"""Settlements of outpatient bills with the insurance centre: how far each has come, which charges it holds, and what
was found of those that stand on one side only.

Amounts are 分. Everything belongs to a merchant (payAppId), as the money does. What is personal is one sealed text.
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

ins_settlement = Table(
    "ins_settlement",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),  # ours; the centre's messages and the trade are numbered after it
    Column("institution", Text, nullable=False),  # fixmedins_code
    Column("app_id", Text, nullable=False),  # which partner asked
    Column("token", Text, nullable=False),  # of its page's address
    Column("person", Text, nullable=False),  # whose, with no way back to who it is
    Column("fingerprint", LargeBinary, nullable=False),
    Column("insured", SmallInteger, nullable=False),  # 0: the patient pays everything, the centre is not asked
    Column("cashier", SmallInteger, nullable=False),  # 1: the caller has named the merchant, so money may be taken
    Column("visit_id", Text, nullable=False),  # mdtrt_id; empty while there is none
    Column("registered", SmallInteger, nullable=False),  # 1: we did, so we take it back
    Column("settlement_id", Text, nullable=False),  # setl_id; empty while there is none
    Column("total", BigInteger, nullable=False),
    Column("funds", BigInteger, nullable=False),
    Column("account", BigInteger, nullable=False),
    Column("cash", BigInteger, nullable=False),
    Column("trace_no", Text, nullable=False),  # of the trade; empty where there is none
    Column("callsn", Text, nullable=False),  # the HIS's number of its confirmation
    Column("state", Text, nullable=False),
    Column("ending", Text, nullable=False),  # on a way back: failed or cancelled; empty otherwise
    Column("uncertain", SmallInteger, nullable=False),  # 1: somebody did not answer, and is asked
    Column("told", SmallInteger, nullable=False),  # 1: the caller knows how it ended
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_at", BigInteger, nullable=False),
    Column("settled_at", BigInteger),
    Column("confirmed_at", BigInteger),  # by the HIS
    Column("ended_at", BigInteger),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("total > 0 AND funds >= 0 AND account >= 0 AND cash >= 0", name="amounts"),
    CheckConstraint("funds + account + cash = total", name="sum"),
    Index("ix_ins_settlement_number", "number", "institution"),
    Index("ix_ins_settlement_person", "person", "created_at"),
    Index("ix_ins_settlement_token", "token"),
    Index("ix_ins_settlement_settlement_id", "settlement_id", "institution"),
    Index("ix_ins_settlement_state", "state", "next_at"),
    Index("ix_ins_settlement_created_at", "created_at"),
    Index("ix_ins_settlement_institution", "institution", "settled_at"),
)

ins_charge = Table(
    "ins_charge",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("charge_no", Text, primary_key=True),  # the HIS's: nobody else may settle it meanwhile
    Column("number", Text, nullable=False),
    ForeignKeyConstraint(["merchant_id", "number"], ["ins_settlement.merchant_id", "ins_settlement.number"]),
    Index("ix_ins_charge_number", "merchant_id", "number"),
)

ins_event = Table(
    "ins_event",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("number", Text, primary_key=True),
    Column("version", Integer, primary_key=True),  # the settlement's after it
    Column("at", BigInteger, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("told", Text, nullable=False),
)

ins_finding = Table(
    "ins_finding",
    metadata,
    Column("merchant_id", Text, primary_key=True),
    Column("subject", Text, primary_key=True),  # the settlement's number, or the centre's where we have none
    Column("kind", Text, primary_key=True),
    Column("number", Text, nullable=False),  # ours; empty where we have none
    Column("here", Text, nullable=False),  # how it stands with us, in words
    Column("there", Text, nullable=False),  # and on the other side
    Column("amount", BigInteger, nullable=False),
    Column("remedy", Text, nullable=False),  # the act that mends it; empty: a person has to find out
    Column("since", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("gone_at", BigInteger),  # since when it is so no more
    Index("ix_ins_finding_gone_at", "gone_at", "since"),
)
