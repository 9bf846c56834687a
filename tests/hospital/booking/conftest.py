"""A clinic on each engine."""

import pytest

from tests.hospital.booking.clinic import Clinic
from yiqiao.storage import Database


@pytest.fixture
async def clinic(database: Database) -> Clinic:
    """An open clinic without schedules."""
    opened = Clinic(database)
    await opened.open()
    return opened
