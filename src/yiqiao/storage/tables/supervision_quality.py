"""What the rules of quality have found in what institutions upload, by day of the business."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

supervision_review = Table(  # the last time that the rules were run over an institution's day
    "supervision_review",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # YYYY-MM-DD; empty for records that belong to no day
    Column("rules", LargeBinary, nullable=False),  # SM3 of the rules that were run
    Column("reviewed_at", BigInteger, nullable=False),
    Column("records", Integer, nullable=False),
    Column("findings", Integer, nullable=False),
    Index("ix_supervision_review_day", "day"),
)

supervision_finding = Table(
    "supervision_finding",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),  # of the record that the rule speaks of
    Column("kind", Text, nullable=False),
    Column("flow_no", Text),
    Column("told", Text, nullable=False),
    Column("found_at", BigInteger, nullable=False),  # for the first time
    Index("ix_supervision_finding_day", "day", "app_id", "rule"),  # the overview counts by it and reads no row
    Index("ix_supervision_finding_flow_no", "app_id", "flow_no"),
)
