"""Which hospitals elsewhere the region calls, and with which key."""

from dataclasses import replace

import pytest

from tests.hospital.booking.clinic import HOSPITAL, NOW, Clinic
from tests.support.keys import KEYRING
from yiqiao.clock import FixedClock
from yiqiao.region.hospitals.registry import HospitalUnfit, NotRegistered, Registry, RemoteAddress
from yiqiao.storage import Database

ELSEWHERE = RemoteAddress(
    "9859002", "云桥县第二医院", "https://his.example.test/convenience", "region", "0123456789ABCDEF", "jkt", "plain"
)


@pytest.fixture
def registry(database: Database) -> Registry:
    return Registry(database, KEYRING, FixedClock(NOW))


async def test_what_is_registered_is_found_again_with_its_key(registry: Registry) -> None:
    await registry.connect(ELSEWHERE)
    assert await registry.find("9859002") == ELSEWHERE
    assert await registry.find(ELSEWHERE.name) == ELSEWHERE
    moved = replace(ELSEWHERE, url="http://192.0.2.7/ws", secret="F" * 16)
    await registry.connect(moved)
    assert await registry.find("9859002") == moved
    (row,) = await registry.rows()
    assert b"FFFF" not in row.sealed
    assert "FFFF" not in repr(row) + repr(moved)


async def test_one_can_be_taken_out_of_service_and_forgotten(registry: Registry) -> None:
    await registry.connect(ELSEWHERE)
    await registry.suspend("9859002")
    assert not (await registry.find("9859002")).active
    await registry.suspend("9859002", active=True)
    assert (await registry.find("9859002")).active
    await registry.remove("9859002")
    with pytest.raises(NotRegistered):
        await registry.find("9859002")
    with pytest.raises(NotRegistered):
        await registry.remove("9859002")
    with pytest.raises(NotRegistered):
        await registry.suspend("9859002")


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"hospital_id": "a b"}, "医院 ID"),
        ({"url": "his.example.test"}, "http"),
        ({"name": " "}, "名称"),
        ({"user_id": ""}, "USER_ID"),
        ({"secret": ""}, "KEY"),
        ({"style": "json"}, "soap"),
    ],
)
async def test_what_cannot_be_is_told(registry: Registry, wrong: dict[str, str], told: str) -> None:
    with pytest.raises(HospitalUnfit, match=told):
        await registry.connect(replace(ELSEWHERE, **wrong))  # type: ignore[arg-type]
    assert await registry.rows() == []


async def test_a_hospital_that_keeps_its_data_here_needs_no_address(registry: Registry, database: Database) -> None:
    await Clinic(database).open()
    with pytest.raises(HospitalUnfit, match="就在本平台"):
        await registry.connect(replace(ELSEWHERE, hospital_id=HOSPITAL))
