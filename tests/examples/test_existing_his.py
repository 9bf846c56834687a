"""The example HIS behind a hub, called as the platform calls it and killed in mid-call: nothing twice or assumed."""

import asyncio
import contextlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import pytest

import existing_his
from tests.support.hub import Hub, open_hub
from tests.support.postgres import Cluster
from tests.support.tree import ROOT
from yiqiao.adapters.callback.outcomes import JOB
from yiqiao.clock import beijing
from yiqiao.dialects.convenience.client import Refused
from yiqiao.storage.callback_acts import ActKey, find

HOSPITAL = "9851002"
KEY = "not-a-real-key"
SECONDS = 30
PERSON = {"NAME": "测试甲", "SEX": "2", "BIRTHDAY": "1990-01-01", "MOBILE": "15400000001", "REG_TYPE": "1"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class His:
    """The HIS as a process, behind a relay that can lose its answers."""

    url: str
    port: int
    relay_port: int
    process: asyncio.subprocess.Process | None = None
    instead_of_answering: Callable[[], None] | None = None
    database: Any = None
    relay: asyncio.Server | None = field(default=None, repr=False)

    async def start(self) -> None:
        """Start it, and wait until it listens."""
        words = [sys.executable, str(ROOT / "examples" / "existing_his.py"), self.url, str(self.port), KEY]
        self.process = await asyncio.create_subprocess_exec(*words)
        for _ in range(SECONDS * 20):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            await asyncio.sleep(0.05)
        raise TimeoutError("the HIS does not listen")

    def kill(self) -> None:
        """SIGKILL: it gets no chance to tidy up."""
        if self.process is not None:
            self.process.kill()
            self.process = None

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection: the request goes through; of the answer the first byte decides."""
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        upward = asyncio.create_task(_pump(reader, forth))
        while data := await _read(back):
            if self.instead_of_answering is not None:
                act, self.instead_of_answering = self.instead_of_answering, None
                act()
                break
            writer.write(data)
        upward.cancel()
        forth.close()
        writer.close()

    async def taken(self) -> int:
        """How many units of the one schedule are taken."""
        return int(await self.database.fetchval("SELECT yy FROM his.pb WHERE id = 'A1'"))

    async def orders(self) -> int:
        return int(await self.database.fetchval("SELECT count(*) FROM his.gh WHERE zt = '预约'"))


async def _read(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.read(65536)
    except OSError:
        return b""


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await _read(source):
        sink.write(data)
    sink.close()


@pytest.fixture
async def his(postgres_cluster: Cluster) -> AsyncIterator[His]:
    made = postgres_cluster.create_database()
    url = made.replace("+asyncpg", "")
    await existing_his.furnish(url)
    his = His(url, free_port(), free_port())
    his.database = await asyncpg.connect(url)
    his.relay = await asyncio.start_server(his.pass_on, "127.0.0.1", his.relay_port)
    await his.start()
    yield his
    his.kill()
    his.relay.close()
    await his.database.close()
    postgres_cluster.drop_database(made)


@pytest.fixture
async def hub(his: His, tmp_path: Path) -> AsyncIterator[Hub]:
    (tmp_path / "his-url").write_text(his.url, encoding="utf-8")
    (tmp_path / "his-key").write_text(KEY, encoding="utf-8")
    mapping = (ROOT / "examples" / "existing_his.yaml").read_text(encoding="utf-8")
    (tmp_path / "views.yaml").write_text(mapping.replace("env:HIS_URL", "file:his-url"), encoding="utf-8")
    table = {
        "views": "views.yaml",
        "callback": f"http://127.0.0.1:{his.relay_port}",
        "callback_key": "file:his-key",
    }
    async with open_hub(tmp_path, hospitals={HOSPITAL: table}) as opened:
        today = beijing(opened.clock.now_ms()).date()
        await his.database.execute("INSERT INTO his.ks VALUES ('D01', '内科', '0')")
        await his.database.execute("INSERT INTO his.ys VALUES ('YS1', '陶文静', '女', '主任医师', 'D01')")
        new = "INSERT INTO his.pb VALUES ('A1', 'D01', 'YS1', $1, '上午', 27.50, 3)"
        await his.database.execute(new, today.strftime("%Y%m%d"))
        yield opened


class Platform:
    """The platform at the hub's door."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.day = beijing(hub.clock.now_ms()).date().isoformat()

    async def call(self, name: str, **values: object) -> dict[str, Any]:
        async with self.hub.convenience() as client:
            return await client.call(name, {"HOSPITAL_ID": HOSPITAL, **values})

    def _unit(self) -> dict[str, object]:
        unit = {"REG_ROLE": "1", "CHANNEL_ID": "3", "REG_ID": "A1", "DEPT_ID": "D01", "DOCTOR_ID": "YS1"}
        return {**unit, "REG_DATE": self.day, "TIME_FLAG": "1", "REG_FEE": "2750", "TREAT_FEE": "0"}

    async def lock(self, lock_id: str) -> dict[str, Any]:
        return await self.call("LockReg", LOCK_ID=lock_id, **self._unit())

    async def order(self, order_id: str, hosp_lock_id: str) -> dict[str, Any]:
        rule = {"RULE_TYPE": "ID", "TYPE_VALUE": "1", "RULE_VALUE": "359851199001010027"}
        how = {"IS_PAY": "1", "HOSP_IS_PAY": "1", "IS_REG": "3", "ORDER_TIME": f"{self.day} 08:00:00"}
        group = [{"GROUP_TYPE": "0", "RULE_INFO": [rule]}]
        numbers = {"ORDER_ID": order_id, "HOSP_LOCK_ID": hosp_lock_id}
        return await self.call("OrderReg", **self._unit(), **PERSON, **how, **numbers, RULE_GROUP=group)

    async def cancel(self, order_id: str, order_no: str) -> dict[str, Any]:
        numbers = {"ORDER_ID": order_id, "HOSP_ORDER_ID": order_no, "CANCEL_DATE": f"{self.day} 09:00:00"}
        unit = {name: value for name, value in self._unit().items() if name not in ("DEPT_ID", "DOCTOR_ID")}
        return await self.call("CancelReg", **unit, **PERSON, **numbers)

    async def refused(self, act: Awaitable[Mapping[str, object]]) -> Refused:
        with pytest.raises(Refused) as caught:
            await act
        return caught.value

    async def state(self, serial: str) -> str:
        """What the hub knows of a lock."""
        row = await self.hub.runtime.database.read(lambda c: find(c, ActKey(HOSPITAL, "lock", serial)))
        return row.state if row else "nothing"

    async def settled(self, serial: str) -> str:
        """The same, once the hub's own job has found out; the hub's clock is put on, so that it is due."""
        for _ in range(SECONDS * 10):
            if (state := await self.state(serial)) not in ("asked", "unknown"):
                return state
            self.hub.clock.advance(20)
            self.hub.runtime.jobs.wake()
            await asyncio.sleep(0.1)
        raise TimeoutError(JOB)


@pytest.fixture
def platform(hub: Hub) -> Platform:
    return Platform(hub)


async def test_a_day_at_a_hospital_that_has_a_his_already(platform: Platform, his: His) -> None:
    about = await platform.call("GetHosInfo")
    assert about["NAME"] == "云桥县中医院"
    asked = {"REG_ROLE": "1", "DEPT_ID": "-1", "DOCTOR_ID": "-1", "PAGE_CURRENT": "1", "PAGE_SIZE": "10"}
    shown = await platform.call("GetRegInfo", **asked, START_DATE=platform.day, END_DATE=platform.day)
    (doctor,) = shown["REG_DOCTOR_LIST"]
    assert (doctor["DOCTOR_ID"], doctor["REG_LIST"][0]["REG_TIME_LIST"][0]["OVER_COUNT"]) == ("YS1", "3")
    locked = await platform.lock("L1")
    assert (locked, await his.taken()) == ({"HOSP_LOCK_ID": "SL1"}, 1)
    assert (await platform.refused(platform.lock("L1"))).code == "200504"
    ordered = await platform.order("L1", locked["HOSP_LOCK_ID"])
    assert (ordered["HOSP_ORDER_ID"], await his.orders(), await his.taken()) == ("GL1", 1, 1)
    told = await platform.call("QueryRegRecord", QUERY_ORDER=[{"ORDER_ID": "L1", "HOSP_ORDER_ID": "GL1"}])
    assert told["ORDER_LIST"][0]["HOSP_ORDER_ID"] == "GL1"
    for _ in range(2):
        await platform.cancel("L1", "GL1")
        assert await his.orders() == 0
    await platform.lock("L2")
    await platform.lock("L3")
    assert (await platform.refused(platform.lock("L4"))).code == "200505"
    asked = {"REG_ROLE": "1", "LOCK_ID": "L1", "HOSP_LOCK_ID": "SL1"}
    assert (await platform.refused(platform.call("UnLockReg", **asked))).code == "5"  # this HIS does not do that
    assert (await platform.refused(platform.call("queryPriceBoardInfo"))).code == "5"  # nor does it show prices


async def test_killed_after_its_commit_and_before_its_answer_the_act_is_found_done(
    platform: Platform, his: His
) -> None:
    his.instead_of_answering = his.kill
    unknown = await platform.refused(platform.lock("L1"))
    assert (unknown.code, await platform.state("L1"), await his.taken()) == ("99", "unknown", 1)
    assert "正在确认" in unknown.message
    again = await platform.refused(platform.lock("L1"))  # asks, acts not
    assert (again.code, await platform.state("L1")) == ("99", "unknown")
    await his.start()
    assert await platform.settled("L1") == "done"
    assert await platform.lock("L1") == {"HOSP_LOCK_ID": "SL1"}  # told now, for the first time
    assert await his.taken() == 1
    assert (await platform.refused(platform.lock("L1"))).code == "200504"


async def test_killed_before_its_commit_the_act_is_found_not_done_and_can_be_asked_for_again(
    platform: Platform, his: His
) -> None:
    holding = his.database.transaction()
    await holding.start()
    await his.database.execute("SELECT 1 FROM his.pb WHERE id = 'A1' FOR UPDATE")
    locking = asyncio.create_task(platform.refused(platform.lock("L1")))
    await waiting(his)
    his.kill()
    await holding.rollback()
    assert (await locking).code == "99"
    assert (await platform.state("L1"), await his.taken()) == ("unknown", 0)
    await his.start()
    assert await platform.settled("L1") == "refused"
    assert await his.taken() == 0
    assert await platform.lock("L1") == {"HOSP_LOCK_ID": "SL1"}
    assert await his.taken() == 1


async def test_an_answer_lost_on_the_way_is_asked_for_at_once_and_the_caller_notices_nothing(
    platform: Platform, his: His
) -> None:
    his.instead_of_answering = lambda: None
    assert await platform.lock("L1") == {"HOSP_LOCK_ID": "SL1"}
    assert await his.taken() == 1


async def test_a_his_that_does_not_listen_has_done_nothing(platform: Platform, his: His) -> None:
    his.kill()
    assert his.relay is not None
    his.relay.close()
    down = await platform.refused(platform.lock("L1"))
    assert (down.code, await platform.state("L1"), await his.taken()) == ("99", "refused", 0)
    assert "未受理" in down.message


async def waiting(his: His) -> None:
    """Wait until an act of the HIS waits for the row that we hold."""
    other = await asyncpg.connect(his.url)
    blocked = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(SECONDS * 20):
        if await other.fetchval(blocked):
            await other.close()
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("the HIS does not wait")
