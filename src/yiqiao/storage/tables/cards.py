"""Persons, their health cards, and the acts on them.

A person's row is one sealed blob; `person_id` is derived from the certificate, so the primary key is the rule that
there is one person per (certificate type, number).
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

person = Table(
    "person",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("mindex_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),  # which sealing key
    Column("sealed", LargeBinary, nullable=False),
    Column("name_index", BigInteger, nullable=False),  # blind indexes, for equality only
    Column("phone_index", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_person_mindex_id", "mindex_id"),
    Index("ix_person_name_index", "name_index"),
    Index("ix_person_phone_index", "phone_index"),
)

health_card = Table(
    "health_card",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("issue_no", Integer, primary_key=True),  # 1, 2, …: registering after a close issues the next
    Column("ehealth_card_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("issued_by", Text, nullable=False),  # app_id
    Column("apply_method", Text, nullable=False),
    Column("certificate_mode", Text, nullable=False),
    Column("closed_at", BigInteger),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
    CheckConstraint("state IN ('active', 'closed')", name="state"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_at"),
)
Index(
    "uq_health_card_one_active",
    health_card.c.person_id,
    unique=True,
    postgresql_where=health_card.c.state == "active",
    sqlite_where=health_card.c.state == "active",
)

card_registration = Table(
    "card_registration",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("out_register_no", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),  # SM3 of the content: the same serial with other content shows
    Column("person_id", Text, nullable=False),
    Column("issue_no", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_card_registration_at", "at"),
)

card_use = Table(
    "card_use",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("way", Text, primary_key=True),
    Column("number", Text, primary_key=True),  # out_verify_no of a scan, out_authorize_no of a consent
    Column("fingerprint", LargeBinary, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("issue_no", Integer, nullable=False),
    Column("code_kind", Text, nullable=False),
    Column("treatment_code", Text, nullable=False),
    Column("office_code", Text),
    Column("term_id", Text, nullable=False),
    Column("operator_id", Text, nullable=False),
    Column("ip_addr", Text),
    Column("at", BigInteger, nullable=False),
    CheckConstraint("way IN ('scan', 'consent')", name="way"),
    CheckConstraint("code_kind IN ('static', 'dynamic', 'consent')", name="code_kind"),
    CheckConstraint("(way = 'consent') = (code_kind = 'consent')", name="consent"),
    # Monitoring counts a year of uses by what stands behind the time: it reads this index alone, and no row.
    Index("ix_card_use_at", "at", "treatment_code", "office_code", "app_id", "term_id"),
    Index("ix_card_use_person_id_at", "person_id", "at"),
)

desk_operator = Table(
    "desk_operator",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("operator_id", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the name that a partner gave last for its operator
    Column("name_index", BigInteger, nullable=False),  # tells whether a name is still that one
    Column("at", BigInteger, nullable=False),
)

person_photo = Table(
    "person_photo",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the JPEG; apart, since hardly any reader of a person needs it
    Column("changed_at", BigInteger, nullable=False),
    ForeignKeyConstraint(["person_id"], ["person.person_id"]),
)

person_change = Table(
    "person_change",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("out_alter_no", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("issue_no", Integer, nullable=False),
    Column("alter_no", Text, nullable=False),  # the platform's own serial
    Column("kind", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # what was changed, before and after
    Column("at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('info', 'link')", name="kind"),
    Index("ix_person_change_at", "at"),
    Index("ix_person_change_person_id_at", "person_id", "at"),
)

card_closing = Table(
    "card_closing",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("out_close_no", Text, primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("issue_no", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_card_closing_at", "at"),
)
