"""A sandbox with the small hospital in it, and its demo platform."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.hospital import fill
from tests.support.hub import Hub, open_hub
from tests.support.served_hospital import Running, served_hospital
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


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The same behind a real socket, one for a module."""
    with served_hospital(tmp_path_factory.mktemp("running")) as ready:
        yield ready
