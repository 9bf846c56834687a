"""The face of the database: the same promises on both engines."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from yiqiao.errors import DomainError
from yiqiao.storage import Database, StorageFailed, StorageUnreachable, open_database


class Refusal(DomainError):
    """A rule's own refusal."""


async def rows(database: Database) -> int:
    return int(await database.read(lambda c: c.execute(text("SELECT count(*) FROM partner_version")).scalar_one()))


def one_row(connection: Connection) -> None:
    connection.execute(text("INSERT INTO partner_version (id, version) VALUES (1, 1)"))


async def test_what_a_write_returns_is_committed(database: Database) -> None:
    await database.write(one_row)
    assert await rows(database) == 1


async def test_a_write_that_raises_leaves_nothing(database: Database) -> None:
    def refused(connection: Connection) -> None:
        one_row(connection)
        raise Refusal("不行")

    with pytest.raises(Refusal):
        await database.write(refused)
    assert await rows(database) == 0


async def test_an_error_of_the_engine_is_told_as_storage_failed(database: Database) -> None:
    await database.write(one_row)
    with pytest.raises(StorageFailed):
        await database.write(one_row)
    assert await rows(database) == 1


async def test_readers_and_writers_work_side_by_side(database: Database) -> None:
    await database.write(one_row)

    def count_up(connection: Connection) -> None:
        connection.execute(text("UPDATE partner_version SET version = version + 1"))

    await asyncio.gather(*(database.write(count_up) for _ in range(20)), *(rows(database) for _ in range(20)))
    assert await database.read(lambda c: c.execute(text("SELECT version FROM partner_version")).scalar_one()) == 21


async def test_a_reader_cannot_write_on_sqlite(tmp_path: Path) -> None:
    database = await open_database(f"sqlite:///{tmp_path / 'a.db'}")
    await database.write(lambda c: c.execute(text("CREATE TABLE t (n INTEGER)")) and None)
    with pytest.raises((StorageFailed, StorageUnreachable)):
        await database.read(lambda c: c.execute(text("INSERT INTO t VALUES (1)")) and None)
    await database.close()


async def test_a_server_that_is_not_there_is_unreachable() -> None:
    database = await open_database("postgresql://nobody@127.0.0.1:9/nothing")
    with pytest.raises(StorageUnreachable, match="原流水号"):
        await database.read(lambda c: c.execute(text("SELECT 1")).scalar())
    await database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://somewhere/x"])
async def test_a_url_that_cannot_be_served_says_what_can(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite"):
        await open_database(url)
