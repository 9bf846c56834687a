"""A clinic behind its service, in the standard's words and in another profile's."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.dialects.convenience.remote.elsewhere import Elsewhere, Stranger, clinic_elsewhere


@pytest.fixture
async def clinic(tmp_path: Path) -> AsyncIterator[Elsewhere]:
    """In the standard profile."""
    async with clinic_elsewhere(tmp_path, "standard") as opened:
        yield opened


@pytest.fixture(params=["standard", "jkt"])
async def either(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Elsewhere]:
    """In both."""
    async with clinic_elsewhere(tmp_path, request.param) as opened:
        yield opened


@pytest.fixture
def stranger() -> Stranger:
    """Somebody else's hospital."""
    return Stranger()
