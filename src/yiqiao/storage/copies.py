"""Copies of a sandbox's data, table by table: taken, put back, or taken out altogether.

Only what a sandbox is played with is touched. Who may call and is called, what they have agreed on, who may sign in and
the hub's keys stay, so that whoever is set up goes on calling; and the journal is never turned back, since its chains
prove that nothing was. Tables of later subjects belong to the data without being named here.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Table, func, make_url, select, text
from sqlalchemy.exc import DBAPIError

from yiqiao.errors import DomainError
from yiqiao.storage.database import Database, Work
from yiqiao.storage.errors import Busy
from yiqiao.storage.tables import metadata

KEPT = frozenset(
    {
        "journal",
        "journal_bundle",
        "journal_chain",
        "journal_checkpoint",
        "journal_key",
        "journal_mark",
        "key_check",
        "operator",
        "operator_audit",
        "operator_session",
        "partner",
        "partner_key",
        "partner_terminal",
        "partner_version",
        "pay_merchant",
        "remote_hospital",
        "sandbox_agreement",
        "sandbox_channel",
        "sandbox_fault",
        "sandbox_state",
    }
)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_TRIES = 20
_WAIT_MS = 250


class SnapshotUnfit(DomainError):
    """A name that no snapshot can have."""

    def __init__(self) -> None:
        super().__init__("快照名称应为 1 至 32 位小写字母、数字、- 或 _，且以字母或数字开头")


class UnknownSnapshot(DomainError):
    """There is no snapshot of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"没有名为 {name} 的快照")


class SnapshotOutdated(DomainError):
    """The snapshot was taken by a version with other tables."""

    def __init__(self, name: str) -> None:
        super().__init__(f"快照 {name} 由数据结构不同的版本生成，无法恢复，请删除后重新生成")


@dataclass(frozen=True)
class Snapshot:
    """A copy: when it was taken (epoch ms, the machine's time), and of which revision of the tables."""

    name: str
    taken_at: int
    revision: str


class Copies(Protocol):
    """Where copies are kept."""

    async def take(self, name: str, now_ms: int) -> Snapshot:
        """Copy the data in one consistent state; an older copy of this name is replaced. Raises SnapshotUnfit."""
        ...

    async def put_back(self, name: str, also: Work[None]) -> None:
        """Put a copy in the data's place, and do `also`, in one transaction. Raises UnknownSnapshot, Busy."""
        ...

    async def drop(self, name: str) -> None:
        """Delete a copy. Raises UnknownSnapshot."""
        ...

    async def all(self) -> tuple[Snapshot, ...]:
        """The copies there are, by name."""
        ...


def copies_of(database: Database, url: str, folder: Path) -> Copies:
    """The copies of an open database: files in `folder` for SQLite, schemas beside its own on PostgreSQL."""
    if database.kind == "sqlite":
        from yiqiao.storage.copies_sqlite import SQLiteCopies

        return SQLiteCopies(Path(make_url(url).database or ""), folder)
    from yiqiao.storage.copies_postgresql import PostgreSQLCopies

    return PostgreSQLCopies(database)


def checked(name: str) -> str:
    """The name. Raises SnapshotUnfit."""
    if not _NAME.fullmatch(name):
        raise SnapshotUnfit
    return name


def data_tables() -> Sequence[Table]:
    """The tables of the data, those first that others refer to."""
    return [table for table in metadata.sorted_tables if table.name not in KEPT]


def rows(connection: Connection) -> dict[str, int]:
    """How many rows of data there are, by table."""
    return {t.name: connection.scalar(select(func.count()).select_from(t)) or 0 for t in data_tables()}


def hold(connection: Connection) -> None:
    """Keep everybody else from writing to the data until the transaction ends. Raises Busy.

    SQLite has one writer at a time anyway. On PostgreSQL all tables are locked, and let go again where somebody who
    holds one waits for another, so that nobody is thrown out of a deadlock.
    """
    if connection.dialect.name == "sqlite":
        return
    names = ", ".join(table.name for table in data_tables())
    connection.execute(text(f"SET LOCAL lock_timeout = {_WAIT_MS}"))
    for _ in range(_TRIES):
        try:
            with connection.begin_nested():
                connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
                return
        except DBAPIError:
            continue
    raise Busy


def empty(connection: Connection) -> None:
    """Take all data out."""
    for table in reversed(data_tables()):
        connection.execute(table.delete())


def fill(connection: Connection, source: str) -> None:
    """Put in what the schema `source` holds."""
    for table in data_tables():
        columns = ", ".join(f'"{column.name}"' for column in table.columns)
        connection.execute(text(f'INSERT INTO {table.name} ({columns}) SELECT {columns} FROM "{source}".{table.name}'))
