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
    Column("launch_id", Text, nullable=False),
    Column("patient_key", Text, nullable=False),  # person_id, or a blind index of the visit where no number is known
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),  # patient, doctor, visit
    Column("idle_s", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_launch_patient_key_at", "patient_key", "at"),
    Index("uq_launch_app_id_launch_id", "app_id", "launch_id", unique=True),
)

launch_session = Table(
    "launch_session",
    metadata,
    Column("token_digest", LargeBinary, primary_key=True),  # SM3 of the cookie's token
    Column("app_id", Text, nullable=False),
    Column("launch_id", Text, nullable=False),
    Column("kind", Text, nullable=False),  # a ticket is exchanged for a session, once
    Column("csrf", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    CheckConstraint("kind IN ('session', 'ticket')", name="kind"),
    Index("ix_launch_session_expires_at", "expires_at"),
)

launch_note = Table(
    "launch_note",
    metadata,
    Column("patient_key", Text, primary_key=True),
    Column("note_id", Text, primary_key=True),
    Column("launch_id", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("ix_launch_note_patient_key_at", "patient_key", "at"),
)
