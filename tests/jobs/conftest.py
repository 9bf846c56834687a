"""What the tests of jobs share: a clock at a known moment."""

import pytest

from yiqiao.clock import FixedClock, parse_compact


@pytest.fixture
def clock() -> FixedClock:
    """Half past nine in the morning of 20 November 2026, Beijing time."""
    return FixedClock(parse_compact("20261120093000"))
