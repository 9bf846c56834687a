"""What the tests of jobs share: the databases, and a clock at a known moment."""

import pytest

from tests.support.databases import database, database_url
from yiqiao.clock import FixedClock, parse_compact

__all__ = ["clock", "database", "database_url"]


@pytest.fixture
def clock() -> FixedClock:
    """Half past nine in the morning of 20 November 2026, Beijing time."""
    return FixedClock(parse_compact("20261120093000"))
