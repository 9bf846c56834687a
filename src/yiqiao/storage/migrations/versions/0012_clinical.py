"""Queues, reports, physical examinations, prescriptions."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables of queues and of what was found and prescribed."""
    op.create_table(
        "clinical_record",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("number_index", sa.BigInteger(), nullable=False),
        sa.Column("patient_index", sa.BigInteger(), nullable=True),
        sa.Column("certificate_index", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('lab', 'exam', 'checkup', 'prescription')", name=op.f("ck_clinical_record_kind")),
        sa.PrimaryKeyConstraint("hospital_id", "kind", "number_index", name=op.f("pk_clinical_record")),
    )
    op.create_index(
        "ix_clinical_record_certificate",
        "clinical_record",
        ["hospital_id", "kind", "certificate_index", "at"],
        unique=False,
    )
    op.create_index(
        "ix_clinical_record_patient", "clinical_record", ["hospital_id", "kind", "patient_index", "at"], unique=False
    )
    op.create_table(
        "queue_line",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("clinic_type", sa.Text(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "day", "dept_id", "doctor_id", name=op.f("pk_queue_line")),
    )
    op.create_table(
        "queue_entry",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("called_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'called', 'missed', 'done', 'left')", name=op.f("ck_queue_entry_state")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id", "day", "dept_id", "doctor_id"],
            ["queue_line.hospital_id", "queue_line.day", "queue_line.dept_id", "queue_line.doctor_id"],
            name="fk_queue_entry_queue_line",
        ),
        sa.PrimaryKeyConstraint("hospital_id", "day", "dept_id", "doctor_id", "number", name=op.f("pk_queue_entry")),
    )
    op.create_index("ix_queue_entry_patient_id", "queue_entry", ["hospital_id", "day", "patient_id"], unique=False)
