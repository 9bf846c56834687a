"""What is known of patients in treatment: queues of a day, and what was found and prescribed.

A record (a laboratory, examination or physical-examination report, a prescription) is one sealed text; blind indexes
find it by its number, its patient, or the patient's certificate.
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

queue_line = Table(
    "queue_line",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("dept_id", Text, primary_key=True),
    Column("doctor_id", Text, primary_key=True),  # "" for an ordinary number (普通号): whoever is free
    Column("clinic_type", Text, nullable=False),
    Column("mark", Text, nullable=False),  # 号别; "" where the hospital gives it no name
    Column("last_number", Integer, nullable=False),
)

queue_entry = Table(
    "queue_entry",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("dept_id", Text, primary_key=True),
    Column("doctor_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("patient_id", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # the patient's name
    Column("registered_at", BigInteger, nullable=False),
    Column("called_at", BigInteger),
    CheckConstraint("state IN ('waiting', 'called', 'missed', 'done', 'left')", name="state"),
    ForeignKeyConstraint(
        ["hospital_id", "day", "dept_id", "doctor_id"],
        ["queue_line.hospital_id", "queue_line.day", "queue_line.dept_id", "queue_line.doctor_id"],
        name="fk_queue_entry_queue_line",
    ),
    Index("ix_queue_entry_patient_id", "hospital_id", "day", "patient_id"),
)

clinical_record = Table(
    "clinical_record",
    metadata,
    Column("hospital_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("number_index", BigInteger, primary_key=True),
    Column("patient_index", BigInteger),
    Column("certificate_index", BigInteger),
    Column("at", BigInteger, nullable=False),  # by which it is asked for: requested, examined, prescribed
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('lab', 'exam', 'checkup', 'prescription')", name="kind"),
    Index("ix_clinical_record_patient", "hospital_id", "kind", "patient_index", "at"),
    Index("ix_clinical_record_certificate", "hospital_id", "kind", "certificate_index", "at"),
)
