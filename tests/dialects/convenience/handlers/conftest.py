"""A clinic on SQLite: what differs between engines is tested beside the storage and the services."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.convenience.handlers.calling import Platform
from tests.hospital.booking.clinic import Clinic
from yiqiao.storage import open_database
from yiqiao.storage.tables import metadata


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """A platform beside an open clinic with one schedule of five units, and one of two time slots."""
    database = await open_database(f"sqlite:///{tmp_path / 'yiqiao.db'}")
    await database.write(metadata.create_all)
    clinic = Clinic(database)
    await clinic.open()
    await clinic.schedule("PB1", 5, visit_address="门诊楼 2 层", number_address="一楼大厅", number_time="0730-0800")
    await clinic.schedule("PB2", 1, slots=("FS1", "FS2"), doctor_id="YS2", session=2)
    yield Platform(clinic)
    await database.close()
