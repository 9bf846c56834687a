"""A sandbox with the small hospital in it, and its demo platform."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.hospital import fill
from tests.support.hub import Hub, open_hub
from yiqiao.clock import beijing


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        await furnish(opened)
        yield opened


async def furnish(hub: Hub) -> None:
    """File the small hospital, with schedules from the hub's today on."""
    today = beijing(hub.clock.now_ms()).date()
    keyring = hub.runtime.keyring
    await hub.runtime.database.write(lambda connection: fill(connection, today, 10, keyring=keyring))
    await hub.runtime.hospitals.refresh()
