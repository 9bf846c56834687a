"""A `Store` of each kind in turn: in memory, and in an empty database of either engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.databases import Place, swept
from yiqiao.storage import open_database
from yiqiao.storage.shelves import DatabaseStore, MemoryStore, Store
from yiqiao.storage.tables import metadata


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def rows_at(request: pytest.FixtureRequest, tmp_path: Path) -> Place | None:
    """Where the store's database is; None: in memory."""
    if request.param == "postgresql":
        shared: Place = request.getfixturevalue("shared_postgres")
        return shared
    return None if request.param == "memory" else Place(f"sqlite:///{tmp_path / 'yiqiao.db'}")


@pytest.fixture
async def store(rows_at: Place | None) -> AsyncIterator[Store]:
    """The store, with nothing in it."""
    if rows_at is None:
        yield MemoryStore()
        return
    opened = await open_database(rows_at.url)
    await opened.write(swept if rows_at.furnished else metadata.create_all)
    rows_at.furnished = True
    yield DatabaseStore(opened)
    await opened.close()
