"""The region's hospitals in step with their register: who was just registered is there, who was suspended is not."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.region.hospitals.test_registry import ELSEWHERE
from tests.support.hub import open_hub
from yiqiao.dialects.convenience.remote import RemoteHospital
from yiqiao.ports.hospital import UnknownHospital
from yiqiao.region.hospitals.registry import Registry
from yiqiao.region.hospitals.sync import SYNC, Kind
from yiqiao.storage.tables.jobs import job

NAME = ELSEWHERE.hospital_id


async def test_a_hospital_comes_changes_and_goes(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        runtime = hub.runtime
        registry = Registry(runtime.database, runtime.keyring, runtime.clock)
        with pytest.raises(UnknownHospital):
            runtime.bookable.of(NAME)
        await registry.connect(ELSEWHERE)
        await runtime.bookable.refresh()
        found = runtime.bookable.of(NAME)
        assert isinstance(found, RemoteHospital)
        assert found in runtime.bookable.all()
        await runtime.bookable.refresh()
        assert runtime.bookable.of(NAME) is found  # its breaker and connections stay
        await registry.connect(replace(ELSEWHERE, url="http://192.0.2.9/ws"))
        await runtime.bookable.refresh()
        assert runtime.bookable.of(NAME) is not found
        await registry.suspend(NAME)
        await runtime.bookable.refresh()
        with pytest.raises(UnknownHospital):
            runtime.bookable.of(NAME)
        jobs = await runtime.database.read(lambda c: c.execute(job.select().where(job.c.kind == SYNC)).all())
        assert len(jobs) == len(Kind)
        with pytest.raises(UnknownHospital):
            runtime.hospitals.of(NAME)  # nobody is served by way of us


async def test_one_whose_profile_is_no_more_does_not_stop_the_others(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        registry = Registry(hub.runtime.database, hub.runtime.keyring, hub.runtime.clock)
        await registry.connect(replace(ELSEWHERE, profile="nowhere"))
        await registry.connect(replace(ELSEWHERE, hospital_id="9859003"))
        await hub.runtime.bookable.refresh()
        assert [one.hospital_id for one in hub.runtime.bookable.all()] == ["9859003"]
