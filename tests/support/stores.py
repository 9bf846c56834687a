"""A `Store` of each kind in turn: in memory, and in an empty database of either engine."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.databases import Place, copied, opened_at
from yiqiao.storage.shelves import DatabaseStore, MemoryStore, Store


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def rows_at(request: pytest.FixtureRequest, tmp_path: Path) -> Place | None:
    """Where the store's database is; None: in memory."""
    if request.param == "postgresql":
        shared: Place = request.getfixturevalue("shared_postgres")
        return shared
    if request.param == "sqlite":
        return copied(request.getfixturevalue("furnished_file"), tmp_path)
    return None


@pytest.fixture
async def store(rows_at: Place | None) -> AsyncIterator[Store]:
    """The store, with nothing in it."""
    if rows_at is None:
        yield MemoryStore()
        return
    opened = await opened_at(rows_at)
    yield DatabaseStore(opened)
    await opened.close()
