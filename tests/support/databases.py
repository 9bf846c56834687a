"""An open, empty database with all tables, on each engine in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from yiqiao.storage import Database, open_database
from yiqiao.storage.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database: a fresh file, then a fresh PostgreSQL database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'yiqiao.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """The open database."""
    opened = await open_database(database_url)
    await opened.write(metadata.create_all)
    yield opened
    await opened.close()
