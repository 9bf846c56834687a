"""Due work, one row a job. `data` is not sealed: it holds the keys of other rows, never personal data."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text

from yiqiao.storage.tables.metadata import metadata

job = Table(
    "job",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("unique_key", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("data", Text, nullable=False),  # JSON object
    Column("run_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger),
    Column("lease_owner", Text),
    Column("attempts", Integer, nullable=False),  # begun since the last step that went well
    Column("last_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("state IN ('due', 'running', 'done', 'failed')", name="state"),
    CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease_until"),
    CheckConstraint("(state = 'running') = (lease_owner IS NOT NULL)", name="lease_owner"),
)
# Finished jobs stay as the memory of what was done; what is looked for is always among the others.
_open = job.c.state.in_(("due", "running"))
Index("ix_job_run_at_open", job.c.run_at, postgresql_where=_open, sqlite_where=_open)
Index("ix_job_state_changed_at", job.c.state, job.c.changed_at)
