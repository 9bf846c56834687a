"""A region that settles, on each engine."""

import pytest

from tests.region.insurance.world import Region
from yiqiao.storage import Database


@pytest.fixture
async def region(database: Database) -> Region:
    """One merchant without a limit for approvals, and an insurance centre."""
    region = Region(database)
    await region.open()
    return region
