"""By which number a hospital knows the people on citizens' accounts, where a citizen has said so with a card."""

from sqlalchemy import BigInteger, Column, LargeBinary, SmallInteger, Table, Text

from yiqiao.storage.tables.metadata import metadata

patient_link = Table(
    "patient_link",
    metadata,
    Column("person_id", Text, primary_key=True),  # whose account it is
    Column("member_id", Text, primary_key=True),  # "me": the citizen
    Column("hospital_id", Text, primary_key=True),
    Column("key_id", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

link_attempt = Table(
    "link_attempt",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("wrong", SmallInteger, nullable=False),  # cards of that day that were not theirs, or are being asked about
)
