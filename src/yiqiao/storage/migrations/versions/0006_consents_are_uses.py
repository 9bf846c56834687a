"""Consents that were given count as uses of cards, beside scanned codes; each way has serials of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SAME = "app_id, fingerprint, person_id, issue_no, treatment_code, office_code, term_id, operator_id, ip_addr"
_INTO = f"INSERT INTO card_use ({_SAME}, way, number, code_kind, at)"
_SCANNED = f"{_INTO} SELECT {_SAME}, 'scan', out_verify_no, code_kind, at FROM card_use_before"
_GIVEN = (
    f"{_INTO} SELECT {_SAME}, 'consent', out_authorize_no, 'consent', decided_at FROM card_consent WHERE state = 'succ'"
)


def upgrade() -> None:
    """Make the table anew, since SQLite cannot change a key, and enter the consents that were given before now."""
    op.execute("CREATE TABLE card_use_before AS SELECT * FROM card_use")
    op.drop_table("card_use")
    op.create_table(
        "card_use",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("way", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
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
        sa.CheckConstraint("way IN ('scan', 'consent')", name=op.f("ck_card_use_way")),
        sa.CheckConstraint("code_kind IN ('static', 'dynamic', 'consent')", name=op.f("ck_card_use_code_kind")),
        sa.CheckConstraint("(way = 'consent') = (code_kind = 'consent')", name=op.f("ck_card_use_consent")),
        sa.PrimaryKeyConstraint("app_id", "way", "number", name=op.f("pk_card_use")),
    )
    op.execute(_SCANNED)
    op.execute(_GIVEN)
    op.drop_table("card_use_before")
    # The indexes come last: filled at once they are made faster, and denser.
    op.create_index(
        "ix_card_use_at", "card_use", ["at", "treatment_code", "office_code", "app_id", "term_id"], unique=False
    )
    op.create_index("ix_card_use_person_id_at", "card_use", ["person_id", "at"], unique=False)
