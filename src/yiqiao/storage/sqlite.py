"""SQLite: one writer, many readers, WAL with synchronous=FULL.

One connection writes, so writers never wait for each other's lock inside a process; between processes SQLite's own lock
and the busy timeout decide. Every write transaction begins IMMEDIATE: a reading transaction that turns into a writing
one could otherwise fail half-way with SQLITE_BUSY.

A short transaction runs on the event loop's thread from its beginning to its commit: handing it to another thread and
waiting there for the interpreter's lock costs more than a commit, as long as the disk is quick and nobody else writes.
Where that does not hold, the writer's thread does the waiting.
"""

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, RootTransaction, create_engine, event
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from yiqiao.storage.database import Kind, Work
from yiqiao.storage.errors import StorageFailed, StorageUnreachable
from yiqiao.storage.sqlite_log import LOG_PAGES, LogKeeper

T = TypeVar("T")
BUSY_TIMEOUT_MS = 15_000
QUICK_S = 0.005
"""A commit that takes longer than this says that the disk is slow: the next ones are not waited for on the loop."""
PATIENT_COMMITS = 32
"""How many are left to the writer's thread then, before the loop tries one again."""
_BEGUN = "begun"


def sqlite_engine(path: str, *, read_only: bool) -> Engine:
    """An engine over one file; used here, and by migrations and backups, which run outside the event loop."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"check_same_thread": False}, pool_reset_on_return=None)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions are begun below, in words, not by the driver's guess
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "cache_size=-65536",
            "temp_store=MEMORY",  # what a statement of many rows would undo is noted down, in a file otherwise
            f"wal_autocheckpoint={LOG_PAGES}",
            f"query_only={'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        if not connection.info.pop(_BEGUN, False):
            connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


class SQLiteDatabase:
    """`Database` over one SQLite file."""

    def __init__(self, path: str, *, readers: int) -> None:
        self._writing = sqlite_engine(path, read_only=False)
        self._reading = sqlite_engine(path, read_only=True)
        self._writer = ThreadPoolExecutor(1, "sqlite-writer")
        self._readers = ThreadPoolExecutor(readers, "sqlite-reader")
        self._turn = asyncio.Lock()
        self._local = threading.local()
        self._connection: Connection | None = None
        self._opened: list[Connection] = []
        self._log = LogKeeper(path)
        self._waits = True  # whether the writing connection waits for other processes' locks
        self._patient_commits = 0

    @property
    def kind(self) -> Kind:
        return "sqlite"

    @property
    def writes_at_once(self) -> int:
        return 1  # an SQLite file has one writer

    async def read(self, work: Work[T]) -> T:
        return await _on(self._readers, lambda: self._transaction(self._reader(), work))

    async def write(self, work: Work[T]) -> T:
        async with self._turn:
            done = await _on(self._writer, lambda: self._transaction(self._patient_connection(), work))
        self._log.written()
        return done

    async def write_briefly(self, work: Work[T]) -> T:
        async with self._turn:
            transaction = self._begin_at_once() or await self._begin_patiently()
            try:
                with translating():
                    result = work(transaction.connection)
            except BaseException:
                await _on(self._writer, transaction.rollback)
                raise
            if self._patient_commits:
                self._patient_commits -= 1
                await _on(self._writer, lambda: _commit(transaction))
            else:
                self._commit_at_once(transaction)
        self._log.written()
        return result

    def aside(self, work: Callable[[], T]) -> T:
        return work()  # a `write` is on the writer's own thread already

    async def _begin_patiently(self) -> RootTransaction:
        def begin() -> RootTransaction:
            with translating():
                return self._patient_connection().begin()

        return await _on(self._writer, begin)

    def _begin_at_once(self) -> RootTransaction | None:
        """A transaction for whose beginning nobody waits; None where it takes more: the file is not open yet, or
        another process is writing.
        """
        connection = self._connection
        if connection is None:
            return None
        driver: Any = connection.connection.driver_connection
        try:
            if self._waits:
                driver.execute("PRAGMA busy_timeout=0")
                self._waits = False
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return None  # the thread tries the same, waits, and tells what is wrong
        connection.info[_BEGUN] = True
        return connection.begin()

    def _commit_at_once(self, transaction: RootTransaction) -> None:
        began = time.monotonic()
        _commit(transaction)
        if time.monotonic() - began > QUICK_S:
            self._patient_commits = PATIENT_COMMITS

    def _transaction(self, connection: Connection, work: Work[T]) -> T:
        with translating(), connection.begin():
            return work(connection)

    def _reader(self) -> Connection:
        """The calling thread's own connection, kept open: opening one costs more than most of the work done on it."""
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._reading.connect()
            self._opened.append(connection)
        return connection

    def _patient_connection(self) -> Connection:
        """The one connection that writes, such that it waits for other processes. Used by one thread at a time, as
        `_turn` has it.
        """
        if self._connection is None:
            self._connection = self._writing.connect()
            self._opened.append(self._connection)
        if not self._waits:
            driver: Any = self._connection.connection.driver_connection
            driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
            self._waits = True
        return self._connection

    async def close(self) -> None:
        for pool in (self._writer, self._readers):
            await asyncio.to_thread(pool.shutdown)
        await asyncio.to_thread(self._log.close)
        for connection in self._opened:
            connection.close()
        self._writing.dispose()
        self._reading.dispose()


def _commit(transaction: RootTransaction) -> None:
    with translating(), transaction:  # what cannot be committed is rolled back
        transaction.commit()


async def _on(pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, work)


@contextmanager
def translating() -> Iterator[None]:
    """The engine's errors, raised as the callers above know them."""
    try:
        yield
    except DBAPIError as error:
        raise translated(error) from error


def translated(error: DBAPIError) -> Exception:
    """The engine's error as the callers above know it."""
    unreachable = isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated
    return StorageUnreachable() if unreachable else StorageFailed()
