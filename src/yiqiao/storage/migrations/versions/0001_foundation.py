"""The foundation: journal, partners, operators, jobs, persons and their health cards."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make all tables of the first version."""
    op.create_table(
        "card_registration",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("out_register_no", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "out_register_no", name=op.f("pk_card_registration")),
    )
    op.create_index("ix_card_registration_at", "card_registration", ["at"], unique=False)
    op.create_table(
        "card_use",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("out_verify_no", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("code_kind", sa.Text(), nullable=False),
        sa.Column("treatment_code", sa.Text(), nullable=False),
        sa.Column("office_code", sa.Text(), nullable=True),
        sa.Column("term_id", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("ip_addr", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("code_kind IN ('static', 'dynamic')", name=op.f("ck_card_use_code_kind")),
        sa.PrimaryKeyConstraint("app_id", "out_verify_no", name=op.f("pk_card_use")),
    )
    op.create_index("ix_card_use_at", "card_use", ["at"], unique=False)
    op.create_table(
        "job",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unique_key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("run_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(state = 'running') = (lease_owner IS NOT NULL)", name=op.f("ck_job_lease_owner")),
        sa.CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name=op.f("ck_job_lease_until")),
        sa.CheckConstraint("state IN ('due', 'running', 'done', 'failed')", name=op.f("ck_job_state")),
        sa.PrimaryKeyConstraint("kind", "unique_key", name=op.f("pk_job")),
    )
    op.create_index(
        "ix_job_run_at_open",
        "job",
        ["run_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('due', 'running')"),
        sqlite_where=sa.text("state IN ('due', 'running')"),
    )
    op.create_index("ix_job_state_changed_at", "job", ["state", "changed_at"], unique=False)
    op.create_table(
        "journal",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("duration_us", sa.BigInteger(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("key_person", sa.BigInteger(), nullable=True),
        sa.Column("key_card", sa.BigInteger(), nullable=True),
        sa.Column("key_order", sa.BigInteger(), nullable=True),
        sa.Column("key_trace", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("bundle", sa.BigInteger(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_app_id_at", "journal", ["app_id", "at"], unique=False)
    op.create_index("ix_journal_at", "journal", ["at"], unique=False)
    op.create_index(
        "ix_journal_key_card",
        "journal",
        ["key_card"],
        unique=False,
        postgresql_where=sa.text("key_card IS NOT NULL"),
        sqlite_where=sa.text("key_card IS NOT NULL"),
    )
    op.create_index(
        "ix_journal_key_order",
        "journal",
        ["key_order"],
        unique=False,
        postgresql_where=sa.text("key_order IS NOT NULL"),
        sqlite_where=sa.text("key_order IS NOT NULL"),
    )
    op.create_index(
        "ix_journal_key_person",
        "journal",
        ["key_person"],
        unique=False,
        postgresql_where=sa.text("key_person IS NOT NULL"),
        sqlite_where=sa.text("key_person IS NOT NULL"),
    )
    op.create_index(
        "ix_journal_key_trace",
        "journal",
        ["key_trace"],
        unique=False,
        postgresql_where=sa.text("key_trace IS NOT NULL"),
        sqlite_where=sa.text("key_trace IS NOT NULL"),
    )
    op.create_table(
        "journal_bundle",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("bundle", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "bundle", name=op.f("pk_journal_bundle")),
    )
    op.create_table(
        "journal_chain",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_journal_chain")),
    )
    op.create_table(
        "journal_checkpoint",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("entry_mac", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq", name=op.f("pk_journal_checkpoint")),
    )
    op.create_table(
        "key_check",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_key_check")),
    )
    op.create_table(
        "operator",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "role IN ('viewer', 'operator', 'approver', 'administrator')", name=op.f("ck_operator_role")
        ),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_operator_state")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_operator")),
    )
    op.create_table(
        "operator_audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operator_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_operator_audit_at", "operator_audit", ["at"], unique=False)
    op.create_index("ix_operator_audit_operator_at", "operator_audit", ["operator", "at"], unique=False)
    op.create_table(
        "partner",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("profile", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("clock_window_s", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'disabled')", name=op.f("ck_partner_state")),
        sa.CheckConstraint("clock_window_s > 0", name=op.f("ck_partner_clock_window_s")),
        sa.PrimaryKeyConstraint("dialect", "app_id", name=op.f("pk_partner")),
    )
    op.create_table(
        "partner_version",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_partner_version_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner_version")),
    )
    op.create_table(
        "person",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("mindex_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.BigInteger(), nullable=False),
        sa.Column("phone_index", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person")),
    )
    op.create_index("ix_person_name_index", "person", ["name_index"], unique=False)
    op.create_index("ix_person_phone_index", "person", ["phone_index"], unique=False)
    op.create_table(
        "health_card",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("ehealth_card_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_by", sa.Text(), nullable=False),
        sa.Column("apply_method", sa.Text(), nullable=False),
        sa.Column("certificate_mode", sa.Text(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_health_card_closed_at")),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_health_card_state")),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_health_card_person")),
        sa.PrimaryKeyConstraint("person_id", "issue_no", name=op.f("pk_health_card")),
    )
    op.create_index(
        "uq_health_card_one_active",
        "health_card",
        ["person_id"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
        sqlite_where=sa.text("state = 'active'"),
    )
    op.create_table(
        "operator_session",
        sa.Column("token_digest", sa.LargeBinary(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["operator"], ["operator.name"], name=op.f("fk_operator_session_operator")),
        sa.PrimaryKeyConstraint("token_digest", name=op.f("pk_operator_session")),
    )
    op.create_index("ix_operator_session_expires_at", "operator_session", ["expires_at"], unique=False)
    op.create_index("ix_operator_session_operator", "operator_session", ["operator"], unique=False)
    op.create_table(
        "partner_key",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("key_no", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_to", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dialect", "app_id"], ["partner.dialect", "partner.app_id"], name=op.f("fk_partner_key_partner")
        ),
        sa.PrimaryKeyConstraint("dialect", "app_id", "key_no", name=op.f("pk_partner_key")),
    )
    op.create_table(
        "partner_terminal",
        sa.Column("dialect", sa.Text(), nullable=False),
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("term_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dialect", "app_id"], ["partner.dialect", "partner.app_id"], name=op.f("fk_partner_terminal_partner")
        ),
        sa.PrimaryKeyConstraint("dialect", "app_id", "term_id", name=op.f("pk_partner_terminal")),
    )
