"""A payment hub on each engine."""

import pytest

from tests.region.payments.world import World
from yiqiao.storage import Database


@pytest.fixture
async def world(database: Database) -> World:
    """One merchant without a limit for approvals."""
    world = World(database)
    await world.open()
    return world
