"""A session that is called off reaches the platform over the wire, however often its line breaks."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.hospital import HOSPITAL, fill, schedule_id
from tests.support.hub import open_hub
from yiqiao.app.notices import NoticesToPartner, PlatformWithoutKey
from yiqiao.app.runtime import Runtime
from yiqiao.app.settings import Settings
from yiqiao.clock import beijing
from yiqiao.dialects.convenience import content, envelope
from yiqiao.dialects.convenience.functions import spec_of
from yiqiao.dialects.convenience.scheme import scheme
from yiqiao.hospital.house import House
from yiqiao.hospital.stops.notify import NOTICE, Notifier
from yiqiao.hospital.stops.service import Stops
from yiqiao.jobs import Runner
from yiqiao.jobs.backoff import Backoff
from yiqiao.jobs.runner import Pace
from yiqiao.ports.hospital.values import Session
from yiqiao.storage.stops import Scope

SPEC = spec_of("standard")


class Platform:
    """A platform that is out of reach at first, and keeps what it is told; all under the partner's key."""

    def __init__(self, secret: str, down_for: int = 0) -> None:
        self.secret = secret
        self.down_for = down_for
        self.told: list[Any] = []
        self.reached = asyncio.Event()

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Read a notice as a platform would, and acknowledge it."""
        if self.down_for:
            self.down_for -= 1
            raise httpx.ConnectError("down")
        document = request.content.decode().partition("<xml>")[2].partition("</xml>")[0]
        plain = document.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        security = scheme(SPEC.security)
        opened = envelope.open_request(envelope.peek(plain), [self.secret], security)
        operation = SPEC.operations["NotifyHospInfo"]
        self.told.append(operation.validate(content.fitted(operation.asks.branches, opened.tree)))
        self.reached.set()
        told = content.written("RES", {"RESULTCODE": "0", "RESULTMSG": "成功"})
        return httpx.Response(200, text=envelope.seal_response("0", "", told, self.secret, security))


def _settings(runtime: Runtime, user: str = "demo") -> Settings:
    return Settings(data=runtime.settings.data, platform_url="http://platform/ApiService", platform_user=user)


async def test_rule_notice_push_the_platform_is_told_again_until_it_acknowledges(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        runtime = hub.runtime
        today = beijing(hub.clock.now_ms()).date()
        await runtime.database.write(lambda c: fill(c, today, 1, keyring=runtime.keyring))
        demo = runtime.directory.find("convenience", "demo")
        assert demo is not None
        platform = Platform(demo.secrets[0], down_for=2)
        notices = NoticesToPartner(_settings(runtime), runtime.directory, httpx.MockTransport(platform.answer))
        runner = Runner(
            runtime.database,
            runtime.clock,
            {NOTICE: Notifier(runtime.database, notices)},
            {NOTICE: Backoff(waits_s=(0,))},
            pace=Pace(poll_s=0.02),
        )
        runner.start()
        try:
            morning = schedule_id("YS8101", "D0101", today, Session.MORNING)
            scope = Scope(HOSPITAL, today.isoformat(), today.isoformat(), schedule_id=morning)
            stops = Stops(House(runtime.database, runtime.keyring, runtime.clock), HOSPITAL)
            await stops.stop(scope, keep=True, reason="外出学习", operator="test")
            runner.wake()
            await asyncio.wait_for(platform.reached.wait(), 10)
        finally:
            await runner.stop()
        (told,) = platform.told
        assert told["DOCTOR"]["DOCTOR_ID"] == "YS8101"
        assert told["DOCTOR"]["WORKSTATUS"] == told["DEPART"]["WORKSTATUS"] == "停诊但保留预约"
        assert platform.down_for == 0


async def test_a_platform_that_is_no_partner_is_not_told_in_anothers_name(tmp_path: Path) -> None:
    async with open_hub(tmp_path) as hub:
        notices = NoticesToPartner(_settings(hub.runtime, "nobody"), hub.runtime.directory)
        with pytest.raises(PlatformWithoutKey):
            await notices.schedule_changed(None)  # type: ignore[arg-type]
