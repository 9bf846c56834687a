"""A hub of the test's own with a partner that may launch, on each database in turn."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.cmc.launching import add_partner
from tests.support.hub import Hub, open_hub


@pytest.fixture
async def hub(tmp_path: Path, database_url: str) -> AsyncIterator[Hub]:
    url = database_url if database_url.startswith("postgresql") else ""
    async with open_hub(tmp_path, url, sandbox=False) as opened:
        await add_partner(opened)
        yield opened
