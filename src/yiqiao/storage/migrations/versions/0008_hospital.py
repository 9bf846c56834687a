"""Hospitals that keep their data here: what they show, their schedules and units, their patients."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables of hospitals and their patients."""
    op.create_table(
        "department",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("sex_limit", sa.SmallInteger(), nullable=False),
        sa.Column("baby_flag", sa.SmallInteger(), nullable=False),
        sa.Column("baby_age", sa.SmallInteger(), nullable=True),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "dept_id", name=op.f("pk_department")),
    )
    op.create_index("ix_department_parent_id", "department", ["hospital_id", "parent_id"], unique=False)
    op.create_table(
        "doctor",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("job_title", sa.Text(), nullable=True),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("sort", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "doctor_id", name=op.f("pk_doctor")),
    )
    op.create_table(
        "doctor_photo",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "doctor_id", name=op.f("pk_doctor_photo")),
    )
    op.create_table(
        "hospital",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("max_reg_days", sa.SmallInteger(), nullable=False),
        sa.Column("start_reg_time", sa.Text(), nullable=True),
        sa.Column("end_reg_time", sa.Text(), nullable=True),
        sa.Column("stop_book_time_am", sa.Text(), nullable=True),
        sa.Column("stop_book_time_pm", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", name=op.f("pk_hospital")),
    )
    op.create_table(
        "patient",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("certificate_index", sa.BigInteger(), nullable=False),
        sa.Column("name_index", sa.BigInteger(), nullable=False),
        sa.Column("phone_index", sa.BigInteger(), nullable=True),
        sa.Column("certified", sa.SmallInteger(), nullable=False),
        sa.Column("visited_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hospital_id", "patient_id", name=op.f("pk_patient")),
    )
    op.create_index("ix_patient_certificate_index", "patient", ["hospital_id", "certificate_index"], unique=False)
    op.create_table(
        "schedule",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("dept_id", sa.Text(), nullable=False),
        sa.Column("doctor_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("session", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("slotted", sa.SmallInteger(), nullable=False),
        sa.Column("fee_registration", sa.BigInteger(), nullable=False),
        sa.Column("fee_treatment", sa.BigInteger(), nullable=False),
        sa.Column("fee_service", sa.BigInteger(), nullable=False),
        sa.Column("fee_other", sa.BigInteger(), nullable=False),
        sa.Column("sex_limit", sa.SmallInteger(), nullable=True),
        sa.Column("age_min", sa.SmallInteger(), nullable=True),
        sa.Column("age_max", sa.SmallInteger(), nullable=True),
        sa.Column("visit_address", sa.Text(), nullable=True),
        sa.Column("number_address", sa.Text(), nullable=True),
        sa.Column("number_time", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'stopped', 'kept', 'closed')", name=op.f("ck_schedule_state")),
        sa.PrimaryKeyConstraint("hospital_id", "schedule_id", name=op.f("pk_schedule")),
    )
    op.create_index("ix_schedule_day", "schedule", ["hospital_id", "day", "dept_id", "doctor_id"], unique=False)
    op.create_index("ix_schedule_dept", "schedule", ["hospital_id", "dept_id", "day"], unique=False)
    op.create_index("ix_schedule_doctor", "schedule", ["hospital_id", "doctor_id", "day"], unique=False)
    op.create_table(
        "patient_card",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("card_type", sa.SmallInteger(), nullable=False),
        sa.Column("card_index", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hospital_id", "patient_id"],
            ["patient.hospital_id", "patient.patient_id"],
            name=op.f("fk_patient_card_patient"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "patient_id", "card_type", "card_index", name=op.f("pk_patient_card")),
    )
    op.create_index("ix_patient_card_card_index", "patient_card", ["hospital_id", "card_index"], unique=False)
    op.create_table(
        "slot_pool",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("time_id", sa.Text(), nullable=False),
        sa.Column("pool", sa.SmallInteger(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("first_number", sa.Integer(), nullable=False),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "taken >= 0 AND (total IS NULL OR taken <= total)", name=op.f("ck_slot_pool_never_oversold")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id", "schedule_id"],
            ["schedule.hospital_id", "schedule.schedule_id"],
            name=op.f("fk_slot_pool_schedule"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "schedule_id", "time_id", "pool", name=op.f("pk_slot_pool")),
    )
    op.create_table(
        "time_slot",
        sa.Column("hospital_id", sa.Text(), nullable=False),
        sa.Column("schedule_id", sa.Text(), nullable=False),
        sa.Column("time_id", sa.Text(), nullable=False),
        sa.Column("begins", sa.Text(), nullable=False),
        sa.Column("ends", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id", "schedule_id"],
            ["schedule.hospital_id", "schedule.schedule_id"],
            name=op.f("fk_time_slot_schedule"),
        ),
        sa.PrimaryKeyConstraint("hospital_id", "schedule_id", "time_id", name=op.f("pk_time_slot")),
    )
