"""A region on each engine."""

import pytest

from tests.hospital.booking.clinic import Clinic
from tests.region.appointments.world import World
from yiqiao.ports.hospital.values import Session
from yiqiao.storage import Database


@pytest.fixture
async def world(database: Database) -> World:
    """One hospital with a session of three units, and an afternoon of one."""
    clinic = Clinic(database)
    await clinic.open()
    await clinic.schedule("PB1", 3)
    await clinic.schedule("PB2", 1, session=Session.AFTERNOON)
    return World(clinic)
