"""The face of the database: work in, result out, whichever engine is behind it.

A piece of work is a synchronous function over a SQLAlchemy `Connection`. On SQLite it runs on the one writer thread or
on a reader thread; on PostgreSQL it runs on an asyncpg connection through SQLAlchemy's greenlet bridge. The same
function serves both, so a rule is written once and tested on both engines.
"""

from collections.abc import Callable
from typing import Literal, Protocol, TypeVar

from sqlalchemy import Connection, make_url

T = TypeVar("T")
Work = Callable[[Connection], T]
Kind = Literal["sqlite", "postgresql"]


class Database(Protocol):
    """An open database."""

    @property
    def kind(self) -> Kind:
        """Which engine it is; SQL that differs is chosen by this."""
        ...

    @property
    def writes_at_once(self) -> int:
        """How many gathered transactions one process should have under way at a time."""
        ...

    async def read(self, work: Work[T]) -> T:
        """Run `work` where it may only read. Raises StorageUnreachable, StorageFailed."""
        ...

    async def write(self, work: Work[T]) -> T:
        """Run `work` in one transaction: committed when it returns, rolled back when it raises.

        A DomainError that `work` raises comes out as it is; the engine's own errors come out as StorageUnreachable or
        StorageFailed.
        """
        ...

    async def write_briefly(self, work: Work[T]) -> T:
        """As `write`, for work that is known to be short: it may run on the event loop's own thread.

        On SQLite every statement lets other threads run and then waits for its turn again; on a busy loop that costs
        more than the statements. Another process's lock is never waited for on the loop, nor is a disk that is slow.
        """
        ...

    def aside(self, work: Callable[[], T]) -> T:
        """Called within the work of a `write`: run what needs no connection where it does not hold up the loop."""
        ...

    async def close(self) -> None:
        """Let go of all connections and threads; nothing runs afterwards."""
        ...


async def open_database(url: str, *, readers: int = 4) -> Database:
    """Open `sqlite:///path` or `postgresql://…` (always over asyncpg). Raises ValueError for any other URL."""
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        from yiqiao.storage.sqlite import SQLiteDatabase

        if not parsed.database or parsed.database == ":memory:":
            raise ValueError("the SQLite database must be a file: sqlite:////path/to/yiqiao.db")
        return SQLiteDatabase(parsed.database, readers=readers)
    if backend == "postgresql":
        from yiqiao.storage.postgresql import PostgreSQLDatabase

        return PostgreSQLDatabase(parsed.set(drivername="postgresql+asyncpg"), connections=readers)
    raise ValueError(f"the database URL names {backend!r}; sqlite and postgresql are served")
