"""Trades of the sandbox's cashier that were closed before anybody opened them."""

import sqlalchemy as sa
from alembic import op

revision = "0071"
down_revision = "0061"


def upgrade() -> None:
    """Make the table; what stood in its place, a closed trade of 1 分, goes over into it."""
    op.create_table(
        "sandbox_trade_never",
        sa.Column("trade_no", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("trade_no", name=op.f("pk_sandbox_trade_never")),
    )
    stood = "FROM sandbox_trade WHERE state = 'closed' AND amount = 1 AND payee = '' AND subject = '从未打开'"
    op.execute(f"INSERT INTO sandbox_trade_never (trade_no, at) SELECT trade_no, at {stood}")
    op.execute(f"DELETE {stood}")
