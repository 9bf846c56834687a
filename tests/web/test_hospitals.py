"""The console's hospitals: where each is, when it was looked at, and what it has changed."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from starlette.testclient import TestClient

from tests.region.hospitals.test_registry import ELSEWHERE
from tests.web.conftest import hub, sign_in
from yiqiao.app.settings import Settings
from yiqiao.app.store import Store, open_store
from yiqiao.region.hospitals.registry import Registry
from yiqiao.storage import synced
from yiqiao.storage.synced import ChangeRow, LookRow

AT = "/console/hospitals"
SEEN = 1_795_132_800_000
DIFFERS = orjson.dumps([["fees", {"registration": 1000}, {"registration": 1500}], ["name", None, "x" * 99]]).decode()


async def seed(folder: Path) -> None:
    async with open_store(Settings(data=str(folder))) as store:
        await _seed(store)


async def _seed(store: Store) -> None:
    registry = Registry(store.database, store.keyring, store.clock)
    await registry.connect(ELSEWHERE)
    await registry.suspend(ELSEWHERE.hospital_id)
    looks = [
        LookRow("9859002", "schedule", SEEN, SEEN, 1234, ""),
        LookRow("9859002", "price", SEEN, None, 0, "医院系统暂时无法连接"),
    ]
    for look in looks:
        await store.database.write(lambda c, look=look: synced.put_look(c, look))  # type: ignore[misc]
    changes = [
        ChangeRow("9859002", SEEN, "schedule", "PB1", "changed", "陶文静 2026-11-21", DIFFERS),
        ChangeRow("9859003", SEEN, "doctor", "D1|YS1", "removed", "石磊", "[]"),
    ]
    await store.database.write(lambda c: synced.add_changes(c, changes))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("hospitals")
    with hub(folder) as (opened, password):
        asyncio.run(seed(folder))
        sign_in(opened, "admin", password)
        yield opened


def test_a_hospital_elsewhere_is_shown_with_what_was_seen_of_it(client: TestClient) -> None:
    text = client.get(AT).text
    for told in ("云桥县第二医院", "https://his.example.test/convenience", "jkt", "已暂停", "1,234", "尚未成功"):
        assert told in text, told
    assert "医院系统暂时无法连接" in text
    assert ELSEWHERE.secret not in text


def test_what_changed_is_told_with_before_and_after_and_cut_where_it_is_long(client: TestClient) -> None:
    shown = client.get(f"{AT}?format=json").json()
    changed = next(one for one in shown["changes"] if one["what"] == "changed")
    assert changed["differs"][0] == {
        "name": "fees",
        "before": '{"registration":1000}',
        "after": '{"registration":1500}',
    }
    assert changed["differs"][1]["after"].endswith("…")


def test_the_changes_of_one_hospital_can_be_looked_at_alone(client: TestClient) -> None:
    assert "石磊" in client.get(AT).text
    assert "石磊" not in client.get(f"{AT}?hospital=9859002").text


def test_a_stranger_sees_nothing(client: TestClient) -> None:
    client.cookies.clear()
    answer = client.get(AT)
    assert answer.status_code in (302, 303)
    assert "云桥县第二医院" not in answer.text


def test_nobody_there_says_what_to_do(tmp_path: Path) -> None:
    with hub(tmp_path) as (opened, password):
        sign_in(opened, "admin", password)
        text = opened.get(AT).text
        assert "yiqiao hospital connect" in text
        assert "没有变化" in text
