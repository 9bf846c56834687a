"""A till on each engine."""

import pytest

from tests.hospital.billing.till import Till
from yiqiao.storage import Database


@pytest.fixture
async def till(database: Database) -> Till:
    return Till(database)
