"""SQLite's own ways: what happens on the event loop, what on threads, and how the log is carried over into the file."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, RootTransaction
from structlog.testing import capture_logs

from yiqiao.storage import Database, StorageUnreachable, open_database, sqlite
from yiqiao.storage.sqlite_log import LogKeeper

LOOP = threading.main_thread().name
WRITER = "sqlite-writer_0"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file with one table, `t`."""
    with closing(plain(tmp_path / "a.db")) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE t (n INTEGER PRIMARY KEY, thread TEXT)")
    return tmp_path / "a.db"


@pytest.fixture
async def open_file(path: Path) -> AsyncIterator[Database]:
    opened = await open_database(f"sqlite:///{path}")
    await opened.write_briefly(lambda connection: None)  # the first one opens the file
    yield opened
    await opened.close()


@pytest.fixture
def committed_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The threads that short transactions are committed by, in order. No commit is slow, whatever else goes on."""
    monkeypatch.setattr(sqlite, "QUICK_S", 60)
    threads: list[str] = []
    commit = sqlite._commit

    def told(transaction: RootTransaction) -> None:
        threads.append(threading.current_thread().name)
        commit(transaction)

    monkeypatch.setattr(sqlite, "_commit", told)
    return threads


def plain(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None, timeout=0)


def note(connection: Connection) -> None:
    """Write down the thread that does it."""
    connection.exec_driver_sql("INSERT INTO t (thread) VALUES (?)", (threading.current_thread().name,))


def noted(path: Path) -> list[str]:
    with closing(plain(path)) as connection:
        return [row[0] for row in connection.execute("SELECT thread FROM t ORDER BY n")]


async def test_a_short_transaction_stays_on_the_loop_and_another_does_not(
    open_file: Database, path: Path, committed_by: list[str]
) -> None:
    await open_file.write_briefly(note)
    await open_file.write(note)
    await open_file.write_briefly(note)
    assert noted(path) == [LOOP, WRITER, LOOP]
    assert committed_by == [LOOP, LOOP]


@pytest.mark.parametrize("way", ["write", "write_briefly"])
async def test_another_process_that_writes_is_waited_for_beside_the_loop(
    open_file: Database, path: Path, way: str
) -> None:
    with closing(plain(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(getattr(open_file, way)(note))
        for _ in range(20):  # the loop goes on meanwhile
            await asyncio.sleep(0.001)
        assert not writing.done()
        other.execute("COMMIT")
    await writing
    assert len(noted(path)) == 1


async def test_who_waits_too_long_is_told_that_the_database_is_out_of_reach_and_the_next_ones_get_through(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 30)
    database = await open_database(f"sqlite:///{path}")
    with closing(plain(path)) as other:
        await database.write_briefly(note)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnreachable):
            await database.write_briefly(note)
        other.execute("COMMIT")
    for _ in range(2):
        await database.write_briefly(note)
    await database.close()
    assert len(noted(path)) == 3


async def test_slow_commits_are_left_to_the_writers_thread_and_tried_again_later(
    open_file: Database, committed_by: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "PATIENT_COMMITS", 2)
    monkeypatch.setattr(sqlite, "QUICK_S", -1)  # any takes longer
    for _ in range(5):
        await open_file.write_briefly(note)
    assert committed_by == [LOOP, WRITER, WRITER, LOOP, WRITER]


async def test_a_short_transaction_that_fails_leaves_nothing_and_the_next_one_begins_anew(
    open_file: Database, path: Path
) -> None:
    def failing(connection: Connection) -> None:
        note(connection)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await open_file.write_briefly(failing)
    await open_file.write_briefly(note)
    assert noted(path) == [LOOP]


def in_the_file_alone(path: Path) -> int:
    """How many rows are there where the log is not looked at."""
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    return len(noted(copy))


def test_what_was_committed_is_carried_over_while_the_file_is_open(path: Path) -> None:
    with closing(plain(path)) as writing:
        writing.execute("PRAGMA wal_autocheckpoint=0")
        writing.execute("INSERT INTO t (thread) VALUES ('x')")
        assert in_the_file_alone(path) == 0
        keeper = LogKeeper(str(path))
        keeper.written()
        keeper.close()
        assert in_the_file_alone(path) == 1


def test_a_reader_who_needs_the_log_keeps_nobody_waiting(path: Path) -> None:
    with closing(plain(path)) as reading, closing(plain(path)) as writing:
        reading.execute("BEGIN")
        assert list(reading.execute("SELECT * FROM t")) == []
        writing.execute("INSERT INTO t (thread) VALUES ('x')")
        keeper = LogKeeper(str(path))
        keeper.written()
        keeper.close()
        assert list(reading.execute("SELECT * FROM t")) == []


def test_a_log_that_cannot_be_carried_over_is_left_to_the_commits(path: Path) -> None:
    keeper = LogKeeper(str(path.parent / "nowhere" / "b.db"))
    with capture_logs() as told:
        keeper.written()
        keeper.close()
    assert [line["event"] for line in told] == ["the log is left to the commits"]
