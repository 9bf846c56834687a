"""Monitoring of card uses: an index that answers its counts, a person's uses, and the names of operators at desks."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes that monitoring and the console's cards read by, and the table of operators' names."""
    op.drop_index("ix_card_use_at", "card_use")
    op.create_index(
        "ix_card_use_at", "card_use", ["at", "treatment_code", "office_code", "app_id", "term_id"], unique=False
    )
    op.create_index("ix_card_use_person_id_at", "card_use", ["person_id", "at"], unique=False)
    op.create_index("ix_person_mindex_id", "person", ["mindex_id"], unique=False)
    op.create_table(
        "desk_operator",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "operator_id", name=op.f("pk_desk_operator")),
    )
