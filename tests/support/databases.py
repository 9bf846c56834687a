"""An open, empty database with all tables, on each engine in turn.

Making the tables takes a while: tests that only need them empty share a database of PostgreSQL, swept before each of
them, and have a copy each of one file of SQLite.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import Connection, MetaData, inspect, text

from tests.support.migrated import USED, templates
from tests.support.postgres import Cluster
from yiqiao.storage import Database, open_database
from yiqiao.storage.tables import metadata

Engine = Literal["sqlite", "postgresql"]


@dataclass
class Place:
    """Where a database is, and whether its tables are there already."""

    url: str
    furnished: bool = False


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """The engine a test runs on."""
    chosen: Engine = request.param
    return chosen


@pytest.fixture
def database_url(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> str:
    """The URL of a database without tables: a fresh file, then a fresh PostgreSQL database."""
    if engine == "sqlite":
        return f"sqlite:///{tmp_path / 'yiqiao.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def hubs_postgres(postgres_cluster: Cluster) -> str:
    """The URL of the PostgreSQL database that hubs share, one after the other."""
    return postgres_cluster.create_database()


@pytest.fixture
async def hub_url(request: pytest.FixtureRequest, engine: Engine) -> str:
    """The `database_url` of a hub that finds nothing there but its tables: "", its own file, then PostgreSQL."""
    if engine == "sqlite":
        return ""
    url: str = request.getfixturevalue("hubs_postgres")
    await templates().empty(url)
    return url


@pytest.fixture(scope="session")
def shared_postgres(postgres_cluster: Cluster) -> Place:
    """The PostgreSQL database that tests share."""
    return Place(postgres_cluster.create_database())


@pytest.fixture(scope="session")
def furnished_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with all tables, to be copied."""
    file = tmp_path_factory.mktemp("furnished") / "yiqiao.db"

    async def furnish() -> None:
        opened = await open_database(f"sqlite:///{file}")
        await opened.write(metadata.create_all)
        await opened.close()

    asyncio.run(furnish())
    return file


def copied(file: Path, folder: Path) -> Place:
    """A copy of that file."""
    shutil.copyfile(file, folder / "yiqiao.db")
    return Place(f"sqlite:///{folder / 'yiqiao.db'}", furnished=True)


@pytest.fixture
def place(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Place:
    """Where the test's `database` is."""
    if engine == "sqlite":
        return copied(request.getfixturevalue("furnished_file"), tmp_path)
    shared: Place = request.getfixturevalue("shared_postgres")
    return shared


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The open database, with all tables, and nothing in them."""
    opened = await opened_at(place)
    yield opened
    await opened.close()


async def opened_at(place: Place) -> Database:
    """Open the database that is there, with all tables, and nothing in them."""
    opened = await open_database(place.url)
    if not place.furnished:
        await opened.write(metadata.create_all)
    elif opened.kind == "postgresql":
        await opened.write(swept)
    place.furnished = True
    return opened


def swept(connection: Connection) -> None:
    """Take out what an earlier test has left: its rows, and tables of its own."""
    strangers = set(inspect(connection).get_table_names()) - set(metadata.tables)
    if strangers:
        left = MetaData()
        left.reflect(connection, only=sorted(strangers))
        left.drop_all(connection)
    if connection.dialect.name == "postgresql":
        used = connection.scalars(text(USED)).all()
        if used:
            connection.execute(text(f"TRUNCATE {', '.join(used)} CASCADE"))
        return
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())
