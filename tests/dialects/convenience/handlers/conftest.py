"""A clinic on SQLite: what differs between engines is tested beside the storage and the services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.convenience.handlers.calling import Platform
from tests.hospital.booking.clinic import NOW, Clinic
from tests.support.hub import open_hub


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform beside a hub with one open clinic: a schedule of five units, and one of two time slots."""
    async with open_hub(tmp_path) as hub:
        hub.clock.ms = NOW
        clinic = Clinic(hub.runtime.database, hub.clock, hub.runtime.keyring)
        await clinic.open()
        await clinic.schedule("PB1", 5, visit_address="门诊楼 2 层", number_address="一楼大厅", number_time="0730-0800")
        await clinic.schedule("PB2", 1, slots=("FS1", "FS2"), doctor_id="YS2", session=2)
        await hub.runtime.hospitals.refresh()
        yield Platform(hub, clinic)
