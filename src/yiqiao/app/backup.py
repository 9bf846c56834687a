"""The hub's database as one file, taken while it serves, and brought back.

SQLite is copied through its online backup (one consistent state, writers go on), PostgreSQL through pg_dump (one
snapshot). The hub's keys are left out unless asked for: without them a backup is of no use to a thief, and without them
nothing in it can be read. A restore goes into an empty hub, checks every part first, brings the database to this
version's form and proves the journal, up to where it stood when the backup was taken.
"""

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, Connection, func, inspect, make_url, select
from sqlalchemy.exc import DatabaseError

from yiqiao import __version__
from yiqiao.adapters.keyfile import FileKeys
from yiqiao.app import archive
from yiqiao.app.archive import ArchiveUnusable, Manifest
from yiqiao.app.postgresql_tools import run
from yiqiao.app.settings import Settings
from yiqiao.app.store import KEYS_FILE
from yiqiao.clock import Clock, compact
from yiqiao.crypto.keyring import Keyring
from yiqiao.journal.chain import Head
from yiqiao.journal.verify import Report, Verifier
from yiqiao.storage import Database, StorageFailed, open_database
from yiqiao.storage import journal as statements
from yiqiao.storage.migrate import current, newest, revisions, upgrade
from yiqiao.storage.tables import metadata


class BackupRefused(Exception):
    """It is not done; the message says why, and what to do."""


@dataclass(frozen=True)
class Restored:
    """What was brought back: rows per table, and what the journal's verification found."""

    manifest: Manifest
    rows: Mapping[str, int]
    report: Report


@dataclass(frozen=True)
class Checked:
    """How a database stands. `revision`: None where it is empty; `damages`: what the engine finds wrong with it."""

    engine: str
    revision: str | None
    needed: str
    damages: tuple[str, ...]
    rows: Mapping[str, int]

    @property
    def good(self) -> bool:
        """Whether this version can serve on it."""
        return self.revision == self.needed and not self.damages


async def back_up(settings: Settings, target: Path, clock: Clock, *, with_keys: bool = False) -> Manifest:
    """Write a backup to `target`. Raises BackupRefused, ToolMissing, ToolFailed, OSError, SQLAlchemyError."""
    if await asyncio.to_thread(target.exists):
        raise BackupRefused(f"{target} exists already")
    url = make_url(settings.database)
    engine = url.get_backend_name()
    try:
        revision = await current(settings.database)
    except DatabaseError:
        if engine != "sqlite":
            raise
        raise BackupRefused(f"{url.database} is no SQLite database, or is damaged: yiqiao db check") from None
    if revision is None:
        raise BackupRefused("the database is empty: nothing to back up")
    keyring = await asyncio.to_thread(_keyring, settings)
    with tempfile.TemporaryDirectory(prefix=".yiqiao-backup-", dir=target.parent) as name:
        folder = Path(name)
        copy = folder / archive.DATABASES[engine]
        # Where the journal stands is asked before the dump begins, so the dump holds at least that.
        heads = await _heads(settings.database)
        if engine == "sqlite":
            await asyncio.to_thread(_copy, Path(url.database or ""), copy)
        else:
            await run("pg_dump", ["--format=custom", "--no-owner", "--no-privileges", f"--file={copy}"], url)
        files = [copy]
        if with_keys:
            files.append(_keys_into(settings, folder))
        parts = [await asyncio.to_thread(archive.part_of, path) for path in files]
        unsigned = Manifest(
            version=__version__,
            engine=engine,
            revision=revision,
            made_at=clock.now_ms(),
            parts=tuple(parts),
            heads=tuple(head.text() for head in heads),
        )
        manifest = unsigned.signed(keyring)
        await asyncio.to_thread(archive.write, target, manifest, folder)
    return manifest


async def restore(settings: Settings, source: Path, clock: Clock, *, force: bool = False) -> Restored:
    """Bring a backup back into an empty hub; with `force` into one that is not, whose file is kept beside.

    Nothing is touched before everything has been checked. Raises BackupRefused, ArchiveUnusable, ToolMissing,
    ToolFailed, OSError, SQLAlchemyError.
    """
    settings.folder.mkdir(parents=True, exist_ok=True)
    url = make_url(settings.database)
    beside = Path(url.database or "").parent if url.get_backend_name() == "sqlite" else settings.folder
    if not beside.is_dir():
        raise BackupRefused(f"{beside}: no such folder")
    with tempfile.TemporaryDirectory(prefix=".yiqiao-restore-", dir=beside) as name:
        folder = Path(name)
        manifest = await asyncio.to_thread(archive.read, source, folder)
        _check_manifest(manifest, url)
        stamp = compact(clock.now_ms())
        old_keys = _check_keys(settings, manifest, folder, force=force)
        empty = await _is_empty(settings.database)
        if not empty and not force:
            raise BackupRefused("the database is not empty: restore into a new one, or say --force")
        part = folder / archive.DATABASES[manifest.engine]
        if manifest.engine == "sqlite":
            await asyncio.to_thread(_put, part, Path(url.database or ""), stamp)
        else:
            await run("pg_restore", _restoring(part, url, replacing=not empty), url)
        if manifest.with_keys:
            _put_keys(settings, folder, old_keys, stamp)
    await upgrade(settings.database)
    return await _proven(settings, manifest)


async def check(settings: Settings) -> Checked:
    """Look whether the database is whole and in the form that this version needs. Raises OSError, SQLAlchemyError."""
    url = make_url(settings.database)
    engine = url.get_backend_name()
    if not await asyncio.to_thread(_is_there, url):
        return Checked(engine, None, newest(), (), {})
    try:
        revision = await current(settings.database)
    except DatabaseError:
        if engine != "sqlite":
            raise
        return Checked(engine, None, newest(), (f"{url.database} is no SQLite database, or is damaged",), {})
    database = await open_database(settings.database, readers=1)
    try:
        damages = await database.read(_damages) if engine == "sqlite" else ()
        return Checked(engine, revision, newest(), damages, {} if damages else await database.read(_rows))
    finally:
        await database.close()


def _copy(source: Path, target: Path) -> None:
    """One consistent state of a SQLite database, in one file; who writes to it goes on writing."""
    try:
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(target)) as copy:
            live.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            found = [str(row[0]) for row in copy.execute("PRAGMA quick_check(3)")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        raise BackupRefused(f"the database is damaged: {'; '.join(found)}")


async def _heads(url: str) -> list[Head]:
    database = await open_database(url, readers=1)
    try:
        return [Head(*head) for head in await database.read(statements.heads)]
    except StorageFailed:
        raise BackupRefused("the journal cannot be read, the database may be damaged: yiqiao db check") from None
    finally:
        await database.close()


def _keyring(settings: Settings) -> Keyring:
    """The hub's keys, which must be there: a provider would make new ones."""
    path = settings.folder / KEYS_FILE
    if not path.is_file():
        raise BackupRefused(f"{path}: no such file; put the hub's keys file there first")
    return FileKeys(path).keyring()


def _keys_into(settings: Settings, folder: Path) -> Path:
    shutil.copyfile(settings.folder / KEYS_FILE, folder / archive.KEYS)
    return folder / archive.KEYS


def _check_manifest(manifest: Manifest, url: URL) -> None:
    engine = url.get_backend_name()
    if manifest.engine != engine:
        raise ArchiveUnusable(f"this is a backup of {manifest.engine}, the database is {engine}")
    if manifest.revision not in revisions():
        raise ArchiveUnusable(
            f"the backup was taken by version {manifest.version} (revision {manifest.revision}), a newer one than this"
        )


def _check_keys(settings: Settings, manifest: Manifest, folder: Path, *, force: bool) -> bool:
    """Whether other keys are in the way of those in the backup. Raises BackupRefused."""
    path = settings.folder / KEYS_FILE
    keyring = FileKeys(folder / archive.KEYS).keyring() if manifest.with_keys else _keyring(settings)
    if not manifest.is_of(keyring):
        where = "the archive" if manifest.with_keys else str(path)
        raise BackupRefused(
            f"the keys in {where} are not those of the hub that was backed up, or the manifest was altered"
        )
    if not manifest.with_keys or not path.is_file() or path.read_bytes() == (folder / archive.KEYS).read_bytes():
        return False
    if not force:
        raise BackupRefused(f"{path} holds other keys than the backup: move it away, or say --force")
    return True


def _put_keys(settings: Settings, folder: Path, replacing: bool, stamp: str) -> None:
    path = settings.folder / KEYS_FILE
    if replacing:
        path.rename(path.with_name(f"{KEYS_FILE}.before-{stamp}"))
    shutil.copyfile(folder / archive.KEYS, folder / "private")
    (folder / "private").chmod(0o600)
    shutil.move(folder / "private", path)


def _is_there(url: URL) -> bool:
    """Whether there is a database to look into; opening a SQLite file would make it."""
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


async def _is_empty(url: str) -> bool:
    if not await asyncio.to_thread(_is_there, make_url(url)):
        return True
    database = await open_database(url, readers=1)
    try:
        return not await database.read(lambda connection: inspect(connection).get_table_names())
    finally:
        await database.close()


def _put(part: Path, target: Path, stamp: str) -> None:
    """Put a SQLite database in its place; one that was there is kept beside. Raises BackupRefused if it is in use."""
    if target.exists():
        with closing(sqlite3.connect(target, timeout=1)) as old:
            try:
                # Leaving WAL needs the file for oneself: this is how a hub that is running shows.
                mode = old.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
            except sqlite3.OperationalError:
                mode = "in use"
        if mode != "delete":
            raise BackupRefused(f"{target} is in use: stop the hub first")
        target.rename(target.with_name(f"{target.name}.before-{stamp}"))
    part.rename(target)


def _restoring(part: Path, url: URL, *, replacing: bool) -> list[str]:
    arguments = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    if replacing:
        arguments += ["--clean", "--if-exists"]
    return [*arguments, f"--dbname={url.database}", str(part)]


async def _proven(settings: Settings, manifest: Manifest) -> Restored:
    keyring = _keyring(settings)
    database: Database = await open_database(settings.database, readers=1)
    try:
        report = await Verifier(database, keyring).verify([Head.parse(head) for head in manifest.heads])
        return Restored(manifest, await database.read(_rows), report)
    finally:
        await database.close()


def _rows(connection: Connection) -> dict[str, int]:
    """How many rows each of our tables has, those that are there."""
    there = set(inspect(connection).get_table_names())
    tables = [table for table in metadata.sorted_tables if table.name in there]
    return {table.name: connection.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def _damages(connection: Connection) -> tuple[str, ...]:
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check(20)") if row[0] != "ok"]
    broken = {str(row[0]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    return (*found, *(f"{table}: rows that refer to nothing" for table in sorted(broken)))
