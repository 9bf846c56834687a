"""The database of a HIS, whatever it is: any URL that SQLAlchemy knows.

Drivers that block work on a few threads of their own; asynchronous ones (asyncpg) on the event loop. Reading is done in
a transaction that may only read and whose statements have a time limit, as far as the engine has these.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from yiqiao.adapters.lines import NoAnswer, NotConnected

T = TypeVar("T")
THREADS = 4
READING: Mapping[str, Sequence[str]] = {
    "postgresql": ("SET TRANSACTION READ ONLY", "SET LOCAL statement_timeout = {ms}"),
    "mysql": ("SET SESSION max_execution_time = {ms}", "START TRANSACTION READ ONLY"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "mssql": ("SET LOCK_TIMEOUT {ms}",),
    "sqlite": ("PRAGMA query_only = ON",),
}
"""What is said before the first question, by engine."""
ACTING: Mapping[str, Sequence[str]] = {
    "postgresql": ("SET LOCAL statement_timeout = {ms}",),
    "sqlite": ("PRAGMA query_only = OFF",),
}


class UnusableDatabase(ValueError):
    """The URL names no database that can be used here; says why, without the URL, which may hold a password."""


class HisDatabase:
    """Connections to it, made when they are first needed."""

    def __init__(self, url: str, *, timeout_s: float, threads: int = THREADS) -> None:
        """Raises UnusableDatabase."""
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="his")
        try:
            parsed = make_url(url)
            if parsed.drivername == "postgresql":
                parsed = parsed.set(drivername="postgresql+asyncpg")
            options = {"pool_pre_ping": True} if parsed.get_backend_name() != "sqlite" else {}
            self._engine: Engine | AsyncEngine = (
                create_async_engine(parsed, pool_size=threads, max_overflow=0, **options)
                if parsed.get_dialect().is_async
                else create_engine(parsed, **options)
            )
        except (ArgumentError, NoSuchModuleError):
            raise UnusableDatabase("no URL of a database that SQLAlchemy knows") from None
        except ImportError as missing:
            raise UnusableDatabase(f"the database's driver is not installed: {missing.name}") from None

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` where it may only read. Raises NotConnected, NoAnswer."""
        return await self._run(work, READING, commit=False)

    async def act(self, work: Callable[[Connection], T]) -> T:
        """Run `work` and commit it. Raises NotConnected where nothing was done, NoAnswer where that is not known."""
        return await self._run(work, ACTING, commit=True)

    async def close(self) -> None:
        """Let go of all connections and threads."""
        if isinstance(self._engine, AsyncEngine):
            await self._engine.dispose()
        else:
            await asyncio.to_thread(self._engine.dispose)
        self._threads.shutdown(wait=False)

    async def _run(self, work: Callable[[Connection], T], opening: Mapping[str, Sequence[str]], *, commit: bool) -> T:
        statements = [
            text(one.format(ms=round(self._timeout_s * 1000))) for one in opening.get(self._engine.dialect.name, ())
        ]

        def whole(connection: Connection) -> T:
            for statement in statements:
                connection.execute(statement)
            result = work(connection)
            if commit:
                connection.commit()
            return result

        try:
            async with asyncio.timeout(self._timeout_s + 1):
                if isinstance(self._engine, AsyncEngine):
                    return await self._on_loop(self._engine, whole)
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, _in_thread, self._engine, whole)
        except TimeoutError:
            raise NoAnswer("the database took too long") from None
        except SQLAlchemyError as error:
            raise NoAnswer(_said(error)) from None
        except OSError as error:
            raise NoAnswer(type(error).__name__) from None

    async def _on_loop(self, engine: AsyncEngine, work: Callable[[Connection], T]) -> T:
        try:
            connection = await engine.connect()
        except (SQLAlchemyError, OSError) as error:
            raise NotConnected(_said(error)) from None
        try:
            return await connection.run_sync(work)
        finally:
            await connection.close()


def _in_thread(engine: Engine, work: Callable[[Connection], T]) -> T:
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise NotConnected(_said(error)) from None
    with connection:
        return work(connection)


def _said(error: Exception) -> str:
    """What kind of error it was: its text may hold what was asked for, which is personal."""
    inner = error.orig if isinstance(error, DBAPIError) else None
    return type(inner or error).__name__
