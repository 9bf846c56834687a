"""PostgreSQL over asyncpg: reads in autocommit, writes in one transaction.

A read is one statement or a few that need no common snapshot, so it runs without BEGIN and without a reset of the
connection afterwards: both together cost more than most reads themselves.
"""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import URL
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.util import await_only

from yiqiao.storage.database import Kind, Work
from yiqiao.storage.errors import StorageFailed, StorageUnreachable

T = TypeVar("T")
CONNECT_TIMEOUT_S = 5
COMMAND_TIMEOUT_S = 30


class PostgreSQLDatabase:
    """`Database` over a PostgreSQL server."""

    def __init__(self, url: URL, *, connections: int) -> None:
        arguments = {"timeout": CONNECT_TIMEOUT_S, "command_timeout": COMMAND_TIMEOUT_S}
        # No connection is made for a rush and closed after it: that costs more than waiting for one that is there.
        self._writing = create_async_engine(url, **_kept(8), connect_args=arguments)
        self._reading = create_async_engine(
            url,
            **_kept(2 * connections),
            connect_args=arguments,
            isolation_level="AUTOCOMMIT",
            pool_reset_on_return=None,
        )

    @property
    def kind(self) -> Kind:
        return "postgresql"

    @property
    def writes_at_once(self) -> int:
        return 2  # while one waits for the server, the other is being made

    async def read(self, work: Work[T]) -> T:
        try:
            async with self._reading.connect() as connection:
                return await connection.run_sync(work)
        except (DBAPIError, OSError, TimeoutError, PoolTimeout) as error:
            raise translated(error) from error

    async def write(self, work: Work[T]) -> T:
        try:
            async with self._writing.begin() as connection:
                return await connection.run_sync(work)
        except (DBAPIError, OSError, TimeoutError, PoolTimeout) as error:
            raise translated(error) from error

    async def write_briefly(self, work: Work[T]) -> T:
        return await self.write(work)

    def aside(self, work: Callable[[], T]) -> T:
        return await_only(asyncio.to_thread(work))

    async def close(self) -> None:
        await self._writing.dispose()
        await self._reading.dispose()


def _kept(connections: int) -> dict[str, Any]:
    """A pool of at most so many connections, made as they are needed; the one that was used last is used next."""
    return {"pool_size": connections, "max_overflow": 0, "pool_timeout": COMMAND_TIMEOUT_S, "pool_use_lifo": True}


def translated(error: Exception) -> Exception:
    """The engine's error as the callers above know it."""
    if isinstance(error, DBAPIError):
        lost = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
        return StorageUnreachable() if lost else StorageFailed()
    return StorageUnreachable()
