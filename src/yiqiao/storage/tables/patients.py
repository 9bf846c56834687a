"""The hospital's own records of its patients. What is personal is one sealed text; blind indexes find it again.

Two records may be of one person: a hospital has such, and has to be told, so no index here is unique.
"""

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Index, LargeBinary, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

patient = Table(
    "patient",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("certificate_index", BigInteger, nullable=False),  # of the guardian's certificate for who has none
    Column("name_index", BigInteger, nullable=False),
    Column("phone_index", BigInteger),
    Column("certified", SmallInteger, nullable=False),  # PATIENT_TYPE: 0 known by the guardian's certificate
    Column("visited_at", BigInteger),  # the last real visit
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index("ix_patient_certificate_index", "hospital_id", "certificate_index"),
    Index("ix_patient_name_index", "hospital_id", "name_index"),
)

patient_card = Table(
    "patient_card",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("card_type", SmallInteger, primary_key=True),
    Column("card_index", BigInteger, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the card's number
    Column("state", SmallInteger, nullable=False),  # CARD_STATUS
    Column("issued_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
    ForeignKeyConstraint(["hospital_id", "patient_id"], ["patient.hospital_id", "patient.patient_id"]),
    Index("ix_patient_card_card_index", "hospital_id", "card_index"),
)

patient_password = Table(
    "patient_password",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("patient_id", Text, primary_key=True),
    Column("digest", BigInteger, nullable=False),  # keyed; of the password for the hospital's own system
    ForeignKeyConstraint(["hospital_id", "patient_id"], ["patient.hospital_id", "patient.patient_id"]),
)
