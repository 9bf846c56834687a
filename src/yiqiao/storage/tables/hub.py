"""What the database knows of the hub itself."""

from sqlalchemy import Column, LargeBinary, Table, Text

from yiqiao.storage.tables.metadata import metadata

key_check = Table(
    "key_check",
    metadata,
    Column("purpose", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),  # HMAC-SM3 of the purpose under its key: proves it, does not tell it
)
