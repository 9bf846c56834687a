"""Copies of a SQLite database's data: a file each, readable by its owner alone."""

import asyncio
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import event

from yiqiao.storage import copies
from yiqiao.storage.copies import Snapshot, SnapshotOutdated, UnknownSnapshot
from yiqiao.storage.database import Work
from yiqiao.storage.migrate import newest
from yiqiao.storage.sqlite import sqlite_engine, translating

_SOURCE = "snapshot"


class SQLiteCopies:
    """`Copies` as files in a folder."""

    def __init__(self, database: Path, folder: Path) -> None:
        self._database = database
        self._folder = folder

    async def take(self, name: str, now_ms: int) -> Snapshot:
        return await asyncio.to_thread(self._take, copies.checked(name), now_ms)

    async def put_back(self, name: str, also: Work[None]) -> None:
        await asyncio.to_thread(self._put_back, copies.checked(name), also)

    async def drop(self, name: str) -> None:
        try:
            await asyncio.to_thread(self._file(copies.checked(name)).unlink)
        except FileNotFoundError:
            raise UnknownSnapshot(name) from None

    async def all(self) -> tuple[Snapshot, ...]:
        return await asyncio.to_thread(self._all)

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.db"

    def _take(self, name: str, now_ms: int) -> Snapshot:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self._folder / f".{name}.{os.getpid()}"
        half.unlink(missing_ok=True)
        half.touch(mode=0o600)
        try:
            with closing(sqlite3.connect(half, isolation_level=None, uri=True)) as copy:
                copy.execute("PRAGMA journal_mode=OFF")  # a copy that is not finished is thrown away
                copy.execute("ATTACH ? AS live", (f"{self._database.resolve().as_uri()}?mode=ro",))
                copy.execute("BEGIN")
                for table in copies.data_tables():
                    copy.execute(f"CREATE TABLE {table.name} AS SELECT * FROM live.{table.name}")
                copy.execute("CREATE TABLE snapshot_of (taken_at INTEGER, revision TEXT)")
                copy.execute("INSERT INTO snapshot_of VALUES (?, ?)", (now_ms, newest()))
                copy.execute("COMMIT")
            half.replace(self._file(name))
        finally:
            half.unlink(missing_ok=True)
        return Snapshot(name, now_ms, newest())

    def _put_back(self, name: str, also: Work[None]) -> None:
        file = self._file(name)
        if not file.is_file():
            raise UnknownSnapshot(name)
        if self._read(file).revision != newest():
            raise SnapshotOutdated(name)
        engine = sqlite_engine(str(self._database), read_only=False)

        @event.listens_for(engine, "connect")
        def attach(connection: sqlite3.Connection, _record: object) -> None:
            connection.execute(f"ATTACH ? AS {_SOURCE}", (str(file),))

        try:
            with translating(), engine.begin() as connection:
                copies.empty(connection)
                copies.fill(connection, _SOURCE)
                also(connection)
        finally:
            engine.dispose()

    def _all(self) -> tuple[Snapshot, ...]:
        return tuple(self._read(file) for file in sorted(self._folder.glob("[a-z0-9]*.db")))

    def _read(self, file: Path) -> Snapshot:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as copy:
            taken_at, revision = copy.execute("SELECT taken_at, revision FROM snapshot_of").fetchone()
        return Snapshot(file.stem, taken_at, revision)
