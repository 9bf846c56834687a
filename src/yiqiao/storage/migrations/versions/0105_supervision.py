"""What internet hospitals upload to their supervisor: institutions, bindings, records, and what is counted."""

import sqlalchemy as sa
from alembic import op

revision = "0105"
down_revision = "0095"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "supervision_arrived",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "kind", "record_key", name=op.f("pk_supervision_arrived")),
    )
    op.create_table(
        "supervision_batch",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "batch_id", name=op.f("pk_supervision_batch")),
    )
    op.create_index("ix_supervision_batch_nonce", "supervision_batch", ["app_id", "nonce"], unique=True)
    op.create_index("ix_supervision_batch_received_at", "supervision_batch", ["received_at"], unique=False)
    op.create_table(
        "supervision_binding",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bound_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('subject', 'partner')", name=op.f("ck_supervision_binding_kind")),
        sa.PrimaryKeyConstraint("app_id", "kind", "code", name=op.f("pk_supervision_binding")),
    )
    op.create_table(
        "supervision_institution",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("hosp_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("open", sa.SmallInteger(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("open IN (0, 1)", name=op.f("ck_supervision_institution_open")),
        sa.PrimaryKeyConstraint("app_id", name=op.f("pk_supervision_institution")),
    )
    op.create_table(
        "supervision_intake",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("batches", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "kind", "day", name=op.f("pk_supervision_intake")),
    )
    op.create_index("ix_supervision_intake_day", "supervision_intake", ["day"], unique=False)
    op.create_table(
        "supervision_page",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "batch_id", "page", name=op.f("pk_supervision_page")),
    )
    op.create_table(
        "supervision_record",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("in_force", sa.SmallInteger(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("flow_no", sa.Text(), nullable=True),
        sa.Column("order_no", sa.Text(), nullable=True),
        sa.Column("dept_code", sa.Text(), nullable=True),
        sa.Column("doctor_code", sa.Text(), nullable=True),
        sa.Column("recipe_no", sa.Text(), nullable=True),
        sa.Column("emr_no", sa.Text(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("certificate_index", sa.BigInteger(), nullable=True),
        sa.Column("card_index", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "in_force IN (0, 1) AND (in_force = 0 OR state = 'valid')", name=op.f("ck_supervision_record_in_force")
        ),
        sa.CheckConstraint("state IN ('valid', 'waiting')", name=op.f("ck_supervision_record_state")),
        sa.PrimaryKeyConstraint("app_id", "kind", "record_key", "digest", name=op.f("pk_supervision_record")),
    )
    op.create_index(
        "ix_supervision_record_certificate_index", "supervision_record", ["certificate_index"], unique=False
    )
    op.create_index("ix_supervision_record_day", "supervision_record", ["app_id", "kind", "day"], unique=False)
    op.create_index("ix_supervision_record_flow_no", "supervision_record", ["app_id", "flow_no"], unique=False)
    op.create_index(
        "ix_supervision_record_in_force",
        "supervision_record",
        ["app_id", "kind", "record_key"],
        unique=True,
        postgresql_where=sa.text("in_force = 1"),
        sqlite_where=sa.text("in_force = 1"),
    )
    op.create_table(
        "supervision_total",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("in_force", sa.BigInteger(), nullable=False),
        sa.Column("waiting", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "kind", "day", name=op.f("pk_supervision_total")),
    )
    op.create_index("ix_supervision_total_day", "supervision_total", ["day"], unique=False)
    op.create_table(
        "supervision_wanted",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("wanted_kind", sa.Text(), nullable=False),
        sa.Column("wanted_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "app_id", "wanted_kind", "wanted_key", "kind", "record_key", "digest", name=op.f("pk_supervision_wanted")
        ),
    )
    op.create_index(
        "ix_supervision_wanted_record_key",
        "supervision_wanted",
        ["app_id", "kind", "record_key", "digest"],
        unique=False,
    )
    op.create_table(
        "supervision_refusal",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["app_id", "batch_id"],
            ["supervision_batch.app_id", "supervision_batch.batch_id"],
            name=op.f("fk_supervision_refusal_supervision_batch"),
        ),
        sa.PrimaryKeyConstraint("app_id", "batch_id", "position", name=op.f("pk_supervision_refusal")),
    )
