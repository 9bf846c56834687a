"""What happens to a health card after it was issued: changes and their history, photos, closing."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of changes."""
    op.create_table(
        "card_closing",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("out_close_no", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "out_close_no", name=op.f("pk_card_closing")),
    )
    op.create_index("ix_card_closing_at", "card_closing", ["at"], unique=False)
    op.create_table(
        "person_change",
        sa.Column("app_id", sa.Text(), nullable=False),
        sa.Column("out_alter_no", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("issue_no", sa.Integer(), nullable=False),
        sa.Column("alter_no", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind IN ('info', 'link')", name=op.f("ck_person_change_kind")),
        sa.PrimaryKeyConstraint("app_id", "out_alter_no", name=op.f("pk_person_change")),
    )
    op.create_index("ix_person_change_at", "person_change", ["at"], unique=False)
    op.create_index("ix_person_change_person_id_at", "person_change", ["person_id", "at"], unique=False)
    op.create_table(
        "person_photo",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name=op.f("fk_person_photo_person")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_photo")),
    )
