"""What only a SQLite file can be: in use by a hub that runs, or damaged on the disk."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from yiqiao.app.backup import BackupRefused, back_up, check, restore
from yiqiao.app.settings import Settings
from yiqiao.app.store import open_store
from yiqiao.clock import FixedClock, parse_compact
from yiqiao.storage import Database

CLOCK = FixedClock(parse_compact("20261120093000"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A hub that lives in a folder of its own."""
    return Settings(data=str(tmp_path / "hub"))


async def fill(database: Database) -> None:
    """Some hundred pages."""
    statement = text("INSERT INTO journal_bundle VALUES ('c', :number, 'k', :sealed)")
    rows = [{"number": number, "sealed": os.urandom(3000)} for number in range(300)]
    await database.write(lambda connection: connection.execute(statement, rows))


async def test_a_database_in_use_is_not_replaced(settings: Settings, tmp_path: Path) -> None:
    async with open_store(settings, CLOCK) as store:
        await fill(store.database)
        await back_up(settings, tmp_path / "b.tar", CLOCK)
        with pytest.raises(BackupRefused, match="in use"):
            await restore(settings, tmp_path / "b.tar", CLOCK, force=True)
        assert (await check(settings)).rows["journal_bundle"] == 300


async def test_a_database_that_is_replaced_is_kept_beside(settings: Settings, tmp_path: Path) -> None:
    async with open_store(settings, CLOCK):
        await back_up(settings, tmp_path / "b.tar", CLOCK)
    async with open_store(settings, CLOCK) as store:
        await fill(store.database)
    assert (await restore(settings, tmp_path / "b.tar", CLOCK, force=True)).rows["journal_bundle"] == 0
    with closing(sqlite3.connect(settings.folder / "yiqiao.db.before-20261120093000")) as old:
        assert old.execute("SELECT count(*) FROM journal_bundle").fetchone() == (300,)


def damage(path: Path) -> None:
    """Overwrite some pages in the middle."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA journal_mode=DELETE")
    middle = path.stat().st_size // 4096 // 2 * 4096
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(b"\xff" * 4096 * 20)


async def test_a_damaged_database_is_told_and_not_backed_up(settings: Settings, tmp_path: Path) -> None:
    async with open_store(settings, CLOCK) as store:
        await fill(store.database)
    damage(settings.folder / "yiqiao.db")
    found = await check(settings)
    assert not found.good
    assert found.damages
    with pytest.raises(BackupRefused, match="damaged"):
        await back_up(settings, tmp_path / "b.tar", CLOCK)
    assert not (tmp_path / "b.tar").exists()
