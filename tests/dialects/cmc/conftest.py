"""A hub of the test's own with a partner that may launch."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.cmc.launching import add_partner
from tests.support.hub import Hub, open_hub


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    """On SQLite: what does not depend on the engine."""
    async with open_hub(tmp_path, sandbox=False) as opened:
        await add_partner(opened)
        yield opened


@pytest.fixture
async def each_hub(tmp_path: Path, hub_url: str) -> AsyncIterator[Hub]:
    """On each database in turn: what the store decides."""
    async with open_hub(tmp_path, hub_url, sandbox=False) as opened:
        await add_partner(opened)
        yield opened
