"""What really goes wrong inside a hub is answered with the code the standard has for it, and nothing took effect."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import cast

import pytest

from tests.support.hub import Hub, open_hub, refused, registration, showing
from yiqiao.crypto import SealingKey
from yiqiao.storage import StorageFailed
from yiqiao.storage.database import Work

REGISTER = "ehc.ehealthcard.querywithreg"
VERIFY = "ehc.ehealthcode.verify"


async def code_of_somebody(hub: Hub) -> object:
    async with hub.client() as caller:
        return (await caller.querywithreg(**registration(hub.serial())))["ehealth_code"]


async def test_too_many_waiting_calls_are_3003(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_hub(tmp_path) as hub:
        wish = registration(hub.serial())
        with monkeypatch.context() as crowded:
            crowded.setattr("yiqiao.storage.writer.MAX_WAITING", 0)
            assert (await refused(hub, REGISTER, wish)).code == "3003"
        async with hub.client() as caller:
            assert await caller.querywithreg(**wish), "its serial is still free"


async def test_a_database_that_fails_is_8007(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(_: Work[object]) -> object:
        raise StorageFailed

    async with open_hub(tmp_path) as hub:
        wish = registration(hub.serial())
        with monkeypatch.context() as broken:
            broken.setattr(hub.runtime.database, "write_briefly", failing)
            assert (await refused(hub, REGISTER, wish)).code == "8007"
        async with hub.client() as caller:
            assert await caller.querywithreg(**wish), "its serial is still free"


async def test_data_whose_sealing_key_is_gone_are_8008(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_hub(tmp_path) as hub:
        use = showing(hub.serial(), await code_of_somebody(hub))
        keys = cast(MutableMapping[str, SealingKey], hub.runtime.keyring.sealing_by_id)
        with monkeypatch.context() as lost:
            lost.delitem(keys, hub.runtime.keyring.sealing.id)
            refusal = await refused(hub, VERIFY, use)
            assert refusal.code == "8008"
            assert "联系平台" in refusal.told
        async with hub.client() as caller:
            assert await caller.verify(**use), "its serial is still free"
