"""A hub of the test's own, on each database in turn, and a demo HIS at its desk."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.onetrans.desk import Desk
from tests.support.hub import Hub, open_hub


@pytest.fixture
async def hub(tmp_path: Path, hub_url: str) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path, hub_url) as opened:
        yield opened


@pytest.fixture
async def desk(hub: Hub) -> Desk:
    return Desk(hub)
