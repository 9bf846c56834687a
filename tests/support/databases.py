"""An open, empty database with all tables, on each engine in turn.

PostgreSQL takes a while to make a database: tests that only need empty tables share one, swept before each of them.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from sqlalchemy import Connection, MetaData, inspect

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
def shared_postgres(postgres_cluster: Cluster) -> Place:
    """The PostgreSQL database that tests share."""
    return Place(postgres_cluster.create_database())


@pytest.fixture
def place(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> Place:
    """Where the test's `database` is."""
    if engine == "sqlite":
        return Place(f"sqlite:///{tmp_path / 'yiqiao.db'}")
    shared: Place = request.getfixturevalue("shared_postgres")
    return shared


@pytest.fixture
async def database(place: Place) -> AsyncIterator[Database]:
    """The open database, with all tables, and nothing in them."""
    opened = await open_database(place.url)
    await opened.write(swept if place.furnished else metadata.create_all)
    place.furnished = True
    yield opened
    await opened.close()


def swept(connection: Connection) -> None:
    """Take out what an earlier test has left: its rows, and tables of its own."""
    left = MetaData()
    strangers = set(inspect(connection).get_table_names()) - set(metadata.tables)
    if strangers:
        left.reflect(connection, only=sorted(strangers))
        left.drop_all(connection)
    for table in reversed(metadata.sorted_tables):
        connection.execute(table.delete())
