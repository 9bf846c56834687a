"""An internet hospital that uploads to a hub over HTTP: what is right, and what is not."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import httpx
import orjson
import pytest

from tests.support.hub import NOW_MS, Hub
from yiqiao.dialects.supervision import envelope, verdicts
from yiqiao.dialects.supervision.dialect import NAME, scheme_of, uptime
from yiqiao.dialects.supervision.verdicts import Verdicts
from yiqiao.partners import store
from yiqiao.spec import load
from yiqiao.storage import supervision_records as stored

APP, HOSPITAL = "IH9851", "H9851"


@dataclass
class Uploader:
    """One internet hospital at one hub."""

    hub: Hub
    app_id: str = APP
    profile: str = "reconstructed"
    secret: str = ""
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def join(self, *, opened: bool = True) -> None:
        """Be filed as a partner, and be opened."""
        runtime = self.hub.runtime
        new = store.NewPartner(NAME, self.app_id, "云桥互联网医院", profile=self.profile)
        await runtime.directory.change(lambda c: store.add(c, runtime.keyring, self.hub.clock.now_ms(), new))
        partner = runtime.directory.find(NAME, self.app_id)
        assert partner is not None
        self.secret = partner.secrets[0]
        if opened:
            await runtime.supervision.institutions.open("root", self.app_id, HOSPITAL, "云桥互联网医院")

    def sealed(
        self, service: str, data: bytes, *, randomstr: str = "", at: int = NOW_MS
    ) -> tuple[dict[str, str], bytes]:
        """Headers and body of an upload."""
        nonce = randomstr or f"r{next(self.numbers)}"
        scheme = scheme_of(self.profile)
        return envelope.seal_request(service, self.app_id, nonce, uptime(at), data, self.secret, scheme)

    async def post(
        self,
        service: str,
        data: bytes,
        *,
        headers: Mapping[str, str] | None = None,
        randomstr: str = "",
        path: str = "",
    ) -> httpx.Response:
        """Upload a text; `headers` go in the place of those that are right."""
        said, body = self.sealed(service, data, randomstr=randomstr)
        return await self.raw(path or self.path(service), {**said, **(headers or {})}, body)

    async def raw(self, path: str, headers: Mapping[str, str], body: bytes) -> httpx.Response:
        """Send bytes."""
        return await self.hub.http.post(path, content=body, headers=dict(headers))

    def path(self, service: str) -> str:
        """An operation's address."""
        return load(NAME, "reconstructed").operations[service].path

    async def upload(self, service: str, *rows: object, randomstr: str = "") -> "Told":
        """Upload rows."""
        return told(await self.post(service, orjson.dumps(rows), randomstr=randomstr))

    async def code(self, service: str, data: bytes) -> str:
        """With which return code a text is answered."""
        return told(await self.post(service, data)).code

    async def kept(self, kind: str, key: str) -> list[tuple[str, int]]:
        """A record's versions: state, whether in force."""
        database = self.hub.runtime.database
        rows = await database.read(lambda c: stored.of_record(c, self.app_id, kind, key))
        return [(row.state, row.in_force) for row in reversed(rows)]


@dataclass(frozen=True)
class Told:
    """An answer."""

    code: str
    message: str
    verdicts: Verdicts

    @property
    def states(self) -> list[str]:
        """What became of the rows."""
        return [str(one) for one in self.verdicts.verdicts]


def told(response: httpx.Response) -> Told:
    """An answer, read."""
    assert response.status_code == 200
    answer = envelope.open_response(response.content)
    return Told(answer.code, answer.message, verdicts.read(answer.data) or Verdicts(()))


def department(code: str = "0101", **more: object) -> dict[str, object]:
    """A department."""
    return {"deptCode": code, "deptName": "心血管内科", "parentId": "-1", "hasChild": 0, "status": 0, **more}


def staff(code: str = "D07", **more: object) -> dict[str, object]:
    """A doctor."""
    return {
        "deptCode": "0101",
        "deptName": "心血管内科",
        "type": 1,
        "status": 0,
        "code": code,
        "name": "沈知秋",
        "certificateType": 1,
        "certificateNo": "359851197108150033",
        "techTitle": 231,
        "rank": 1,
        "sex": 2,
        "mobile": "15498510007",
        **more,
    }


def order(number: str = "O1", /, **more: object) -> dict[str, object]:
    """A return-visit order."""
    row: dict[str, object] = {
        "flowNo": f"F-{number}",
        "orderId": number,
        "createTime": "2026-11-18 09:30:00",
        "deptCode": "0101",
        "deptName": "心血管内科",
        "docCode": "D07",
        "docName": "沈知秋",
        "channelType": 1,
        "payType": 1,
        "name": "林晚晴",
        "age": 46.0,
        "sex": 2,
        "birthday": "1980-03-12",
        "mobile": "15498510123",
        "certificateType": 1,
        "certificateNo": "359851198003120047",
        "amount": 1500.00,
        "status": "已支付",
    }
    row |= more
    return {name: value for name, value in row.items() if value is not None}


def visit(number: str = "O1", /, **more: object) -> dict[str, object]:
    """What happened in a return visit, without a prescription."""
    return {
        "flowNo": f"F-{number}",
        "orderId": number,
        "startTime": "2026-11-18 10:00:00",
        "endTime": "2026-11-18 10:12:00",
        "description": "近一周血压偏高",
        "recipeId": "-1",
        "recordId": "B1",
        **more,
    }


def many(number: int) -> Sequence[dict[str, object]]:
    """Departments."""
    return [department(f"{n:05}") for n in range(number)]


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what a job does in its own time."""
    for _ in range(1500):
        if await condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("it did not come to that")
