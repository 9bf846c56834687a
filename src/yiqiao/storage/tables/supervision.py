"""What internet hospitals upload to their supervisor: every version of every record, and what a version waits for.

The content stands in sealed pages of some dozens of rows. Beside it stand the few columns that checks, pages and rules
of quality need; personal numbers only as blind indexes.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from yiqiao.storage.tables.metadata import metadata

supervision_institution = Table(  # opened on the console before anything is uploaded
    "supervision_institution",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("hosp_id", Text, nullable=False),  # the code that the platform gave it
    Column("name", Text, nullable=False),
    Column("open", SmallInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    CheckConstraint("open IN (0, 1)", name="open"),
)

supervision_binding = Table(
    "supervision_binding",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("code", Text, primary_key=True),  # of a department; of a cooperating hospital
    Column("subject", Text, nullable=False),  # the code of the subject that a department is bound to, else empty
    Column("name", Text, nullable=False),
    Column("bound_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('subject', 'partner')", name="kind"),
)

supervision_batch = Table(  # a request that was taken in
    "supervision_batch",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("batch_id", BigInteger, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("sent_at", BigInteger, nullable=False),  # by the sender's clock
    Column("received_at", BigInteger, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # SM3 of the request's body
    Column("size", Integer, nullable=False),  # bytes
    Column("accepted", Integer, nullable=False),
    Column("waiting", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Index("ix_supervision_batch_nonce", "app_id", "nonce", unique=True),
    Index("ix_supervision_batch_received_at", "received_at"),
)

supervision_refusal = Table(  # the first refused rows of a batch; what was wrong, never the content
    "supervision_refusal",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("batch_id", BigInteger, primary_key=True),
    Column("position", Integer, primary_key=True),  # in the batch, from 0
    Column("record_key", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("told", Text, nullable=False),
    ForeignKeyConstraint(["app_id", "batch_id"], ["supervision_batch.app_id", "supervision_batch.batch_id"]),
)

supervision_page = Table(
    "supervision_page",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("batch_id", BigInteger, primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

supervision_record = Table(  # one row a version; a version is a content that was sent
    "supervision_record",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # of the content
    Column("version", Integer, nullable=False),  # in the order of arrival
    Column("state", Text, nullable=False),
    Column("in_force", SmallInteger, nullable=False),
    Column("sent_at", BigInteger, nullable=False),  # when it was last sent, by the sender's clock
    Column("received_at", BigInteger, nullable=False),
    Column("batch_id", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),  # among the rows that the batch's pages hold
    Column("day", Text, nullable=False),  # of the business, YYYY-MM-DD; empty for what has none
    Column("flow_no", Text),
    Column("order_no", Text),
    Column("dept_code", Text),
    Column("doctor_code", Text),
    Column("recipe_no", Text),
    Column("emr_no", Text),
    Column("amount", BigInteger),  # hundredths of 分: what is stated may have decimals of 分
    Column("certificate_index", BigInteger),
    Column("card_index", BigInteger),
    CheckConstraint("state IN ('valid', 'waiting')", name="state"),
    CheckConstraint("in_force IN (0, 1) AND (in_force = 0 OR state = 'valid')", name="in_force"),
    Index("ix_supervision_record_day", "app_id", "kind", "day"),
    Index("ix_supervision_record_flow_no", "app_id", "flow_no"),
    Index("ix_supervision_record_certificate_index", "certificate_index"),
)
_in_force = supervision_record.c.in_force == 1
Index(
    "ix_supervision_record_in_force",
    supervision_record.c.app_id,
    supervision_record.c.kind,
    supervision_record.c.record_key,
    unique=True,
    postgresql_where=_in_force,
    sqlite_where=_in_force,
)

supervision_wanted = Table(  # what a waiting version waits for
    "supervision_wanted",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("wanted_kind", Text, primary_key=True),
    Column("wanted_key", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index("ix_supervision_wanted_record_key", "app_id", "kind", "record_key", "digest"),
)

supervision_arrived = Table(  # what was waited for and has come: who waits for it is judged again next
    "supervision_arrived",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("record_key", Text, primary_key=True),
)

supervision_total = Table(  # what is on file, by day of the business
    "supervision_total",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("in_force", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("amount", BigInteger, nullable=False),  # of those in force, hundredths of 分
    Index("ix_supervision_total_day", "day"),
)

supervision_intake = Table(  # what came in, by day of arrival
    "supervision_intake",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("batches", BigInteger, nullable=False),
    Column("accepted", BigInteger, nullable=False),
    Column("waiting", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("unchanged", BigInteger, nullable=False),
    Index("ix_supervision_intake_day", "day"),
)
