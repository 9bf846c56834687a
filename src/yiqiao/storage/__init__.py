"""Where everything is kept: one face over SQLite (the embedded default) and PostgreSQL (production).

Work on the database is a plain function over a SQLAlchemy `Connection`; `Database` decides on which thread or
connection it runs, and `Writer` gathers the hot writes that wait together into one transaction.
"""

from yiqiao.storage.database import Database, open_database
from yiqiao.storage.errors import Busy, StorageFailed, StorageUnreachable
from yiqiao.storage.writer import NOTHING, Lane, Ledger, Write, Writer, ordinary

__all__ = [
    "NOTHING",
    "Busy",
    "Database",
    "Lane",
    "Ledger",
    "StorageFailed",
    "StorageUnreachable",
    "Write",
    "Writer",
    "open_database",
    "ordinary",
]
