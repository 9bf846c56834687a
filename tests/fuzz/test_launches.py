"""Spoiled launches: a thousandth of the long run, with seeds that stay."""

from pathlib import Path

import pytest

from tests.dialects.cmc.launching import add_partner
from tests.fuzz.launches import tried
from tests.support.hub import open_hub


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_spoiled_launch_opens_a_session_or_is_an_accident(seed: int, tmp_path: Path) -> None:
    async with open_hub(tmp_path, sandbox=False) as hub:
        await add_partner(hub)
        codes = await tried(hub, 110, seed)
    assert {"40002", "40004", "40102", "40901"} <= set(codes), codes
