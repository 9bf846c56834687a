"""Launches of the doctor's workstation, the sessions they opened, and the notes that were written there.

A launch is known by its mark: the primary key is the rule that it is opened once.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

launch = Table(
    "launch",
    metadata,
    Column("app_id", Text, primary_key=True),
    Column("mark", Text, primary_key=True),
    Column("patient_key", Text, nullable=False),  # person_id, or a blind index of the visit where no number is known
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # patient, doctor, visit
    Column("idle_s", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_launch_patient_key_at", "patient_key", "at"),
    Index("ix_launch_at", "at"),
)

launch_session = Table(
    "launch_session",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),  # SM3 of the cookie's token
    Column("app_id", Text, nullable=False),
    Column("mark", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a ticket is exchanged for a session, once
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('session', 'ticket')", name="kind"),
)

launch_note = Table(
    "launch_note",
    metadata,
    Column("patient_key", Text, primary_key=True),
    Column("note_id", Text, primary_key=True),
    Column("app_id", Text, nullable=False),  # the launch in whose session it was written
    Column("mark", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_launch_note_patient_key_at", "patient_key", "at"),
    Index("ix_launch_note_at", "at"),
)
